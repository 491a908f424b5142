"""Asks Barman for its servers and catalogue, and their directories for what really lies there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import visit
from scanner.collection.backup.barman_rows import Copy, evidence
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, mapping, objects, text
from scanner.collection.backup.visit import LOUD, Found, Section
from scanner.collection.backup.wal import SEGMENT, Archive, parse_history
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Gap, Query, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point", "backup.log_archive")

NEEDS = "the account barman"

# `show-servers` tells connection strings, passwords included: only the named fields leave the host.
# The catalogue's own files tell what its lists leave out; `check-backup` may mark a backup as failed, and is not used.
_SCRIPT = (
    LOUD
    + r"""
b() { barman --log-level CRITICAL -f json "$@"; }
limited() { if command -v timeout >/dev/null; then timeout 60 "$@"; else "$@"; fi; }
command -v barman >/dev/null || exit 127
only=@server@
tell() { printf '#%s\n' "$1"; printf '%s\n%s\n' "$3" "$2" | sed 's/^/|/'; }
ask version barman --version
servers=$(b list-servers 2>&1)
tell servers "$?" "$servers"
ask backups b list-backups "${only:-all}"
paths() {
  limited barman --log-level CRITICAL -f json show-servers "$1" |
    grep -o '"\(basebackups_directory\|wals_directory\|xlog_segment_size\|encryption\|postgres_systemid\)": *\("[^"]*"\|[0-9a-z]*\)'
}
state() {
  if [ ! -d "$1" ]; then echo missing; elif [ -r "$1" ] && [ -x "$1" ]; then echo readable; else echo denied; fi
}
told() {
  for each in "$1"/*/; do
    [ -d "$each" ] || continue
    printf 'id=%s\n' "$(basename "$each")"
    if [ -r "$each/backup.info" ]; then
      grep -E '^(begin_time|begin_wal|begin_xlog|end_time|end_wal|status|systemid|xlog_segment_size|size|mode|encryption|parent_backup_id)=' "$each/backup.info" | cut -c 1-200
    elif [ -e "$each/backup.info" ]; then echo unreadable=yes; fi
    if [ -e "$each/data/global/pg_control" ] || ls "$each"/data/base.tar* "$each"/data.tar* >/dev/null 2>&1; then echo data=yes
    elif [ -d "$each/data" ] && [ ! -x "$each/data" ]; then echo data=denied; else echo data=no; fi
    if [ -e "$each/annotations/keep" ]; then echo keep=yes; fi
  done
}
if [ -n "$only" ]; then printf '%s\n' "$only"; else
  printf '%s\n' "$servers" | grep -o '"[^"]*": *{' | sed 's/^"//; s/": *{$//; /^_/d' | head -n 100
fi | while read -r server; do
  [ -n "$server" ] || continue
  found=$(paths "$server" 2>&1)
  tell "paths $server" "$?" "$found"
  base=$(printf '%s\n' "$found" | sed -n 's/^"basebackups_directory": *"\(.*\)"$/\1/p')
  wals=$(printf '%s\n' "$found" | sed -n 's/^"wals_directory": *"\(.*\)"$/\1/p')
  [ -n "$base" ] && [ -n "$wals" ] || continue
  ask "base $server" state "$base"
  ask "told $server" told "$base"
  ask "wals $server" find "$wals" -type f -printf '%T@ %s %f\n'
  find "$wals" -name '*.history' 2>/dev/null | head -n 100 | while read -r file; do
    ask "history $server/$(basename "$file")" head -c 100000 "$file"
  done
done
exit 0
"""
)


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the one probe: lists first, then a loop over servers."""
    return [
        Probe("barman", _SCRIPT.replace("@server@", quoted(settings.get("server", ""))), timeout=240, limit=56 * 2**20)
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings that of all servers."""
    return visit.describe(probes, settings or {})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: lambda o, s: read(o, s, settings))


@dataclass(slots=True)
class _Told:
    names: list[str] = field(default_factory=list)
    listed: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    gap: Gap | None = None


def read(
    outputs: Mapping[str, Output], session: Session, settings: Mapping[str, str] | None = None
) -> dict[str, Found]:
    """Read what the probe brought."""
    output = output_of(outputs, "barman")
    calls: dict[str, Section] = {}
    for call in visit.sections(output):
        calls.setdefault(call.label, call)
    told = _Told(gap=visit.failure("barman", output, NEEDS))
    version = next(
        iter(re.findall(r"(?m)^(?:barman )?(\d[\w.]*)", calls["version"].text if "version" in calls else "")), ""
    )
    if told.gap is None:
        _names(told, calls, (settings or {}).get("server", ""))
    copies = [_copy(name, told, calls) for name in told.names]
    found = evidence(copies, told.gap)
    return {"backup.server": server(f"Barman {version}".strip(), version, session, told.gap, found), **found}


def _json(call: Section | None, what: str) -> Mapping[str, Any]:
    """Give the object that a call printed; raises OddError, with words that tell a refusal where it was one."""
    if call is None or call.status is None:
        raise OddError(f"{what} did not end")
    start = re.search(rb"(?m)^\{", call.body)
    if start is None or call.status != 0:
        raise OddError(f"{what} failed (exit status {call.status}: {text(call.text, 300)})")
    return mapping(document(call.body[start.start() :]))


def _names(told: _Told, calls: Mapping[str, Section], only: str) -> None:
    try:
        servers = [
            name
            for name, each in _json(calls.get("servers"), "barman list-servers").items()
            if name[:1] != "_" and isinstance(each, dict)
        ]
        told.names = [name for name in servers if only in ("", name)]
        told.listed = {
            name: list(objects(each))
            for name, each in _json(calls.get("backups"), "barman list-backups").items()
            if not name.startswith("_")
        }
    except OddError as problem:
        told.gap = visit.denial(str(problem), NEEDS) or error(str(problem))
        return
    if not told.names:
        wanted = f"no server {text(only)}" if only else "no server"
        told.gap = error(f"barman lists {wanted} (its settings name none, or they are not those of this account)")


def _copy(name: str, told: _Told, calls: Mapping[str, Section]) -> Copy:
    copy = Copy(text(name, 200), told.listed.get(name, []))
    paths, base = calls.get(f"paths {name}"), calls.get(f"base {name}")
    for key, value in re.findall(r'(?m)^"(\w+)": *"?([^"\n]*)"?$', paths.text if paths else ""):
        copy.settings[key] = value
    copy.state = base.text.strip() if base and base.status == 0 else ""
    if not copy.state:
        copy.lost = error(f"{copy.name}: barman show-servers told no directories{_said(paths)}")
    elif copy.state == "denied":
        copy.lost = unknown(f"{copy.name}: the directory of its backups may not be read", NEEDS)
    infos, wals = calls.get(f"told {name}"), calls.get(f"wals {name}")
    copy.infos = _infos(infos.text) if infos and infos.status is not None else {}
    copy.archive, copy.unlisted = _archive(wals, copy.state)
    for label, call in calls.items():
        file = label.removeprefix(f"history {name}/")
        if file != label and re.fullmatch(r"[0-9A-F]{8}\.history", file):
            copy.histories[int(file[:8], 16)] = (parse_history(call.text) or None) if call.status == 0 else None
    return copy


def _said(call: Section | None) -> str:
    return f" ({text(call.text, 200)})" if call and call.text.strip() else ""


def _infos(listed: str) -> dict[str, dict[str, str]]:
    """Give id > fields of its `backup.info`, and what was seen of its data."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in listed.splitlines():
        key, equals, value = line.partition("=")
        if key == "id" and equals:
            current = found.setdefault(value, {})
        elif equals:
            current.setdefault(key, value)
    return found


def _archive(call: Section | None, state: str) -> tuple[Archive, Gap | None]:
    archive = Archive()
    if state == "missing":
        return archive, None
    if call is None or call.status is None:
        return archive, error("the archive of logs was not listed")
    if call.status != 0:
        return archive, visit.refused("find", call.text, call.status, NEEDS)
    for line in call.body.split(b"\n"):
        stored, _, rest = line.decode("utf-8", "replace").partition(" ")
        size, _, name = rest.partition(" ")
        if SEGMENT.fullmatch(name) and re.fullmatch(r"[0-9]{1,12}(\.\d+)?", stored) and size.isdigit() and size != "0":
            archive.add(name, int(stored.partition(".")[0]))
    return archive, None
