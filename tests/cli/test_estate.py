"""Rules about the estate, judged last; targets left out for a while; and how `auto` chooses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.model.evidence import ABSENT, Identity, error, unknown
from tests.support.cli import WHO, Desk, Ran, day, mode, of, system

HOST = "platform: linux, labels: {marker: /m, other: /o, owner: ops}, service_class: high"


def other_key(number: int) -> Identity:
    return replace(WHO, key=f"ssh-ed25519 SHA256:{number}")


def judge(desk: Desk, *words: object) -> Ran:
    return desk("evaluate", "evidence", "-i", "inventory.yaml", *words)


@pytest.fixture
def estate(desk: Desk) -> Desk:
    desk.inventory(dict.fromkeys(("a", "b", "c"), HOST))
    for number, name in enumerate(("a", "b", "c")):
        desk.snapshot(name, system(), mode("/m"), mode("/o"), identity=other_key(number))
    return desk


HYGIENE = ("-p", "files", "-p", "inventory-hygiene")


def test_sound_estate_passes(estate: Desk) -> None:
    ran = judge(estate, *HYGIENE)
    assert ran.code == 0, ran.stdout
    assert ran.outcomes("estate") == {
        "assets_have_owner": "notapplicable",
        "assets_have_service_class": "notapplicable",
        "host_keys_unique": "pass",
        "targets_have_owner": "pass",
        "targets_have_service_class": "pass",
    }
    assert ran.document["targets"]["estate"]["platform"] == "estate"
    assert "estate" not in ran.outcomes("a")


def test_two_targets_with_one_host_key(estate: Desk) -> None:
    estate.snapshot("c", system(), mode("/m"), mode("/o"), identity=other_key(0))
    ran = judge(estate, *HYGIENE)
    assert ran.code == 1
    failed = [each for each in ran.findings("estate", "host_keys_unique") if each["outcome"] == "fail"]
    assert [each["key"] for each in failed] == [[["target", "a"]], [["target", "c"]]]


def test_key_that_was_not_seen_leaves_uniqueness_open(estate: Desk) -> None:
    (estate.folder / "evidence/c.json").unlink()
    ran = judge(estate, *HYGIENE, "--undecided-at", "never")
    assert ran.outcomes("estate")["host_keys_unique"] == "unknown"
    assert ran.outcomes("estate")["targets_have_owner"] == "pass"


def test_key_of_a_target_that_was_not_selected_is_not_known_either(estate: Desk) -> None:
    (estate.folder / "evidence/c.json").unlink()
    ran = judge(estate, *HYGIENE, "--limit", "[ab]")
    assert ran.document["targets"]["c"]["state"] == "not selected"
    assert ran.outcomes("estate")["host_keys_unique"] == "unknown"
    assert ran.code == 3


def test_duplicates_are_told_even_when_others_were_not_seen(estate: Desk) -> None:
    estate.snapshot("b", system(), mode("/m"), mode("/o"), identity=other_key(0))
    (estate.folder / "evidence/c.json").unlink()
    assert judge(estate, *HYGIENE).outcomes("estate")["host_keys_unique"] == "fail"


def test_target_without_keys_to_show_needs_none(estate: Desk) -> None:
    estate.inventory({"a": HOST, "b": HOST, "c": f"{HOST}, command: [env]"})
    estate.snapshot("c", system(), mode("/m"), mode("/o"))
    assert judge(estate, *HYGIENE).outcomes("estate")["host_keys_unique"] == "pass"


def test_missing_owner_and_class_are_named(desk: Desk) -> None:
    assets = "assets:\n  share: {kind: dataset, owner: ops}\n  vm: {kind: vm, service_class: low}\n"
    desk.inventory({"a": HOST, "b": "platform: linux, labels: {marker: /m, other: /o}"}, more=assets)
    for name in "ab":
        desk.snapshot(name, system(), mode("/m"), mode("/o"), identity=other_key(ord(name)))
    ran = judge(desk, *HYGIENE)
    failed = {
        each["rule"]: [finding["key"][0][1] for finding in each["findings"] if finding["outcome"] == "fail"]
        for each in ran.results
        if each["outcome"] == "fail"
    }
    assert failed == {
        "assets_have_owner": ["vm"],
        "assets_have_service_class": ["share"],
        "targets_have_owner": ["b"],
        "targets_have_service_class": ["b"],
    }


def test_estate_alone_is_enough_for_a_run_that_asks_for_it_alone(estate: Desk) -> None:
    ran = judge(estate, "-p", "inventory-hygiene")
    assert (ran.code, ran.word) == (0, "PASS")
    assert ran.outcomes("a") == {}


@pytest.mark.parametrize(
    ("state", "until", "left_out"),
    [
        ("maintenance", 1, True),
        ("maintenance", 0, True),
        ("maintenance", -1, False),
        ("decommissioned", 30, True),
        ("excluded", -1, False),
    ],
)
def test_state_leaves_a_target_out_until_its_day(estate: Desk, state: str, until: int, left_out: bool) -> None:
    more = f"{HOST}, state: {state}, reason: new disks, approver: Jo, until: {day(until)}"
    estate.inventory({"a": HOST, "b": HOST, "c": more})
    ran = judge(estate, "-p", "files")
    info = ran.document["targets"]["c"]
    assert info["state"] == ("excluded" if left_out else "assessed")
    assert bool(ran.outcomes("c")) is not left_out
    if left_out:
        assert info["reason"] == f"{state} until {day(until)}: new disks, approved by Jo"
        assert f"not visited: c ({info['reason']})" in estate("plan", "-i", "inventory.yaml", "-p", "files").stdout
    else:
        assert ran.notices("exclusion-ended") == [
            f"c: its {state} ended on {day(until)}; it was assessed again (renew or remove the state)"
        ]


def test_nothing_but_excluded_targets_is_incomplete(desk: Desk) -> None:
    desk.inventory({"a": f"{HOST}, state: maintenance, reason: r, approver: Jo, until: {day(9)}"})
    ran = desk("scan", "-i", "inventory.yaml", "-p", "files")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")


@pytest.mark.parametrize(("state", "gone"), [("decommissioned", []), ("maintenance", ["unassessed"])])
def test_findings_end_with_a_decommissioned_target_and_not_with_one_in_maintenance(
    estate: Desk, state: str, gone: list[str]
) -> None:
    estate.snapshot("c", system(), mode("/m", "0644"), mode("/o"))
    assert estate("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", out="before").code == 1
    estate.inventory({"a": HOST, "b": HOST, "c": f"{HOST}, state: {state}, reason: r, approver: Jo, until: {day(9)}"})
    ran = judge(estate, "-p", "files", "--baseline", "before")
    assert [row["state"] for row in ran.document.get("gone", [])] == gone
    assert ran.code == (3 if gone else 0)


def test_profiles_of_groups_and_targets(desk: Desk) -> None:
    text = (
        "schema: inventory/1\n"
        "groups:\n  web: {platform: linux, profiles: [one], labels: {marker: /m, other: /o}}\n"
        "targets:\n  a: {group: web}\n  b: {group: web, profiles: [files]}\n"
        "  c: {platform: linux, labels: {marker: /m, other: /o}}\n"
    )
    desk.write("inventory.yaml", text)
    desk.write("controlproof.yaml", "schema: config/1\nprofiles: [walk]\n")
    for name in "abc":
        desk.snapshot(name, system(), mode("/m"), mode("/o"))
    ran = judge(desk)
    rules = {name: list(ran.outcomes(name)) for name in "abc"}
    assert rules == {"a": ["marker_closed"], "b": ["marker_closed", "other_closed"], "c": ["nothing_writable"]}
    named = judge(desk, "-p", "one")
    assert {name: list(named.outcomes(name)) for name in "abc"} == {key: ["marker_closed"] for key in "abc"}


@pytest.fixture
def alone(desk: Desk) -> Desk:
    desk.inventory({"a": "platform: linux"})
    return desk


def info(ran: Ran) -> tuple[list[str], str]:
    target = ran.document["targets"]["a"]
    return target["profiles"], target["profile_reason"]


def test_auto_chooses_the_benchmark_that_fits(alone: Desk) -> None:
    alone.snapshot("a", system("ubuntu", "24.04"))
    profiles, reason = info(judge(alone))
    assert (profiles, reason) == (
        ["cis-ubuntu-24.04-level-1-server"],
        "auto chose cis-ubuntu-24.04-level-1-server: Ubuntu 24.04",
    )


@pytest.mark.parametrize(("distribution", "version"), [("fedora", "41"), ("debian", "11"), ("arch", ABSENT)])
def test_auto_falls_back_to_the_baseline_and_says_so(alone: Desk, distribution: str, version: object) -> None:
    evidence = system(distribution)
    evidence = replace(evidence, rows=({**evidence.rows[0], "version": version},))  # type: ignore[dict-item]
    alone.snapshot("a", evidence)
    profiles, reason = info(judge(alone))
    assert profiles == ["linux-baseline"]
    assert reason == "auto chose linux-baseline: no benchmark fits this system (there are Debian 12 or Ubuntu 24.04)"


def test_system_that_could_not_be_found_out_is_never_green(alone: Desk) -> None:
    """The baseline speaks for any system; the benchmark that might have been meant stays undecided."""
    alone.snapshot("a", system(gap=unknown("/etc/os-release may not be read", "root")))
    ran = judge(alone)
    profiles, reason = info(ran)
    assert profiles == ["linux-baseline", "cis-debian-12-level-1-server"]
    assert reason.startswith("auto chose linux-baseline: what system this is could not be found out (")
    assert "/etc/os-release may not be read" in reason
    benchmark = [each for each in ran.results if each.get("profiles") == ["cis-debian-12-level-1-server"]]
    assert {each["outcome"] for each in benchmark} <= {"unknown"}
    assert benchmark
    assert ran.code == 3


def test_unreachable_target_stands_for_what_would_have_been_asked(alone: Desk) -> None:
    alone.snapshot("b", system())
    ran = judge(alone)
    profiles, reason = info(ran)
    assert profiles == ["cis-debian-12-level-1-server"]
    assert reason == "the system is not known; cis-debian-12-level-1-server stands for what would have been asked"
    assert set(ran.outcomes("a").values()) == {"error", "notchecked"}


def test_profile_named_beside_auto_holds_whatever_auto_chooses(alone: Desk) -> None:
    alone.inventory({"a": "platform: linux, profiles: [auto, files], labels: {marker: /m, other: /o}"})
    alone.snapshot("a", system("fedora"), mode("/m"), mode("/o", "0644"))
    ran = judge(alone)
    assert info(ran)[0] == ["linux-baseline", "files"]
    assert ran.outcomes("a")["marker_closed"] == "pass"
    (alone.folder / "evidence/a.json").unlink()
    alone.snapshot("z", system())
    lost = judge(alone)
    assert info(lost)[0] == ["cis-debian-12-level-1-server", "files"]
    assert lost.outcomes("a")["marker_closed"] == "error"


def test_baseline_named_beside_auto_is_judged_even_where_a_benchmark_fits(alone: Desk) -> None:
    alone.snapshot("a", system())
    ran = judge(alone, "-p", "auto", "-p", "linux-baseline")
    assert info(ran)[0] == ["cis-debian-12-level-1-server", "linux-baseline"]
    only = [each for each in ran.results if each["profiles"] == ["linux-baseline"]]
    both = [each for each in ran.results if len(each["profiles"]) == 2]
    assert only
    assert both


def test_profile_that_contradicts_the_choice_of_auto_is_an_error_of_that_rule(alone: Desk) -> None:
    """What auto chooses is known on the target alone; a rule with two settings is then not judged by either."""
    alone.write("loose.yaml", "schema: profile/1\nextends: [linux-baseline]\nvalues: {password_warning_days: {x: 1}}\n")
    text = alone("rules", "list", "-p", "linux-baseline").stdout
    assert "password_max_age_bounded" in text
    alone.write(
        "loose.yaml",
        "schema: profile/1\nselect: [{rules: [password_max_age_bounded]}]\n"
        "values: {password_max_age_bounded: {max_days: 9999}}\n",
    )
    alone.inventory({"a": "platform: linux, profiles: [auto, ./loose.yaml]"})
    alone.snapshot("a", system("fedora"))
    ran = judge(alone)
    [finding] = ran.findings("a", "password_max_age_bounded")
    assert finding["outcome"] == "error"
    assert "profile linux-baseline sets value 'max_days'" in finding["reason"]


def test_same_profile_by_name_and_by_path_is_one(alone: Desk) -> None:
    alone.inventory({"a": "platform: linux, labels: {marker: /m, other: /o}"})
    alone.snapshot("a", system(), mode("/m"), mode("/o"))
    path = alone.policy / "profiles/files.yaml"
    ran = alone(
        "evaluate", "evidence", "-i", "inventory.yaml", "-p", path, "-p", "files",
        "--rules", alone.policy / "rules", own=False,
    )  # fmt: skip
    assert (ran.code, info(ran)[0] if "profile_reason" in ran.document["targets"]["a"] else ["files"]) == (0, ["files"])


def test_derived_facts_carry_gaps_through(desk: Desk) -> None:
    """A rule over a derived fact is undecided when one of its inputs was denied."""
    desk.inventory({"a": "platform: linux"})
    desk.snapshot(
        "a",
        system(),
        of(
            "linux.sysctl",
            {"name": "kernel.randomize_va_space", "present": True, "value": "2"},
            name="kernel.randomize_va_space",
        ),
        of("linux.sysctl_setting", gap=error("the directory could not be read")),
    )
    ran = judge(desk, "-p", "linux-baseline", "--rule", "address_space_randomised")
    assert ran.outcomes("a") == {"address_space_randomised": "error"}


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        (["--rule", "other_closed"], {"other_closed"}),
        (["--rule", "other_closed,people_trained"], {"other_closed", "people_trained"}),
        (["--control", "cis-controls-v8.1/14.1"], {"people_trained"}),
        (["--control", "14.1", "--rule", "marker_closed"], {"people_trained", "marker_closed"}),
        (["--control", "4.1"], {"marker_closed", "other_closed"}),
    ],
)
def test_rules_and_controls_that_are_asked_for_alone(desk: Desk, words: list[str], rules: set[str]) -> None:
    """A bare number is one of the frameworks that the profiles report."""
    desk.write("p.yaml", "schema: profile/1\nextends: [files, people]\nframeworks: [cis-controls-v8.1]\n")
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m"), mode("/o"))
    ran = judge(desk, "-p", "p.yaml", *words)
    assert set(ran.outcomes("a")) == rules
    assert set(ran.document["rules"]) == rules
