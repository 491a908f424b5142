"""Literals of rules: what YAML gives becomes evidence, or an error that says what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.matching.cells import reader
from scanner.matching.convert import literal, show
from scanner.model.evidence import ABSENT, error, unknown
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

ENUM = enum("locked", "empty")
MODES = Type(Kind.MODE, many=True)
DURATIONS = Type(Kind.DURATION, many=True)


@pytest.mark.parametrize(
    ("type_", "raw", "form"),
    [
        (TEXT, "no", "no"),
        (TEXT, "", ""),
        (ENUM, "empty", "empty"),
        (INT, -4, -4),
        (BOOL, False, False),
        (DURATION, "90d", 7_776_000),
        (DURATION, 0, 0),
        (SIZE, "10 MiB", 10_485_760),
        (SIZE, 0, 0),
        (TIME, "2026-11-20", "2026-11-20T00:00:00Z"),
        (TIME, "2026-11-20T01:02:03+02:00", "2026-11-19T23:02:03Z"),
        (VERSION, "1:9.6p1-3", "1:9.6p1-3"),
        (MODE, "644", "0644"),
        (MODE, "4755", "4755"),
        (ADDRESS, "FE80::0:1", "fe80::1"),
        (ADDRESS, "10.0.0.0/8", "10.0.0.0/8"),
        (MAP, {"env": "prod"}, {"env": "prod"}),
        (TEXTS, ["a", "b"], ["a", "b"]),
        (TEXTS, [], []),
        (MODES, ["600", "0640"], ["0600", "0640"]),
        (DURATIONS, ["1h", 0], [3600, 0]),
    ],
)
def test_literals_become_evidence(type_: Type, raw: object, form: object) -> None:
    converted = literal(type_, raw)

    assert converted == form
    assert type(converted) is type(form)
    reader(type_)(converted)


@pytest.mark.parametrize(
    ("type_", "raw", "wrong"),
    [
        (TEXT, False, r"bool false was read where text is declared \(quote it"),
        (TEXT, 4, r"number 4 was read where text is declared \(quote it as it is meant, such as \"4\"\)"),
        (TEXT, date(2026, 1, 1), r"date was read.*\(quote it"),
        (TEXT, ["a"], r"list was read.*\(write one text\)"),
        (TEXT, {"a": "b"}, r"map was read.*\(write one text\)"),
        (TEXT, None, r"nothing is written.*absent: true"),
        (ENUM, "lockd", r"'lockd' is none of the literals \(did you mean 'locked'\?\)"),
        (ENUM, "zz", r"\(write one of locked, empty\)"),
        (ENUM, True, r"bool true was read where enum is declared \(quote it"),
        (INT, "4", r"text '4' was read where int is declared \(write a whole number without quotes\)"),
        (INT, True, r"bool true was read"),
        (INT, 1.5, r"number 1.5 was read"),
        (BOOL, "yes", r"\(write true or false without quotes\)"),
        (BOOL, 1, r"\(write true or false without quotes\)"),
        (DURATION, 60, r"\(write it with a unit, such as 60s or 60d\)"),
        (DURATION, True, r"bool true.*\(write it with a unit, such as 90s or 90d\)"),
        (DURATION, False, r"bool false.*such as 90s"),
        (DURATION, ["1d"], r"list was read.*such as 90s"),
        (DURATION, "1 month", r"write days"),
        (SIZE, 10, r"such as 10 MiB or 10 B"),
        (SIZE, False, r"bool false"),
        (SIZE, "10M", r"no unit of size"),
        (TIME, date(2026, 1, 1), r"date was read where time is declared \(quote it: \"2026-01-01\"\)"),
        (TIME, datetime(2026, 1, 1, tzinfo=UTC), r"datetime was read"),
        (TIME, "2026-11-20T01:02:03", r"time zone \(add Z for UTC\)"),
        (TIME, "soon", r"no time \(write such as"),
        (TIME, "0001-01-01T00:00:00+23:00", r"outside of the calendar \(write such as"),
        (TIME, 5, r"quote it"),
        (VERSION, 1.2, r"number 1.2 was read where version is declared \(quote it"),
        (VERSION, "a b", r"'a b': it is no version \(write"),
        (MODE, 420, r"number 420 was read where mode is declared \(quote the octal digits, such as \"0644\"\)"),
        (MODE, True, r"bool true.*quote it"),
        (MODE, "0o644", r"no mode \(write four octal digits"),
        (MODE, "888", r"no mode"),
        (ADDRESS, "10.0.0.1/8", r"bits set behind its prefix \(write 10.0.0.0/8\)"),
        (ADDRESS, "localhost", r"no address \(write such as"),
        (ADDRESS, "10.0.0.0/99", r"no address"),
        (MAP, [], r"list was read where map is declared \(write a map of texts"),
        (MAP, {"a": 1}, r"number 1 was read where text is declared"),
        (TEXTS, "a", r"text 'a' was read where list\[text\] is declared \(write it as a list: \[a\]\)"),
        (TEXTS, False, r"as a list: \[false\]"),
        (TEXTS, ["a", False], r"bool false was read where text"),
        (TEXTS, None, r"nothing is written where list\[text\]"),
        (TEXTS, ["a", None], r"nothing is written where text"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(type_: Type, raw: object, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        literal(type_, raw)

    assert str(caught.value).endswith(")")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.from_regex(r"[0-9]{1,4}[a-zA-Z: .~/-]{0,3}[0-9]{0,4}", fullmatch=True),
    st.dates(),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
ALL_TYPES = st.sampled_from([TEXT, ENUM, INT, BOOL, DURATION, SIZE, TIME, VERSION, MODE, ADDRESS, MAP, TEXTS, MODES])


@given(ALL_TYPES, ANYTHING)
def test_whatever_yaml_gives_is_readable_evidence_or_an_error_with_a_remedy(type_: Type, raw: object) -> None:
    try:
        converted = literal(type_, raw)
    except ValueError as wrong:
        assert str(wrong).endswith(")")
        return

    reader(type_)(converted)
    assert literal(type_, converted) == converted or type_.kind in (Kind.DURATION, Kind.SIZE)


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        (TEXT, "no", "no"),
        (TEXT, "", "an empty text"),
        (BOOL, True, "true"),
        (INT, 4, "4"),
        (DURATION, 5400, "1 h 30 min"),
        (DURATION, True, "true"),
        (SIZE, 1024, "1 KiB"),
        (SIZE, 1.5, "1.5"),
        (TEXTS, ["a", "b"], "a, b"),
        (TEXTS, [], "an empty list"),
        (DURATIONS, (60, 90), "1 min, 1 min 30 s"),
        (MAP, {"a": "b", "c": "d"}, "a=b, c=d"),
        (MAP, {}, "an empty map"),
        (INT, "text", "text"),
        (TEXT, ABSENT, "absent"),
        (TEXT, error("cut off"), "error: cut off"),
        (TEXT, unknown("denied", "root"), "unknown: denied (needs root)"),
    ],
)
def test_values_are_shown_in_words(type_: Type, value: object, words: str) -> None:
    assert show(type_, value) == words
