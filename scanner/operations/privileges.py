"""What the facts of a plan take beyond an account, and how many rules are left without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanner.collection.table import platform_module
from scanner.model.evidence import Query
from scanner.model.fact import Need, Vocabulary
from scanner.model.plan import TargetPlan
from scanner.model.rule import FactSubject, Rule
from scanner.operations.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Privileges:
    """Privileges of one target's facts, and its automated rules with them and without them."""

    needs: tuple[str, ...]
    rules: int
    open: tuple[str, ...]
    """Rules of which every fact is open to any account; single files may be closed to it all the same."""

    def __str__(self) -> str:
        """Say it as `plan --privileges` prints it."""
        if not self.needs:
            return "nothing beyond an account"
        return f"{', '.join(self.needs)}; {len(self.open)} of {self.rules} rules ask nothing that takes more than an account"


def privileges(prepared: Prepared) -> dict[str, Privileges]:
    """Give the privileges that the facts of each planned target need, as their declarations say."""
    vocabulary, rules = prepared.content.vocabulary, prepared.content.rules
    return {name: _privileges(plan, rules, vocabulary) for name, plan in prepared.plan.targets.items()}


def _privileges(plan: TargetPlan, rules: Mapping[str, Rule], vocabulary: Vocabulary) -> Privileges:
    chosen = {entry.rule for entry in plan.selected if not entry.excluded}
    judged = [
        rules[name] for name in chosen if not rules[name].manual and plan.target.platform in rules[name].platforms
    ]
    platform, place = plan.target.platform, _folder(plan)
    open_to_all = sorted(
        rule.id for rule in judged if not any(_needs(fact, vocabulary, platform) for fact in _facts(rule))
    )
    wanted = {need for query in plan.queries for need in _needs(query.fact, vocabulary, platform)}
    return Privileges((place,) if place else tuple(sorted(wanted)), len(judged), tuple(open_to_all))


def _folder(plan: TargetPlan) -> str:
    """Say which folder is read of a target that is read from files; empty for others."""
    endpoint = plan.target.endpoint
    return (
        f"folder {endpoint.option('folder') or ''} to read".replace("  ", " ") if endpoint.transport == "files" else ""
    )


def _facts(rule: Rule) -> set[str]:
    subjects = (assertion.subject for assertion in rule.assertions())
    return {subject.fact for subject in subjects if isinstance(subject, FactSubject)}


def _needs(fact: str, vocabulary: Vocabulary, platform: str) -> set[str]:
    """Give what a fact needs on a platform, beside other platforms that answer it too."""
    spec = vocabulary[fact]
    own = {str(need) for need in spec.needs if need.on(platform)}
    return own.union(*(_needs(needed.fact, vocabulary, platform) for needed in spec.inputs))


def grants(prepared: Prepared) -> list[str]:
    """Give the statements, commands or documents that grant a scanner just what the planned facts need, where there are such."""
    lines: list[str] = []
    for visit in prepared.plan.visits:
        module = platform_module(visit.platform)
        if hasattr(module, "grants") and visit.endpoint.transport != "files":
            wanted = _wanted(visit.queries, prepared.content.vocabulary, visit.platform)
            mark = getattr(module, "COMMENT", "#")
            lines += [f"{mark} {', '.join(visit.targets)}", *module.grants(wanted, visit.endpoint.user)]
    return lines


def _wanted(queries: Iterable[Query], vocabulary: Vocabulary, platform: str) -> tuple[Need, ...]:
    needs = (need for query in queries for need in vocabulary[query.fact].needs)
    return tuple(dict.fromkeys(need for need in needs if need.on(platform)))
