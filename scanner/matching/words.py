"""Tests in words: what a row had to be, as it stands in findings."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.matching.convert import show
from scanner.matching.operators import OPERATORS
from scanner.model.fact import Type

_PHRASES: Mapping[str, str] = {
    "equals": "is {}",
    "differs": "is not {}",
    "less": "is less than {}",
    "at_most": "is at most {}",
    "greater": "is more than {}",
    "at_least": "is at least {}",
    "one_of": "is one of {}",
    "none_of": "is none of {}",
    "contains": "contains {}",
    "lacks": "does not contain {}",
    "subset_of": "holds nothing but {}",
    "superset_of": "holds all of {}",
    "matches": "matches {}",
    "mode_within": "is {} or stricter",
    "age_at_most": "is at most {} old",
    "version_at_least": "is {} or later",
    "within_cidr": "lies within {}",
}

_YES_OR_NO: Mapping[str, tuple[str, str]] = {
    "absent": ("is absent", "is present"),
    "present": ("is present", "is absent"),
    "empty": ("is empty", "is not empty"),
}


def phrase(name: str, type_: Type, operand: object) -> str:
    """Give the predicate in words, such as `is at most 90 d`; `type_` is the field's."""
    if name in _YES_OR_NO:
        return _YES_OR_NO[name][0 if operand else 1]
    return _PHRASES[name].format(show(OPERATORS[name].operand(type_), operand))


def phrase_of_field(name: str, other: str) -> str:
    """Give the predicate in words where the operand is another field of the row."""
    return _PHRASES.get(name, f"is {name} as told by {{}}").format(f"the field {other}")
