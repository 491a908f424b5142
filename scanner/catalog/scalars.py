"""What a plain YAML scalar means: the few spellings that all programs read alike, and traps for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "": None, "~": None, "null": None}
_LONGEST_WORD = len("false")
_SWITCHES = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_NULLS = ("Null", "NULL")
_NUMERIC = frozenset("0123456789+-.")
"""What begins with none of these is no number and no date."""
_MAX_DIGITS = 18
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_NUMBERLIKE = re.compile(
    r"""[-+]?(?:
        0[xob][0-9a-f_]+                              # 0x1f, 0o644, 0b1
      | [0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?        # 1:30
      | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[-+]?[0-9]+)?   # 0644, 1_000, +5, 1e3, .5, 1.
      | \.inf
    ) | \.nan""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Trap:
    """Why a plain scalar is refused, and what to write instead."""

    what: str
    remedy: str


def plain(text: str) -> Any:
    """Give what a plain scalar means: None, bool, int, float, date, datetime, text, or a Trap.

    The words and numbers that YAML 1.1 and 1.2 read differently (`yes`, `0644`, `1:30`, `1_000`, `0x1f`, `1e3`,
    `.inf`) are traps, as are dates that do not exist and times without a zone.
    """
    if text[:1] not in _NUMERIC:
        return _word(text) if len(text) <= _LONGEST_WORD else text
    if _DATE.match(text):
        return _moment(text)
    if _INT.fullmatch(text):
        return int(text) if len(text.lstrip("-")) <= _MAX_DIGITS else _trap(text, "quote it")
    if _FLOAT.fullmatch(text) and len(text) <= _MAX_DIGITS:
        return float(text)
    return _trap(text, "write a plain decimal number, or quote it") if _NUMBERLIKE.fullmatch(text) else text


def _word(text: str) -> Any:
    """Give what a short word means that is no number."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if meant := _SWITCHES.get(text.lower()):
        return _trap(text, f"write {meant}, or quote it")
    return _trap(text, "quote it") if text in _NULLS else text


def text_as_key(text: str) -> bool:
    """True when a plain scalar serves as a key: text, or one of the words `on`, `off`, `yes`, `no`."""
    return type(plain(text)) is str or text in ("on", "off", "yes", "no")


def _trap(text: str, remedy: str) -> Trap:
    shown = text if len(text) <= 2 * _MAX_DIGITS else text[: 2 * _MAX_DIGITS] + "…"
    return Trap(f"plain '{shown}' is read differently by YAML programs", f'{remedy}: "{shown}"')


def _moment(text: str) -> date | datetime | Trap | str:
    """Give the date or the time with zone that the text spells; text that only begins like one stays text."""
    try:
        if len(text) == len("2026-12-01"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Trap(f"'{text}' is no day of the calendar", "mend it") if _DATE.fullmatch(text) else text
    if moment.tzinfo is None:
        return Trap(f"the time '{text}' has no zone", f'end it with Z: {text}Z, or quote it: "{text}"')
    return moment
