"""Real repositories: remotes that lag, heads that are unborn, objects that are gone, owners that are others."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap
from scanner.model.outcome import Outcome
from tests.git.repositories import Bench, ask, bench, git

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
NOBODY = 65534
_LOWERED = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sh", "-s")
AS_NOBODY: Mapping[str, object] = {"transport": "command", "command": _LOWERED}


@pytest.fixture
def made(tmp_path: Path) -> Bench:
    return bench(tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that other accounts may enter."""
    path = Path(tempfile.mkdtemp(prefix="cp-git-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def only(found: dict[str, Evidence], fact: str = "git.repository") -> Any:
    assert found[fact].gap is None, found[fact].gap
    [row] = found[fact].rows
    return row


def remotes(found: dict[str, Evidence]) -> dict[str, Any]:
    return {str(row["remote"]): row for row in found["git.remote"].rows}


def test_all_in_order(made: Bench) -> None:
    found = ask(made.clone, documents="docs/recovery.md, docs/none.md")
    for fact, evidence in found.items():
        assert evidence.gap is None, (fact, evidence.gap)
        for row in evidence.rows:
            assert set(row) == {field.name for field in builtin()[fact].fields}, fact
    assert only(found) == {
        "repository": "config",
        "folder": str(made.clone),
        "bare": False,
        "branch": "main",
        "commit": git(made.clone, "rev-parse", "HEAD"),
        "last_commit": "2026-11-01T12:00:00Z",
        "first_commit": "2025-01-01T12:00:00Z",
        "unpushed": 0,
        "changes": 0,
        "changed": [],
        "consistent": True,
        "damage": [],
    }
    first, second = remotes(found)["origin"], remotes(found)["offsite"]
    assert (first["primary"], second["primary"], second["in_sync"], second["refs"]) == (True, False, True, 2)
    assert (second["transport"], second["newest_commit"]) == ("file", "2026-11-01T12:00:00Z")
    assert [(row["document"], row["present"], row["last_commit"]) for row in found["git.document"].rows] == [
        ("docs/recovery.md", True, "2025-01-01T12:00:00Z"),
        ("docs/none.md", False, ABSENT),
    ]
    points = {(row["location"], row["data_time"]) for row in found["backup.restore_point"].rows}
    assert points == {
        (name, at) for name in ("origin", "offsite") for at in ("2025-01-01T12:00:00Z", "2026-11-01T12:00:00Z")
    }
    assert only(found, "backup.object")["asset_keys"] == ["git:config"]
    assert found["git.ci_status"].rows == ()


def test_nothing_is_written(made: Bench) -> None:
    (made.clone / "site.yaml").touch()
    was = {path: path.stat().st_mtime_ns for path in made.base.rglob("*")}
    ask(made.clone)
    assert {path: path.stat().st_mtime_ns for path in made.base.rglob("*")} == was


def test_second_remote_that_lags(made: Bench) -> None:
    made.commit("more.yaml", at="2026-11-02T12:00:00Z")
    git(made.clone, "tag", "v2")
    git(made.clone, "branch", "extra")
    made.push("origin")
    row = remotes(ask(made.clone))["offsite"]
    assert (row["in_sync"], row["missing"], row["different"]) == (
        False,
        ["refs/heads/extra", "refs/tags/v2"],
        ["refs/heads/main"],
    )
    assert row["newest_commit"] == "2026-11-01T12:00:00Z"


def test_second_remote_that_has_more(made: Bench) -> None:
    git(made.clone, "push", "--quiet", "offsite", "main:old", "main:refs/pull/1/head")
    row = remotes(ask(made.clone))["offsite"]
    assert (row["in_sync"], row["extra"]) == (True, ["refs/heads/old"])


def test_named_remotes_choose_the_primary(made: Bench) -> None:
    found = remotes(ask(made.clone, remotes="offsite,origin"))
    assert [(name, row["primary"]) for name, row in found.items()] == [("offsite", True), ("origin", False)]


def test_commits_that_were_not_pushed(made: Bench) -> None:
    made.commit("a")
    made.commit("b")
    assert only(ask(made.clone))["unpushed"] == 2


def test_commits_that_others_pushed(made: Bench) -> None:
    """The clone cannot tell the age of what it has not fetched."""
    git(made.base, "clone", "--quiet", "origin.git", "other")
    other = Bench(made.base / "x")
    other.base.mkdir()
    (made.base / "other").rename(other.clone)
    other.commit("theirs", at="2026-11-03T12:00:00Z")
    git(other.clone, "push", "--quiet", "origin", "main")
    found = ask(made.clone)
    assert isinstance(remotes(found)["origin"]["newest_commit"], Gap)
    assert remotes(found)["offsite"]["in_sync"] is False
    assert found["backup.restore_point"].gap is not None
    assert only(found)["unpushed"] == 0 or isinstance(only(found)["unpushed"], Gap)


def test_remote_that_is_gone(made: Bench) -> None:
    shutil.rmtree(made.base / "offsite.git")
    row = remotes(ask(made.clone))["offsite"]
    assert row["reachable"] is False
    assert isinstance(row["in_sync"], Gap)
    assert row["in_sync"].kind is Outcome.ERROR


def test_primary_that_is_gone_leaves_the_others_unjudged(made: Bench) -> None:
    shutil.rmtree(made.base / "origin.git")
    found = ask(made.clone)
    assert isinstance(remotes(found)["offsite"]["in_sync"], Gap)
    assert isinstance(only(found)["unpushed"], Gap)


def test_no_credential_comes_out(made: Bench) -> None:
    for name, url in (
        ("one", "https://u:sesame@127.0.0.1:1/x.git?token=sesame"),
        ("two", "u:sesame@127.0.0.1:x.git"),
        ("three", "ext::sh -c 'echo sesame'"),
    ):
        git(made.clone, "remote", "add", name, url)
    found = ask(made.clone)
    assert "sesame" not in repr(found)
    rows = remotes(found)
    assert rows["one"]["url"] == "https://127.0.0.1:1/x.git"
    assert (rows["three"]["url"], rows["three"]["transport"]) == ("ext::", "other")
    assert isinstance(rows["three"]["refs"], Gap)


def test_more_remotes_than_are_asked(made: Bench) -> None:
    for number in range(8):
        git(made.clone, "remote", "add", f"r{number}", str(made.base / "origin.git"))
    found = ask(made.clone)
    assert len(found["git.remote"].rows) == 6
    assert "remotes:" in str(found["git.remote"].gap)


def test_unborn_head(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "config")
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    git(tmp_path / "config", "remote", "add", "origin", str(tmp_path / "empty.git"))
    found = ask(tmp_path / "config", documents="a.md")
    row = only(found)
    assert [row[name] for name in ("commit", "last_commit", "first_commit", "unpushed")] == [ABSENT] * 4
    assert remotes(found)["origin"]["in_sync"] is False, "two empty repositories keep nothing"
    assert found["git.document"].rows[0]["present"] is False
    assert found["backup.restore_point"].rows == ()


def test_changes(made: Bench) -> None:
    made.write("new file")
    made.write("site.yaml", "changed")
    row = only(ask(made.clone))
    assert (row["changes"], row["changed"]) == (2, [" M site.yaml", '?? "new file"'])


def test_more_changes_than_are_counted(made: Bench) -> None:
    for number in range(5100):
        (made.clone / f"f{number}").touch()
    assert only(ask(made.clone))["changes"] == 5000


def test_missing_object(made: Bench) -> None:
    blob = git(made.clone, "rev-parse", "HEAD:site.yaml")
    (made.clone / ".git/objects" / blob[:2] / blob[2:]).unlink()
    row = only(ask(made.clone))
    assert row["consistent"] is False
    assert any(blob in line for line in row["damage"])


def test_bare_mirror(made: Bench) -> None:
    git(made.base, "clone", "--quiet", "--mirror", "origin.git", "mirror.git")
    row = only(ask(made.base / "mirror.git"))
    assert (row["repository"], row["bare"], row["changes"]) == ("mirror", True, ABSENT)


def test_shallow_clone_is_no_history(made: Bench) -> None:
    git(made.base, "clone", "--quiet", "--depth=1", f"file://{made.base}/origin.git", "shallow")
    found = ask(made.base / "shallow", documents="site.yaml")
    assert isinstance(only(found)["first_commit"], Gap)
    assert isinstance(found["git.document"].rows[0]["last_commit"], Gap)


@pytest.mark.parametrize("folder", ["/nonexistent-folder", "relative", ""])
def test_folder_that_is_not_there(folder: str) -> None:
    for evidence in ask(Path(folder)).values():
        assert evidence.rows == ()
        assert evidence.gap is not None


def test_folder_without_a_repository_does_not_find_one_above(made: Bench) -> None:
    inside = made.clone / "docs"
    for evidence in ask(inside).values():
        assert "no repository" in str(evidence.gap)


def test_settings_of_a_repository_run_nothing(made: Bench) -> None:
    trap = made.base / "ran"
    program = made.base / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "remote.offsite.uploadpack"):
        git(made.clone, "config", name, str(program))
    hooks = made.clone / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "fsmonitor-watchman"):
        shutil.copy(program, hooks / hook)
    ask(made.clone)
    assert not trap.exists()


