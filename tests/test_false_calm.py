"""Ways in which a run could look calmer than what it knows: each is closed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner import scan
from scanner.model.errors import ReportError
from scanner.model.evidence import Gap, Snapshot
from scanner.model.inventory import Endpoint, Target
from scanner.model.outcome import Outcome
from scanner.model.plan import TargetPlan
from scanner.model.profile import Selected
from scanner.operations.judging import Bench
from tests.support import cli
from tests.support.cli import Desk, day, mode, stamp, system
from tests.support.judging import VOCABULARY, a_rule, says

policy, desk, _content_read_once = cli.policy, cli.desk, cli._content_read_once

HOST = "platform: linux, labels: {marker: /m, other: /o, owner: ops}, service_class: high"
AWAY = f"{HOST}, state: maintenance, reason: moved, approver: ada, until: {day(9)}"
ATTESTED = f"control: cis-controls-v8.1/14.1, scope: all, statement: S., by: ada, on: {day(-9)}, valid_until: {day(9)}"


def forged(place: Path, **changes: object) -> None:
    place.write_text(json.dumps({**json.loads(place.read_text()), **changes}))


def test_a_run_without_targets_is_incomplete_though_its_attestations_are_in_order(desk: Desk) -> None:
    desk.inventory({"a": AWAY})
    desk.write("attested.yaml", f"schema: attestations/1\nattestations:\n  - {{{ATTESTED}}}\n")

    ran = desk("scan", "-i", "inventory.yaml", "-p", "files", "--attestations", "attested.yaml")

    assert ran.outcomes("estate")["attestations_not_expired"] == "pass"
    assert (ran.word, ran.code) == ("INCOMPLETE", 3)


def test_a_target_may_not_take_the_name_of_the_estate(desk: Desk) -> None:
    desk.inventory({"estate": HOST})

    ran = desk("scan", "-i", "inventory.yaml", "-p", "files")

    assert ran.code == 2
    assert "inventory.yaml:3: estate: 'estate' is the name of the whole inventory in reports" in ran.stderr


def test_a_gap_that_claims_to_pass_is_no_snapshot(desk: Desk) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m"), mode("/o"))
    place = desk.folder / "evidence/a.json"
    forged(place, evidence=[], gap={"kind": "pass", "reason": "all is well"})

    ran = desk("evaluate", place, "-i", "inventory.yaml", "-p", "files")

    assert ran.code == 2
    assert f"{place}: not a whole snapshot" in ran.stderr


def test_a_transport_that_calls_its_refusal_a_pass_is_not_believed() -> None:
    target = Target("a", "linux", Endpoint("ssh"))
    plan = TargetPlan(target, (Selected("r", {}, ("p",)),), (), (), ("p",))
    bench = Bench({"r": a_rule(says("every"))}, {}, VOCABULARY, stamp(), None)

    judged = bench.judge(plan, Snapshot("a", stamp(), {}, gap=Gap(Outcome.PASS, "refused")))

    assert [result.outcome for result in judged.results] == [Outcome.ERROR]


def test_the_answer_of_one_target_cannot_speak_for_another(desk: Desk) -> None:
    desk.inventory({"a": HOST, "b": HOST})
    desk.snapshot("b", system(), mode("/m"), mode("/o"))
    answer = (desk.folder / "evidence/b.json").rename(desk.folder / "answer-of-a.txt")

    ran = desk("evaluate", answer, "--target", "a", "-i", "inventory.yaml", "-p", "files")

    assert ran.code == 2
    assert "is of target 'b'" in ran.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"clock_offset": float("nan")},
        {"clock_offset": "later"},
        {"notes": [1]},
        {"taken_at": None},
        {"identity": {"address": ["a"]}},
        {"target": "\ud800"},
    ],
    ids=str,
)
def test_what_a_hand_broke_in_a_snapshot_is_said(desk: Desk, changes: dict[str, object]) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m"), mode("/o"), taken_at=stamp())
    forged(desk.folder / "evidence/a.json", **changes)

    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files")

    assert ran.code == 2
    assert "not a whole snapshot (collect again)" in ran.stderr


def test_what_a_profile_leaves_out_now_is_not_mended(desk: Desk) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m", "0644"), mode("/o"))
    assert desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", out="before").code == 1
    desk.write("mine.yaml", "schema: profile/1\nextends: [files]\nexclude: [{rule: marker_closed, reason: dull}]\n")

    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "mine.yaml", "--baseline", "before")

    assert [row["state"] for row in ran.document["gone"]] == ["unassessed"]
    assert ran.code == 3


def test_a_report_that_cannot_be_written_leaves_no_earlier_verdict_beside_new_results(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m"), mode("/o"))
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files")
    assert desk(*words).word == "PASS"
    desk.snapshot("a", system(), mode("/m", "0644"), mode("/o"))

    def full(*_: object) -> None:
        raise ReportError("out: cannot be written: no space left")

    monkeypatch.setattr(scan, "write_reports", full)
    ran = desk(*words)

    assert ran.code == 2
    assert ran.outcomes("a")["marker_closed"] == "fail"
    assert ran.word == "FAIL"


def test_exceptions_of_a_profile_that_auto_did_not_choose_hold_for_nobody(desk: Desk) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system("acme"), mode("/m"), mode("/o"))
    head = "schema: profile/1\nauto: [linux]\napplies_says: it\nselect: [{rules: [marker_closed]}]\n"
    head += "frameworks: [cis-controls-v8.1]\n"
    for name, system_of in (("here", "acme"), ("elsewhere", "other")):
        applies = f"applies: {{fact: linux.system, expect: {{distribution: {system_of}}}}}\n"
        desk.write(f"own/{name}.yaml", head + applies)
    with (desk.folder / "own/elsewhere.yaml").open("a") as file:
        file.write("controls: [{id: cis-controls-v8.1/4.1, applicable: false, reason: no hosts}]\n")

    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "auto", "--profiles", "own")

    statuses = {
        control["id"]: control["determination"] for each in ran.document["catalogues"] for control in each["controls"]
    }
    assert statuses["4.1"] == "mapped rules pass (partial coverage)"


def test_a_host_key_that_was_not_seen_is_not_absent(desk: Desk) -> None:
    desk.inventory({"a": HOST})
    desk.snapshot("a", system(), mode("/m"), mode("/o"))

    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "-p", "inventory-hygiene")

    assert ran.outcomes("estate")["host_keys_unique"] == "unknown"
