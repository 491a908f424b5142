"""Reads the files that other systems leave in a folder: bounded, regular ones only, and none beyond the folder."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from scanner.model.errors import CollectionError, ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.dropped import Dropped
from scanner.transport.errors import because, plain
from scanner.transport.shell import Limits

_DEEPEST = 8
_MOST_ENTRIES = 200_000
_MOST_BYTES = 256 * 2**20
"""Of all files of one visit together; one file alone is bounded by `Limits.max_bytes`."""
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def open_folder(endpoint: Endpoint, _secret: Callable[[str], str], limits: Limits) -> FileFolder:
    """Make the reader of the folder that a target names; raises ConfigurationError when it names none."""
    settings = dict(endpoint.options)
    folder = settings.get("folder", "")
    if not folder:
        raise ConfigurationError("transport files: no folder is named (set folder to where the files are left)")
    try:
        root = Path(folder).expanduser()
    except RuntimeError as problem:
        raise ConfigurationError(f"folder {plain(folder)}: the home of ~ is not known (write the path)") from problem
    return FileFolder(root, settings, limits)


@dataclass(slots=True)
class FileFolder:
    """A folder on this machine, or mounted there."""

    root: Path
    settings: Mapping[str, str]
    limits: Limits = field(default_factory=Limits)
    _closed: bool = False
    _entries: int = 0
    _bytes: int = 0
    _until: float = 0

    def files(self, patterns: Sequence[str], *, read: bool = True) -> tuple[Dropped, ...]:
        """Give all files whose names fit one of these patterns, sorted by name; hidden ones are passed over.

        A pattern is compared part by part, whatever the case; `**` stands for any number of folders. Links that
        lead out of the folder, and folders on the way that cannot be listed, are among the answers as failures.
        Without `read` only names, sizes and times are told. Raises a CollectionError when the folder itself cannot
        be listed, or holds more than can be looked through.
        """
        self._entries, self._bytes = 0, 0
        self._until = time.monotonic() + self.limits.run
        wanted = [tuple(pattern.casefold().split("/")) for pattern in patterns]
        try:
            real = self.root.resolve(strict=True)
            if not real.is_dir():
                raise CollectionError(f"{self.root}: is no folder (name the folder that the files are in)")
            found = [self._file(place, name, real, read) for place, name in self._walk(real, (), wanted)]
        except FileNotFoundError as problem:
            raise CollectionError(f"{self.root}: there is no such folder (is it mounted?)") from problem
        except PermissionError as problem:
            needs = f"the right to list {self.root}"
            raise CollectionError(f"{self.root}: {because(problem)}", kind=Outcome.UNKNOWN, needs=needs) from problem
        except (OSError, RuntimeError) as problem:
            raise CollectionError(f"{self.root}: {because(problem)}") from problem
        return tuple(sorted(found, key=lambda each: each.name))

    def close(self) -> None:
        """Stop reading before the next file."""
        self._closed = True

    def _walk(
        self, folder: Path, parts: tuple[str, ...], wanted: Sequence[tuple[str, ...]]
    ) -> Iterator[tuple[Path | Dropped, str]]:
        for entry in self._list(folder):
            if entry.name.startswith("."):
                continue
            inner = (*parts, entry.name)
            name = "/".join(inner)
            lower = tuple(part.casefold() for part in inner)
            if entry.is_dir(follow_symlinks=False):
                if any(_leads_to(lower, pattern) for pattern in wanted):
                    yield from self._descend(folder / entry.name, inner, wanted)
            elif any(_fits(lower, pattern) for pattern in wanted):
                yield folder / entry.name, name
            elif entry.is_symlink() and any(_leads_to(lower, pattern) for pattern in wanted) and entry.is_dir():
                yield Dropped(name, "", 0, failure="is a link to a folder, and those are not followed"), name

    def _list(self, folder: Path) -> list[os.DirEntry[str]]:
        entries = []
        with os.scandir(folder) as scan:
            for entry in scan:
                self._entries += 1
                if self._entries > _MOST_ENTRIES:
                    raise CollectionError(
                        f"{self.root}: it holds more than {_MOST_ENTRIES} entries (name a smaller one)"
                    )
                entries.append(entry)
        return entries

    def _descend(
        self, folder: Path, parts: tuple[str, ...], wanted: Sequence[tuple[str, ...]]
    ) -> Iterator[tuple[Path | Dropped, str]]:
        name = "/".join(parts)
        if len(parts) >= _DEEPEST:
            yield Dropped(name, "", 0, failure=f"lies deeper than {_DEEPEST} folders, and was not looked into"), name
            return
        try:
            yield from self._walk(folder, parts, wanted)
        except OSError as problem:
            denied = isinstance(problem, PermissionError)
            yield Dropped(name, "", 0, failure=f"cannot be listed: {because(problem)}", denied=denied), name

    def _file(self, place: Path | Dropped, name: str, root: Path, read: bool) -> Dropped:
        if isinstance(place, Dropped):
            return place
        try:
            real = place.resolve(strict=True)
            if root not in real.parents:
                return Dropped(name, "", 0, failure="is a link that leads out of the folder, and is not followed")
            if not read:
                return _told(name, real.lstat())
            first = self._read(real, name)
            return self._read(real, name) if first.failure == _CHANGED else first
        except RuntimeError:
            # Before Python 3.13 a link to itself ends so.
            return Dropped(name, "", 0, failure="cannot be read: it is a link to itself")
        except OSError as problem:
            loop = problem.errno == errno.ELOOP
            why = "a link stands where a file was" if loop else because(problem)
            denied = isinstance(problem, PermissionError)
            return Dropped(name, "", 0, failure=f"cannot be read: {why}", denied=denied)

    def _read(self, place: Path, name: str) -> Dropped:
        if self._closed or time.monotonic() > self._until:
            return Dropped(name, "", 0, failure="no time was left to read it")
        descriptor = os.open(place, _OPEN)
        with os.fdopen(descriptor, "rb") as stream:
            before = os.fstat(descriptor)
            told = _told(name, before)
            if told.failure:
                return told
            most = min(self.limits.max_bytes, _MOST_BYTES - self._bytes)
            if before.st_size > most:
                return Dropped(
                    name, told.modified_at, told.size, failure=f"is larger than the {most} bytes left for it"
                )
            data = stream.read(most + 1)
            after, named = os.fstat(descriptor), place.lstat()
        self._bytes += len(data)
        same = _mark(before) == _mark(after) == _mark(named) and len(data) == before.st_size
        return Dropped(name, told.modified_at, told.size, data) if same else _changed(told)


_CHANGED = "was changed while it was read"


def _changed(told: Dropped) -> Dropped:
    return Dropped(told.name, told.modified_at, told.size, failure=_CHANGED)


def _mark(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _told(name: str, status: os.stat_result) -> Dropped:
    try:
        modified = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        modified = ""
    kind = "" if stat.S_ISREG(status.st_mode) else "is no ordinary file"
    return Dropped(name, modified, status.st_size, failure=kind)


def _fits(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern or not parts:
        return not parts and all(each == "**" for each in pattern)
    if pattern[0] == "**":
        return _fits(parts, pattern[1:]) or _fits(parts[1:], pattern)
    return fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _leads_to(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Tell whether a file below this folder may fit the pattern."""
    if not parts:
        return bool(pattern)
    if not pattern:
        return False
    if pattern[0] == "**":
        return True
    return fnmatchcase(parts[0], pattern[0]) and _leads_to(parts[1:], pattern[1:])
