"""Values of database drivers made plain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.transport.sqlvalues import LONGEST, as_plain, text_of


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        (Decimal("2.50"), 2.5),
        ("a", "a"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\x00", "\\xff\x00"),
        (memoryview(b"x"), "x"),
        (bytearray(b"y"), "y"),
        (timedelta(minutes=1, milliseconds=5), 60.005),
        (datetime(2026, 11, 21, 8, 0, 0, 5, UTC), "2026-11-21T08:00:00Z"),
        (datetime(2026, 11, 21, 8, tzinfo=timezone(timedelta(hours=2))), "2026-11-21T06:00:00Z"),
        (datetime(2026, 11, 21, 8), "2026-11-21T08:00:00Z"),
        (date(2026, 11, 21), "2026-11-21"),
        (["a", None, 1], ["a", "", "1"]),
        (("a",), ["a"]),
        ({"b"}, ["b"]),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_values_of_drivers(value: object, plain: object):
    assert as_plain(value) == plain


def test_texts_and_lists_are_bounded():
    assert text_of("x" * (LONGEST + 9)) == "x" * LONGEST + "…"
    assert text_of(b"x" * (LONGEST + 9)) == "x" * LONGEST + "…"
    assert len(text_of("x" * LONGEST)) == LONGEST
    found = as_plain(["a"] * 20_000)
    assert isinstance(found, list)
    assert len(found) == 10_000


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.binary(),
        st.integers(),
        st.datetimes(),
        st.timedeltas(),
        st.dates(),
        st.decimals(allow_nan=False),
        st.lists(st.text()),
    )
)
def test_any_value_becomes_plain(value: object):
    assert isinstance(as_plain(value), str | int | float | bool | list | None)
