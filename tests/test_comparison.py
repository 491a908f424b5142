"""A finding is new, unchanged, updated, absent, or honestly not assessed."""

from __future__ import annotations

from dataclasses import replace

from scanner.comparison.baseline import Comparison, against, unassessed
from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, Header, Report, RuleInfo, Verdict
from scanner.model.result import ASIDE, EXCLUDED, Finding, Result, Waived, fingerprint

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
NOW = "2026-11-20T00:00:00Z"


def finding(
    rule: str, target: str, key: str, found: str = "0644", outcome: Outcome = FAIL, waived: Waived | None = None
) -> Finding:
    keys = (("path", key),) if key else ()
    mark = fingerprint(rule, target, "linux.file", keys)
    return Finding("linux.file", keys, outcome, found=found, fingerprint=mark, waived=waived)


def result(rule: str, target: str, outcome: Outcome, *findings: Finding) -> Result:
    return Result(rule, target, outcome, findings=findings)


def earlier(*results: Result, gone: tuple[dict[str, object], ...] = ()) -> Report:
    info = {each.rule: RuleInfo(each.rule, "t", Severity.HIGH, 1, "", "", ("linux",), {}) for each in results}
    header = Header("r1", "controlproof", "0", "2026-11-01T00:00:00Z", "2026-11-01T00:05:00Z")
    return Report(header, info, {}, (), results, Counts(), Verdict("FAIL", 1), gone=gone)


BEFORE = earlier(
    result(
        "files",
        "a",
        FAIL,
        finding("files", "a", "/x"),
        finding("files", "a", "/y"),
        finding("files", "a", "/ok", outcome=PASS),
    ),
    result("files", "b", FAIL, finding("files", "b", "/x")),
)


def run(comparison: Comparison, *results: Result) -> list[str]:
    marked = [comparison.mark(each, Severity.HIGH, NOW) for each in results]
    return [each.state for one in marked for each in one.findings]


def test_states_of_findings() -> None:
    comparison = against(BEFORE, {})
    states = run(
        comparison,
        result(
            "files",
            "a",
            FAIL,
            finding("files", "a", "/x"),
            finding("files", "a", "/z"),
            finding("files", "a", "/ok", outcome=PASS),
        ),
        result("files", "b", FAIL, finding("files", "b", "/x", found="0777")),
    )
    assert states == ["unchanged", "new", "", "updated"]
    assert [(row["state"], row["target"], row["resource"]) for row in comparison.gone()] == [("absent", "a", "/y")]
    assert dict(comparison.states) == {"unchanged": 1, "new": 1, "updated": 1, "absent": 1}
    assert comparison.new_failed == {Severity.HIGH: 1}


def test_a_change_of_what_is_told_besides_alone_is_no_change() -> None:
    before = replace(finding("files", "a", "/x"), besides="exposure_now is 4 h")
    comparison = against(earlier(result("files", "a", FAIL, before)), {})
    assert run(comparison, result("files", "a", FAIL, replace(before, besides="exposure_now is 5 h"))) == ["unchanged"]


def test_waived_new_finding_does_not_count_as_new_failure() -> None:
    comparison = against(BEFORE, {})
    waived = Waived("W1", "r", "ada", "2027-01-01")
    run(comparison, result("files", "c", FAIL, finding("files", "c", "/x", waived=waived)))
    assert not comparison.new_failed


def test_undecided_is_never_absent() -> None:
    comparison = against(BEFORE, {})
    run(
        comparison,
        result("files", "a", UNKNOWN, finding("files", "a", "", outcome=UNKNOWN)),
        result("files", "b", PASS),
    )
    gone = comparison.gone()
    assert [(row["state"], row["target"], row["resource"]) for row in gone] == [
        ("absent", "b", "/x"),
        ("unassessed", "a", "/x"),
        ("unassessed", "a", "/y"),
    ]
    assert gone[1]["last_seen"] == "2026-11-01T00:05:00Z"
    assert unassessed(gone) == {Severity.HIGH: 2}


def test_rule_left_out_or_answered_by_a_person_now_settles_nothing() -> None:
    comparison = against(BEFORE, {})
    run(
        comparison,
        Result("files", "a", Outcome.NOTAPPLICABLE, f"{EXCLUDED}: dull"),
        Result("files", "b", Outcome.NOTCHECKED),
    )
    assert {row["state"] for row in comparison.gone()} == {"unassessed"}


def test_rule_that_is_not_for_the_target_any_more_settles_its_findings() -> None:
    comparison = against(BEFORE, {})
    run(comparison, Result("files", "b", Outcome.NOTAPPLICABLE, "linux.package: present is false"))
    assert [row["state"] for row in comparison.gone() if row["target"] == "b"] == ["absent"]


def test_a_resource_that_is_left_aside_now_is_not_mended() -> None:
    comparison = against(BEFORE, {})
    aside = replace(finding("files", "a", "/x", "", Outcome.NOTAPPLICABLE), reason=ASIDE)
    run(comparison, result("files", "a", PASS, aside, finding("files", "a", "/y", outcome=PASS)))
    gone = [(row["state"], row["resource"]) for row in comparison.gone() if row["target"] == "a"]
    assert gone == [("absent", "/y"), ("unassessed", "/x")]


