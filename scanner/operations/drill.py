"""Drill records written by hand: checked as a scan checks them, and never over another one."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from scanner.collection.records.drills import from_the_future, row
from scanner.model.drill import SCHEMA, DrillRecord, read_record
from scanner.model.errors import ConfigurationError, ReportError
from scanner.model.evidence import ABSENT
from scanner.operations.visiting import utc_now
from scanner.store import atomic

_LARGEST = 2**20
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record that was written, and what a scan will make of it."""

    path: Path
    facts: Mapping[str, Any]
    """The row of `recovery.drill`, without what is absent."""
    remarks: tuple[str, ...]
    """What a policy may miss in it."""


def read_input(path: Path) -> dict[str, Any]:
    """Read a record from JSON or YAML; raises ConfigurationError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as problem:
        raise ConfigurationError(f"{path}: cannot be read: {problem.strerror} (check the path)") from problem
    if len(data) > _LARGEST:
        raise ConfigurationError(f"{path}: larger than any record (is it the right file?)")
    try:
        found = yaml.load(data, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise ConfigurationError(f"{path}: is neither JSON nor YAML: {str(problem).splitlines()[0]}") from problem
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path}: is no map of keys (see controlproof schema drill-record)")
    return {str(key): _plain(value) for key, value in found.items()}


def _plain(raw: Any) -> Any:
    """Give back as text what YAML took for a time."""
    if isinstance(raw, dict):
        return {str(key): _plain(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_plain(each) for each in raw]
    return raw.isoformat() if isinstance(raw, date | datetime) else raw


def record_drill(raw: Mapping[str, Any], folder: Path, name: str = "", now: str = "") -> Recorded:
    """Check a record and write it into the folder under its own name, which must be free.

    `schema` may be left out. Raises ConfigurationError for a record that does not hold and for a name that is
    taken, ReportError when the folder cannot be written.
    """
    try:
        record = read_record({"schema": SCHEMA, **raw})
    except ValueError as problem:
        raise ConfigurationError(f"the record does not hold: {problem}") from problem
    if from_the_future(record, now or utc_now()):
        raise ConfigurationError(
            f"the record does not hold: finished: {record.finished} is still to come (check the clock)"
        )
    own = name or _name(record)
    if not _NAME.fullmatch(own):
        raise ConfigurationError(f"--name {own!r}: cannot name a file (use letters, digits and . _ - alone)")
    path = folder / f"{own.removesuffix('.json')}.json"
    data = (json.dumps(_document(record), indent=1, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    _write_new(path, data)
    facts = row(record, path.stem, sha256(data).hexdigest())
    told = {key: value for key, value in facts.items() if value is not ABSENT and value != []}
    return Recorded(path, told, tuple(_remarks(record)))


def drill_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of drill records."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DrillRecord.model_json_schema(by_alias=True),
        "title": f"Controlproof {SCHEMA}",
    }


def _document(record: DrillRecord) -> dict[str, Any]:
    return record.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True) | {"schema": SCHEMA}


def _name(record: DrillRecord) -> str:
    about = record.asset or record.service_class or record.asset_keys[0]
    stamp = record.started.replace(":", "").replace("-", "")[:13]
    return _UNSAFE.sub("-", f"{stamp}-{about[:60]}-{record.scenario}").lstrip(".-")


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that must not be there yet: it is linked to its name whole, or not at all."""
    if not path.parent.is_dir():
        raise ReportError(f"{path.parent}: there is no such folder (make it, and name it in the inventory)")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        atomic.write(temporary, data, 0o644)
        os.link(temporary, path)
    except FileExistsError:
        raise ConfigurationError(f"{path}: there is a record of that name (give another one with --name)") from None
    except OSError as problem:
        raise ReportError(f"{path}: cannot be written: {problem.strerror} (choose another folder)") from problem
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _remarks(record: DrillRecord) -> list[str]:
    remarks = [
        f"no check of kind {kind} passed, which a policy may demand"
        for kind in ("integrity", "function", "performance")
        if kind not in record.passed
    ]
    if record.until_usable is None:
        remarks.append("without a passed function check no recovery time is measured")
    elif not any(each.at for each in record.checks if each.kind == "function"):
        remarks.append("no function check tells its time, so the whole drill counts as recovery time")
    if record.to_source:
        remarks.append("it went over the original, and so does not count as a test")
    if record.failed:
        remarks.append(f"it counts as failed: {', '.join(record.failed)}")
    return remarks
