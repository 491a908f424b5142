"""The age of evidence: what is too old to speak for today is unknown."""

from __future__ import annotations

from dataclasses import replace

from scanner.matching.cells import moment
from scanner.matching.units import duration_words
from scanner.model.evidence import Evidence, error, unknown


def expire(evidence: Evidence, now: str, max_age: float | None, offset: float = 0.0) -> Evidence:
    """Give the evidence as it is, or without rows and with a gap when it is older than `max_age` seconds.

    `now` is RFC 3339; `offset` is the target's clock minus ours in seconds, as a snapshot records it. None lifts
    the limit. Evidence that does not say when it was taken is an error; so is one from the future beyond the limit.
    """
    if max_age is None:
        return evidence
    here, taken = moment(now), moment(evidence.provenance.taken_at)
    if here is None:
        raise ValueError(f"{now!r} is no time (write RFC 3339 with a zone, such as 2026-11-20T01:02:03Z)")
    if taken is None:
        return replace(evidence, rows=(), gap=error("the evidence does not say when it was taken"))
    age = here - (taken - offset)
    if age > max_age:
        aged, limit = duration_words(int(age), 2), duration_words(max_age, 2)
        return replace(evidence, rows=(), gap=evidence.gap or unknown(f"evidence is {aged} old, older than {limit}"))
    if -age > max_age:
        return replace(evidence, rows=(), gap=error(f"evidence is dated {duration_words(int(-age), 2)} in the future"))
    return evidence
