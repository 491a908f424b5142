"""All checks of a recovery policy against itself."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.derivation.recovery.policy.agreement import check_documents, check_precedence, check_units, check_use
from scanner.derivation.recovery.policy.cases import cases
from scanner.derivation.recovery.policy.findings import ERROR, Contradiction
from scanner.derivation.recovery.policy.holding import check_holding
from scanner.derivation.recovery.policy.missing import check_missing
from scanner.derivation.recovery.policy.timing import check_timing
from scanner.model.recovery import RecoveryPolicy


def contradictions(policy: RecoveryPolicy) -> tuple[Contradiction, ...]:
    """Give everything in a policy that cannot hold, each once, errors first, then in the order of the file."""
    found: dict[tuple[str, ...], Contradiction] = {}
    for each in _all(policy):
        found.setdefault(each.key, each)
    return tuple(sorted(found.values(), key=lambda each: (each.severity != ERROR, each.code, _line(each))))


def _all(policy: RecoveryPolicy) -> Iterator[Contradiction]:
    for case in cases(policy):
        yield from check_timing(case)
        yield from check_holding(case)
        yield from check_missing(case)
        yield from check_precedence(case)
    yield from check_documents(policy)
    yield from check_units(policy)
    yield from check_use(policy)


def _line(found: Contradiction) -> int:
    return min((leaf.line for leaf in found.leaves), default=0)
