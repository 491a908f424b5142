"""The ingestion check sees each thing that consumers refuse, one broken log at a time."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from scanner.reporting import sarif, sarif_check
from tests.support.reports import sample

Break = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    out = io.BytesIO()
    sarif.write(sample(), out)
    return json.loads(out.getvalue())


def test_a_good_log_passes(good: dict[str, Any]) -> None:
    assert sarif_check.check(good) == []


def _physical(run: dict[str, Any]) -> dict[str, Any]:
    return run["results"][0]["locations"][0]["physicalLocation"]


BROKEN: dict[str, tuple[Break, str]] = {
    "no location": (lambda run: run["results"][0].pop("locations"), "0 locations"),
    "no physical location": (lambda run: run["results"][0]["locations"][0].pop("physicalLocation"), "no relative path"),
    "no region": (lambda run: _physical(run).pop("region"), "region"),
    "line 0": (lambda run: _physical(run)["region"].update(startLine=0), "below 1"),
    "region backwards": (lambda run: _physical(run)["region"].update(startLine=99), "ends before"),
    "absolute uri": (lambda run: _physical(run)["artifactLocation"].update(uri="/etc/x"), "no relative path"),
    "ssh uri": (lambda run: _physical(run)["artifactLocation"].update(uri="ssh://host/x"), "no relative path"),
    "blank in uri": (lambda run: _physical(run)["artifactLocation"].update(uri="no file associated"), "no relative"),
    "climbing uri": (lambda run: _physical(run)["artifactLocation"].update(uri="../x"), "no relative path"),
    "no message": (lambda run: run["results"][0].update(message={"text": ""}), "no message"),
    "wrong ruleIndex": (lambda run: run["results"][0].update(ruleIndex=1), "ruleIndex 1"),
    "ruleIndex out of range": (lambda run: run["results"][0].update(ruleIndex=999), "ruleIndex 999"),
    "pass with a level": (lambda run: run["results"][0].update(kind="pass"), "kind pass"),
    "fail without a level": (lambda run: run["results"][0].update(level="none"), "kind fail"),
    "unknown state": (lambda run: run["results"][0].update(baselineState="gone"), "baselineState"),
    "no fingerprint": (lambda run: run["results"][0]["partialFingerprints"].clear(), "primaryLocationLineHash"),
    "same fingerprint twice": (lambda run: run["results"].append(run["results"][0]), "stands 2 times"),
    "rule twice": (lambda run: run["tool"]["driver"]["rules"].append(run["tool"]["driver"]["rules"][0]), "2 times"),
    "no help": (lambda run: run["tool"]["driver"]["rules"][0]["help"].update(text=""), "no help text"),
    "long description": (
        lambda run: run["tool"]["driver"]["rules"][0]["fullDescription"].update(text="x" * 1025),
        "1025 characters",
    ),
    "long name": (lambda run: run["tool"]["driver"]["rules"][0].update(name="x" * 256), "longer than 255"),
    "many tags": (
        lambda run: run["tool"]["driver"]["rules"][0]["properties"].update(tags=[*map(str, range(11))]),
        "11 tags",
    ),
    "score 0": (lambda run: run["tool"]["driver"]["rules"][0]["properties"].update({"security-severity": "0"}), "'0'"),
    "score no text": (
        lambda run: run["tool"]["driver"]["rules"][0]["properties"].update({"security-severity": "high"}),
        "'high'",
    ),
    "GUID of version 7": (
        lambda run: run["automationDetails"].update(guid="01890a5d-ac96-774b-bcce-b302099a8057"),
        "version 1 to 5",
    ),
    "NaN": (lambda run: run["results"][0].update(rank=float("nan")), "no JSON number"),
    "control character": (lambda run: run["results"][0]["message"].update(text="\x1b[2J"), "control character"),
    "too many results": (lambda run: run["results"].extend([{}] * 25_000), "more than 25000"),
    "no driver name": (lambda run: run["tool"]["driver"].update(name=""), "no name"),
    "no results": (lambda run: run.pop("results"), "no results"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_log_is_seen(name: str, good: dict[str, Any]) -> None:
    harm, said = BROKEN[name]
    log = copy.deepcopy(good)
    harm(log["runs"][0])

    assert any(said in objection for objection in sarif_check.check(log))


def test_two_runs_of_one_category_are_seen(good: dict[str, Any]) -> None:
    log = {**good, "runs": good["runs"] * 2}

    assert any("2 runs in category" in objection for objection in sarif_check.check(log))


def test_another_version_is_seen(good: dict[str, Any]) -> None:
    assert sarif_check.check({**good, "version": "2.0.0"}) == ["log: version is not 2.1.0, or $schema is missing"]
