"""Reads /proc/self/mountinfo (proc_pid_mountinfo(5)): which mount is the topmost one of a path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_OCTAL = re.compile(rb"\\([0-7]{3})")

_NUMBER = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line: names are bytes as the kernel gave them, escapes resolved."""

    id: int
    parent: int
    device: str
    root: bytes
    point: bytes
    filesystem: str
    source: bytes
    options: tuple[str, ...]
    """Of the mount, then of its file system; `ro` of either counts."""


def read(lines: Iterable[str]) -> list[Mount]:
    """Read the lines in their order; one that is not of the documented form is left out."""
    return [mount for mount in map(_mount, lines) if mount]


def topmost(mounts: Sequence[Mount], path: bytes) -> Mount | None:
    """Give the mount that one reaches at exactly that path; None when none lies there, or another hides it."""
    known = {mount.id for mount in mounts}
    here: Mount | None = None
    for prefix in _prefixes(path):
        while True:
            above = [
                mount
                for mount in mounts
                if mount.point == prefix
                and mount is not here
                and (mount.parent == here.id if here else mount.parent not in known or mount.parent == mount.id)
            ]
            if not above:
                break
            here = above[-1]
    return here if here and here.point == path else None


def unescaped(text: str) -> bytes:
    r"""Resolve the octal escapes (`\040` for a blank) of mountinfo and fstab(5)."""
    raw = text.encode("utf-8", "surrogateescape")
    return _OCTAL.sub(lambda match: bytes([int(match.group(1), 8) & 0xFF]), raw)


def _prefixes(path: bytes) -> list[bytes]:
    parts = [part for part in path.split(b"/") if part]
    return [b"/", *(b"/" + b"/".join(parts[: count + 1]) for count in range(len(parts)))]


def _mount(line: str) -> Mount | None:
    left, dash, right = line.partition(" - ")
    fields, rest = left.split(" "), right.split(" ")
    if not dash or len(fields) < 6 or len(rest) < 3 or not all(map(_NUMBER.fullmatch, fields[:2])):
        return None
    own, shared = fields[5].split(","), rest[2].split(",")
    options = [option for option in own if option not in ("rw", "ro")]
    options += [option for option in shared if option not in ("rw", "ro", *options)]
    access = "ro" if "ro" in own or "ro" in shared else "rw"
    return Mount(
        id=int(fields[0]),
        parent=int(fields[1]),
        device=fields[2],
        root=unescaped(fields[3]),
        point=unescaped(fields[4]),
        filesystem=rest[0],
        source=unescaped(rest[1]),
        options=(access, *(option for option in options if option)),
    )
