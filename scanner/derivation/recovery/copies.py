"""Derives what lies at another site, and how many copies of each asset fail apart from each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from scanner.derivation.recovery.arithmetic.periods import DAY, text_of
from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.histories import History, estate
from scanner.derivation.recovery.places import Places, locations, places
from scanner.derivation.recovery.retention import history_limit
from scanner.derivation.recovery.rows import MOST, demand_cells, under_doubt, whole, words
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, per_asset
from scanner.model.evidence import ABSENT, Evidence, Query, Row, unknown

NO_COPY = ("csi-snapshot",)
"""Systems whose points lie on the very storage that they protect."""
_NOWHERE = unknown("the site of the asset is not known (name it in the inventory or the policy)")


def offsite(query: Query, scene: Scene) -> Evidence:
    """Give what lies at a site other than the asset's; a place whose site is not declared counts for nothing."""
    declared = places(scene)
    return per_asset(query, scene, lambda standing: _offsite(scene, standing, declared))


def away(history: History, declared: Places) -> list[Point]:
    """Give the usable points that lie at another site; none where the asset's own is not known."""
    site = history.asset.site
    if not site:
        return []
    return [
        point
        for point in history.usable
        if (place := declared.of(point)) is not None and place.site and place.site != site
    ]


def _offsite(scene: Scene, standing: Standing, declared: Places) -> Row:
    history, attempts = standing.history, standing.attempts
    demand, now = history.asset.demand, history.now
    far = away(history, declared)
    there = {id(point) for point in far}
    near = [point for point in history.usable if id(point) not in there]
    unnamed = {point.place for point in near if (place := declared.of(point)) is None or not place.site}
    doubt = history.doubt if history.asset.site else _NOWHERE
    newest = far[-1].data if far else None
    lag = _lag(newest, near)
    uncopied = [point.data for point in near if point.data is not None and point.data > (newest or 0.0)]
    classes = sorted({point.storage_class for point in far if point.storage_class})
    unclassed = [point for point in far if not point.storage_class] if demand.offsite_classes else []
    others = [name for name in classes if demand.offsite_classes and name not in demand.offsite_classes]
    others += ["of a class that is not told"] if unclassed else []
    reach = now - (far[0].data or now) if far else None
    limit = history_limit(history, attempts, demand.offsite_history)
    surely = newest is not None and demand.offsite_lag is not None and now - newest <= demand.offsite_lag
    return {
        **asset_cells(standing, far[-1] if far else None),
        **demand_cells(scene, demand, "demanded", "offsite", demand.offsite),
        "pending": _too_young(history),
        "present": under_doubt(bool(far), doubt, stands=bool(far)),
        "places": sorted({point.place for point in far})[:MOST],
        "undeclared": sorted(unnamed)[:MOST],
        "newest_offsite": ABSENT if newest is None else text_of(newest),
        "lag": under_doubt(whole(lag), doubt, stands=surely, known=_told(lag)),
        **demand_cells(scene, demand, "max_lag", "offsite_lag", whole(demand.offsite_lag)),
        "uncopied": whole(now - min(uncopied)) if uncopied else ABSENT,
        "classes": classes,
        **demand_cells(scene, demand, "allowed_classes", "offsite_classes", list(demand.offsite_classes) or None),
        "other_classes": under_doubt(others, doubt, stands=bool(others)),
        "history": under_doubt(whole(reach), doubt, stands=reach is not None and limit is not None and reach >= limit),
        **demand_cells(scene, demand, "history_demanded", "offsite_history", whole(demand.offsite_history)),
        "history_limit": scene.policy or whole(limit),
    }


def _lag(newest: float | None, near: Sequence[Point]) -> float | None:
    if newest is None:
        return None
    return max(0.0, (near[-1].data or 0.0) - newest) if near else 0.0


def _told(lag: float | None) -> str:
    return "no copy at another site is known" if lag is None else f"the known points give {words(lag)}"


def _too_young(history: History) -> bool:
    """Tell whether no copy can be expected yet: no point is, or the asset is younger than copies may lag behind."""
    within = history.due + (history.asset.demand.offsite_lag or 0.0)
    return history.age is not None and history.age < within


def copies(query: Query, scene: Scene) -> Evidence:
    """Give the copies of each asset that fail apart from each other, the data in use being one.

    Known copies suffice to pass. That all their newest points were verified is only known where all points are.
    """
    seen, held = places(scene), locations(scene)
    twins = _twins(scene)
    return per_asset(query, scene, lambda standing: _copies(scene, standing, seen, held, twins))


