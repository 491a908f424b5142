"""Asks a git repository on a host how current it is, and whether its remotes hold the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from scanner.collection.answer import Answer
from scanner.collection.backup import visit
from scanner.collection.backup.visit import Found
from scanner.collection.git import ci_status, remotes, script
from scanner.collection.git.remotes import Remote
from scanner.collection.git.state import State
from scanner.collection.git.values import clean, denied, moment
from scanner.collection.linux.probe import Output, Session, output_of
from scanner.collection.linux.script import Script
from scanner.model.evidence import ABSENT, Cell, Gap, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = (
    "backup.object",
    "backup.restore_point",
    "backup.server",
    "git.ci_status",
    "git.document",
    "git.remote",
    "git.repository",
)
_SHOWN = 20
_DOCUMENT = re.compile(r"document (\d{1,6}) (?:(absent|unborn)|(\d{1,12}) ([0-9a-f]{40,64}))")


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that asks a repository; without settings one with a path in the folder's place."""
    return visit.describe(script.probes, settings or {"folder": "/FOLDER"})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, script.probes, lambda settings: partial(read, settings))


def read(settings: Mapping[str, str], outputs: Mapping[str, Output], session: Session) -> Mapping[str, Found]:
    """Make all facts from the outputs of the probes."""
    state = State.read(output_of(outputs, "git.state"), session, settings.get("folder", ""))
    if isinstance(state, Gap):
        return {fact: Found(gap=state) for fact in FACTS}
    found, lost = remotes.read(output_of(outputs, "git.remotes"))
    lost = state.refusal(output_of(outputs, "git.remotes")) or lost
    first = remotes.primary(found, script.words(settings, "remotes"))
    return {
        "backup.server": Found((_server(state, found, session),)),
        "backup.object": Found((_object(state),)),
        "backup.restore_point": Found(tuple(_points(state, found)), _points_gap(found, lost)),
        "git.repository": Found((_repository(state, first, lost, outputs),)),
        "git.remote": Found(tuple(remotes.row(each, first) for each in found), lost),
        "git.document": _documents(settings, state, output_of(outputs, "git.documents")),
        "git.ci_status": ci_status.read(output_of(outputs, "git.ci"), state),
    }


def _server(state: State, found: Sequence[Remote], session: Session) -> Row:
    return {
        "name": f"git {state.version}",
        "version": state.version or ABSENT,
        "blind": sorted({f"{each.gap.needs} ({each.name})" for each in found if each.gap and each.gap.needs}),
        "source": "asked",
        "collected_at": session.now or error("the host did not tell its time"),
    }


def _object(state: State) -> Row:
    return {
        "system": "git",
        "object": state.name,
        "name": state.name,
        "kind": "repository",
        "asset_keys": [state.key],
        "created_at": state.first,
        "running": ABSENT,
        "template": False,
        "size": ABSENT,
        "left_out": [],
        "labels": {},
    }


def _points(state: State, found: Sequence[Remote]) -> list[Row]:
    """Give the newest commit of each day, and the oldest one, for every remote: git can return to each of them."""
    rows: list[Row] = []
    for remote in found:
        if remote.gap is not None:
            continue
        dated = {**remote.dated["oldest"], **remote.dated["point"]}
        if not remote.behind and remote.dated["tip"]:
            dated.update([max(remote.dated["tip"].items(), key=lambda each: each[1])])
        rows += [_point(state, remote, commit, seconds) for commit, seconds in dated.items()]
    return rows


def _point(state: State, remote: Remote, commit: str, seconds: int) -> Row:
    at = moment(seconds)
    nothing = ("started_at", "verified_at", "verified_by", "key_fingerprint", "expires_at", "immutable_until")
    return {
        "system": "git",
        "object": state.name,
        "asset_keys": [state.key],
        "location": remote.name,
        "point": commit,
        "kind": "commit",
        "data_time": at,
        "completed_at": at,
        "status": "ok",
        "verification": "none",
        "encryption": "plain",
        "protected": False,
        **dict.fromkeys((*nothing, "size", "storage_class", "base"), ABSENT),
    }


