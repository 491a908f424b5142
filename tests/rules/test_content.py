"""Shipped content: catalogues are whole, rules fit them, profiles resolve, and every case gives its outcome."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest

from scanner import content
from scanner.catalog.catalogues import Catalogues, bind_bounds, catalogue_folders, check_catalogues, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.profiles import RawProfile, load_profiles, profile_folders, read_profile
from scanner.catalog.resolution import candidates, resolve
from scanner.catalog.rules import load_rules
from scanner.facts.backup.platforms import SHELL_TOOLS
from scanner.facts.table import builtin
from scanner.matching.compile import compile_condition
from scanner.model.errors import ContentError
from scanner.model.fact import Vocabulary
from scanner.model.outcome import Outcome
from scanner.model.profile import Catalogue
from scanner.model.rule import FactSubject, FieldTest, Rule
from scanner.operations.cases import run_case

FRAMEWORK = "cis-controls-v8.1"
ACROSS = {"data-protection", "monitoring", "recovery"}
"""Profiles for an estate of many platforms."""
FOLDERS = {
    "backup": {"pgbackrest", "barman", "walg", "restic", "borg", "rclone", "pbm"},
    "proxmox": {"pbs", "pve"},
}
"""Folder > platforms, where several share their rules."""
UBUNTU = "cis-ubuntu-24.04-v1.0.0"
DEBIAN = "cis-debian-12-v1.1.0"
BENCHMARKS = (UBUNTU, DEBIAN)
POSTGRES = ("cis-postgresql-16-v1.1.0", "cis-postgresql-17-v1.1.0", "cis-postgresql-18-v1.0.0")
PER_CONTROL = [5, 7, 14, 12, 6, 8, 7, 12, 7, 7, 5, 8, 11, 9, 7, 14, 9, 5]
MAPPED_ELSEWHERE = {
    "7.4": "its publisher calls archiving a matter of encryption on the wire; it is one of backups, 11.2"
}
"""Recommendations whose published safeguard is not the one that they serve."""
UNBOUNDED = {
    "accepted",
    "approved",
    "approved_groups",
    "approved_users",
    "classified",
    "database",
    "directory",
    "log_file",
    "pattern",
}
"""Values that name a site's own servers and places: none of them is looser than another."""


class Shipped(NamedTuple):
    """Everything that is shipped, loaded once."""

    vocabulary: Vocabulary
    catalogues: Catalogues
    rules: dict[str, Rule]
    profiles: dict[str, RawProfile]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    vocabulary = builtin()
    catalogues = load_catalogues(catalogue_folders())
    rules = load_rules([Folder(content.folder("rules"), "rules")], vocabulary, catalogues=catalogues)
    return Shipped(vocabulary, catalogues, rules, load_profiles(profile_folders()))


def listed(catalogue: Catalogue) -> dict[str, list[str]]:
    """Give rule > the controls of a catalogue that name it."""
    found: dict[str, list[str]] = {}
    for control in catalogue.controls:
        for mapping in control.rules:
            found.setdefault(mapping.rule, []).append(control.id)
    return found


def test_the_framework_has_its_153_safeguards(shipped: Shipped) -> None:
    safeguards = shipped.catalogues[FRAMEWORK].controls
    per_control = Counter(safeguard.id.partition(".")[0] for safeguard in safeguards)
    assert [per_control[str(number)] for number in range(1, 19)] == PER_CONTROL
    numbers = [f"{control}.{number}" for control, most in enumerate(PER_CONTROL, 1) for number in range(1, most + 1)]
    assert [safeguard.id for safeguard in safeguards] == numbers


@pytest.mark.parametrize(("group", "number"), [(1, 56), (2, 130), (3, 153)])
def test_implementation_groups_have_their_sizes(shipped: Shipped, group: int, number: int) -> None:
    safeguards = shipped.catalogues[FRAMEWORK].controls
    assert sum(group in safeguard.attributes["groups"] for safeguard in safeguards) == number


@pytest.mark.parametrize(
    ("name", "controls"), [("nist-csf-2.0", 106), ("nist-800-171-r2", 110), ("iso-27001-2022", 93)]
)
def test_other_frameworks_are_whole(shipped: Shipped, name: str, controls: int) -> None:
    assert len(shipped.catalogues[name].controls) == controls


def test_every_recommendation_leads_to_the_other_frameworks(shipped: Shipped) -> None:
    safeguards = {control.id: control for control in shipped.catalogues[FRAMEWORK].controls}
    for name in (*BENCHMARKS, *POSTGRES):
        for control in shipped.catalogues[name].controls:
            steps = [safeguards[number] for number in control.crosswalk[FRAMEWORK]]
            led = {catalogue for step in steps for catalogue in step.crosswalk}
            assert {"nist-csf-2.0", "iso-27001-2022"} <= led, control.id


