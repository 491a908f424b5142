"""Whatever a cluster says, the answer keeps its shape; schedules and quantities are read as they are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.kubernetes.cron import longest_wait
from scanner.collection.kubernetes.objects import go_duration, quantity
from scanner.collection.kubernetes.resources import ALL
from scanner.collection.kubernetes.server import FACTS, collect
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.kubernetes.cluster import objects
from tests.support.apis import TableApi
from tests.support.arbitrary_json import seeds, spoilt

QUERIES = [Query.of(fact) for fact in FACTS]
HOUR, DAY = 3600, 86_400


@given(seeds)
def test_spoilt_objects_never_stop_the_answer(seed: int) -> None:
    lists = spoilt(objects(), seed)
    told = {
        f"{each.path(each.versions[0])}/{each.plural}": {"items": lists.get(each.name)}
        for each in ALL
        if isinstance(lists, dict)
    }
    answer = collect(QUERIES, TableApi({"/version": {"gitVersion": "v1"}, **told}), Limits(), "2026-11-20T12:00:00Z")
    for each in answer.evidence:
        check(each)
        assert "stumbled" not in str(each.gap)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0 2 * * *", DAY),
        ("@every 6h", 6 * HOUR),
        ("@hourly", HOUR),
        ("*/15 * * * *", 15 * 60),
        ("0 */6 * * *", 6 * HOUR),
        ("0 1,2 * * *", 23 * HOUR),
        ("0 3 * * 0", 7 * DAY),
        ("0 3 * * 7", 7 * DAY),
        ("0 3 * * mon-fri", 3 * DAY),
        ("0 3 1 * *", 31 * DAY),
        ("0 3 1 * 1", 7 * DAY),
        ("30 4 29 feb *", 1461 * DAY),
        ("CRON_TZ=Europe/Berlin 0 2 * * *", DAY),
        ("0 2 30 2 *", None),
        ("0 2 * *", None),
        ("x 2 * * *", None),
        ("*/0 2 * * *", None),
        ("", None),
    ],
)
def test_longest_wait_between_two_runs(text: str, seconds: int | None) -> None:
    assert longest_wait(text) == seconds


@given(st.text(max_size=40))
def test_no_schedule_raises(text: str) -> None:
    found = longest_wait(text)
    assert found is None or found > 0


def test_quantities_and_durations() -> None:
    assert [quantity(each) for each in ("10Gi", "5G", "1500", "2e3", "", "1.5Gi")] == [
        10 * 2**30,
        5 * 10**9,
        1500,
        2000,
        ABSENT,
        3 * 2**29,
    ]
    assert go_duration("720h0m0s") == 2_592_000
    assert go_duration("1h30m") == 5400
    assert all(isinstance(quantity(each), Gap) for each in ("x", "-1", "9" * 40, "1e99", 5))
    assert all(isinstance(go_duration(each), Gap) for each in ("x", "1d", "9" * 50 + "h", 5))


def test_half_a_pair_of_surrogates_as_the_namespace_of_a_restore() -> None:
    lists = spoilt(objects(), 1558)
    told = {f"{each.path(each.versions[0])}/{each.plural}": {"items": lists.get(each.name)} for each in ALL}
    answer = collect(QUERIES, TableApi({"/version": {"gitVersion": "v1"}, **told}), Limits(), "2026-11-20T12:00:00Z")
    for each in answer.evidence:
        check(each)
