"""Figures and how they are taken: the fastest of several runs, and work in processes of its own."""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `goal` is what it should stay below (or, with `above`, reach), None for a mere observation."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    above: bool = False
    note: str = ""

    @property
    def share(self) -> float | None:
        """How much of the goal is used up: up to 1.00 it is met, whichever way it points."""
        if self.goal is None:
            return None
        return self.goal / self.value if self.above else self.value / self.goal


def best(work: Callable[[], object], times: int = 5) -> float:
    """CPU seconds of the fastest of several runs in this process; other load on the machine counts least so."""
    taken = []
    for _ in range(times):
        gc.collect()
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def yardstick() -> float:
    """CPU seconds of a million steps of a plain loop: what figures of other machines can be compared by."""

    def loop() -> None:
        total = 0
        for number in range(1_000_000):
            total += number & 3

    return best(loop)


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took; memory in MB (10^6 bytes)."""

    seconds: float
    cpu: float
    status: int
    stdout: bytes


def run(argv: list[str], *, stdin: bytes = b"", **more: Any) -> Used:
    """Run a program and all its children; CPU is user and system time of them together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, **more)
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Used(seconds, cpu, done.returncode, done.stdout)


def apart(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Call a function of a module of ours in a process of its own, set up as the command sets up its own.

    Gives what the function gives, `seconds`, `cpu` and `peak` (MB).
    """
    argv = [sys.executable, "-m", "tests.benchmarks.figures", work.__module__, work.__name__, json.dumps(arguments)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def peak() -> float:
    """Highest resident memory of this process so far, in MB.

    Linux hands the caller's ru_maxrss down to what it starts, so the kernel's mark of this very program is read.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def _main(module: str, name: str, arguments: str) -> None:
    from importlib import import_module

    from scanner.cli.root import spare_the_collector

    spare_the_collector()
    work = getattr(import_module(module), name)
    begun, cpu = time.perf_counter(), os.times()
    given = work(*json.loads(arguments))
    after = os.times()
    used = {"seconds": time.perf_counter() - begun, "cpu": after.user + after.system - cpu.user - cpu.system}
    print(json.dumps({**used, **given, "peak": peak()}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