def test_safeguards_are_classified(shipped: Shipped) -> None:
    assets = {"devices", "software", "data", "users", "network", "documentation"}
    functions = {"identify", "protect", "detect", "respond", "recover", "govern"}
    for safeguard in shipped.catalogues[FRAMEWORK].controls:
        attributes = safeguard.attributes
        assert attributes["section"].split()[0] == safeguard.id.partition(".")[0], safeguard.id
        assert attributes["groups"] == list(range(min(attributes["groups"]), 4)), safeguard.id
        assert attributes["asset"] in assets, safeguard.id
        assert attributes["function"] in functions, safeguard.id


@pytest.mark.parametrize(
    ("name", "variant", "level_1", "level_2", "automated"),
    [
        (UBUNTU, "server", 251, 61, 291),
        (UBUNTU, "workstation", 245, 64, 288),
        (DEBIAN, "server", 249, 61, 289),
        (DEBIAN, "workstation", 243, 64, 286),
    ],
)
def test_benchmarks_are_whole(
    shipped: Shipped, name: str, variant: str, level_1: int, level_2: int, automated: int
) -> None:
    controls = [control for control in shipped.catalogues[name].controls if variant in control.levels]
    assert Counter(control.levels[variant] for control in controls) == {1: level_1, 2: level_2}
    assert sum(control.assessment == "automated" for control in controls) == automated


def test_titles_are_short_and_tell_controls_apart(shipped: Shipped) -> None:
    for catalogue in shipped.catalogues.values():
        titles = Counter(control.title for control in catalogue.controls)
        assert [title for title, times in titles.items() if times > 1] == []
        assert [title for title in titles if len(title) > 80] == []


@pytest.mark.parametrize("name", POSTGRES)
def test_benchmarks_of_postgresql_are_whole(shipped: Shipped, name: str) -> None:
    controls = shipped.catalogues[name].controls
    assert len(controls) == 71
    assert {level for control in controls for level in control.levels.items()} == {("all", 1)}
    assert sum(control.assessment == "automated" for control in controls) == 41


def test_benchmarks_of_postgresql_differ_in_safeguards_alone(shipped: Shipped) -> None:
    first, *others = ({control.id: control for control in shipped.catalogues[name].controls} for name in POSTGRES)
    changed = {"1.3", "4.4", "4.9", "5.2", "8.1", "8.3"}
    for other in others:
        assert [number for number in first if first[number].rules != other[number].rules] == []
        differing = {number for number in first if first[number].crosswalk != other[number].crosswalk}
        assert differing <= changed, differing


def test_a_second_level_of_postgresql_is_refused(shipped: Shipped) -> None:
    profile = read_profile(
        "mine",
        "mine.yaml",
        b"schema: profile/1\nselect: [{catalogue: cis-postgresql-16-v1.1.0, level: 2}]\n",
        [],
    )
    assert profile is not None
    with pytest.raises(ContentError) as wrong:
        resolve(["mine"], {"mine": profile}, shipped.catalogues, shipped.rules, shipped.vocabulary)
    assert "has no level 2: the benchmark knows Level 1 alone" in str(wrong.value)


@pytest.mark.parametrize("name", (*BENCHMARKS, *POSTGRES))
def test_sections_are_those_of_the_number(shipped: Shipped, name: str) -> None:
    for control in shipped.catalogues[name].controls:
        number = control.attributes["section"].split()[0]
        assert control.id.startswith(f"{number}."), control.id


def test_both_benchmarks_say_the_same_of_what_they_share(shipped: Shipped) -> None:
    ubuntu, debian = ({control.id: control for control in shipped.catalogues[name].controls} for name in BENCHMARKS)
    assert set(ubuntu) - set(debian) == {"1.5.4", "1.5.5"}
    assert set(debian) <= set(ubuntu)
    assert [number for number, control in debian.items() if control != ubuntu[number]] == []


def test_catalogues_name_what_exists(shipped: Shipped) -> None:
    assert check_catalogues(shipped.catalogues, shipped.rules) == []


@pytest.mark.parametrize("name", BENCHMARKS)
def test_rules_name_the_safeguards_of_their_recommendation(shipped: Shipped, name: str) -> None:
    for control in shipped.catalogues[name].controls:
        for mapping in control.rules:
            named = shipped.rules[mapping.rule].controls.get(FRAMEWORK, ())
            assert sorted(named) == sorted(control.crosswalk[FRAMEWORK]), f"{control.id} {mapping.rule}"


def test_rules_of_a_database_name_among_them_the_safeguards_of_their_recommendation(shipped: Shipped) -> None:
    """Several rules answer one recommendation there, and some answer more than it: each names what it really serves."""
    for control in shipped.catalogues[POSTGRES[0]].controls:
        named = {each for mapped in control.rules for each in shipped.rules[mapped.rule].controls.get(FRAMEWORK, ())}
        if control.id not in MAPPED_ELSEWHERE:
            assert set(control.crosswalk.get(FRAMEWORK, ())) <= named, control.id


