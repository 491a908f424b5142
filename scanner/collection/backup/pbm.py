"""Asks Percona Backup for MongoDB for its backups and for the oplog that it keeps between them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import repository, rows, visit
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, mapping, moment, objects, text, whole
from scanner.collection.backup.visit import Found
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.model.evidence import ABSENT, Cell, Gap, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point")

SYSTEM = "pbm"
NEEDS = "the account that may read the agent's settings, such as mongod or root"

# The agent's settings hold a connection string with a password: it goes to pbm by its environment, and nowhere else.
_SCRIPT = r"""
command -v pbm >/dev/null || exit 127
for file in /etc/default/pbm-agent /etc/sysconfig/pbm-agent; do
  [ -e "$file" ] || continue
  [ -r "$file" ] || { echo "$file: Permission denied" >&2; exit 126; }
  PBM_MONGODB_URI=$(sed -n 's/^ *\(export  *\)\{0,1\}PBM_MONGODB_URI=//p' "$file" | tail -n 1 | sed "s/^[\"']//; s/[\"'] *\$//")
done
[ -n "$PBM_MONGODB_URI" ] || { echo 'no PBM_MONGODB_URI in /etc/default/pbm-agent or /etc/sysconfig/pbm-agent' >&2; exit 1; }
export PBM_MONGODB_URI
exec pbm status -o json
"""
_KINDS = {"logical": "dump", "physical": "full", "external": "full", "incremental": "incremental"}
_STATUS = {"success": "ok", "failed": "failed", "ongoing": "running"}


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the probes: the version, and the status of everything."""
    return [
        Probe("pbm.version", "exec pbm version --short"),
        Probe("pbm.status", _SCRIPT, timeout=120, limit=32 * 2**20, cost=2),
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; it has no settings."""
    return visit.describe(probes, settings or {})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: read)


def read(outputs: Mapping[str, Output], session: Session) -> dict[str, Found]:
    """Read what the probes brought."""
    status = output_of(outputs, "pbm.status")
    version = next(iter(re.findall(r"(\d+\.[\w.-]+)", output_of(outputs, "pbm.version").text)), "")
    gap = visit.failure(SYSTEM, status, NEEDS)
    made = repository.lost(SYSTEM, SYSTEM, gap, missing=False) if gap is not None else _listed(status)
    name = f"Percona Backup for MongoDB {version}".strip()
    return {"backup.server": server(name, version, session, None if version else gap, made), **made}


def _listed(output: Output) -> dict[str, Found]:
    try:
        told = mapping(document(output.stdout))
        return _told(told, mapping(told.get("backups")))
    except OddError as problem:
        return repository.lost(SYSTEM, SYSTEM, error(f"pbm status: {problem}"), missing=False)


def _told(told: Mapping[str, Any], backups: Mapping[str, Any]) -> dict[str, Found]:
    if not backups or told.get("Error") or backups.get("error"):
        raise OddError(f"it tells of no storage: {text(told.get('Error')) or text(backups.get('error'))}")
    location = repository.shown(text(backups.get("path"), 300)) or SYSTEM
    sets = sorted({text(each.get("rs"), 100) for each in objects(told.get("cluster") or []) if each.get("rs")})
    cells: dict[str, Cell] = {
        "asset_keys": [f"pbm:{each}" for each in sets],
        "encryption": unknown(repository.UNTOLD),
    }
    thing = ",".join(sets) or "cluster"
    points = [_point(each, thing, location, cells) for each in objects(backups.get("snapshot") or [])]
    chunks = mapping(backups.get("pitrChunks"))
    points += _oplog(list(objects(chunks.get("pitrChunks") or [])), thing, location, cells)
    running = mapping(told.get("running"))
    if text(running.get("type")) == "backup" and text(running.get("name")):
        points.append(_point({**running, "printStatus": "ongoing", "type": None}, thing, location, cells))
    kind = "bucket" if text(backups.get("type")).lower() in ("s3", "azure", "gcs", "minio", "oss") else "folder"
    place = rows.place(SYSTEM, location, usable=True, kind=kind, encryption=unknown(repository.UNTOLD))
    gap: Gap | None = None if sets else error("pbm names no replica set, so its backups belong to nobody")
    made = rows.unlike(points, "object", "location", "point")
    return {
        "backup.location": Found((place,)),
        "backup.restore_point": Found(made[0], visit.first(gap, made[1])),
    }


def _point(told: Mapping[str, Any], thing: str, location: str, cells: Mapping[str, Cell]) -> Row:
    name = text(told.get("name"), 100)
    if not name:
        raise OddError("a backup has no name")
    status: Cell = rows.known(_STATUS.get(text(told.get("printStatus"))))
    until = rows.known(moment(told.get("restoreTo")), rows.NO_TIME)
    whole_kind = _KINDS.get(text(told.get("type")))
    return rows.point(
        SYSTEM,
        thing,
        location,
        name,
        **{
            **cells,
            "kind": rows.known(whole_kind),
            # A backup that is not done, or failed, leads nowhere.
            "data_time": until if status == "ok" else ABSENT,
            "started_at": rows.told(instant(name)),
            "completed_at": until if status == "ok" else ABSENT,
            "status": status,
            "size": rows.told(whole(told.get("size"))),
            "base": rows.told(text(told.get("src"), 100) if whole_kind == "incremental" else ""),
        },
    )


def _oplog(chunks: Sequence[Mapping[str, Any]], thing: str, location: str, cells: Mapping[str, Cell]) -> list[Row]:
    """Give the ends of those stretches of the oplog that a backup leads into."""
    made = []
    for each in chunks:
        stretch = mapping(each.get("range"))
        begin, end = whole(stretch.get("start")), moment(stretch.get("end"))
        if each.get("noBaseSnapshot") is True or text(each.get("error")):
            continue
        if begin is None or end is None:
            raise OddError("a stretch of the oplog has no times")
        ended: dict[str, Cell] = {"kind": "pitr", "data_time": end, "completed_at": end, "status": "ok"}
        made.append(rows.point(SYSTEM, thing, location, f"pitr {begin}", **{**cells, **ended}))
    return made
