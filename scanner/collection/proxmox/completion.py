"""When a restore point was complete: neither product says so, but tasks do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.model.evidence import Cell, unknown

_EARLY, _LATE = 120, 3600
"""A task may begin this much before or after the time that the backup bears, which is the client's."""


@dataclass(frozen=True, slots=True)
class Work:
    """One task that made points: Unix seconds; `ended` is 0 while it runs."""

    started: int
    ended: int
    good: bool = True


@dataclass(frozen=True, slots=True)
class Completion:
    """Tasks by object, and those that copied whole places."""

    own: Mapping[str, Sequence[Work]] = field(default_factory=dict)
    """Place and object > its tasks, sorted."""
    copies: Mapping[str, Sequence[Work]] = field(default_factory=dict)
    """Place > tasks that brought points from elsewhere, sorted."""

    def running(self, key: str, moment: int) -> bool:
        """Tell whether the task that makes this point is still under way."""
        work = self._own(key, moment, 0)
        return work is not None and not work.ended

    def known(self, key: str, moment: int, following: int) -> bool:
        """Tell whether a task made this point here."""
        return self._own(key, moment, following) is not None

    def seconds(self, key: str, place: str, moment: int, following: int) -> int:
        """Give when a point was complete, at the latest; 0 when nothing tells.

        `following` is the time of the object's next point: a new one is not begun before the last one ended.
        """
        work = self._own(key, moment, following)
        if work is not None and work.ended:
            return work.ended
        for copy in self.copies.get(place, ()):
            if copy.started > moment and copy.ended and copy.good:
                return copy.ended
        return following

    def _own(self, key: str, moment: int, following: int) -> Work | None:
        """Find the task that began with this point, and before the next one."""
        works = self.own.get(key, ())
        at = bisect_left(works, moment - _EARLY, key=lambda work: work.started)
        if at >= len(works):
            return None
        work = works[at]
        if work.started > moment + _LATE:
            return None
        return work if not following or work.started < following - _EARLY else None


def untold(place: str) -> Cell:
    """Give the cell of a point of which nobody says when it was complete."""
    return unknown(f"no task tells when it was complete ({place})")
