"""From targets with their profiles to a plan: each endpoint visited once, each question asked once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from scanner.model.asking import queries, queries_of
from scanner.model.evidence import Query
from scanner.model.fact import Vocabulary
from scanner.model.inventory import Endpoint, Target
from scanner.model.plan import Plan, TargetPlan, Visit
from scanner.model.profile import Profile, Selected
from scanner.model.rule import Assertion, FactSubject, Rule, TargetRef, assertions
from scanner.model.tagging import tag_facts
from scanner.planning.estate import joint_queries
from scanner.planning.expand import expand
from scanner.planning.select import select


@dataclass(frozen=True, slots=True)
class Assignment:
    """A target with the profiles it must meet; with `auto` they are candidates of which one is chosen later.

    `named` are the ids of those that hold beside the choice of `auto`.
    """

    target: Target
    profiles: tuple[Profile, ...]
    auto: bool = False
    named: tuple[str, ...] = ()


def make_plan(
    assignments: Sequence[Assignment],
    rules: Mapping[str, Rule],
    vocabulary: Vocabulary,
    *,
    rules_sha256: str,
    skipped: Mapping[str, str] | None = None,
    always: Mapping[str, tuple[Query, ...]] = MappingProxyType({}),
    estate: Sequence[Profile] = (),
    by_tags: Collection[str] = (),
) -> Plan:
    """Plan a run over these targets.

    `always` names what is asked of a platform whatever the rules say; `estate` are the profiles whose rules of
    scope estate are judged once, over the whole inventory; `by_tags` are rules of which somebody (a waiver) wants to
    know the tags of resources: they are asked for then, and where a profile is for resources with certain tags.

    Raises ConfigurationError for profiles that contradict each other on a target.
    """
    whole = select(estate, rules, scope="estate")
    joint = joint_queries(whole, rules, vocabulary)
    planner = _Planner(rules, vocabulary, always, joint, frozenset(by_tags))
    targets = _with_links({each.target.id: planner.plan(each) for each in assignments})
    visits = _visits(targets.values())
    return Plan(targets, visits, whole, dict(skipped or {}), _hash(targets, visits, whole, rules_sha256), joint)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a list of profiles selects, and the fields of a target that its questions name."""

    selected: tuple[Selected, ...]
    profiles: tuple[str, ...]
    fields: tuple[str, ...]


_Asked: TypeAlias = tuple[tuple[Query, ...], tuple[Query, ...], tuple[Query, ...]]


class _Planner:
    """Plans targets. Those that are alike in all that their rules ask by share one answer: a fleet is planned once."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        vocabulary: Vocabulary,
        always: Mapping[str, tuple[Query, ...]],
        joint: Sequence[Query],
        by_tags: frozenset[str],
    ) -> None:
        self._rules, self._vocabulary, self._always, self._joint = rules, vocabulary, always, joint
        self._by_tags = by_tags
        self._choices: dict[tuple[object, ...], _Choice] = {}
        self._asked: dict[tuple[object, ...], _Asked] = {}
        self._fit: dict[tuple[int, str], tuple[Selected, ...]] = {}

    def plan(self, assignment: Assignment) -> TargetPlan:
        """Plan one target."""
        target = assignment.target
        choice = self._choice(assignment)
        known = target.fields if choice.fields else {}
        alike = (id(choice), target.platform, *(known.get(name) for name in choice.fields))
        if alike not in self._asked:
            self._asked[alike] = self._expanded(assignment, choice)
        here, derived, linked = self._asked[alike]
        selected = self._fitting(target.platform, choice)
        return TargetPlan(target, selected, here, derived, choice.profiles, assignment.auto, assignment.named, linked)

    def _choice(self, assignment: Assignment) -> _Choice:
        key = (assignment.auto, *map(id, assignment.profiles))
        if key not in self._choices:
            selected = select(assignment.profiles, self._rules, scope="target", alternatives=assignment.auto)
            asserted = [each for entry in selected for each in self._rules[entry.rule].assertions()]
            asserted += _applying(assignment.profiles)
            names = tuple(profile.id for profile in assignment.profiles)
            self._choices[key] = _Choice(selected, names, _fields_named(asserted))
        return self._choices[key]

    def _fitting(self, platform: str, choice: _Choice) -> tuple[Selected, ...]:
        """Leave out rules for other platforms, but of a profile that has none for this one: that is a mistake to show."""
        key = (id(choice), platform)
        if key not in self._fit:
            own = {entry.rule for entry in choice.selected if platform in self._rules[entry.rule].platforms}
            fits = {name for entry in choice.selected if entry.rule in own for name in entry.profiles}
            self._fit[key] = tuple(
                entry for entry in choice.selected if entry.rule in own or fits.isdisjoint(entry.profiles)
            )
        return self._fit[key]

    def _expanded(self, assignment: Assignment, choice: _Choice) -> _Asked:
        """Give what a target is asked, what is derived from it, and what its host is asked for that."""
        target = assignment.target
        asked = {*self._always.get(target.platform, ())}
        asked.update(query for query in self._joint if self._is_of(target.platform, query))
        for entry in choice.selected:
            rule = self._rules[entry.rule]
            if not entry.excluded and target.platform in rule.platforms:
                asked.update(queries(rule, entry.values, target.fields))
                if entry.resources or entry.rule in self._by_tags:
                    asked.update(Query.of(fact) for fact in tag_facts(rule, self._vocabulary))
        for assertion in _applying(assignment.profiles):
            asked.update(queries_of(assertion, {}, target.fields))
        base, derived = expand(sorted(asked, key=str), self._vocabulary)
        here = tuple(query for query in base if self._is_of(target.platform, query))
        # Only facts of the target's own platform draw on its host; a rule or profile for hosts does not.
        own, _ = expand((query for query in asked if self._is_of(target.platform, query)), self._vocabulary)
        return here, derived, tuple(query for query in own if not self._is_of(target.platform, query))

    def _is_of(self, platform: str, query: Query) -> bool:
        return platform in self._vocabulary[query.fact].platforms


def _with_links(plans: dict[str, TargetPlan]) -> dict[str, TargetPlan]:
    """Add to each host's questions what the targets that run on it need of it, so that one visit serves all."""
    asked: dict[str, set[Query]] = {}
    for plan in plans.values():
        if plan.linked and plan.target.runs_on in plans:
            asked.setdefault(plan.target.runs_on, set()).update(plan.linked)
    return {
        name: replace(plan, queries=tuple(sorted({*plan.queries, *asked[name]}, key=str))) if name in asked else plan
        for name, plan in plans.items()
    }


