"""The pre-commit hook, installed and run by pre-commit itself from a copy of this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.acceptance


def git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=Jo", "-c", "user.email=jo@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


def test_pre_commit_installs_and_runs_the_hook(tmp_path: Path) -> None:
    hook, user = tmp_path / "hook", tmp_path / "user"
    hook.mkdir()
    user.mkdir()
    for name in ("scanner", "rules", "profiles", "reports"):
        shutil.copytree(ROOT / name, hook / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hook / name)
    git(hook, "init", "-q")
    git(hook, "add", "-A", "-f", ".")
    git(hook, "commit", "-q", "-m", "all")
    git(user, "init", "-q")
    (user / "waivers.yaml").write_text("schema: waivers/1\nwaivers: []\n")
    git(user, "add", "-A")

    def run() -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "pre_commit", "try-repo", str(hook), "controlproof-lint", "--all-files"]
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": "/dev/null"}
        return subprocess.run(argv, cwd=user, env=environment, capture_output=True, text=True)

    done = run()
    if "No matching distribution" in done.stdout or "Could not find a version" in done.stdout:
        pytest.exit(
            "bench unavailable: the hook's libraries could not be installed (is the package index reachable?)", 75
        )
    assert done.returncode == 0, done.stdout + done.stderr
    (user / "waivers.yaml").write_text("schema: waivers/1\nwaivers: [{id: W1}]\n")
    git(user, "add", "-A")
    done = run()
    assert done.returncode == 1
    assert "waivers.yaml:2" in done.stdout
