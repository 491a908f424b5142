"""Real repositories for tests, and the collector asked about them as a scan asks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.collection.git import repository
from scanner.model.evidence import Evidence, Query
from scanner.model.inventory import Endpoint
from scanner.transport.shell import Limits
from scanner.transport.table import open_client

_WHO = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


def git(folder: Path, *words: str, at: str = "2026-11-01T12:00:00Z", user: int | None = None) -> str:
    """Run git in a folder, at that time of the committer's clock, and as that account."""
    environment = {**_WHO, "PATH": os.environ["PATH"], "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    own = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, env=environment, **own)  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"git {' '.join(words)}: {done.stderr}")
    return str(done.stdout).strip()


def ask(folder: Path, shell: Mapping[str, object] | None = None, **settings: str) -> dict[str, Evidence]:
    """Ask the collector for all facts of a repository on this machine."""
    options = {"folder": str(folder), **settings}
    endpoint = Endpoint(**{"transport": "local", **(shell or {})}, options=tuple(options.items()))  # type: ignore[arg-type]
    tool = open_client("git", endpoint, str, Limits())
    try:
        answer = repository.collect([Query.of(fact) for fact in repository.FACTS], tool, Limits())  # type: ignore[arg-type]
    finally:
        tool.close()
    return {each.query.fact: each for each in answer.evidence}


@dataclass
class Bench:
    """A clone with two bare remotes that hold the same."""

    base: Path

    @property
    def clone(self) -> Path:
        """The clone's folder."""
        return self.base / "config"

    def write(self, name: str, text: str = "x\n") -> None:
        """Write a file of the clone."""
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, name: str, at: str = "2026-11-01T12:00:00Z") -> str:
        """Write a file and commit it; give the commit."""
        self.write(name, at)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", name, at=at)
        return git(self.clone, "rev-parse", "HEAD")

    def push(self, *remotes: str) -> None:
        """Push all branches and tags."""
        for remote in remotes or ("origin", "offsite"):
            git(self.clone, "push", "--quiet", "--all", remote)
            git(self.clone, "push", "--quiet", "--tags", remote)


def bench(base: Path) -> Bench:
    """Make the clone with two commits and a tag, pushed to both remotes."""
    made = Bench(base)
    git(base, "init", "--quiet", "--initial-branch=main", "config")
    for name in ("origin", "offsite"):
        git(base, "init", "--quiet", "--bare", "--initial-branch=main", f"{name}.git")
        git(made.clone, "remote", "add", name, str(base / f"{name}.git"))
    made.commit("docs/recovery.md", at="2025-01-01T12:00:00Z")
    made.commit("site.yaml")
    git(made.clone, "tag", "v1")
    made.push()
    return made
