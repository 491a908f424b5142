"""Exec lines: plain words that every login shell reads alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.model.errors import ConfigurationError
from scanner.transport.errors import plain

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:=@%+,-]*")
_QUOTABLE = re.compile(r"[^'!\\\x00-\x1f\x7f]*")


def require_plain(words: Sequence[str], place: str) -> None:
    """Refuse words that bash, dash, busybox, zsh, fish and tcsh would not all read as they stand.

    Raises ConfigurationError naming the place and the word.
    """
    for word in words:
        if not _PLAIN.fullmatch(word):
            raise ConfigurationError(
                f"{place}: the word '{plain(word, 60)}' is not plain (use letters, digits and _ . / : = @ % + , - only)"
            )


def exec_line(argv: Sequence[str]) -> str:
    """Join an argv into the line that a login shell will parse.

    Plain words stand as they are; others in single quotes, which all login shells read alike as long as
    there is no quote, backslash, exclamation mark or control character inside. Raises ConfigurationError.
    """
    return " ".join(word if _PLAIN.fullmatch(word) else _quoted(word) for word in argv)


def _quoted(word: str) -> str:
    if not _QUOTABLE.fullmatch(word):
        raise ConfigurationError(f"exec line: '{plain(word, 60)}' cannot be quoted for every login shell")
    return f"'{word}'"
