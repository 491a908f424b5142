"""Tags of resources reach findings whichever fact these came from, and leave resources aside; never by silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scanner.evaluation.judge import compile_rule
from scanner.evaluation.suppress import Waivers
from scanner.evaluation.tags import Tags, narrowed, with_tags
from scanner.model.evidence import Cell, Evidence, Gap, unknown
from scanner.model.result import Result
from scanner.model.rule import AllOf, AnyOf, Assertion, Check, NotOf, Quantifier, ValueSubject
from scanner.model.suppression import Suppression
from scanner.model.tagging import judged_one_by_one, narrowable, tag_facts
from tests.support.judging import ERROR, FAIL, NA, PASS, UNKNOWN, VOCABULARY, a_rule, answers, counts, of, says

DENIED_TAGS = unknown("denied", "s3:GetBucketTagging")
EVERY = says("every", fact="t.about")
PROD = {"ours": {"env": "prod"}}


def about(**on: bool | Gap) -> Evidence:
    """Rows of the fact without tags: ARN > whether it is on."""
    return of(
        [{"arn": arn, "name": "n", "size": 1, "kind": "k", "on": each} for arn, each in on.items()], fact="t.about"
    )


def tagged(gap: Gap | None = None, **tags: Cell) -> Evidence:
    """Rows of the fact that tells tags: ARN > tags."""
    rows = [{"arn": arn, "name": arn, "tags": each} for arn, each in tags.items()]
    return of(rows, gap, fact="t.tagged")


def tags_in(*evidence: Evidence, asked: bool = True) -> Tags:
    queries = [each.query for each in evidence if asked or each.query.fact != "t.tagged"]
    return Tags(answers(*evidence), VOCABULARY, queries)


def judge(check: Check, *evidence: Evidence) -> Result:
    return compile_rule(a_rule(check), {}, VOCABULARY)(answers(*evidence), {"id": "web01"})


def found(*evidence: Evidence, asked: bool = True) -> tuple[tuple[tuple[str, str], ...], str]:
    (one,) = with_tags(judge(EVERY, *evidence), tags_in(*evidence, asked=asked)).findings
    return one.tags, one.untagged


def test_tags_are_joined_by_the_name_of_the_resource() -> None:
    assert found(about(a=False), tagged(a={"team": "x", "env": "dev"}, b={})) == ((("env", "dev"), ("team", "x")), "")
    assert found(about(a=False), tagged(a={})) == ((), "")


def test_resources_with_a_key_of_their_own_are_found_by_the_rows_and_other_facts_have_no_tags() -> None:
    rows = [{"arn": f"arn:{name}", "name": name, "on": False, "tags": {"env": name}} for name in ("a", "b")]
    evidence = of(rows, fact="t.tagged")
    result = with_tags(judge(says("every", fact="t.tagged"), evidence), tags_in(evidence))
    assert [each.tags for each in result.findings] == [(("env", "a"),), (("env", "b"),)]
    for fact in ("t.list", "t.tagged"):
        nameless = of([{"name": "a", "on": False}], fact=fact)
        (one,) = with_tags(judge(says("every", fact=fact), nameless), tags_in(nameless)).findings
        assert (one.tags, one.untagged) == ((), "")


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (tagged(a=DENIED_TAGS), "denied (needs s3:GetBucketTagging)"),
        (tagged(DENIED_TAGS), "denied (needs s3:GetBucketTagging)"),
        (tagged(b={"env": "dev"}), "t.tagged: the resource is not listed there"),
    ],
    ids=["cell", "list", "not listed"],
)
def test_tags_that_are_not_known_are_none_and_say_why(evidence: Evidence, why: str) -> None:
    assert found(about(a=False), evidence) == ((), why)


def test_of_tags_that_nobody_asked_for_nothing_is_said() -> None:
    assert found(about(a=False), tagged(), asked=False) == ((), "")


def test_findings_about_a_whole_list_and_passing_ones_have_no_tags() -> None:
    evidence = (of([], unknown("hidden"), fact="t.about"), tagged(a={"env": "dev"}))
    (one,) = with_tags(judge(EVERY, *evidence), tags_in(*evidence)).findings
    assert (one.outcome, one.tags, one.untagged) == (UNKNOWN, (), "")
    evidence = (about(a=True), tagged(a={"env": "dev"}))
    (one,) = with_tags(judge(EVERY, *evidence), tags_in(*evidence)).findings
    assert (one.outcome, one.tags) == (PASS, ())


def _waived(tags: Evidence, **more: Any) -> tuple[list[bool], list[str], str]:
    dates = {"approved": "2026-11-01", "expires": "2027-02-01", "reason": "why", "approver": "J. Doe"}
    waiver = Suppression("W1", "r", tags={"env": "dev"}, **{**dates, **more})
    evidence = (about(a=False, b=False), tags)
    result = with_tags(judge(EVERY, *evidence), tags_in(*evidence))
    book = Waivers([waiver], {"r": a_rule(EVERY)}, [], "2026-11-20")
    applied = book.apply(result)
    told = [f"{each.code}: {each.text}" for each in book.notices()]
    return [bool(each.waived) for each in applied.findings], told, book.register()[0]["state"]


def test_a_waiver_by_tags_covers_findings_of_any_fact_about_the_resource() -> None:
    assert _waived(tagged(a={"env": "dev"}, b={"env": "prod"})) == ([True, False], [], "in force")


def test_a_waiver_by_tags_covers_nothing_whose_tags_are_not_known_and_says_so() -> None:
    covered, told, state = _waived(tagged(a={"env": "dev"}, b=DENIED_TAGS))
    assert (covered, state) == ([True, False], "in force")
    assert told == [
        (
            "waiver-tags-unread: waiver W1 for r does not cover 1 finding whose tags could not be read: "
            "denied (needs s3:GetBucketTagging) (let the scan's account read tags, or name the resource)"
        )
    ]
    covered, told, state = _waived(tagged(DENIED_TAGS))
    assert (covered, state) == ([False, False], "undecided")
    assert [each.partition(":")[0] for each in told] == ["waiver-tags-unread"]
    covered, told, state = _waived(tagged(DENIED_TAGS), resource="a")
    assert "1 finding whose" in told[0]


def _left(check: Check, *evidence: Evidence, resources: dict[str, dict[str, str]] | None = None) -> Result:
    tags = tags_in(*evidence)
    return narrowed(judge(check, *evidence), a_rule(check), resources or PROD, tags)


def test_resources_without_the_tags_are_left_aside_and_counted() -> None:
    evidence = (about(a=False, b=True, c=True), tagged(a={"env": "dev"}, b={"env": "prod"}, c={}))
    whole = judge(EVERY, *evidence)
    result = _left(EVERY, *evidence)
    assert (whole.outcome, result.outcome, result.passing) == (FAIL, PASS, 1)
    assert [(each.resource, each.outcome, each.aside) for each in result.findings] == [
        ("a", NA, True),
        ("b", PASS, False),
        ("c", NA, True),
    ]
    assert result.findings[0].fingerprint == whole.findings[0].fingerprint
    assert result.reason == "2 of 3 resources left aside: they lack the tags env=prod (profile ours)"
    both = _left(EVERY, *evidence, resources={**PROD, "other": {"env": "dev"}})
    assert [each.aside for each in both.findings] == [False, False, True]


@pytest.mark.parametrize(
    "tags",
    [tagged(a=DENIED_TAGS), tagged(DENIED_TAGS), tagged(b={}), tagged(a="odd")],
    ids=["cell", "list", "none", "odd"],
)
def test_a_resource_whose_tags_are_not_known_is_in_scope(tags: Evidence) -> None:
    assert _left(EVERY, about(a=False), tags).outcome is FAIL
    assert _left(EVERY, about(a=DENIED_TAGS), tags).outcome is UNKNOWN


def test_where_all_are_left_aside_nothing_passes() -> None:
    for check in (EVERY, says("none", fact="t.about")):
        result = _left(check, about(a=True, b=False), tagged(a={}, b={}))
        assert (result.outcome, result.passing) == (NA, 0)
        assert result.reason.startswith("2 of 2 resources left aside")


def test_what_is_missing_in_a_list_stays_open() -> None:
    rows = replace(about(a=False), gap=unknown("region denied"))
    assert _left(EVERY, rows, tagged(a={})).outcome is UNKNOWN


@pytest.mark.parametrize(
    "check",
    [
        says("some", fact="t.about"),
        counts("at_most", 0, fact="t.about"),
        NotOf(EVERY),
        AnyOf((EVERY, says("some", fact="t.about"))),
        AllOf((EVERY, says("some", fact="t.about"))),
    ],
    ids=["some", "count", "not", "any", "all"],
)
def test_rules_on_resources_together_are_judged_whole(check: Check) -> None:
    evidence = (about(a=False, b=True), tagged(a={}, b={}))
    assert _left(check, *evidence) == judge(check, *evidence)


def test_which_facts_are_judged_one_by_one() -> None:
    both = AllOf((EVERY, says("none", fact="t.tagged")))
    assert judged_one_by_one(both) == {"t.about", "t.tagged"}
    assert judged_one_by_one(AllOf((EVERY, AnyOf((EVERY,))))) == frozenset()
    assert judged_one_by_one(None) == frozenset()
    assert judged_one_by_one(Assertion(ValueSubject("most"), Quantifier.EXPECT)) == frozenset()
    assert tag_facts(a_rule(both), VOCABULARY) == ("t.tagged",)
    assert narrowable(a_rule(both), VOCABULARY)
    assert not narrowable(a_rule(says("every")), VOCABULARY)
    assert tag_facts(a_rule(None), VOCABULARY) == ()


def test_error_outcomes_are_kept() -> None:
    lost = Gap(ERROR, "lost")
    assert _left(EVERY, about(a=lost, b=True), tagged(a={"env": "prod"}, b={})).outcome is ERROR
