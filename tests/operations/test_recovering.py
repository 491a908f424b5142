"""Recovery from end to end, offline: what repositories listed is judged by the policy, asset by asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Identity, Provenance, Query, Snapshot, unknown
from scanner.model.report import Report
from scanner.operations.recovering import stable_keys
from scanner.operations.request import Files, Output, Request, Selection
from scanner.scan import evaluate
from scanner.store.evidence import write_snapshot

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

POLICY = """\
schema: recovery-policy/1
timezone: UTC
classes:
  archival: {rpo: {value: 24h, source: "dr.md:12"}, rto: 24h}
"""

INVENTORY = """\
schema: inventory/1
targets:
  repo1: {platform: restic, local: true, repository: /srv/repo}
  repo2: {platform: restic, local: true, repository: /srv/other}
assets:
  files01: {kind: dataset, service_class: archival, owner: ops, ids: {restic: "host1:/srv/data"}}
"""


def at(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def point(hours: float, host: str = "host1") -> Mapping[str, Cell]:
    nothing = (
        "verified_at",
        "verified_by",
        "key_fingerprint",
        "expires_at",
        "immutable_until",
        "storage_class",
        "base",
    )
    return {
        "system": "restic",
        "object": f"{host}:/srv/data",
        "asset_keys": [f"restic:{host}:/srv/data"],
        "location": "/srv/repo",
        "point": f"at {hours}",
        "kind": "files",
        "data_time": at(hours),
        "started_at": at(hours),
        "completed_at": at(hours),
        "status": "ok",
        "verification": "none",
        "encryption": "encrypted",
        "protected": False,
        "size": 1000,
        **dict.fromkeys(nothing, ABSENT),
    }


SERVER: Mapping[str, Cell] = {
    "name": "restic 0.14.0", "version": "0.14.0", "blind": [], "source": "asked", "collected_at": at(0),
}  # fmt: skip


def place(usable: bool = True) -> Mapping[str, Cell]:
    nothing = ("message", "total", "used", "storage_class", "immutable")
    found: dict[str, Cell] = {"system": "restic", "location": "/srv/repo", "kind": "repository", "usable": usable}
    return {**found, "encryption": "encrypted", "transport": "local", **dict.fromkeys(nothing, ABSENT)}


class Estate:
    """A folder with an inventory, a policy, and what repositories answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "inventory.yaml").write_text(INVENTORY)
        (folder / "policy.yaml").write_text(POLICY)

    def told(self, target: str, points: Sequence[Mapping[str, Cell]], gap: Gap | None = None) -> None:
        """Keep the answer of a repository."""
        rows: dict[str, Sequence[Mapping[str, Cell]]] = {
            "backup.restore_point": points,
            "backup.server": [SERVER],
            "backup.location": [place()],
        }
        provenance = Provenance(asked="restic snapshots", taken_at=at(0))
        evidence = {
            Query.of(fact): Evidence(
                Query.of(fact), tuple(own), gap if fact == "backup.restore_point" else None, provenance
            )
            for fact, own in rows.items()
        }
        write_snapshot(self.folder / "evidence", Snapshot(target, at(0), evidence, Identity(), 0.0))

    def judged(self, *, policy: bool = True, targets: Sequence[str] = ()) -> Report:
        """Judge what is there by the profile `recovery`."""
        request = Request(
            now=at(0),
            profiles=("recovery",),
            files=Files(
                inventory=self.folder / "inventory.yaml",
                recovery_policy=self.folder / "policy.yaml" if policy else None,
            ),
            selection=Selection(targets=tuple(targets)),
            output=Output(folder=self.folder / "out", formats=("html", "sarif", "junit")),
        )
        return evaluate(request, [self.folder / "evidence"]).report


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    (tmp_path / "evidence").mkdir()
    return Estate(tmp_path)


def outcomes(report: Report, rule: str) -> dict[str, str]:
    """Asset > outcome of a rule."""
    [result] = [each for each in report.results if each.rule == rule and each.target == "estate"]
    return {finding.resource: str(finding.outcome) for finding in result.findings}


