"""Reads the lines of PAM configuration files as Linux-PAM itself does: comments, continuation, brackets, controls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TYPES = ("auth", "account", "password", "session")

SUCCESS, IGNORE, NEW_AUTHTOK_REQD, UNKNOWN_MODULE = "success", "ignore", "new_authtok_reqd", "module_unknown"
CODES = re.findall(
    r"\w+",
    "success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient "
    "authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired "
    "cred_err no_module_data conv_err authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging "
    "try_again ignore abort authtok_expired module_unknown bad_item conv_again incomplete",
)

_BLANKS = " \t\n"
_LONGEST = 1022
_RULE = re.compile(r"\s*([a-z_]+?)\s*=\s*(ignore|ok|done|bad|die|reset|[0-9]+)")
_PLAIN: Mapping[str, Mapping[str, str]] = {
    "required": {SUCCESS: "ok", NEW_AUTHTOK_REQD: "ok", IGNORE: "ignore", "default": "bad"},
    "requisite": {SUCCESS: "ok", NEW_AUTHTOK_REQD: "ok", IGNORE: "ignore", "default": "die"},
    "optional": {SUCCESS: "ok", NEW_AUTHTOK_REQD: "ok", "default": "ignore"},
    "sufficient": {SUCCESS: "done", NEW_AUTHTOK_REQD: "done", "default": "ignore"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: the number of its first physical line, and its words; a bracketed word keeps its brackets."""

    number: int
    words: tuple[str, ...]


def logical_lines(lines: Sequence[str]) -> Iterator[Line | str]:
    """Give the lines that say something; text in place of one says why Linux-PAM gives up at this point.

    Everything from a `#` on is a comment; a line that ends in a backslash goes on, unless it holds a comment.
    Source: pam.d(5) and `_pam_assemble_line` of Linux-PAM 1.5.
    """
    pending, first = "", 0
    for number, line in enumerate(lines, 1):
        said, mark, _ = line.lstrip(_BLANKS).partition("#")
        if not said:
            continue
        first = first or number
        rest = said.rstrip(_BLANKS)
        goes_on = not mark and rest.endswith("\\")
        pending += rest[:-1] + " " if goes_on else said
        if len(pending.encode("utf-8", "replace")) > _LONGEST:
            yield f"line {first} is longer than {_LONGEST} bytes"
            return
        if not goes_on:
            words = tuple(words_of(pending))
            if words:
                yield Line(first, words)
            pending, first = "", 0
    if first:
        yield f"line {first} goes on after a backslash, but the file ends"


def words_of(text: str) -> Iterator[str]:
    r"""Split at blanks; `[…]` is one word, in which `\]` stands for a bracket."""
    place = 0
    while True:
        while place < len(text) and text[place] in _BLANKS:
            place += 1
        if place >= len(text):
            return
        if text[place] != "[":
            end = place
            while end < len(text) and text[end] not in _BLANKS:
                end += 1
            yield text[place:end]
            place = end + 1
            continue
        inner, place = _bracketed(text, place + 1)
        yield f"[{inner}]"


def bare(word: str) -> str:
    """Give a word without its brackets, as modules see it."""
    return word[1:-1] if word.startswith("[") else word


def actions_of(control: str) -> dict[str, str]:
    """Give the action for each return code: `ok`, `done`, `bad`, `die`, `ignore`, `reset`, or a number to jump over.

    A control that cannot be read makes every code `bad`, as in Linux-PAM. Source: pam.d(5).
    """
    inner = bare(control)
    known = _PLAIN.get(inner.lower())
    if known is not None:
        return {code: known.get(code, known["default"]) for code in CODES}
    found: dict[str, str] = {}
    place = 0
    while inner[place:].strip():
        match = _RULE.match(inner, place)
        code, action = match.groups() if match else ("", "0")
        if match is None or code not in (*CODES, "default") or not action.strip("0"):
            return dict.fromkeys(CODES, "bad")
        if code == "default":
            found = {**dict.fromkeys(CODES, action), **found}
        else:
            found[code] = action
        place = match.end()
    return {code: found.get(code, "bad") for code in CODES}


def _bracketed(text: str, place: int) -> tuple[str, int]:
    inner: list[str] = []
    while place < len(text) and text[place] != "]":
        if text[place] == "\\" and text[place + 1 : place + 2] == "]":
            place += 1
        inner.append(text[place])
        place += 1
    return "".join(inner), place + 1
