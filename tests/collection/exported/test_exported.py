"""What all readers of files share: what is denied is unknown, old files are not believed, odd values are gaps."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.exported.freshness import collected, stale
from scanner.collection.exported.listing import joined
from scanner.collection.exported.values import chosen, flag, moment, parsed, text, whole
from scanner.collection.table import platform_module
from scanner.model.errors import CollectionError
from scanner.model.evidence import ABSENT, Gap, Query, error, unknown
from scanner.model.outcome import Outcome
from scanner.transport.dropped import Dropped
from scanner.transport.shell import Limits
from tests.collection.parity import check

NOW = "2026-11-20T12:00:00Z"
PLATFORMS = ["veeam", "iperius", "kubernetes", "records"]


class Closed:
    """A folder whose files may not be read, or that may not be listed itself."""

    def __init__(self, listed: bool) -> None:
        self.settings = {"folder": "/exports"}
        self._listed = listed

    def files(self, patterns: Sequence[str], *, read: bool = True) -> tuple[Dropped, ...]:
        if not self._listed:
            raise CollectionError(
                "/exports: Permission denied", kind=Outcome.UNKNOWN, needs="the right to list /exports"
            )
        names = [each.replace("**", "a/b").replace("*", "x") for each in patterns]
        return tuple(Dropped(each, "", 0, failure="cannot be read: Permission denied", denied=True) for each in names)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("listed", [True, False], ids=["files closed", "folder closed"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_denied_is_unknown_and_names_the_right(platform: str, listed: bool) -> None:
    module = platform_module(platform)
    answer = module.collect([Query.of(fact) for fact in module.FACTS], Closed(listed), Limits(), NOW)
    for each in answer.evidence:
        check(each)
        if each.query.fact != "backup.server" or not listed:
            assert each.gap is not None
            assert each.gap.kind is Outcome.UNKNOWN
            assert "the right to" in (each.gap.needs or "")
            assert not each.rows


@pytest.mark.parametrize(
    ("made", "every", "outcome"),
    [
        ("2026-11-20T11:00:00Z", "", None),
        ("2026-11-19T10:00:00Z", "", None),
        ("2026-11-19T09:00:00Z", "", Outcome.UNKNOWN),
        ("2026-11-19T09:00:00Z", "7d", None),
        ("2026-11-20T09:30:00Z", "1h", Outcome.UNKNOWN),
        ("2026-11-20T10:30:00Z", "1h", None),
        ("2026-11-20T12:04:00Z", "", None),
        ("2026-11-20T12:06:00Z", "", Outcome.UNKNOWN),
        ("", "", Outcome.ERROR),
        ("2026-11-20T11:00:00Z", "often", Outcome.ERROR),
    ],
)
def test_old_and_future_files_are_not_believed(made: str, every: str, outcome: Outcome | None) -> None:
    gap = stale("x.json", made, NOW, {"every": every})
    assert (gap.kind if gap else None) is outcome


def test_the_older_of_two_times_counts() -> None:
    assert collected("2026-11-20T01:00:00Z", "2026-11-20T02:00:00Z") == "2026-11-20T01:00:00Z"
    assert collected("2026-11-20T03:00:00Z", "2026-11-20T02:00:00Z") == "2026-11-20T02:00:00Z"
    assert collected("", "2026-11-20T02:00:00Z") == "2026-11-20T02:00:00Z"


def test_times_are_moments_or_gaps() -> None:
    assert moment("2026-11-20T02:00:00.1234567+01:00") == "2026-11-20T01:00:00Z"
    assert moment(None) is ABSENT
    for odd in (
        "2026-11-20T02:00:00",
        "2026-11-20",
        "0001-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        5,
        "9999-12-31T23:59:59-12:00",
    ):
        assert isinstance(moment(odd), Gap)


def test_odd_values_are_gaps() -> None:
    for found in (
        whole(1.5),
        whole(True),
        whole(-1),
        whole(10**30),
        whole("5"),
        flag("yes"),
        text(5),
        chosen({}, "x", "it"),
    ):
        assert isinstance(found, Gap)
    assert (whole(5.0), flag(None), text("")) == (5, ABSENT, ABSENT)


@given(st.binary(max_size=200))
def test_parsing_says_what_is_wrong_and_nothing_else_happens(data: bytes) -> None:
    try:
        parsed(data)
    except ValueError as problem:
        assert str(problem).startswith("it is ")


def test_deep_documents_are_refused() -> None:
    with pytest.raises(ValueError, match="too deeply"):
        parsed(json.dumps(json.loads("[" * 80 + "]" * 80)))
    with pytest.raises(ValueError, match="it is "):
        parsed(b"[" * 200_000)


def test_gaps_are_joined_without_losing_the_worse() -> None:
    gap = joined([unknown("a", "x"), error("b"), unknown("a", "x")])
    assert gap is not None
    assert (gap.kind, gap.reason, gap.needs) == (Outcome.ERROR, "a; b", "x")
    assert joined([]) is None
