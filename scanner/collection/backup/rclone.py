"""Asks rclone what files lie in a remote, and takes those whose names fit a pattern for restore points."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from scanner.collection.answer import Answer
from scanner.collection.backup import names, repository, rows, visit
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, objects, text, whole
from scanner.collection.backup.visit import HOME, NEAR, Found
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Cell, Gap, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point")

SYSTEM = "rclone"
NEEDS = "the account that has rclone's configuration, with read access to the remote"

# Told where its configuration is, rclone makes no folder for one.
_CONFIG = """
RCLONE_CONFIG=/dev/null
for each in "$HOME/.config/rclone/rclone.conf" "$HOME/.rclone.conf"; do
  [ ! -e "$each" ] || { RCLONE_CONFIG=$each; break; }
done
export RCLONE_CONFIG
"""


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the probes: version, kinds of the remotes (without their secrets), and the files of one remote."""
    place = quoted(repository.setting(settings, "remote", SYSTEM))
    words = "lsjson -R --files-only --no-mimetype --use-server-modtime --ask-password=false --retries 1 --low-level-retries 2"
    return [
        Probe("rclone.version", "RCLONE_CONFIG=/dev/null exec rclone version"),
        Probe("rclone.remotes", f"{HOME}{_CONFIG}exec rclone listremotes --long --ask-password=false", cost=2),
        Probe(
            "rclone.files",
            f"{HOME}{_CONFIG}{NEAR}near {place}\nexec rclone {words} -- {place}",
            timeout=240,
            limit=56 * 2**20,
            cost=3,
        ),
    ]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings one with their names in their places."""
    return visit.describe(probes, settings or {"remote": "REMOTE"})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: lambda o, s: read(o, s, settings))


@dataclass(frozen=True, slots=True)
class _Naming:
    """How names of files say what they are backups of, and of when."""

    pattern: Any
    covers: str
    location: str
    encryption: Cell


def read(outputs: Mapping[str, Output], session: Session, settings: Mapping[str, str]) -> dict[str, Found]:
    """Read what the probes brought."""
    files = output_of(outputs, "rclone.files")
    version = next(iter(re.findall(r"rclone v(\d[\w.-]*)", output_of(outputs, "rclone.version").text)), "")
    location = repository.shown(settings.get("remote", ""))
    gap = visit.failure(SYSTEM, files, NEEDS)
    if gap is not None:
        # Status 3 is that of a folder which is not there (rclone documents its statuses).
        made = repository.lost(SYSTEM, location, gap, missing=files.gap is None and files.status == 3)
    else:
        made = _listed(files, settings, location, _crypt(output_of(outputs, "rclone.remotes"), location))
    return {
        "backup.server": server(f"rclone {version}".strip(), version, session, None if version else gap, made),
        **made,
    }


def _crypt(output: Output, location: str) -> bool:
    """Tell whether the remote encrypts what is put into it."""
    kinds = dict(re.findall(r"(?m)^(\S+:)\s+(\w+)", output.text))
    return kinds.get(location.partition(":")[0] + ":") == "crypt"


def _listed(output: Output, settings: Mapping[str, str], location: str, crypt: bool) -> dict[str, Found]:
    encryption: Cell = "encrypted" if crypt else unknown(repository.UNTOLD)
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(settings["pattern"], options) if settings.get("pattern") else None
        naming = _Naming(pattern, settings.get("covers", ""), location, encryption)
        files = list(objects(document(output.stdout)))
        made = [_point(each, naming) for each in files]
    except re2.error:
        gap = error("pattern: it is no regular expression of RE2 (correct it in the inventory)")
        return repository.lost(SYSTEM, location, gap, missing=False)
    except OddError as problem:
        return repository.lost(SYSTEM, location, error(f"rclone lsjson: {problem}"), missing=False)
    points = [each for each in made if each is not None]
    tiers = {str(each["storage_class"]) for each in points}
    one = points[0]["storage_class"] if len(tiers) == 1 else rows.told(None)
    place = rows.place(SYSTEM, location, usable=True, kind="folder", encryption=encryption, storage_class=one)
    return repository.found(place, points, _unfit(len(files), len(points)))


def _unfit(files: int, points: int) -> Gap | None:
    return error(f"none of the {files} files fits the pattern (correct it)") if files and not points else None


def _point(told: Mapping[str, Any], naming: _Naming) -> Row | None:
    """Give the row of a file; None for one whose name does not fit."""
    path = told.get("Path")
    if not isinstance(path, str) or not path or len(path) > 4000:
        raise OddError("a file has no path")
    groups: Mapping[str, str | None] = {}
    if naming.pattern is not None:
        fits = naming.pattern.fullmatch(path.encode("utf-8", "replace").decode())
        if fits is None:
            return None
        groups = fits.groupdict()
    thing = text(groups.get("object")) or naming.covers or path.rpartition("/")[0] or path
    stored, size = instant(told.get("ModTime")), whole(told.get("Size"))
    begun = names.time(groups["time"] or "") if "time" in groups else stored
    tier = text(told.get("Tier"), 60)
    return rows.point(
        SYSTEM,
        text(thing),
        naming.location,
        text(path),
        kind="files",
        asset_keys=[f"rclone:{text(thing)}"],
        data_time=repository.earlier(begun, stored),
        completed_at=rows.known(stored, rows.NO_TIME),
        status=names.status(path, size),
        encryption="encrypted" if names.encrypted(path) else naming.encryption,
        size=rows.told(size),
        storage_class=rows.told(tier),
    )