def _copies(
    scene: Scene, standing: Standing, declared: Places, held: Mapping[tuple[str, str], Row], twins: Mapping[str, str]
) -> Row:
    history = standing.history
    demand, doubt = history.asset.demand, history.doubt
    oldest = max(7 * DAY, demand.offsite_lag or 0.0, 2 * (demand.interval or 0.0))
    fresh = [
        point for point in history.usable if point.system not in NO_COPY and (point.data or 0.0) >= history.now - oldest
    ]
    newest: dict[str, Point] = {}
    for point in fresh:
        newest[point.place] = point
    domains, media = set(), set()
    for point in newest.values():
        place = declared.of(point)
        domains.add((place.domain if place else "") or point.target)
        if place is not None and place.medium:
            media.add(place.medium)
    number = len(domains) + 1
    safe = sorted({point.place for point in fresh if _safe(history, point, declared, held)})
    unsound = [(point, why) for point in newest.values() if (why := _unsound(history, point, twins))]
    errors = [f"{point.label}: {why}" for point, why in unsound]
    enough = demand.copies is not None and number >= demand.copies
    kinds = len(media)
    return {
        **asset_cells(standing, unsound[0][0] if unsound else standing.newest),
        "pending": history.pending(history.due),
        "max_copy_age": whole(oldest),
        "copies": under_doubt(number, doubt, stands=enough, known=f"{number} are known"),
        **demand_cells(scene, demand, "demanded", "copies", demand.copies),
        "held_by": sorted(newest)[:MOST],
        "media": under_doubt(
            kinds, doubt, stands=demand.media is not None and kinds >= demand.media, known=f"{kinds} are known"
        ),
        **demand_cells(scene, demand, "media_demanded", "media", demand.media),
        "media_kinds": sorted(media),
        "immutable": under_doubt(bool(safe), doubt, stands=bool(safe)),
        **demand_cells(scene, demand, "immutable_demanded", "immutable", demand.immutable),
        "immutable_at": safe[:MOST],
        "errors": under_doubt(errors[:MOST], doubt, stands=bool(errors)),
    }


def _safe(history: History, point: Point, declared: Places, held: Mapping[tuple[str, str], Row]) -> bool:
    """Tell whether nobody can delete a point, for as long as demanded."""
    place = declared.of(point)
    if place is not None and place.offline:
        return True
    until = history.now + (history.asset.demand.immutable_for or 0.0)
    if point.immutable_until is not None:
        return point.immutable_until > until
    return held.get((point.target, point.location), {}).get("immutable") is True


def _unsound(history: History, point: Point, twins: Mapping[str, str]) -> str:
    """Say why the newest point of a copy is not known to be sound there; empty when it is."""
    limit = history.asset.demand.verified_within
    if limit is None:
        return ""
    if point.verification != "ok" or point.verified_at is None:
        waiting = history.now - (point.completed or 0.0) <= limit
        older = any(_verified_there(each, point, history.now - limit, twins) for each in history.usable)
        return "" if waiting and older else "never verified there"
    if twins.get(_mark(point), point.target) != point.target:
        return f"verified on {twins[_mark(point)]}, not there"
    return "" if history.now - point.verified_at <= limit else "verified too long ago"


def _verified_there(point: Point, like: Point, since: float, twins: Mapping[str, str]) -> bool:
    return (
        point.place == like.place
        and point.verification == "ok"
        and (point.verified_at or 0.0) >= since
        and twins.get(_mark(point), point.target) == point.target
    )


def _mark(point: Point) -> str:
    return f"{point.verified_by} {point.verified_at} {point.data} {point.object}"


def _twins(scene: Scene) -> Mapping[str, str]:
    """Give for verifications that several targets show alike the target where they were made.

    A copy that is pulled brings the verification of its source along. The target called like the node that verified
    made it, or else the one where the point was complete first.
    """
    groups: dict[str, dict[str, Point]] = defaultdict(dict)
    for history in estate(scene).histories:
        for point in history.usable:
            if point.verification == "ok" and point.verified_by:
                groups[_mark(point)].setdefault(point.target, point)
    return {
        mark: min(by_target.values(), key=lambda each: (each.target != each.verified_by, each.completed or 0.0)).target
        for mark, by_target in groups.items()
        if len(by_target) > 1
    }
