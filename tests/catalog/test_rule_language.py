"""The language of checks: what is written becomes plain values, and types must fit."""

from __future__ import annotations

import pytest

from scanner.model.rule import (
    AllOf,
    AnyOf,
    Assertion,
    FactSubject,
    FieldRef,
    FieldTest,
    Literal,
    NotOf,
    Quantifier,
    RowAll,
    RowAny,
    RowNot,
    TargetRef,
    Test,
    ValueRef,
    ValueSubject,
)
from tests.support.ruletexts import LIST, ONE, check_of, complaints


def test_the_whole_language_becomes_plain_values() -> None:
    rule = check_of(
        """
  all:
    - fact: host.user
      where: {kind: local}
      rows: {uid: {at_least: {value: first}}}
      none: {shell: {one_of: [/bin/sh, /bin/bash]}, not: {name: root}}
    - any:
        - {fact: host.settings, expect: {any: [{login: {differs: {field: banner}}}, {grace: {at_most: 90s}}]}}
        - not: {fact: host.package, where: {name: {target: labels.package}}, expect: {present: true}}
        - {fact: host.user, count: {at_most: 3}}
    - {value: first, expect: {greater: 0}}
""",
        values="{first: {type: int, default: 1000}}",
    )

    def field(name: str, spec: object, operator: str, operand: object) -> FieldTest:
        found = spec.field(name)  # type: ignore[attr-defined]
        return FieldTest(name, found.type, (Test(operator, operand),))  # type: ignore[arg-type]

    assert isinstance(rule.check, AllOf)
    users, either, first = rule.check.parts
    assert users == Assertion(
        FactSubject("host.user", (("kind", Literal("local")),)),
        Quantifier.NONE,
        demand=RowAll(
            (
                field("shell", LIST, "one_of", Literal(["/bin/sh", "/bin/bash"])),
                RowNot(field("name", LIST, "equals", Literal("root"))),
            )
        ),
        rows=field("uid", LIST, "at_least", ValueRef("first")),
        line=11,
    )
    assert isinstance(either, AnyOf)
    settings, package, number = either.parts
    assert isinstance(settings, Assertion)
    assert settings.demand == RowAny(
        (field("login", ONE, "differs", FieldRef("banner")), field("grace", ONE, "at_most", Literal(90)))
    )
    assert isinstance(package, NotOf)
    assert isinstance(package.part, Assertion)
    assert package.part.subject == FactSubject("host.package", (("name", TargetRef("labels.package")),))
    assert isinstance(number, Assertion)
    assert (number.quantifier, number.tests) == (Quantifier.COUNT, (Test("at_most", Literal(3)),))
    assert isinstance(first, Assertion)
    assert (first.subject, first.tests) == (ValueSubject("first"), (Test("greater", Literal(0)),))


def test_an_enum_value_serves_where_text_is_needed_but_not_the_other_way_round() -> None:
    level = "{fact: host.settings, expect: {level: {one_of: {value: levels}}}}"

    assert check_of(level, values='{levels: {type: "list[enum[low, mid]]", default: [low]}}').values
    assert check_of(
        level.replace("level:", "login:"), values='{levels: {type: "list[enum[low, mid]]", default: [low]}}'
    ).values
    (refused,) = complaints({"check": level, "values": '{levels: {type: "list[text]", default: [low]}}'}, cases=False)
    assert refused.startswith("9: level, one_of: the value 'levels' is list[text], not list[enum[low, mid, high]]")
    assert refused.endswith('(declare it with type: "list[enum[low, mid, high]]")')
    assert complaints(
        {"check": level, "values": '{levels: {type: "list[enum[low, top]]", default: [low]}}'}, cases=False
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"platforms": "[linux, bsd]"},
            "8: host.settings is asked of linux, not of bsd",
        ),
        (
            {"scope": "estate", "platforms": "[estate]"},
            "9: host.settings speaks about the target, the rule about the estate",
        ),
    ],
)
def test_a_fact_must_fit_platforms_and_scope(parts: dict[str, str | None], expected: str) -> None:
    assert [text.partition(" (")[0] for text in complaints(parts, cases=False)] == [expected]


def test_a_rule_about_the_estate_names_facts_about_the_estate() -> None:
    rule = check_of("{fact: estate.asset, every: {owner: {present: true}}}", scope="estate", platforms="[estate]")

    assert rule.scope == "estate"
