"""What a run tells of recovery, for sample reports: a database within its RPO, a machine beyond it, one not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_NOT_KNOWN = {"gap": "pbs02 could not be reached, and may hold its points"}


def recovery(now: str) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Give the rows of the facts that reports show, as of this time."""
    return {
        "recovery.exposure": (
            _exposure(now, "ledger", 900, every=600, number=100, late=240),
            _exposure(now, "win03", 14400, every=86400, number=9, late=93600),
            {
                **_exposure(now, "archive", 86400, every=86400, number=0, late=0),
                "exposure_now": _NOT_KNOWN,
                "exposure_worst": _NOT_KNOWN,
                "timeline": _NOT_KNOWN,
                "owner": None,
            },
        ),
        "recovery.restore_test": (
            {"asset": "ledger", "last": "2026-11-07T09:12:00Z", "last_drill": "2026-11-ledger"},
            {"asset": "win03", "last": None, "last_drill": None},
        ),
        "recovery.restore_time": (
            {"asset": "ledger", "rto": 3600, "rto_source": "recovery.md:159", "time": 1560},
            {"asset": "win03", "rto": 28800, "rto_source": "recovery.md:161", "time": None},
        ),
        "recovery.metric": (
            {
                "metric": "coverage",
                "safeguard": "11.2",
                "says": "Assets with a usable restore point of an authorised system",
                "numerator": 2,
                "denominator": 3,
                "undecided": 1,
                "percent": {"gap": "1 asset is undecided"},
            },
            {
                "metric": "tested",
                "safeguard": "11.5",
                "says": "Restores tested that worked",
                "numerator": 1,
                "denominator": 1,
                "undecided": 0,
                "percent": 100,
            },
        ),
    }


def _exposure(now: str, asset: str, rpo: int, *, every: int, number: int, late: int) -> dict[str, Any]:
    newest = datetime.fromisoformat(now).astimezone(UTC) - timedelta(seconds=late)
    points = [
        (newest - timedelta(seconds=every * step)).strftime("%Y-%m-%dT%H:%M:%SZ") for step in reversed(range(number))
    ]
    return {
        "asset": asset,
        "kind": "dataset",
        "owner": "ops",
        "service_class": "critical",
        "rpo": rpo,
        "rpo_source": "recovery.md:159",
        "limit": rpo + min(rpo // 10, 3600),
        "window": 2592000,
        "exposure_now": late if number else None,
        "exposure_worst": late + every if number else None,
        "newest": points[-1] if points else None,
        "deciding_point": f"pbs pbs01/store1 {asset}/{points[-1]}" if points else None,
        "timeline": points,
    }
