"""One target judged: exclusions, foreign rules, lost targets, derivations that break, and facts that nobody gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Query, Snapshot, error, unknown
from scanner.model.inventory import Endpoint, Target
from scanner.model.outcome import Outcome
from scanner.model.plan import TargetPlan
from scanner.model.profile import Profile, Selected
from scanner.model.rule import Rule
from scanner.operations.deriving import derive_all
from scanner.operations.judging import Bench
from tests.support.cli import of, stamp, system
from tests.support.judging import VOCABULARY, a_rule, says

LOST = error("connection refused")


def bench(*rules: Rule, **more: Any) -> Bench:
    profile = Profile("p", "P", tuple(rule.id for rule in rules))
    settings = {"vocabulary": VOCABULARY, "now": stamp(), "max_age": None, **more}
    return Bench({rule.id: rule for rule in rules}, {"p": profile}, **settings)


def planned(*selected: Selected, platform: str = "linux") -> TargetPlan:
    return TargetPlan(Target("web01", platform, Endpoint("local")), selected, (), (), ("p",))


def chosen(rule: str, excluded: str = "") -> Selected:
    return Selected(rule, {}, ("p",), excluded)


RULES = (
    a_rule(says("every"), "measured"),
    a_rule(says("every"), "foreign", platforms=("aws",)),
    a_rule(None, "manual"),
)


@pytest.mark.parametrize(
    "snapshot",
    [Snapshot("web01", stamp(), {}, gap=LOST), Snapshot("web01", stamp(), {system().query: system()})],
    ids=["unreached", "reached"],
)
def test_what_needs_no_evidence_is_the_same_whether_the_target_was_reached(snapshot: Snapshot) -> None:
    plan = planned(chosen("measured"), chosen("foreign"), chosen("manual"))
    judged = bench(*RULES).judge(plan, snapshot)
    outcomes = {result.rule: result.outcome for result in judged.results}
    assert outcomes == {"foreign": Outcome.NOTAPPLICABLE, "manual": Outcome.NOTCHECKED, "measured": Outcome.ERROR}
    assert [result.rule for result in judged.results] == ["foreign", "manual", "measured"]
    assert judged.results[0].reason == "for aws, and this target is linux"
    without = bench(*RULES).judge(planned(chosen("measured", "not needed here")), snapshot)
    assert without.results[0].outcome is Outcome.NOTAPPLICABLE
    assert without.results[0].reason.endswith(": not needed here")


def test_finding_of_a_lost_target_keeps_its_fingerprint_from_run_to_run() -> None:
    plan = planned(chosen("measured"))
    one = bench(*RULES).judge(plan, Snapshot("web01", stamp(), {}, gap=LOST))
    other = bench(*RULES).judge(plan, Snapshot("web01", stamp(), {}, gap=error("timed out")))
    marks = [result.findings[0].fingerprint for result in (*one.results, *other.results)]
    assert marks[0] == marks[1]
    assert one.results[0].findings[0].reason == "connection refused"


def test_denied_target_is_unknown_with_what_it_needs() -> None:
    gap = unknown("sudo refused the password", "the right password")
    [result] = bench(*RULES).judge(planned(chosen("measured")), Snapshot("web01", stamp(), {}, gap=gap)).results
    assert (result.outcome, result.findings[0].needs) == (Outcome.UNKNOWN, "the right password")


def test_rules_are_compiled_once_for_equal_values() -> None:
    made = bench(*RULES)
    plan = planned(chosen("measured"))
    for _ in range(3):
        made.judge(plan, Snapshot("web01", stamp(), {system().query: system()}))
    assert len(made._judges) == 1


def test_rules_of_the_estate_may_be_excluded_and_lack_their_fact() -> None:
    rules = (a_rule(says("every"), "one", scope="estate"), a_rule(says("every"), "two", scope="estate"))
    evidence = Evidence(Query.of("t.list"), ({"name": "a", "on": True, "size": 1, "kind": "k"},))
    results = bench(*rules).judge_estate([chosen("one"), chosen("two", "no assets yet")], {"t.list": evidence})
    assert [(result.rule, result.outcome) for result in results] == [
        ("one", Outcome.PASS),
        ("two", Outcome.NOTAPPLICABLE),
    ]
    [alone] = bench(*rules).judge_estate([chosen("one")], {})
    assert (alone.outcome, alone.findings[0].reason) == (Outcome.ERROR, "nothing gives this fact of the estate")


def test_derivation_that_breaks_is_an_error_of_its_fact_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Evidence:
        raise ZeroDivisionError("oops")

    query = Query.of("linux.sysctl_boot", {"name": "kernel.sysrq"})
    have = of("linux.sysctl", name="kernel.sysrq")
    snapshot = Snapshot("web01", stamp(), {have.query: have})
    whole = derive_all(snapshot, [query], builtin())
    assert "this was not asked of the target" in str(whole.get(query).rows[0]["next_boot"])
    monkeypatch.setattr("scanner.operations.deriving.derive", broken)
    found = derive_all(snapshot, [query], builtin()).get(query)
    assert found.gap == error(
        "internal error while deriving linux.sysctl_boot: ZeroDivisionError: oops (please report it)"
    )
    nothing = replace(snapshot, evidence={}, gap=LOST)
    assert derive_all(nothing, [query], builtin()) is nothing
