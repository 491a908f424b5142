"""What our whole Level 2 visit costs a host beside `oscap xccdf eval`, both over ssh on the same booted host.

CPU is that of all processes of the host together: sshd, sudo and what systemd does for the asker are in it. The SCAP
content comes as for `make second-opinion`; without it this benchmark measures nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scanner.operations.content import load_content
from tests.benchmarks.figures import ROOT, Figure, run
from tests.benchmarks.hosts import bootable
from tests.hosts.booting import Host, booted
from tests.hosts.judging import PROFILES
from tests.second_opinion import content, host

GOAL = 0.2
"""Of the CPU that oscap takes."""
_TICK = os.sysconf("SC_CLK_TCK")


def figures(*, quick: bool) -> Iterator[Figure]:
    """The cheapest of three visits against the cheapest of two runs of oscap, for each release that has content."""
    if not bootable():
        yield Figure("no booted host: needs root and systemd-nspawn", 0, "")
        return
    contents = content.known(os.environ.get(content.CONTENT, ""))
    if not contents:
        yield Figure(f"no SCAP content: name it in {content.CONTENT}", 0, "")
        return
    nearest = os.environ.get(content.NEAREST, "") not in ("", "0")
    for suite in list(PROFILES)[: 1 if quick else None]:
        chosen = content.choose(contents, suite, nearest=nearest)
        if chosen is None:
            yield Figure(f"no SCAP content for {suite}: {content.NEAREST}=1 takes the nearest", 0, "")
        else:
            yield from _beside(suite, chosen)


def _beside(suite: str, chosen: content.Content) -> Iterator[Figure]:
    words: list[str] = []
    distribution, version = content.SYSTEMS[suite]
    catalogue = next(name for name in load_content().catalogues if name.startswith(f"cis-{distribution}-{version}"))

    def shape(root: Path) -> None:
        host.install(root, suite)
        words[:] = host.place(root, chosen, host.wanted(catalogue), assume=not chosen.fits(suite))

    with booted(suite, shape) as machine, tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "inventory.yaml"
        entry = machine.entry("auditor", become="[sudo, -n]", profiles=PROFILES[suite])
        inventory.write_text(f"schema: inventory/1\ntargets:\n  host: {entry}\n")
        visit = [sys.executable, "-m", "scanner", "collect", "-q", "-i", str(inventory), "-o", f"{folder}/out"]
        options = ["-o", f"UserKnownHostsFile={machine.known_hosts}", "-o", "BatchMode=yes", "-i", str(machine.key)]
        oscap = ["ssh", *options, f"auditor@{machine.address}", "sudo", "-n", *words]
        ours = min(_cost(machine, lambda: run(visit, cwd=ROOT).status, (0,)) for _ in range(3))
        theirs = min(_cost(machine, lambda: run(oscap).status, (0, 2)) for _ in range(2))
        judged = len(content.results((machine.root / host.FOLDER / "results.xml").read_text(encoding="utf-8")))
    yield Figure(
        f"CPU of a visit on stock {suite}", ours[0], "s", note=f"{ours[1]:.2f} s by the clock, our start included"
    )
    note = f"{theirs[1]:.2f} s by the clock; {judged} rules of {chosen.path.name}"
    yield Figure(f"CPU of oscap on stock {suite}", theirs[0], "s", note=note)
    yield Figure("share of it that a visit takes", ours[0] / theirs[0], "", GOAL)


def _cost(machine: Host, work: Callable[[], int], fine: tuple[int, ...]) -> tuple[float, float]:
    """Give CPU seconds of the host and seconds by the clock of some work; another exit status is an AssertionError."""
    _settle(machine)
    before, begun = _cpu(machine), time.perf_counter()
    status = work()
    seconds = time.perf_counter() - begun
    assert status in fine, f"ended with {status}"
    _settle(machine)
    return _cpu(machine) - before, seconds


def _settle(machine: Host) -> None:
    """Wait until the host has nothing to do: sessions that end, units that systemd looks after."""
    last = -1.0
    for _ in range(100):
        now = _cpu(machine)
        if now == last:
            return
        last = now
        time.sleep(0.3)


def _cpu(machine: Host) -> float:
    """CPU seconds of all processes of a booted host, those included that have ended and were waited for."""
    leader = machine.inside[2]
    space = os.readlink(f"/proc/{leader}/ns/pid")
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "ns/pid") == space:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                total += sum(int(field) for field in fields[11:15])
        except OSError:
            continue
    return total / _TICK
