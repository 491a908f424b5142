"""Pruning by keep options, as the systems do it, once and over years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.derivation.recovery.keeping import OPTIONS, RULES, Rule, bucket, covers, kept, simulate
from scanner.model.recovery import Generations, Keep

DAY = 86400.0
NOON = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HUNDRED = [NOON - timedelta(days=back) for back in range(100)]


def days(moments: list[datetime]) -> list[str]:
    return [moment.strftime("%m-%d") for moment in moments]


class TestOnce:
    def test_nothing_goes_without_an_option(self):
        assert kept(HUNDRED, Keep(), "pbs") == HUNDRED
        assert kept([], Keep(daily=3), "pbs") == []

    @pytest.mark.parametrize("rule", RULES)
    def test_the_newest_of_each_period_stays(self, rule: Rule):
        twice = sorted([*HUNDRED, *(moment + timedelta(hours=9) for moment in HUNDRED)])

        assert kept(twice, Keep(daily=3), rule) == [
            NOON + timedelta(hours=9) - timedelta(days=back) for back in range(3)
        ]

    def test_periods_are_those_of_the_time_zone(self):
        late, early = datetime(2026, 11, 19, 23, 30, tzinfo=UTC), datetime(2026, 11, 19, 1, 0, tzinfo=UTC)

        assert kept([late, early], Keep(daily=2), "pbs") == [late]
        assert kept([late, early], Keep(daily=2), "pbs", ZoneInfo("Europe/Berlin")) == [late, early]

    @pytest.mark.parametrize(
        ("keep", "rule", "left"),
        [
            (Keep(weekly=4, monthly=1), "borg", "11-20 11-15 11-08 11-01 10-31"),
            (Keep(weekly=4, monthly=1), "restic", "11-20 11-15 11-08 11-01"),
            (
                Keep(daily=7, weekly=4, monthly=2),
                "borg",
                "11-20 11-19 11-18 11-17 11-16 11-15 11-14 11-08 11-01 10-31 10-25 10-18 09-30",
            ),
            (
                Keep(daily=7, weekly=4, monthly=2),
                "restic",
                "11-20 11-19 11-18 11-17 11-16 11-15 11-14 11-08 11-01 10-31",
            ),
            (Keep(last=3, weekly=2, yearly=2), "borg", "11-20 11-19 11-18 11-15 11-08 08-13"),
            (Keep(last=3, weekly=2, yearly=2), "restic", "11-20 11-19 11-18 11-15"),
            (Keep(monthly=3), "borg", "11-20 10-31 09-30"),
            (Keep(monthly=3), "restic", "11-20 10-31 09-30"),
        ],
    )
    def test_as_the_tools_did(self, keep: Keep, rule: Rule, left: str):
        """What borg 1.2.4 and restic 0.14 left of a hundred daily backups up to 2026-11-20."""
        assert days(kept(HUNDRED, keep, rule)) == left.split()

    def test_an_age_ends_all(self):
        assert len(kept(HUNDRED, Keep(within=9 * DAY), "restic")) == 10
        assert kept(HUNDRED, Keep(daily=50, within=DAY), "restic", now=NOON + timedelta(days=9)) == []


class TestYears:
    """The populations that were published for daily backups; ages right after a prune, and right before the next run."""

    @pytest.mark.parametrize(
        ("keep", "rule", "points", "ages"),
        [
            (Keep(weekly=4, monthly=1), "pbs", (5, 5), (22, 57)),
            (Keep(weekly=4, monthly=1), "restic", (4, 4), (15, 22)),
            (Keep(weekly=4, monthly=1), "borg", (5, 5), (15, 53)),
            (Keep(weekly=4, monthly=1, within=30 * DAY), "pbs", (4, 5), (15, 31)),
            (Keep(daily=7, weekly=4, monthly=2), "pbs", (13, 13), (63, 98)),
            (Keep(daily=30), "pbs", (30, 30), (29, 30)),
            (Keep(daily=30), "restic", (30, 30), (29, 30)),
            (Keep(last=5), "borg", (5, 5), (4, 5)),
        ],
    )
    def test_published(self, keep: Keep, rule: Rule, points: tuple[int, int], ages: tuple[int, int]):
        swing = simulate(keep, rule, DAY)

        assert (swing.fewest, swing.most) == points
        assert swing.shortest is not None
        assert swing.longest is not None
        assert (swing.shortest / DAY, swing.longest / DAY) == ages

    def test_nothing_is_ever_lost_without_an_option(self):
        swing = simulate(Keep(), "pbs", DAY, span=50 * DAY)

        assert (swing.shortest, swing.longest) == (None, None)

    def test_periods_that_are_demanded_may_have_no_point(self):
        assert simulate(Keep(daily=7, weekly=4), "restic", DAY, demanded=Generations(daily=7, weekly=4)).complete
        assert not simulate(Keep(daily=6), "pbs", DAY, demanded=Generations(daily=7)).complete
        assert not simulate(Keep(daily=7), "pbs", 7 * DAY, demanded=Generations(daily=7)).complete
        assert not simulate(
            Keep(monthly=1), "restic", DAY, demanded=Generations(monthly=1, anchor="completed")
        ).complete
        assert simulate(Keep(monthly=2), "restic", DAY, demanded=Generations(monthly=1, anchor="completed")).complete

    @pytest.mark.parametrize("schedule", [60.0, 600.0, 3 * 3600.0])
    def test_close_runs_err_on_the_safe_side(self, schedule: float):
        close, daily = simulate(Keep(weekly=4), "restic", schedule), simulate(Keep(weekly=4), "restic", DAY)

        assert close.shortest is not None
        assert daily.shortest is not None
        assert 14 * DAY <= close.shortest < daily.shortest

    def test_huge_options_are_bounded(self):
        assert simulate(Keep(last=10_000, yearly=10_000), "pbs", 7 * DAY, span=DAY).most <= 2000


_KEEPS = st.builds(Keep, **{option: st.integers(0, 5) for option in OPTIONS})
_MOMENTS = st.lists(st.integers(0, 24 * 400), max_size=60, unique=True).map(
    lambda hours: [NOON - timedelta(hours=each) for each in hours]
)
_RULES = st.sampled_from(RULES)


class TestProperties:
    @given(_MOMENTS, _KEEPS, _RULES)
    def test_what_is_left_was_there_and_the_newest_stays(self, moments: list[datetime], keep: Keep, rule: Rule):
        left = kept(moments, keep, rule)

        assert set(left) <= set(moments)
        assert left == sorted(left, reverse=True)
        if moments:
            assert left[0] == max(moments)

    @given(_MOMENTS, _KEEPS, _RULES)
    def test_a_second_prune_finds_nothing_to_do_by_the_rules_of_pbs_and_restic(
        self, moments: list[datetime], keep: Keep, rule: Rule
    ):
        once = kept(moments, keep, rule)

        if rule != "borg":
            assert kept(once, keep, rule) == once

    @given(_MOMENTS, _KEEPS, st.sampled_from(OPTIONS))
    def test_more_of_restic_never_loses(self, moments: list[datetime], keep: Keep, option: str):
        from dataclasses import replace

        if keep == Keep():
            return
        more = replace(keep, **{option: getattr(keep, option) + 1})
        assert set(kept(moments, keep, "restic")) <= set(kept(moments, more, "restic"))

    @given(
        _MOMENTS, st.builds(Generations, daily=st.integers(0, 5), weekly=st.integers(0, 5), monthly=st.integers(0, 5))
    )
    def test_what_restic_keeps_covers_what_all_covered(self, moments: list[datetime], demanded: Generations):
        if not moments or not covers(moments, min(moments), demanded):
            return
        keep = Keep(daily=demanded.daily, weekly=demanded.weekly, monthly=demanded.monthly)
        assert covers(kept(moments, keep, "restic"), min(moments), demanded)

    @given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(OPTIONS[1:]))
    def test_periods_follow_each_other(self, moment: datetime, tier: str):
        assert bucket(tier, moment) <= bucket(tier, moment + timedelta(hours=1))

    @settings(max_examples=15)
    @given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 3), _RULES)
    def test_more_time_is_never_shorter(self, daily: int, weekly: int, monthly: int, rule: Rule):
        keep = Keep(daily=daily, weekly=weekly, monthly=monthly)
        one, two = simulate(keep, rule, DAY, 100 * DAY), simulate(keep, rule, DAY, 200 * DAY)

        assert one.shortest is not None
        assert two.shortest is not None
        assert two.shortest <= one.shortest
        assert two.fewest <= one.fewest <= one.most <= two.most
