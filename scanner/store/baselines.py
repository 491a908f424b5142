"""A baseline on disk: which findings failed, by fingerprint, without anything that was found; a finding a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from scanner.model.errors import ReportError
from scanner.model.outcome import Severity
from scanner.model.report import Counts, Header, Report, Verdict
from scanner.store import atomic
from scanner.store.runs import read_run

SCHEMA: Final = "baseline/1"
_MARK = re.compile("[0-9a-f]{64}")
_MAX: Final = 256 * 2**20


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """A finding that failed; times are RFC 3339 in UTC, the later two empty where they are not known."""

    target: str
    rule: str
    fingerprint: str
    severity: str
    last_seen: str
    first_seen: str = ""
    """Since when it fails."""
    last_changed: str = ""
    """When what was found there last changed."""


def encode_baseline(header: Header, known: Iterable[Known]) -> bytes:
    """Give the file's bytes: sorted, a finding a line, so that changes of it can be read."""
    head = {"schema": SCHEMA, "run_id": header.run_id, "tool": header.tool, "version": header.version}
    head["ended"] = header.ended
    lines = ",\n".join("  " + json.dumps(asdict(each), ensure_ascii=False) for each in sorted(known))
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2]
    body = f"[\n{lines}\n ]" if lines else "[]"
    return f'{text},\n "findings": {body}\n}}\n'.encode("utf-8", "backslashreplace")


def write_baseline(path: Path, header: Header, known: Iterable[Known]) -> None:
    """Write a baseline, readable by all, for it is made to be committed; raises ReportError."""
    atomic.write(path, encode_baseline(header, known), 0o644)


def read_before(place: Path) -> Report:
    """Read what a run is compared with: a run, or a baseline file; raises ReportError."""
    if place.is_dir():
        return read_run(place)
    try:
        with place.open("rb") as stream:
            data = stream.read(_MAX)
        document = json.loads(data)
        ours = isinstance(document, dict) and str(document.get("schema", "")).startswith("baseline/")
    except (OSError, ValueError, RecursionError):
        ours = False
    return _baseline(document, place) if ours else read_run(place)


def _baseline(document: Mapping[str, Any], place: Path) -> Report:
    if document["schema"] != SCHEMA:
        what = str(document["schema"])[:40]
        raise ReportError(f"{place}: this is {what}, not {SCHEMA} (write it with this version)")
    try:
        run_id, tool, version, ended = (_text(document[name]) for name in ("run_id", "tool", "version", "ended"))
        header = Header(run_id, tool, version, ended, ended)
        gone = tuple(_row(each) for each in document["findings"])
    except (KeyError, TypeError, ValueError) as problem:
        raise ReportError(f"{place}: not a baseline (it was changed or cut; write it anew)") from problem
    verdict = Verdict("FAIL" if gone else "PASS", 1 if gone else 0)
    return Report(header, {}, {}, (), (), Counts(), verdict, gone=gone)


def _row(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row as runs keep it for what they could not assess; `bare` says that only its fingerprint is known."""
    mark = _text(raw["fingerprint"])
    if not _MARK.fullmatch(mark):
        raise ValueError("no fingerprint")
    return {
        "state": "unassessed",
        "rule": _text(raw["rule"]),
        "target": _text(raw["target"]),
        "resource": "",
        "severity": Severity(raw["severity"]).value,
        "found": "",
        "last_seen": _text(raw["last_seen"]),
        "first_seen": _text(raw.get("first_seen", "")),
        "last_changed": _text(raw.get("last_changed", "")),
        "fingerprint": mark,
        "fact": "",
        "key": [],
        "bare": True,
    }


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    raise TypeError("no text")
