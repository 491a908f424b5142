"""Findings about recovery name the deciding point, both exposures, and where the policy demands it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from scanner.derivation.recovery.table import derive_estate
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import Evidence, Query, unknown
from scanner.model.outcome import Outcome
from scanner.model.recovery import Demand, Generations, Place
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
        assert text in finding.told
    assert finding.found == "exposure_now is 1 d 10 h; limit is 13 h"


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


DEMANDS = Demand(
    service_class="critical",
    rpo=DAY,
    full_interval=DAY,
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
ABOUT_ASSETS = {spec.name for spec in builtin().values() if spec.scope == "estate" and "asset" in spec.keys}


GUEST = {
    "object": "101",
    "asset_keys": ["pbs:store1/vm/101"],
    "name": "vm101",
    "kind": "vm",
    "size": 10**9,
    "created_at": ago(90 * DAY),
    "template": False,
    "left_out": [],
}
NOT_BROKEN = ("offsite_storage_class_allowed", "rto_met_when_the_site_is_lost")
"""Rules that say nothing of an asset without a copy at another site."""


def about_assets(rule: str) -> bool:
    """Tell whether a rule judges a row for each asset."""
    subjects = {getattr(assertion.subject, "fact", "") for assertion in RULES[rule].assertions()}
    return bool(subjects & ABOUT_ASSETS)


def nights() -> list[dict[str, object]]:
    """Make runs of thirty nights."""
    ages = [number * DAY + 10 * HOUR for number in range(30)]
    return [
        {
            "run": f"run-{age:.0f}",
            "job": "nightly",
            "kind": "backup",
            "asset_keys": ["pbs:store1/vm/101"],
            "started_at": ago(age),
            "ended_at": ago(age - HOUR),
            "status": "ok",
            "message": "",
            "size": 10**9,
        }
        for age in ages
    ]


def drill_of(name: str) -> dict[str, object]:
    """Make the record of a restore of an asset that worked."""
    return {
        "drill": f"2026-11-{name}",
        "kind": "restore",
        "scenario": "vm",
        "asset": name,
        "point": f"vm/101/{ago(34 * HOUR)}",
        "started_at": ago(30 * HOUR),
        "ended_at": ago(29 * HOUR),
        "until_usable": 1800,
        "newest_data": ago(34 * HOUR),
        "to_source": "no",
        "passed": ["integrity"],
        "failed": [],
        "size": 10**9,
    }


@pytest.mark.parametrize("sound", [True, False], ids=["sound", "broken"])
@pytest.mark.parametrize("rule", sorted(filter(about_assets, OURS)))
def test_each_finding_about_an_asset_tells_point_exposures_and_where_it_is_demanded(rule: str, sound: bool):
    leaves = sorted({each.name for each in fields(Demand)} - {"service_class", "profile", "service", "sources"})
    sources = {leaf: f"policy.md:{number}" for number, leaf in enumerate(leaves, 1)}
    demand = replace(DEMANDS, rpo=2 * DAY if sound else HOUR, sources=sources)
    more = {
        "pbs01": {
            "backup.run": nights(),
            "backup.job": [
                {
                    "job": "nightly",
                    "kind": "backup",
                    "enabled": True,
                    "interval": DAY,
                    "asset_keys": ["pbs:store1/vm/101"],
                },
                {"job": "prune", "kind": "prune", "enabled": True, "location": "store1", "keep_last": 3},
            ],
        },
        "lab": {"backup.object": [GUEST if sound else {**GUEST, "left_out": ["scsi1"], "created_at": ago(5 * DAY)}]},
        "rec": {"recovery.drill": [drill_of("vm101")]},
    }
    places = [Place("pbs01/store1", site="elsewhere" if sound else "home")]
    found = judged(
        rule,
        scene(
            asset(demand=demand), points=POINTS, more=more, places=places, platforms={"rec": "records", "lab": "pve"}
        ),
    )
    told = [finding for finding in found.findings if dict(finding.key).get("asset") == "vm101"]
    assert told or (rule in NOT_BROKEN and not sound)
    for finding in told:
        said = finding.told.split("; ")
        for name in ("deciding_point", "exposure_now", "exposure_worst"):
            assert [text for text in said if text.startswith(f"{name} is ")], finding
        assert any("_source is policy.md:" in text for text in said) or finding.fact == "recovery.trend", finding


@pytest.mark.parametrize("rule", OURS)
def test_everything_is_open_while_no_target_answers(rule: str):
    gap = unknown("connection refused")
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
    found = judged(rule, scene(asset(demand=DEMANDS), more=more, platforms=platforms))
    assert found.outcome is Outcome.UNKNOWN, found
