"""When a place is full, by the median of the slopes between its measurements (Theil-Sen)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

LEAST_POINTS = 14
LEAST_SPAN = 7 * 86400.0
SAMPLE = 200
STEP = 0.02
"""Share of the room above which a fall is a clean-up, across which no slope is taken."""


def slope(measures: Sequence[tuple[float, float]], total: float) -> float | None:
    """Give bytes a second from (moment, bytes used); None from less than 14 measurements or 7 days.

    At most 200 measurements count, evenly taken. Falls by more than a fiftieth of the room are clean-ups: slopes are
    taken before and after, not across.
    """
    ordered = sorted(set(measures))
    if len(ordered) < LEAST_POINTS or ordered[-1][0] - ordered[0][0] < LEAST_SPAN:
        return None
    parts = _parts(_sampled(ordered), STEP * total)
    slopes = [
        (late[1] - early[1]) / (late[0] - early[0])
        for part in parts
        for index, early in enumerate(part)
        for late in part[index + 1 :]
        if late[0] > early[0]
    ]
    return median(slopes) if slopes else None


def _sampled(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(ordered) <= SAMPLE:
        return ordered
    step = (len(ordered) - 1) / (SAMPLE - 1)
    return [ordered[round(number * step)] for number in range(SAMPLE)]


def _parts(ordered: Sequence[tuple[float, float]], fall: float) -> list[list[tuple[float, float]]]:
    parts = [[ordered[0]]]
    for measure in ordered[1:]:
        if parts[-1][-1][1] - measure[1] > fall:
            parts.append([])
        parts[-1].append(measure)
    return parts


def until_full(used: float, total: float, per_second: float, limit: float = 0.85) -> float | None:
    """Give the seconds until this share of the room is taken, 0 when it is; None when it does not grow."""
    left = limit * total - used
    if left <= 0:
        return 0.0
    return left / per_second if per_second > 0 else None