@root_only
def test_root_asks_as_the_owner(elsewhere: Path) -> None:
    """Whatever the owner wrote into the settings runs as the owner, not as root."""
    made = bench(elsewhere)
    seen = elsewhere / "seen"
    seen.mkdir(mode=0o777)
    seen.chmod(0o777)
    program = elsewhere / "clean.sh"
    program.write_text(f"#!/bin/sh\nid -u >> {seen}/who\ncat\n")
    program.chmod(0o755)
    git(made.clone, "config", "filter.trap.clean", str(program))
    made.write(".gitattributes", "* filter=trap\n")
    made.write("site.yaml", "changed, so that the filter is asked")
    for path in (elsewhere, *elsewhere.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    found = ask(made.clone)
    assert only(found)["changes"] == 2
    assert set((seen / "who").read_text().split()) == {str(NOBODY)}


@root_only
def test_somebody_else_is_refused_where_settings_run_programs(elsewhere: Path) -> None:
    made = bench(elsewhere)
    found = ask(made.clone, AS_NOBODY)
    assert only(found)["changes"] == 0, "its settings are harmless, so that it is asked"
    git(made.clone, "config", "core.sshCommand", "trap")
    gap = ask(made.clone, AS_NOBODY)["git.repository"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN
    assert "owns" in str(gap.needs)


@root_only
def test_denied_folder_is_unknown(elsewhere: Path) -> None:
    made = bench(elsewhere)
    made.clone.chmod(0o700)
    for evidence in ask(made.clone, AS_NOBODY).values():
        assert evidence.rows == ()
        assert evidence.gap is not None
        assert evidence.gap.kind is Outcome.UNKNOWN


@root_only
def test_denied_parts_are_unknown(elsewhere: Path) -> None:
    made = bench(elsewhere)
    (made.clone / "docs").chmod(0o700)
    (elsewhere / "offsite.git").chmod(0o700)
    found = ask(made.clone, AS_NOBODY)
    changes = only(found)["changes"]
    assert isinstance(changes, Gap) or changes > 0
    assert isinstance(remotes(found)["offsite"]["in_sync"], Gap)


def record(made: Bench, text: str) -> Evidence:
    made.write(".controlproof/ci-status.json", text)
    return ask(made.clone)["git.ci_status"]


def test_ci_status(made: Bench) -> None:
    head = git(made.clone, "rev-parse", "HEAD")
    entry = {"pipeline": "validate", "commit": head, "status": "passed", "finished_at": "2026-11-20T13:00:00+01:00"}
    odd: dict[str, Any] = {"pipeline": 1, "commit": "abc", "status": "great", "finished_at": "2026-11-20T13:00:00"}
    old = {**entry, "pipeline": "old", "commit": "0" * 40}
    found = record(made, json.dumps({"schema": "ci-status/1", "pipelines": [entry, old, odd]}))
    good, other, bad = found.rows
    assert good == {
        "pipeline": "validate",
        "commit": head,
        "tests_newest": True,
        "status": "passed",
        "finished_at": "2026-11-20T12:00:00Z",
    }
    assert other["tests_newest"] is False
    assert all(isinstance(cell, Gap) for cell in bad.values())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "ci-status/2", "pipelines": []}', "[" * 60_000, "x" * 70_000]
)
def test_ci_status_that_cannot_be_read(made: Bench, text: str) -> None:
    assert record(made, text).gap is not None


def test_ci_status_is_no_way_to_other_files(made: Bench) -> None:
    (made.clone / ".controlproof").mkdir()
    (made.clone / ".controlproof/ci-status.json").symlink_to("/etc/passwd")
    assert "no plain file" in str(ask(made.clone)["git.ci_status"].gap)
