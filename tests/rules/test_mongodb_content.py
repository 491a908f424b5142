"""The three MongoDB benchmarks: the same recommendations, mapped to the same rules."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner import content
from scanner.catalog.catalogues import bind_bounds, catalogue_folders, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.profiles import load_profiles, profile_folders
from scanner.catalog.resolution import candidates, resolve
from scanner.catalog.rules import load_rules
from scanner.facts.table import builtin
from scanner.matching.compile import compile_condition
from scanner.model.outcome import Outcome
from scanner.model.rule import FieldTest

NAMES = ("cis-mongodb-6-v1.1.0", "cis-mongodb-7-v1.2.0", "cis-mongodb-8-v1.0.0")
FRAMEWORK = "cis-controls-v8.1"
CATALOGUES = load_catalogues(catalogue_folders())
RULES = load_rules([Folder(content.folder("rules"), "rules")], builtin(), catalogues=CATALOGUES)
UNBOUNDED = {"accepted", "approved"}


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_is_whole(name: str) -> None:
    controls = CATALOGUES[name].controls
    assert len(controls) == 23
    assert Counter(control.levels["all"] for control in controls) == {1: 13, 2: 10}
    assert Counter(control.assessment for control in controls) == {"automated": 11, "manual": 12}
    assert controls == CATALOGUES[NAMES[0]].controls
    assert [control.id for control in controls if not control.rules] == []


@pytest.mark.parametrize("control", CATALOGUES[NAMES[1]].controls, ids=lambda control: control.id)
def test_rules_of_a_recommendation_name_its_safeguards(control: object) -> None:
    for mapping in control.rules:  # type: ignore[attr-defined]
        assert sorted(RULES[mapping.rule].controls[FRAMEWORK]) == sorted(control.crosswalk[FRAMEWORK])  # type: ignore[attr-defined]


def test_every_tunable_is_bounded_and_begins_within() -> None:
    catalogue = bind_bounds(CATALOGUES, RULES)[NAMES[1]]
    bounds = {(bound.rule, bound.value): bound for control in catalogue.controls for bound in control.strictest}
    for control in catalogue.controls:
        for mapping in control.rules:
            for value in RULES[mapping.rule].values.values():
                if value.name in UNBOUNDED:
                    continue
                bound = bounds[mapping.rule, value.name]
                condition = compile_condition(FieldTest(value.name, value.type, bound.tests), {})
                assert condition.judge({value.name: value.default}, None) is Outcome.PASS


def test_level_2_includes_level_1_and_the_baseline_holds_all() -> None:
    raw = load_profiles(profile_folders())
    profiles = resolve(raw, raw, CATALOGUES, RULES, builtin())
    own = {rule.id for rule in RULES.values() if "mongodb" in rule.platforms}
    for major in (6, 7, 8):
        low, high = (set(profiles[f"cis-mongodb-{major}-level-{level}"].rules) for level in (1, 2))
        assert low < high <= own
    assert set(profiles["mongodb-baseline"].rules) == own
    assert set(candidates(raw, "mongodb")) == {
        "mongodb-baseline",
        *(f"cis-mongodb-{major}-level-1" for major in (6, 7, 8)),
    }
