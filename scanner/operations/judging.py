"""One target judged: evidence too old set aside, facts derived, profiles chosen, every rule answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.evaluation.age import expire
from scanner.evaluation.judge import Judge, applies, compile_rule, notapplicable
from scanner.model.evidence import Evidence, Gap, Query, Snapshot
from scanner.model.fact import Vocabulary
from scanner.model.inventory import Target
from scanner.model.outcome import Outcome
from scanner.model.plan import TargetPlan
from scanner.model.profile import Profile, Selected
from scanner.model.result import Finding, Result, fingerprint
from scanner.model.rule import Rule
from scanner.operations.deriving import derive_all
from scanner.planning.select import narrow


@dataclass(frozen=True, slots=True)
class Judged:
    """All results of one target, sorted by rule, and how its profiles were chosen."""

    results: tuple[Result, ...]
    profiles: tuple[str, ...]
    profile_reason: str = ""


@dataclass(slots=True)
class Bench:
    """Judges targets; rules are compiled once per setting of their values."""

    rules: Mapping[str, Rule]
    profiles: Mapping[str, Profile]
    vocabulary: Vocabulary
    now: str
    max_age: float | None
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict)

    def judge(self, plan: TargetPlan, snapshot: Snapshot) -> Judged:
        """Judge everything that the plan selects for a target on what was collected of it."""
        target = plan.target
        if not snapshot.evidence and snapshot.gap is not None:
            return self._unreached(plan, snapshot.gap)
        fresh = {
            query: expire(found, self.now, self.max_age, snapshot.clock_offset or 0.0)
            for query, found in snapshot.evidence.items()
        }
        whole = derive_all(replace(snapshot, evidence=fresh), plan.derived, self.vocabulary)
        fitting, misfits = self._fitting(plan, whole)
        if plan.auto:
            return self._automatic(plan, whole, fitting, misfits)
        results = [self._answer(entry, target, whole, misfits) for entry in plan.selected]
        reason = "; ".join(f"{name}: {why}" for name, (_, why) in misfits.items())
        return Judged(_sorted(results), plan.profiles, reason)

    def judge_estate(self, selected: Iterable[Selected], evidence: Mapping[str, Evidence]) -> tuple[Result, ...]:
        """Judge rules of scope estate on the estate's facts by name."""
        scene = {"id": "estate", "platform": "estate"}
        results = []
        for entry in selected:
            if entry.excluded:
                results.append(_excluded(self.rules[entry.rule], "estate", entry))
            else:
                judge = self._compiled(entry)
                results.append(judge(lambda query: evidence[query.fact], scene, entry.profiles))
        return _sorted(results)

    def _answer(
        self, entry: Selected, target: Target, snapshot: Snapshot, misfits: Mapping[str, tuple[Outcome, str]]
    ) -> Result:
        rule = self.rules[entry.rule]
        if entry.excluded:
            return _excluded(rule, target.id, entry)
        if target.platform not in rule.platforms:
            reason = f"for {', '.join(rule.platforms)}, and this target is {target.platform}"
            return notapplicable(rule, target.id, reason, entry.values, entry.profiles)
        if all(name in misfits for name in entry.profiles):
            # An undecided profile outweighs one that does not fit: it might.
            outcome, why = max((misfits[name] for name in entry.profiles), key=lambda misfit: misfit[0].undecided)
            if outcome is Outcome.FAIL:
                return notapplicable(rule, target.id, why, entry.values, entry.profiles)
            return _undecided(rule, target.id, entry, Gap(outcome, f"whether the profile fits: {why}"))
        return self._compiled(entry)(snapshot.get, {**target.fields}, entry.profiles)

    def _compiled(self, entry: Selected) -> Judge:
        key = (entry.rule, json.dumps(entry.values, sort_keys=True, default=str))
        if key not in self._judges:
            self._judges[key] = compile_rule(self.rules[entry.rule], entry.values, self.vocabulary)
        return self._judges[key]

    def _fitting(self, plan: TargetPlan, snapshot: Snapshot) -> tuple[list[str], dict[str, tuple[Outcome, str]]]:
        fitting: list[str] = []
        misfits: dict[str, tuple[Outcome, str]] = {}
        for name in plan.profiles:
            profile = self.profiles[name]
            if profile.applies is None:
                fitting.append(name)
                continue
            outcome, why = applies(profile.applies, self.vocabulary, snapshot.get, plan.target.fields)
            if outcome is Outcome.PASS:
                fitting.append(name)
            else:
                says = f"the profile {name} is for {profile.applies_says or 'other systems'}"
                misfits[name] = (outcome, f"{says} ({why})" if why else says)
        return fitting, misfits

    def _automatic(
        self,
        plan: TargetPlan,
        snapshot: Snapshot,
        fitting: list[str],
        misfits: Mapping[str, tuple[Outcome, str]],
    ) -> Judged:
        particular = [name for name in fitting if self.profiles[name].applies is not None and self.profiles[name].auto]
        fallback = [name for name in fitting if self.profiles[name].applies is None and self.profiles[name].auto]
        asked_for = [name for name in plan.profiles if not self.profiles[name].auto]
        chosen = (particular or fallback)[:1]
        if not chosen:
            chosen = [name for name in plan.profiles if self.profiles[name].auto][:1]
        if particular:
            reason = f"auto chose {particular[0]}: {self.profiles[particular[0]].applies_says}"
        elif fallback:
            whom = " or ".join(self.profiles[name].applies_says for name in misfits if self.profiles[name].auto)
            reason = f"auto chose {fallback[0]}: no benchmark fits this system" + (
                f" (there are {whom})" if whom else ""
            )
        else:
            reason = "auto found no profile for this system (name one with -p)"
        entries = [entry for name in (*chosen, *asked_for) for entry in narrow(plan.selected, name)]
        results = {entry.rule: self._answer(entry, plan.target, snapshot, misfits) for entry in reversed(entries)}
        return Judged(_sorted(results.values()), (*chosen, *asked_for), reason)

    def _why_chosen(
        self, particular: list[str], fallback: list[str], misfits: Mapping[str, tuple[Outcome, str]]
    ) -> str:
        if particular:
            return f"auto chose {particular[0]}: {self.profiles[particular[0]].applies_says}"
        doubts = [why for outcome, why in misfits.values() if outcome.undecided]
        if not fallback:
            return "auto found no profile for this system (name one with -p)"
        if doubts:
            return f"auto chose {fallback[0]}: what system this is could not be found out ({doubts[0]})"
        whom = ", ".join(self.profiles[name].applies_says for name in misfits if self.profiles[name].auto)
        return f"auto chose {fallback[0]}: no benchmark fits this system" + (f" (there are: {whom})" if whom else "")

    def _unreached(self, plan: TargetPlan, gap: Gap) -> Judged:
        names: tuple[str, ...] = plan.profiles
        reason = ""
        selected = plan.selected
        if plan.auto:
            names = names[:1]
            reason = f"the system is not known; {names[0]} stands for what would have been asked" if names else ""
            selected = narrow(plan.selected, names[0]) if names else ()
        target = plan.target
        results = []
        for entry in selected:
            rule = self.rules[entry.rule]
            if entry.excluded:
                results.append(_excluded(rule, target.id, entry))
            elif target.platform not in rule.platforms:
                why = f"for {', '.join(rule.platforms)}, and this target is {target.platform}"
                results.append(notapplicable(rule, target.id, why, entry.values, entry.profiles))
            elif rule.manual:
                results.append(self._compiled(entry)(snapshot_of(gap).get, {**target.fields}, entry.profiles))
            else:
                results.append(_undecided(rule, target.id, entry, gap))
        return Judged(_sorted(results), names, reason)


def snapshot_of(gap: Gap) -> Snapshot:
    """Give a snapshot in which every answer is this gap."""
    return Snapshot("", "", {}, gap=gap)


def _sorted(results: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(sorted(results, key=lambda result: result.rule))


def _excluded(rule: Rule, target: str, entry: Selected) -> Result:
    reason = f"excluded by the profile: {entry.excluded}"
    return notapplicable(rule, target, reason, entry.values, entry.profiles)


def _undecided(rule: Rule, target: str, entry: Selected, gap: Gap) -> Result:
    facts: list[Any] = [assertion.subject for assertion in rule.assertions()]
    fact = next((subject.fact for subject in facts if hasattr(subject, "fact")), "")
    finding = Finding(
        fact,
        (),
        gap.kind,
        reason=gap.reason,
        evidence=str(Query.of(fact)) if fact else "",
        needs=gap.needs or "",
        fingerprint=fingerprint(rule.id, target, fact, ()),
    )
    return Result(rule.id, target, gap.kind, "", (finding,), entry.values, entry.profiles)
