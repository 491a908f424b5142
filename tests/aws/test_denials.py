"""A denial run over every call of every collector: what needed it is unknown and says so, nothing else changes."""

from __future__ import annotations

import pytest

from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Gap
from scanner.model.outcome import Outcome
from scanner.transport.sql import Failure
from tests.aws.bench import HOME, Replayed, depends, operation, operations, rules, said, snapshot, verdicts
from tests.aws.conftest import Visit

FREE = {"sts:GetCallerIdentity": "AWS never denies it; without it there is no visit"}
UNASKED: dict[str, str] = said("UNASKED") | {
    "ec2:DescribeRegions": "the bench's inventory lists regions: see test_visit",
}
"""Operation > why the bench never comes to ask it."""
STILL: dict[tuple[str, str], str] = said("STILL")
"""Operation and rule > why the rule is decided all the same in the hardened estate."""
COVERED: dict[tuple[str, str], str] = said("COVERED")
"""Operation and fact > why the hardened estate's rows are whole all the same."""
NAMES = sorted(set(operations()) - set(FREE) - set(UNASKED))


def _gaps(found: Evidence) -> list[Gap]:
    cells = [cell for row in found.rows for cell in row.values() if isinstance(cell, Gap)]
    return [*([found.gap] if found.gap else []), *cells]


@pytest.mark.parametrize("estate", ["weak", "hardened"])
@pytest.mark.parametrize("name", NAMES)
def test_denied_call(name: str, estate: str, visits: dict[str, Visit]) -> None:
    recorder, before = visits[estate]
    denied = operation(name)
    assert any(call.operation == denied for call in recorder.replies), "the bench never asks it (UNASKED says why)"
    after = snapshot(Replayed(recorder.replies, recorder.options, HOME, denied))
    concerned = set(operations()[name])
    for found in after:
        if found.query.fact in concerned:
            gaps = _gaps(found)
            if estate == "hardened" and (name, found.query.fact) in COVERED:
                continue
            assert any(gap.kind is Outcome.UNKNOWN and denied.action in (gap.needs or "") for gap in gaps), found.query
        elif found.query.fact in builtin() and not builtin()[found.query.fact].derived:
            assert found.rows == before.get(found.query).rows
            assert found.gap == before.get(found.query).gap
    was, now = verdicts(before), verdicts(after)
    for rule in rules():
        if not depends(rules()[rule]) & concerned:
            assert now[rule] == was[rule], rule
        elif now[rule] != was[rule]:
            assert now[rule] == "unknown", rule
        elif was[rule] == "pass":
            assert (name, rule) in STILL, f"{rule} passes although {name} was denied (STILL says why it may)"


@pytest.mark.parametrize("name", NAMES)
def test_failed_call(name: str, visits: dict[str, Visit]) -> None:
    recorder, before = visits["hardened"]
    broken = Failure("InternalError", "InternalError: we are sorry")
    client = Replayed(recorder.replies, recorder.options, HOME, operation(name), broken)
    was, now = verdicts(before), verdicts(snapshot(client))
    for rule in rules():
        if now[rule] != was[rule]:
            assert now[rule] == "error", rule
            assert depends(rules()[rule]) & set(operations()[name]), rule


def test_declared_needs_are_those_of_the_calls() -> None:
    for fact, spec in builtin().items():
        actions = {operation(name).action for name, facts in operations().items() if fact in facts}
        if actions:
            assert {need.name for need in spec.needs if need.kind == "iam"} == actions, fact
