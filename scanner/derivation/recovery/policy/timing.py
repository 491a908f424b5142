"""Demands on time that the policy's own schedule, systems and storage cannot meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scanner.derivation.recovery.policy.findings import ERROR, Case, Change, Contradiction
from scanner.derivation.recovery.retrieval import HOUR, fetching
from scanner.matching.units import duration_words, size_words
from scanner.model.recovery import Leaf

LOG_SYSTEMS: Final = ("pgbackrest", "barman", "wal-g", "pbm", "rds")
"""Systems whose archive of transaction logs can be listed and shown to be unbroken."""
_ARCHIVER: Final = {"mongodb": "pbm", "postgres": "pgbackrest"}
"""Platform > a system that archives its logs."""

NICE: Final = (
    ("12h", 12 * HOUR),
    ("8h", 8 * HOUR),
    ("6h", 6 * HOUR),
    ("4h", 4 * HOUR),
    ("3h", 3 * HOUR),
    ("2h", 2 * HOUR),
    ("1h", HOUR),
    ("30m", 1800.0),
    ("15m", 900.0),
    ("10m", 600.0),
    ("5m", 300.0),
    ("1m", 60.0),
)
"""Intervals that people schedule by, the longest first."""


def check_timing(case: Case) -> Iterator[Contradiction]:
    """Find demands on RPO and RTO that cannot be met."""
    yield from _log_archive(case)
    yield from _schedule(case)
    yield from _retrieval(case)
    yield from _transfer(case)


def log_backed(case: Case) -> bool:
    """True when recovery to any moment is demanded, and a system that is allowed can show it."""
    systems = case.words("systems")
    pitr = case.leaves.get("pitr")
    return pitr is not None and pitr.value is True and (not systems or any(name in LOG_SYSTEMS for name in systems))


def _log_archive(case: Case) -> Iterator[Contradiction]:
    pitr, systems = case.leaves.get("pitr"), case.leaves.get("systems")
    if pitr is None or pitr.value is not True or systems is None or log_backed(case):
        return
    better = next((_ARCHIVER[name] for name in case.platforms if name in _ARCHIVER), "")
    change = Change(systems.place, [*case.words("systems"), better], "can show that its log archive is unbroken")
    yield Contradiction(
        "pitr-not-provable",
        ERROR,
        f"{pitr.place} demands recovery to any moment, and of {systems.written} no unbroken log archive can be shown",
        f"allow one of {', '.join(LOG_SYSTEMS)} in {systems.place}",
        (pitr, systems),
        (change,) if better else (),
    )


def _schedule(case: Case) -> Iterator[Contradiction]:
    rpo, interval, duration = case.leaves.get("rpo"), case.leaves.get("interval"), case.leaves.get("duration")
    limit, every = case.seconds("rpo"), case.seconds("interval")
    if rpo is None or interval is None or limit is None or every is None or log_backed(case):
        return
    runs = case.seconds("duration") or 0.0
    stated = case.seconds("grace")
    grace = stated if stated is not None else min(limit / 10, HOUR)
    if every + runs <= limit + grace:
        return
    lost = f"{duration_words(every + runs)} with the run's {duration.written}" if duration is not None else "that much"
    yield Contradiction(
        "rpo-below-schedule",
        ERROR,
        f"{rpo.place} is {rpo.written}, and backups every {interval.written} may lose {lost}",
        f"run it more often than every {duration_words(limit)}, or archive logs and say pitr: true",
        tuple(leaf for leaf in (rpo, interval, duration) if leaf is not None),
        _more_often(case, limit, runs),
    )


def _more_often(case: Case, limit: float, runs: float) -> tuple[Change, ...]:
    text, seconds = fitting(limit, runs)
    place = case.written_at("interval", "schedule", "every")
    changes = [Change(place, text, f"gives the rpo of {duration_words(limit)}")]
    if runs and seconds + runs > limit:
        changes.append(
            Change(case.written_at("duration", "schedule", "duration"), text, f"leaves room in {duration_words(limit)}")
        )
    return tuple(changes)


def fitting(limit: float, runs: float = 0.0) -> tuple[str, float]:
    """Give the longest usual interval that loses less than `limit` when a run takes `runs` seconds."""
    for text, seconds in NICE:
        if seconds < limit and seconds + runs <= limit:
            return text, seconds
    half = [entry for entry in NICE if entry[1] <= limit / 2]
    return half[0] if half else (f"{max(1, int(limit / 2))}s", limit / 2)


def _retrieval(case: Case) -> Iterator[Contradiction]:
    classes = case.leaves.get("offsite_classes")
    required = case.leaves.get("offsite")
    rto = case.leaves.get("offsite_rto") or case.leaves.get("rto")
    if classes is None or rto is None or not isinstance(rto.value, (int, float)):
        return
    if required is not None and required.value is False:
        return
    seconds, leaf = _fastest(case)
    if seconds <= rto.value:
        return
    words = f"takes up to {duration_words(seconds)} to fetch"
    yield Contradiction(
        "rto-below-retrieval",
        ERROR,
        f"{rto.place} is {rto.written}, and when the site is lost, a copy in {classes.written} {words}",
        "name a storage class that answers at once, or say by offsite.rto what holds when the site is lost",
        (rto, classes, *leaf),
        (Change(classes.place, ["GLACIER_IR"], "answers at once"),),
    )


def _fastest(case: Case) -> tuple[float, tuple[Leaf, ...]]:
    """Give the retrieval time of the fastest class that is allowed, and the leaf that says how it is fetched."""
    way = case.leaves.get("offsite_retrieval")
    mode = str(way.value) if way is not None else "standard"
    times = [fetching(name, mode, case.seconds("size")) for name in case.words("offsite_classes")]
    return min(times, default=0.0), (way,) if way is not None else ()


def _transfer(case: Case) -> Iterator[Contradiction]:
    rto, size, rate = case.leaves.get("rto"), case.leaves.get("size"), case.leaves.get("rate")
    limit, amount, speed = case.seconds("rto"), case.seconds("size"), case.seconds("rate")
    measured = [place.rate for place in case.policy.places if place.rate]
    if speed is None and measured:
        speed = max(measured)
    if rto is None or size is None or not limit or not amount or not speed:
        return
    needed = amount / speed + (case.seconds("allowance") or 0.0)
    if needed <= limit:
        return
    found = f"{size_words(int(speed))}/s" if rate is None else rate.written
    yield Contradiction(
        "rto-below-transfer",
        ERROR,
        f"{rto.place} is {rto.written}, and {size.written} at {found} take {duration_words(round(needed), 2)}",
        f"restore at {size_words(int(amount / limit) + 1)}/s or more, or allow more time",
        tuple(leaf for leaf in (rto, size, rate, case.leaves.get("allowance")) if leaf is not None),
    )
