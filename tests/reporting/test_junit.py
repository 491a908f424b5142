"""JUnit: a suite per target, a case per result, valid for the strictest reader."""

from __future__ import annotations

import io
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.model.result import Result, Waived
from scanner.reporting import junit
from tests.support.arbitrary import any_report
from tests.support.reports import TARGETS, clean, finding, finish, sample, unreachable
from tests.support.schemas import published


def data(report: Report) -> bytes:
    out = io.BytesIO()
    junit.write(report, out)
    return out.getvalue()


def suites(report: Report) -> dict[str | None, ET.Element]:
    return {suite.get("name"): suite for suite in ET.fromstring(data(report)).iter("testsuite")}


def case(report: Report, target: str, rule: str) -> ET.Element:
    return next(one for one in suites(report)[target].iter("testcase") if f"[{rule}]" in (one.get("name") or ""))


def objections(document: bytes) -> str:
    """What xmllint says against the published schema; empty where either is missing."""
    schema, program = published("junit-10.xsd"), shutil.which("xmllint")
    if schema is None or program is None:
        return ""
    command = [program, "--noout", "--nonet", "--schema", str(schema), "-"]
    done = subprocess.run(command, input=document, capture_output=True)
    return "" if done.returncode == 0 else done.stderr.decode()


@pytest.mark.parametrize("report", [sample(), unreachable(), clean()])
def test_samples_keep_to_the_published_schema(report: Report) -> None:
    assert objections(data(report)) == ""


@any_report
def test_any_report_keeps_to_the_rules_of_the_schema(report: Report) -> None:
    allowed = {
        "testsuites": {"name"},
        "testsuite": {"name", "hostname", "tests", "failures", "errors", "skipped", "timestamp"},
        "properties": set(),
        "property": {"name", "value"},
        "testcase": {"name", "classname"},
        "failure": {"type", "message"},
        "error": {"type", "message"},
        "skipped": {"type", "message"},
        "system-out": set(),
    }
    for element in ET.fromstring(data(report)).iter():
        assert set(element.keys()) <= allowed[element.tag]


def test_each_outcome_has_its_element() -> None:
    report = sample()
    kinds = {}
    for target, rule in (
        ("db01", "sshd_root_login_disabled"),
        ("db01", "password_hashes_strong"),
        ("web01", "time_synchronised"),
        ("db01", "world_writable_files_absent"),
        ("db01", "restore_test_documented"),
        ("db01", "gdm_banner_set"),
        ("db01", "partitions_separate"),
        ("db01", "ufw_enabled"),
        ("db01", "security_training_held"),
    ):
        kinds[rule] = [(child.tag, child.get("type")) for child in case(report, target, rule)]

    assert kinds == {
        "sshd_root_login_disabled": [("failure", "fail")],
        "password_hashes_strong": [("error", "unknown")],
        "time_synchronised": [("error", "collector-error")],
        "world_writable_files_absent": [("skipped", "waived")],
        "restore_test_documented": [("skipped", "manual")],
        "gdm_banner_set": [("skipped", "notapplicable")],
        "partitions_separate": [("skipped", "informational")],
        "ufw_enabled": [],
        "security_training_held": [("system-out", None)],
    }


def test_a_case_is_named_by_policy_target_and_rule() -> None:
    found = case(sample(), "db01", "ufw_enabled")

    assert found.get("classname") == "linux-baseline.db01"
    assert found.get("name") == "[ufw_enabled] The host firewall filters incoming traffic"


def test_the_body_tells_what_proves_it() -> None:
    body = case(sample(), "db01", "sshd_root_login_disabled")[0].text or ""

    for part in (
        "resource: Match user backup",
        "expected: permitrootlogin is one of no",
        "found: permitrootlogin is yes",
        "asked: sshd -T -C user=root",
        "source: /etc/ssh/sshd_config:122",
        "remediation: Set `PermitRootLogin no`",
        "controls: cis-controls-v8.1 5.4; cis-ubuntu-24.04-v1.0.0 5.1.20",
    ):
        assert part in body


def test_a_waived_case_tells_the_waiver_as_attribute_and_content() -> None:
    skipped = case(sample(), "db01", "world_writable_files_absent")[0]

    assert (skipped.get("message") or "").startswith("W12 by J. Doe until 2027-02-01: Vendor appliance")
    assert (skipped.text or "").startswith(skipped.get("message") or "?")


def test_a_partly_waived_result_still_fails() -> None:
    waiver = Waived("W1", "accepted", "J. Doe", "2027-01-01")
    rows = (
        finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": "1"}, reason="first", waived=waiver),
        finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": "2"}, reason="second"),
    )
    report = finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),))
    failure = case(report, "web01", "ufw_enabled")[0]

    assert (failure.tag, failure.get("message")) == ("failure", "second")


def test_every_target_shows_that_it_was_scanned() -> None:
    found = {
        name: [(child.tag, child.get("type")) for child in next(suite.iter("testcase"))]
        for name, suite in suites(sample()).items()
    }

    assert found == {"controlproof": [], "db01": [], "web01": [], "web09": [("skipped", "excluded")]}


def test_an_unreachable_target_is_an_error_even_without_results() -> None:
    report = finish(unreachable(), ())
    found = next(suites(report)["db01"].iter("testcase"))

    assert [(child.tag, child.get("message")) for child in found] == [("error", "192.0.2.10:22: connection refused")]


def test_an_incomplete_run_has_a_case_in_error() -> None:
    first = next(suites(unreachable())["controlproof"].iter("testcase"))

    assert [child.get("type") for child in first] == ["incomplete"]


def test_targets_outside_the_selection_have_no_suite() -> None:
    targets = {**TARGETS, "other": replace(TARGETS["web09"], id="other", state="not selected")}

    assert "other" not in suites(replace(sample(), targets=targets))


def test_no_case_has_a_time_and_stamps_have_no_offset() -> None:
    found = suites(sample())

    assert not [one for suite in found.values() for one in suite.iter() if one.get("time") is not None]
    assert found["db01"].get("timestamp") == "2026-11-20T01:02:31"


def test_a_large_suite_is_spooled_and_comes_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = data(sample())
    monkeypatch.setattr(junit, "_IN_MEMORY", 64)

    assert data(sample()) == expected


def test_a_body_stays_bounded() -> None:
    rows = tuple(
        finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": str(number)}, reason="x" * 5000)
        for number in range(80)
    )
    report = finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),))

    assert len(case(report, "web01", "ufw_enabled")[0].text or "") <= 20_000


def test_values_in_force_are_told() -> None:
    assert "values: allowed=no" in (case(sample(), "db01", "sshd_root_login_disabled")[0].text or "")
