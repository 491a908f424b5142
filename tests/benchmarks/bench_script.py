"""What a scan costs a host: the script of a Level 2 profile run here, and on a booted stock Debian 12.

CPU is that of the shell and everything that it starts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from scanner.collection.linux.host import describe, interpret
from scanner.collection.linux.script import Script, assemble
from scanner.model.evidence import Query
from scanner.operations.prepare import prepare
from tests.benchmarks import hosts
from tests.benchmarks.figures import Figure, best, run
from tests.benchmarks.hosts import bootable


def figures(*, quick: bool) -> Iterator[Figure]:
    """The fastest of several runs each; a host is booted where root and systemd-nspawn allow it."""
    queries = prepare(hosts.request(1)).plan.visits[0].queries
    script = describe(queries)
    note = f"{len(script.probes)} probes for {len(queries)} queries"
    yield Figure("script of a Level 2 profile", len(script.text) / 1000, "kB", note=note)
    yield from _costs("this machine", (), queries, script, 1 if quick else 4)
    if quick or not bootable():
        yield Figure("no booted host: needs root and systemd-nspawn", 0, "")
        return
    from tests.hosts.booting import booted

    with booted("bookworm") as host:
        leader = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text().split()[0]
        yield from _costs("stock Debian 12", ("nsenter", "-t", leader, "-a"), queries, script, 6)


def _costs(place: str, prefix: Sequence[str], queries: Sequence[Query], script: Script, times: int) -> Iterator[Figure]:
    runs = [run([*prefix, *script.words], stdin=script.text) for _ in range(times)]
    least = min(runs, key=lambda each: each.cpu)
    answer = interpret(queries, least.stdout)
    assert answer.gap is None, answer.gap
    known = Counter("known" if found.gap is None else found.gap.kind.value for found in answer.evidence)
    told = ", ".join(f"{number} {kind}" for kind, number in known.items())
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    yield Figure(f"CPU of {place}", least.cpu, "s", note=f"as {who}: {told}")
    cheap = assemble(probe for probe in script.probes if probe.name != "linux.file_walk")
    rest = min(run([*prefix, *cheap.words], stdin=cheap.text).cpu for _ in range(times))
    yield Figure("of it, without the walk of the file systems", rest, "s")
    yield Figure("by the clock", min(each.seconds for each in runs), "s", note="at lowered priority")
    yield Figure(f"answer of {place}", len(least.stdout) / 1000, "kB", 1000)
    taken = best(lambda: interpret(queries, least.stdout), 3)
    yield Figure("read it", 1000 * taken, "ms")
