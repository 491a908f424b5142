"""What the settings of a PostgreSQL server's log come to: its files' names and place, and what each line tells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, single, source
from scanner.derivation.postgres.settings import in_force
from scanner.model.evidence import Cell, Evidence, Gap, Query, error

_TELLS = {
    "a": "application",
    "u": "user",
    "d": "database",
    "r": "client",
    "h": "client",
    "L": "server address",
    "b": "backend",
    "p": "process",
    "P": "leader",
    "t": "time",
    "m": "time",
    "n": "time",
    "i": "command",
    "e": "state",
    "c": "session",
    "l": "line",
    "s": "start",
    "v": "transaction",
    "x": "transaction",
    "Q": "query",
}
"""Letter of log_line_prefix > what it stands for (PostgreSQL manual, 20.8 Error Reporting and Logging)."""
_PREFIX_ESCAPE = re.compile(r"%-?\d*([A-Za-z%])")

_NAME_ESCAPE = re.compile(r"%[EO]?(.)", re.DOTALL)
_UNITS = {
    "C": "century",
    "y": "year",
    "g": "year",
    "Y": "year",
    "G": "year",
    "m": "month",
    "b": "month",
    "B": "month",
    "h": "month",
    "d": "day",
    "e": "day",
    "j": "day of year",
    "U": "week",
    "W": "week",
    "V": "week",
    "a": "weekday",
    "A": "weekday",
    "u": "weekday",
    "w": "weekday",
    "H": "hour",
    "k": "hour",
    "I": "half hour",
    "l": "half hour",
    "p": "half",
    "M": "minute",
    "S": "second",
    "s": "epoch",
}
_COMPOSED = {
    "D": "mdy",
    "x": "mdy",
    "F": "Ymd",
    "T": "HMS",
    "X": "HMS",
    "R": "HM",
    "r": "IMSp",
    "c": "YmdHMS",
    "v": "dbY",
    "+": "YmdHMS",
}
"""Letter > the letters that it stands for (strftime(3), the C locale)."""


def log_line(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.log_line: one row."""
    prefix = in_force(inputs, "log_line_prefix")
    escapes: Cell = prefix
    tells: Cell = prefix
    if isinstance(prefix, str):
        letters = [letter for letter in _PREFIX_ESCAPE.findall(prefix) if letter in _TELLS]
        escapes = list(dict.fromkeys(f"%{letter}" for letter in letters))
        tells = list(dict.fromkeys(_TELLS[letter] for letter in letters))
    return derived(query, [{"prefix": prefix, "escapes": escapes, "tells": tells}], None, inputs, taken_at)


def log_file(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.log_file: one row; a hidden setting leaves its own cells unknown and no others."""
    data = cell(single(source(inputs, "postgres.server")), "data_directory")
    pattern = in_force(inputs, "log_filename")
    row: dict[str, Cell] = {
        **_place(in_force(inputs, "log_directory"), data),
        "pattern": pattern,
        "repeats": repeats(pattern) if isinstance(pattern, str) else pattern,
    }
    return derived(query, [row], None, inputs, taken_at)


def _place(directory: Cell, data: Cell) -> dict[str, Cell]:
    """Give the cells `directory inside_data`; a path that is not absolute begins in the data directory."""
    if not isinstance(directory, str):
        return {"directory": directory, "inside_data": directory}
    if not isinstance(data, str):
        gap = data if isinstance(data, Gap) else error("the server names no data directory")
        return {"directory": directory if directory.startswith("/") else gap, "inside_data": gap}
    root = posixpath.normpath(data)
    path = posixpath.normpath(posixpath.join(root, directory))
    return {"directory": path, "inside_data": path == root or path.startswith(root.rstrip("/") + "/")}


def repeats(pattern: str) -> bool:
    """Tell whether a pattern of log_filename gives a name again after others: every unit needs the greater ones.

    An hour without its day comes back daily, a day without its month monthly. A year of two digits comes back after
    a century, which no log waits for. Escapes that are not known count as unchanging.
    """
    found = units(pattern)
    if "epoch" in found:
        return False
    if "year" not in found:
        return True
    day = "day of year" in found or {"month", "day"} <= found or {"week", "weekday"} <= found
    hour = "hour" in found or {"half hour", "half"} <= found
    needs = (
        ("day", "month" in found),
        ("weekday", day or "week" in found),
        ("hour", day),
        ("half hour", day and hour),
        ("half", day),
        ("minute", day and hour),
        ("second", day and hour and "minute" in found),
    )
    return not all(met for unit, met in needs if unit in found)


def units(pattern: str) -> set[str]:
    """Give the units of time that a pattern of strftime(3) writes out."""
    found: set[str] = set()
    for letter in _NAME_ESCAPE.findall(pattern):
        found.update(_UNITS[part] for part in _COMPOSED.get(letter, letter) if part in _UNITS)
    return found
