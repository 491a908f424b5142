"""Visits over SSH to a real sshd on loopback: connections and commands counted, hosts per second, many sessions at once.

Client and server share this machine, so what the server costs is in the clock's time, not in our CPU.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, apart
from tests.support import sshd

RULE = "address_space_randomised"
HOLD = 3
"""Seconds for which the server keeps each session open before the command, where many are wanted at once."""


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
    hold = f'ForceCommand sleep {HOLD}; exec sh -c "$SSH_ORIGINAL_COMMAND"\n'
    with sshd.sshd("MaxStartups 300:100:400\n" + hold) as server:
        live = _Watch(server)
        used = apart(visit, *_way(server), many, many)
        most = live.stop()
        note = f"{used['reached']} of {many} answered; {used['seconds']:.1f} s by the clock; {server.connections} connections"
        yield Figure(f"sessions open at once, --jobs {many}", most, "", many, above=True, note=note)
        yield Figure("hosts that did not answer", many - used["reached"], "", note="; ".join(used["silent"][:2]))
        yield Figure("longest visit", used["longest"], "s", note=f"the shortest {used['shortest']:.1f} s")
        yield Figure(f"CPU of ours per host, {many} at a time", 1000 * used["cpu"] / many, "ms")
        yield Figure(f"peak memory, {many} at a time", used["peak"], "MB")


def _way(server: sshd.Sshd) -> tuple[int, str, str]:
    return server.port, str(server.user_key), str(server.known_hosts)


class _Watch:
    """Counts the sessions that are alive on a server, five times a second."""

    def __init__(self, server: sshd.Sshd) -> None:
        self._server, self._most, self._end = server, 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.2):
            self._most = max(self._most, sum(_name(child) == "sleep" for child in self._children()))

    def _children(self) -> list[int]:
        try:
            return self._server.children()
        except OSError:
            # A process ended between two looks at the tree.
            return []

    def stop(self) -> int:
        """Give the highest count."""
        self._end.set()
        self._thread.join()
        return self._most


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


class _Times:
    """Progress that notes when visits begin and end, and what was taken from the first of them on."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self.took: dict[str, float] = {}
        self.begun = self.cpu = 0.0

    def begin(self, total: int) -> None:
        self.begun, self.cpu = time.monotonic(), time.process_time()

    def started(self, target: str) -> None:
        self.since[target] = time.monotonic()

    def finished(self, target: str, summary: str) -> None:
        self.took[target] = time.monotonic() - self.since[target]

    def note(self, text: str) -> None:
        pass


def visit(port: int, key: str, known_hosts: str, count: int, jobs: int) -> dict[str, Any]:
    """Collect from so many names that all lead to one server."""
    import getpass
    import tempfile

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
            "longest": max(times.took.values()),
            "shortest": min(times.took.values()),
        }
