"""One target judged: evidence too old set aside, facts derived, profiles chosen, every rule answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from scanner.evaluation.age import expire
from scanner.evaluation.judge import Judge, applies, compile_rule, notapplicable
from scanner.evaluation.tags import Tags, narrowed, wanted_tags, with_tags
from scanner.matching.trial import kind_of
from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Evidence, Gap, Query, Snapshot, error
from scanner.model.fact import Vocabulary
from scanner.model.inventory import ESTATE, Target
from scanner.model.outcome import Outcome
from scanner.model.plan import TargetPlan
from scanner.model.profile import Profile, Selected
from scanner.model.result import EXCLUDED, Finding, Result, fingerprint
from scanner.model.rule import Rule
from scanner.operations.deriving import derive_all
from scanner.operations.systems import system_name
from scanner.planning.select import narrow, unite


@dataclass(frozen=True, slots=True)
class Judged:
    """All results of one target, sorted by rule, and how its profiles were chosen."""

    results: tuple[Result, ...]
    profiles: tuple[str, ...]
    profile_reason: str = ""
    fits: bool = True
    """False when every profile is for other systems."""
    assumed: str = ""
    """Why profiles do not fit that were judged all the same."""
    outside: int = 0
    """Resources that profiles left aside because they lack certain tags."""
    outside_says: str = ""
    """Which tags these lack, and whose profiles name them."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One target before the bench: what the inventory and its evidence say of it, and which profiles do not fit it."""

    target: Target
    fields: Mapping[str, Any]
    snapshot: Snapshot
    misfits: Mapping[str, tuple[Outcome, str]]
    """Profile > why its rules are not judged here: fail when it is for others, else undecided."""
    tags: Tags
    aside: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Profile > tags, of those by which resources were left aside."""


@dataclass(slots=True)
class Bench:
    """Judges targets; rules are compiled once per setting of their values."""

    rules: Mapping[str, Rule]
    profiles: Mapping[str, Profile]
    vocabulary: Vocabulary
    now: str
    max_age: float | None
    assume_platform: bool = False
    """Profiles that were named are judged on systems that they are not for, too."""
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict)
    _by_entry: dict[int, tuple[Selected, Judge]] = field(default_factory=dict)
    """The same, found by the entry itself: targets that are alike share theirs."""
    _unions: dict[tuple[int, tuple[str, ...]], list[tuple[Selected, str]]] = field(default_factory=dict)

    def fresh(self, snapshot: Snapshot) -> dict[Query, Evidence]:
        """Give a snapshot's evidence, with what is too old made unknown."""
        offset = snapshot.clock_offset or 0.0
        return {query: expire(found, self.now, self.max_age, offset) for query, found in snapshot.evidence.items()}

    def judge(
        self, plan: TargetPlan, snapshot: Snapshot, hosted: Mapping[Query, Evidence] = MappingProxyType({})
    ) -> Judged:
        """Judge everything that the plan selects for a target on what was collected of it.

        `hosted` is what the host that it runs on was asked for it.
        """
        target = plan.target
        if not snapshot.evidence and snapshot.gap is not None:
            return self._unreached(plan, snapshot.gap)
        known = {**hosted, **self.fresh(snapshot)}
        whole = derive_all(replace(snapshot, evidence=known), plan.derived, self.vocabulary)
        fitting, misfits = self._fitting(plan, whole)
        assumed = self._assumed(plan, misfits)
        misfits = {name: misfit for name, misfit in misfits.items() if name not in assumed}
        tags = Tags(whole.get, self.vocabulary, frozenset((*plan.queries, *plan.derived)))
        case = _Case(target, target.fields, whole, misfits, tags)
        if plan.auto:
            judged = self._automatic(plan, case, fitting)
        else:
            results = [self._answer(entry, case) for entry in plan.selected]
            reason = "; ".join(why for _, why in misfits.values())
            judged = Judged(_sorted(results), plan.profiles, reason, fits=not _none_fits(plan.profiles, misfits))
        if tags.outside:
            judged = replace(judged, outside=len(tags.outside), outside_says=wanted_tags(case.aside))
        if not assumed:
            return judged
        said = "; ".join(assumed.values())
        reason = "; ".join(filter(None, (judged.profile_reason, f"assumed to fit (--assume-platform): {said}")))
        return replace(judged, profile_reason=reason, assumed=said)

    def _assumed(self, plan: TargetPlan, misfits: Mapping[str, tuple[Outcome, str]]) -> dict[str, str]:
        """Give the named profiles that are judged although they do not fit, or may not, each with the reason."""
        if not self.assume_platform:
            return {}
        named = plan.named if plan.auto else plan.profiles
        return {name: why for name, (_, why) in misfits.items() if name in named}

    def judge_estate(self, selected: Iterable[Selected], evidence: Mapping[str, Evidence]) -> tuple[Result, ...]:
        """Judge rules of scope estate on the estate's facts by name."""
        scene = {"id": ESTATE, "platform": ESTATE}
        results = []
        for entry in selected:
            if entry.excluded:
                results.append(_excluded(self.rules[entry.rule], ESTATE, entry))
            else:
                judge = self._compiled(entry)
                results.append(judge(lambda query: evidence.get(query.fact) or _unheard(query), scene, entry.profiles))
        return _sorted(results)

    def _answer(self, entry: Selected, case: _Case) -> Result:
        rule, target, misfits = self.rules[entry.rule], case.target, case.misfits
        if entry.excluded:
            return _excluded(rule, target.id, entry)
        if target.platform not in rule.platforms:
            return _foreign(rule, target, entry)
        if misfits and all(name in misfits for name in entry.profiles):
            # An undecided profile outweighs one that does not fit: it might.
            outcome, why = max((misfits[name] for name in entry.profiles), key=lambda misfit: misfit[0].undecided)
            if outcome is Outcome.FAIL:
                return notapplicable(rule, target.id, why, entry.values, entry.profiles)
            return _undecided(rule, target.id, entry, Gap(outcome, f"whether the profile fits: {why}"))
        result = self._compiled(entry)(case.snapshot.get, case.fields, entry.profiles)
        fitting = {name: tags for name, tags in entry.resources.items() if name not in misfits}
        if fitting and all(name in entry.resources or name in misfits for name in entry.profiles):
            before = len(case.tags.outside)
            result = narrowed(result, rule, fitting, case.tags)
            if len(case.tags.outside) > before:
                case.aside.update(fitting)
        return with_tags(result, case.tags)

    def _compiled(self, entry: Selected) -> Judge:
        known = self._by_entry.get(id(entry))
        if known is not None and known[0] is entry:
            return known[1]
        key = (entry.rule, json.dumps(entry.values, sort_keys=True, default=str))
        if key not in self._judges:
            self._judges[key] = compile_rule(self.rules[entry.rule], entry.values, self.vocabulary)
        self._by_entry[id(entry)] = entry, self._judges[key]
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
                system = system_name(plan.target.platform, snapshot) if outcome is Outcome.FAIL else ""
                found = f", and this system is {system}" if system else ""
                misfits[name] = (outcome, f"{says}{found}" + (f" ({why})" if why else ""))
        return fitting, misfits

    def _automatic(
        self,
        plan: TargetPlan,
        case: _Case,
        fitting: list[str],
    ) -> Judged:
        """Judge by the profile that `auto` chooses, and by those named beside it.

        Where it could not be found out whether a particular profile fits, its rules are undecided, and the one for
        any system is judged besides.
        """
        candidates, misfits = self._candidates(plan), case.misfits
        particular = [name for name in candidates if name in fitting and self.profiles[name].applies is not None][:1]
        general = [name for name in candidates if self.profiles[name].applies is None][:1]
        doubtful = [name for name in candidates if name in misfits and misfits[name][0].undecided][:1]
        chosen = particular or [*general, *doubtful]
        names = tuple(dict.fromkeys((*chosen, *plan.named)))
        results = [
            self._answer(entry, case) if isinstance(entry, Selected) else entry for entry in self._united(plan, names)
        ]
        return Judged(_sorted(results), names, self._why_chosen(candidates, particular, general, misfits))

    def _candidates(self, plan: TargetPlan) -> list[str]:
        return [name for name in plan.profiles if plan.target.platform in self.profiles[name].auto]

    def _why_chosen(
        self,
        candidates: list[str],
        particular: list[str],
        general: list[str],
        misfits: Mapping[str, tuple[Outcome, str]],
    ) -> str:
        if particular:
            return f"auto chose {particular[0]}: {self.profiles[particular[0]].applies_says}"
        chose = f"auto chose {general[0]}" if general else "auto found no profile for this system (name one with -p)"
        doubts = [misfits[name][1] for name in candidates if name in misfits and misfits[name][0].undecided]
        if doubts:
            return f"{chose}: what system this is could not be found out ({doubts[0]})"
        whom = " or ".join(self.profiles[name].applies_says for name in candidates if name in misfits)
        there_are = f" (there are {whom})" if whom else ""
        return f"{chose}: no benchmark fits this system{there_are}" if general else f"{chose}{there_are}"

    def _united(self, plan: TargetPlan, names: tuple[str, ...]) -> list[Selected | Result]:
        """Give one entry a rule for these profiles; a result where they contradict each other."""
        return [
            _undecided(self.rules[entry.rule], plan.target.id, entry, error(conflict)) if conflict else entry
            for entry, conflict in self._union(plan.selected, names)
        ]

    def _union(self, selected: tuple[Selected, ...], names: tuple[str, ...]) -> list[tuple[Selected, str]]:
        """Give the entries of these profiles, each with what speaks against it; made once for targets that are alike."""
        key = (id(selected), names)
        if key not in self._unions:
            by_rule: dict[str, list[Selected]] = {}
            for name in names:
                for entry in narrow(selected, name):
                    by_rule.setdefault(entry.rule, []).append(entry)
            self._unions[key] = [pair for entries in by_rule.values() for pair in _one_a_rule(entries)]
        return self._unions[key]

    def _unreached(self, plan: TargetPlan, gap: Gap) -> Judged:
        if not plan.auto:
            return Judged(_sorted(self._lost(entry, plan, gap) for entry in plan.selected), plan.profiles)
        first = self._candidates(plan)[:1]
        names = tuple(dict.fromkeys((*first, *plan.named)))
        entries = self._united(plan, names)
        results = [self._lost(entry, plan, gap) if isinstance(entry, Selected) else entry for entry in entries]
        reason = f"the system is not known; {first[0]} stands for what would have been asked" if first else ""
        return Judged(_sorted(results), names, reason)

    def _lost(self, entry: Selected, plan: TargetPlan, gap: Gap) -> Result:
        rule, target = self.rules[entry.rule], plan.target
        if entry.excluded:
            return _excluded(rule, target.id, entry)
        if target.platform not in rule.platforms:
            return _foreign(rule, target, entry)
        if rule.manual:
            return self._compiled(entry)(snapshot_of(gap).get, {**target.fields}, entry.profiles)
        return _undecided(rule, target.id, entry, gap)


