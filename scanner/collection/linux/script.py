"""Merges probes into the one script that a host is asked to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scanner.collection.linux.probe import Probe
from scanner.collection.linux.runtime import HEAD, TAIL
from scanner.collection.linux.text import quotable

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MAX_FRAGMENT = 100_000


@dataclass(frozen=True, slots=True)
class Script:
    """The script as it crosses the wire: `text` goes over standard input to the plain exec line `words`."""

    text: bytes
    sha256: str
    """Of `text`: stands in the exec line, so that the host's own logs say what ran."""
    id: str
    """Hash of everything but the marks made from it; the answer's start line repeats it."""
    mark: str
    """What each control line of the answer begins with."""
    probes: tuple[Probe, ...]
    """In the order in which they run."""

    @property
    def words(self) -> tuple[str, ...]:
        """The exec line: plain words that every login shell reads alike."""
        return ("sh", "-s", "controlproof", f"sha256-{self.sha256}")


def assemble(probes: Iterable[Probe]) -> Script:
    """Merge probes into a script, cheap ones first; equal ones are asked once, equal input gives equal bytes.

    Raises ValueError for two different probes of one name, and for a fragment that is not fit to be
    sent: a here-document (some shells back them with files), over 100 KB, or not UTF-8.
    """
    ordered = _merged(probes)
    rest = "".join(_question(probe) for probe in ordered) + TAIL.replace("@count@", str(len(ordered)))
    identity = hashlib.sha256((HEAD + rest).encode()).hexdigest()
    mark = "@" + identity[:16]
    text = (HEAD.replace("@id@", identity).replace("@mark@", mark) + rest).encode()
    return Script(text, hashlib.sha256(text).hexdigest(), identity, mark, ordered)


def _merged(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    by_name: dict[str, Probe] = {}
    for probe in probes:
        known = by_name.setdefault(probe.name, probe)
        if known.script != probe.script:
            raise ValueError(f"{probe.name}: two different probes have this name")
        _check(probe)
    return tuple(sorted(by_name.values(), key=lambda probe: (probe.cost, probe.name)))


def _check(probe: Probe) -> None:
    if not _NAME.fullmatch(probe.name):
        raise ValueError(f"{probe.name!r}: not a name for a probe")
    if not quotable(probe.script):
        raise ValueError(f"{probe.name}: the fragment holds a NUL or has no UTF-8 form")
    if "<<" in probe.script:
        raise ValueError(f"{probe.name}: the fragment holds a here-document (use printf)")
    if len(probe.script.encode()) > _MAX_FRAGMENT:
        raise ValueError(f"{probe.name}: the fragment exceeds {_MAX_FRAGMENT} bytes (split the probe)")
    if probe.timeout < 1 or probe.limit < 1:
        raise ValueError(f"{probe.name}: time-out and limit must be positive")


def _question(probe: Probe) -> str:
    fragment = probe.script.strip("\n").replace("'", "'\\''")
    return f"\ncp_ask {probe.name} {probe.timeout} {probe.limit + 1} '\n{fragment}\n'\n"
