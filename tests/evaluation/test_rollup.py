"""The roll-up: what is said of a control, and that nothing weak ever looks strong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evaluation.attest import Attestations
from scanner.evaluation.determine import SUPPORTS
from scanner.evaluation.rollup import Rollup
from scanner.model.fact import INT
from scanner.model.outcome import Outcome
from scanner.model.profile import Bound, Catalogue, Control, ControlException, Crosswalk, RuleMapping
from scanner.model.report import ControlStatus
from scanner.model.result import EXCLUDED, Finding, Result, Waived
from scanner.model.rule import Literal, Rule, Test, Value
from scanner.model.suppression import Attestation
from tests.support.judging import ERROR, FAIL, NA, PASS, UNKNOWN, a_rule, says

NOTCHECKED, INFORMATIONAL = Outcome.NOTCHECKED, Outcome.INFORMATIONAL
WAIVED = Waived("W1", "r", "a", "2027-01-01")
DAYS = {"days": Value("days", INT, 90)}


def a_result(
    rule: str, outcome: Outcome, on: str = "t1", *, waived: bool = False, attested: str = "", **values: Any
) -> Result:
    findings = (Finding("t.list", (), outcome, waived=WAIVED if waived else None),)
    return Result(rule, on, outcome, findings=findings, attested=attested, values=values)


def rules(**controls: Any) -> dict[str, Rule]:
    made = {name: a_rule(says("every"), name, values=DAYS) for name in "abc"}
    return made | {name: a_rule(says("every"), name, controls=of) for name, of in controls.items()}


def catalogue(*controls: Control, name: str = "bench") -> Catalogue:
    return Catalogue(name, name.title(), "benchmark", "1", "P", controls)


def mapped(*names: str, covers: str = "full", **more: Any) -> Control:
    return Control("1.1", "T", rules=tuple(RuleMapping(name, covers) for name in names), **more)


def rolled(
    results: Iterable[Result],
    *catalogues: Catalogue,
    known: dict[str, Rule] | None = None,
    exceptions: Iterable[ControlException] = (),
    **more: Any,
) -> dict[str, ControlStatus]:
    rollup = Rollup(catalogues, known or rules(), **more)
    for result in results:
        rollup.add(result)
    return {f"{info.id}/{control.id}": control for info in rollup.infos(exceptions) for control in info.controls}


def status(results: Iterable[Result], control: Control, **more: Any) -> ControlStatus:
    return rolled(results, catalogue(control), **more)["bench/1.1"]


def attested_control(control: str = "bench/1.1", **more: Any) -> Attestations:
    one = Attestation("S.", "A. Smith", "2026-11-01", "2027-11-01", control=control, **more)
    return Attestations((one,), rules(), (), "2026-11-20")


WORDS = "by A. Smith on 2026-11-01 until 2027-11-01"
FULL, PART = mapped("a"), mapped("a", covers="part")


@pytest.mark.parametrize(
    ("outcomes", "full", "part"),
    [
        ([], "not evaluated", "not evaluated"),
        ([PASS], "satisfied", "mapped rules pass (partial coverage)"),
        ([PASS, NA], "satisfied", "mapped rules pass (partial coverage)"),
        ([PASS, INFORMATIONAL], "satisfied", "mapped rules pass (partial coverage)"),
        ([PASS, FAIL], "not satisfied", "not satisfied"),
        ([FAIL, ERROR], "not satisfied", "not satisfied"),
        ([PASS, UNKNOWN], "partly evaluated", "partly evaluated"),
        ([PASS, ERROR], "partly evaluated", "partly evaluated"),
        ([PASS, NOTCHECKED], "partly evaluated", "partly evaluated"),
        ([UNKNOWN, NA], "not evaluated", "not evaluated"),
        ([NOTCHECKED], "not evaluated", "not evaluated"),
        ([NA], "not applicable", "not evaluated"),
    ],
)
def test_determinations(outcomes: list[Outcome], full: str, part: str) -> None:
    results = [a_result("a", outcome, f"t{n}") for n, outcome in enumerate(outcomes)]

    assert status(results, FULL).determination == full
    assert status(results, PART).determination == part


def test_a_status_carries_its_numbers() -> None:
    results = [
        a_result("a", PASS, "t1"),
        a_result("a", FAIL, "t2", waived=True),
        a_result("b", FAIL, "t2"),
        a_result("b", NA, "t3"),
    ]

    one = status(results, mapped("a", "b", attributes={"section": "1"}))

    assert (one.catalogue, one.id, one.title, one.rules, one.covers) == ("bench", "1.1", "T", ("a", "b"), "full")
    assert one.outcomes == {PASS: 1, FAIL: 2, NA: 1}
    assert (one.waived, str(one.targets_passing)) == (1, "1/2 (50.0 %)")
    assert one.attributes == {"section": "1"}
    assert one.reason == "2 results fail, 1 waived"


def test_waived_is_not_satisfied() -> None:
    one = status([a_result("a", PASS), a_result("a", FAIL, "t2", waived=True)], FULL)

    assert (one.determination, one.reason) == ("not satisfied", "1 result fails, 1 waived")
    assert (
        status([a_result("a", PASS), a_result("a", ERROR, "t2", waived=True)], FULL).determination == "partly evaluated"
    )


def test_full_coverage_needs_every_rule_of_it_judged() -> None:
    one = status([a_result("a", PASS)], mapped("a", "b"))
    assert (one.determination, one.reason) == ("partly evaluated", "not judged: b")
    assert status([a_result("a", PASS), a_result("b", NA)], mapped("a", "b")).determination == "satisfied"
    one = status([a_result("a", NA)], mapped("a", "b"))
    assert (one.determination, one.reason) == ("not evaluated", "not judged: b")
    one = status([a_result("a", PASS)], mapped("a", "b", covers="part"))
    assert (one.determination, one.reason) == ("mapped rules pass (partial coverage)", "not judged: b")


def test_what_a_profile_excludes_is_not_judged() -> None:
    excluded = Result("b", "t1", NA, f"{EXCLUDED}: no such tool here")
    one = status([a_result("a", PASS), excluded], mapped("a", "b"))
    assert (one.determination, one.reason) == ("partly evaluated", "1 result is excluded by a profile")
    assert str(one.targets_passing) == "0/1 (0.0 %)"
    assert status([a_result("a", PASS), excluded], mapped("a", "b", covers="part")).determination == "partly evaluated"
    one = status([excluded, Result("b", "t2", NA, EXCLUDED)], mapped("b"))
    assert (one.determination, one.reason) == ("not evaluated", "2 results are excluded by a profile")
    assert status([a_result("a", FAIL), excluded], mapped("a", "b")).determination == "not satisfied"


def test_one_full_rule_is_enough_beside_partial_ones() -> None:
    control = Control("1.1", "T", rules=(RuleMapping("a", "full"), RuleMapping("b", "part")))

    assert status([a_result("a", PASS)], control).determination == "satisfied"
    assert status([a_result("b", PASS)], control).determination == "partly evaluated"


def test_rules_that_name_a_control_cover_it_in_part() -> None:
    known = rules(d={"bench": ("1.1", "7.7"), "other": ("1",)})

    one = status([a_result("d", PASS)], Control("1.1", "T"), known=known)
    assert (one.determination, one.rules, one.covers) == ("mapped rules pass (partial coverage)", ("d",), "part")
    one = status([a_result("d", PASS), a_result("d", FAIL, "t2")], mapped("d", "a"), known=known)
    assert (one.determination, one.rules, one.covers) == ("not satisfied", ("d", "a"), "full")


def test_attestations_complete_partial_coverage_and_answer_what_nothing_measures() -> None:
    book = {"attestations": attested_control()}
    one = status([a_result("a", PASS)], PART, **book)
    assert (one.determination, one.reason) == ("satisfied", f"mapped rules pass, the rest is attested {WORDS}")
    one = status([], Control("1.1", "T"), **book)
    assert (one.determination, one.reason, one.covers) == ("attested", WORDS, "")
    assert status([a_result("a", NOTCHECKED)], FULL, **book).determination == "attested"
    assert status([a_result("a", FAIL)], PART, **book).determination == "not satisfied"
    assert status([a_result("a", PASS), a_result("a", ERROR, "t2")], PART, **book).determination == "partly evaluated"
    assert status([], Control("1.1", "T"), attestations=attested_control("bench/9")).determination == "not evaluated"
    narrow = {"attestations": attested_control(scope=("t1",))}
    assert status([a_result("a", PASS)], PART, **narrow).determination == "satisfied"
    assert (
        status([a_result("a", PASS), a_result("b", PASS, "t2")], PART, **narrow).determination
        == "mapped rules pass (partial coverage)"
    )


def test_results_of_the_estate_do_not_widen_what_an_attestation_must_cover() -> None:
    known = rules() | {"tidy": a_rule(says("every"), "tidy", scope="estate")}
    results = [a_result("a", PASS), a_result("tidy", PASS, "estate")]

    one = status(results, PART, known=known, attestations=attested_control(scope=("t1",)))

    assert one.determination == "satisfied"


def test_manual_rules_that_a_person_answered_attest_and_do_not_satisfy() -> None:
    one = status([a_result("a", PASS, attested=WORDS)], FULL)
    assert (one.determination, one.reason) == ("attested", "its manual rules are attested")
    assert status([a_result("a", PASS, attested=WORDS)], FULL, attestations=attested_control()).reason == WORDS
    assert (
        status([a_result("a", PASS, attested=WORDS), a_result("b", PASS)], mapped("a", "b")).determination
        == "satisfied"
    )


def test_reasons_of_what_is_not_evaluated() -> None:
    assert status([], Control("1.1", "T")).reason == "no rule measures it"
    assert status([], FULL).reason == "none of its rules was judged"
    assert status([a_result("a", NOTCHECKED)], FULL).reason == "1 result waits for an attestation"
    assert status([a_result("a", UNKNOWN), a_result("a", ERROR)], FULL).reason == "2 results are undecided"
    assert (
        status([a_result("a", NA)], FULL).reason
        == status([a_result("a", NA)], PART).reason
        == "its rules apply to no target"
    )


def test_a_value_beyond_the_strictest_fails_its_control() -> None:
    bounds = (Bound("a", "days", (Test("at_most", Literal(365)),)), Bound("a", "gone", ()), Bound("gone", "days", ()))
    control = mapped("a", strictest=bounds)

    assert status([a_result("a", PASS, days=365)], control).determination == "satisfied"
    one = status([a_result("a", PASS, days=400), a_result("a", PASS, "t2", days=400)], control)
    assert one.determination == "not satisfied"
    assert one.reason == "a is judged with days set to 400; the control demands that days is at most 365"
    assert status([a_result("a", PASS)], control).reason.startswith("a is judged with days set to nothing")
    assert status([a_result("a", NA, days=400)], control).determination == "not applicable"
    many = status([a_result("a", PASS, days=400 + n) for n in range(5)], control)
    assert many.reason.endswith("; and 2 more")


def test_exceptions_are_not_applicable_with_their_reason() -> None:
    exceptions = (ControlException("bench/1.1", "no such hardware"),)

    one = status([a_result("a", FAIL)], FULL, exceptions=exceptions)

    assert (one.determination, one.reason) == ("not applicable", "no such hardware")


def test_controls_outside_of_the_selected_level_are_left_out() -> None:
    controls = (
        Control("1", "both", {"server": 1, "workstation": 2}),
        Control("2", "server 2", {"server": 2}),
        Control("3", "all", {"all": 2}),
        Control("4", "no level"),
    )

    def shown(*pairs: tuple[str, int]) -> dict[str, str]:
        variants = {"bench": pairs} if pairs else None
        return {control.id: control.level for control in rolled([], catalogue(*controls), variants=variants).values()}

    assert shown() == {"1": "1", "2": "2", "3": "2", "4": ""}
    assert shown(("server", 1)) == {"1": "1", "4": ""}
    assert shown(("server", 2)) == {"1": "1", "2": "2", "3": "2", "4": ""}
    assert shown(("workstation", 2)) == {"1": "2", "3": "2", "4": ""}
    assert shown(("server", 1), ("workstation", 2)) == {"1": "1", "3": "2", "4": ""}
    (info,) = Rollup([catalogue(controls[1])], rules(), variants={"bench": (("server", 1),)}).infos()
    assert info.controls == ()


def test_crosswalks_support_and_never_determine() -> None:
    source = catalogue(
        Control("1", "T", rules=(RuleMapping("a", "full"),), crosswalk={"iso": ("A.1", "A.2")}),
        Control("2", "T", rules=(RuleMapping("b", "full"),), crosswalk={"iso": ("A.2",), "nist": ("N.1",)}),
    )
    iso = catalogue(Control("A.1", "T", crosswalk={"nist": ("N.2",)}), Control("A.2", "T"), name="iso")
    nist = catalogue(Control("N.1", "T"), Control("N.2", "T"), name="nist")

    found = rolled([a_result("a", PASS), a_result("b", FAIL)], source, iso, nist)

    assert found["bench/1"].determination == "satisfied"
    assert (found["iso/A.1"].determination, found["iso/A.1"].supported_by) == ("not evaluated", ("bench/1",))
    assert found["iso/A.2"].supported_by == ("bench/1",)
    assert found["iso/A.2"].reason == "no rule measures it; bench/2 leads here and is not satisfied"
    assert (found["nist/N.1"].supported_by, found["nist/N.2"].supported_by) == ((), ())


def test_only_frameworks_lead_without_being_reported() -> None:
    walk = {"iso": ("A.1",)}
    origins = {"iso": Crosswalk("published", "Example Institute", "3")}
    bench = replace(catalogue(mapped("a", crosswalk=walk)), crosswalks=origins)
    cis = replace(catalogue(mapped("a", crosswalk=walk), name="cis"), kind="framework", crosswalks=origins)
    iso = catalogue(Control("A.1", "T"), name="iso")
    rollup = Rollup((bench, cis, iso), rules())
    rollup.add(a_result("a", PASS))

    (shown,) = rollup.infos(reported={"iso"})
    assert shown.controls[0].supported_by == ("cis/1.1",)
    assert shown.controls[0].determination == "not evaluated"
    assert shown.crosswalks == {"cis": "published: Example Institute (3)"}
    assert [info.id for info in rollup.infos(reported={"iso", "bench"})] == ["bench", "iso"]
    assert rollup.infos()[2].controls[0].supported_by == ("bench/1.1", "cis/1.1")


def test_several_that_fail_are_told_together() -> None:
    controls = (Control(name, "T", rules=(RuleMapping(name),), crosswalk={"iso": ("A.1",)}) for name in "ab")
    found = rolled(
        [a_result("a", FAIL), a_result("b", FAIL)], catalogue(*controls), catalogue(Control("A.1", "T"), name="iso")
    )

    assert found["iso/A.1"].reason == "no rule measures it; bench/a, bench/b lead here and are not satisfied"


OUTCOMES = st.sampled_from(list(Outcome))
RESULTS = st.lists(
    st.builds(
        lambda rule, outcome, on, waived: a_result(rule, outcome, on, waived=waived),
        st.sampled_from("ab"),
        OUTCOMES,
        st.sampled_from(["t1", "t2", "t3"]),
        st.booleans(),
    ),
    max_size=8,
)
CONTROLS = st.sampled_from([FULL, PART, mapped("a", "b"), mapped("a", "b", covers="part"), Control("1.1", "T")])
WEAK = {FAIL, UNKNOWN, ERROR, NOTCHECKED}


@given(RESULTS, CONTROLS, st.booleans())
def test_nothing_but_decided_passing_results_makes_a_control_look_strong(
    results: list[Result], control: Control, attested: bool
) -> None:
    one = status(results, control, attestations=attested_control() if attested else None)
    of_it = [each for each in results if each.rule in one.rules]

    if one.determination in SUPPORTS:
        assert attested or any(each.outcome is PASS for each in of_it)
    if one.determination == "satisfied":
        assert not any(each.outcome in WEAK for each in of_it)
        assert any(each.outcome is PASS for each in of_it)
        assert attested or one.covers == "full"
    assert sum(one.outcomes.values()) == len(of_it)
    assert one.targets_passing.part <= one.targets_passing.whole <= 3


@given(RESULTS, CONTROLS, st.randoms(use_true_random=False))
def test_the_order_of_results_does_not_matter(results: list[Result], control: Control, random: Any) -> None:
    shuffled = list(results)
    random.shuffle(shuffled)

    assert status(shuffled, control) == status(results, control)


@given(RESULTS, CONTROLS, st.sampled_from("ab"), st.sampled_from(sorted(WEAK)))
def test_a_weak_result_more_never_makes_a_control_stronger(
    results: list[Result], control: Control, rule: str, weak: Outcome
) -> None:
    before = status(results, control)
    after = status([*results, a_result(rule, weak, "t9")], control)

    assert after.determination not in SUPPORTS or (
        rule not in after.rules and after.determination == before.determination
    )


@given(RESULTS, CONTROLS, st.booleans())
def test_support_never_changes_a_determination(results: list[Result], control: Control, framework: bool) -> None:
    led = catalogue(Control("A.1", "T", rules=(RuleMapping("b"),)), name="iso")
    leading = catalogue(replace(control, crosswalk={"iso": ("A.1",)}))
    leading = replace(leading, kind="framework" if framework else "benchmark")

    assert rolled(results, leading, led)["iso/A.1"].determination == rolled(results, led)["iso/A.1"].determination