def _applying(profiles: Iterable[Profile]) -> list[Assertion]:
    return [each for profile in profiles if profile.applies is not None for each in assertions(profile.applies)]


def _fields_named(asserted: Iterable[Assertion]) -> tuple[str, ...]:
    """Give the fields of a target that questions are put by: `{target: NAME}`."""
    subjects = [each.subject for each in asserted if isinstance(each.subject, FactSubject)]
    operands = [operand for subject in subjects for _, operand in subject.where]
    return tuple(sorted({operand.name for operand in operands if isinstance(operand, TargetRef)}))


def _visits(plans: Iterable[TargetPlan]) -> tuple[Visit, ...]:
    shared: dict[tuple[Endpoint, str], list[TargetPlan]] = {}
    for plan in plans:
        shared.setdefault((plan.target.endpoint, plan.target.platform), []).append(plan)
    return tuple(
        Visit(endpoint, platform, tuple(member.target.id for member in members), _merged(members))
        for (endpoint, platform), members in shared.items()
    )


def _merged(members: Sequence[TargetPlan]) -> tuple[Query, ...]:
    first = members[0].queries
    if all(member.queries is first for member in members):
        return first
    return tuple(sorted({query for member in members for query in member.queries}, key=str))


class _Digests:
    """Hashes of what many targets share, each made once."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, shared: tuple[Query, ...] | tuple[Selected, ...]) -> str:
        """Give the hash of queries or selected rules; they must live as long as this object."""
        found = self._known.get(id(shared))
        if found is None:
            form = [str(each) if isinstance(each, Query) else asdict(each) for each in shared]
            found = self._known[id(shared)] = _sha256(form)
        return found


def _sha256(document: object) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def _hash(
    targets: Mapping[str, TargetPlan], visits: Iterable[Visit], estate: Iterable[Selected], rules_sha256: str
) -> str:
    digests = _Digests()
    document = {
        "rules": rules_sha256,
        "visits": sorted(json.dumps(_visit_form(visit, digests), sort_keys=True) for visit in visits),
        "targets": {name: [*plan.named, digests.of(plan.selected)] for name, plan in targets.items()},
        "estate": [asdict(entry) for entry in estate],
    }
    return _sha256(document)


def _visit_form(visit: Visit, digests: _Digests) -> dict[str, object]:
    return {
        "endpoint": asdict(visit.endpoint),
        "platform": visit.platform,
        "targets": list(visit.targets),
        "queries": digests.of(visit.queries),
    }