def test_partly_undecided_result_settles_nothing() -> None:
    comparison = against(BEFORE, {})
    run(comparison, result("files", "a", FAIL, finding("files", "a", "/x"), finding("files", "a", "", outcome=UNKNOWN)))
    assert [(row["state"], row["resource"]) for row in comparison.gone() if row["target"] == "a"] == [
        ("unassessed", "/y")
    ]


def test_out_of_scope_is_unassessed_but_only_weighs_when_it_was_asked_for() -> None:
    comparison = against(BEFORE, {}, targets=frozenset({"a"}), rules=frozenset({"files"}))
    run(comparison, result("files", "a", PASS))
    gone = comparison.gone()
    assert [(row["state"], row["target"], row["selected"]) for row in gone] == [
        ("absent", "a", True),
        ("absent", "a", True),
        ("unassessed", "b", False),
    ]
    assert unassessed(gone) == {}


def test_target_that_vanished_without_a_word_weighs() -> None:
    comparison = against(BEFORE, {})
    run(comparison, result("files", "a", PASS))
    assert unassessed(comparison.gone()) == {Severity.HIGH: 1}


def test_decommissioned_target_takes_its_findings_along() -> None:
    comparison = against(BEFORE, {}, ended=frozenset({"b"}))
    run(comparison, result("files", "a", PASS))
    assert {row["target"] for row in comparison.gone()} == {"a"}


def test_renamed_rule_keeps_its_findings() -> None:
    comparison = against(BEFORE, {"files": "files_private"})
    assert run(comparison, result("files_private", "b", FAIL, finding("files_private", "b", "/x"))) == ["unchanged"]


def test_what_was_lost_before_is_carried_on() -> None:
    first = against(BEFORE, {})
    run(first, result("files", "a", PASS))
    second = against(earlier(result("files", "a", PASS), gone=tuple(first.gone())), {})
    run(second, result("files", "a", PASS))
    assert [(row["state"], row["target"], row["last_seen"]) for row in second.gone()] == [
        ("unassessed", "b", "2026-11-01T00:05:00Z")
    ]


def test_what_was_lost_before_keeps_its_identity_when_its_rule_is_renamed() -> None:
    first = against(BEFORE, {})
    run(first, result("files", "a", PASS))
    lost = tuple(first.gone())
    second = against(earlier(result("files", "a", PASS), gone=lost), {"files": "files_private"})
    states = run(second, result("files_private", "b", FAIL, finding("files_private", "b", "/x")))
    assert states == ["unchanged"]
    assert [row["state"] for row in second.gone()] == ["absent"] * (len(second.before) - 1)


def test_a_failure_knows_since_when_it_fails_and_when_it_changed() -> None:
    days = [f"2026-11-{day:02}T00:00:00Z" for day in range(10, 14)]
    report = earlier(result("files", "a", FAIL, finding("files", "a", "/x")))
    dates = []
    for day, found in zip(days, ("0644", "0666", "0666", "0666"), strict=True):
        comparison = against(report, {})
        marked = comparison.mark(
            result("files", "a", FAIL, finding("files", "a", "/x", found=found)), Severity.HIGH, day
        )
        dates += [(one.state, one.first_seen, one.last_changed) for one in marked.findings]
        report = earlier(marked)
    assert dates == [
        ("unchanged", "2026-11-01T00:05:00Z", "2026-11-01T00:05:00Z"),
        ("updated", "2026-11-01T00:05:00Z", "2026-11-11T00:00:00Z"),
        ("unchanged", "2026-11-01T00:05:00Z", "2026-11-11T00:00:00Z"),
        ("unchanged", "2026-11-01T00:05:00Z", "2026-11-11T00:00:00Z"),
    ]


def test_a_new_failure_is_known_since_its_evidence_was_taken_and_a_mended_one_begins_anew() -> None:
    comparison = against(earlier(result("files", "a", PASS)), {})
    [one] = comparison.mark(result("files", "a", FAIL, finding("files", "a", "/x")), Severity.HIGH, NOW).findings
    assert (one.state, one.first_seen, one.last_changed) == ("new", NOW, NOW)


def test_a_failure_that_is_undecided_now_keeps_its_dates_and_is_told_once() -> None:
    first = against(BEFORE, {})
    lost = first.mark(result("files", "b", UNKNOWN, finding("files", "b", "/x", outcome=UNKNOWN)), Severity.HIGH, NOW)
    [one] = lost.findings
    assert (one.state, one.last_seen, one.first_seen) == ("unassessed", "2026-11-01T00:05:00Z", "2026-11-01T00:05:00Z")
    gone = first.gone()
    assert [row["resource"] for row in gone if row.get("told")] == ["/x"]

    second = against(earlier(lost, gone=tuple(gone)), {})
    marked = second.mark(result("files", "b", FAIL, finding("files", "b", "/x")), Severity.HIGH, NOW)
    assert [(one.state, one.first_seen, one.last_seen) for one in marked.findings] == [
        ("unchanged", "2026-11-01T00:05:00Z", "")
    ]
