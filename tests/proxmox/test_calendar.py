"""Calendar events: the longest time between two runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.proxmox.calendar import longest

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("minutely", MINUTE),
        ("hourly", HOUR),
        ("daily", DAY),
        ("weekly", 7 * DAY),
        ("monthly", 31 * DAY),
        ("quarterly", 92 * DAY),
        ("yearly", 366 * DAY),
        ("*/15", 15 * MINUTE),
        ("*/45", 45 * MINUTE),
        ("0/20", 20 * MINUTE),
        ("30", HOUR),
        ("0,10", 50 * MINUTE),
        ("*:0/30", 30 * MINUTE),
        ("02:00", DAY),
        ("2,22:30", 20 * HOUR),
        ("8..17,22:0/15", 9 * HOUR + 15 * MINUTE),
        ("sat 18:15", 7 * DAY),
        ("Sat 18:15", 7 * DAY),
        ("mon..fri 02:00", 3 * DAY),
        ("mon,wed,fri", 3 * DAY),
        ("sunday", 7 * DAY),
        ("mon..sun */15", 15 * MINUTE),
        ("mon..fri 8..17:0/30", 3 * DAY - 9 * HOUR - 30 * MINUTE),
        ("*-*-1", 31 * DAY),
        ("*-1,15", 17 * DAY),
        ("*-*-1 02:00", 31 * DAY),
        ("sat *-*-1..7 15:00", 35 * DAY),
        ("*-2-29", 1461 * DAY),
        ("12:00:0/30", DAY - 30),
        ("02:00 UTC", DAY),
    ],
)
def test_known_schedules(schedule: str, seconds: int) -> None:
    assert longest(schedule) == seconds


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "sometimes",
        "sat sun",
        "24:00",
        "*/0",
        "10..5",
        "fri..mon",
        "2024-1-1",
        "*-13-1",
        "*-*-31..1",
        "a:b",
        "1:2:3:4",
        "*-*~1",
        "* * * * *",
    ],
)
def test_what_is_not_understood(schedule: str) -> None:
    assert longest(schedule) is None


@given(st.one_of(st.text(max_size=40), st.text("0123456789*/.,:- montuewdhfrisa", max_size=24)))
def test_any_text(schedule: str) -> None:
    found = longest(schedule)
    assert found is None or 0 < found <= 400 * 366 * DAY
