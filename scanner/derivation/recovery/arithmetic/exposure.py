"""How much data would be lost: now, and at the worst moment of a window (backups: section RPO)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.model.value import value


@value(frozen=True, slots=True)
class Exposure:
    """What a sweep over usable points found."""

    now: float
    worst: float
    worst_at: float
    """Moment of the highest exposure, just before a completion or now."""
    since: float
    """From when on the points tell: the window's begin, or the first completion if that is later."""


def exposure(
    points: Iterable[tuple[float, float]],
    now: float,
    window: float,
    archives: Sequence[tuple[float, float]] = (),
) -> Exposure | None:
    """Sweep over (moment of the data, completion) of usable points; None when there is none.

    At a moment t the exposure is t less the newest data that was complete by t. It peaks just before a
    completion, or now. The time before the first completion is not told by points, and does not count. `archives`
    are spans (completion of the base, end) of log archives without a gap: within one, every moment can be returned to.
    """
    begin = now - window
    newest: float | None = None
    worst, worst_at, since, last = 0.0, now, now, now

    def reached(at: float, data: float) -> float:
        return max([data, *(min(at, end) for start, end in archives if start < at)])

    # Of points complete at the same moment the newest comes first: the others add nothing.
    for completed, back in sorted((min(completed, now), -data) for data, completed in points):
        data = -back
        if newest is None:
            newest, since, last = data, max(begin, completed), completed
            continue
        if completed > max(begin, last) and completed - (before := reached(completed, newest)) > worst:
            worst, worst_at = completed - before, completed
        newest, last = max(newest, data), completed
    if newest is None:
        return None
    current = max(0.0, now - reached(now, newest))
    return Exposure(current, *((current, now) if current >= worst else (worst, worst_at)), since)


def grace(rpo: float, *, log_archive: bool) -> float:
    """Give the tolerance on an RPO: none for log archives, else a tenth of it, at most an hour."""
    return 0.0 if log_archive else min(rpo / 10, 3600.0)


def thinned(times: Sequence[float], most: int) -> list[float]:
    """Give at most so many of the sorted times, evenly, the first and the last among them."""
    if len(times) <= most:
        return list(times)
    step = (len(times) - 1) / (most - 1)
    return [times[round(number * step)] for number in range(most)]
