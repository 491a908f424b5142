"""Visits over SSH to a real sshd on loopback: connections and commands counted, hosts per second, many sessions at once.

Client and server share this machine, so what the server costs is in the clock's time, not in our CPU.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, apart
from tests.support import sshd

RULE = "address_space_randomised"


def figures(*, quick: bool) -> Iterator[Figure]:
    """One rule, so that the connections are what is measured."""
    if sshd.find("sshd") is None:
        yield Figure("no sshd on this machine: not measured", 0, "")
        return
    count, many = (20, 50) if quick else (200, 200)
    with sshd.sshd("MaxStartups 300:100:400\n") as server:
        used = apart(visit, *_way(server), count, 16)
        assert used["reached"] == count, used["silent"]
        yield Figure("connections per host", server.connections / count, "", 1, note=f"{count} hosts, 16 at a time")
        yield Figure("commands per host", server.sessions / count, "", 1)
        note = f"{count / used['seconds']:.1f} /s by the clock, sshd and the script on the same machine included"
        yield Figure("hosts per CPU second of ours", count / used["cpu"], "/s", note=note)
        yield Figure("peak memory, 16 at a time", used["peak"], "MB")
    yield from _at_once(many)


def _at_once(many: int) -> Iterator[Figure]:
    """Sessions that the server keeps open until all are there; then all of them run the script at the same time."""
    with tempfile.TemporaryDirectory(prefix="controlproof-bench-") as folder:
        gate = Path(folder) / "gate"
        os.mkfifo(gate)
        hold = f'ForceCommand : < {gate}; exec sh -c "$SSH_ORIGINAL_COMMAND"\n'
        with sshd.sshd("MaxStartups 300:100:400\n" + hold) as server:
            keeper = _Keeper(server, gate, many)
            try:
                used = apart(visit, *_way(server), many, many)
            finally:
                keeper.leave()
            made = server.connections
    note = f"{used['reached']} of {many} answered; {made} connections; all open after {keeper.waited:.0f} s"
    yield Figure(f"sessions open at once, --jobs {many}", keeper.seen, "", many, above=True, note=note)
    yield Figure("hosts that did not answer", many - used["reached"], "", note="; ".join(used["silent"][:2]))
    first, last = used["first"] - keeper.opened, used["last"] - keeper.opened
    yield Figure("last answer after all were let go", last, "s", note=f"the first after {first:.1f} s")
    yield Figure(f"CPU of ours per host, {many} at a time", 1000 * used["cpu"] / many, "ms")
    yield Figure(f"peak memory, {many} at a time", used["peak"], "MB")


def _way(server: sshd.Sshd) -> tuple[int, str, str]:
    return server.port, str(server.user_key), str(server.known_hosts)


class _Keeper:
    """Opens the gate when all sessions stand before it, or after five minutes; it stays open for those who are late."""

    def __init__(self, server: sshd.Sshd, gate: Path, many: int) -> None:
        self._server, self._gate, self._many, self._end = server, gate, many, threading.Event()
        self.seen, self.waited, self.opened = 0, 0.0, 0.0
        self._thread = threading.Thread(target=self._keep)
        self._thread.start()

    def _keep(self) -> None:
        begun = time.monotonic()
        while self.seen < self._many and time.monotonic() - begun < 300 and not self._end.wait(0.5):
            self.seen = self._server.sessions
        self.opened = time.monotonic()
        self.waited = self.opened - begun
        # Whoever reads waits until somebody writes; opened both ways, the gate does not wait itself.
        descriptor = os.open(self._gate, os.O_RDWR)
        self._end.wait()
        os.close(descriptor)

    def leave(self) -> None:
        """Go home; nobody is waiting any more."""
        self._end.set()
        self._thread.join()


class _Times:
    """Progress that notes when visits end, and what was taken from the first of them on."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.begun = self.cpu = 0.0

    def begin(self, total: int) -> None:
        self.begun, self.cpu = time.monotonic(), time.process_time()

    def started(self, target: str) -> None:
        pass

    def finished(self, target: str, summary: str) -> None:
        self.ends.append(time.monotonic())

    def note(self, text: str) -> None:
        pass


def visit(port: int, key: str, known_hosts: str, count: int, jobs: int) -> dict[str, Any]:
    """Collect from so many names that all lead to one server."""
    import getpass

    from scanner.operations.collect import collect
    from scanner.operations.request import Files, Output, Reaching, Request, Selection
    from tests.benchmarks import hosts

    with tempfile.TemporaryDirectory(prefix="controlproof-bench-") as folder:
        place = Path(folder)
        config = place / "ssh_config"
        alias = f"[127.0.0.1]:{port}"
        config.write_text(f"Host *\n  HostName 127.0.0.1\n  HostKeyAlias {alias}\n")
        settings = f"{{identity: {key}, known_hosts: {known_hosts}, config: {config}}}"
        inventory = hosts.inventory(
            place / "inventory.yaml",
            hosts.names(count),
            f", user: {getpass.getuser()}, port: {port}, ssh: {settings}",
        )
        request = Request(
            now=hosts.NOW,
            files=Files(inventory=inventory),
            selection=Selection(rules=(RULE,)),
            reaching=Reaching(jobs=jobs, connect=30, auth=60),
            output=Output(folder=place / "out"),
        )
        times = _Times()
        done = collect(request, times)
        return {
            "reached": done.reached,
            "silent": [f"{name}: {why}" for name, why in done.silent.items()],
            "seconds": time.monotonic() - times.begun,
            "cpu": time.process_time() - times.cpu,
            "first": times.ends[0],
            "last": times.ends[-1],
        }