def _points_gap(found: Sequence[Remote], lost: Gap | None) -> Gap | None:
    gaps = [each.gap for each in found if each.gap is not None]
    behind = [each.name for each in found if each.gap is None and each.behind]
    if behind:
        gaps.append(error(f"the clone has not fetched the newest commits of {', '.join(behind)} (run git fetch there)"))
    return lost or (gaps[0] if gaps else None)


def _repository(state: State, first: Remote | None, lost: Gap | None, outputs: Mapping[str, Output]) -> Row:
    changes, changed = _changes(state, output_of(outputs, "git.status"))
    consistent, damage = _fsck(state, output_of(outputs, "git.fsck"))
    return {
        "repository": state.name,
        "folder": state.folder,
        "bare": state.bare,
        "branch": state.branch or ABSENT,
        "commit": state.head or ABSENT,
        "last_commit": state.last,
        "first_commit": state.first,
        "unpushed": _unpushed(state, first, lost),
        "changes": changes,
        "changed": changed,
        "consistent": consistent,
        "damage": damage,
    }


def _unpushed(state: State, first: Remote | None, lost: Gap | None) -> Cell:
    if not state.head:
        return ABSENT
    if first is None:
        return lost or error("it has no remote")
    if first.gap is not None:
        return first.gap
    if first.ahead is None:
        return error("commits that the remote lacks were not counted")
    if first.ahead and first.behind:
        return error(f"the clone has not fetched the newest commits of {first.name} (run git fetch there)")
    return first.ahead


def _changes(state: State, output: Output) -> tuple[Cell, Cell]:
    lines = output.lines
    lost = state.refusal(output) or output.gap
    if lost is None and lines == ["bare"]:
        return ABSENT, ABSENT
    if lost is None and len(lines) > script.MOST_CHANGES:
        lost = error(f"more than {script.MOST_CHANGES} files differ from what is committed")
        return script.MOST_CHANGES, [clean(line, 300) for line in lines[:_SHOWN]]
    if lost is None and (not lines or lines[-1] != "rc 0"):
        said = clean(output.stderr, 300)
        lost = unknown(said, "read access to all files") if denied(said) else error(f"git status failed: {said}")
    if lost is None and denied(output.stderr):
        # Folders that cannot be opened are left out with a warning, and the exit status is that of success.
        lost = unknown(clean(output.stderr, 300), "read access to all files")
    if lost is not None:
        return lost, lost
    return len(lines) - 1, [clean(line, 300) for line in lines[:-1][:_SHOWN]]


def _fsck(state: State, output: Output) -> tuple[Cell, Cell]:
    lines = output.lines
    lost = state.refusal(output) or output.gap
    if lost is None and (not lines or not re.fullmatch(r"rc \d{1,3}", lines[-1]) or lines[-1] == "rc 124"):
        lost = error("git fsck did not come to its end in time")
    said = [clean(line, 300) for line in lines[:-1][:_SHOWN]]
    if lost is None and any(denied(line) for line in said):
        lost = unknown(f"git fsck: {said[0]}", "read access to the repository's objects")
    if lost is not None:
        return lost, lost
    # A shallow clone ends where it was cut, and fsck takes that for whole.
    return lines[-1] == "rc 0", [] if lines[-1] == "rc 0" else said


def _documents(settings: Mapping[str, str], state: State, output: Output) -> Found:
    wanted = script.documents(settings)
    told = {int(each[1]): each for each in map(_DOCUMENT.fullmatch, output.lines) if each is not None}
    lost = state.refusal(output) or output.gap
    missing = lost or error(f"git did not tell of it: {clean(output.stderr, 300)}")
    rows: list[Row] = []
    for number, path in enumerate(wanted):
        found = told.get(number)
        row: dict[str, Cell] = {"document": path}
        if found is None:
            row |= dict.fromkeys(("present", "last_commit", "commit"), missing)
        elif found[2]:
            row |= {"present": False, "last_commit": ABSENT, "commit": ABSENT}
        else:
            row |= {"present": True, "last_commit": state.cut or moment(found[3]), "commit": state.cut or found[4]}
        rows.append(row)
    return Found(tuple(rows), lost if not rows else None)
