"""Restore points of Veeam; whether one is complete is told by the session that made it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from scanner.collection.exported.values import chosen, flag, moment, text, whole, word
from scanner.collection.veeam.record import Record
from scanner.model.evidence import ABSENT, Cell, Gap, Row, unknown

KINDS = {"full": "full", "increment": "incremental", "incremental": "incremental", "rollback": "incremental"}
_NOT_TOLD = "Veeam's listing of restore points does not tell it"

Session: TypeAlias = tuple[str, Cell, Mapping[str, Any]]
"""When it began, when it ended, and what is told of it."""


class Sessions:
    """The sessions of each job by their beginning; times of ours compare as texts."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._by_job: dict[str, list[Session]] = {}
        for each in items:
            started, ended = moment(each.get("started_at")), moment(each.get("ended_at"))
            if isinstance(started, str):
                self._by_job.setdefault(word(each.get("job_id")), []).append((started, ended, each))
        for found in self._by_job.values():
            found.sort(key=_beginning)

    def within(self, job: str, created: Cell) -> Mapping[str, Any] | None:
        """Find the session of a job within which a point was made: the last one begun before, if it had not ended."""
        if not isinstance(created, str):
            return None
        sessions = self._by_job.get(job, []) if job else []
        begun = bisect_right(sessions, created, key=_beginning)
        for started, ended, each in reversed(sessions[:begun]):
            if ended is ABSENT or (isinstance(ended, str) and ended >= created):
                return each
            if started < created:
                return None
        return None


def _beginning(session: Session) -> str:
    return session[0]


def point_rows(record: Record) -> list[Row]:
    """Give the rows of `backup.restore_point`."""
    sessions = Sessions(record.lists["sessions"].items)
    immutable = {word(each.get("name")) for each in record.lists["repositories"].items if hardened(each) is not False}
    return [_row(each, sessions, immutable) for each in record.lists["restore_points"].items]


def hardened(repository: Mapping[str, Any]) -> bool | None:
    """Tell whether a repository itself refuses deletions; None where that is not told."""
    told = repository.get("immutable")
    if isinstance(told, bool):
        return told
    kind = word(repository.get("type")).casefold()
    if kind == "linuxhardened":
        return True
    return None if any(part in kind for part in ("s3", "azure", "cloud", "google", "wasabi", "object")) else False


def _row(raw: Mapping[str, Any], sessions: Sessions, immutable: set[str]) -> Row:
    created = moment(raw.get("created_at"), "the time of creation")
    completed, status = completion(raw, created, sessions)
    repository = word(raw.get("repository"))
    kind = chosen(KINDS, raw.get("type"), "the type")
    name = word(raw.get("object"))
    plain = raw.get("encrypted")
    return {
        "system": "veeam",
        "object": name or unknown(_NOT_TOLD),
        "asset_keys": [f"veeam:{name}"] if name else [],
        "location": repository or text(raw.get("backup"), "the backup"),
        "point": text(raw.get("id"), "the id"),
        "kind": unknown(_NOT_TOLD) if kind is ABSENT else kind,
        "data_time": created if created is not ABSENT else unknown("the restore point has no time"),
        "started_at": ABSENT,
        "completed_at": completed,
        "status": status,
        # Health checks are told by the job alone: of a point's own verification nothing is known to have been.
        "verification": "none",
        "verified_at": unknown(_NOT_TOLD),
        "verified_by": ABSENT,
        "encryption": ("encrypted" if plain else "plain") if isinstance(plain, bool) else unknown(_NOT_TOLD),
        "key_fingerprint": ABSENT,
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": unknown(_NOT_TOLD) if repository in immutable or not repository else ABSENT,
        "size": whole(raw.get("size"), "the size"),
        "storage_class": ABSENT,
        "base": ABSENT if kind == "full" else unknown(_NOT_TOLD),
    }


def completion(raw: Mapping[str, Any], created: Cell, sessions: Sessions) -> tuple[Cell, Cell]:
    """Tell when a restore point was complete, and how making it ended.

    An export tells both; else the session of its job says it within which the point was made. A failed session
    does not say which of its objects failed.
    """
    corrupted, consistent = flag(raw.get("corrupted")), flag(raw.get("consistent"))
    if corrupted is True:
        return _time_of(raw, created), "failed"
    if consistent is False:
        return _time_of(raw, created), "partial"
    told = moment(raw.get("completed_at"), "the time of completion")
    if told is not ABSENT:
        doubt = next((each for each in (corrupted, consistent) if isinstance(each, Gap)), None)
        return told, doubt or "ok"
    made_by = sessions.within(word(raw.get("job_id")), created)
    if made_by is None:
        lost = unknown("the session that made this restore point is not told any more")
        return lost, lost
    ended, result = moment(made_by.get("ended_at"), "the end of the session"), word(made_by.get("result")).casefold()
    if result in ("success", "warning") and ended is not ABSENT:
        return ended, "ok" if result == "success" else "warning"
    if result in ("", "none") and word(made_by.get("state")).casefold() not in ("", "stopped"):
        return ABSENT, "running"
    return ended, unknown("its session did not succeed, and does not say which of its objects failed")


def _time_of(raw: Mapping[str, Any], created: Cell) -> Cell:
    told = moment(raw.get("completed_at"), "the time of completion")
    return created if told is ABSENT else told
