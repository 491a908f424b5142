"""Matchers of Alertmanager on labels that are only partly known: yes, no, or it depends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanner.matching.patterns import LONGEST, pattern

_MATCHER = re.compile(
    r'\s*(?P<name>"(?:\\.|[^"\\])*"|[^"=!~\s{}]+)\s*(?P<sign>=~|!~|!=|=)\s*(?P<value>.*?)\s*', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of alerts that do not exist yet: those that are certain, and those that may be there."""

    known: Mapping[str, str]
    possible: frozenset[str] = frozenset()
    """Names that their series may bring, with values that are not known."""
    open: bool = False
    """True when any other label may be there too."""

    def value(self, name: str) -> str | None:
        """Give the value of a label, empty where it is surely not there; None when it is not known."""
        if name in self.known:
            return self.known[name]
        return None if self.open or name in self.possible else ""


def fits(matchers: Iterable[str], labels: Labels) -> bool | None:
    """Tell whether all matchers fit; None when that depends on what is not known."""
    verdicts = [_fits(each, labels) for each in matchers]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _fits(matcher: str, labels: Labels) -> bool | None:
    found = _MATCHER.fullmatch(matcher)
    if found is None:
        return None
    value = labels.value(_unquoted(found["name"]))
    wanted, sign = _unquoted(found["value"]), found["sign"]
    if sign in ("=", "!="):
        return None if value is None else (value == wanted) is (sign == "=")
    if wanted in (".*", "^.*$"):
        return sign == "=~"
    if value is None or len(value) > LONGEST:
        return None
    try:
        matched = pattern(f"(?s)^(?:{wanted})$").search(value) is not None
    except ValueError:
        return None
    return matched is (sign == "=~")


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text[1:-1])
