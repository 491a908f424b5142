"""Evidence and snapshots as JSON, and back: nothing is lost, sensitive cells excepted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

from scanner.model.errors import ReportError
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Identity, Provenance, Query, Row, Snapshot, unknown
from scanner.model.fact import Vocabulary
from scanner.model.outcome import Outcome
from scanner.store import atomic

SCHEMA = "snapshot/1"
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
    return Gap(Outcome(data["kind"]), data["reason"], data.get("needs"))


def _encode_cell(cell: Cell) -> Any:
    if isinstance(cell, (str, int, float, list)):
        return cell
    if cell is ABSENT:
        return None
    if isinstance(cell, Gap):
        return {"$gap": _encode_gap(cell)}
    return {"$map": dict(cell)}


def _decode_cell(data: Any) -> Cell:
    if data is None:
        return ABSENT
    if isinstance(data, dict):
        return _decode_gap(data["$gap"]) if "$gap" in data else cast("Cell", data["$map"])
    return cast("Cell", data)


def encode_evidence(evidence: Evidence) -> dict[str, Any]:
    """Give the JSON form of one evidence: `null` is absent, `$gap` unknown, `$map` a map."""
    rows: list[Row] = [{name: _encode_cell(cell) for name, cell in row.items()} for row in evidence.rows]
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
    provenance = dict(data.get("provenance", {}))
    provenance["sources"] = tuple(provenance.get("sources", ()))
    return Evidence(
        Query.of(data["fact"], data["where"]),
        tuple({name: _decode_cell(cell) for name, cell in row.items()} for row in data["rows"]),
        _decode_gap(data["gap"]) if "gap" in data else None,
        Provenance(**provenance),
    )


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
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise ReportError(f"{place}: this is {document['schema']}, not {SCHEMA} (collect again)")
        evidence = [decode_evidence(found) for found in document["evidence"]]
        return Snapshot(
            target=document["target"],
            taken_at=document["taken_at"],
            evidence={found.query: found for found in evidence},
            identity=Identity(**document["identity"]),
            clock_offset=document["clock_offset"],
            gap=_decode_gap(document["gap"]) if "gap" in document else None,
            notes=tuple(document["notes"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ReportError(f"{place}: not a whole snapshot (collect again)") from problem


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
        raise ReportError(f"{path}: cannot be read: {problem.strerror}") from problem
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
