"""SARIF for code scanning: what becomes an alert, where it lies, and how it is recognised again."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Notice, Report, TargetInfo
from scanner.model.result import Finding, Result
from scanner.reporting import sarif, sarif_check, sarif_full
from tests.support.reports import HEADER, RULES, TARGETS, finding, finish, fleet, sample, unreachable


def run(report: Report, module: Any = sarif) -> dict[str, Any]:
    out = io.BytesIO()
    module.write(report, out)
    log = json.loads(out.getvalue())
    assert sarif_check.check(log, limits=module is sarif) == []
    return log["runs"][0]


def marks(report: Report) -> dict[str, str]:
    """Fingerprint > rule of all alerts about rules."""
    return {
        result["partialFingerprints"]["complianceFinding/v1"]: result["ruleId"]
        for result in run(report)["results"]
        if not result["ruleId"].startswith("SCAN-")
    }


def test_only_open_failures_and_gaps_are_alerts() -> None:
    assert [result["ruleId"] for result in run(sample())["results"]] == [
        "ufw_enabled",
        "sshd_root_login_disabled",
        "sshd_root_login_disabled",
        "password_hashes_strong",
        "SCAN-linux.shadow",
        "SCAN-linux.time",
        "SCAN-waiver-expired",
        "world_writable_files_absent",
    ]


def test_an_alert_lies_at_the_targets_line_of_the_inventory() -> None:
    first = run(sample())["results"][0]["locations"][0]["physicalLocation"]

    assert first["artifactLocation"]["uri"] == "inventory.yaml"
    assert first["region"] == {"startLine": 14, "startColumn": 1, "endLine": 14, "endColumn": 2}


def test_without_an_inventory_file_it_lies_at_a_path_of_its_own() -> None:
    for path in ("", "/home/me/inventory.yaml"):
        targets = {name: replace(info, path=path, line=0) for name, info in TARGETS.items()}
        places = [
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for result in run(replace(sample(), targets=targets))["results"]
        ]

        assert places[:3] == ["targets/web01", "targets/db01/global", "targets/db01/Match%20user%20backup"]


def test_severity_decides_level_rank_and_score() -> None:
    found = run(sample())
    rules = {entry["id"]: entry for entry in found["tool"]["driver"]["rules"]}
    scores = {name: entry["properties"]["security-severity"] for name, entry in rules.items() if name in RULES}

    assert scores["ufw_enabled"] == "9.5"
    assert scores["sshd_root_login_disabled"] == "8.0"
    assert scores["time_synchronised"] == "5.5"
    assert scores["sysrq_disabled"] == "2.0"
    assert [(result["level"], result["rank"]) for result in found["results"][:2]] == [("error", 95.0), ("error", 80.0)]


def test_all_selected_rules_are_described_so_that_alerts_can_close() -> None:
    assert {entry["id"] for entry in run(sample())["tool"]["driver"]["rules"]} >= set(RULES)


def test_the_run_is_named_by_policy_and_scope() -> None:
    found = run(sample())["automationDetails"]["id"]

    assert found == "compliance/linux-baseline/all-targets-of-inventory.yaml/20261120T010203Z-7f3a"


def test_the_invocation_tells_the_exit_code_and_what_went_wrong() -> None:
    invocation = run(unreachable())["invocations"][0]

    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (3, False)
    assert invocation["toolExecutionNotifications"][0]["descriptor"]["id"] == "SCAN-target-unreachable"


def test_an_unreachable_target_is_one_alert_not_one_per_rule() -> None:
    assert [result["ruleId"] for result in run(unreachable())["results"]] == ["SCAN-target-unreachable"]


def test_fingerprints_do_not_follow_values_order_texts_or_other_targets() -> None:
    base = sample()
    results = [
        replace(result, findings=tuple(replace(one, found="something else", reason="x") for one in result.findings))
        for result in reversed(list(base.results))
    ]
    other = Result("ufw_enabled", "aaa", Outcome.PASS)
    rules = {name: replace(info, title="Another title") for name, info in base.rules.items()}
    targets = {"aaa": TargetInfo("aaa", "linux", "assessed"), **base.targets}
    changed = finish(replace(base, rules=rules, targets=targets), (*results, other))

    assert marks(changed) == marks(base)


def test_fingerprints_follow_rule_target_and_resource() -> None:
    one = finding("ufw_enabled", "web01", Outcome.FAIL, "linux.firewall", {"name": "a"})
    seen = set()
    for name, target, key in (
        ("ufw_enabled", "web01", "a"),
        ("sysrq_disabled", "web01", "a"),
        ("ufw_enabled", "db01", "a"),
        ("ufw_enabled", "web01", "b"),
    ):
        changed = replace(one, key=(("name", key),), fingerprint="")
        seen.update(
            marks(replace(finish(sample(), (Result(name, target, Outcome.FAIL, findings=(changed,)),)), gone=()))
        )

    assert len(seen) == 4


def test_the_first_sentence_is_free_of_what_changes() -> None:
    first = run(sample())["results"][0]["message"]["text"].partition(". ")[0]

    assert first == "web01 does not meet: The host firewall filters incoming traffic"


def test_a_finding_not_assessed_now_stays_open_under_its_own_fingerprint() -> None:
    last = run(sample())["results"][-1]

    assert last["partialFingerprints"]["complianceFinding/v1"] == "cd" * 32
    assert "not assessed now" in last["message"]["text"]
    assert "2026-11-12" in last["message"]["text"]


def test_many_findings_fold_to_one_alert_per_rule_and_target() -> None:
    rows = tuple(
        finding("ufw_enabled", "web01", Outcome.FAIL, "linux.file", {"path": f"/srv/{number}"}, found="0777")
        for number in range(sarif.SHOWN + 1)
    )
    report = replace(
        finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),)), gone=(), notices=()
    )
    found = run(report)["results"]

    assert len(found) == 1
    assert "5,001 findings" in found[0]["message"]["text"]
    assert len(found[0]["message"]["text"]) < 4000


def test_a_rule_that_finds_hundreds_of_files_is_one_alert() -> None:
    rows = tuple(
        finding("ufw_enabled", "web01", Outcome.FAIL, "linux.file", {"path": f"/srv/{number}"})
        for number in range(sarif.APART + 1)
    )
    two = tuple(finding("sysrq_disabled", "web01", Outcome.FAIL, "f", {"k": word}) for word in "ab")
    results = (
        Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),
        Result("sysrq_disabled", "web01", Outcome.FAIL, findings=two),
    )
    found = run(replace(finish(sample(), results), gone=(), notices=()))["results"]

    assert [result["ruleId"] for result in found] == ["ufw_enabled", "sysrq_disabled", "sysrq_disabled"]


def test_more_than_code_scanning_takes_leaves_out_the_least_severe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "ACCEPTED", 50)
    found = run(fleet(4, 30, (Outcome.FAIL,)))["results"]

    assert len(found) == 50
    assert found[0]["ruleId"] == "SCAN-limit"
    assert [result["level"] for result in found[1:]] == sorted(
        (result["level"] for result in found[1:]), key=["error", "warning", "note"].index
    )


def test_a_rule_with_many_mappings_keeps_to_ten_tags() -> None:
    many = {f"framework-{number}": tuple(str(number) for number in range(30)) for number in range(30)}
    platforms = tuple(f"platform-{number}" for number in range(40))
    long = replace(RULES["ufw_enabled"], id="long_rule", title="t" * 3000, controls=many, platforms=platforms)
    report = replace(sample(), rules={"long_rule": long}, header=replace(HEADER, profiles=("p",) * 30))

    described = next(entry for entry in run(report)["tool"]["driver"]["rules"] if entry["id"] == "long_rule")

    assert described["name"] == "LongRule"
    assert len(described["properties"]["tags"]) <= 10
    assert len(described["shortDescription"]["text"]) == 1024


def test_a_rule_that_the_report_does_not_know_is_still_an_alert() -> None:
    report = replace(finish(sample(), ()), results=(Result("lost_rule", "db01", Outcome.FAIL, "why"),), gone=())

    assert run(report)["results"][0]["ruleId"] == "lost_rule"


def test_two_notices_of_one_kind_stay_two_alerts() -> None:
    notices = (Notice("warning", "waiver-unused", "one", "W1"), Notice("warning", "waiver-unused", "two", "W1"))

    assert len(run(replace(finish(sample(), ()), notices=notices, gone=()))["results"]) == 2


def test_the_full_profile_has_every_outcome_by_kind() -> None:
    found = run(sample(), sarif_full)
    kinds = [result["kind"] for result in found["results"] if "resultOutcome" in result.get("properties", {})]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "fail": 4,
        "pass": 9,
        "open": 2,
        "review": 2,
        "notApplicable": 2,
        "informational": 2,
    }


def test_the_full_profile_carries_waivers_and_baseline_states() -> None:
    results = run(sample(), sarif_full)["results"]
    waived = [result for result in results if "suppressions" in result]
    states = {result["baselineState"] for result in results if "baselineState" in result}

    assert [result["ruleId"] for result in waived] == ["world_writable_files_absent"]
    assert "W12 by J. Doe until 2027-02-01" in waived[0]["suppressions"][0]["justification"]
    assert states == {"new", "unchanged", "absent"}


def test_the_full_profile_tells_since_when_a_failure_is_known() -> None:
    results = run(sample(), sarif_full)["results"]
    told = {
        result["message"]["text"].partition(".")[0]: result["provenance"]
        for result in results
        if "provenance" in result
    }

    assert told["db01 does not meet: sshd refuses root logins (global)"] == {
        "firstDetectionTimeUtc": "2026-10-30T02:00:07Z",
        "lastDetectionTimeUtc": "2026-11-20T01:02:31Z",
        "properties": {"lastChangedTimeUtc": "2026-11-12T02:00:09Z"},
    }
    assert told["web09 was not assessed now for: No file can be written by everybody (/tmp/x)"] == {
        "firstDetectionTimeUtc": "2026-10-30T02:00:07Z",
        "lastDetectionTimeUtc": "2026-11-12T02:00:09Z",
        "properties": {"lastChangedTimeUtc": "2026-11-05T02:00:03Z"},
    }


def test_a_failure_that_is_undecided_now_stands_once_in_the_full_profile_and_says_when_it_was_last_seen() -> None:
    results = [r for r in run(sample(), sarif_full)["results"] if r["ruleId"] == "password_hashes_strong"]
    lost = [result for result in results if "db01" in result["message"]["text"]]

    assert [result["kind"] for result in lost] == ["open"]
    assert "Last seen 2026-11-19 02:00:11 UTC, not assessed now." in lost[0]["message"]["text"]


def test_folding_is_told_by_a_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "SHOWN", 2)
    notes = run(sample())["invocations"][0]["toolExecutionNotifications"]

    [folded] = [note for note in notes if note["descriptor"]["id"] == "SCAN-folded"]
    assert folded["message"]["text"].startswith("3 open failures: code scanning shows 2 results")


def test_taxa_of_different_catalogues_are_related_by_their_crosswalk() -> None:
    first, second = sample().catalogues
    control = replace(second.controls[0], supported_by=("cis-controls-v8.1/4.4", "somewhere/1", "by a person"))
    found = run(replace(sample(), catalogues=(first, replace(second, controls=(control,)))), sarif_full)

    [related] = found["taxonomies"][1]["taxa"][0]["relationships"]
    assert related["target"]["id"] == "4.4"
    assert related["target"]["toolComponent"]["index"] == 0
    assert related["target"]["toolComponent"]["guid"] == found["taxonomies"][0]["guid"]


def test_the_full_profile_relates_rules_to_taxa() -> None:
    found = run(sample(), sarif_full)
    rules = {entry["id"]: entry for entry in found["tool"]["driver"]["rules"]}
    target = rules["ufw_enabled"]["relationships"][0]["target"]
    taxonomy = found["taxonomies"][target["toolComponent"]["index"]]

    assert (taxonomy["name"], target["id"]) == ("cis-controls-v8.1", "4.4")
    assert taxonomy["guid"] == target["toolComponent"]["guid"]
    assert "4.4" in [taxon["id"] for taxon in taxonomy["taxa"]]


def test_numbers_that_json_does_not_have_are_written_as_text() -> None:
    odd = Result("ufw_enabled", "db01", Outcome.FAIL, "why", (Finding("f", (), Outcome.FAIL),), {"limit": float("nan")})

    found = run(finish(sample(), (odd,)), sarif_full)["results"][0]

    assert found["properties"]["values"] == "limit=nan"
