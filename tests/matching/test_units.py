"""Durations and sizes in words and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.matching.units import duration, duration_words, size, size_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90d", 7_776_000),
        ("1h30m", 5_400),
        ("15 min", 900),
        ("2 weeks 1 day", 1_296_000),
        ("1 h 30 min 5 s", 5_405),
        ("0.5 s", 0.5),
        ("1.5 hours", 5_400),
        (" 3d ", 259_200),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no duration"),
        ("90", "no duration"),
        ("d", "no duration"),
        ("-1d", "no duration"),
        ("1d ago", "no duration"),
        ("30m1h", "from long to short"),
        ("1d2d", "from long to short"),
        ("6 months", "write days"),
        ("1y", "write days"),
        ("3 fortnights", "no unit of time"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_remedy(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=rf"{wrong}.*\)"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "number"), [("10 MiB", 10_485_760), ("30 GB", 30 * 10**9), ("1.5KiB", 1536), ("7 B", 7)]
)
def test_sizes_are_read(text: str, number: int) -> None:
    assert size(text) == number


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("10", "no size"),
        ("10M", "no unit of size"),
        ("1 Mb", "no unit of size"),
        ("0.3 B", "whole number"),
        ("", "no size"),
    ],
)
def test_what_is_no_size_is_refused_with_a_remedy(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=rf"{wrong}.*\)"):
        size(text)


@given(st.integers(0, 10**9))
def test_a_duration_in_words_reads_back_as_itself(seconds: int) -> None:
    assert duration(duration_words(seconds)) == seconds


@given(st.integers(0, 10**15))
def test_a_size_in_words_is_exact_or_shows_its_bytes(number: int) -> None:
    words = size_words(number)

    assert f"({number} bytes)" in words or size(words) == number


def test_words_for_odd_numbers() -> None:
    assert duration_words(-90) == "minus 1 min 30 s"
    assert duration_words(0) == "0 s"
    assert duration_words(0.25) == "0.25 s"
    assert duration_words(273_905, 2) == "3 d 4 h"
    assert size_words(0) == "0 B"
    assert size_words(-5) == "-5 B"
    assert size_words(1_500_001) == "1.4 MiB (1500001 bytes)"
