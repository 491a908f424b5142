"""Asks restic for the snapshots of a repository, without a lock and without a cache."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import repository, rows, visit
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, mapping, moment, objects, text, whole
from scanner.collection.backup.visit import HOME, NEAR, Found
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Gap, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point")

SYSTEM = "restic"
NEEDS = "read access to the repository and to its secret_file"


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the probes: version, configuration, snapshots, and where the repository is a folder, its files' times."""
    place = quoted(repository.setting(settings, "repository", SYSTEM))
    secret = quoted(repository.setting(settings, "secret_file", SYSTEM))
    restic = f"{HOME}{NEAR}near {place}\nexec restic --repo {place} --password-file {secret} --no-cache --no-lock"
    files = f"""
folder={place}
folder=${{folder#local:}}
[ -d "$folder/snapshots" ] || exit 0
find "$folder/snapshots" -type f -printf '%T@ %f\\n'
"""
    return [
        Probe("restic.version", "exec restic version"),
        Probe("restic.config", f"{restic} cat config", timeout=60, cost=2),
        Probe("restic.snapshots", f"{restic} snapshots --json", timeout=200, limit=32 * 2**20, cost=3),
        Probe("restic.files", files, timeout=60, limit=16 * 2**20, cost=4),
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings one with their names in their places."""
    return visit.describe(probes, settings or {"repository": "REPOSITORY", "secret_file": "SECRET_FILE"})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: lambda o, s: read(o, s, settings))


def read(outputs: Mapping[str, Output], session: Session, settings: Mapping[str, str]) -> dict[str, Found]:
    """Read what the probes brought."""
    listed, config = output_of(outputs, "restic.snapshots"), output_of(outputs, "restic.config")
    version = next(iter(re.findall(r"restic (\d[\w.-]*)", output_of(outputs, "restic.version").text)), "")
    location = repository.shown(settings.get("repository", ""))
    gap = _gap(config) or _gap(listed)
    if gap is not None:
        missing = repository.gone(config, settings.get("secret_file", ""))
        made = repository.lost(SYSTEM, location, gap, missing=missing)
    else:
        made = _listed(listed, location, _times(output_of(outputs, "restic.files")))
    return {
        "backup.server": server(f"restic {version}".strip(), version, session, None if version else gap, made),
        **made,
    }


def _gap(output: Output) -> Gap | None:
    """Give why restic did not tell; versions from 0.17 have exit statuses for it, earlier ones only words."""
    gap = visit.failure(SYSTEM, output, NEEDS)
    if gap is None or output.gap is not None:
        return gap
    if output.status == 11 or "already locked" in output.stderr:
        return unknown(gap.reason, "a repository that nothing has locked")
    if output.status == 12 or "no key found" in output.stderr:
        return unknown(gap.reason, visit.PASSPHRASE)
    return gap


def _times(output: Output) -> dict[str, str]:
    """Give id > when the snapshot's file was stored, where the repository is a folder of the host."""
    pairs = (line.partition(" ") for line in output.lines)
    found = {name: moment(stored.partition(".")[0]) for stored, _, name in pairs}
    return {name: stored for name, stored in found.items() if stored}


def _listed(output: Output, location: str, times: Mapping[str, str]) -> dict[str, Found]:
    try:
        told = document(output.stdout)
        # An empty repository is told as null by some versions.
        points = [_point(each, location, times) for each in objects([] if told is None else told)]
    except OddError as problem:
        return repository.lost(SYSTEM, location, error(f"restic snapshots: {problem}"), missing=False)
    transport = "ssh" if location.startswith("sftp:") else "local" if location.startswith(("/", "local:")) else None
    place = rows.place(
        SYSTEM, location, usable=True, encryption="encrypted", transport=rows.told(_transport(location) or transport)
    )
    return repository.found(place, points)


def _transport(location: str) -> str | None:
    """Give how data reach a server by its URL; restic itself speaks TLS to object stores unless told `http`."""
    if re.match(r"(rest|s3):http://", location):
        return "plain"
    return "tls" if re.match(r"(rest:https|s3|b2|azure|gs):", location) else None


def _point(told: Mapping[str, Any], location: str, times: Mapping[str, str]) -> Row:
    name = text(told.get("id"), 64)
    listed = told.get("paths")
    if not name or not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise OddError("a snapshot has no id, or no paths")
    thing = f"{text(told.get('hostname'), 255)}:{','.join(text(each) for each in sorted(listed))}"
    begun, summary, stored = instant(told.get("time")), mapping(told.get("summary")), times.get(name)
    ended = instant(summary.get("backup_end")) or stored or begun
    return rows.point(
        SYSTEM,
        thing,
        location,
        name[:16],
        kind="snapshot",
        asset_keys=[f"restic:{thing}"],
        data_time=repository.earlier(begun, stored),
        started_at=rows.known(begun, rows.NO_TIME),
        completed_at=rows.known(ended, rows.NO_TIME),
        status="ok",
        encryption="encrypted",
        size=rows.told(whole(summary.get("total_bytes_processed"))),
    )
