"""Findings about recovery name the deciding point, both exposures, and where the policy demands it."""

from __future__ import annotations

import pytest

from scanner.derivation.recovery.table import derive_estate
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Query, unknown
from scanner.model.outcome import Outcome
from scanner.model.recovery import Demand, Generations
from scanner.operations.content import load_content
from tests.support.estate import DAY, HOUR, ago, asset, point, scene

RULES = load_content().rules
GIT = Evidence(Query("inventory.target"), ({"target": "conf", "platform": "git"},))
POINTS = [point(number * DAY + 10 * HOUR, HOUR) for number in range(1, 35)]


def judged(rule: str, seen):
    return compile_rule(RULES[rule], {}, builtin())(
        lambda query: GIT if query == GIT.query else derive_estate(query, seen), {"id": "estate"}
    )


def test_a_finding_tells_what_decided_and_who_demands_it():
    demand = Demand(rpo=12 * HOUR, sources={"rpo": "policy.md:12"})
    [finding] = judged(
        "rpo_met_now", scene(asset(demand=demand, path="inventory.yaml", line=7), points=POINTS)
    ).findings
    assert finding.outcome is Outcome.FAIL
    assert finding.key == (("asset", "vm101"),)
    assert finding.source == "inventory.yaml:7"
    for text in (
        "exposure_now is 1 d 10 h",
        "limit is 13 h",
        "exposure_worst is 1 d 10 h",
        f"deciding_point is pbs pbs01/store1 vm/101/{ago(34 * HOUR)}",
        "rpo_source is policy.md:12",
    ):
        assert text in finding.found


def test_an_asset_without_a_point_fails_and_one_that_may_have_some_is_unknown():
    demand = Demand(rpo=DAY)
    assert judged("rpo_met_now", scene(asset(demand=demand))).outcome is Outcome.FAIL
    assert judged("assets_protected", scene(asset(demand=demand))).outcome is Outcome.FAIL
    blind = scene(asset(demand=demand), lost=unknown("the listing is filtered", "role Audit"))
    for rule in ("rpo_met_now", "rpo_met_throughout", "assets_protected", "assets_backed_up_weekly"):
        found = judged(rule, blind)
        assert found.outcome is Outcome.UNKNOWN
        assert "pbs01: the listing is filtered" in found.findings[0].reason


OURS = sorted(
    name
    for name, rule in RULES.items()
    for subject in {getattr(assertion.subject, "fact", "") for assertion in rule.assertions()}
    if rule.scope == "estate" and subject.startswith("recovery.")
)


@pytest.mark.parametrize("rule", OURS)
def test_everything_is_open_while_no_target_answers(rule: str):
    gap = unknown("connection refused")
    demand = Demand(
        service_class="critical",
        rpo=DAY,
        rto=HOUR,
        systems=("pbs",),
        application=True,
        pitr=True,
        success_rate=0.9,
        min_history=DAY,
        max_age=DAY,
        offsite=True,
        offsite_lag=DAY,
        offsite_history=DAY,
        offsite_classes=("GLACIER",),
        generations=Generations(weekly=4),
        copies=3,
        media=2,
        immutable=True,
        encrypted=True,
        encrypted_in_transit=True,
        fingerprints=("aa",),
        verified_within=DAY,
        tested_within=DAY,
        checks=("integrity",),
    )
    facts = (
        "backup.restore_point",
        "backup.run",
        "backup.job",
        "backup.location",
        "backup.usage",
        "backup.log_archive",
    )
    every = (*facts, "backup.object", "backup.network", "recovery.drill", "postgres.archiver", "git.document")
    more = {name: dict.fromkeys(every, gap) for name in ("pbs01", "lab", "conf")}
    platforms = {"lab": "pve", "conf": "git"}
    found = judged(rule, scene(asset(demand=demand), more=more, platforms=platforms))
    assert found.outcome is Outcome.UNKNOWN, found
