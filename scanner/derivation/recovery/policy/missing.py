"""What a recovery policy leaves open: databases without a backup of their own, demands without any schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scanner.derivation.recovery.policy.findings import ERROR, WARNING, Case, Change, Contradiction
from scanner.derivation.recovery.policy.timing import fitting, log_backed
from scanner.matching.units import duration_words

DATABASES: Final = ("postgres", "mariadb", "mongodb")


def check_missing(case: Case) -> Iterator[Contradiction]:
    """Find what nobody says, and what contradicts itself in one row."""
    databases = [name for name in case.platforms if name in DATABASES]
    if databases:
        yield from _application(case, ", ".join(databases))
    yield from _unscheduled(case, bool(databases))
    yield from _rows(case)


def _application(case: Case, databases: str) -> Iterator[Contradiction]:
    leaf = case.leaves.get("application")
    if leaf is not None and leaf.value is True:
        return
    yield Contradiction(
        "database-without-own-backup",
        ERROR,
        f"for {databases} no backup by the database's own means is demanded: an image of the machine is no backup of it",
        "say application: true",
        (leaf or case.gap("application"),),
        (Change(leaf.place if leaf else case.own("application"), True, "an image of the machine is not enough"),),
    )


def _unscheduled(case: Case, database: bool) -> Iterator[Contradiction]:
    """Find demands that no schedule and no log archive serves."""
    if "interval" in case.leaves or log_backed(case):
        return
    own = case.leaves.get("application")
    applied = database and own is not None and own.value is True
    rpo, limit = case.leaves.get("rpo"), case.seconds("rpo")
    if rpo is None and not applied:
        return
    demand = [leaf for leaf in (own if applied else None, rpo) if leaf is not None]
    every = fitting(limit)[0] if limit else "1d"
    why = f"gives the rpo of {duration_words(limit)}" if limit else "a demand needs a schedule"
    yield Contradiction(
        "demand-without-schedule",
        ERROR if applied else WARNING,
        f"{' and '.join(f'{leaf.place} ({leaf.written})' for leaf in demand)}: nothing says how often a backup is made",
        f"write {case.own('schedule', 'every')}",
        (*demand, case.gap("schedule", "every")),
        (Change(case.own("schedule", "every"), every, why),),
    )


def _rows(case: Case) -> Iterator[Contradiction]:
    media, copies = case.leaves.get("media"), case.leaves.get("copies")
    if media is not None and copies is not None and (case.seconds("media") or 0) > (case.seconds("copies") or 0):
        yield Contradiction(
            "more-media-than-copies",
            ERROR,
            f"{media.place} is {media.written}, more than the {copies.written} of {copies.place}",
            "demand as many copies",
            (media, copies),
            (Change(copies.place, int(case.seconds("media") or 0), "as many copies as media"),),
        )
    full, every = case.leaves.get("full_interval"), case.leaves.get("interval")
    if (
        full is not None
        and every is not None
        and (case.seconds("full_interval") or 0) < (case.seconds("interval") or 0)
    ):
        yield Contradiction(
            "full-beyond-schedule",
            ERROR,
            f"{full.place} is {full.written}, and backups are made every {every.written} only",
            "run as often as full backups are wanted",
            (full, every),
            (Change(every.place, full.written, "as often as full backups are wanted"),),
        )
