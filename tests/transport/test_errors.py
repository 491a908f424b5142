from __future__ import annotations

import errno
import socket
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import CollectionError, HostKeyError, UnreachableError
from scanner.transport.errors import because, plain, tail, translate


@given(st.one_of(st.text(), st.binary()), st.integers(1, 80))
def test_no_foreign_text_brings_controls_or_lines_into_a_message(text: str | bytes, limit: int) -> None:
    line = plain(text, limit)

    assert len(line) <= limit
    assert not any(unicodedata.category(char).startswith("C") for char in line)
    assert "\u2028" not in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b[31;1mred\x1b[0m alert", "red alert"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("one\r\ntwo\t three", "one two three"),
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("nul\x00\x7f\x9b2Jbyte", "nul2Jbyte"),
        (b"caf\xe9", "caf\ufffd"),
        ("x" * 600, "x" * 499 + "…"),
    ],
)
def test_escapes_are_taken_out_whole(text: str | bytes, line: str) -> None:
    assert plain(text) == line


def test_tail_keeps_the_end() -> None:
    assert tail(b"a" * 1000 + b"\nthe cause\n", 20).endswith("the cause")
    assert len(tail(b"a" * 1000, 20)) == 20


@pytest.mark.parametrize(
    ("exc", "kind", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), UnreachableError, "Connection refused"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), UnreachableError, "No route to host"),
        (socket.gaierror(-2, "Name or service not known"), UnreachableError, "does not resolve"),
        (TimeoutError(), UnreachableError, "no answer in time"),
        (EOFError(), UnreachableError, "closed by the other side"),
        (OSError(), UnreachableError, "OSError"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad\x1b[2J"), CollectionError, "bad"),
        (ValueError(), CollectionError, "ValueError"),
    ],
)
def test_foreign_errors_become_ours(exc: Exception, kind: type[CollectionError], words: str) -> None:
    found = translate(exc, "db01")

    assert type(found) is kind
    assert found.reason.startswith("db01: ")
    assert words in found.reason
    assert "\x1b" not in found.reason


def test_our_own_errors_pass_unchanged() -> None:
    mine = HostKeyError("changed")

    assert translate(mine, "db01") is mine


def test_because_names_the_error_of_a_bare_number() -> None:
    assert because(OSError(errno.ENETUNREACH, "")) == "Network is unreachable"