DAILY = [point(hours) for hours in range(1, 24 * 40, 24)]


def test_points_within_the_rpo_pass_and_old_ones_fail(estate: Estate) -> None:
    estate.told("repo1", DAILY)
    estate.told("repo2", [])
    assert outcomes(estate.judged(), "rpo_met_throughout") == {"files01": "pass"}
    estate.told("repo1", DAILY[2:])
    report = estate.judged()
    assert outcomes(report, "rpo_met_now") == {"files01": "fail"}
    [result] = [each for each in report.results if each.rule == "rpo_met_now"]
    said = result.findings[0].told
    for wanted in ("exposure_now is 2 d 1 h", "exposure_worst is 2 d 1 h", "restic repo1//srv/repo at 49", "dr.md:12"):
        assert wanted in said


def test_what_a_blind_repository_may_hold_is_not_known(estate: Estate) -> None:
    estate.told("repo1", DAILY[2:])
    estate.told("repo2", [], unknown("the repository could not be read", "the account backup"))
    report = estate.judged()
    assert outcomes(report, "rpo_met_now") == {"files01": "unknown"}
    assert outcomes(report, "assets_protected") == {"files01": "pass"}


def test_fresh_points_decide_whatever_another_repository_hides(estate: Estate) -> None:
    estate.told("repo1", DAILY)
    estate.told("repo2", [], unknown("the repository could not be read", "the account backup"))
    assert outcomes(estate.judged(), "rpo_met_now") == {"files01": "pass"}


def test_a_repository_without_an_answer_may_hold_points(estate: Estate) -> None:
    estate.told("repo1", [])
    assert outcomes(estate.judged(), "assets_protected")["files01"] in ("unknown", "error")


def test_a_run_over_a_part_never_calls_an_asset_unprotected(estate: Estate) -> None:
    estate.told("repo1", [])
    estate.told("repo2", DAILY)
    assert outcomes(estate.judged(targets=["repo1"]), "assets_protected")["files01"] == "unknown"
    assert outcomes(estate.judged(), "assets_protected") == {"files01": "pass"}


def test_an_asset_without_any_point_fails(estate: Estate) -> None:
    for name in ("repo1", "repo2"):
        estate.told(name, [])
    report = estate.judged()
    for rule in ("assets_protected", "rpo_met_now", "rpo_met_throughout"):
        assert outcomes(report, rule) == {"files01": "fail"}
    assert report.verdict.exit_code == 1


def test_the_report_holds_time_lines_and_measures(estate: Estate) -> None:
    estate.told("repo1", DAILY)
    estate.told("repo2", [])
    report = estate.judged()
    [row] = report.recovery["recovery.exposure"]
    assert row["rpo"] == 86400
    assert len(row["timeline"]) == 30
    measures: dict[Any, Any] = {each["metric"]: each for each in report.recovery["recovery.metric"]}
    assert measures["coverage"]["numerator"] == measures["coverage"]["denominator"] == 1
    assert not any(notice.code in ("recovery-policy", "target-not-assessed") for notice in report.notices)


def test_the_shipped_policy_is_named_where_none_was_given(estate: Estate) -> None:
    estate.told("repo1", DAILY)
    assert any(notice.code == "recovery-policy" for notice in estate.judged(policy=False).notices)


def test_classes_that_the_shipped_policy_does_not_know_are_named(estate: Estate) -> None:
    estate.told("repo1", DAILY)
    assert not any(notice.code == "recovery-class" for notice in estate.judged(policy=False).notices)
    (estate.folder / "inventory.yaml").write_text(INVENTORY.replace("archival", "gold"))
    [notice] = [each for each in estate.judged(policy=False).notices if each.code == "recovery-class"]
    assert (notice.level, notice.line) == ("warning", 6)
    assert "files01" in notice.text and "'gold'" in notice.text


def test_each_key_of_a_kind_is_a_key_of_its_own() -> None:
    assert stable_keys({"pve": ("lab/103", "lab/303"), "pbs": ("s/vm/103",)}) == (
        "pve:lab/103",
        "pve:lab/303",
        "pbs:s/vm/103",
    )
