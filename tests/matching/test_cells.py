"""Cells are read by their declared type; anything else is a surprise that names what was there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.matching.cells import SurpriseError, moment, reader
from scanner.model.fact import (
    ADDRESS,
    BOOL,
    DURATION,
    INT,
    MAP,
    MODE,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    Kind,
    Type,
    enum,
)

INTS = Type(Kind.INT, many=True)


@pytest.mark.parametrize(
    ("type_", "one", "same"),
    [
        (TIME, "2026-11-20T01:00:00Z", "2026-11-20T02:00:00+01:00"),
        (VERSION, "1.0", "0:1.0-0"),
        (ADDRESS, "fe80::0:1", "fe80::1%eth0"),
        (ADDRESS, "10.0.0.1", "::ffff:10.0.0.1"),
        (ADDRESS, "10.0.0.7/8", "10.0.0.0/8"),
        (ADDRESS, "::ffff:10.0.0.0/104", "10.0.0.0/8"),
        (TEXTS, ["a"], ("a",)),
        (DURATION, 60, 60.0),
    ],
)
def test_what_means_the_same_reads_the_same(type_: Type, one: object, same: object) -> None:
    assert reader(type_)(one) == reader(type_)(same)


def test_an_enum_without_literals_takes_any_text() -> None:
    assert reader(Type(Kind.ENUM))("x") == "x"


@pytest.mark.parametrize(
    ("type_", "cell", "wrong"),
    [
        (INT, "4", "the evidence holds text where a whole number was declared"),
        (INT, True, "the evidence holds a bool where a whole number was declared"),
        (INT, None, "the evidence holds nothing where a whole number was declared"),
        (SIZE, 1.5, "the evidence holds a number where a whole number was declared"),
        (TEXT, 4, "the evidence holds a number where text was declared"),
        (TEXT, ["a"], "the evidence holds a list where text was declared"),
        (BOOL, 1, "where a bool was declared"),
        (DURATION, float("nan"), "where a number of seconds was declared"),
        (DURATION, float("inf"), "where a number of seconds was declared"),
        (DURATION, False, "holds a bool where a number of seconds was declared"),
        (enum("a", "b"), "c", "holds 'c' where one of a, b was declared"),
        (enum("a"), 3, "holds a number where text was declared"),
        (TIME, "yesterday", "holds 'yesterday' where a time with its zone"),
        (TIME, "2026-11-20T01:00:00", "a time with its zone"),
        (TIME, 5, "where text was declared"),
        (VERSION, "a b", "holds 'a b' where a version was declared"),
        (MODE, "644", "a mode of four octal digits"),
        (MODE, "0o64", "a mode of four octal digits"),
        (ADDRESS, "nowhere", "an address or network"),
        (MAP, {"a": 1}, "holds a dict where a map of text"),
        (MAP, "a", "holds text where a map of text"),
        (TEXTS, "a", r"holds text where a list\[text\] was declared"),
        (TEXTS, ["a", 1], "holds a number where text was declared"),
        (INTS, ["a"], "holds text where a whole number"),
        (MODE, "x" * 100, "holds 'x{40}…' where"),
    ],
)
def test_surprises_name_what_was_there(type_: Type, cell: object, wrong: str) -> None:
    with pytest.raises(SurpriseError, match=wrong):
        reader(type_)(cell)


def test_moments() -> None:
    assert moment("1970-01-01T00:01:00Z") == 60
    assert moment("") is None
    assert moment("1970-01-01T00:01:00") is None


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none(), st.lists(st.text()))),
    st.dictionaries(st.text(max_size=3), st.one_of(st.text(max_size=3), st.integers())),
    st.binary(max_size=3),
)


@given(st.sampled_from(list(Kind)), st.booleans(), CELLS)
def test_reading_never_raises_anything_but_a_surprise(kind: Kind, many: bool, cell: object) -> None:
    try:
        value = reader(Type(kind, many, ("a", "b") if kind is Kind.ENUM else ()))(cell)
    except SurpriseError as surprise:
        assert str(surprise).startswith("the evidence holds")
    else:
        assert kind is Kind.MAP or hash(value) == hash(value)
