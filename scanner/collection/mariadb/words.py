"""Words and versions of MariaDB and MySQL that several collectors share."""

from __future__ import annotations

from scanner.model.evidence import ABSENT, Absent, Gap, error
from scanner.transport.sql import Plain

MYSQL = 100_000
"""Versions below are MySQL's, from here on MariaDB's."""
_TRUE = frozenset({"on", "yes", "1", "true", "y"})
_FALSE = frozenset({"off", "no", "0", "false", "n", "disabled"})


def truth_of(value: Plain) -> bool | Absent | Gap:
    """Give a switch in any of the words for it as a cell of type bool; NULL is absent."""
    if value is None:
        return ABSENT
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else error(f"neither on nor off: {word[:40]}")


def switch(value: str) -> bool | Absent:
    """Give the value of a switch; absent for what is none, as numbers are."""
    word = value.strip().lower()
    if word.isdigit():
        return ABSENT
    return True if word in _TRUE else False if word in _FALSE else ABSENT
