"""Judging: 300 rules on a host's snapshot, and one rule on a fact of 100,000 rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice

from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Provenance, Query, Snapshot
from scanner.model.fact import BOOL, MODE, TEXT
from scanner.model.outcome import Outcome, Severity
from scanner.model.rule import AllOf, Assertion, FactSubject, FieldTest, Literal, Quantifier, RowAll, Rule, Test
from scanner.operations.deriving import derive_all
from scanner.operations.prepare import prepare
from tests.benchmarks import hosts
from tests.benchmarks.figures import Figure, best, yardstick

TAKEN = "2026-11-20T02:00:00Z"
ROWS = 100_000
RULES = 300


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds; the note compares with a million steps of a plain loop in the same run."""
    vocabulary, loop, times = builtin(), yardstick(), 5 if quick else 15
    compiling = best(lambda: [compile_rule(_rule(number), {}, vocabulary) for number in range(RULES)])
    yield Figure(f"compile {RULES} rules of two assertions", 1000 * compiling, "ms")
    derive, judge, counted = _recorded()
    yield Figure(
        "derive the facts that they need", 1000 * best(derive, times), "ms", note=f"the snapshot of {hosts.whose()}"
    )
    judged = best(judge, times)
    yield Figure(
        f"judge {RULES} shipped rules on it",
        1000 * judged,
        "ms",
        15,
        note=f"{judged / loop:.2f} of the loop; {counted}",
    )
    judged = best(_judge_host(), times)
    note = f"{judged / loop:.2f} of the loop; two assertions each, a fifth of them fails"
    yield Figure(f"judge {RULES} rules on a made-up host", 1000 * judged, "ms", 15, note=note)
    for failing in (0, ROWS // 100):
        judged = best(_judge_rows(failing), 3 if quick else 7)
        note = f"{judged / loop:.1f} of the loop; {failing:,} rows fail"
        yield Figure(f"judge a fact of {ROWS:,} rows", judged, "s", 0.5, note=note)


def _recorded() -> tuple[Callable[[], object], Callable[[], object], str]:
    """The shipped rules of a profile on a host's snapshot; some stand twice, to make 300."""
    prepared = prepare(hosts.request(1))
    plan, snapshot = next(iter(prepared.plan.targets.values())), hosts.snapshot()
    content = prepared.content
    chosen = list(islice(cycle(plan.selected), RULES))
    judges = [compile_rule(content.rules[entry.rule], entry.values, content.vocabulary) for entry in chosen]
    whole, fields = derive_all(snapshot, plan.derived, content.vocabulary), plan.target.fields

    def judge() -> list[Outcome]:
        return [each(whole.get, fields).outcome for each in judges]

    found = judge()
    counted = ", ".join(f"{found.count(outcome)} {outcome.value}" for outcome in Outcome if outcome in found)
    return lambda: derive_all(snapshot, plan.derived, content.vocabulary), judge, counted


def _rule(number: int) -> Rule:
    name = f"file{number}"
    unit = Assertion(
        FactSubject("linux.unit", (("name", Literal(name)),)),
        Quantifier.EXPECT,
        FieldTest("active", BOOL, (Test("equals", Literal(False)),)),
    )
    file = Assertion(
        FactSubject("linux.file", (("path", Literal(name)),)),
        Quantifier.EXPECT,
        RowAll(
            (
                FieldTest("mode", MODE, (Test("mode_within", Literal("0640")),)),
                FieldTest("owner", TEXT, (Test("one_of", Literal(["root"])),)),
            )
        ),
    )
    return Rule(f"rule_{number}", 1, "T", Severity.LOW, ("linux",), "", "", AllOf((unit, file)))


def _host() -> Snapshot:
    evidence = {}
    for number in range(RULES):
        name, bad = f"file{number}", number % 5 == 0
        unit, file = Query.of("linux.unit", {"name": name}), Query.of("linux.file", {"path": name})
        evidence[unit] = Evidence(unit, ({"name": name, "active": False},), None, Provenance("ask", TAKEN))
        row = {"path": name, "mode": "0666" if bad else "0600", "owner": "root"}
        evidence[file] = Evidence(file, (row,), None, Provenance("ask", TAKEN))
    return Snapshot("web01", TAKEN, evidence)


def _judge_host() -> Callable[[], object]:
    vocabulary, snapshot = builtin(), _host()
    judges = [compile_rule(_rule(number), {}, vocabulary) for number in range(RULES)]

    def work() -> None:
        outcomes = [judge(snapshot.get, {"id": "web01"}).outcome for judge in judges]
        assert outcomes.count(Outcome.FAIL) == RULES // 5

    return work


def _judge_rows(failing: int) -> Callable[[], object]:
    query = Query.of("linux.file_glob", {"pattern": "/srv/*"})
    rows = tuple(
        {"path": f"/srv/{number:06}", "mode": "0666" if number < failing else "0600", "owner": "root"}
        for number in range(ROWS)
    )
    evidence = Evidence(query, rows, None, Provenance("ask", TAKEN))
    check = Assertion(
        FactSubject("linux.file_glob", (("pattern", Literal("/srv/*")),)),
        Quantifier.EVERY,
        FieldTest("mode", MODE, (Test("mode_within", Literal("0640")),)),
    )
    judge = compile_rule(replace(_rule(0), check=check), {}, builtin())

    def work() -> None:
        assert judge(lambda _: evidence, {"id": "web01"}).passing == ROWS - failing

    return work
