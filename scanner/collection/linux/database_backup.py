"""Collects the stanzas of pgBackRest: its own `info`, beside the data directories that its configuration names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import shown, tail
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.pgbackrest_stanza",)

_NAME = "linux.pgbackrest_stanza"

# Without a log of its own the program writes nothing when it is asked for information.
_SCRIPT = r"""
command -v pgbackrest >/dev/null || { echo 'none'; exit 0; }
for file in /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest.conf /etc/pgbackrest/conf.d/*.conf; do
  [ -e "$file" ] || continue
  [ -r "$file" ] || { printf 'closed\t%s\n' "$file"; continue; }
  awk '
    match($0, /^[ \t]*\[[^]]*\]/) { section = substr($0, RSTART, RLENGTH); gsub(/[][ \t]/, "", section); next }
    match($0, /^[ \t]*pg[0-9]*-path[ \t]*=/) { value = substr($0, RLENGTH + 1); gsub(/^[ \t]+|[ \t\r]+$/, "", value); print "path\t" section "\t" value }' "$file"
done
echo 'info'
pgbackrest info --output=json --log-level-console=off --log-level-file=off --log-level-stderr=error
status=$?
echo
echo "status $status"
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; repositories in the network answer slowly."""
    return [Probe(_NAME, _SCRIPT, timeout=60, limit=4 * 2**20, cost=8)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: no rows where pgBackRest is not installed; a failing `info` leaves everything open."""
    rows, gap = _read(output_of(outputs, _NAME), session)
    provenance = session.provenance("pgbackrest info --output=json; grep pg.*-path /etc/pgbackrest*")
    return [Evidence(query, tuple(rows), gap, provenance) for query in queries]


def _read(output: Output, session: Session) -> tuple[list[Row], Gap | None]:
    lines = output.lines
    if lines[:1] == ["none"] and not output.gap:
        return [], None
    if output.gap or "info" not in lines or not lines[-1].startswith("status "):
        return [], output.gap or output.failure("pgbackrest was not asked to the end")
    middle = lines.index("info")
    closed = next(
        (shown(line[7:].encode("utf-8", "replace")) for line in lines[:middle] if line.startswith("closed\t")), ""
    )
    if lines[-1] != "status 0":
        said = tail(output.stderr) or "it did not say why"
        if session.root:
            return [], error(f"pgbackrest info failed: {said}")
        return [], unknown(f"pgbackrest info failed: {said}", needs="root")
    try:
        found = json.loads("\n".join(lines[middle + 1 : -1]))
    except (ValueError, RecursionError):
        return [], error("pgbackrest info did not answer in JSON")
    stanzas = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None
    if stanzas is None or len(stanzas) != len(found) or not all(isinstance(each.get("name"), str) for each in stanzas):
        return [], error("pgbackrest info answered in a form that is not known")
    lost = None if not closed else error(f"{closed} could not be read")
    if closed and not session.root:
        lost = unknown(f"{closed} may not be read", needs="root")
    return [_row(each, lines[:middle], lost) for each in stanzas], None


def _row(stanza: Mapping[str, Any], settings: Sequence[str], lost: Gap | None) -> Row:
    name = _text(stanza["name"])
    status = stanza.get("status")
    known = status if isinstance(status, dict) else {}
    listed = stanza.get("backup")
    backups = (
        [each for each in listed if isinstance(each, dict) and each.get("error") is not True]
        if isinstance(listed, list)
        else None
    )
    full = [each for each in backups or () if each.get("type") == "full"]
    none = error("pgbackrest info told no backups of the stanza")
    paths = [line.split("\t", 2)[2] for line in settings if line.startswith(f"path\t{name}\t")]
    cipher = stanza.get("cipher")
    return {
        "stanza": name,
        "ok": known.get("code") == 0 if isinstance(known.get("code"), int) else error("pgbackrest info told no status"),
        "status": _text(known.get("message", "")) or ABSENT,
        "backups": len(backups) if backups is not None else none,
        "newest_full": _newest(full) if backups is not None else none,
        "newest": _newest(backups) if backups is not None else none,
        "encrypted": cipher != "none" if isinstance(cipher, str) else error("pgbackrest info told no cipher"),
        "data_directories": lost or sorted(dict.fromkeys(path.rstrip("/") or "/" for path in paths)),
    }


def _newest(backups: Sequence[Mapping[str, Any]]) -> Cell:
    times = [_stop(each) for each in backups]
    if None in times:
        return error("a backup has no time of its end")
    seconds = max((time for time in times if time is not None), default=None)
    if seconds is None:
        return ABSENT
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    except (OverflowError, ValueError, OSError):
        return error("a backup ended beyond the calendar")


def _stop(backup: Mapping[str, Any]) -> int | None:
    timestamp = backup.get("timestamp")
    stop = timestamp.get("stop") if isinstance(timestamp, dict) else None
    return stop if isinstance(stop, int) and not isinstance(stop, bool) else None


def _text(value: object) -> str:
    return shown(str(value).encode("utf-8", "replace"))
