"""The one walk of the file systems on booted hosts: many files, a slow disk, and what is mounted where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.scanning import Run, controlproof
from tests.hosts.booting import Host, booted

pytestmark = pytest.mark.acceptance

PROFILE = "cis-debian-12-level-2-server"
WALKS = ("world_writable_files_absent", "unowned_files_absent")
LOG = "/run/find.log"
FILES = 300_000

_COUNTING = f'#!/bin/sh\necho "$@" >>{LOG}\nexec /usr/bin/find.distrib "$@"\n'
# As with a disk that stops to answer: everything was seen, and the end does not come.
_STUCK = '#!/bin/sh\ncase " $* " in *" -xdev "*) /usr/bin/find.distrib "$@"; exec sleep 1000 ;; esac\nexec /usr/bin/find.distrib "$@"\n'


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with booted("bookworm", lambda root: instead_of_find(root, _COUNTING)) as host:
        yield host


def instead_of_find(root: Path, text: str) -> None:
    """Put a program in the place of find(1)."""
    real = root / "usr/bin/find"
    real.rename(root / "usr/bin/find.distrib")
    real.write_text(text)
    real.chmod(0o755)


def scan(host: Host, folder: Path, *words: object) -> Run:
    entry = host.entry("auditor", become="[sudo, -n]", profiles=PROFILE)
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n  one: {entry}\n")
    return controlproof("scan", "-i", "inventory.yaml", *words, folder=folder)


def test_many_files_are_walked_once_over_one_connection(host: Host, tmp_path: Path) -> None:
    host.sh("mkdir -p /srv/many /srv/again && mount -t tmpfs -o nr_inodes=400000 many /srv/many")
    host.sh(f"cd /srv/many && for d in $(seq 300); do mkdir $d; (cd $d && seq {FILES // 300} | xargs touch); done")
    host.sh("mount --bind /srv/many /srv/again; touch /srv/many/7/open; chmod 0666 /srv/many/7/open")
    host.sh(f"rm -f {LOG}")
    before = logins(host)
    run = scan(host, tmp_path)
    assert run.code == 1
    [finding] = [each for each in run.results("one")[WALKS[0]]["findings"] if each["outcome"] == "fail"]
    assert dict(finding["key"])["path"] == "/srv/many/7/open"
    assert run.outcomes("one")[WALKS[1]] == "pass"
    walks = [line for line in host.sh(f"cat {LOG}").splitlines() if "-xdev" in line.split()]
    assert len(walks) == 1, walks
    assert not any(line.split()[0] == "/" for line in host.sh(f"cat {LOG}").splitlines() if line not in walks)
    assert logins(host) - before == 1
    host.sh("umount /srv/again /srv/many")


def logins(host: Host) -> int:
    """How often sshd let our account in."""
    return host.sh("journalctl -q --no-pager -t sshd").count("Accepted publickey for auditor")


def test_a_disk_that_does_not_answer_leaves_the_walk_open_and_nothing_else(tmp_path: Path) -> None:
    def stuck(root: Path) -> None:
        instead_of_find(root, _STUCK)
        (root / "srv/orphan").write_text("nobody's\n")
        (root / "srv/orphan").chmod(0o666)

    with booted("bookworm", stuck) as host:
        run = scan(host, tmp_path, "--timeout", "20s")
        found = run.outcomes("one")
        # That nothing was found so far is no pass; what arrived before stays a failure.
        assert found[WALKS[0]] in ("fail", "error")
        assert found[WALKS[1]] == "error"
        [finding] = run.results("one")[WALKS[1]]["findings"]
        assert "deadline" in finding["reason"]
        others = {rule: outcome for rule, outcome in found.items() if rule not in WALKS}
        assert list(others.values()).count("error") <= 3, {rule for rule in others if others[rule] == "error"}
        assert list(others.values()).count("pass") > 30
        assert "target-incomplete" in {notice["code"] for notice in run.document["notices"]}
