"""The arithmetic of recovery: golden vectors, and what must hold for any population of points."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.derivation.recovery.arithmetic import exposure as sweep
from scanner.derivation.recovery.arithmetic import growth, periods, restoring, slots
from scanner.derivation.recovery.arithmetic.points import Point, broken_chains, why_unusable

VECTORS = json.loads((Path(__file__).parents[2] / "recordings/backup/semantics_vectors.json").read_text())
DAY, HOUR, UTC = 86400.0, 3600.0, ZoneInfo("UTC")
NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00").timestamp()


def seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def read(raw: dict) -> Point:
    return Point(seconds(raw["data"]), seconds(raw["completed"]), raw.get("status", "ok"), raw.get("verify", "none"))


def usable(vector: dict) -> list[Point]:
    points = [read(raw) for raw in vector["restore_points"]]
    return [point for point in points if not why_unusable(point, seconds(vector["now"]))]


def measured(points, now: float, window: float):
    return sweep.exposure([(point.data, point.completed) for point in points], now, window)


@pytest.mark.parametrize("vector", VECTORS["rpo"], ids=lambda vector: vector["name"])
def test_exposure_as_in_the_golden_vectors(vector: dict):
    found = measured(usable(vector), seconds(vector["now"]), vector["window_days"] * DAY)
    assert (found and found.now) == vector["exposure_now_s"]
    assert (found and found.worst) == vector["exposure_worst_s"]


@pytest.mark.parametrize("vector", VECTORS["gfs"], ids=lambda vector: vector["name"])
@pytest.mark.parametrize("anchor", ["newest", "completed"])
def test_periods_as_in_the_golden_vectors(vector: dict, anchor: str):
    zone, now, created = ZoneInfo(vector["tz"]), seconds(vector["now"]), seconds(vector.get("asset_created"))
    times = [point.data for point in usable(vector)]
    wants = periods.demanded(vector["tiers"], anchor, max(times), now, zone, created)
    lacks = periods.missing(wants, times, zone)
    found = {
        tier: {
            "want": [periods.name(tier, begin) for begin in wants[tier]],
            "missing": [periods.name(tier, begin) for begin in lacks[tier]],
        }
        for tier in vector["tiers"]
    }
    assert found == vector["result"][anchor]


moments = st.integers(0, int(40 * DAY)).map(lambda back: NOW - back)
pairs = st.tuples(moments, st.integers(0, int(2 * DAY))).map(lambda pair: (pair[0], min(pair[0] + pair[1], NOW)))
populations = st.lists(pairs, min_size=1, max_size=30)
quickly = settings(derandomize=True, max_examples=200, deadline=None)


@given(populations, pairs, st.sampled_from([DAY, 7 * DAY, 30 * DAY]))
@quickly
def test_another_point_never_worsens_exposure(points, more, window):
    before, after = sweep.exposure(points, NOW, window), sweep.exposure([*points, more], NOW, window)
    assert after.now <= before.now
    first = min(completed for _, completed in points)
    if more[1] >= first or first <= NOW - window:
        assert after.worst <= before.worst


@given(populations, st.randoms(use_true_random=False))
@quickly
def test_the_order_of_points_does_not_matter_and_worst_is_worst(points, random):
    found = sweep.exposure(points, NOW, 30 * DAY)
    random.shuffle(points)
    assert sweep.exposure(points, NOW, 30 * DAY) == found
    assert found.worst >= found.now >= 0


@given(populations, st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]))
@quickly
def test_a_time_zone_does_not_change_exposure(points, name):
    zone = ZoneInfo(name)
    moved = [tuple(datetime.fromtimestamp(at, zone).timestamp() for at in pair) for pair in points]
    assert sweep.exposure(moved, NOW, 30 * DAY) == sweep.exposure(points, NOW, 30 * DAY)


@given(populations)
@quickly
def test_the_sweep_agrees_with_looking_at_every_completion(points):
    found, window = sweep.exposure(points, NOW, 7 * DAY), 7 * DAY
    worst = found.now
    for _, end in points:
        before = [data for data, completed in points if completed < end]
        if end > NOW - window and before:
            worst = max(worst, end - max(before))
    assert found.worst == worst


@given(st.lists(moments, min_size=1, max_size=40), moments, st.sampled_from(["newest", "completed"]))
@quickly
def test_another_older_point_never_empties_a_period(times, more, anchor):
    zone, newest = ZoneInfo("Europe/Berlin"), max(times)
    wants = periods.demanded({"daily": 7, "weekly": 4, "monthly": 2}, anchor, newest, NOW, zone)
    before, after = periods.missing(wants, times, zone), periods.missing(wants, [*times, more], zone)
    assert all(set(after[tier]) <= set(before[tier]) for tier in wants)


def test_grace_is_a_tenth_up_to_an_hour_and_none_for_logs():
    assert [sweep.grace(900, log_archive=False), sweep.grace(DAY, log_archive=False)] == [90, 3600]
    assert sweep.grace(900, log_archive=True) == 0


def test_a_long_timeline_keeps_its_ends():
    times = [float(number) for number in range(5000)]
    found = sweep.thinned(times, 400)
    assert (len(found), found[0], found[-1]) == (400, 0, 4999)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "running", "completed": None}, "still running"),
        ({"status": "partial"}, "partial"),
        ({"status": "failed"}, "failed"),
        ({"completed": None}, "not complete"),
        ({"data": None}, "without a time of its data"),
        ({"verification": "failed"}, "verification failed"),
        ({"data": NOW + 301}, "stamped in the future"),
        ({"data": NOW + 299}, ""),
        ({"status": "warning"}, ""),
    ],
)
def test_what_cannot_be_used(change, why):
    raw = {"data": NOW - HOUR, "completed": NOW, **change}
    assert why_unusable(Point(**raw), NOW) == why


def test_a_chain_is_as_good_as_its_base():
    full, diff = Point(1.0, 2.0, point="full"), Point(3.0, 4.0, point="diff", base="full")
    last = Point(5.0, 6.0, point="incr", base="diff")
    points = [full, diff, last]
    assert broken_chains(points, {}) == {}
    bad = broken_chains(points, {"full": "verification failed"})
    assert set(bad) == {"diff", "incr"}
    assert set(broken_chains([diff, last], {})) == {"diff", "incr"}
    ring = [Point(1.0, 2.0, point="a", base="b"), Point(1.0, 2.0, point="b", base="a")]
    assert set(broken_chains(ring, {})) == {"a", "b"}


def test_a_long_chain_is_walked_once():
    chain = [Point(1.0, 2.0, point=str(number), base=str(number - 1) if number else "") for number in range(20_000)]
    assert broken_chains(chain[::-1], {}) == {}
    assert len(broken_chains(chain, {"0": "failed"})) == 19_999
    assert len(broken_chains(chain[1:][::-1], {})) == 19_999


def test_history_is_asked_no_further_back_than_the_asset_is_old():
    assert periods.history_limit(30 * DAY, DAY, None) == 29 * DAY
    assert periods.history_limit(30 * DAY, DAY, 5 * DAY) == 4 * DAY
    assert periods.history_limit(DAY, 7 * DAY, None) == 0


def test_slots_count_what_succeeded_failed_and_never_ran():
    runs = [(NOW - HOUR - number * DAY + 300 * (number % 3), "ok") for number in range(10)]
    assert slots.tally(runs, NOW, NOW - 10 * DAY, DAY) == slots.Tally(10, 0, 0)
    del runs[4]
    runs[6] = (runs[6][0], "failed")
    assert slots.tally(runs, NOW, NOW - 10 * DAY, DAY) == slots.Tally(8, 1, 1)
    retried = [*runs, (runs[6][0] + HOUR, "ok")]
    assert slots.tally(retried, NOW, NOW - 10 * DAY, DAY) == slots.Tally(9, 0, 1)
    assert slots.tally(runs, NOW, NOW - 10 * DAY, None) == slots.Tally(8, 1, 0)


def test_slots_after_the_last_run_are_missed_and_running_ones_do_not_count():
    runs = [(NOW - 4 * DAY - HOUR - number * DAY, "ok") for number in range(5)]
    assert slots.tally(runs, NOW, NOW - 9 * DAY, DAY) == slots.Tally(5, 0, 4)
    running = [(NOW - 60, "running"), (NOW - DAY, "ok"), (NOW - 2 * DAY, "ok"), (NOW - 3 * DAY, "ok")]
    assert slots.tally(running, NOW, NOW - 4 * DAY, DAY) == slots.Tally(3, 0, 0)
    assert slots.tally([], NOW, NOW - 5 * DAY, DAY).missed >= 4
    assert slots.Tally(2, 0, 0).percent is None
    assert slots.Tally(29, 1, 0).percent == 96


def test_growth_is_robust_and_does_not_look_across_clean_ups():
    total = 1000.0
    steady = [(number * DAY, 100 + 10.0 * number) for number in range(30)]
    assert growth.slope(steady, total) * DAY == pytest.approx(10)
    assert growth.slope([*steady, (15.5 * DAY, 990.0)], total) * DAY == pytest.approx(10, abs=1)
    cleaned = [(at, used - 150 if at > 15 * DAY else used) for at, used in steady]
    assert growth.slope(cleaned, total) * DAY == pytest.approx(10)
    assert growth.slope(steady[:13], total) is None
    assert growth.slope([(at / 10, used) for at, used in steady], total) is None
    assert growth.until_full(390, total, 10 / DAY) == pytest.approx(46 * DAY)
    assert growth.until_full(390, total, 0) is None
    assert growth.until_full(900, total, 0) == 0
    many = [(number * HOUR, float(number)) for number in range(5000)]
    assert growth.slope(many, 1e9) * HOUR == pytest.approx(1)


def test_samples_and_scaled_times():
    assert [restoring.needed(number) for number in (0, 1, 2, 4, 5, 9, 10)] == [0, 1, 2, 2, 3, 3, 4]
    assert restoring.scaled(60, 100, 300) == (180, True)
    assert restoring.scaled(60, 300, 100) == (60, False)
    assert restoring.scaled(60, None, 100) == (60, False)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["daily", "weekly", "monthly", "yearly"]))
@quickly
def test_no_moment_is_too_odd_for_a_calendar(moment, tier):
    begin = periods.period(tier, moment, ZoneInfo("UTC"))
    assert len(periods.wanted(tier, 3, begin)) <= 3
    assert periods.name(tier, begin)
