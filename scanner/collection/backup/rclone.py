"""Asks rclone what files lie in a remote, and takes those whose names fit a pattern for restore points."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import re2

from scanner.collection.answer import Answer
from scanner.collection.backup import repository, rows, visit
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, instant, moment, objects, text, whole
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
_UNFINISHED = re.compile(r".*\.(partial|part|tmp)", re.IGNORECASE)
_ENCRYPTED = re.compile(r".*\.(gpg|pgp|age|aes|enc)(\.[^.]+)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_SHAPES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


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
    begun = named_time(groups["time"] or "") if "time" in groups else stored
    tier = text(told.get("Tier"), 60)
    broken = "failed" if size == 0 else "partial" if _UNFINISHED.fullmatch(path) else "ok"
    return rows.point(
        SYSTEM,
        text(thing),
        naming.location,
        text(path),
        kind="files",
        asset_keys=[f"rclone:{text(thing)}"],
        data_time=repository.earlier(begun, stored),
        completed_at=rows.known(stored, rows.NO_TIME),
        status=broken,
        encryption="encrypted" if _ENCRYPTED.fullmatch(path) else naming.encryption,
        size=rows.told(size),
        storage_class=rows.told(tier),
    )


def named_time(name: str) -> str | None:
    """Give the time that a name tells: a date, with or without a time of day, or Unix seconds.

    It is in UTC unless an offset ends it; a date alone is the beginning of that day.
    """
    offset = _OFFSET.search(name) if re.search(r"\d[T_ -]?\d\d[:_-]?\d\d", name) else None
    if offset and "T" not in name and ":" not in name:
        # `2026-11-20-0200` is a time of day, and no offset.
        offset = None if offset[0] != "Z" else offset
    digits = re.sub(r"\D", "", name[: offset.start()] if offset else name)
    if len(digits) == 10 and not re.fullmatch(r"20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])", digits):
        return moment(digits)
    shape = "%Y%m%d%H" if len(digits) == 10 else _SHAPES.get(len(digits))
    if shape is None:
        return None
    try:
        read = datetime.strptime(digits, shape).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant(read.strftime("%Y-%m-%dT%H:%M:%S") + (offset[0] if offset else "Z"))
