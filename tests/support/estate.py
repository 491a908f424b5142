"""Scenes of an estate in a few words: assets, places, and what backup systems answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import derive_estate
from scanner.model.evidence import ABSENT, Evidence, Gap, Provenance, Query, Row
from scanner.model.recovery import Demand, Place, Protected

NOW = 1795176000.0
TODAY = text_of(NOW)
HOUR, DAY = 3600.0, 86400.0


def ago(seconds: float) -> str:
    """Write the moment so long ago."""
    return text_of(NOW - seconds)


def point(age: float, took: float = 0.0, **more: Any) -> dict[str, Any]:
    """Make a restore point whose data are so old; `took` is how long making it lasted."""
    return {
        "system": "pbs",
        "object": "vm/101",
        "asset_keys": ["pbs:store1/vm/101"],
        "location": "store1",
        "point": f"vm/101/{ago(age)}",
        "kind": "snapshot",
        "data_time": ago(age),
        "started_at": ago(age),
        "completed_at": ago(age - took),
        "status": "ok",
        "verification": "none",
        "verified_at": ABSENT,
        "verified_by": ABSENT,
        "encryption": "encrypted",
        "key_fingerprint": "aa:bb",
        "protected": False,
        "expires_at": ABSENT,
        "immutable_until": ABSENT,
        "size": 10**9,
        "storage_class": ABSENT,
        "base": ABSENT,
        **more,
    }


def asset(name: str = "vm101", *keys: str, demand: Demand | None = None, **more: Any) -> Protected:
    """Make an asset; without keys it is vm/101 of store1."""
    more = {"kind": "vm", "owner": "ops", "site": "home", **more}
    return Protected(name, keys=keys or ("pbs:store1/vm/101",), demand=demand or Demand(), **more)


def scene(
    *assets: Protected,
    points: Iterable[Row] = (),
    lost: Gap | None = None,
    places: Iterable[Place] = (),
    more: Mapping[str, Mapping[str, Any]] | None = None,
    platforms: Mapping[str, str] | None = None,
    **rest: Any,
) -> Scene:
    """Make a scene in which `pbs01` lists the points; `more` gives target > fact > rows, a gap, or both."""
    given: dict[str, dict[str, Any]] = {"pbs01": {"backup.restore_point": (list(points), lost), "backup.run": []}}
    for target, facts in (more or {}).items():
        given.setdefault(target, {}).update(facts)
    answers = {target: {fact: _evidence(fact, held) for fact, held in facts.items()} for target, facts in given.items()}
    found = {"pbs01": "pbs", **(platforms or {})}
    offsets = rest.pop("offsets", {})
    zone = rest.pop("timezone", "UTC")
    return Scene(TODAY, zone, assets, tuple(places), answers, found, offsets, **rest)


def _evidence(fact: str, held: Any) -> Evidence:
    rows, gap = held if isinstance(held, tuple) else ([], held) if isinstance(held, Gap) else (held, None)
    return Evidence(Query(fact), tuple(rows), gap, Provenance(taken_at=TODAY))


def derive(fact: str, seen: Scene) -> Evidence:
    """Derive a fact."""
    return derive_estate(Query(f"recovery.{fact}"), seen)


def row(fact: str, seen: Scene) -> Row:
    """Derive a fact that has one row."""
    [found] = derive(fact, seen).rows
    return found
