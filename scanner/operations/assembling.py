"""The report of a run, put together when everything has been judged and counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from scanner.comparison.claims import against_claims
from scanner.evaluation.counting import by_owner
from scanner.gate import decide
from scanner.model.evidence import Evidence, Snapshot
from scanner.model.inventory import ESTATE
from scanner.model.outcome import Outcome
from scanner.model.profile import Selected
from scanner.model.report import CatalogueInfo, Counts, Header, Notice, Report, TargetInfo
from scanner.model.result import Result
from scanner.model.rule import FactSubject
from scanner.operations.claims import reach_of
from scanner.operations.describing import assessed, estate_info, leading_frameworks, left_out, rule_infos
from scanner.operations.estate import estate_evidence
from scanner.operations.hearing import Heard
from scanner.operations.judging import Bench
from scanner.operations.linking import Ready
from scanner.operations.prepare import Prepared
from scanner.operations.recording import Recorder
from scanner.operations.recovering import notices_of_classes, recovery_evidence, rows_of

_IN_PART = {"unused": "in force"}
"""State of a waiver > what a run over a part may say of it."""


@dataclass(slots=True)
class Assembly:
    """What is gathered target by target until the report can be made."""

    prepared: Prepared
    recorder: Recorder
    bench: Bench
    infos: dict[str, TargetInfo] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)
    recovery: dict[str, Evidence] = field(default_factory=dict)
    """Facts about recovery by name; empty when no rule names one."""

    def leave_out(self) -> None:
        """Describe the targets that are not visited."""
        for name, (state, reason) in self.prepared.outside.items():
            self.infos[name] = left_out(self.prepared.targets[name], state, reason)
            self.heard.miss(self.prepared, name, f"{state}: {reason}" if reason else state)

    def take(self, ready: Ready) -> Counts:
        """Judge a target on its snapshot, record its results, describe it; give its counts."""
        snapshot = ready.snapshot
        plan = self.prepared.plan.targets[snapshot.target]
        judged = self.bench.judge(plan, snapshot, ready.hosted)
        counts = self.recorder.add(snapshot.target, plan.target, judged.results, snapshot.taken_at)
        self.infos[snapshot.target] = assessed(plan.target, snapshot, judged, counts, ready.sha256)
        self.heard.take(self.prepared, snapshot, self.bench.fresh)
        self._note(snapshot)
        if judged.outside:
            text = f"{snapshot.target}: {judged.outside} resources were left aside: they lack the tags {judged.outside_says}"
            target = plan.target
            self.notices.append(Notice("note", "resources-aside", text, target.id, target.path, target.line))
        return counts

    def _note(self, snapshot: Snapshot) -> None:
        """Turn what was odd about a visit into notices."""
        target = self.prepared.targets[snapshot.target]
        place = (target.id, target.path, target.line)
        if not snapshot.evidence:
            self.notices.append(Notice("error", "target-unreachable", f"{target.id}: {snapshot.gap}", *place))
        elif snapshot.gap is not None:
            self.notices.append(Notice("error", "target-incomplete", f"{target.id}: {snapshot.gap}", *place))
        if snapshot.identity.accepted_new_key:
            text = f"{target.id}: its host key was not known and was accepted: {snapshot.identity.key}"
            self.notices.append(Notice("warning", "host-key-accepted", text, *place))
        if snapshot.clock_offset is not None and abs(snapshot.clock_offset) > 120:
            text = f"{target.id}: its clock is {snapshot.clock_offset:+.0f} s off ours"
            self.notices.append(Notice("warning", "clock-offset", text, *place))
        self.notices += [Notice("note", "visit", f"{target.id}: {note}", *place) for note in snapshot.notes]

    def judge_estate(self) -> None:
        """Judge the rules about the inventory itself, last; and of these last the ones about waivers."""
        selected = self.prepared.plan.estate
        if not selected:
            return
        self.recovery = recovery_evidence(selected, self.prepared, self.heard, whole=self._all_targets)
        late = {entry.rule for entry in selected if self._judges_waivers(entry.rule)}
        early = [entry for entry in selected if entry.rule not in late]
        settled = self._settle(early, late)
        settled += self._settle([entry for entry in selected if entry.rule in late], late)
        counts = self.recorder.record(
            ESTATE, None, sorted(settled, key=lambda result: result.rule), self.prepared.request.now
        )
        profiles = tuple(dict.fromkeys(name for entry in selected for name in entry.profiles))
        self.infos[ESTATE] = estate_info(self.prepared.request.now, counts, profiles)

    def _judges_waivers(self, rule: str) -> bool:
        asked = (assertion.subject for assertion in self.prepared.content.rules[rule].assertions())
        return any(isinstance(subject, FactSubject) and subject.fact == "inventory.waiver" for subject in asked)

    def _settle(self, selected: Sequence[Selected], pending: Collection[str]) -> list[Result]:
        evidence = estate_evidence(
            self.prepared.targets,
            self.infos,
            self.prepared.inventory.assets,
            self.recorder.waivers.register(),
            self.prepared.files.attestations,
            self.prepared.request.now,
            whole=self._whole,
            pending=pending,
        )
        evidence.update(self.recovery)
        return [self.recorder.settle(result, None) for result in self.bench.judge_estate(selected, evidence)]

    def report(self, run_id: str, started: str, ended: str, baseline: str, interrupted: str) -> Report:
        """Make the report: gate, roll-up, registers, notices."""
        prepared, recorder, request = self.prepared, self.recorder, self.prepared.request
        results, gone, change = recorder.finish()
        counts = recorder.total.counts()
        verdict = decide(
            counts,
            request.thresholds,
            change,
            interrupted=interrupted,
            assessed=self._assessed,
            unfit=sum(not info.fits for info in self.infos.values()),
        )
        chosen = {name for info in self.infos.values() for name in info.profiles}
        claims, catalogues = against_claims(
            prepared.files.claims, self._catalogues(chosen), results, reach_of(self.infos.values())
        )
        reported = {info.id: prepared.content.catalogues[info.id] for info in catalogues}
        leading = leading_frameworks(prepared.content.catalogues.values(), reported)
        return Report(
            header=self._header(run_id, started, ended, baseline, interrupted, chosen),
            rules=rule_infos((prepared.content.rules[name] for name in self._rules()), reported, leading),
            targets=dict(sorted(self.infos.items())),
            catalogues=catalogues,
            results=results,
            counts=counts,
            verdict=verdict,
            notices=(
                *self._about_run(baseline),
                *self._about_waivers(),
                *recorder.attestations.notices(),
                *self.notices,
                *self._not_assessed(),
                *self._assumed(),
            ),
            waivers=self._register(),
            attestations=recorder.attestations.register(),
            claims=claims,
            states=dict(recorder.comparison.states) if recorder.comparison else {},
            gone=tuple(gone),
            owners=by_owner(self.infos.values()),
            recovery=rows_of(self.recovery),
        )

    @property
    def _assessed(self) -> bool:
        """True when a rule was decided on a target, or none was asked for there but rules about the inventory alone."""
        planned = self.prepared.plan.targets
        if any(self.heard.told(name) for name in planned) and self.infos[ESTATE].counts.decided:
            return True
        return bool(self.recorder.assessed or (planned and not any(each.selected for each in planned.values())))

    @property
    def _whole(self) -> bool:
        """True when the run covers every target and every rule."""
        return self._all_targets and not self.prepared.request.selection.narrows_rules

    @property
    def _all_targets(self) -> bool:
        return not self.prepared.request.selection.narrows_targets

    def _about_waivers(self) -> list[Notice]:
        """Give the notices about waivers; that one is unused only a whole run can tell."""
        return [each for each in self.recorder.waivers.notices() if self._whole or each.code != "waiver-unused"]

    def _register(self) -> tuple[Mapping[str, Any], ...]:
        rows = self.recorder.waivers.register()
        return (
            rows if self._whole else tuple({**row, "state": _IN_PART.get(row["state"], row["state"])} for row in rows)
        )

    def _not_assessed(self) -> list[Notice]:
        """Name the targets that were reached, and of which no rule was decided: nobody must take them for sound."""
        notices = []
        for info in self.infos.values():
            decided = info.counts.decided + info.counts.attested
            asked_in_vain = not decided and not self.heard.told(info.id)
            if info.state == "assessed" and asked_in_vain and (info.counts.total or info.profile_reason):
                why = f" ({info.profile_reason})" if info.profile_reason else ""
                text = f"{info.id}: nothing was assessed: no rule passed or failed there{why}"
                notices.append(Notice("warning", "target-not-assessed", text, info.id, info.path, info.line))
        return notices

    def _assumed(self) -> list[Notice]:
        """Name the targets that were judged by profiles for other systems, as the caller wanted it."""
        return [
            Notice(
                "warning",
                "platform-assumed",
                f"{info.id}: judged by what is for another system (--assume-platform): {info.assumed}",
                info.id,
                info.path,
                info.line,
            )
            for info in self.infos.values()
            if info.assumed
        ]

    def _rules(self) -> Sequence[str]:
        plan = self.prepared.plan
        used = {entry.rule for target in plan.targets.values() for entry in target.selected}
        return sorted(used | {entry.rule for entry in plan.estate})

    def _catalogues(self, chosen: Collection[str]) -> tuple[CatalogueInfo, ...]:
        """Give what the profiles that were judged by report: other candidates of `auto` have no say in it."""
        profiles = [each for name, each in self.prepared.profiles.items() if name in chosen]
        reported = {name for profile in profiles for name in profile.catalogues} | {*self.prepared.request.frameworks}
        return self.recorder.rollup.infos((each for profile in profiles for each in profile.exceptions), reported)

    def _header(
        self, run_id: str, started: str, ended: str, baseline: str, interrupted: str, chosen: Iterable[str]
    ) -> Header:
        prepared, request = self.prepared, self.prepared.request
        origin = request.files.folders.origin
        return Header(
            run_id=run_id,
            tool="controlproof",
            version=version("controlproof"),
            started=started,
            ended=ended,
            operator=request.operator,
            host=request.host,
            scope=request.scope,
            profiles=tuple(sorted(chosen)),
            rules_sha256=prepared.rules_sha256,
            inventory=prepared.inventory.path,
            inventory_sha256=prepared.inventory.sha256,
            plan_sha256=prepared.plan.sha256,
            baseline=baseline,
            interrupted=interrupted,
            arguments=request.arguments,
            policy_ref=origin.ref if origin else "",
            policy_commit=origin.commit if origin else "",
        )

    def _about_run(self, baseline: str) -> list[Notice]:
        request = self.prepared.request
        notices = [
            Notice("warning", "gate-lowered", f"the gate lets more through than by default: {flag}", flag)
            for flag in request.thresholds.lowered()
        ]
        origin = request.files.folders.origin
        notices += [Notice("warning", "policy-ref", text, origin.ref) for text in origin.remarks] if origin else []
        if rows_of(self.recovery) and self.prepared.files.recovery_policy is None:
            text = "recovery was judged by the policy that comes with Controlproof (name yours: --recovery-policy FILE)"
            notices.append(Notice("note", "recovery-policy", text))
            notices += notices_of_classes(self.prepared.inventory)
        if request.output.baseline and not baseline:
            notices.append(Notice("note", "no-baseline", "there is no earlier run to compare with"))
        today = datetime.fromisoformat(request.now).date()
        notices += [
            Notice(
                "warning",
                "exclusion-ended",
                f"{target.id}: its {target.exclusion.state} ended on {target.exclusion.until}; "
                "it was assessed again (renew or remove the state)",
                target.id,
                target.path,
                target.line,
            )
            for target in self.prepared.inventory.targets
            if target.exclusion and target.exclusion.until and date.fromisoformat(target.exclusion.until) < today
        ]
        return notices


def line_of(counts: Counts) -> str:
    """Give a target's line for progress: `31 pass, 4 fail`."""
    return ", ".join(f"{counts.of(each)} {each}" for each in Outcome if counts.of(each)) or "nothing judged"
