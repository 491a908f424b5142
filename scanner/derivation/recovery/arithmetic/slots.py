"""How reliably something ran, by the slots of its schedule (backups: section success rate)."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.value import value

LEAST = 3
"""Slots below which a rate says nothing."""
SHORTEST = 60.0


@value(frozen=True, slots=True)
class Tally:
    """Slots (or attempts) that are over, by what became of them."""

    succeeded: int = 0
    failed: int = 0
    missed: int = 0

    @property
    def slots(self) -> int:
        """All of them."""
        return self.succeeded + self.failed + self.missed

    @property
    def percent(self) -> int | None:
        """Share that succeeded, rounded down; None from less than three."""
        return None if self.slots < LEAST else 100 * self.succeeded // self.slots


GOOD = ("ok", "warning")
BAD = ("failed", "cancelled", "partial")


def tally(
    attempts: Sequence[tuple[float, str]], now: float, begin: float, interval: float | None, good: Sequence[str] = GOOD
) -> Tally:
    """Count slots from (start, status) of attempts since `begin`; without an interval the attempts themselves.

    Slots are laid so that the newest attempt stands in the middle of one: small delays never move a run into the
    next slot. A slot is missed when nothing ran and a tenth of the interval (an hour at most) has passed since it
    was due. Running attempts and slots that are not over are left out.
    """
    known = [(start, status) for start, status in attempts if begin <= start <= now]
    if interval is None:
        ended = [status for _, status in known if status != "running"]
        succeeded = sum(status in good for status in ended)
        return Tally(succeeded, len(ended) - succeeded, 0)
    length = max(interval, SHORTEST)
    newest = max((start for start, _ in known), default=now - length)
    base = newest - length / 2
    states: dict[int, str] = {}
    for start, status in known:
        number = int((start - base) // length)
        if status in good:
            states[number] = "succeeded"
        elif status == "running":
            states.setdefault(number, "running")
        elif states.get(number) != "succeeded":
            states[number] = "failed"
    first = -int((base - begin) // length)
    tolerance = min(length / 10, 3600.0)
    last = int((now - tolerance - length / 2 - base) // length)
    found = [states.get(number, "missed") for number in range(first, max(last, 0) + 1)]
    if last < 0 and found:
        found[-1] = states.get(0, "running")
    return Tally(found.count("succeeded"), found.count("failed"), found.count("missed"))
