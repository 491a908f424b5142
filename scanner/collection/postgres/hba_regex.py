"""Whether a regular expression would be refused by the server, as far as that can be told without it."""

from __future__ import annotations

import re

_SPECIAL = re.compile(
    r"\\(?P<escape>.?)|(?P<list>\[\^?\]?(?:\[[.:=][^\]]*[.:=]\]|[^\]])*\]?)|[()*+?{}|^$]|[^\\\[]", re.DOTALL
)
_KNOWN_ESCAPES = frozenset("abBcefnrtuUvxAdDmMsSwWyYZ0123456789")
_BOUND = re.compile(r"\{(?P<low>[0-9]+)(?:,(?P<high>[0-9]*))?\}")
_MOST_REPEATS = 255


def broken(text: str) -> bool:
    """True when the server would surely refuse the expression; false also for faults that only it can see."""
    if text.startswith(("***", "(?")):
        return False
    depth, repeatable, at = 0, False, 0
    while at < len(text):
        found = _SPECIAL.match(text, at)
        if found is None:
            return True
        piece = found[0]
        if found["escape"] is not None and _bad_escape(found["escape"]):
            return True
        if found["list"] is not None and (not piece.endswith("]") or len(piece) < 3):
            return True
        if piece == "{" and text[at + 1 : at + 2].isdecimal():
            bound = _BOUND.match(text, at)
            if bound is None or not repeatable or _bad_bound(bound):
                return True
            at, repeatable = _lazily(text, bound.end()), False
            continue
        if piece in ("*", "+", "?"):
            if not repeatable:
                return True
            at, repeatable = _lazily(text, found.end()), False
            continue
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth < 0:
            return True
        repeatable = piece not in ("(", "|", "^")
        at = found.end()
        if piece == "(" and text.startswith("?", at):
            return False
    return depth > 0


def _lazily(text: str, at: int) -> int:
    return at + 1 if text.startswith("?", at) else at


def _bad_bound(bound: re.Match[str]) -> bool:
    low, high = int(bound["low"][:6]), int((bound["high"] or bound["low"])[:6])
    return low > _MOST_REPEATS or high > _MOST_REPEATS or (bool(bound["high"]) and high < low)


def _bad_escape(letter: str) -> bool:
    return not letter or (letter.isalnum() and letter.isascii() and letter not in _KNOWN_ESCAPES)
