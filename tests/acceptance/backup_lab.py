"""One PostgreSQL cluster with small segments, and real backup tools around it, all in a folder that goes away.

The tools find their settings where distributions keep them (`/etc/pgbackrest.conf`, `/etc/barman.conf`): each visit
sees them there through a mount of its own, so nothing of the machine is changed.
"""

from __future__ import annotations

import contextlib
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from scanner.collection.answer import Answer
from scanner.collection.table import platform_module
from scanner.evaluation.judge import compile_rule
from scanner.model.evidence import Query, Snapshot
from scanner.model.inventory import Endpoint
from scanner.operations.content import load_content
from scanner.transport.shell import Limits
from scanner.transport.table import open_client
from tests.collection.parity import check
from tests.databases import postgres
from tests.databases.places import missing
from tests.databases.postgres_recipes import Recipe

ARCHIVED = Recipe(
    initdb=("-A", "trust", "--wal-segsize=1"),
    settings={
        "listen_addresses": "",
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": "/bin/true",
        "min_wal_size": "2MB",
        "max_wal_size": "8MB",
        "fsync": "off",
        "wal_keep_size": "0",
        "max_wal_senders": "4",
    },
    hba="local all all trust\nlocal replication all trust",
    sql=(),
    passwords=("postgres",),
)


def need(*programs: str) -> None:
    """Skip where a tool is not installed, or fail where everything must be."""
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program} is not on this machine (call .ci/apt as root)")


@dataclass
class Lab:
    """A folder in which tools work; `mounts` says which file of the machine is replaced by which of ours."""

    folder: Path
    owner: str = "root"
    mounts: dict[str, str] = field(default_factory=dict)

    def words(self, user: str) -> list[str]:
        """Give the words before a command, which put the mounts in place and become the user."""
        mounts = "; ".join(f"mount --bind {ours} {theirs}" for theirs, ours in self.mounts.items())
        become = (
            f'exec setpriv --reuid {user} --regid {pwd.getpwnam(user).pw_gid} --clear-groups "$@"'
            if user != "root"
            else 'exec "$@"'
        )
        return ["unshare", "-m", "sh", "-c", f"set -e; {mounts or ':'}; {become}", "lab"]

    def run(self, *words: str, user: str = "", status: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run a command as the owner with the mounts in place; gives both its streams."""
        done = subprocess.run(
            [*self.words(user or self.owner), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            timeout=120,
            errors="replace",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": str(self.folder), **(env or {})},
        )
        assert done.returncode == status, f"{words}: {done.returncode}: {done.stdout}"
        return done.stdout

    def ask(self, platform: str, settings: Mapping[str, str] | None = None, *, user: str = "") -> Answer:
        """Collect everything that a platform tells, through our own transport; every cell is checked."""
        module = platform_module(platform)
        endpoint = Endpoint(
            "command", command=tuple(self.words(user or self.owner)), options=tuple((settings or {}).items())
        )
        client = open_client(platform, endpoint, str, Limits())
        with contextlib.closing(client):
            answer: Answer = module.collect([Query.of(fact) for fact in module.FACTS], client, Limits(run=60))
        for evidence in answer.evidence:
            check(evidence)
        return answer


@contextlib.contextmanager
def archived_cluster(**settings: str) -> Iterator[postgres.Cluster]:
    """Run a cluster with segments of 1 MB; `{folder}` in settings is its folder."""
    flavours = {**postgres.FLAVOURS, "archived": ARCHIVED}
    with (
        patch.object(postgres, "FLAVOURS", flavours),
        postgres.cluster("15", "archived", settings=settings) as server,
    ):
        yield server


RULES = {
    "contiguous": "backup_log_archive_contiguous",
    "whole": "backup_base_backups_whole",
    "usable": "backup_repositories_usable",
    "encrypted": "backup_repositories_encrypted",
}


def verdicts(answer: Answer, platform: str) -> dict[str, str]:
    """Judge the rules of the tools on an answer: short name > outcome."""
    content = load_content()
    snapshot = Snapshot("t", answer.now, {each.query: each for each in answer.evidence})
    target = {"id": "t", "platform": platform}
    return {
        short: compile_rule(content.rules[name], {}, content.vocabulary)(snapshot.get, target).outcome.value
        for short, name in RULES.items()
        if platform in content.rules[name].platforms
    }


def rows(answer: Answer, fact: str) -> list[dict[str, object]]:
    """Give the rows of a fact."""
    return [dict(row) for each in answer.evidence if each.query.fact == fact for row in each.rows]


def gap(answer: Answer, fact: str) -> object:
    """Give the gap of a fact; None when it is complete."""
    return next(each.gap for each in answer.evidence if each.query.fact == fact)
