"""What a rule asks of a target, with its values and the target's fields in place."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model.asking import queries, queries_of, query_of, resolve
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.rule import (
    AllOf,
    Assertion,
    FactSubject,
    FieldRef,
    Literal,
    NotOf,
    Quantifier,
    TargetRef,
    ValueRef,
    ValueSubject,
)
from tests.support.judging import a_rule, says

TARGET = {"id": "web01", "address": ""}


def subject(operand: Any) -> FactSubject:
    return FactSubject("t.lookup", (("name", operand),))


def test_operands_are_put_in_place() -> None:
    assert resolve(Literal("x"), {}, TARGET) == "x"
    assert resolve(ValueRef("n"), {"n": 4}, TARGET) == 4
    assert resolve(TargetRef("id"), {}, TARGET) == "web01"
    assert resolve(TargetRef("address"), {}, TARGET) is ABSENT
    assert resolve(TargetRef("owner"), {}, TARGET) is ABSENT
    with pytest.raises(TypeError, match=r"field: size.*\(write a literal or a value\)"):
        resolve(FieldRef("size"), {}, TARGET)


def test_a_query_has_its_parameters() -> None:
    assert query_of(subject(TargetRef("id")), {}, TARGET) == Query.of("t.lookup", {"name": "web01"})


def test_what_the_inventory_lacks_cannot_be_asked() -> None:
    gap = query_of(subject(TargetRef("owner")), {}, TARGET)

    assert isinstance(gap, Gap)
    assert gap.reason == "the inventory gives no owner for this target, so t.lookup could not be asked"
    assert queries_of(Assertion(subject(TargetRef("owner")), Quantifier.EXPECT), {}, TARGET) == []
    assert queries_of(Assertion(ValueSubject("n"), Quantifier.EXPECT), {"n": 1}, TARGET) == []


def test_a_rule_asks_each_query_once() -> None:
    ssh = says("expect", fact="t.lookup", where={"name": "ssh"})
    check = AllOf((says("every"), NotOf(says("some")), ssh))

    asked = queries(a_rule(check, when=ssh), {}, TARGET)

    assert asked == [Query.of("t.lookup", {"name": "ssh"}), Query.of("t.list")]
    assert queries(a_rule(None), {}, TARGET) == []
