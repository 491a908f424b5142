"""Where a bundle lies: in a folder or in a ZIP; read without following links, and in pieces."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from scanner.model.errors import ConfigurationError, ReportError
from scanner.sealing.archive import listing, stored_chunks
from scanner.sealing.manifest import MAX_FILES, Entry

_CHUNK = 1 << 20
_DEPTH = 100


class Place(Protocol):
    """A bundle's files by their path."""

    shown: str
    sizes: dict[str, int]

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a file, a piece at a time."""


class FolderPlace:
    """A bundle in a folder."""

    def __init__(self, folder: Path) -> None:
        self.shown = str(folder)
        self._folder = folder
        self.sizes: dict[str, int] = {}
        self._walk(folder, "")

    def _walk(self, folder: Path, prefix: str) -> None:
        if prefix.count("/") > _DEPTH:
            raise ReportError(f"{self.shown}: folders lie more than {_DEPTH} deep (is it a bundle?)")
        try:
            found = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as problem:
            raise ReportError(f"{folder}: cannot be read: {problem.strerror} (check the folder)") from problem
        for each in found:
            name = prefix + each.name
            if len(self.sizes) > MAX_FILES:
                raise ReportError(f"{self.shown}: more than {MAX_FILES} files (is it a bundle?)")
            if each.is_dir(follow_symlinks=False):
                self._walk(Path(each.path), f"{name}/")
                continue
            about = each.stat(follow_symlinks=False)
            if not stat.S_ISREG(about.st_mode):
                raise ReportError(f"{self.shown}: {name[:80]!r} is a link or something else that is no file")
            self.sizes[name] = about.st_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a file; raises ReportError when it cannot be read."""
        path = self._folder / name
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except OSError as problem:
            raise ReportError(f"{path}: cannot be read: {problem.strerror} (check the bundle)") from problem


class ZipPlace:
    """A bundle in a ZIP; raises ReportError when it is not written as bundles are."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self.shown = shown
        self._stream = stream
        self._entries = {each.name: each for each in listing(stream, shown)}
        self.sizes = {name: each.size for name, each in self._entries.items()}

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a file."""
        return stored_chunks(self._stream, self._entries[name])


@contextmanager
def open_place(path: Path) -> Iterator[Place]:
    """Open a folder or a ZIP; raises ConfigurationError when there is neither, ReportError for a hostile one."""
    try:
        stream = None if path.is_dir() else path.open("rb")
    except OSError as problem:
        raise ConfigurationError(
            f"{path}: cannot be read: {problem.strerror} (name a bundle, or the folder of a run)"
        ) from problem
    if stream is None:
        yield FolderPlace(path)
        return
    with stream:
        yield ZipPlace(stream, str(path))


def read_small(place: Place, name: str, limit: int) -> bytes:
    """Give a file whole; raises ReportError when it is missing or longer than it may be."""
    if name not in place.sizes:
        raise ReportError(f"{place.shown}: {name} is missing (it was taken out, or this is no bundle)")
    if place.sizes[name] > limit:
        raise ReportError(f"{place.shown}: {name} is longer than {limit} bytes (do not trust this bundle)")
    found = bytearray()
    for chunk in place.chunks(name):
        found += chunk
        if len(found) > limit:
            raise ReportError(f"{place.shown}: {name} is longer than {limit} bytes (do not trust this bundle)")
    return bytes(found)


def entry_of(place: Place, name: str, out: BinaryIO | None = None, limit: int | None = None) -> Entry:
    """Give a file's size and hash, with a copy to `out`; reading stops beyond `limit` bytes."""
    digest, size = hashlib.sha256(), 0
    for chunk in place.chunks(name):
        digest.update(chunk)
        size += len(chunk)
        if out is not None:
            out.write(chunk)
        if limit is not None and size > limit:
            break
    return Entry(name, size, digest.hexdigest())
