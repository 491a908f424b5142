"""Counts: one tally for all formats."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.evaluation.counting import Tally, by_owner, count
from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, TargetInfo
from scanner.model.result import Finding, Result, Waived

WAIVED = Waived("W1", "r", "a", "2027-01-01")
SEVERITIES = {"high": Severity.HIGH, "low": Severity.LOW}


def finding(outcome: Outcome, waived: bool = False) -> Finding:
    return Finding("t.list", (("name", "x"),), outcome, waived=WAIVED if waived else None)


def result(outcome: Outcome, *findings: Finding, rule: str = "high", attested: str = "") -> Result:
    return Result(rule, "web01", outcome, findings=findings, attested=attested)


def test_waived_is_no_pass_and_attested_is_counted_apart() -> None:
    counts = count(
        [
            result(Outcome.PASS, finding(Outcome.PASS)),
            result(Outcome.FAIL, finding(Outcome.FAIL, waived=True)),
            result(Outcome.FAIL, finding(Outcome.FAIL, waived=True), finding(Outcome.FAIL), rule="low"),
            result(Outcome.PASS, attested="by A on D until E"),
            result(Outcome.ERROR),
            result(Outcome.UNKNOWN, finding(Outcome.UNKNOWN, waived=True)),
        ],
        SEVERITIES,
    )

    assert (counts.waived, counts.attested) == (2, 1)
    assert counts.failed_by_severity == {Severity.LOW: 1}
    assert counts.undecided_by_severity == {Severity.HIGH: 1}
    assert (str(counts.pass_rate), str(counts.coverage)) == ("1/5 (20.0 %)", "3/5 (60.0 %)")
    assert counts.findings == {Outcome.PASS: 1, Outcome.FAIL: 3, Outcome.UNKNOWN: 1}


def test_a_fail_that_is_waived_beside_an_open_question_counts_as_undecided() -> None:
    mixed = result(Outcome.FAIL, finding(Outcome.FAIL, waived=True), finding(Outcome.ERROR))

    counts = count([mixed], SEVERITIES)

    assert counts.of(Outcome.FAIL) == 1
    assert counts.failed_by_severity == {}
    assert counts.undecided_by_severity == {Severity.HIGH: 1}
    assert counts.waived == 0


FINDINGS = st.lists(
    st.builds(finding, st.sampled_from([Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR]), st.booleans()),
    max_size=3,
)
RESULTS = st.lists(
    st.builds(
        lambda outcome, findings, rule, attested: result(outcome, *findings, rule=rule, attested=attested),
        st.sampled_from(list(Outcome)),
        FINDINGS,
        st.sampled_from(["high", "low"]),
        st.sampled_from(["", "by A"]),
    ),
    max_size=12,
)


@given(RESULTS)
def test_every_open_result_is_counted_once_as_failed_undecided_or_waived(results: list[Result]) -> None:
    counts = count(results, SEVERITIES)
    open_ = counts.of(Outcome.FAIL) + counts.of(Outcome.UNKNOWN) + counts.of(Outcome.ERROR)

    assert counts.total == len(results)
    assert sum(counts.failed_by_severity.values()) + sum(counts.undecided_by_severity.values()) + counts.waived == open_
    assert counts.attested <= counts.of(Outcome.PASS)
    assert 0 <= counts.decided <= counts.applicable <= counts.total
    assert counts.coverage.part <= counts.coverage.whole
    assert sum(counts.findings.values()) == sum(len(each.findings) for each in results)


@given(RESULTS, st.randoms(use_true_random=False))
def test_order_and_portions_do_not_matter(results: list[Result], random: st.DataObject) -> None:
    shuffled = list(results)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    tally = Tally(SEVERITIES)
    for each in shuffled:
        tally.counts()
        tally.add(each)

    assert tally.counts() == count(results, SEVERITIES)


@given(RESULTS)
def test_waiving_never_raises_the_pass_rate(results: list[Result]) -> None:
    def unwaived(one: Result) -> Result:
        return result(
            one.outcome, *(finding(each.outcome) for each in one.findings), rule=one.rule, attested=one.attested
        )

    with_waivers, without = count(results, SEVERITIES), count(map(unwaived, results), SEVERITIES)

    assert with_waivers.pass_rate == without.pass_rate
    assert with_waivers.coverage == without.coverage


@given(
    st.lists(st.sampled_from([Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOTAPPLICABLE])), st.integers(0, 9)
)
def test_tallies_of_parts_come_to_the_tally_of_the_whole(outcomes: list[Outcome], cut: int) -> None:
    results = [
        result(each, finding(each, waived=bool(n % 2)), attested="by A" * (n % 3)) for n, each in enumerate(outcomes)
    ]
    total = Tally(SEVERITIES)
    for part in (results[:cut], results[cut:]):
        own = Tally(SEVERITIES)
        for each in part:
            own.add(each)
        total.merge(own)

    assert total.counts() == count(results, SEVERITIES)


def _target(name: str, owner: str, state: str, *results: Result) -> TargetInfo:
    labels = {"owner": owner} if owner else {}
    counts = count(results, SEVERITIES) if results else Counts()
    return TargetInfo(name, "linux", state, labels=labels, counts=counts)


def test_owners_have_the_sums_of_their_targets_and_the_nameless_come_last() -> None:
    owners = by_owner(
        [
            _target("a", "", "assessed", result(Outcome.PASS)),
            _target("b", "ops", "assessed", result(Outcome.PASS), result(Outcome.FAIL)),
            _target("c", "ops", "unreachable"),
            _target("d", "dev", "not selected"),
        ]
    )
    assert [(each.owner, each.targets, each.assessed, each.counts.of(Outcome.PASS)) for each in owners] == [
        ("ops", 2, 1, 1),
        ("", 1, 1, 1),
    ]
    assert owners[0].counts.of(Outcome.FAIL) == 1
    assert by_owner([_target("a", "", "assessed")]) == ()
