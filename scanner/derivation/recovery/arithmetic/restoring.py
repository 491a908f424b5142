"""How long a restore takes, and how many assets of a class must be tested (backups: section restore tests)."""

from __future__ import annotations

from math import isqrt


def needed(assets: int) -> int:
    """Give how many assets of a class a period must test: the square root of their number, rounded up."""
    return 0 if assets <= 0 else isqrt(assets - 1) + 1


def scaled(seconds: float, tested: int | None, size: int | None) -> tuple[float, bool]:
    """Scale a measured time to today's size where that is larger than what was tested; tell whether it was."""
    if tested and size and size > tested:
        return seconds * size / tested, True
    return seconds, False
