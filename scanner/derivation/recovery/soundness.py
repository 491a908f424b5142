"""Derives whether the points that recovery rests on were verified, and whether all are encrypted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.arithmetic import periods
from scanner.derivation.recovery.arithmetic.periods import text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.histories import History, estate, labels
from scanner.derivation.recovery.places import locations
from scanner.derivation.recovery.rows import MOST, demand_cells, under_doubt, whole
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

_NOT_MADE = ("running", "failed")


def verification(query: Query, scene: Scene) -> Evidence:
    """Give which needed points were not verified in time, and which failed.

    Needed are the newest point and the newest of each demanded period. One that was never verified counts from its
    completion, as verification comes round after a while; but one usable point must have been verified in time.
    A point that is not known may be one that is needed, so a doubt leaves it open unless a failure is known.
    """
    zone = estate(scene).zone
    return per_asset(query, scene, lambda standing: _verified(scene, standing, zone))


def _verified(scene: Scene, standing: Standing, zone: ZoneInfo | Gap) -> Row:
    history = standing.history
    demand, now, limit = history.asset.demand, history.now, history.asset.demand.verified_within
    sound = [
        point.verified_at
        for point in history.usable
        if point.verification == "ok" and point.verified_at is not None and point.verified_at <= now
    ]
    last = max(sound, default=None)
    needed = _needed(history, zone) if isinstance(zone, ZoneInfo) else history.usable[-1:]
    late = [point for point in needed if limit is not None and now - _seen(point) > limit]
    failed = [point for point in history.points if point.verification == "failed"]
    first = min((point.completed for point in history.usable if point.completed is not None), default=now)
    begun = first if history.created is None else min(first, history.created)
    young = limit is not None and not failed and last is None and history.created is not None and now - begun < limit
    open_ = zone if isinstance(zone, Gap) else history.doubt
    age = None if last is None else now - last
    return {
        **asset_cells(standing, next(iter((*failed, *late)), min(needed, key=_seen, default=None))),
        **demand_cells(scene, demand, "verified_within", "verified_within", whole(limit)),
        "needed": len(needed),
        "last_verified": text_of(last) if last is not None else ABSENT,
        "age": under_doubt(whole(age), open_, stands=age is not None and limit is not None and age <= limit),
        "unverified": under_doubt(labels(late), open_, stands=False),
        "failed": under_doubt(labels(failed) if history.points else ABSENT, open_, stands=bool(failed)),
        "pending": young,
    }


def _seen(point: Point) -> float:
    """Give when a point was last known to be sound: verified, or else made."""
    if point.verification == "ok" and point.verified_at is not None:
        return point.verified_at
    return point.completed or 0.0


def _needed(history: History, zone: ZoneInfo) -> list[Point]:
    """Give the newest point, and the newest of each demanded period that has one."""
    found = {id(point): point for point in history.usable[-1:]}
    generations = history.asset.demand.generations
    if generations is not None and history.usable:
        newest = history.usable[-1].data or 0.0
        wants = periods.demanded(generations.tiers(), generations.anchor, newest, history.now, zone, history.created)
        for tier, begins in wants.items():
            latest = {periods.period(tier, point.data or 0.0, zone): point for point in history.usable}
            found.update((id(latest[begin]), latest[begin]) for begin in begins if begin in latest)
    return list(found.values())


def encryption(query: Query, scene: Scene) -> Evidence:
    """Give how many points are encrypted, by themselves or by the place that holds them.

    An unknown point may be plain, so a doubt leaves it open unless a plain one is known.
    """
    held = locations(scene)
    return per_asset(query, scene, lambda standing: _encrypted(scene, standing, held))


def _encrypted(scene: Scene, standing: Standing, held: Mapping[tuple[str, str], Row]) -> Row:
    history = standing.history
    demand, doubt = history.asset.demand, history.doubt
    points = [point for point in [*history.points, *history.reused] if point.status not in _NOT_MADE]
    kinds = [(_how(point, held), point) for point in points]
    by_place = sum(how == "place" for how, _ in kinds)
    encrypted = sum(how in ("encrypted", "place") for how, _ in kinds)
    plain = [point for how, point in kinds if how in ("plain", "signed")]
    unclear = [point for how, point in kinds if how == ""]
    keys = sorted({point.fingerprint for point in points if point.fingerprint})
    strange = [key for key in keys if demand.fingerprints and key not in demand.fingerprints]
    percent: Cell = 100 * encrypted // len(points) if points else ABSENT
    return {
        **asset_cells(standing, next(iter((*plain, *unclear)), standing.newest)),
        **demand_cells(scene, demand, "demanded", "encrypted", demand.encrypted),
        "points": len(points),
        "encrypted": encrypted,
        "by_place": by_place,
        "percent": under_doubt(percent, doubt, stands=False),
        "plain": under_doubt(labels(plain), doubt, stands=bool(plain)),
        "unclear": under_doubt(labels(unclear), doubt, stands=bool(unclear)),
        "keys": keys[:MOST],
        **demand_cells(scene, demand, "approved", "fingerprints", list(demand.fingerprints) or None),
        "unapproved": under_doubt(strange[:MOST], doubt, stands=bool(strange)),
        **demand_cells(scene, demand, "in_transit_demanded", "encrypted_in_transit", demand.encrypted_in_transit),
        "in_clear": _in_clear(points, held, doubt),
    }


def _in_clear(points: Sequence[Point], held: Mapping[tuple[str, str], Row], doubt: Gap | None) -> Cell:
    """Name the places that data reach in clear; one that does not tell may be such a place."""
    ways = {point.place: held.get((point.target, point.location), {}).get("transport", ABSENT) for point in points}
    clear = sorted(place for place, way in ways.items() if way == "plain")
    untold = sorted(place for place, way in ways.items() if not isinstance(way, str))
    silent: Gap | None = None
    if untold:
        silent = unknown(f"how data reach {', '.join(untold[:5])}{', …' if len(untold) > 5 else ''} is not told")
    return clear[:MOST] or first_gap(doubt, silent) or []


def _how(point: Point, held: Mapping[tuple[str, str], Row]) -> str:
    """Tell how a point lies: encrypted, signed, plain, by its `place`; empty where nothing tells."""
    if point.encryption is not None:
        return point.encryption
    place = held.get((point.target, point.location), {}).get("encryption")
    return "place" if place == "encrypted" else place if place == "plain" else ""
