"""Reads the listing of a pgBackRest archive: segments and history files of each database that was archived there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.collection.backup.values import OddError, document, mapping, whole
from scanner.collection.backup.wal import Archive

_ENTRY = re.compile(rb'"([^"\\]{1,300})":\{"type":"([a-z]+)"(?:,"size":(\d{1,18}))?(?:,"time":(\d{1,12}))?\}([,}])')
_SEGMENT = re.compile(r"([^/]{1,60})/[0-9A-F]{16}/([0-9A-F]{24})-[0-9a-f]{40}(?:\.(?:gz|lz4|zst|bz2))?")
_HISTORY = re.compile(r"([^/]{1,60})/([0-9A-F]{8})\.history")


@dataclass(slots=True)
class Listing:
    """What lies in an archive, by the id of the database (`15-1`)."""

    archives: dict[str, Archive] = field(default_factory=dict)
    histories: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    """(id, timeline) > paths below the stanza of its history file."""

    @classmethod
    def of(cls, raw: bytes) -> Listing:
        """Read the JSON of `repo-ls --recurse`; empty files are no segments. Raises OddError when it is none."""
        found = cls()
        for path, size, time in _entries(raw):
            segment = _SEGMENT.fullmatch(path)
            if segment and size:
                found.archives.setdefault(segment[1], Archive(ambiguous=True)).add(segment[2], time)
            elif history := _HISTORY.fullmatch(path):
                found.histories.setdefault((history[1], int(history[2], 16)), []).append(path)
        return found


def _entries(raw: bytes) -> Iterator[tuple[str, int, int]]:
    """Iterate over path, size and time of all files, piece by piece: a tree of objects would take many times as much."""
    start = raw.find(b"{")
    at = start + 1
    found = []
    while match := _ENTRY.match(raw, at):
        if match[2] == b"file":
            found.append((match[1].decode("utf-8", "replace"), int(match[3] or 0), int(match[4] or 0)))
        at = match.end()
        if match[5] == b"}":
            yield from found
            return
    listed = document(raw[start:] if start >= 0 else raw)
    if not isinstance(listed, dict):
        raise OddError("the listing is no object")
    for path, each in listed.items():
        entry = mapping(each)
        if entry.get("type") == "file":
            yield path, whole(entry.get("size")) or 0, whole(entry.get("time")) or 0
