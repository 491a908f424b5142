"""Judging: 300 rules on a host's snapshot, and one rule on a fact of 100,000 rows.

Run with `python -m tests.benchmarks.bench_evaluation`. Numbers are ratios to a plain Python loop of the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from scanner.evaluation.judge import Judge, compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Provenance, Query, Snapshot
from scanner.model.fact import BOOL, MODE, TEXT
from scanner.model.outcome import Outcome, Severity
from scanner.model.rule import AllOf, Assertion, FactSubject, FieldTest, Literal, Quantifier, RowAll, Rule, Test

TAKEN = "2026-11-20T02:00:00Z"
ROWS = 100_000
RULES = 300


def _loop() -> float:
    """The yardstick: a million steps of a plain loop."""
    total = 0
    for number in range(1_000_000):
        total += number & 3
    return total


def _best(work: Callable[[], object], times: int = 5) -> float:
    """CPU seconds of the fastest of several runs."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


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
    rule = Rule("r", 1, "T", Severity.LOW, ("linux",), "", "", check)
    judge: Judge = compile_rule(rule, {}, builtin())

    def work() -> None:
        assert judge(lambda _: evidence, {"id": "web01"}).passing == ROWS - failing

    return work


def main() -> None:
    """Print one line per measurement."""
    vocabulary = builtin()
    yardstick = _best(_loop)
    compiling = _best(lambda: [compile_rule(_rule(number), {}, vocabulary) for number in range(RULES)])
    print(f"a million steps of a loop     {1000 * yardstick:8.1f} ms    1.00")
    for name, seconds in (
        (f"compile {RULES} rules", compiling),
        (f"judge {RULES} rules on a host", _best(_judge_host())),
        (f"judge {ROWS:,} rows", _best(_judge_rows(0), 3)),
        (f"judge {ROWS:,} rows, 1 % fail", _best(_judge_rows(ROWS // 100), 3)),
    ):
        print(f"{name:<29} {1000 * seconds:8.1f} ms {seconds / yardstick:7.2f}")


if __name__ == "__main__":
    main()
