"""The check of JUnit sees each thing that a reader refuses or drops, one broken file at a time."""

from __future__ import annotations

import io

import pytest

from scanner.model.report import Report
from scanner.reporting import junit, junit_check
from tests.support.arbitrary import any_report
from tests.support.reports import SAMPLES, sample

CASE = '<testcase classname="a" name="b"/>'


def suite(cases: str, tests: int = 1, more: str = "") -> bytes:
    return f'<testsuites><testsuite name="s" tests="{tests}" {more}>{cases}</testsuite></testsuites>'.encode()


BROKEN = {
    "not XML": (b"<testsuites>", "not XML"),
    "a control character": (suite('<testcase classname="a" name="&#27;"/>'), "not XML"),
    "an entity": (b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites/>', "entities"),
    "another document": (b"<html/>", "the root is html"),
    "no case": (suite("", 0), "no test case"),
    "a name twice": (suite(CASE * 2, 2), "stands 2 times"),
    "a file": (suite('<testcase classname="a" name="b" file="c"/>'), "attribute file"),
    "properties of a case": (
        suite('<testcase classname="a" name="b"><properties/></testcase>'),
        "element properties",
    ),
    "no classname": (suite('<testcase name="b"/>'), "no classname"),
    "a long name": (suite(f'<testcase classname="a" name="{"b" * 600}"/>'), "512"),
    "a wrong total": (suite(CASE, 2), "tests is 2, and there are 1"),
    "wrong failures": (suite(CASE, 1, 'failures="1"'), "failures is 1"),
    "a time with offset": (suite(CASE, 1, 'timestamp="2026-11-20T01:02:03Z"'), "without offset"),
    "a silent skip": (suite('<testcase classname="a" name="b"><skipped/></testcase>'), "without a reason"),
    "two outcomes": (
        suite(
            '<testcase classname="a" name="b"><error message="m">m</error><failure message="m">m</failure></testcase>'
        ),
        "2 outcomes",
    ),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_file_is_seen(name: str) -> None:
    data, said = BROKEN[name]

    assert any(said in objection for objection in junit_check.check(data))


def test_a_large_file_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit_check, "_LIMIT", 10)

    assert "GitLab reads no more" in junit_check.check(written(sample()))[0]


def written(report: Report) -> bytes:
    out = io.BytesIO()
    junit.write(report, out)
    return out.getvalue()


@pytest.mark.parametrize("name", list(SAMPLES))
def test_samples_are_in_order(name: str) -> None:
    assert junit_check.check(written(SAMPLES[name]())) == []


@any_report
def test_whatever_a_report_holds_is_in_order(report: Report) -> None:
    assert junit_check.check(written(report)) == []
