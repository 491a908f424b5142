"""Follows the includes of sudoers as sudo does, and names every file that it would refuse or that was not seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.plainfile import denial, is_denied, is_missing
from scanner.collection.linux.probe import Output
from scanner.collection.linux.sudo_grammar import Entry, Include, Refused, entries
from scanner.collection.linux.text import decoded, tail
from scanner.model.evidence import Gap, error, unknown
from scanner.model.outcome import Outcome

SUDOERS = "/etc/sudoers"

_DEPTH = 128
_MOST = 1000
_MOST_ENTRIES = 20_000
_SHOWN = 3
_STAT = re.compile(r"([^:]*):([0-7]{1,4}):([0-9]+):([0-9]+)")
_SOURCES = ("files", "sss", "ldap")


@dataclass(slots=True)
class _Seen:
    """A path as the probe saw it: why it could not be read, or its lines or names."""

    stat: str = ""
    lines: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    failure: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and the file that holds it."""

    file: str
    entry: Entry


@dataclass(slots=True)
class Policy:
    """What the files say, in the order in which sudo reads them, and why it may not be all."""

    installed: bool = False
    entries: list[Placed] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def gap(self) -> Gap | None:
        """Why the entries may not be all: errors together, something unknown only where there is none."""
        errors = [gap.reason for gap in self.gaps if gap.kind is Outcome.ERROR]
        if errors:
            return error("; ".join(errors[:_SHOWN]))
        return self.gaps[0] if self.gaps else None


@dataclass(slots=True)
class _Collected:
    host: str = ""
    installed: bool = False
    libraries: set[str] = field(default_factory=set)
    paths: dict[str, _Seen] = field(default_factory=dict)
    ended: bool = False


def policy(output: Output, compiled: str) -> Policy:
    """Read the probe's output; `compiled` is sudo's line of configure options (empty when it is not known)."""
    if output.gap is not None:
        return Policy(gaps=[output.gap])
    seen = _collected(output)
    found = Policy(installed=seen.installed)
    if not seen.ended:
        found.gaps.append(output.failure("the sudoers files were not all shown"))
    main = seen.paths.get(SUDOERS)
    if not seen.installed and (main is None or is_missing(main.failure)):
        return found
    sources = _sources(seen, compiled, found.gaps)
    _check_plugins(seen.paths.get("/etc/sudo.conf"), found.gaps)
    if "files" in sources:
        _Reader(seen, found).file(SUDOERS, 0)
    return found


def _collected(output: Output) -> _Collected:
    seen = _Collected()
    current = _Seen()
    for raw in output.stdout.removesuffix(b"\n").split(b"\n"):
        mark, text = raw[:1], decoded(raw[1:])
        if mark == b">":
            current = seen.paths.setdefault(text, _Seen())
        elif mark == b"H":
            seen.host = text
        elif mark == b"I":
            seen.installed = text == "1"
        elif mark == b"L":
            seen.libraries.add(text)
        elif mark == b"E":
            seen.ended = True
        elif mark == b"S":
            current.stat = text
        elif mark == b"=":
            current.lines.append(text)
        elif mark == b"e":
            current.names.append(text)
        elif mark == b"!":
            current.failure = text or "it could not be read"
        elif mark == b".":
            current.whole = True
    return seen


def _sources(seen: _Collected, compiled: str, gaps: list[Gap]) -> list[str]:
    """Give where sudo takes its rules from; the first `sudoers:` line of nsswitch.conf counts, files without one."""
    switch = seen.paths.get("/etc/nsswitch.conf", _Seen(failure="it was not shown"))
    gap = None if switch.whole or is_missing(switch.failure) else _failure("/etc/nsswitch.conf", switch)
    if gap is not None:
        gaps.append(gap)
    line = next((text for text in switch.lines if re.match(r"[ \t]*sudoers[ \t]*:", text, re.IGNORECASE)), "")
    words = re.sub(r"\[[^\]]*\]", " ", line.partition(":")[2].partition("#")[0]).lower().split()
    named = [word for word in words if word in _SOURCES]
    for source in ("sss", "ldap"):
        served = "--with-sssd" in compiled and "sss" in seen.libraries if source == "sss" else "--with-ldap" in compiled
        if source in named and (served or not compiled):
            gaps.append(unknown(f"sudo takes rules from {source} too (nsswitch.conf), which cannot be read here"))
    return named or ["files"]


