"""Reports whose every text may be anything, made once for all tests of a process, and a way to poison every text of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache, wraps
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import (
    CatalogueInfo,
    ControlStatus,
    Counts,
    Header,
    Notice,
    Ratio,
    Report,
    RuleInfo,
    TargetInfo,
    Verdict,
)
from scanner.model.result import Finding, Result, Waived, fingerprint
from scanner.reporting.escape import plain
from tests.support.reports import finish

NASTY = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "@import",
    "\x1b[31mred\x1b]0;title\x07",
    "\x00\x08\ud800\ufffe",
    "\u202ereversed",
    "[a](http://b) `c` | d",
    "]]>&amp;<!--",
    "{{ 7 * 7 }}{% raw %}",
    "../../etc/passwd",
    "a b#c?d%zz",
    " ",
    "",
)
texts = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=12))
names = st.one_of(
    st.sampled_from(NASTY[:12]), st.text(st.characters(), min_size=1, max_size=12), st.just("db01.example.com")
)
times = st.one_of(texts, st.just("2026-11-20T01:02:03Z"))
lines = st.integers(-1, 5000)
outcomes = st.sampled_from(Outcome)
numbers = st.integers(0, 10_000)
registers = st.lists(
    st.dictionaries(
        st.sampled_from(("id", "rule", "target", "targets", "state", "reason", "expires", "last_seen", "used", "by")),
        st.one_of(texts, st.none(), st.integers(), st.lists(texts, max_size=2), st.floats()),
        max_size=5,
    ),
    max_size=2,
).map(tuple)
gone = st.fixed_dictionaries(
    {
        "rule": st.just("an_earlier_rule_holds"),
        "target": texts,
        "resource": texts,
        "state": st.sampled_from(("absent", "unassessed")),
        "found": texts,
        "last_seen": times,
        "fingerprint": st.text("0123456789abcdef", min_size=64, max_size=64),
    },
    optional={
        "severity": st.one_of(st.sampled_from(Severity).map(str), texts),
        "first_seen": times,
        "last_changed": times,
        "selected": st.booleans(),
        "told": st.booleans(),
    },
)


@st.composite
def rules(draw: st.DrawFn) -> RuleInfo:
    """A rule with an id as the catalog lets it through, and any text elsewhere."""
    return RuleInfo(
        id=draw(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)),
        title=draw(texts),
        severity=draw(st.sampled_from(Severity)),
        revision=draw(numbers),
        rationale=draw(texts),
        remediation=draw(texts),
        platforms=tuple(draw(st.lists(texts, max_size=4))),
        controls=draw(
            st.dictionaries(st.sampled_from(("cis-controls-v8.1", "x")), st.tuples(texts, texts), max_size=2)
        ),
        supports=draw(st.dictionaries(st.sampled_from(("nist-800-53-r5", "x")), st.tuples(texts), max_size=2)),
        manual=draw(st.booleans()),
        evidence=draw(texts),
        path=draw(texts),
        line=draw(lines),
    )


@st.composite
def findings(draw: st.DrawFn, rule: str, target: str) -> Finding:
    """A finding of that rule on that target."""
    fact = draw(st.sampled_from(("linux.sshd", "linux.file", "")))
    key = tuple((name, draw(texts)) for name in draw(st.sampled_from(((), ("path",), ("scope", "name")))))
    waived = draw(st.none() | st.builds(Waived, texts, texts, texts, texts, texts))
    told = {
        name: draw(texts) for name in ("expected", "found", "reason", "evidence", "asked", "source", "needs", "besides")
    }
    return Finding(
        fact,
        key,
        draw(outcomes),
        **told,
        fingerprint=draw(st.sampled_from(("", fingerprint(rule, target, fact, key)))),
        waived=waived,
        state=draw(st.sampled_from(("", "new", "unchanged", "updated", "unassessed"))),
        last_seen=draw(times),
        first_seen=draw(times),
        last_changed=draw(times),
    )


@st.composite
def results(draw: st.DrawFn, rule: str, target: str) -> Result:
    """A result of that rule on that target; its findings have keys of their own."""
    found = draw(st.lists(findings(rule, target), max_size=3, unique_by=lambda one: (one.fact, one.key)))
    outcome = draw(outcomes)
    attested = draw(texts) if outcome is Outcome.PASS else ""
    values = draw(st.dictionaries(texts, st.one_of(texts, st.floats(), st.none()), max_size=1))
    return Result(rule, target, outcome, draw(texts), tuple(found), values, (), attested, draw(numbers))


@st.composite
def targets(draw: st.DrawFn, name: str) -> TargetInfo:
    """A target of that id."""
    state = draw(st.sampled_from(("assessed", "unreachable", "excluded", "not selected")))
    return TargetInfo(
        name,
        draw(texts),
        state,
        reason=draw(texts),
        host_key=draw(texts),
        labels=draw(st.dictionaries(st.one_of(texts, st.just("owner")), texts, max_size=1)),
        profiles=tuple(draw(st.lists(texts, max_size=1))),
        taken_at=draw(times),
        clock_offset=draw(st.none() | st.floats(-1e6, 1e6)),
        path=draw(texts),
        line=draw(lines),
    )


_DETERMINATIONS = ("satisfied", "not satisfied", "attested", "not evaluated", "not applicable")


@st.composite
def catalogues(draw: st.DrawFn, name: str) -> CatalogueInfo:
    """A catalogue of that id with a few controls."""
    controls = st.builds(
        ControlStatus,
        catalogue=st.just(name),
        id=texts,
        title=texts,
        determination=st.one_of(st.sampled_from(_DETERMINATIONS), texts),
        reason=texts,
        rules=st.lists(texts, max_size=2).map(tuple),
        outcomes=st.dictionaries(outcomes, numbers, max_size=3),
        waived=numbers,
        targets_passing=st.builds(lambda part, more: Ratio(part, part + more), numbers, numbers),
        attributes=st.dictionaries(st.just("groups"), st.lists(st.integers(1, 3), max_size=3), max_size=1),
        level=st.sampled_from(("", "1", "2")),
        claimed=st.lists(texts, max_size=1).map(tuple),
        supported_by=st.lists(st.one_of(texts, st.just("x/A.1"), st.just("cis-controls-v8.1/5.4")), max_size=2).map(
            tuple
        ),
    )
    found = draw(st.lists(controls, max_size=3, unique_by=lambda control: plain(control.id)))
    origins = draw(st.dictionaries(st.one_of(texts, st.just("cis-controls-v8.1")), texts, max_size=2))
    return CatalogueInfo(name, draw(texts), "framework", draw(texts), draw(texts), tuple(found), origins)


_CLAIMED = ("control", "title", "called", "system", "status", "source", "date", "verdict", "measured", "reason")
claims = st.fixed_dictionaries(
    dict.fromkeys(_CLAIMED, texts), optional={"against": st.lists(texts, max_size=2), "more": numbers}
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of a few rules on a few targets, some results on targets that no inventory names."""
    known = {rule.id: rule for rule in draw(st.lists(rules(), min_size=1, max_size=3, unique_by=lambda one: one.id))}
    ids = draw(st.lists(names, max_size=3, unique_by=plain))
    places = [(rule, target) for rule in known for target in ids if draw(st.booleans())]
    header = Header(*(draw(texts) for _ in range(3)), draw(times), draw(times), draw(texts), scope=draw(texts))
    word = draw(st.one_of(st.sampled_from(("PASS", "FAIL", "UNDECIDED", "INCOMPLETE")), texts))
    report = Report(
        header=header,
        rules=known,
        targets={name: draw(targets(name)) for name in ids if draw(st.booleans())},
        catalogues=tuple(draw(catalogues(name)) for name in draw(st.sampled_from(((), ("cis-controls-v8.1", "x"))))),
        results=(),
        counts=Counts(),
        verdict=Verdict(word, draw(st.integers(0, 3)), (draw(texts),), {"fail-on": draw(texts)}),
        notices=tuple(draw(st.lists(st.builds(Notice, texts, texts, texts, texts, texts, lines), max_size=2))),
        waivers=draw(registers),
        attestations=draw(registers),
        claims=tuple(draw(st.lists(claims, max_size=2))),
        states=draw(st.dictionaries(texts, numbers, max_size=2)),
        gone=tuple(draw(st.lists(gone, max_size=2, unique_by=lambda row: row["fingerprint"]))),
    )
    return finish(report, tuple(draw(results(rule, target)) for rule, target in places))


@cache
def drawn() -> tuple[Report, ...]:
    """As many reports as the profile of hypothesis in force has examples; making them takes far longer than most tests."""
    found: list[Report] = []

    @settings(phases=[Phase.generate], database=None)
    @given(report=reports())
    def take(report: Report) -> None:
        found.append(report)

    take()
    return tuple(found)


def any_report(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test for each drawn report; where one breaks it, hypothesis looks for the smallest that does."""

    @wraps(test)
    def run(**given_: Any) -> None:
        try:
            for each in drawn():
                test(report=each, **given_)
        except Exception:

            def smaller(report: Report) -> None:
                test(report=report, **given_)

            given(report=reports())(smaller)()
            raise

    signature = inspect.signature(test)
    kept = [each for name, each in signature.parameters.items() if name != "report"]
    run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return run


def poisoned(value: Any, poison: str) -> Any:
    """Give a value with every text in it, at any depth, ending in poison; keys of maps and enums stay."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value + poison
    if isinstance(value, Mapping):
        return {key: poisoned(item, poison) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(poisoned(item, poison) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: poisoned(getattr(value, field.name), poison) for field in fields(value)})
    return value
