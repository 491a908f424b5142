"""Joins archives of database logs with the servers whose logs they are, by the system identifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.derivation.recovery.joining import keys_of
from scanner.derivation.recovery.reading import moment, number, text
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Row

SLACK = 8192 + 40
"""Bytes of log that an idle server may have written since the last segment: a page's header, and its own notes."""
Chain = tuple[str, str, str, str]


@dataclass(slots=True)
class Archive:
    """An archive with the server whose log it holds, where that was scanned."""

    target: str
    row: Row
    taken: float | None
    server: str = ""
    archiver: Row | None = None
    asked: float | None = None
    """When the server answered."""


def archives_of(scene: Scene) -> tuple[list[Archive], dict[str, tuple[str, Row, float | None]]]:
    """Give all archives, and the servers by system identifier of which none was found."""
    servers: dict[str, tuple[str, Row, float | None]] = {}
    for target, found in scene.all("postgres.archiver"):
        for row in found.rows[:1]:
            if text(row.get("system")):
                servers[text(row.get("system"))] = (target, row, moment(found.provenance.taken_at))
    archives, met = [], set()
    for target, found in scene.all("backup.log_archive"):
        for row in found.rows:
            archive = Archive(target, row, moment(found.provenance.taken_at))
            for key in keys_of(row) or ():
                kind, _, name = key.partition(":")
                if kind == "postgres" and name in servers:
                    archive.server, archive.archiver, archive.asked = servers[name]
                    met.add(name)
            archives.append(archive)
    return archives, {name: server for name, server in servers.items() if name not in met}


def idle_archives(scene: Scene) -> Mapping[Chain, float]:
    """Give the archives whose server has written nothing since the last segment, each with when that was told.

    The archive must hold, without a gap, the very segment that the server says it archived last.
    """
    if "idle" not in scene.memory:
        archives, _ = archives_of(scene)
        scene.memory["idle"] = {
            (
                each.target,
                text(each.row.get("system")),
                text(each.row.get("location")),
                text(each.row.get("object")),
            ): at
            for each in archives
            if (at := _idle_since(each)) is not None
        }
    found: Mapping[Chain, float] = scene.memory["idle"]
    return found


def _idle_since(archive: Archive) -> float | None:
    row, told = archive.row, archive.archiver
    if told is None or told.get("mode") not in ("on", "always") or told.get("failing") is not False:
        return None
    behind, claimed = number(told.get("behind")), text(told.get("last_segment"))
    sound = number(row.get("missing")) == 0 and claimed and claimed == row.get("last") == row.get("newest")
    return archive.asked if sound and behind is not None and behind <= SLACK else None
