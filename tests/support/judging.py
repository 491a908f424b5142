"""A small vocabulary, short ways to write rules and evidence, and strategies for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from scanner.evaluation.judge import compile_rule
from scanner.model.evidence import ABSENT, Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.model.fact import BOOL, INT, MAP, TEXT, FactSpec, Field, Parameter, Shape, Type, Vocabulary
from scanner.model.outcome import Outcome, Severity
from scanner.model.result import Result
from scanner.model.rule import (
    AllOf,
    AnyOf,
    Assertion,
    Check,
    FactSubject,
    FieldTest,
    Literal,
    NotOf,
    Quantifier,
    RowCondition,
    Rule,
    Test,
)

PASS, FAIL, UNKNOWN, ERROR, NA = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.UNKNOWN,
    Outcome.ERROR,
    Outcome.NOTAPPLICABLE,
)
TAKEN = "2026-11-20T02:00:00Z"
DENIED = unknown("permission denied", "root")
LOST = error("connection lost")

_FIELDS = (
    Field("name", TEXT, "Name."),
    Field("on", BOOL, "Whether it is on."),
    Field("size", INT, "Number of things."),
    Field("kind", TEXT, "Kind."),
)
_ABOUT = (*_FIELDS, Field("arn", TEXT, "Name of the resource."))
_TAGGED = (*_ABOUT, Field("tags", MAP, "Tags."))
VOCABULARY = Vocabulary(
    (
        FactSpec("t.one", "One row.", Shape.ONE, ("linux",), _FIELDS),
        FactSpec(
            "t.lookup", "By name.", Shape.LOOKUP, ("linux",), _FIELDS, ("name",), (Parameter("name", TEXT, "Name."),)
        ),
        FactSpec("t.list", "Many rows.", Shape.LIST, ("linux",), _FIELDS, ("name",)),
        FactSpec("t.tagged", "Tagged rows.", Shape.LIST, ("linux",), _TAGGED, ("name",)),
        FactSpec("t.about", "About these.", Shape.LIST, ("linux",), _ABOUT, ("arn",), tagged=("t.tagged",)),
        FactSpec(
            "t.filters", "Tags of something else.", Shape.LIST, ("linux",), _TAGGED, ("arn",), tagged=("t.about",)
        ),
        FactSpec(
            "t.lines",
            "Lines of a file.",
            Shape.LIST,
            ("linux",),
            (Field("path", TEXT, "File."), Field("line", INT, "Line."), *_FIELDS),
            ("path", "line"),
            (Parameter("path", TEXT, "File."), Parameter("style", TEXT, "Style.", required=False)),
        ),
        FactSpec(
            "t.estate",
            "About all.",
            Shape.LIST,
            ("estate",),
            _FIELDS,
            ("name",),
            scope="estate",
            shows=("kind", "on"),
            tells=("size",),
        ),
    )
)


def on(field: str, type_: Type, operator: str, operand: Any) -> FieldTest:
    """A row condition of one test."""
    return FieldTest(field, type_, (Test(operator, Literal(operand)),))


IS_ON = on("on", BOOL, "equals", True)


def says(
    quantifier: str,
    demand: RowCondition | None = IS_ON,
    *,
    fact: str = "t.list",
    where: Mapping[str, Any] | None = None,
    rows: RowCondition | None = None,
    tests: tuple[Test, ...] = (),
) -> Assertion:
    """An assertion on a fact, with literals in `where`."""
    operands = tuple((name, Literal(value)) for name, value in (where or {}).items())
    kind = Quantifier(quantifier)
    return Assertion(FactSubject(fact, operands), kind, None if tests else demand, tests, rows)


def counts(operator: str, number: Any, **more: Any) -> Assertion:
    """A count assertion."""
    return says("count", tests=(Test(operator, Literal(number)),), **more)


def a_rule(check: Check | None, rule_id: str = "r", **more: Any) -> Rule:
    """A rule around a check."""
    defaults: dict[str, Any] = {"title": "T", "severity": Severity.MEDIUM, "platforms": ("linux",)}
    return Rule(rule_id, 1, rationale="", remediation="", check=check, **{**defaults, **more})


def answers(*evidence: Evidence) -> Callable[[Query], Evidence]:
    """Evidence by query; what was not given was not asked."""
    known = {each.query: each for each in evidence}
    return lambda query: known.get(query, Evidence(query, gap=error("this was not asked")))


def of(
    rows: Sequence[Row] = (), gap: Gap | None = None, fact: str = "t.list", asked: str = "ask", **where: Any
) -> Evidence:
    """Evidence of a fact, taken at `TAKEN`."""
    return Evidence(Query.of(fact, where), tuple(rows), gap, Provenance(asked, TAKEN))


def judged(check: Check | None, *evidence: Evidence, **more: Any) -> Result:
    """Judge a check on evidence, and hold it to what every result promises."""
    rule = a_rule(check, **more)
    result = compile_rule(rule, {}, VOCABULARY)(answers(*evidence), {"id": "web01", "owner": "ops"})
    assert result.passing == sum(each.outcome is PASS for each in result.findings)
    assert list(result.findings) == sorted(result.findings, key=lambda each: (each.fact, each.key))
    for each in result.findings:
        if each.outcome is PASS:
            assert not (each.expected or each.found or each.reason or each.fingerprint)
        else:
            assert each.expected
            assert each.found
            assert each.reason
            assert len(each.fingerprint) == 64
    return result


CELLS = st.sampled_from([True, False, ABSENT, DENIED, LOST, "text"])
KINDS = st.sampled_from(["a", "b", ABSENT, DENIED])


def rows(most: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with unique names, a flag and a kind, any of them unknown."""
    cells = st.tuples(CELLS, KINDS)
    return st.lists(cells, max_size=most).map(
        lambda pairs: [{"name": f"n{n}", "on": flag, "kind": kind, "size": n} for n, (flag, kind) in enumerate(pairs)]
    )


GAPS = st.sampled_from([None, None, None, DENIED, LOST])
SIEVES = st.sampled_from([None, on("kind", TEXT, "equals", "a"), on("kind", TEXT, "differs", "a")])
DEMANDS = st.sampled_from([IS_ON, on("on", BOOL, "present", True), on("on", BOOL, "differs", True)])
QUANTIFIED = st.builds(
    lambda quantifier, demand, sieve: says(quantifier, demand, rows=sieve),
    st.sampled_from(["expect", "every", "some", "none"]),
    DEMANDS,
    SIEVES,
)
COUNTED = st.builds(
    lambda operator, number, sieve: counts(operator, number, rows=sieve),
    st.sampled_from(["equals", "differs", "less", "at_most", "greater", "at_least"]),
    st.integers(0, 5),
    SIEVES,
)
ASSERTIONS = st.one_of(QUANTIFIED, COUNTED)
CHECKS: st.SearchStrategy[Check] = st.recursive(
    ASSERTIONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(NotOf),
    ),
    max_leaves=4,
)
