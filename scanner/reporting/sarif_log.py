"""The frame of a SARIF 2.1.0 log, written as a stream: one run, its results one per line."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Final

from scanner.model.report import Notice, Report
from scanner.reporting import escape, wording

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NOTIFICATIONS: Final = 1000
"""Most tool notifications in a log; a last one says how many more there were."""

_LEVELS: Final = frozenset({"error", "warning", "note"})
_SEMVER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def write(
    out: BinaryIO,
    report: Report,
    driver: Mapping[str, Any],
    notifications: Iterable[Mapping[str, Any]],
    results: Iterable[str],
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the log: tool first, then results, each encoded already, as they come."""
    run = {
        "tool": {"driver": driver},
        "automationDetails": automation(report),
        "invocations": [_invocation(report, list(notifications))],
        "columnKind": "unicodeCodePoints",
        **(more or {}),
    }
    out.write(f'{{"$schema": {encode(SCHEMA)},\n"version": "2.1.0",\n"runs": [{{\n'.encode())
    for name, value in run.items():
        out.write(f"{encode(name)}: {encode(value)},\n".encode())
    out.write(b'"results": [')
    separator = b"\n"
    for result in results:
        out.write(separator + result.encode())
        separator = b",\n"
    out.write(b"\n]}]}\n")


def encode(value: Any) -> str:
    """Give compact JSON; raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def driver(report: Report, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe the tool and its rules."""
    tool = escape.line(report.header.tool, 100) or "controlproof"
    version = escape.line(report.header.version, 100) or "0"
    found = {"name": tool, "fullName": f"{tool} {version}", "version": version, "rules": rules}
    if _SEMVER.fullmatch(version):
        found["semanticVersion"] = version
    return found


def automation(report: Report) -> dict[str, str]:
    """Name the run: category `compliance/<policy>/<scope>`, then the run's id after the last slash."""
    header = report.header
    parts = (wording.policy(report), header.scope or "all", header.run_id or "run")
    return {
        "id": "/".join(("compliance", *(_slug(part) for part in parts))),
        "guid": guid("run", header.run_id, header.started),
    }


def guid(*parts: str) -> str:
    """Give a name-based GUID (version 5): equal parts, equal GUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "controlproof:" + "\x1f".join(escape.plain(part) for part in parts)))


def notification(
    level: str, text: str, code: str, rule: tuple[str, int] | None = None, place: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give a tool notification; `rule` is the id and index of the rule that it concerns."""
    found: dict[str, Any] = {
        "level": level if level in _LEVELS else "warning",
        "message": {"text": escape.message(text) or code},
        "descriptor": {"id": code},
    }
    if rule is not None:
        found["associatedRule"] = {"id": rule[0], "index": rule[1]}
    if place is not None:
        found["locations"] = [place]
    return found


def notice_code(notice: Notice) -> str:
    """Give the id under which a notice stands in SARIF."""
    return f"SCAN-{escape.line(notice.code, 100) or 'notice'}"


def _invocation(report: Report, notifications: list[Mapping[str, Any]]) -> dict[str, Any]:
    header, verdict = report.header, report.verdict
    more = len(notifications) - NOTIFICATIONS
    if more > 0:
        rest = notification("warning", f"{more:,} more notifications are left out.", "SCAN-limit")
        notifications = [*notifications[:NOTIFICATIONS], rest]
    found: dict[str, Any] = {
        "executionSuccessful": not header.interrupted and not any(entry["level"] == "error" for entry in notifications),
        "exitCode": verdict.exit_code,
        "exitCodeDescription": escape.message("; ".join((verdict.word, *verdict.reasons))),
        "toolExecutionNotifications": notifications,
    }
    if wording.timely(header.started):
        found["startTimeUtc"] = header.started
    if wording.timely(header.ended):
        found["endTimeUtc"] = header.ended
    if header.operator:
        found["account"] = escape.line(header.operator, 200)
    if header.host:
        found["machine"] = escape.line(header.host, 200)
    return found


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-")[:100] or "all"
