"""Waivers: what they cover, what they leave open, and what is told about them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evaluation.suppress import Waivers, names
from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint, Target
from scanner.model.outcome import Outcome
from scanner.model.result import Finding, Result, fingerprint
from scanner.model.suppression import Suppression
from tests.support.judging import ERROR, FAIL, PASS, UNKNOWN, a_rule, says

NOW = "2026-11-20T02:00:00Z"
RULES = {"r": a_rule(says("every"), "r", formerly=("old_r",)), "q": a_rule(says("every"), "q")}


def target(name: str, platform: str = "linux", **labels: str) -> Target:
    return Target(name, platform, Endpoint("local"), labels=labels)


WEB, DB = target("web01", env="prod", role="web"), target("db01", env="prod", role="db")
TARGETS = (WEB, DB, target("pg01", "postgres", env="prod"))


def waiver(**more: Any) -> Suppression:
    defaults = {"id": "W1", "rule": "r", "reason": "why", "approver": "J. Doe"}
    dates = {"approved": "2026-11-01", "expires": "2027-02-01"}
    return Suppression(**{**defaults, **dates, "path": "w.yaml", "line": 3, **more})


def result(
    *findings: tuple[str, Outcome], rule: str = "r", on: str = "web01", outcome: Outcome | None = None
) -> Result:
    made = tuple(Finding("t.list", (("name", key),), each, fingerprint="f") for key, each in findings)
    worst = outcome or (FAIL if any(each is FAIL for _, each in findings) else findings[0][1])
    return Result(rule, on, worst, findings=made, reason="because")


def waivers(*given_waivers: Suppression, targets: Sequence[Target] = TARGETS, now: str = NOW) -> Waivers:
    return Waivers(given_waivers, RULES, targets, now)


def codes(book: Waivers) -> list[str]:
    return [notice.code for notice in book.notices()]


def test_a_waiver_stands_beside_the_outcome() -> None:
    book = waivers(waiver(compensating="isolated"))

    applied = book.apply(result(("x", FAIL), ("y", PASS)), WEB)

    assert applied.outcome is FAIL
    assert applied.waived
    assert [bool(each.waived) for each in applied.findings] == [True, False]
    covering = applied.findings[0].waived
    assert covering is not None
    assert (covering.id, covering.approver, covering.expires, covering.compensating) == (
        "W1",
        "J. Doe",
        "2027-02-01",
        "isolated",
    )
    assert codes(book) == []
    (row,) = book.register()
    assert (row["used"], row["state"], row["id"], row["path"], row["line"]) == (1, "in force", "W1", "w.yaml", 3)


@pytest.mark.parametrize(
    ("more", "covers"),
    [
        ({}, True),
        ({"rule": "old_r"}, True),
        ({"rule": "q"}, False),
        ({"targets": ("web01",)}, True),
        ({"targets": ("db01",)}, False),
        ({"labels": {"env": "prod"}}, True),
        ({"labels": {"env": "prod", "role": "db"}}, False),
        ({"labels": {"team": "x"}}, False),
        ({"targets": ("web01",), "labels": {"role": "db"}}, False),
        ({"resource": "x"}, True),
        ({"resource": "x*"}, False),
        ({"expires": "2026-11-20"}, True),
        ({"expires": "2026-11-19"}, False),
        ({"approved": "2026-11-20"}, True),
        ({"approved": "2026-11-21"}, False),
        ({"max_targets": 2}, True),
        ({"max_targets": 1}, False),
        ({"max_targets": 1, "targets": ("web01",)}, True),
    ],
)
def test_what_a_waiver_covers(more: dict[str, Any], covers: bool) -> None:
    applied = waivers(waiver(**more)).apply(result(("x", FAIL)), WEB)

    assert applied.waived is covers


@pytest.mark.parametrize(
    ("tags", "covers"),
    [({"env": "dev"}, True), ({"env": "dev", "team": "x"}, True), ({"env": "prod"}, False), ({}, False)],
)
def test_a_waiver_may_name_the_tags_of_resources(tags: dict[str, str], covers: bool) -> None:
    failed = result(("x", FAIL))
    tagged = replace(failed, findings=(replace(failed.findings[0], tags=tuple(sorted(tags.items()))),))

    assert waivers(waiver(tags={"env": "dev"})).apply(tagged, WEB).waived is covers


def test_an_open_finding_beside_a_waived_one_leaves_the_result_open() -> None:
    applied = waivers(waiver(resource="x")).apply(result(("x", FAIL), ("y", FAIL)), WEB)

    assert [bool(each.waived) for each in applied.findings] == [True, False]
    assert not applied.waived


def test_undecided_findings_are_covered_only_where_accepted() -> None:
    plain, accepting = waivers(waiver()), waivers(waiver(accept=("unknown",)))

    assert not plain.apply(result(("x", UNKNOWN)), WEB).waived
    assert codes(plain) == []
    assert plain.register()[0]["state"] == "undecided"
    assert accepting.apply(result(("x", UNKNOWN)), WEB).waived
    assert not accepting.apply(result(("x", ERROR)), WEB).waived


def test_a_result_without_findings_gets_one_to_carry_the_waiver() -> None:
    applied = waivers(waiver(accept=("error",))).apply(Result("r", "web01", ERROR, "unreachable"), WEB)

    (one,) = applied.findings
    assert (one.outcome, one.reason, applied.waived) == (ERROR, "unreachable", True)
    assert one.fingerprint == fingerprint("r", "web01", "", ())


def test_other_results_stay_as_they_are() -> None:
    book = waivers(waiver())
    passed, other, bare = result(("x", PASS)), result(("x", FAIL), rule="q"), Result("r", "web01", ERROR, "unreachable")

    assert book.apply(passed, WEB) is passed
    assert book.apply(other, WEB) is other
    assert book.apply(bare, WEB) is bare


def test_the_first_of_two_waivers_is_shown_and_both_are_used() -> None:
    book = waivers(waiver(), waiver(id="W2"))

    (one,) = book.apply(result(("x", FAIL)), WEB).findings

    assert one.waived and one.waived.id == "W1"
    assert [row["used"] for row in book.register()] == [1, 1]


def test_an_expired_waiver_is_told_with_what_it_leaves_open() -> None:
    book = waivers(waiver(expires="2026-11-19"))
    book.apply(result(("x", FAIL), ("y", FAIL)), WEB)

    (notice,) = book.notices()
    assert (notice.level, notice.code, notice.subject, notice.path, notice.line) == (
        "warning",
        "waiver-expired",
        "W1",
        "w.yaml",
        3,
    )
    assert notice.text == (
        "waiver W1 for r expired on 2026-11-19: 2 findings not covered any more (renew it with a new approval, or remove it)"
    )
    assert book.register()[0]["state"] == "expired"


def test_a_waiver_for_more_targets_than_approved_is_void() -> None:
    book = waivers(waiver(max_targets=1))
    book.apply(result(("x", FAIL)), WEB)

    (notice,) = book.notices()
    assert (notice.level, notice.code) == ("error", "waiver-void")
    assert "names 2 targets, more than its max_targets 1" in notice.text
    assert "1 finding left open" in notice.text
    assert book.register()[0]["state"] == "void"


def test_unused_early_and_over_long_waivers_are_told() -> None:
    unused = waivers(waiver())
    assert "no result was of its rule" in unused.notices()[0].text
    unused.apply(result(("x", PASS)), WEB)
    assert codes(unused) == ["waiver-unused"]
    assert "nothing that it names failed" in unused.notices()[0].text
    assert unused.register()[0]["state"] == "unused"

    early = waivers(waiver(approved="2026-12-01"))
    assert codes(early) == ["waiver-early"]
    assert early.register()[0]["state"] == "not yet in force"

    long = waivers(waiver(approved="2026-11-20", expires="2027-11-22"), waiver(id="W2", expires="2027-11-02"))
    for name in ("web01", "db01"):
        assert long.apply(result(("x", FAIL), on=name), WEB).waived
    assert [(notice.code, notice.subject) for notice in long.notices()] == [("waiver-over-long", "W1")]
    assert "367 days" in long.notices()[0].text


def test_results_of_the_estate_are_waived_by_asset() -> None:
    book = waivers(waiver(targets=("win03",)), waiver(id="W2", labels={"env": "prod"}))
    applied = book.apply(result(("win03", FAIL), ("win04", FAIL), on="estate"))

    assert [bool(each.waived) for each in applied.findings] == [True, False]


def test_an_unknown_rule_is_unused_and_bad_dates_are_refused() -> None:
    assert codes(waivers(waiver(rule="gone", max_targets=3))) == ["waiver-unused"]
    with pytest.raises(ConfigurationError, match=r"w.yaml:3: W1: 'soon' is no date \(write"):
        waivers(waiver(expires="soon"))
    with pytest.raises(ConfigurationError, match=r"^W1: '' is no date"):
        waivers(waiver(path="", approved=""))
    with pytest.raises(ConfigurationError, match=r"^now: 'x'"):
        waivers(waiver(), now="x")


def test_threads_lose_no_count() -> None:
    book = waivers(waiver())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: book.apply(result(("x", FAIL)), WEB), range(200)))

    assert book.register()[0]["used"] == 200


OUTCOMES = st.sampled_from([PASS, FAIL, UNKNOWN, ERROR])
RESULTS = st.lists(st.tuples(st.sampled_from("xyz"), OUTCOMES), min_size=1, max_size=3).map(
    lambda pairs: result(*pairs)
)
WAIVERS = st.lists(
    st.builds(
        lambda resource, accept, expires, number: waiver(
            id=f"W{number}", resource=resource, accept=tuple(accept), expires=expires
        ),
        st.sampled_from([None, "x", "y"]),
        st.lists(st.sampled_from(["unknown", "error"])),
        st.sampled_from(["2026-11-01", "2027-01-01"]),
        st.integers(1, 9),
    ),
    max_size=3,
)


@given(st.lists(RESULTS, max_size=4), WAIVERS)
def test_waivers_change_nothing_but_the_mark(results: list[Result], given_waivers: list[Suppression]) -> None:
    book = waivers(*given_waivers)

    applied = [book.apply(each, WEB) for each in results]

    for before, after in zip(results, applied, strict=True):
        assert replace(after, findings=tuple(replace(each, waived=None) for each in after.findings)) == before
        for each in after.findings:
            assert each.waived is None or each.outcome in (FAIL, UNKNOWN, ERROR)
    marked = sum(bool(each.waived) for one in applied for each in one.findings)
    assert marked <= sum(row["used"] for row in book.register())


def test_names_needs_all_that_is_given() -> None:
    assert names(waiver(), "any", {})
    assert not names(waiver(targets=("a",)), "b", {})
    assert names(waiver(targets=("a",), labels={"k": "v"}), "a", {"k": "v", "l": "w"})