def _none_fits(profiles: Iterable[str], misfits: Mapping[str, tuple[Outcome, str]]) -> bool:
    return bool(misfits) and all(name in misfits and misfits[name][0] is Outcome.FAIL for name in profiles)


def _one_a_rule(entries: list[Selected]) -> list[tuple[Selected, str]]:
    try:
        return [(entry, "") for entry in unite(entries)]
    except ConfigurationError as conflict:
        return [(entries[0], str(conflict))]


def snapshot_of(gap: Gap) -> Snapshot:
    """Give a snapshot in which every answer is this gap."""
    return Snapshot("", "", {}, gap=gap)


def _sorted(results: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(sorted(results, key=lambda result: result.rule))


def _unheard(query: Query) -> Evidence:
    return Evidence(query, gap=error("nothing gives this fact of the estate"))


def _excluded(rule: Rule, target: str, entry: Selected) -> Result:
    reason = f"{EXCLUDED}: {entry.excluded}"
    return notapplicable(rule, target, reason, entry.values, entry.profiles)


def _foreign(rule: Rule, target: Target, entry: Selected) -> Result:
    reason = f"for {', '.join(rule.platforms)}, and this target is {target.platform}"
    return notapplicable(rule, target.id, reason, entry.values, entry.profiles)


def _undecided(rule: Rule, target: str, entry: Selected, gap: Gap) -> Result:
    facts: list[Any] = [assertion.subject for assertion in rule.assertions()]
    fact = next((subject.fact for subject in facts if hasattr(subject, "fact")), "")
    kind = kind_of(gap)
    finding = Finding(
        fact,
        (),
        kind,
        reason=gap.reason,
        evidence=str(Query.of(fact)) if fact else "",
        needs=gap.needs or "",
        fingerprint=fingerprint(rule.id, target, fact, ()),
    )
    return Result(rule.id, target, kind, "", (finding,), entry.values, entry.profiles)
