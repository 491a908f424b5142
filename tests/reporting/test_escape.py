"""Foreign text is made safe for each edge, and stays readable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.reporting import escape

ANY = st.text(st.characters(), max_size=60)


def test_terminal_escapes_become_visible() -> None:
    assert escape.plain("\x1b]0;owned\x07\x9b2J") == "␛]0;owned␇\ufffd2J"


def test_a_lone_carriage_return_cannot_overwrite_the_line() -> None:
    assert escape.plain("fail\rpass") == "fail␍pass"
    assert escape.plain("one\r\ntwo") == "one\ntwo"


@pytest.mark.parametrize("text", ["\ud800", "\ufffe", "\u202e", "\u2028", "\ufeff", "\x85", "\U000e0041"])
def test_what_misleads_is_replaced(text: str) -> None:
    assert escape.plain(f"a{text}b") == "a\ufffdb"


@given(ANY)
def test_plain_text_encodes_and_stays_as_it_is(text: str) -> None:
    once = escape.plain(text)

    assert once.encode().decode() == once
    assert escape.plain(once) == once


@given(ANY, st.integers(1, 30))
def test_a_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    assert len(escape.line(text, limit)) <= limit
    assert "\n" not in escape.line(text, limit)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "  =1", "\u00a0=1", "＝1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert escape.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["yes", "0640", "a=b", "10-20", ""])
def test_other_cells_stay(text: str) -> None:
    assert escape.cell(text) == text


@given(ANY)
def test_markdown_has_no_live_mark(text: str) -> None:
    safe = escape.markdown(text)

    assert not re.search(r"(?<!\\)[`*_\[\]|~]", safe.replace("\\\\", ""))
    assert not set("<>@\n") & set(safe)


def test_markdown_makes_no_link_of_an_address() -> None:
    assert "://" not in escape.markdown("see http://evil.example")
    assert "www." not in escape.markdown("see www.evil.example")


def test_a_sarif_message_has_no_embedded_link() -> None:
    assert "](" not in escape.message("[all is well](http://evil.example)")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("inventory.yaml", "inventory.yaml"),
        ("./a b/#c.yaml", "a%20b/%23c.yaml"),
        ("policy\\inventory.yaml", "policy/inventory.yaml"),
        ("/etc/inventory.yaml", ""),
        ("../inventory.yaml", ""),
        ("a/../../b", ""),
        ("C:/inventory.yaml", ""),
        ("file:inventory.yaml", ""),
        ("", ""),
    ],
)
def test_only_paths_below_the_root_become_references(path: str, uri: str) -> None:
    assert escape.relative(path) == uri


@given(ANY)
def test_a_segment_is_one_segment_of_a_path(text: str) -> None:
    safe = escape.segment(text)

    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", safe)
    assert safe not in {".", ".."}


def test_long_segments_stay_apart() -> None:
    assert escape.segment("x" * 500 + "a") != escape.segment("x" * 500 + "b")
    assert len(escape.segment("x" * 500)) <= 160
