"""The answer of a host as the material of benchmarks: recorded once, then copied to as many hosts as asked for.

As root the host is a stock Debian 12 that is booted for it, else this machine, whatever lies on it.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
from pathlib import Path

from scanner.model.events import Silence
from scanner.model.evidence import Snapshot
from scanner.operations.collect import collect
from scanner.operations.request import Files, Output, Request
from scanner.store.evidence import decode_snapshot, snapshot_name
from tests.hosts.booting import booted

PROFILE = "cis-debian-12-level-2-server"
NOW = "2026-11-21T00:00:00Z"


@functools.cache
def _place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="controlproof-bench-")


def workplace() -> Path:
    """A folder for the whole run, gone at its end."""
    return Path(_place().name)


def inventory(path: Path, names: list[str], settings: str = "") -> Path:
    """Write an inventory of Linux hosts that are all alike but for their names and addresses."""
    lines = [
        "schema: inventory/1",
        f"groups: {{all: {{platform: linux, profiles: [{PROFILE}]{settings}}}}}",
        "targets:",
    ]
    lines += [f"  {name}: {{group: all, address: {_address(number)}}}" for number, name in enumerate(names)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _address(number: int) -> str:
    return f"198.18.{number // 250}.{number % 250 + 1}"


def names(count: int) -> list[str]:
    """Names of so many hosts."""
    return [f"host{number:04}" for number in range(count)]


def request(count: int, *, formats: tuple[str, ...] = (), folder: Path | None = None) -> Request:
    """What evaluating (or planning) so many hosts asks for."""
    path = inventory(workplace() / f"inventory-{count}.yaml", names(count))
    out = Output(folder=folder or workplace() / "out", formats=formats)
    return Request(now=NOW, files=Files(inventory=path), output=out, max_evidence_age=None)


def bootable() -> bool:
    """Tell whether a stock host can be booted here."""
    return os.geteuid() == 0 and shutil.which("systemd-nspawn") is not None


@functools.cache
def recorded() -> bytes:
    """The snapshot of the host, as it is stored: every question of the profile, asked as root where we may."""
    if not bootable():
        return _collected(f"{{platform: linux, transport: local, profiles: [{PROFILE}]}}")
    with booted("bookworm") as host:
        return _collected(host.entry("root", profiles=PROFILE))


def whose() -> str:
    """Whose snapshot it is, for a note."""
    return "a stock Debian 12" if bootable() else "this machine"


def _collected(entry: str) -> bytes:
    path = workplace() / "this.yaml"
    path.write_text(f"schema: inventory/1\ntargets: {{this: {entry}}}\n")
    folder = workplace() / "recorded"
    collect(Request(now=NOW, files=Files(inventory=path), output=Output(folder=folder)), Silence())
    return (folder / "evidence" / snapshot_name("this")).read_bytes()


def snapshot(name: str = "host0000") -> Snapshot:
    """The recorded snapshot under a host's name."""
    return decode_snapshot(_renamed(name), "recorded")


def evidence(count: int) -> Path:
    """A folder with so many hosts' snapshots, copies of the recorded one."""
    folder = workplace() / f"evidence-{count}"
    if not folder.is_dir():
        folder.mkdir()
        for name in names(count):
            (folder / snapshot_name(name)).write_bytes(_renamed(name))
    return folder


def _renamed(name: str) -> bytes:
    document = json.loads(recorded())
    return json.dumps({**document, "target": name}, separators=(",", ":")).encode() + b"\n"
