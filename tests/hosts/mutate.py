"""Breaks one thing after the other on a booted hardened host and looks whether exactly the right rules notice.

    python -m tests.hosts.mutate --all | --sample N [--seed S] [--suite noble] [--only RULE|FILE] [--batch N]

Mutations that touch different rules are made together and judged by one scan. When that scan shows anything else
than the union of what they must change, each is made alone, so that the message names the one at fault. After every
scan all is undone, and another scan must show the host as it was.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from scanner.model.result import Result
from tests.hosts.booting import Host, booted, stoppable
from tests.hosts.hardening import SCRIPTS
from tests.hosts.judging import Judging, Machine, judging, told
from tests.hosts.mutations import SUITES, VARIANTS, Mutation, batches, mutations, sample, unproven

_TIMEOUT = 60

Results = dict[str, Result]


class Bench:
    """A booted hardened host before and between its mutations; a fresh one when a batch left something behind."""

    def __init__(self, boot: Callable[[], AbstractContextManager[Machine]], judge: Judging) -> None:
        self._boot = boot
        self._judge = judge
        self._stack = ExitStack()
        self.scans = 0
        self._begin()

    def _begin(self) -> None:
        self._stack.close()
        self.host = self._stack.enter_context(self._boot())
        self.whole = self._scan()

    def _scan(self) -> Results:
        self.scans += 1
        return self._judge.results(self.host)

    def close(self) -> None:
        """Stop the host."""
        self._stack.close()

    def run(self, found: Sequence[Mutation], size: int, say: Callable[[str], None]) -> list[str]:
        """Make all mutations; give a sentence for everything that is not as it must be.

        What a batch shows wrong counts only if a mutation of it shows it alone; else two of them met, which is said.
        """
        problems, fit = self._fit(found)
        made = batches(fit, list(self.whole), size)
        for number, batch in enumerate(made, start=1):
            say(f"batch {number} of {len(made)}: {len(batch)} mutations")
            wrong = self._try(batch)
            if wrong and len(batch) > 1:
                for problem in wrong:
                    say(f"  together: {problem}")
                wrong = [problem for each in batch for problem in self._try([each])]
            for problem in wrong:
                say(f"  {problem}")
            problems += wrong
        return problems

    def _fit(self, found: Sequence[Mutation]) -> tuple[list[str], list[Mutation]]:
        """Sort out mutations of rules that this profile lacks, or that do not pass beforehand."""
        problems, fit, excused = [], [], unproven()
        for each in found:
            before = self.whole.get(each.rule)
            if before is None or each.rule in excused:
                continue
            if before.outcome.value != "pass":
                problems.append(f"{each}: proves nothing, for the rule does not pass before: {told(before)}")
            else:
                fit.append(each)
        return problems, fit

    def _try(self, batch: Sequence[Mutation]) -> list[str]:
        """Make these together, scan, undo, scan again."""
        problems = []
        for each in batch:
            if said := self._sh(each.breaks):
                problems.append(f"the change failed: {said}: {each}")
        after = self._scan()
        for each in reversed(batch):
            if said := self._sh(each.undo):
                problems.append(f"undoing failed: {said}: {each}")
        names = "; ".join(str(each) for each in batch)
        problems += [f"{problem}: {names}" for problem in self._compared(batch, after)]
        restored = self._scan()
        left = {rule for rule in self.whole if restored[rule].outcome != self.whole[rule].outcome}
        problems += [f"not as before when undone: {told(restored[rule])}: {names}" for rule in sorted(left)]
        if left:
            self._begin()
        return problems

    def _compared(self, batch: Sequence[Mutation], after: Results) -> list[str]:
        expected = {rule: outcome for each in batch for rule, outcome in each.expected(self.whole).items()}
        problems = []
        for rule, before in self.whole.items():
            now, wanted = after[rule], expected.get(rule, before.outcome.value)
            if now.outcome.value == wanted:
                continue
            if rule in expected:
                problems.append(f"not noticed, {wanted} expected: {told(now)}")
            else:
                problems.append(f"changed as well, was {before.outcome.value}: {told(now)}")
        return problems

    def _sh(self, line: str) -> str:
        done = subprocess.run(
            [*self.host.inside, "sh", "-c", line], capture_output=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL
        )
        return (done.stderr or done.stdout or b"no word").decode(errors="replace").strip() if done.returncode else ""


def mutate(suite: str, found: Sequence[Mutation], *, size: int = 12, say: Callable[[str], None] = print) -> list[str]:
    """Boot the hardened host of a suite and make these mutations; give what went wrong."""
    problems = []
    for variant in VARIANTS:
        own = [each for each in found if each.variant == variant]
        if own:
            problems += _mutate(suite, variant, own, size, say)
    return problems


def _mutate(suite: str, variant: str, found: Sequence[Mutation], size: int, say: Callable[[str], None]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        judge = judging(suite, Path(folder), variant=variant)
        with closing(Bench(lambda: _variant(suite, variant), judge)) as bench:
            started = time.monotonic()
            problems = bench.run(found, size, say)
            seconds = time.monotonic() - started
            controls = len({each.control for each in found if each.rule in bench.whole})
    name = suite if variant == "server" else f"{suite} ({variant})"
    say(f"{name}: {len(found)} mutations of {controls} recommendations, {bench.scans} scans, {seconds:.0f} s")
    return problems


@contextmanager
def _variant(suite: str, variant: str) -> Iterator[Host]:
    with booted(suite, flavour="hardened") as host:
        if variant != "server":
            script = (SCRIPTS / "12-desktop.sh").read_bytes()
            argv = [*host.inside, "env", f"VARIANT={variant}", "sh", "-s"]
            subprocess.run(argv, input=script, check=True, capture_output=True, timeout=_TIMEOUT)
        yield host


def main() -> int:
    """Run by hand or in the nightly lane; 1 when a mutation was not noticed as it must be, 75 without a bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true")
    which.add_argument("--sample", type=int, metavar="N")
    which.add_argument("--only", action="append", metavar="RULE|FILE", help="a rule's id, or a file of mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--suite", action="append", choices=SUITES)
    parser.add_argument("--batch", type=int, default=12, metavar="N", help="1 makes each alone")
    flags = parser.parse_args()
    stoppable()
    worst = 0
    for suite in flags.suite or SUITES:
        found = mutations(suite)
        if flags.only:
            found = [each for each in found if each.rule in flags.only or _file(each) in flags.only]
        elif flags.sample:
            found = sample(found, flags.sample, flags.seed)
        try:
            problems = mutate(suite, found, size=flags.batch)
        except pytest.fail.Exception as unavailable:
            print(unavailable, file=sys.stderr)
            return 75
        print(f"{suite}: {len(problems)} problems")
        worst = max(worst, bool(problems))
    return worst


def _file(each: Mutation) -> str:
    return each.place.partition("/")[2].partition(".")[0]


if __name__ == "__main__":
    sys.exit(main())
