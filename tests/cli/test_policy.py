"""`controlproof policy lint`: contradictions shown with their sources, exit codes, and a suggestion that holds."""

from __future__ import annotations

import json

import pytest

from tests.support.cli import Desk, _content_read_once, desk, mode, policy, system

__all__ = ["_content_read_once", "desk", "policy"]

WRONG = """\
schema: recovery-policy/1
# Our own words.
classes:
  gold: {rpo: {value: 15m, source: "handbook, Objectives"}}
profiles:
  vm:
    class: gold
    authorised_systems: [pbs]
    schedule: {every: {value: 1d, source: "runbook, Jobs"}}
    retention:
      value: {min_history: 30d, gfs: {weekly: 4, monthly: 1}}
      source: runbook
bindings: [{kinds: [vm], profile: vm}]
"""
LAX = "schema: recovery-policy/1\nprofiles: {vm: {rpo: 1h}}\nbindings: [{kinds: [vm], profile: vm}]\n"


def test_contradictions_are_shown_with_both_sources(desk: Desk) -> None:
    desk.write("p.yaml", WRONG)
    ran = desk("policy", "lint", "p.yaml", own=False)
    assert ran.code == 1
    assert ran.stdout == (
        "error history-beyond-keep: profiles.vm.retention.min_history is 30d, and weekly 4, monthly 1 cannot give it: "
        "pruned by the rule of pbs leaves 5 points, the oldest 22 d to 57 d old\n"
        "    30d                   profiles.vm.retention.min_history  [runbook]\n"
        "    weekly 4, monthly 1   profiles.vm.retention.gfs  [runbook]\n"
        "    do: keep such as daily 7, weekly 4, monthly 2\n"
        "error rpo-below-schedule: classes.gold.rpo is 15m, and backups every 1d may lose that much\n"
        "    15m                   classes.gold.rpo  [handbook, Objectives]\n"
        "    1d                    profiles.vm.schedule.every  [runbook, Jobs]\n"
        "    do: run it more often than every 15 min, or archive logs and say pitr: true\n"
        "p.yaml: 2 errors, 0 warnings (next: controlproof policy lint --suggest)\n"
    )


def test_programs_read_them_too(desk: Desk) -> None:
    desk.write("p.yaml", WRONG)
    ran = desk("policy", "lint", "p.yaml", "--format", "json", own=False)
    found = json.loads(ran.stdout)
    assert (ran.code, found["schema"], found["errors"], found["warnings"]) == (1, "policy-lint/1", 2, 0)
    assert [each["code"] for each in found["contradictions"]] == ["history-beyond-keep", "rpo-below-schedule"]
    assert found["contradictions"][1]["values"][1] == {
        "place": "profiles.vm.schedule.every",
        "value": "1d",
        "source": "runbook, Jobs",
        "line": 9,
    }


def test_warnings_pass_unless_they_must_not(desk: Desk) -> None:
    desk.write("p.yaml", LAX)
    assert desk("policy", "lint", "p.yaml", own=False).code == 0
    assert desk("policy", "lint", "p.yaml", "--strict", own=False).code == 1


def test_a_file_that_cannot_be_read_ends_with_2(desk: Desk) -> None:
    desk.write("p.yaml", "schema: recovery-policy/1\ndefaults: {rpo: soon}\n")
    ran = desk("policy", "lint", "p.yaml", own=False)
    assert (ran.code, ran.stdout) == (2, "")
    assert "p.yaml:2: 'soon' is no duration in defaults.rpo" in ran.stderr
    assert desk("policy", "lint", "lost.yaml", own=False).code == 2
    assert desk("policy", "lint", "p.yaml", "--suggest", own=False).code == 2


@pytest.mark.parametrize("text", [WRONG, LAX])
def test_the_suggestion_holds(desk: Desk, text: str) -> None:
    desk.write("p.yaml", text)
    ran = desk("policy", "lint", "p.yaml", "--suggest", own=False)
    assert (ran.code, ran.stderr) == (0, "")
    desk.write("better.yaml", ran.stdout)
    again = desk("policy", "lint", "better.yaml", "--strict", own=False)
    assert (again.code, again.stdout) == (0, "better.yaml: nothing in it contradicts itself\n")


def test_the_suggestion_says_why(desk: Desk) -> None:
    desk.write("p.yaml", WRONG)
    text = desk("policy", "lint", "p.yaml", "--suggest", own=False).stdout
    # Inside a map with one source for all, a new value stands alone.
    assert "gfs: {daily: 7, weekly: 4, monthly: 2}" in text
    assert "every: {value: 10m, source: 'suggested: gives the rpo of 15 min'}" in text
    assert "rpo: {value: 15m, source: 'handbook, Objectives'}" in text


def test_what_only_people_can_mend_is_told(desk: Desk) -> None:
    desk.write(
        "p.yaml",
        "schema: recovery-policy/1\nprofiles: {vm: {rto: 1h, size: 4 TB, rate: 1 MB/s}}\nbindings: [{kinds: vm, profile: vm}]\n",
    )
    ran = desk("policy", "lint", "p.yaml", "--suggest", own=False)
    assert ran.code == 1
    assert "not mended: error rto-below-transfer: profiles.vm.rto is 1h, and 4 TB at 1 MB/s take 46 d 7 h" in ran.stderr


def test_the_shipped_policy_contradicts_itself_and_its_suggestion_does_not(desk: Desk) -> None:
    ran = desk("policy", "lint", own=False)
    assert ran.code == 1
    assert "profiles/recovery-policy.yaml (shipped): " in ran.stdout
    better = desk("policy", "lint", "--suggest", own=False)
    assert (better.code, better.stderr) == (0, "")
    assert "value: {daily: 7, weekly: 4, monthly: 2}" in better.stdout
    desk.write("better.yaml", better.stdout)
    assert desk("policy", "lint", "better.yaml", "--strict", own=False).code == 0
    assert desk("lint", "better.yaml", own=False).code == 0


def test_controlproof_yaml_names_it(desk: Desk) -> None:
    desk.write("policy/ours.yaml", LAX)
    desk.write("controlproof.yaml", "schema: config/1\nrecovery_policy: policy/ours.yaml\n")
    assert (
        desk("policy", "lint", own=False).stdout.splitlines()[-1].startswith("policy/ours.yaml: 0 errors, 1 warning ")
    )


def test_lint_reads_it_and_knows_its_classes(desk: Desk) -> None:
    desk.write("ours.yaml", WRONG)
    desk.write("inventory.yaml", "schema: inventory/1\nassets:\n  a: {kind: vm, service_class: glod}\n")
    ran = desk("lint", "inventory.yaml", "ours.yaml", own=False)
    assert ran.code == 2
    assert "inventory.yaml:3: a: no class of ours.yaml is called 'glod' (did you mean 'gold'?)" in ran.stderr


def test_a_run_refuses_one_that_cannot_be_read(desk: Desk) -> None:
    desk.inventory({"web01": "platform: linux, service_class: gold, labels: {marker: /m, other: /o}"})
    desk.write("ours.yaml", WRONG)
    desk.snapshot("web01", system(), mode("/m"), mode("/o"))
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files")
    assert desk(*words, "--recovery-policy", "ours.yaml").code == 0
    desk.write("ours.yaml", WRONG.replace("gold", "silver"))
    ran = desk(*words, "--recovery-policy", "ours.yaml")
    assert ran.code == 2
    assert "web01: no class of ours.yaml is called 'gold'" in ran.stderr
    assert desk("plan", "-i", "inventory.yaml", "-p", "files", "--recovery-policy", "lost.yaml").code == 2
