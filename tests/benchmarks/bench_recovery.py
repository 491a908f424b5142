"""Recovery: what 50,000 restore points of 1,000 assets prove, all facts, in bounded time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import RECOVERY, derive_estate
from scanner.model.evidence import ABSENT, Evidence, Provenance, Query
from scanner.model.recovery import Demand, Generations, Place, Protected
from tests.benchmarks.figures import Figure, apart, peak

POINTS, ASSETS = 50_000, 1_000
NOW = 1_795_176_000.0
DAY = 86_400.0
LOCATIONS = 20


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds and memory (above the evidence's own) in a process of its own."""
    points = POINTS // 10 if quick else POINTS
    for assets, shape in ((ASSETS, f"{points:,} points of {ASSETS:,} assets"), (1, f"{points:,} points of one asset")):
        taken = apart(work, points, assets)
        note = f"slowest: {taken['slowest']}; the points themselves take {taken['before']:.0f} MB"
        yield Figure(f"derive all recovery facts: {shape}", taken["deriving"], "s", 10, note=note)
        yield Figure(f"memory for it: {shape}", taken["peak"] - taken["before"], "MB", 200)


def work(points: int, assets: int) -> dict[str, Any]:
    """Derive every fact once."""
    seen = _scene(points, assets)
    before, begun, slow = peak(), time.process_time(), (0.0, "")
    for fact in [name for name in RECOVERY if name.startswith("recovery.")]:
        start = time.process_time()
        rows = derive_estate(Query(fact), seen).rows
        assert rows or fact not in ("recovery.exposure", "recovery.retention", "recovery.coverage")
        slow = max(slow, (time.process_time() - start, fact))
    return {
        "deriving": time.process_time() - begun,
        "before": before,
        "slowest": f"{slow[1]} {slow[0]:.2f} s",
    }


def _scene(points: int, assets: int) -> Scene:
    demand = Demand(
        service_class="critical",
        rpo=DAY,
        interval=DAY,
        success_rate=0.95,
        min_history=30 * DAY,
        max_age=400 * DAY,
        generations=Generations(daily=7, weekly=4, monthly=2),
        offsite=True,
        copies=3,
        encrypted=True,
        verified_within=30 * DAY,
        tested_within=31 * DAY,
    )
    owned = [
        Protected(f"a{number}", "vm", (f"pbs:store/vm/{number}",), demand, site="home") for number in range(assets)
    ]
    each = max(1, points // assets)
    rows = [_row(number, back) for number in range(assets) for back in range(each)]
    runs = [_run(number, back) for number in range(assets) for back in range(min(each, 30))]
    usage = [
        {
            "location": f"store{spot}",
            "at": text_of(NOW - hour * 3600),
            "used": 10**12 - hour * 10**7,
            "total": 2 * 10**12,
        }
        for spot in range(LOCATIONS)
        for hour in range(720)
    ]
    stores = [{"system": "pbs", "location": f"store{spot}", "total": 2 * 10**12} for spot in range(LOCATIONS)]
    facts = {"backup.restore_point": rows, "backup.run": runs, "backup.usage": usage, "backup.location": stores}
    answers = {
        "pbs01": {
            name: Evidence(Query(name), tuple(held), None, Provenance(taken_at=text_of(NOW)))
            for name, held in facts.items()
        }
    }
    places = [Place(f"pbs01/store{spot}", "away" if spot % 2 else "home", "disk") for spot in range(LOCATIONS)]
    return Scene(text_of(NOW), "Europe/Berlin", owned, places, answers, {"pbs01": "pbs"}, {"pbs01": 1.0})


def _row(number: int, back: int) -> dict[str, Any]:
    at = NOW - back * DAY / 4 - number % 3600
    return {
        "system": "pbs",
        "object": f"vm/{number}",
        "asset_keys": [f"pbs:store/vm/{number}"],
        "location": f"store{back % LOCATIONS}",
        "point": f"vm/{number}/{back}",
        "kind": "snapshot",
        "data_time": text_of(at),
        "started_at": text_of(at),
        "completed_at": text_of(at + 600),
        "status": "ok",
        "verification": "ok",
        "verified_at": text_of(at + 3600),
        "verified_by": "pbs01",
        "encryption": "encrypted",
        "key_fingerprint": "aa:bb",
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": 10**9,
        "storage_class": ABSENT,
        "base": ABSENT,
    }


def _run(number: int, back: int) -> dict[str, Any]:
    at = NOW - back * DAY - 7200
    return {
        "system": "pbs",
        "run": f"r{number}-{back}",
        "job": "nightly",
        "kind": "backup",
        "asset_keys": [f"pbs:store/vm/{number}"],
        "started_at": text_of(at),
        "ended_at": text_of(at + 600),
        "status": "ok",
    }
