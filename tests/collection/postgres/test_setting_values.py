"""Texts of settings as switches, numbers, times, amounts and lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.setting_values import items, typed
from scanner.model.evidence import ABSENT, Gap, unknown
from scanner.model.outcome import Outcome


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" ", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ('"$user", public', ["$user", "public"]),
        (",,a,", ["a"]),
    ],
)
def test_a_list_is_split_at_commas(text: str, parts: list[str]):
    assert items(text) == parts


@pytest.mark.parametrize(
    ("text", "value"),
    [("on", True), ("YES", True), ("1", True), (" tr ", True), ("of", False), ("n", False), ("0", False)],
)
def test_a_switch(text: str, value: bool):
    cells = typed(text, "bool", "")
    assert (cells["enabled"], cells["value"]) == (value, "on" if value else "off")


def test_a_switch_that_is_none():
    cells = typed("o", "bool", "")
    assert cells["enabled"].kind is Outcome.ERROR
    assert cells["value"] == "o"


def test_words_of_an_enumeration_are_written_small():
    assert typed("WARNING", "enum", "")["value"] == "warning"


@pytest.mark.parametrize(
    ("text", "unit", "number", "duration", "size"),
    [
        ("5432", "", 5432, ABSENT, ABSENT),
        ("1440", "min", 1440, 86400, ABSENT),
        ("1d", "min", 1440, 86400, ABSENT),
        ("30s", "s", 30, 30, ABSENT),
        ("250", "ms", 250, 0.25, ABSENT),
        ("-1", "ms", -1, ABSENT, ABSENT),
        ("16384", "8kB", 16384, ABSENT, 128 * 2**20),
        ("256MB", "8kB", 32768, ABSENT, 256 * 2**20),
        ("1.5 GB", "kB", 1572864, ABSENT, 1536 * 2**20),
        ("-1", "kB", -1, ABSENT, ABSENT),
        ("0", "kB", 0, ABSENT, 0),
        ("0600", "", 0o600, ABSENT, ABSENT),
        ("0.5", "", 0, ABSENT, ABSENT),
        ("5", "0kB", 5, ABSENT, 5 * 2**10),
    ],
)
def test_a_number_counts_in_its_unit(text: str, unit: str, number: object, duration: object, size: object):
    cells = typed(text, "integer", unit)
    assert (cells["number"], cells["duration"], cells["size"]) == (number, duration, size)


@pytest.mark.parametrize(
    ("text", "unit"), [("much", "kB"), ("", "kB"), ("5 kB", "min"), ("5 s", "kB"), ("0x1F", ""), ("9" * 400, "")]
)
def test_what_is_no_number_is_a_gap(text: str, unit: str):
    assert typed(text, "integer", unit)["number"].kind is Outcome.ERROR


@pytest.mark.parametrize("cell", [ABSENT, unknown("hidden", "role x")])
def test_what_is_not_known_stays_so(cell: object):
    assert set(typed(cell, "bool", "").values()) == {cell}


@given(st.text(), st.sampled_from(["bool", "enum", "integer", "real", "string"]), st.text(max_size=6))
def test_any_text_gives_cells(text: str, kind: str, unit: str):
    cells = typed(text, kind, unit)
    assert set(cells) == {"value", "enabled", "number", "duration", "size", "items"}
    assert isinstance(cells["number"], int | Gap) or cells["number"] is ABSENT