@pytest.mark.parametrize("name", (*BENCHMARKS, *POSTGRES))
def test_every_tunable_is_bounded_and_begins_within(shipped: Shipped, name: str) -> None:
    catalogue = bind_bounds(shipped.catalogues, shipped.rules)[name]
    bounds = {(bound.rule, bound.value): bound for control in catalogue.controls for bound in control.strictest}
    for rule_id in listed(catalogue):
        for value in shipped.rules[rule_id].values.values():
            bound = bounds.get((rule_id, value.name))
            if value.name in UNBOUNDED:
                assert bound is None, f"{rule_id}.{value.name}"
                continue
            assert bound is not None, f"{rule_id}.{value.name}"
            condition = compile_condition(FieldTest(value.name, value.type, bound.tests), {})
            assert condition.judge({value.name: value.default}, None) is Outcome.PASS, f"{rule_id}.{value.name}"




def test_every_rule_is_reached_by_a_profile(shipped: Shipped) -> None:
    profiles = resolve(shipped.profiles, shipped.profiles, shipped.catalogues, shipped.rules, shipped.vocabulary)
    reached = {rule for profile in profiles.values() for rule in profile.rules}
    assert sorted(set(shipped.rules) - reached) == []


def test_a_profile_for_one_platform_has_no_rules_for_others(shipped: Shipped) -> None:
    profiles = resolve(shipped.profiles, shipped.profiles, shipped.catalogues, shipped.rules, shipped.vocabulary)
    for profile in profiles.values():
        platforms = {shipped.rules[rule].platforms for rule in profile.rules}
        assert len(platforms) <= 1 or profile.id in ACROSS, profile.id


def test_rules_lie_in_the_folder_of_their_platform(shipped: Shipped) -> None:
    for rule in shipped.rules.values():
        top, platform, _subject, file = PurePosixPath(rule.path).parts
        assert (top, file) == ("rules", f"{rule.id}.yaml"), rule.path
        assert set(rule.platforms) <= FOLDERS.get(platform, {platform}), rule.path
        assert (rule.scope == "estate") == (platform == "estate"), rule.path


def test_manual_recommendations_are_answered_by_a_person_or_better(shipped: Shipped) -> None:
    for name in (*BENCHMARKS, *POSTGRES):
        manual = [control for control in shipped.catalogues[name].controls if control.assessment == "manual"]
        assert [control.id for control in manual if not control.rules] == []
        by_person = {rule.id for rule in shipped.rules.values() if rule.manual}
        numbers = {
            number for rule, found in listed(shipped.catalogues[name]).items() for number in found if rule in by_person
        }
        assert numbers <= {control.id for control in manual}


def test_level_2_includes_level_1(shipped: Shipped) -> None:
    profiles = resolve(shipped.profiles, shipped.profiles, shipped.catalogues, shipped.rules, shipped.vocabulary)
    for system in ("ubuntu-24.04", "debian-12"):
        for variant in ("server", "workstation"):
            low, high = (set(profiles[f"cis-{system}-level-{level}-{variant}"].rules) for level in (1, 2))
            assert low < high
        assert "gdm_absent" in profiles[f"cis-{system}-level-2-server"].rules
        assert "gdm_absent" not in profiles[f"cis-{system}-level-2-workstation"].rules


def test_auto_considers_level_1_servers_and_the_baseline(shipped: Shipped) -> None:
    found = candidates(shipped.profiles, "linux")
    specific = {"cis-debian-12-level-1-server", "cis-ubuntu-24.04-level-1-server"}
    assert {name for name in found if shipped.profiles[name].file.applies} == specific
    assert {name for name in found if not shipped.profiles[name].file.applies} == {"linux-baseline"}


def test_auto_considers_all_majors_of_postgresql_and_the_baseline(shipped: Shipped) -> None:
    found = candidates(shipped.profiles, "postgres")
    specific = {f"cis-postgresql-{major}-level-1" for major in (16, 17, 18)}
    assert {name for name in found if shipped.profiles[name].file.applies} == specific
    assert {name for name in found if not shipped.profiles[name].file.applies} == {"postgres-baseline"}


def test_the_baseline_asks_nothing_of_one_distribution(shipped: Shipped) -> None:
    profile = resolve(["linux-baseline"], shipped.profiles, shipped.catalogues, shipped.rules, shipped.vocabulary)[
        "linux-baseline"
    ]
    assert len(profile.rules) > 80
    for rule in profile.rules:
        subjects = (each.subject for each in shipped.rules[rule].assertions())
        facts = {subject.fact for subject in subjects if isinstance(subject, FactSubject)}
        assert "linux.package" not in facts, rule


def test_every_case_gives_its_outcome(shipped: Shipped) -> None:
    outcomes = [run_case(rule, case, shipped.vocabulary) for rule in shipped.rules.values() for case in rule.cases]
    assert len(outcomes) > 1000
    assert [outcome for outcome in outcomes if not outcome.right] == []
