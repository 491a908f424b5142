"""Asks BorgBackup for the archives of a repository, in UTC, past any lock, and never with a question."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import repository, rows, visit
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, mapping, objects, text
from scanner.collection.backup.visit import HOME, NEAR, Found
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Cell, Gap, Query, Row, error
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point")

SYSTEM = "borg"
NEEDS = "read access to the repository and to its secret_file"

# Borg wants a folder in which to note which repositories it met: it gets one in memory, which goes away again.
_FOLDER = """
base=$(mktemp -d /dev/shm/controlproof-XXXXXX 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$base"' EXIT
trap 'exit 124' HUP INT TERM
export BORG_BASE_DIR="$base" BORG_EXIT_CODES=legacy
[ ! -d "$HOME/.config/borg/keys" ] || export BORG_KEYS_DIR="$HOME/.config/borg/keys"
export BORG_RELOCATED_REPO_ACCESS_IS_OK=no BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
export BORG_RSH='ssh -o BatchMode=yes'
"""
_DATED = re.compile(r"(.*?)[-_.@:T]*(?:19|20)\d\d-?[01]\d-?[0-3]\d.*")
_CHECKPOINT = re.compile(r"(.*)\.checkpoint(?:\.\d+)?")


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the probes: the version, and the archives with the unfinished ones."""
    place = quoted(repository.setting(settings, "repository", SYSTEM))
    secret = settings.get("secret_file", "")
    # An empty passphrase ends the question before it is asked; repositories that are not encrypted never ask.
    passphrase = (
        f"export BORG_PASSCOMMAND={quoted('cat ' + shlex.quote(secret))}\n" if secret else "export BORG_PASSPHRASE=\n"
    )
    words = "borg --lock-wait 1 list --bypass-lock --consider-checkpoints --json"
    script = f"{HOME}{NEAR}near {place}\n{_FOLDER}{passphrase}{words} --format '{{hostname}}{{start}}{{end}}' {place}\n"
    return [
        Probe("borg.version", "exec borg --version", timeout=20),
        Probe("borg.archives", script, timeout=200, limit=32 * 2**20, cost=3),
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings one with their names in their places."""
    return visit.describe(probes, settings or {"repository": "REPOSITORY", "secret_file": "SECRET_FILE"})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: lambda o, s: read(o, s, settings))


def read(outputs: Mapping[str, Output], session: Session, settings: Mapping[str, str]) -> dict[str, Found]:
    """Read what the probes brought."""
    listed = output_of(outputs, "borg.archives")
    version = next(iter(re.findall(r"borg (\d[\w.-]*)", output_of(outputs, "borg.version").text)), "")
    location = repository.shown(settings.get("repository", ""))
    gap = _gap(listed)
    if gap is not None:
        missing = repository.gone(listed, settings.get("secret_file", ""))
        made = repository.lost(SYSTEM, location, gap, missing=missing)
    else:
        made = _listed(listed, location)
    return {
        "backup.server": server(f"BorgBackup {version}".strip(), version, session, None if version else gap, made),
        **made,
    }


def _gap(output: Output) -> Gap | None:
    """Give why borg did not tell; exit status 1 means that it did, with a warning."""
    return None if output.status == 1 and output.gap is None and output.stdout else visit.failure(SYSTEM, output, NEEDS)


def _listed(output: Output, location: str) -> dict[str, Found]:
    try:
        told = mapping(document(output.stdout))
        mode = text(mapping(told.get("encryption")).get("mode"))
        points = [_point(each, location, _encryption(mode)) for each in objects(told.get("archives"))]
    except OddError as problem:
        return repository.lost(SYSTEM, location, error(f"borg list: {problem}"), missing=False)
    encryption = _encryption(mode)
    place = rows.place(
        SYSTEM,
        location,
        usable=True,
        encryption="plain" if encryption == "signed" else encryption,
        transport="ssh" if re.match(r"ssh://|[^/]+@?[^/]*:", location) else "local",
    )
    return repository.found(place, points)


def _encryption(mode: str) -> Cell:
    """Tell how archives lie in a repository of that mode; `authenticated` ones are readable by anybody."""
    if not mode:
        return rows.NO_WORD
    return "plain" if mode == "none" else "signed" if mode.startswith("authenticated") else "encrypted"


def _point(told: Mapping[str, Any], location: str, encryption: Cell) -> Row:
    name = text(told.get("name"), 300)
    if not name:
        raise OddError("an archive has no name")
    unfinished = _CHECKPOINT.fullmatch(name)
    whole = unfinished[1] if unfinished else name
    dated = _DATED.fullmatch(whole)
    prefix = (dated[1] if dated else "") or whole
    short = location.rstrip("/").rpartition("/")[2].rpartition(":")[2]
    begun, ended = instant(told.get("start"), utc=True), instant(told.get("end"), utc=True)
    host = text(told.get("hostname"), 255)
    return rows.point(
        SYSTEM,
        f"{host}:{prefix}" if host else prefix,
        location,
        name,
        kind="snapshot",
        asset_keys=[f"borg:{short}/{prefix}"],
        data_time=rows.known(begun, rows.NO_TIME),
        started_at=rows.known(begun, rows.NO_TIME),
        completed_at=rows.known(ended or begun, rows.NO_TIME),
        status="partial" if unfinished else "ok",
        encryption=encryption,
    )
