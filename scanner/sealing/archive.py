"""ZIP files with one form only: files stored as they are, sorted, without times; the same files give the same bytes.

Field names and sizes follow PKWARE's APPNOTE.TXT. Nothing is compressed, so that the bytes depend on no library, and
no small file can unfold to a large one. ZIP64 is left out: what does not fit goes into a folder.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from scanner.model.errors import ReportError
from scanner.sealing.manifest import unsafe

MAX_SIZE: Final = 2**32 - 2
MAX_FILES: Final = 60_000
"""A ZIP without extensions holds few more."""
_CHUNK: Final = 1 << 20
_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_LAST: Final = struct.Struct("<IHHHHIIH")
_MARKS: Final = (0x04034B50, 0x02014B50, 0x06054B50)
_UNIX: Final = 3 << 8 | 20
"""Made by version 2.0 on Unix, for the permissions."""
_UTF8: Final = 0x800
_DAY: Final = 0x21
"""1 January 1980, the first day that a ZIP knows."""
_MODE: Final = 0o100600 << 16
_KIND: Final = 0o170000
_REGULAR: Final = 0o100000


@dataclass(frozen=True, slots=True)
class Stored:
    """A file within a ZIP: where its bytes begin, how many they are, and their CRC-32."""

    name: str
    start: int
    size: int
    crc: int

    @property
    def header(self) -> int:
        """Where its local header begins."""
        return self.start - _LOCAL.size - len(self.name.encode())


def pack(names: Iterable[str], chunks: Callable[[str], Iterator[bytes]], out: BinaryIO) -> None:
    """Write a ZIP of these files to a stream that can seek; raises ReportError when they do not fit."""
    entries = []
    for name in sorted(names):
        start = out.tell() + _LOCAL.size + len(name.encode())
        out.write(_local(name, 0, 0))
        size = crc = 0
        for chunk in chunks(name):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            out.write(chunk)
        if start + size > MAX_SIZE:
            raise ReportError(f"{name}: the bundle grows beyond 4 GiB (name a folder instead of a .zip)")
        entry = Stored(name, start, size, crc)
        out.seek(entry.header)
        out.write(_local(name, size, crc))
        out.seek(start + size)
        entries.append(entry)
    if len(entries) > MAX_FILES:
        raise ReportError(f"{len(entries)} files are too many for a .zip (name a folder instead)")
    out.write(_directory(entries, out.tell()))


def _local(name: str, size: int, crc: int) -> bytes:
    data = name.encode()
    return _LOCAL.pack(_MARKS[0], 20, _UTF8, 0, 0, _DAY, crc, size, size, len(data), 0) + data


def _directory(entries: Iterable[Stored], start: int) -> bytes:
    parts = []
    for each in entries:
        data = each.name.encode()
        fields = (20, _UTF8, 0, 0, _DAY, each.crc, each.size, each.size, len(data), 0, 0, 0, 0, _MODE, each.header)
        parts.append(_CENTRAL.pack(_MARKS[1], _UNIX, *fields) + data)
    body = b"".join(parts)
    return body + _LAST.pack(_MARKS[2], 0, 0, len(parts), len(parts), len(body), start, 0)


def listing(stream: BinaryIO, place: str) -> list[Stored]:
    """Read what a ZIP holds; raises ReportError for one that `pack` would not have written.

    Checks everything but the CRCs of the files' own bytes, which the manifest's hashes replace. Memory is bounded by
    the number of files that a bundle may have.
    """
    end = stream.seek(0, 2)
    stream.seek(max(0, end - _LAST.size))
    last = stream.read(_LAST.size)
    if len(last) < _LAST.size or last[:4] != _MARKS[2].to_bytes(4, "little"):
        raise ReportError(f"{place}: not a whole bundle in a .zip (it was cut or changed, or is of another kind)")
    _, _, _, _, count, size, start, _ = _LAST.unpack(last)
    if count > MAX_FILES or start + size + _LAST.size != end:
        raise ReportError(f"{place}: its directory does not fit the file (it was cut or changed)")
    stream.seek(start)
    directory = stream.read(size)
    entries = list(_entries(directory, count, place))
    expected = 0
    for each in entries:
        if each.header != expected:
            raise ReportError(f"{place}: {each.name[:80]!r} does not lie where it must (do not trust this bundle)")
        stream.seek(expected)
        local = _local(each.name, each.size, each.crc)
        if stream.read(len(local)) != local:
            raise ReportError(f"{place}: {each.name[:80]!r} has two different headers (do not trust this bundle)")
        expected = each.start + each.size
    names = [each.name for each in entries]
    if expected != start or _directory(entries, start) != directory + last or names != sorted(set(names)):
        raise ReportError(f"{place}: not written as bundles are (it was changed, or packed by another program)")
    return entries


def _entries(directory: bytes, count: int, place: str) -> Iterator[Stored]:
    at = 0
    for _ in range(count):
        head = directory[at : at + _CENTRAL.size]
        if len(head) < _CENTRAL.size:
            raise ReportError(f"{place}: its directory is cut (it was cut or changed)")
        _, _, _, flags, method, _, _, crc, packed, size, long, extra, comment, _, _, mode, header = _CENTRAL.unpack(
            head
        )
        at += _CENTRAL.size
        raw = directory[at : at + long]
        at += long + extra + comment
        name = raw.decode("utf-8", "replace")
        if why := unsafe(name) or _odd(flags, method, packed, size, mode >> 16):
            raise ReportError(f"{place}: the file {name[:80]!r} {why} (do not trust this bundle)")
        yield Stored(name, header + _LOCAL.size + len(raw), size, crc)


def _odd(flags: int, method: int, packed: int, size: int, mode: int) -> str:
    if mode & _KIND not in (0, _REGULAR):
        return "is a link or something else that is no file"
    if flags & 1:
        return "is encrypted"
    if method or packed != size:
        return "is compressed, which files of a bundle never are"
    return ""


def stored_chunks(stream: BinaryIO, entry: Stored) -> Iterator[bytes]:
    """Give the bytes of a file, a piece at a time."""
    stream.seek(entry.start)
    left = entry.size
    while left:
        chunk = stream.read(min(left, _CHUNK))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk
