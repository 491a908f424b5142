from __future__ import annotations

import itertools
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.backup.wal import SIZES, Archive, Base, Branch, lsn, parse_history

MB = 2**20


def name(number: int, size: int = 16 * MB, timeline: int = 1) -> str:
    per_log = 2**32 // size
    return f"{timeline:08X}{number // per_log:08X}{number % per_log:08X}"


def archive(numbers: object, size: int = 16 * MB, timeline: int = 1, into: Archive | None = None) -> Archive:
    made = Archive() if into is None else into
    for number in numbers:  # type: ignore[attr-defined]
        made.add(name(number, size, timeline), 1_000_000 + number)
    return made


def base(first: int, last: int, size: int = 16 * MB, timeline: int = 1, label: str = "full", **more: object) -> Base:
    return Base(label, name(first, size, timeline), name(last, size, timeline), lsn=first * size + 40, **more)  # type: ignore[arg-type]


def test_a_whole_archive_reaches_its_end() -> None:
    reach = archive(range(10, 300)).reach([base(20, 21)], {})
    assert (reach.missing, reach.gaps, reach.broken) == (0, (), ())
    assert (reach.first, reach.last, reach.newest) == (name(10), name(299), name(299))
    assert (reach.reached_at, reach.base, reach.segment_size) == (1_000_299, "full", 16 * MB)


def test_what_is_missing_before_the_oldest_base_backup_does_not_matter() -> None:
    assert archive([1, 2, 5, 20, 21, 22]).reach([base(20, 21)], {}).missing == 0


def test_a_gap_between_two_backups_is_told_and_the_later_one_reaches_on() -> None:
    reach = archive([n for n in range(10, 50) if n not in (30, 31)]).reach(
        [base(10, 11), base(40, 41, label="later")], {}
    )
    assert (reach.missing, reach.gaps) == (2, (f"{name(30)}..{name(31)}",))
    assert (reach.last, reach.base, reach.broken) == (name(49), "later", ())


def test_without_a_later_backup_recovery_ends_before_the_gap() -> None:
    reach = archive([n for n in range(10, 50) if n != 30]).reach([base(10, 11)], {})
    assert (reach.last, reach.newest, reach.reached_at) == (name(29), name(49), 1_000_029)


def test_a_backup_without_its_own_segments_is_broken() -> None:
    reach = archive([10, 12, 13]).reach([base(10, 12)], {})
    assert (reach.broken, reach.last, reach.reached_at, reach.missing) == (("full",), "", None, 1)


def test_a_flawed_backup_is_no_base() -> None:
    reach = archive(range(10, 20)).reach([base(10, 11, usable=False)], {})
    assert (reach.last, reach.missing) == ("", None)


@pytest.mark.parametrize("size", SIZES)
def test_every_segment_size_crosses_into_the_next_log(size: int) -> None:
    per_log = 2**32 // size
    numbers = range(per_log - 2, per_log + 3)
    whole = archive(numbers, size).reach([base(per_log - 2, per_log - 2, size)], {})
    assert (whole.missing, whole.last, whole.segment_size) == (0, name(per_log + 2, size), size)
    torn = archive([n for n in numbers if n != per_log - 1], size).reach([base(per_log - 2, per_log - 2, size)], {})
    assert torn.missing == 1


def test_a_size_that_nothing_tells_is_no_guess() -> None:
    numbers = [*range(100), *range(256, 300)]
    reach = archive(numbers).reach([Base("full", name(0), name(1))], {})
    assert reach.unsure == "the size of a segment cannot be told from the archive"
    assert archive(numbers).reach([Base("full", name(0), name(1))], {}, 16 * MB).missing == 156


def test_names_beyond_any_size_are_told() -> None:
    made = Archive()
    made.add("0000000100000000FFFFFFFF", 1)
    assert "fit no segment size" in made.reach([], {}).unsure


def test_a_segment_stored_twice_cannot_be_replayed_where_the_tool_refuses_it() -> None:
    made = archive(range(10, 20), into=Archive(ambiguous=True))
    made.add(name(15), 7)
    assert (made.reach([base(10, 11)], {}).missing, len(made)) == (1, 10)


def test_recovery_follows_a_new_timeline_by_its_history() -> None:
    made = archive(range(10, 31))
    archive(range(30, 40), timeline=2, into=made)
    history = {2: (Branch(1, 30 * 16 * MB + 99),)}
    reach = made.reach([base(10, 11)], history)
    assert (reach.missing, reach.last, reach.first) == (0, name(39, timeline=2), name(30, timeline=2))
    assert made.reach([base(10, 11)], {2: None}).unsure == "the history of timeline 2 could not be read"
    lost = made.reach([base(10, 11)], {})
    assert (lost.missing, lost.gaps, lost.last) == (1, ("00000002.history",), name(30))


