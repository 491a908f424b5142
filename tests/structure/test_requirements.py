"""Requirements of the documents: what a machine can decide has rules, and what it cannot says what a person must show."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner import content
from scanner.catalog.catalogues import catalogue_folders, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.rules import load_rules
from scanner.facts.table import builtin
from scanner.model.fact import TEXT, FactSpec
from scanner.model.profile import Control

CATALOGUES = load_catalogues(catalogue_folders())
CATALOGUE = CATALOGUES["recovery-requirements-2026"]
CONTROLS = {control.id: control for control in CATALOGUE.controls}
RULES = load_rules([Folder(content.folder("rules"), "rules")], builtin(), catalogues=CATALOGUES)
FROM_TABLE = 98


@pytest.mark.parametrize("control", CATALOGUE.controls, ids=lambda control: control.id)
def test_each_requirement_is_decided_by_rules_or_asked_of_a_person(control: Control) -> None:
    decided = control.attributes["decided"]
    if decided == "by machine":
        assert control.rules and control.assessment == "automated"
    elif decided == "in part":
        assert control.assessment == "automated" and control.rules
        assert {mapping.covers for mapping in control.rules} == {"part"}
    else:
        assert decided == "by a person" and control.assessment == "manual"
        assert control.attributes["person"]
        assert {mapping.covers for mapping in control.rules} <= {"part"}


@pytest.mark.parametrize("control", CATALOGUE.controls, ids=lambda control: control.id)
def test_rules_of_requirements_are_judged_by_the_profile_recovery(control: Control) -> None:
    assert [each.rule for each in control.rules if "recovery" not in RULES[each.rule].labels] == []


def test_all_requirements_are_there_with_their_source_and_a_safeguard() -> None:
    numbered = [int(name.removeprefix("BK-")) for name in CONTROLS]
    assert numbered == sorted(numbered)
    assert len([number for number in numbered if number <= 125]) == FROM_TABLE
    decided = Counter(control.attributes["decided"] for control in CATALOGUE.controls if int(control.id[3:]) <= 125)
    assert decided == {"by machine": 57, "in part": 36, "by a person": 5}
    for control in CATALOGUE.controls:
        assert str(control.attributes["section"])[:4] in ("S000", "S002", "S003", "S004")
        assert control.crosswalk["cis-controls-v8.1"]


@pytest.mark.parametrize(
    "spec", [spec for spec in builtin().values() if spec.scope == "estate"], ids=lambda spec: spec.name
)
def test_findings_tell_where_the_policy_demands_it(spec: FactSpec) -> None:
    sources = {field.name for field in spec.fields if field.name.endswith("_source") and field.type == TEXT}
    assert sources <= set(spec.shows)


@pytest.mark.parametrize(
    "spec",
    [
        spec
        for spec in builtin().values()
        if spec.name.startswith("recovery.") and spec.scope == "estate" and spec.field("asset")
    ],
    ids=lambda spec: spec.name,
)
def test_findings_about_an_asset_tell_the_deciding_point_and_both_exposures(spec: FactSpec) -> None:
    assert spec.tells == ("deciding_point", "exposure_now", "exposure_worst")
    assert {fact.fact for fact in spec.inputs} >= {"backup.restore_point", "backup.run", "backup.log_archive"}
