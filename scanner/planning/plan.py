"""From targets with their profiles to a plan: each endpoint visited once, each question asked once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

from scanner.model.asking import queries, queries_of
from scanner.model.evidence import Query
from scanner.model.fact import Vocabulary
from scanner.model.inventory import Endpoint, Target
from scanner.model.plan import Plan, TargetPlan, Visit
from scanner.model.profile import Profile, Selected
from scanner.model.rule import Rule, assertions
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
) -> Plan:
    """Plan a run over these targets.

    `always` names what is asked of a platform whatever the rules say; `estate` are the profiles whose rules of
    scope estate are judged once, over the whole inventory.

    Raises ConfigurationError for profiles that contradict each other on a target.
    """
    targets = {each.target.id: _plan_target(each, rules, vocabulary, always) for each in assignments}
    visits = _visits(targets.values())
    whole = select(estate, rules, scope="estate")
    return Plan(targets, visits, whole, dict(skipped or {}), _hash(targets, visits, whole, rules_sha256))


def _plan_target(
    assignment: Assignment,
    rules: Mapping[str, Rule],
    vocabulary: Vocabulary,
    always: Mapping[str, tuple[Query, ...]],
) -> TargetPlan:
    target = assignment.target
    selected = select(assignment.profiles, rules, scope="target", alternatives=assignment.auto)
    asked = _asked(target, selected, rules) | set(always.get(target.platform, ()))
    for profile in assignment.profiles:
        if profile.applies is not None:
            for assertion in assertions(profile.applies):
                asked.update(queries_of(assertion, {}, target.fields))
    base, derived = expand(sorted(asked, key=str), vocabulary)
    here = tuple(query for query in base if target.platform in vocabulary[query.fact].platforms)
    names = tuple(profile.id for profile in assignment.profiles)
    return TargetPlan(target, selected, here, derived, names, assignment.auto, assignment.named)


def _asked(target: Target, selected: Iterable[Selected], rules: Mapping[str, Rule]) -> set[Query]:
    asked: set[Query] = set()
    for entry in selected:
        rule = rules[entry.rule]
        if not entry.excluded and target.platform in rule.platforms:
            asked.update(queries(rule, entry.values, target.fields))
    return asked


def _visits(plans: Iterable[TargetPlan]) -> tuple[Visit, ...]:
    shared: dict[tuple[Endpoint, str], list[TargetPlan]] = {}
    for plan in plans:
        shared.setdefault((plan.target.endpoint, plan.target.platform), []).append(plan)
    return tuple(
        Visit(
            endpoint,
            platform,
            tuple(member.target.id for member in members),
            tuple(sorted({query for member in members for query in member.queries}, key=str)),
        )
        for (endpoint, platform), members in shared.items()
    )


def _hash(
    targets: Mapping[str, TargetPlan], visits: Iterable[Visit], estate: Iterable[Selected], rules_sha256: str
) -> str:
    document = {
        "rules": rules_sha256,
        "visits": sorted(json.dumps(_visit_form(visit), sort_keys=True) for visit in visits),
        "targets": {name: [*plan.named, *map(asdict, plan.selected)] for name, plan in targets.items()},
        "estate": [asdict(entry) for entry in estate],
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def _visit_form(visit: Visit) -> dict[str, object]:
    return {
        "endpoint": asdict(visit.endpoint),
        "platform": visit.platform,
        "targets": list(visit.targets),
        "queries": [str(query) for query in visit.queries],
    }
