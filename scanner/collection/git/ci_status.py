"""Reads the record that a pipeline leaves in the repository's folder."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from scanner.collection.backup.visit import Found
from scanner.collection.git.script import CI_STATUS, LONGEST_STATUS
from scanner.collection.git.state import State
from scanner.collection.git.values import clean, denied
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Cell, Row, error, unknown

_SCHEMA = "ci-status/1"
_STATUSES = ("passed", "failed", "cancelled", "running")
_MOST = 100


def read(output: Output, state: State) -> Found:
    """Give a row for each pipeline; no rows when there is no record."""
    lost = state.refusal(output) or output.gap
    if lost is not None:
        return Found(gap=lost)
    if output.status != 0:
        said = clean(output.stderr, 300)
        gap = unknown(said, f"read access to {CI_STATUS}") if denied(said) else error(f"{CI_STATUS}: {said}")
        return Found(gap=gap)
    if output.stdout == b"absent\n":
        return Found()
    if len(output.stdout) > LONGEST_STATUS:
        return Found(gap=error(f"{CI_STATUS}: it is longer than {LONGEST_STATUS} bytes"))
    try:
        told = json.loads(output.stdout)
    except (ValueError, RecursionError):
        return Found(gap=error(f"{CI_STATUS}: it is no JSON"))
    entries = told.get("pipelines") if isinstance(told, dict) and told.get("schema") == _SCHEMA else None
    if not isinstance(entries, list) or len(entries) > _MOST or not all(isinstance(each, dict) for each in entries):
        return Found(gap=error(f"{CI_STATUS}: it is not of schema {_SCHEMA} with a list of pipelines"))
    return Found(tuple(_row(each, state) for each in entries))


def _row(entry: dict[str, Any], state: State) -> Row:
    name, commit, status = entry.get("pipeline"), entry.get("commit"), entry.get("status")
    whole = isinstance(commit, str) and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit) is not None
    unread = error(f"{CI_STATUS}: commit is no whole hash")
    return {
        "pipeline": clean(name, 300)
        if isinstance(name, str) and name
        else error(f"{CI_STATUS}: a pipeline has no name"),
        "commit": str(commit) if whole else unread,
        "tests_newest": commit == state.head if whole else unread,
        "status": str(status)
        if status in _STATUSES
        else error(f"{CI_STATUS}: status is none of {', '.join(_STATUSES)}"),
        "finished_at": ABSENT if "finished_at" not in entry else _moment(entry["finished_at"]),
    }


def _moment(value: Any) -> Cell:
    try:
        when = datetime.fromisoformat(value)
        if when.tzinfo is None:
            return error(f"{CI_STATUS}: finished_at has no time zone")
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, OverflowError):
        return error(f"{CI_STATUS}: finished_at is no time")
