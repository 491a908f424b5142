"""Run folders are locked, linked and pruned without ever losing the latest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.model.errors import ConfigurationError, ReportError
from scanner.store import folders

IDS = [f"2026112{day}T000000Z-0000000{day}" for day in range(5)]


def make(folder: Path, *names: str, finished: bool = True) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        if finished:
            (folder / name / "run.json").write_text("{}")


def test_second_run_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with (
        folders.locked(tmp_path),
        pytest.raises(ConfigurationError, match=rf"another run \(process {os.getpid()}\)"),
        folders.locked(tmp_path),
    ):
        pass
    with folders.locked(tmp_path):
        pass


def test_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    program = f"import os, signal\nfrom pathlib import Path\nfrom scanner.store import folders\nwith folders.locked(Path({str(tmp_path)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with folders.locked(tmp_path):
        assert (tmp_path / ".lock").read_text().strip() == str(os.getpid())


def test_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / ".lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ReportError), folders.locked(tmp_path):
        pass
    assert (tmp_path / "victim").read_text() == "precious"


def test_latest_is_the_linked_or_newest_finished_run(tmp_path: Path) -> None:
    assert folders.latest(tmp_path) is None
    assert folders.runs(tmp_path / "missing") == []
    make(tmp_path, *IDS[:2])
    make(tmp_path, IDS[2], finished=False)
    assert folders.latest(tmp_path) == tmp_path / IDS[1]
    folders.point_latest(tmp_path, tmp_path / IDS[0])
    assert folders.latest(tmp_path) == tmp_path / IDS[0]
    folders.point_latest(tmp_path, tmp_path / IDS[1])
    assert os.readlink(tmp_path / "latest") == IDS[1]


def test_prune_keeps_the_newest_the_latest_and_what_is_not_ours(tmp_path: Path) -> None:
    make(tmp_path, *IDS, "notes")
    folders.point_latest(tmp_path, tmp_path / IDS[0])
    gone = folders.prune(tmp_path, 2)
    assert [path.name for path in gone] == IDS[1:3]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [IDS[0], *IDS[3:], "latest", "notes"]
    assert folders.prune(tmp_path, 0) == []


def test_link_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="latest: cannot be written"):
        folders.point_latest(tmp_path / "missing", tmp_path)
