"""Reads `veeam-export/1`: the JSON that a scheduled task on the Veeam server leaves in a folder (docs/backups-files.md)."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.freshness import ahead, collected, stale
from scanner.collection.exported.values import known, moment, parsed, text, word, words
from scanner.collection.veeam.record import LISTS, Record
from scanner.model.evidence import Gap, error, unknown
from scanner.transport.dropped import Dropped, Folder

SCHEMA = "veeam-export/1"
PATTERN = "*.json"
_ALWAYS = ("jobs", "sessions", "restore_points")


def read(folder: Folder, now: str) -> Record:
    """Read the newest export of the folder; older ones beside it are passed over.

    An export that cannot be read is never passed over for an older one: nobody knows what it says.
    """
    asked = f"read {PATTERN} in {folder.settings.get('folder', 'the folder')}"
    record = Record("file", asked)
    files = folder.files([PATTERN])
    if not files:
        record.gap = error(f"there is no export in the folder (no {PATTERN}: does the scheduled task run?)")
        return record
    broken = [each for each in files if each.failure]
    if broken:
        record.gap = _unread(broken[0])
        return record
    documents = []
    doubts: dict[str, Gap | None] = {}
    for each in files:
        try:
            document = parsed(each.data)
        except ValueError as problem:
            record.gap = error(f"{each.name}: {problem}")
            return record
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            record.gap = error(
                f"{each.name}: is no {SCHEMA} (one folder holds the exports of one server, and nothing else)"
            )
            return record
        told = _time(document)
        doubts[each.name] = ahead(each.name, told, each.modified_at)
        documents.append((collected(told, each.modified_at), each.name, document))
    servers = {word((each.get("server") or {}).get("name")) for _, _, each in documents if _is_map(each.get("server"))}
    if len(servers) > 1:
        record.gap = error(
            f"the folder has exports of {len(servers)} servers (give each a folder and a target of its own)"
        )
        return record
    made, name, document = max(documents, key=lambda each: each[:2])
    _fill(record, document, name, made, doubts[name] or stale(name, made, now, folder.settings))
    return record


def _is_map(raw: Any) -> bool:
    return isinstance(raw, dict)


def _time(document: dict[str, Any]) -> str:
    cell = moment(document.get("collected_at"))
    return cell if isinstance(cell, str) else ""


def _unread(file: Dropped) -> Gap:
    reason = f"{file.name}: {file.failure}"
    return unknown(reason, f"the right to read {file.name}") if file.denied else error(reason)


def _fill(record: Record, document: dict[str, Any], name: str, made: str, old: Gap | None) -> None:
    undated = error(f"{name}: collected_at is missing, or is no time with its zone")
    record.gap = old if _time(document) else undated
    if record.gap is not None:
        return
    record.collected_at = made
    server = document.get("server") if _is_map(document.get("server")) else {}
    assert isinstance(server, dict)
    record.version = text(server.get("version"), "version")
    if known(record.version):
        record.name = f"Veeam Backup & Replication {record.version}"
    record.blind = words(document.get("blind"))
    errors = words(document.get("errors"))
    doubt: Gap | None = None
    if document.get("complete") is not True or errors:
        reason = f": {errors[0]}" if errors else ""
        doubt = error(f"{name}: the export does not call itself complete{reason}")
    for each in LISTS:
        items = record.lists[each]
        raw = document.get(each)
        found = [raw] if each == "configuration_backup" and _is_map(raw) else raw
        if isinstance(found, list):
            items.items = [one for one in found if isinstance(one, dict)]
            if len(items.items) < len(found):
                items.gaps.append(error(f"{name}: {each} holds things that are no objects"))
        elif each in _ALWAYS or raw is not None:
            items.gaps.append(error(f"{name}: {each} is missing, or is no list"))
        else:
            items.gaps.append(unknown(f"{name}: the export does not tell {each}"))
        if doubt is not None:
            items.gaps.append(doubt)
