"""Follows the remediation of every rule that fails on a stock host, and looks whether the rule passes then.

    python -m tests.hosts.remedies [SUITE…]

Each text is run as root by `sh` as it stands in the rule. Rules whose text needs a person's decision (a partition, a
named account) are listed with that reason in remedies-by-hand.yaml; they must fail still, or the list is out of date.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from scanner.model.outcome import Outcome
from scanner.model.result import Result
from tests.hosts.booting import Host, booted
from tests.hosts.judging import Judging, judging, told
from tests.hosts.mutations import SUITES, unproven

BY_HAND = Path(__file__).with_name("remedies-by-hand.yaml")
_TIMEOUT = 300


def by_hand() -> dict[str, str]:
    """Give rule > why its remediation cannot be followed without a decision."""
    found: dict[str, str] = yaml.safe_load(BY_HAND.read_text())
    return found


def remedy(suite: str) -> list[str]:
    """Boot a stock host with all packages, follow the remediations; give what was not as it must be."""
    with tempfile.TemporaryDirectory() as folder, booted(suite, flavour="equipped") as host:
        judge = judging(suite, Path(folder))
        before = judge.results(host)
        failing = [rule for rule, result in before.items() if result.outcome is Outcome.FAIL]
        excused = by_hand()
        said = {rule: _follow(host, judge, rule) for rule in failing if rule not in excused}
        after = judge.results(host)
        print(f"{suite}: {len(said)} of {len(failing)} remediations followed")
        return [*_compared(before, after, said), *_outdated(after, failing, excused)]


def _follow(host: Host, judge: Judging, rule: str) -> str:
    text = judge.bench.rules[rule].remediation
    try:
        done = subprocess.run([*host.inside, "sh", "-s"], input=text.encode(), capture_output=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"no end within {_TIMEOUT} s"
    last = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-2:]
    return f"ended with {done.returncode}: {' | '.join(last)}" if done.returncode else ""


def _compared(before: dict[str, Result], after: dict[str, Result], said: dict[str, str]) -> list[str]:
    problems = []
    spared = unproven()
    for rule, result in after.items():
        if rule in said and rule not in spared and result.outcome is Outcome.FAIL:
            problems.append(
                f"still not met after its remediation{f' ({said[rule]})' if said[rule] else ''}: {told(result)}"
            )
        elif before[rule].outcome is Outcome.PASS and result.outcome is Outcome.FAIL:
            problems.append(f"broken by another rule's remediation: {told(result)}")
    return problems


def _outdated(after: dict[str, Result], failing: list[str], excused: dict[str, str]) -> list[str]:
    kept = [rule for rule in failing if rule in excused and after[rule].outcome is Outcome.PASS]
    return [f"{rule}: passes, and is listed in {BY_HAND.name}" for rule in kept]


def main(*suites: str) -> int:
    """Run by hand or in the nightly lane; 1 when a remediation does not do, 75 without a bench."""
    worst = 0
    for suite in suites or SUITES:
        try:
            problems = remedy(suite)
        except pytest.fail.Exception as unavailable:
            print(unavailable, file=sys.stderr)
            return 75
        for problem in problems:
            print(f"  {problem}")
        print(f"{suite}: {len(problems)} problems")
        worst = max(worst, bool(problems))
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
