"""A restore point as a plain value, and whether it can be used."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from scanner.model.value import value

SKEW = 300.0
"""Seconds by which a point may seem to lie in the future: two clocks never agree."""


@value(frozen=True, slots=True)
class Point:
    """A restore point of one asset in one place; None stands for what the system does not say."""

    data: float | None
    """Moment up to which data can be recovered."""
    completed: float | None
    """When it was complete; None while it is not."""
    status: str = "ok"
    """ok, warning, partial, failed or running."""
    verification: str = "none"
    """ok, failed or none."""
    system: str = ""
    target: str = ""
    location: str = ""
    object: str = ""
    point: str = ""
    kind: str = ""
    verified_at: float | None = None
    verified_by: str = ""
    encryption: str | None = None
    """encrypted, signed or plain."""
    fingerprint: str = ""
    protected: bool = False
    expires: float | None = None
    immutable_until: float | None = None
    size: int | None = None
    storage_class: str = ""
    base: str = ""

    @property
    def place(self) -> str:
        """Where it lies: `target/location`."""
        return f"{self.target}/{self.location}"

    @property
    def label(self) -> str:
        """How findings call it: `system target/location point`."""
        return f"{self.system} {self.target}/{self.location} {self.point}"


def future(point: Point, now: float, skew: float = SKEW) -> bool:
    """Tell whether a point is stamped further in the future than clocks may differ."""
    return any(at is not None and at > now + skew for at in (point.data, point.completed))


def why_unusable(point: Point, now: float, accept: Collection[str] = ("ok", "warning"), skew: float = SKEW) -> str:
    """Say why nothing can be restored from a point; an empty text when it can be used."""
    if point.status not in accept:
        return {"running": "still running"}.get(point.status, point.status)
    if point.data is None:
        return "without a time of its data"
    if point.completed is None:
        return "not complete"
    if future(point, now, skew):
        return "stamped in the future"
    return "verification failed" if point.verification == "failed" else ""


def broken_chains(points: Collection[Point], why: Mapping[str, str]) -> dict[str, str]:
    """Give the ids of points that lack a base to be restored, each with the reason; all of one object in one place.

    `why` tells by id which points cannot be used by themselves. A base that is not listed breaks the chain too.
    """
    by_name = {point.point: point for point in points}
    broken: dict[str, str] = {}
    for point in points:
        if point.base:
            said = _why_broken(point, by_name, why)
            if said:
                broken[point.point] = said
    return broken


def _why_broken(point: Point, by_name: Mapping[str, Point], why: Mapping[str, str]) -> str:
    seen, link = {point.point}, point
    while link.base:
        base = by_name.get(link.base)
        if base is None:
            return f"its base {link.base} is not there"
        if base.point in seen:
            return "its chain of bases never ends"
        if base.point in why:
            return f"its base {base.point} cannot be used: {why[base.point]}"
        seen.add(base.point)
        link = base
    return ""
