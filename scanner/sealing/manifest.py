"""The manifest of a bundle: which run it is of, which bundle came before, and every file with its size and hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scanner.model.errors import ReportError

SCHEMA: Final = "manifest/1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
DIGEST: Final = "manifest.json.sha256"
SUMS: Final = "SHA256SUMS"
SEALS: Final = (MANIFEST, SIGNATURE, DIGEST)
"""Files of a bundle that its manifest cannot list."""

MAX_FILES: Final = 400_000
"""Most files of a bundle."""
MAX_BYTES: Final = 64 * 2**20
"""Longest manifest."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEGMENT = re.compile(r"[^\x00-\x1f\x7f/\\:]{1,255}")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A file of a bundle."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds; `previous` is the SHA-256 of the manifest of the bundle before, empty for the first."""

    run_id: str
    tool: str
    version: str
    """Of the program that wrote the reports."""
    ended: str
    """When the run ended, RFC 3339 in UTC."""
    files: tuple[Entry, ...]
    previous: str = ""
    previous_run: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)
    """Format > its file, for rendering again."""

    def encode(self) -> bytes:
        """Give the one form of this manifest in bytes: JSON, a file a line, sorted by path."""
        head = {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "tool": self.tool,
            "version": self.version,
            "ended": self.ended,
            "previous": {"run_id": self.previous_run, "sha256": self.previous} if self.previous else None,
            "reports": dict(sorted(self.reports.items())),
        }
        lines = ",\n".join(
            "  " + json.dumps({"path": each.path, "size": each.size, "sha256": each.sha256}, ensure_ascii=False)
            for each in sorted(self.files)
        )
        text = json.dumps(head, indent=1, ensure_ascii=False)
        return f'{text[:-2]},\n "files": [\n{lines}\n ]\n}}\n'.encode()

    def sums(self) -> bytes:
        """Give what `sha256sum -c` reads: every listed file but the list itself."""
        return b"".join(f"{each.sha256}  {each.path}\n".encode() for each in sorted(self.files) if each.path != SUMS)

    def find(self, path: str) -> Entry | None:
        """Give the entry of a file, or None."""
        return next((each for each in self.files if each.path == path), None)


def digest_line(manifest: bytes) -> bytes:
    """Give the file beside a manifest that `sha256sum -c` reads."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def unsafe(path: str) -> str:
    """Say why a bundle may hold no file of that path; empty when it may."""
    if not path or len(path.encode("utf-8", "replace")) > 1000:
        return "is empty or too long"
    if path.startswith("/"):
        return "is absolute"
    parts = path.split("/")
    if ".." in parts:
        return "leads out of the bundle"
    if any(part in ("", ".") or not _SEGMENT.fullmatch(part) for part in parts):
        return "holds what no name of a file may hold"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "is no text"
    return ""


def decode(data: bytes, place: str) -> Manifest:
    """Read a manifest; raises ReportError for one that this version would not have written, byte for byte."""
    try:
        raw = json.loads(data)
        schema = raw["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ReportError(f"{place}: not a manifest (it was changed or cut)") from problem
    if schema != SCHEMA:
        raise ReportError(f"{place}: this is {str(schema)[:40]!r}, not {SCHEMA} (verify it with its own version)")
    try:
        found = _manifest(raw)
        same = found.encode() == data
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ReportError(f"{place}: not a manifest (it was changed or cut)") from problem
    _check_paths(found.files, place)
    if not same:
        raise ReportError(f"{place}: not written as a manifest is (it was changed or cut)")
    return found


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    previous = raw["previous"] or {"sha256": "", "run_id": ""}
    files = tuple(Entry(_text(each["path"]), _size(each["size"]), _sha256(each["sha256"])) for each in raw["files"])
    if len(files) > MAX_FILES:
        raise ValueError("too many files")
    return Manifest(
        run_id=_text(raw["run_id"]),
        tool=_text(raw["tool"]),
        version=_text(raw["version"]),
        ended=_text(raw["ended"]),
        files=files,
        previous=_sha256(previous["sha256"]) if raw["previous"] else "",
        previous_run=_text(previous["run_id"]),
        reports={_text(name): _text(path) for name, path in raw["reports"].items()},
    )


def _check_paths(files: Iterable[Entry], place: str) -> None:
    seen: set[str] = set()
    for each in files:
        why = unsafe(each.path)
        if why:
            raise ReportError(f"{place}: it names {each.path[:80]!r}, which {why} (do not trust this bundle)")
        if each.path in SEALS:
            raise ReportError(f"{place}: it lists {each.path}, which cannot be in it (do not trust this bundle)")
        if each.path in seen:
            raise ReportError(f"{place}: it names {each.path[:80]!r} twice (do not trust this bundle)")
        seen.add(each.path)


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    raise TypeError("no text")


def _size(raw: Any) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 2**48:
        return raw
    raise TypeError("no size")


def _sha256(raw: Any) -> str:
    if isinstance(raw, str) and _SHA256.fullmatch(raw):
        return raw
    raise TypeError("no hash")
