"""What each operator decides, on cells and operands that are already read into comparable values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from scanner.matching.cells import SurpriseError
from scanner.matching.patterns import LONGEST, pattern

SKEW = 300
"""Seconds by which a time may lie after the evidence's own time: two clocks never agree to the second."""


def _matches(text: str, compiled: Any) -> bool:
    if len(text) > LONGEST:
        raise SurpriseError(
            f"the text has {len(text)} characters, more than the {LONGEST} that a pattern is applied to"
        )
    try:
        return compiled.fullmatch(text) is not None
    except UnicodeEncodeError:
        raise SurpriseError("the text is not valid Unicode, so no pattern can be applied to it") from None


def _subset(held: Any, operand: Any) -> bool:
    if isinstance(held, Mapping):
        return bool(held.items() <= operand.items())
    return bool(operand.issuperset(held))


def _superset(held: Any, operand: Any) -> bool:
    if isinstance(held, Mapping):
        return bool(held.items() >= operand.items())
    return bool(operand.issubset(held))


def _within(address: Any, networks: tuple[Any, ...]) -> bool:
    return any(address.version == network.version and address.subnet_of(network) for network in networks)


HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "differs": operator.ne,
    "less": operator.lt,
    "at_most": operator.le,
    "greater": operator.gt,
    "at_least": operator.ge,
    "one_of": lambda value, operand: value in operand,
    "none_of": lambda value, operand: value not in operand,
    "contains": operator.contains,
    "lacks": lambda value, operand: operand not in value,
    "subset_of": _subset,
    "superset_of": _superset,
    "matches": _matches,
    "absent": lambda _value, operand: not operand,
    "present": lambda _value, operand: operand,
    "empty": lambda value, operand: (not value) is operand,
    "mode_within": lambda mode, mask: not mode & ~mask,
    "age_at_most": lambda age, longest: -SKEW <= age <= longest,
    "version_at_least": operator.ge,
    "within_cidr": _within,
}
"""Operator > whether a value that is there meets the operand; a time is given to age_at_most as its age."""

ON_ABSENT: Mapping[str, Callable[[bool], bool]] = {
    "absent": lambda operand: operand,
    "present": lambda operand: not operand,
    "empty": lambda operand: operand,
}
"""The operators that an absent value can meet; every other one it fails."""


def prepare(name: str, operand: Any) -> Any:
    """Bring a read operand into the form in which its predicate asks it; raises ValueError for a bad pattern."""
    if name == "matches":
        return pattern(operand)
    if name in ("one_of", "none_of", "subset_of", "superset_of") and isinstance(operand, tuple):
        return frozenset(operand)
    return operand
