"""Rules on evidence: results, their findings, and the laws that hold for all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evaluation.judge import applies, compile_rule, notapplicable
from scanner.model.errors import ConfigurationError
from scanner.model.evidence import ABSENT, Evidence, Gap, Provenance, Query, Snapshot
from scanner.model.fact import INT, TEXT, Type
from scanner.model.outcome import Outcome, combine_all, combine_any, negate
from scanner.model.result import fingerprint
from scanner.model.rule import (
    AllOf,
    AnyOf,
    Assertion,
    Check,
    FactSubject,
    NotOf,
    Quantifier,
    TargetRef,
    Test,
    Value,
    ValueRef,
    ValueSubject,
)
from tests.support.judging import (
    CHECKS,
    DENIED,
    ERROR,
    FAIL,
    GAPS,
    IS_ON,
    LOST,
    NA,
    PASS,
    TAKEN,
    UNKNOWN,
    VOCABULARY,
    a_rule,
    answers,
    judged,
    of,
    on,
    rows,
    says,
)

GOOD = {"name": "good", "on": True, "size": 1, "kind": "a"}
BAD = {"name": "bad", "on": False, "size": 2, "kind": "a"}
LOOKUP = says("expect", fact="t.lookup", where={"name": "ssh"})


def test_a_finding_tells_all_that_an_auditor_asks() -> None:
    (one,) = judged(LOOKUP, of([{"name": "ssh", "on": False}], fact="t.lookup", name="ssh")).findings

    assert (one.fact, one.key, one.resource) == ("t.lookup", (("name", "ssh"),), "ssh")
    assert (one.expected, one.found) == ("on is true", "on is false")
    assert one.evidence == 't.lookup{"name":"ssh"}'
    assert one.asked == "ask"
    assert one.fingerprint == fingerprint("r", "web01", "t.lookup", (("name", "ssh"),))


def test_a_fingerprint_is_the_same_whether_it_failed_or_could_not_be_asked() -> None:
    failed = judged(LOOKUP, of([{"name": "ssh", "on": False}], fact="t.lookup", name="ssh"))
    denied = judged(LOOKUP, of(gap=DENIED, fact="t.lookup", name="ssh"))

    assert denied.findings[0].fingerprint == failed.findings[0].fingerprint
    assert (denied.outcome, denied.findings[0].needs, denied.findings[0].found) == (UNKNOWN, "root", "not known")


def test_a_passing_finding_keeps_key_and_evidence_alone() -> None:
    result = judged(says("every"), of([GOOD]))

    assert [(each.key, each.outcome, each.evidence) for each in result.findings] == [
        ((("name", "good"),), PASS, "t.list")
    ]
    assert result.passing == 1


def test_findings_about_the_estate_tell_besides_what_the_rule_did_not_look_at() -> None:
    check = says("every", fact="t.estate")
    none = {"name": "none", "on": True, "size": ABSENT, "kind": ABSENT}
    bad, good, bare = judged(check, of([GOOD, {**BAD, "kind": ABSENT}, none], fact="t.estate")).findings

    assert (bad.found, bad.besides, bad.told) == ("on is false", "size is 2", "on is false; size is 2")
    assert (good.outcome, good.found, good.besides) == (PASS, "", "size is 1; kind is a; on is true")
    assert bare.besides == "size is absent; on is true"


def test_what_is_not_known_besides_is_told_and_decides_nothing() -> None:
    (one,) = judged(says("every", fact="t.estate"), of([{**GOOD, "size": DENIED}], fact="t.estate")).findings

    assert (one.outcome, one.besides) == (
        PASS,
        "size is unknown: permission denied (needs root); kind is a; on is true",
    )


def test_what_was_not_asked_is_an_error() -> None:
    result = judged(says("none"))

    assert (result.outcome, result.findings[0].reason) == (ERROR, "this was not asked")


def test_an_unreachable_target_gives_errors_with_its_reason() -> None:
    snapshot = Snapshot("web01", TAKEN, {}, gap=LOST)

    result = compile_rule(a_rule(says("none")), {}, VOCABULARY)(snapshot.get, {"id": "web01"})

    assert (result.outcome, result.findings[0].reason) == (ERROR, "connection lost")


def test_a_gap_that_claims_to_pass_is_an_error() -> None:
    assert judged(says("none"), of(gap=Gap(PASS, "odd collector"))).outcome is ERROR


def test_findings_carry_the_tags_that_their_row_tells() -> None:
    check, fact = says("every", fact="t.tagged"), {"fact": "t.tagged"}
    (one,) = judged(check, of([{**BAD, "tags": {"team": "x", "env": "dev"}}], **fact)).findings
    assert one.tags == (("env", "dev"), ("team", "x"))
    for odd in (ABSENT, Gap(Outcome.UNKNOWN, "denied"), "env=dev"):
        (one,) = judged(check, of([{**BAD, "tags": odd}], **fact)).findings
        assert one.tags == ()


def test_tags_that_are_not_the_resources_own_are_no_tags_of_findings() -> None:
    rows = [{**BAD, "tags": {"env": "dev"}}]
    (one,) = judged(says("every", fact="t.filters"), of(rows, fact="t.filters")).findings
    assert one.tags == ()


def test_sources_come_from_path_and_line_or_from_source() -> None:
    line = {"path": "/etc/f", "line": 7, "on": False}
    (one,) = judged(
        says("every", fact="t.lines", where={"path": "/etc/f"}), of([line], fact="t.lines", path="/etc/f")
    ).findings
    assert (one.source, one.resource) == ("/etc/f:7", "/etc/f/7")

    for source, shown in (("/etc/fstab:3", "/etc/fstab:3"), ("tmpfs", ""), (ABSENT, "")):
        (one,) = judged(says("every"), of([{**BAD, "source": source}])).findings
        assert one.source == shown


def test_a_whole_fact_is_known_by_its_parameters() -> None:
    check = says("some", fact="t.lines", where={"path": "/etc/f", "style": "plain"})
    result = judged(check, of(fact="t.lines", path="/etc/f", style="plain"))
    assert result.findings[0].key == (("path", "/etc/f"), ("style", "plain"))

    result = judged(says("some"), of())
    assert (result.findings[0].key, result.findings[0].resource) == ((), "")


def test_keys_that_a_row_does_not_tell_come_from_the_query() -> None:
    for name in (ABSENT, DENIED):
        (one,) = judged(LOOKUP, of([{"name": name, "on": False}], fact="t.lookup", name="ssh")).findings
        assert one.key == (("name", "ssh"),)
    (one,) = judged(says("every"), of([{"on": False}])).findings
    assert one.key == (("name", ""),)


def test_findings_of_the_same_key_merge_into_the_worst() -> None:
    twice = [
        {"name": "x", "on": False, "size": 1},
        {"name": "x", "on": True, "size": 1},
        {"name": "x", "on": DENIED, "size": 1},
    ]
    result = judged(says("every"), of(twice))
    assert [(each.outcome, each.found) for each in result.findings] == [(FAIL, "on is false")]

    both = AllOf((says("every"), says("every", on("size", INT, "at_least", 5))))
    result = judged(both, of([{"name": "x", "on": False, "size": 1}]))
    (one,) = result.findings
    assert (one.expected, one.found) == ("on is true and size is at least 5", "on is false; size is 1")

    result = judged(both, of([{"name": "x", "on": True, "size": 9}]))
    assert result.passing == len(result.findings) == 1


def test_all_lays_findings_side_by_side_in_order() -> None:
    check = AllOf((says("every"), LOOKUP))

    result = judged(check, of([GOOD, BAD]), of([{"name": "ssh", "on": True}], fact="t.lookup", name="ssh"))

    assert result.outcome is FAIL
    assert [(each.fact, each.resource, each.outcome) for each in result.findings] == [
        ("t.list", "bad", FAIL),
        ("t.list", "good", PASS),
        ("t.lookup", "ssh", PASS),
    ]
    assert result.passing == 2


def test_any_gives_one_finding_that_tells_of_all_branches() -> None:
    other = says("expect", fact="t.lookup", where={"name": "ufw"})
    check = AnyOf((LOOKUP, other))
    off = [of([{"name": name, "on": False}], fact="t.lookup", name=name) for name in ("ssh", "ufw")]

    (one,) = judged(check, *off).findings
    assert one.outcome is FAIL
    assert one.key == (("name", "ssh"), ("name", "ufw"))
    assert one.expected == "t.lookup ssh: on is true or t.lookup ufw: on is true"
    assert one.found == "t.lookup ssh: on is false; t.lookup ufw: on is false"

    passing = of([{"name": "ufw", "on": True}], fact="t.lookup", name="ufw")
    (one,) = judged(check, off[0], passing).findings
    assert (one.outcome, one.evidence, one.key) == (PASS, 't.lookup{"name":"ufw"}', (("name", "ssh"), ("name", "ufw")))

    (one,) = judged(check, off[0], of(gap=DENIED, fact="t.lookup", name="ufw")).findings
    assert (one.outcome, one.reason, one.needs) == (UNKNOWN, "permission denied", "root")
    assert one.evidence == 't.lookup{"name":"ufw"}'


def test_any_on_one_fact_does_not_repeat_its_name() -> None:
    (one,) = judged(AnyOf((says("every"), says("some", on("kind", TEXT, "equals", "b")))), of([BAD])).findings

    assert one.expected == "every entry: on is true or an entry: kind is b"
    assert one.found == "bad: on is false; none of 1 entry; kind is a"


def test_not_gives_one_finding_whatever_it_holds() -> None:
    (one,) = judged(NotOf(says("every")), of([GOOD])).findings
    assert (one.outcome, one.expected, one.found) == (FAIL, "not (every entry: on is true)", "1 entry, all as demanded")
    assert one.reason == "1 entry, all as demanded (required: not (every entry: on is true))"
    assert judged(NotOf(says("every")), of([BAD])).passing == 1
    assert judged(NotOf(says("every")), of()).outcome is FAIL
    (one,) = judged(NotOf(says("none")), of([BAD])).findings
    assert (one.outcome, one.found) == (FAIL, "none of 1 entry")
    (one,) = judged(NotOf(AllOf((says("every"), says("every", on("size", INT, "less", 9))))), of([GOOD])).findings
    assert one.expected == "not (every entry: on is true and every entry: size is less than 9)"


def test_many_failures_in_one_sentence_are_named_in_part() -> None:
    many = [{"name": f"n{n}", "on": False} for n in range(8)]

    (one,) = judged(AnyOf((says("every"),)), of(many)).findings

    assert one.found == "; ".join(f"n{n}: on is false" for n in range(5)) + "; and 3 more"


def test_when_decides_whether_the_check_is_asked() -> None:
    when = says("expect", fact="t.one")
    check = says("every")

    result = judged(check, of([{"on": False}], fact="t.one"), when=when)
    assert (result.outcome, result.findings) == (NA, ())
    assert result.reason == "t.one: on is false; this rule is for systems where on is true"
    assert judged(check, of([{"on": True}], fact="t.one"), of([GOOD]), when=when).outcome is PASS
    result = judged(check, of(gap=DENIED, fact="t.one"), of([BAD]), when=when)
    assert (result.outcome, result.findings[0].needs) == (UNKNOWN, "root")
    assert judged(check, of(), when=says("every")).outcome is NA


def test_a_manual_rule_is_not_checked() -> None:
    result = judged(None, evidence="Minutes of the drill.")

    assert (result.outcome, result.reason) == (
        Outcome.NOTCHECKED,
        "this rule is answered by a person; Minutes of the drill.",
    )
    assert judged(None, of([{"on": False}], fact="t.one"), when=says("expect", fact="t.one")).outcome is NA


def _value_rule(operator: str, default: Any, operand: Any, type_: Type = INT) -> dict[str, Any]:
    values = {"most": Value("most", type_, default)}
    tests = (Test(operator, operand),)
    return {"check": Assertion(ValueSubject("most"), Quantifier.EXPECT, tests=tests), "values": values}


def test_a_value_is_judged_as_a_field() -> None:
    from scanner.model.rule import Literal

    result = judged(**_value_rule("at_most", 5, Literal(4)))
    (one,) = result.findings
    assert (result.outcome, one.fact, one.key) == (FAIL, "value", (("value", "most"),))
    assert (one.expected, one.found) == ("most is at most 4", "most is 5")
    assert judged(**_value_rule("at_most", 4, Literal(4))).outcome is PASS
    assert judged(**_value_rule("at_most", "x", Literal(4))).outcome is ERROR


def test_values_in_force_beat_defaults_and_stand_in_the_result() -> None:
    check = says("every", demand=None, tests=())
    assertion = replace(check, demand=on("size", INT, "at_most", 0))
    demand = replace(assertion.demand, tests=(Test("at_most", ValueRef("most")),))
    rule = a_rule(replace(assertion, demand=demand), values={"most": Value("most", INT, 1), "x": Value("x", INT, 0)})
    evidence = answers(of([BAD]))

    assert compile_rule(rule, {}, VOCABULARY)(evidence, {"id": "t"}).outcome is FAIL
    result = compile_rule(rule, {"most": 2}, VOCABULARY)(evidence, {"id": "t"}, ("p",))
    assert (result.outcome, result.values, result.profiles) == (PASS, {"most": 2, "x": 0}, ("p",))


def test_where_takes_fields_of_the_inventory() -> None:
    subject = FactSubject("t.lookup", (("name", TargetRef("owner")),))
    check = Assertion(subject, Quantifier.EXPECT, IS_ON)
    assert judged(check, of([{"name": "ops", "on": True}], fact="t.lookup", name="ops")).outcome is PASS

    check = replace(check, subject=FactSubject("t.lookup", (("name", TargetRef("team")),)))
    result = judged(check)
    assert result.outcome is ERROR
    assert result.findings[0].reason == "the inventory gives no team for this target, so t.lookup could not be asked"
    counted = Assertion(check.subject, Quantifier.COUNT, tests=(Test("at_most", ValueRef("n")),))
    assert (
        judged(counted, values={"n": Value("n", INT, 1)}).findings[0].expected == "of entries, the number is at most 1"
    )


def test_texts_are_clipped_and_keys_stay_apart() -> None:
    long = [{"name": "x" * 5000 + end, "on": True, "kind": "y" * 5000} for end in "ab"]

    result = judged(says("every", on("kind", TEXT, "equals", "z")), of(long, asked="q" * 5000))

    assert len(result.findings) == 2
    for one in result.findings:
        assert len(one.found) < 2000 < 5000
        assert one.found.endswith(" more characters)")
        assert len(one.key[0][1]) < 2000
        assert len(one.asked) < 2000


def test_keys_of_every_type_become_text() -> None:
    for cell, text in ((True, "true"), (4, "4"), (["a", "b"], "a, b"), ("", "")):
        (one,) = judged(says("every"), of([{"name": cell, "on": False}])).findings
        assert one.key == (("name", text),)


def test_another_platform_is_not_applicable() -> None:
    result = notapplicable(a_rule(says("every")), "db01", "the rule is for linux", profiles=("p",))

    assert (result.rule, result.target, result.outcome) == ("r", "db01", NA)
    assert (result.reason, result.profiles) == ("the rule is for linux", ("p",))


def test_profiles_apply_by_an_assertion() -> None:
    check = says("expect", fact="t.one")
    evidence = {flag: answers(of([{"on": flag}], fact="t.one")) for flag in (True, False)}

    assert applies(check, VOCABULARY, evidence[True], {"id": "t"}) == (PASS, "")
    outcome, reason = applies(check, VOCABULARY, evidence[False], {"id": "t"})
    assert (outcome, reason) == (FAIL, "t.one: on is false; it is for systems where on is true")
    assert applies(check, VOCABULARY, answers(of(gap=DENIED, fact="t.one")), {"id": "t"}) == (
        UNKNOWN,
        "permission denied",
    )


def test_an_unknown_fact_is_refused_at_compilation() -> None:
    with pytest.raises(ConfigurationError, match=r"no fact is called 't.lits' .*'t.list'"):
        compile_rule(a_rule(says("every", fact="t.lits")), {}, VOCABULARY)


def test_ages_are_measured_against_the_evidence_of_each_query() -> None:
    from scanner.model.fact import TIME

    check = says("every", on("seen", TIME, "age_at_most", 3600))
    row = {"name": "x", "seen": "2026-11-20T01:30:00Z"}

    assert judged(check, of([row])).outcome is PASS
    late = Evidence(Query.of("t.list"), (row,), None, Provenance("", "2026-11-20T03:00:00Z"))
    assert judged(check, late).outcome is FAIL
    assert judged(check, replace(late, provenance=Provenance())).outcome is ERROR


def by_the_table(check: Check, evidence: Evidence) -> Outcome:
    """The outcome of a check from those of its assertions, by the table of the model."""
    if isinstance(check, AllOf):
        return combine_all(by_the_table(part, evidence) for part in check.parts)
    if isinstance(check, AnyOf):
        return combine_any(by_the_table(part, evidence) for part in check.parts)
    if isinstance(check, NotOf):
        return negate(by_the_table(check.part, evidence))
    return judged(check, evidence).outcome


@given(CHECKS, rows(), GAPS)
def test_checks_combine_by_the_table(check: Check, given_rows: list[dict[str, Any]], gap: Gap | None) -> None:
    evidence = of(given_rows, gap)

    assert judged(check, evidence).outcome is by_the_table(check, evidence)


@given(CHECKS, rows(), GAPS)
def test_not_flips_what_is_decided(check: Check, given_rows: list[dict[str, Any]], gap: Gap | None) -> None:
    evidence = of(given_rows, gap)

    assert judged(NotOf(check), evidence).outcome is negate(judged(check, evidence).outcome)


@given(CHECKS, rows(), GAPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(
    check: Check, given_rows: list[dict[str, Any]], gap: Gap | None, random: Any
) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)

    assert judged(check, of(shuffled, gap)).outcome is judged(check, of(given_rows, gap)).outcome


FILLED = st.tuples(st.sampled_from([True, False, ABSENT]), st.sampled_from(["a", "b", ABSENT]))
MORE = st.lists(FILLED, max_size=2)
TRUE = {PASS, NA}


@given(CHECKS, rows(), GAPS, st.lists(FILLED, min_size=4, max_size=4), MORE)
def test_what_is_decided_with_gaps_holds_whatever_fills_them(
    check: Check,
    given_rows: list[dict[str, Any]],
    gap: Gap | None,
    truth: list[tuple[Any, Any]],
    more: list[tuple[Any, Any]],
) -> None:
    """No gap anywhere, in a cell, in the filter or in the list, is needed for a pass or a fail."""

    def fill(row: dict[str, Any], flag: Any, kind: Any) -> dict[str, Any]:
        return {
            **row,
            "on": flag if isinstance(row["on"], Gap) or row["on"] == "text" else row["on"],
            "kind": kind if isinstance(row["kind"], Gap) else row["kind"],
        }

    full = [fill(row, *truth[n]) for n, row in enumerate(given_rows)]
    if gap is not None:
        full += [{"name": f"m{n}", "on": flag, "kind": kind, "size": n} for n, (flag, kind) in enumerate(more)]

    outcome = judged(check, of(given_rows, gap)).outcome
    filled = judged(check, of(full)).outcome

    assert outcome.undecided or outcome is filled or {outcome, filled} <= TRUE


@given(CHECKS, rows(), GAPS, st.integers(0, 3), st.sampled_from(["on", "kind"]), st.sampled_from([DENIED, LOST]))
def test_hiding_a_cell_never_turns_anything_into_a_pass(
    check: Check, given_rows: list[dict[str, Any]], gap: Gap | None, which: int, field: str, hidden: Gap
) -> None:
    before = judged(check, of(given_rows, gap)).outcome
    dark = [{**row, field: hidden} if n == which else row for n, row in enumerate(given_rows)]

    after = judged(check, of(dark, gap)).outcome

    assert after not in TRUE or before in TRUE


@given(CHECKS, rows(), st.sampled_from([DENIED, LOST]))
def test_losing_the_end_of_a_list_never_turns_anything_into_a_pass(
    check: Check, given_rows: list[dict[str, Any]], gap: Gap
) -> None:
    before = judged(check, of(given_rows)).outcome

    for kept in range(len(given_rows) + 1):
        after = judged(check, of(given_rows[:kept], gap)).outcome
        assert after not in TRUE or before in TRUE


def test_nested_alternatives_name_each_question_once() -> None:
    other = says("expect", fact="t.lookup", where={"name": "ufw"})
    off = [of([{"name": name, "on": False}], fact="t.lookup", name=name) for name in ("ssh", "ufw")]

    (one,) = judged(AnyOf((AllOf((LOOKUP, other)), NotOf(AnyOf((NotOf(LOOKUP), other))))), *off).findings
    assert one.expected == (
        "(t.lookup ssh: on is true and t.lookup ufw: on is true) or "
        "(not (t.lookup ssh: not (on is true) or t.lookup ufw: on is true))"
    )
    assert one.reason == one.found
