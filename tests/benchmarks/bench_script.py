"""What a scan costs a host: the script of a Level 2 profile run here, as a target would run it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from scanner.collection.linux.host import describe, interpret
from scanner.operations.prepare import prepare
from tests.benchmarks import hosts
from tests.benchmarks.figures import Figure, best, run


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU of the shell and everything that it starts; the fastest of several runs."""
    plan = prepare(hosts.request(1)).plan.visits[0]
    script = describe(plan.queries)
    yield Figure(
        "script of a Level 2 profile",
        len(script.text) / 1000,
        "kB",
        note=f"{len(script.probes)} probes for {len(plan.queries)} queries",
    )
    runs = [run(list(script.words), stdin=script.text) for _ in range(1 if quick else 4)]
    least = min(runs, key=lambda each: each.cpu)
    answer = interpret(plan.queries, least.stdout)
    assert answer.gap is None, answer.gap
    known = Counter("known" if found.gap is None else found.gap.kind.value for found in answer.evidence)
    told = ", ".join(f"{number} {kind}" for kind, number in known.items())
    note = f"as {'root' if os.geteuid() == 0 else 'an ordinary user'}: {told}"
    yield Figure("CPU of the host", least.cpu, "s", note=note)
    yield Figure("time on the host by the clock", min(each.seconds for each in runs), "s", note="at lowered priority")
    yield Figure("answer of the host", len(least.stdout) / 1000, "kB", 1000)
    taken = best(lambda: interpret(plan.queries, least.stdout), 3)
    yield Figure("read the answer", 1000 * taken, "ms")
