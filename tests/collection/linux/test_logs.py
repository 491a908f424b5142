"""linux.log_file: kinds by name, links, and directories that may not be searched."""

from __future__ import annotations

import os

import pytest

from scanner.collection.linux import logs
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree
from tests.collection.parity import check


def answer(raw: bytes, session=AS_ROOT, **more) -> Evidence:
    (found,) = logs.answer([Query("linux.log_file")], {"linux.log_file": Output(stdout=raw, **more)}, session)
    check(found)
    return found


def record(path: str, mode: str = "640") -> bytes:
    return f"file {mode} 0 4\troot\tadm\t{path}\0".encode()


END = b"status 0\0status 0\0"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/log/wtmp.1", "login_record"),
        ("/var/log/btmp-20260101", "login_record"),
        ("/var/log/README", "login_record"),
        ("/var/log/wtmpx", "other"),
        ("/var/log/cloud-init.log.1", "cloud"),
        ("/var/log/auth.log.2.gz", "system"),
        ("/var/log/syslog", "system"),
        ("/var/log/secure-20260101", "system"),
        ("/var/log/my-syslog", "other"),
        ("/var/log/journal/1/user-1000.journal", "journal"),
        ("/var/log/journal/1/system@1.journal~", "journal"),
        ("/var/log/sssd/sssd.log", "sssd"),
        ("/var/log/gdm3/greeter.log", "gdm"),
        ("/var/log/dpkg.log", "other"),
    ],
)
def test_kinds_by_name(path: str, kind: str):
    assert answer(record(path) + END).rows[0]["kind"] == kind


def test_a_search_without_both_ends_is_incomplete():
    assert answer(record("/var/log/a") + END).complete
    for raw in (record("/var/log/a"), record("/var/log/a") + b"status 0\0", b""):
        gap = answer(raw).gap
        assert gap is not None
        assert gap.kind is Outcome.ERROR
    assert answer(record("/var/log/a") + END, truncated=True).rows


def test_what_could_not_be_searched_is_said():
    denied = b"find: '/var/log/audit': Permission denied\0"
    gap = answer(denied + b"status 1\0status 0\0", AS_ADA).gap
    assert gap is not None
    assert gap.needs == "root"
    assert answer(b"find: '/x': Input/output error\0status 1\0status 0\0").gap is not None
    assert "near the root" in str(answer(END + b"aside /var/log/all\0").gap)


def test_without_the_accounts_it_is_not_known_who_can_log_in():
    row = answer(record("/var/log/a") + END).rows[0]
    assert isinstance(row["owner_login"], Gap)
    assert isinstance(row["group_logins"], Gap)


def test_the_probe_follows_links_once(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/var/log/plain.log", "x", 0o640)
    tree.write("/var/log/odd\nname", "x", 0o604)
    tree.write("/home/app/logs/app.log", "x", 0o666)
    tree.write("/home/doc/README.logs", "x", 0o644)
    tree.link("/var/log/app", "/home/app/logs")
    tree.link("/var/log/README", "/home/doc/README.logs")
    tree.link("/var/log/round", "/var/log")
    tree.link("/var/log/gone", "/nowhere/x")
    (probe, *_) = logs.probes([Query("linux.log_file")])
    found = answer(tree.run(probe).stdout)
    assert found.gap is None
    assert [(row["path"], row["mode"]) for row in found.rows] == [
        ("/home/app/logs/app.log", "0666"),
        ("/var/log/README", "0644"),
        ("/var/log/odd\\x0aname", "0604"),
        ("/var/log/plain.log", "0640"),
    ]


def test_a_closed_directory_is_unknown_to_ordinary_users(tmp_path):
    if not ROOT:
        pytest.skip("taking a directory away from an ordinary user needs root")
    tree = Tree(tmp_path)
    tmp_path.chmod(0o755)
    tree.write("/var/log/audit/audit.log")
    os.chmod(tmp_path / "var/log/audit", 0o700)
    (probe, *_) = logs.probes([Query("linux.log_file")])
    found = answer(tree.run(probe, ordinary=True).stdout, AS_ADA)
    assert found.gap is not None
    assert (found.gap.kind, found.gap.needs) == (Outcome.UNKNOWN, "root")


def test_an_owner_without_a_name_has_none():
    row = answer(b"file 640 4242 4243\t4242\t4243\t/var/log/a\0" + END).rows[0]
    assert (row["owner"], row["group"], row["uid"]) == (ABSENT, ABSENT, 4242)
