"""Policy from a commit: a branch cannot waive its own findings, and git is asked for nothing but bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import Desk, Ran, day, mode, system

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
WAIVERS = (
    "schema: waivers/1\nwaivers:\n  - {id: W1, rule: marker_closed, targets: [web], reason: later, "
    f"approver: Jo Doe, approved: {day(-1)}, expires: {day(20)}}}\n"
)
NONE = "schema: waivers/1\nwaivers: []\n"


def git(desk: Desk, *words: str, code: int = 0) -> str:
    settings = ("-c", "user.name=Jo", "-c", "user.email=jo@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *settings, *words], cwd=desk.folder, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout.strip()


def commit(desk: Desk, text: str = "change") -> str:
    git(desk, "add", "-A", "-f", ".")
    git(desk, "commit", "-q", "-m", text)
    return git(desk, "rev-parse", "HEAD")


@pytest.fixture
def repository(desk: Desk) -> Desk:
    """A repository whose main branch waives nothing, on a branch that waives its own failure."""
    git(desk, "init", "-q")
    desk.inventory({"web": "platform: linux, address: 192.0.2.1, labels: {marker: /m, other: /o}"})
    desk.snapshot("web", system(), mode("/m", "0644"), mode("/o"))
    shutil.copytree(desk.policy / "rules", desk.folder / "own/rules")
    shutil.copytree(desk.policy / "profiles", desk.folder / "own/profiles")
    desk.write("waivers.yaml", NONE)
    desk.write(
        "controlproof.yaml",
        "schema: config/1\ninventory: inventory.yaml\nprofiles: [files]\nwaivers: waivers.yaml\n"
        "rules: own/rules\nfail_on: low\noutput: result\n",
    )
    commit(desk)
    git(desk, "checkout", "-q", "-b", "topic")
    desk.write("waivers.yaml", WAIVERS)
    desk.write("controlproof.yaml", (desk.folder / "controlproof.yaml").read_text().replace("low", "never"))
    commit(desk, "Waive my own failure")
    return desk


def evaluate(desk: Desk, *more: object, out: str = "result") -> Ran:
    words = ("--profiles", "own/profiles", "--format", "markdown,html")
    from click.testing import CliRunner

    from scanner.cli import main

    argv = [str(word) for word in ("evaluate", "evidence", *words, *more)]
    done = CliRunner().invoke(main, argv, env=desk.variables, prog_name="controlproof")
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.exit_code, done.stdout, done.stderr, desk.folder / out)


def test_a_branch_does_not_waive_its_own_findings(repository: Desk) -> None:
    assert evaluate(repository).code == 0
    held = evaluate(repository, "--policy-ref", "main")
    assert held.code == 1, held.stdout + held.stderr
    header = held.document["header"]
    assert header["policy_ref"] == "main"
    assert header["policy_commit"] == git(repository, "rev-parse", "main")
    assert held.document["rules"]["marker_closed"]["path"] == "own/rules/marker_closed.yaml"
    assert f"commit {header['policy_commit']}" in held.stdout
    for name in ("summary.md", "report.html"):
        assert header["policy_commit"] in (held.folder / name).read_text()
    assert "/tmp/controlproof-policy" not in (held.folder / "run.json").read_text()


def test_rules_of_a_branch_do_not_count_either(repository: Desk) -> None:
    path = repository.folder / "own/rules/marker_closed.yaml"
    path.write_text(path.read_text().replace('expect: {mode: "0600"}', 'expect: {mode: "0644"}'))
    assert evaluate(repository, "--policy-ref", "main").code == 1


def test_from_a_folder_below(repository: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository.folder / "deep").mkdir()
    monkeypatch.chdir(repository.folder / "deep")
    argv = ("../evidence", "--profiles", "../own/profiles", "--policy-ref", "main", "--format", "markdown")
    from click.testing import CliRunner

    from scanner.cli import main

    done = CliRunner().invoke(main, ["evaluate", *argv], prog_name="controlproof")
    assert done.exit_code == 1, done.output
    assert (repository.folder / "result/run.json").is_file()


def test_waivers_and_attestations_of_the_ref_bear_their_own_names(repository: Desk) -> None:
    git(repository, "checkout", "-q", "main")
    repository.write("waivers.yaml", WAIVERS.replace(day(20), day(-1)).replace(day(-1), day(-3), 1))
    repository.write("docs/list.txt", "All were there.\n")
    sha256 = subprocess.run(["sha256sum", "docs/list.txt"], capture_output=True, text=True).stdout.split()[0]
    repository.write(
        "attestations.yaml",
        "schema: attestations/1\nattestations:\n  - {rule: people_trained, scope: all, statement: Done., by: Jo Doe, "
        f"on: {day(-1)}, valid_until: {day(9)}, attachment: {{path: docs/list.txt, sha256: {sha256}}}}}\n",
    )
    commit(repository)
    git(repository, "checkout", "-q", "topic")
    words = ("--policy-ref", "main", "--attestations", "attestations.yaml", "-p", "files", "-p", "people")
    done = evaluate(repository, *words, "--bundle", "b")
    assert done.code == 1, done.stderr
    expired = [each for each in done.document["notices"] if each["code"] == "waiver-expired"]
    assert [each["path"] for each in expired] == ["waivers.yaml"]
    kept = sorted(str(path.relative_to("b")) for path in Path("b").rglob("*") if path.is_file())
    assert "policy/own-rules-1/marker_closed.yaml" in kept
    assert "policy/own-profiles-1/files.yaml" in kept
    assert (repository.folder / "b/waivers/1-waivers.yaml").read_text() == git(
        repository, "show", "main:waivers.yaml"
    ) + "\n"
    assert repository("verify", "b", own=False).code == 0


def test_the_baseline_comes_from_the_ref(repository: Desk) -> None:
    git(repository, "checkout", "-q", "main")
    evaluate(repository)
    assert repository("baseline", "write", "result", "-o", "baseline.json", own=False).code == 0
    commit(repository)
    git(repository, "checkout", "-q", "topic")
    words = ("--policy-ref", "main", "--baseline", "baseline.json", "--fail-on-new")
    assert evaluate(repository, *words).code == 0
    latest = evaluate(repository, "--policy-ref", "main", "--baseline", "latest")
    assert latest.code == 2
    assert "takes the baseline from that commit" in latest.stderr


def test_another_inventory_is_remarked(repository: Desk) -> None:
    assert evaluate(repository, "--policy-ref", "main").notices("policy-ref") == []
    repository.inventory({"web": "platform: linux, labels: {marker: /o, other: /o}"})
    done = evaluate(repository, "--policy-ref", "main")
    assert "it is not the inventory of main" in done.notices("policy-ref")[0]
    repository.inventory({"web": "platform: linux, profiles: [own/profiles/one.yaml]"})
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert "names the profile file" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--policy-ref", "nowhere"), "no such commit"),
        (("--policy-ref", "--output=x"), "no name of a commit"),
        (("--policy-ref", "main", "--waivers", "new.yaml"), "main (commit "),
        (("--policy-ref", "main", "--waivers", "/etc/passwd"), "outside of the repository"),
        (("--policy-ref", "main", "--waivers", "../x.yaml"), "outside of the repository"),
        (("--policy-ref", "main:waivers.yaml"), "no such commit"),
    ],
)
def test_what_the_ref_does_not_have_is_said(repository: Desk, words: tuple[str, ...], says: str) -> None:
    repository.write("new.yaml", NONE)
    done = evaluate(repository, *words)
    assert done.code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_problems_name_the_file_in_the_repository(repository: Desk) -> None:
    git(repository, "checkout", "-q", "main")
    repository.write("waivers.yaml", "schema: waivers/1\nwaivers: [{id: W1}]\n")
    commit(repository)
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert done.stderr.startswith("waivers.yaml:2")


def test_no_repository(desk: Desk) -> None:
    done = evaluate(desk, "--policy-ref", "main")
    assert done.code == 2
    assert "is in no git repository" in done.stderr


def test_no_git(repository: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert "git is not installed" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a repository away")
def test_a_repository_of_another_account(repository: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (repository.folder, repository.folder / ".git"):
        os.chown(path, 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert "safe.directory" in done.stderr


def test_an_ambiguous_name_is_refused(repository: Desk) -> None:
    git(repository, "tag", "main", "topic")
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert "refs/heads/main" in done.stderr
    assert evaluate(repository, "--policy-ref", "refs/heads/main").code == 1


def test_a_hostile_commit_is_refused(repository: Desk) -> None:
    git(repository, "checkout", "-q", "-b", "bad", "main")
    os.unlink("waivers.yaml")
    os.symlink("/etc/passwd", "waivers.yaml")
    commit(repository)
    done = evaluate(repository, "--policy-ref", "bad")
    assert done.code == 2
    assert "waivers.yaml: it is a symbolic link in bad" in done.stderr

    git(repository, "checkout", "-q", "-b", "linked", "main")
    shutil.rmtree("own/rules")
    os.symlink("/etc", "own/rules")
    commit(repository)
    git(repository, "checkout", "-q", "-f", "main")
    done = evaluate(repository, "--policy-ref", "linked")
    assert "own/rules: it is a symbolic link" in done.stderr
    done = evaluate(repository, "--policy-ref", "linked", "--rules", "own/rules/deep")
    assert done.code == 2
    assert "it lies below a symbolic link" in done.stderr

    tree = git(repository, "ls-tree", "main").replace(
        next(line for line in git(repository, "ls-tree", "main").splitlines() if line.endswith("\twaivers.yaml")),
        f"160000 commit {git(repository, 'rev-parse', 'main')}\twaivers.yaml",
    )
    made = subprocess.run(["git", "mktree", "--missing"], input=tree + "\n", text=True, capture_output=True)
    new = git(repository, "commit-tree", made.stdout.strip(), "-m", "module")
    done = evaluate(repository, "--policy-ref", new)
    assert "it is a submodule" in done.stderr


def test_a_huge_file_is_refused(repository: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from scanner.operations import policy_ref

    monkeypatch.setattr(policy_ref, "MAX_FILE", 1000)
    git(repository, "checkout", "-q", "main")
    repository.write("waivers.yaml", NONE + "#" * 2000 + "\n")
    commit(repository)
    done = evaluate(repository, "--policy-ref", "main")
    assert done.code == 2
    assert "are too many for policy" in done.stderr
    monkeypatch.setattr(policy_ref, "MAX_FILE", 10_000)
    monkeypatch.setattr(policy_ref, "MAX_ALL", 2000)
    assert "too large" in evaluate(repository, "--policy-ref", "main").stderr


def test_no_hook_filter_or_replacement_has_a_say(repository: Desk) -> None:
    mark = repository.folder / "ran"
    program = repository.write("evil", f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    for name in ("post-checkout", "reference-transaction", "fsmonitor-watchman", "post-index-change"):
        shutil.copy(program, repository.folder / ".git/hooks" / name)
    git(repository, "config", "core.fsmonitor", str(program))
    git(repository, "config", "filter.evil.smudge", str(program))
    git(repository, "config", "diff.evil.textconv", str(program))
    git(repository, "config", "core.pager", str(program))
    repository.write(".git/info/attributes", "*.yaml filter=evil diff=evil export-subst\n")
    mark.unlink(missing_ok=True)
    old, new = git(repository, "rev-parse", "main:waivers.yaml"), git(repository, "rev-parse", "topic:waivers.yaml")
    shutil.rmtree(repository.folder / ".git/hooks")
    git(repository, "replace", old, new)
    (repository.folder / ".git/hooks").mkdir()
    for name in ("post-checkout", "reference-transaction", "fsmonitor-watchman", "post-index-change"):
        shutil.copy(program, repository.folder / ".git/hooks" / name)
    mark.unlink(missing_ok=True)
    assert evaluate(repository, "--policy-ref", "main").code == 1
    assert not mark.exists()


def test_what_was_taken_is_removed(repository: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home"))
    assert evaluate(repository, "--policy-ref", "main").code == 1
    assert list((tmp_path / "home").iterdir()) == []


def test_a_branch_does_not_loosen_the_recovery_policy_either(repository: Desk) -> None:
    text = "schema: recovery-policy/1\nclasses: {%s: {rpo: 15m}}\n"
    configuration = (repository.folder / "controlproof.yaml").read_text() + "recovery_policy: recovery.yaml\n"
    git(repository, "checkout", "-q", "main")
    repository.write("recovery.yaml", text % "gold")
    repository.write("controlproof.yaml", configuration)
    commit(repository)
    git(repository, "checkout", "-q", "-b", "laxer")
    repository.write("recovery.yaml", text % "lax")
    repository.inventory({"web": "platform: linux, service_class: lax, labels: {marker: /m, other: /o}"})
    assert evaluate(repository).code != 2
    refused = evaluate(repository, "--policy-ref", "main")
    assert refused.code == 2
    assert "web: no class of recovery.yaml is called 'lax'" in refused.stderr
    assert "/tmp/controlproof-policy" not in refused.stderr


def test_values_of_the_recovery_policy_name_the_file_of_the_repository(tmp_path: Path) -> None:
    from scanner.catalog.files.recovery import load_recovery_policy
    from scanner.operations.prepare import _shown
    from scanner.operations.request import Origin

    path = tmp_path / "policy/recovery.yaml"
    path.parent.mkdir()
    path.write_text("schema: recovery-policy/1\nclasses:\n  gold: {rpo: 15m, rto: {value: 1h, source: handbook}}\n")
    shown = _shown(load_recovery_policy(path), Origin(tmp_path, Path(), "main", "0" * 40))
    assert shown is not None
    leaves = shown.classes["gold"].leaves
    assert (shown.path, leaves["rpo"].source, leaves["rto"].source) == (
        "policy/recovery.yaml",
        "policy/recovery.yaml:3",
        "handbook",
    )