def _check_plugins(settings: _Seen | None, gaps: list[Gap]) -> None:
    """Name a sudo.conf that gives the policy to another plug-in or another file."""
    if settings is None:
        gaps.append(error("/etc/sudo.conf was not shown"))
        return
    if not settings.whole and not is_missing(settings.failure):
        gaps.append(_failure("/etc/sudo.conf", settings))
    for line in settings.lines:
        words = line.split()
        if words[:1] == ["Plugin"] and (len(words) != 3 or words[2].rpartition("/")[2] != "sudoers.so"):
            gaps.append(error("/etc/sudo.conf gives sudo another plug-in, or options of its own, for its policy"))


class _Reader:
    """Walks from the main file through its includes."""

    def __init__(self, seen: _Collected, found: Policy) -> None:
        self.seen = seen
        self.found = found
        self.left = _MOST
        self.parsed: dict[str, list[Entry]] = {}

    def file(self, path: str, depth: int) -> None:
        """Add the entries of a file and of what it includes, in place."""
        self.left -= 1
        if depth > _DEPTH or self.left < 0:
            self._miss(error(f"{path}: too many levels of includes, or too many files"))
            return
        shown = self.seen.paths.get(path)
        if shown is None:
            self._miss(error(f"{path} is included but was not shown"))
            return
        if not shown.whole:
            self._miss(_failure(path, shown))
            return
        refused = _refused(path, shown.stat, "regular")
        if refused is not None:
            self._miss(refused)
            return
        for entry in self._parsed(path, shown.lines):
            if len(self.found.entries) >= _MOST_ENTRIES:
                self._miss(error(f"{path}: there are more than {_MOST_ENTRIES} entries"))
                return
            if isinstance(entry, Include):
                self._include(entry, path, depth)
            elif isinstance(entry, Refused):
                self._miss(error(f"{path}:{entry.line}: sudo does not understand this line"))
            else:
                self.found.entries.append(Placed(path, entry))

    def _parsed(self, path: str, lines: Sequence[str]) -> list[Entry]:
        if path not in self.parsed:
            self.parsed[path] = list(entries("\n".join(lines) + "\n"))
        return self.parsed[path]

    def _include(self, entry: Include, path: str, depth: int) -> None:
        target = entry.path.replace("%h", self.seen.host)
        if not target.startswith("/"):
            target = f"{path.rpartition('/')[0]}/{target}"
        if not entry.directory:
            self.file(target, depth + 1)
            return
        for name in self._names(target):
            self.file(f"{target}/{name}", depth + 1)

    def _names(self, path: str) -> Iterator[str]:
        shown = self.seen.paths.get(path)
        if shown is None:
            self._miss(error(f"{path} is included but was not shown"))
        elif is_missing(shown.failure):
            return
        elif not shown.whole:
            self._miss(_failure(path, shown))
        elif (refused := _refused(path, shown.stat, "directory")) is not None:
            self._miss(refused)
        else:
            yield from sorted(shown.names, key=lambda name: name.encode("utf-8", "surrogatepass"))

    def _miss(self, gap: Gap) -> None:
        self.found.gaps.append(gap)


def _failure(path: str, shown: _Seen) -> Gap:
    if is_denied(shown.failure):
        return denial(path)
    if is_missing(shown.failure):
        return error(f"{path} does not exist, so sudo refuses to go on")
    return error(f"{path}: {tail(shown.failure)}" if shown.failure else f"{path} was not shown to its end")


def _refused(path: str, stat: str, kind: str) -> Gap | None:
    """Tell why sudo would not trust a file or directory: its kind, owner or mode."""
    match = _STAT.fullmatch(stat)
    if match is None:
        return error(f"{path}: stat did not answer in its form")
    mode = int(match[2], 8)
    if not match[1].startswith(kind):
        return error(f"{path} is no {'directory' if kind == 'directory' else 'regular file'}")
    if match[3] != "0":
        return error(f"{path} is owned by uid {match[3]}, so sudo ignores it")
    if mode & 0o002 or (mode & 0o020 and match[4] != "0"):
        return error(f"{path} is writable by others, so sudo ignores it")
    return None
