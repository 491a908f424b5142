"""Runs that are gone on with: broken evidence is asked again, and what is not a run is not mistaken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Desk

SCAN = ("scan", "-i", "inventory.yaml", "-p", "files")


@pytest.fixture
def counted(desk: Desk) -> Desk:
    """Two targets that count how often they are asked."""
    program = desk.write("bin/count", '#!/bin/sh\nprintf . >>"$1"\nshift\nexec "$@"\n')
    program.chmod(0o755)
    for name in ("m", "o"):
        desk.write(name, "x").chmod(0o600)
    labels = f"labels: {{marker: {desk.folder}/m, other: {desk.folder}/o}}"
    desk.inventory(
        {name: f"platform: linux, command: [{program}, {desk.folder}/asked-{name}], {labels}" for name in ("a", "b")}
    )
    return desk


def asked() -> tuple[int, int]:
    return len(Path("asked-a").read_text()), len(Path("asked-b").read_text())


def test_resuming_asks_again_what_is_broken_or_foreign(counted: Desk) -> None:
    assert counted(*SCAN).code == 0
    assert asked() == (1, 1)
    Path("out/evidence/a.json").write_bytes(Path("out/evidence/a.json").read_bytes()[:100])
    counted.snapshot("stranger", folder="out/evidence")
    ran = counted(*SCAN, "--resume")
    assert (ran.code, asked()) == (0, (2, 1))
    assert set(ran.document["targets"]) == {"a", "b"}


def test_resuming_takes_no_cut_answer_for_a_whole_one(counted: Desk) -> None:
    assert counted(*SCAN).code == 0
    path = Path("out/evidence/b.json")
    document = json.loads(path.read_text())
    document["gap"] = {"kind": "error", "reason": "the answer has no finishing line"}
    path.write_text(json.dumps(document))
    assert counted(*SCAN, "--resume").code == 0
    assert asked() == (1, 2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"sha256": 7}', "plan"])
def test_folder_without_a_readable_plan_is_no_run(counted: Desk, text: str) -> None:
    assert counted(*SCAN).code == 0
    Path("out/plan.json").write_text(text)
    ran = counted(*SCAN, "--resume")
    assert ran.code == 2
    assert ran.stderr.startswith("out: ")
    assert asked() == (1, 1)


def test_resumed_evidence_ages_too(counted: Desk) -> None:
    """What was collected before the cut counts as old as it is."""
    assert counted(*SCAN).code == 0
    path = Path("out/evidence/a.json")
    document = json.loads(path.read_text())
    for each in document["evidence"]:
        each["provenance"]["taken_at"] = "2020-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    ran = counted(*SCAN, "--resume")
    assert ran.code == 3
    assert set(ran.outcomes("a").values()) == {"unknown"}
    assert asked() == (1, 1)


def test_targets_of_a_folder_of_runs_are_pruned_without_losing_what_is_not_ours(counted: Desk) -> None:
    counted.write("runs/notes.txt", "mine")
    for _ in range(3):
        assert counted(*SCAN, "--runs", "runs", "--keep", "1", "--format", "csv").code == 0
    kept = [path.name for path in Path("runs").iterdir() if path.name[0] == "2"]
    assert len(kept) <= 2
    assert Path("runs/latest").resolve().name in kept
    assert Path("runs/notes.txt").read_text() == "mine"
