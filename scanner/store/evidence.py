"""Evidence and snapshots as JSON, and back: nothing is lost, sensitive cells excepted."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter

from scanner.model.errors import ReportError
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Identity, Provenance, Query, Row, Snapshot, unknown
from scanner.model.fact import Vocabulary
from scanner.model.outcome import Outcome
from scanner.store import atomic

SCHEMA = "snapshot/1"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""A half of a surrogate pair as JSON writes it."""
_PLAIN = frozenset({str, int, float, bool, list})
"""Types of cells that stand in JSON as they are."""
_MASKED = unknown("masked before it was stored, because the field is sensitive")


def mask(evidence: Evidence, vocabulary: Vocabulary) -> Evidence:
    """Replace known cells of sensitive fields by a gap that says so; nothing else changes."""
    spec = vocabulary[evidence.query.fact]
    hidden = {field.name for field in spec.fields if field.sensitive}
    if not hidden:
        return evidence
    rows = tuple({name: _hide(name, cell, hidden) for name, cell in row.items()} for row in evidence.rows)
    return replace(evidence, rows=rows)


def _hide(name: str, cell: Cell, hidden: set[str]) -> Cell:
    known = cell is not ABSENT and not isinstance(cell, Gap)
    return _MASKED if name in hidden and known else cell


def _encode_gap(gap: Gap) -> dict[str, Any]:
    return {"kind": gap.kind.value, "reason": gap.reason, **({"needs": gap.needs} if gap.needs else {})}


def _decode_gap(data: Mapping[str, Any]) -> Gap:
    kind = Outcome(data["kind"])
    if not kind.undecided:
        raise ValueError(f"a gap is never {kind}")
    needs = data.get("needs")
    return Gap(kind, _text(data["reason"]), None if needs is None else _text(needs))


def _text(data: Any) -> str:
    if isinstance(data, str):
        return data
    raise TypeError(f"a {type(data).__name__} stands where a text is declared")


def _encode_cell(cell: Cell) -> Any:
    if cell is ABSENT:
        return None
    if isinstance(cell, Gap):
        return {"$gap": _encode_gap(cell)}
    return {"$map": dict(cell)} if isinstance(cell, Mapping) else cell


def _decode_cell(data: Any) -> Cell:
    if data is None:
        return ABSENT
    if isinstance(data, dict):
        return _decode_gap(data["$gap"]) if "$gap" in data else cast("Cell", data["$map"])
    return cast("Cell", data)


def encode_evidence(evidence: Evidence) -> dict[str, Any]:
    """Give the JSON form of one evidence: `null` is absent, `$gap` unknown, `$map` a map."""
    rows: list[Row] = [
        {name: cell if type(cell) in _PLAIN else _encode_cell(cell) for name, cell in row.items()}
        for row in evidence.rows
    ]
    return {
        "fact": evidence.query.fact,
        "where": evidence.query.parameters,
        "rows": rows,
        **({"gap": _encode_gap(evidence.gap)} if evidence.gap else {}),
        "provenance": _encode_provenance(evidence.provenance),
    }


def _encode_provenance(told: Provenance) -> dict[str, Any]:
    form = {
        "asked": told.asked,
        "taken_at": told.taken_at,
        "seconds": told.seconds,
        "as_user": told.as_user,
        "sources": told.sources,
    }
    return {name: value for name, value in form.items() if value}


def decode_evidence(data: Mapping[str, Any]) -> Evidence:
    """Give the evidence back from its JSON form."""
    return Evidence(
        Query.of(_text(data["fact"]), data["where"]),
        tuple(
            {name: cell if type(cell) in _PLAIN else _decode_cell(cell) for name, cell in row.items()}
            for row in data["rows"]
        ),
        _decode_gap(data["gap"]) if "gap" in data else None,
        _provenance_adapter().validate_python(data.get("provenance", {})),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """What a snapshot says besides its evidence and its gap."""

    target: str
    taken_at: str
    identity: Identity
    clock_offset: float | None
    notes: tuple[str, ...]


@cache
def _head_adapter() -> TypeAdapter[_Head]:
    return TypeAdapter(_Head)


@cache
def _provenance_adapter() -> TypeAdapter[Provenance]:
    return TypeAdapter(Provenance)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Give the bytes of a snapshot: one JSON object, evidence sorted by query, so that equal evidence is equal bytes."""
    document = {
        "schema": SCHEMA,
        "target": snapshot.target,
        "taken_at": snapshot.taken_at,
        "identity": asdict(snapshot.identity),
        "clock_offset": snapshot.clock_offset,
        **({"gap": _encode_gap(snapshot.gap)} if snapshot.gap else {}),
        "notes": list(snapshot.notes),
        "evidence": [encode_evidence(found) for found in sorted(snapshot, key=lambda found: str(found.query))],
    }
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def decode_snapshot(data: bytes, place: str) -> Snapshot:
    """Give a snapshot back; raises ReportError naming `place` when the bytes are not one."""
    try:
        document = _parsed(data)
        if document["schema"] != SCHEMA:
            raise ReportError(f"{place}: this is {document['schema']}, not {SCHEMA} (collect again)")
        head = _head_adapter().validate_python({name: document[name] for name in _Head.__slots__})
        gap = _decode_gap(document["gap"]) if "gap" in document else None
        evidence = _by_query(map(decode_evidence, document["evidence"]))
        return Snapshot(head.target, head.taken_at, evidence, head.identity, head.clock_offset, gap, head.notes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ReportError(f"{place}: not a whole snapshot (collect again)") from problem


def _by_query(evidence: Iterable[Evidence]) -> dict[Query, Evidence]:
    found: dict[Query, Evidence] = {}
    for each in evidence:
        if found.setdefault(each.query, each) is not each:
            raise ValueError(f"{each.query} is answered twice")
    return found


def _parsed(data: bytes) -> Any:
    """Parse JSON; raises ValueError for what it may not hold: numbers that are none, and halves of characters."""
    text = data.decode()
    document = json.loads(text, parse_constant=_finite, parse_float=_finite)
    if _HALF.search(text):
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _finite(number: str) -> float:
    found = float(number)
    if math.isfinite(found):
        return found
    raise ValueError(f"{number} is no number")


def write_snapshot(folder: Path, snapshot: Snapshot) -> str:
    """Write a snapshot into `folder`, named after its target; give the sha256 of its bytes. Raises ReportError."""
    data = encode_snapshot(snapshot)
    atomic.make_folder(folder)
    atomic.write(folder / snapshot_name(snapshot.target), data)
    return hashlib.sha256(data).hexdigest()


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot; raises ReportError."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ReportError(f"{path}: cannot be read: {problem.strerror} (check the path)") from problem
    return decode_snapshot(data, str(path))


def snapshot_name(target: str) -> str:
    """Give the file name of a target's snapshot: safe on any file system, and different for different targets."""
    plain = "".join(character if character.isalnum() or character in "-_." else "_" for character in target)[:80]
    if plain and plain == target and not plain.startswith("."):
        return f"{plain}.json"
    return f"{plain.lstrip('.')}-{hashlib.sha256(target.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}.json"


def with_evidence(snapshot: Snapshot, more: Iterable[Evidence]) -> Snapshot:
    """Give the snapshot with further (derived) evidence."""
    return replace(snapshot, evidence={**snapshot.evidence, **{found.query: found for found in more}})
