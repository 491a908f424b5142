"""Which module collects which fact of Linux hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from scanner.collection.linux.probe import Output, Probe, Session
from scanner.model.evidence import Evidence, Query

_ROOM = "scanner.collection.linux"

COLLECTORS: Mapping[str, str] = {
    "linux.system": f"{_ROOM}.system",
    "linux.package": f"{_ROOM}.packages",
    "linux.unit": f"{_ROOM}.units",
    "linux.sysctl": f"{_ROOM}.kernel",
    "linux.interface_sysctl": f"{_ROOM}.interfaces",
    "linux.sysctl_setting": f"{_ROOM}.sysctl",
    "linux.kernel_module": f"{_ROOM}.modules",
    "linux.boot_entry": f"{_ROOM}.boot_entries",
    "linux.mount": f"{_ROOM}.mounts",
    "linux.file": f"{_ROOM}.files",
    "linux.file_glob": f"{_ROOM}.globs",
    "linux.file_walk": f"{_ROOM}.walk",
    "linux.file_line": f"{_ROOM}.configuration",
    "linux.user": f"{_ROOM}.accounts",
    "linux.group": f"{_ROOM}.accounts",
    "linux.shadow": f"{_ROOM}.accounts",
    "linux.login_defs": f"{_ROOM}.accounts",
    "linux.account_home": f"{_ROOM}.accounts",
    "linux.sshd": f"{_ROOM}.sshd",
    "linux.process_listening": f"{_ROOM}.network",
}
"""Fact > module, imported on demand."""


class Collector(Protocol):
    """What a collector module offers: how to ask (`probes`), and how to read the outputs (`answer`)."""

    FACTS: tuple[str, ...]

    def probes(self, queries: Sequence[Query]) -> list[Probe]:
        """Give the probes that these queries (of this module's facts) take."""

    def answer(self, queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
        """Give one Evidence per query; never raises on odd text."""


def collector(module: str) -> Collector:
    """Import a collector module by its dotted name."""
    return cast("Collector", import_module(module))