def test_the_first_segment_of_a_new_timeline_is_needed() -> None:
    made = archive(range(10, 31))
    archive(range(31, 40), timeline=2, into=made)
    reach = made.reach([base(10, 11)], {2: (Branch(1, 30 * 16 * MB + 99),)})
    assert (reach.missing, reach.gaps) == (1, (f"{name(30, timeline=2)}..{name(30, timeline=2)}",))
    assert reach.last == name(29)


def test_a_backup_after_the_branch_stays_on_its_own_timeline() -> None:
    made = archive(range(10, 60))
    archive(range(30, 80), timeline=2, into=made)
    reach = made.reach([base(50, 51)], {2: (Branch(1, 30 * 16 * MB + 99),)})
    assert (reach.last, reach.missing) == (name(59), None)


def test_two_promotions_in_a_row() -> None:
    made = archive(range(10, 20))
    archive(range(20, 30), timeline=2, into=made)
    archive(range(30, 40), timeline=3, into=made)
    history = {2: (Branch(1, 20 * 16 * MB),), 3: (Branch(1, 20 * 16 * MB), Branch(2, 30 * 16 * MB))}
    reach = made.reach([base(10, 11)], history)
    assert (reach.missing, reach.last) == (0, name(39, timeline=3))


def test_history_files_are_read_and_noise_is_not() -> None:
    assert parse_history("1\t0/5000098\tno recovery target specified\n\n# x\n2\t1/0\tbefore\n") == (
        Branch(1, 0x5000098),
        Branch(2, 2**32),
    )
    assert parse_history("\x1f\x8b garbage") == ()
    assert (lsn("0/E000028"), lsn("nothing"), lsn(None)) == (0xE000028, None, None)


@settings(derandomize=True, deadline=None)
@given(st.sets(st.integers(10, 400), min_size=1), st.sampled_from(SIZES[:9]), st.randoms(use_true_random=False))
def test_as_counting_by_hand(numbers: set[int], size: int, order: random.Random) -> None:
    shuffled = list({10, 11, *numbers})
    order.shuffle(shuffled)
    reach = archive(shuffled, size).reach([base(10, 11, size)], {}, size)
    there = set(shuffled)
    last = next(n for n in range(10, 500) if n + 1 not in there)
    assert reach.missing == sum(n not in there for n in range(10, max(there)))
    assert reach.last == name(last, size)
    assert (reach.missing == 0) == (reach.last == reach.newest)


@settings(derandomize=True, deadline=None)
@given(st.sets(st.integers(0, 300), min_size=5), st.data())
def test_losing_a_segment_never_makes_it_better(numbers: set[int], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(numbers)))
    bases = [base(min(numbers), min(numbers))]
    before, after = archive(numbers).reach(bases, {}, 16 * MB), archive(numbers - {gone}).reach(bases, {}, 16 * MB)
    assert (after.reached_at or 0) <= (before.reached_at or 0)
    if gone != max(numbers):
        assert after.broken or (after.missing or 0) > (before.missing or 0)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.text("0123456789ABCDEF", min_size=24, max_size=24), st.integers(0, 2**62))),
    st.lists(st.text("0123456789ABCDEF", min_size=24, max_size=24), max_size=6),
    st.dictionaries(
        st.integers(0, 2**32 - 1),
        st.none() | st.lists(st.builds(Branch, st.integers(0, 2**34), st.integers(0, 2**64))).map(tuple),
    ),
)
def test_any_names_give_an_answer(
    entries: list[tuple[str, int]], spans: list[str], histories: dict[int, tuple[Branch, ...] | None]
) -> None:
    made = Archive(ambiguous=True)
    for each, stored in entries:
        made.add(each, stored)
    bases = [Base(str(at), first, last) for at, (first, last) in enumerate(itertools.pairwise(spans))]
    made.reach(bases, histories)


def test_two_hundred_thousand_segments_take_little() -> None:
    names = [name(number) for number in range(200_000)]
    tracemalloc.start()
    begun = time.process_time()
    made = Archive()
    for number, each in enumerate(names):
        made.add(each, number)
    reach = made.reach([base(3, 4)], {})
    taken, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (reach.missing, reach.last) == (0, name(199_999))
    assert taken < 8, "tracing slows it down several times; the benchmark measures it"
    assert peak < 80e6
