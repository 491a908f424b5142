from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.collection.linux import walk
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.linux.stream import read
from scanner.facts.linux.files import WALK_CLASSES
from scanner.model.evidence import Evidence, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, open_tmp, run_script
from tests.collection.parity import check

__all__ = ["open_tmp"]

QUERIES = [Query.of("linux.file_walk", {"class": name}) for name in WALK_CLASSES]
PLAN = b"plan start /\0plan skip proc /proc\0"
END = b"status 0\0"


def walked(place: Path, *, ordinary: bool = False) -> dict[str, Evidence]:
    """Walk one directory instead of the machine: the list of mounts is given by hand."""
    (probe,) = walk.probes(QUERIES)
    head = probe.script.index("list=$(awk")
    tail = probe.script.index("IFS='")
    script = assemble([replace(probe, script=f"list='start {place}'\n" + probe.script[head:][tail - head :])])
    done = run_script(script.text, script.words, ordinary=ordinary)
    reading = read(done.stdout, script, stderr=done.stderr)
    found = walk.answer(QUERIES, reading.outputs, reading.session)
    for evidence in found:
        check(evidence)
    return {str(evidence.query.parameters["class"]): evidence for evidence in found}


def names(evidence: Evidence, place: Path) -> list[str]:
    return [str(row["path"]).removeprefix(f"{place}/") for row in evidence.rows]


def make(path: Path, mode: int, *, directory: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if directory:
        path.mkdir()
    else:
        path.write_text("x")
    path.chmod(mode)


def test_each_class_finds_its_own(open_tmp):
    make(open_tmp / "loose", 0o666)
    make(open_tmp / "odd\n\x1b[31m\\x41", 0o602)
    make(open_tmp / "drop", 0o777, directory=True)
    make(open_tmp / "sticky", 0o1777, directory=True)
    make(open_tmp / "raised", 0o4755)
    make(open_tmp / "both", 0o6755)
    make(open_tmp / "fine", 0o644)
    (open_tmp / "link").symlink_to("loose")
    found = walked(open_tmp)
    assert names(found["world_writable_file"], open_tmp) == ["loose", "odd\\x0a\\x1b[31m\\x5cx41"]
    assert names(found["world_writable_directory"], open_tmp) == ["drop"]
    assert names(found["setuid"], open_tmp) == ["both", "raised"]
    assert names(found["setgid"], open_tmp) == ["both"]
    assert found["unowned"].rows == ()
    assert all(evidence.gap is None for evidence in found.values())
    assert found["setuid"].rows[0]["mode"] == "6755"
    assert found["setuid"].rows[0]["uid"] == os.geteuid()


def test_files_without_owner_or_group(open_tmp):
    if not ROOT:
        pytest.skip("chown needs root")
    for name, uid, gid in (
        ("user", 54321, 0),
        ("group", 0, 54321),
        ("neither", 54321, 54321),
        ("nobody", 65534, 65534),
    ):
        make(open_tmp / name, 0o644)
        os.chown(open_tmp / name, uid, gid)
    found = walked(open_tmp)
    assert names(found["unowned"], open_tmp) == ["group", "neither", "user"]


def test_container_storage_is_left_out_and_said(open_tmp):
    make(open_tmp / "ada/.local/share/containers/storage/loose", 0o666)
    found = walked(open_tmp)["world_writable_file"]
    assert found.rows == ()
    assert f"container storage left out: {open_tmp}/ada/.local/share/containers/storage" in found.provenance.asked


def test_a_directory_that_may_not_be_searched_makes_every_class_unknown(open_tmp):
    make(open_tmp / "closed/inner", 0o666)
    make(open_tmp / "loose", 0o666)
    (open_tmp / "closed").chmod(0o700 if ROOT else 0)
    found = walked(open_tmp, ordinary=True)
    (open_tmp / "closed").chmod(0o700)
    assert names(found["world_writable_file"], open_tmp) == ["loose"]
    for evidence in found.values():
        assert evidence.gap is not None
        assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def answer(raw: bytes, session=AS_ROOT, **more) -> Evidence:
    found = walk.answer(QUERIES[:1], {"linux.file_walk": Output(stdout=raw, **more)}, session)
    check(found[0])
    return found[0]


FOUND = b"found world_writable_file 666 0 0 ext4 /a b\0"


def test_rows_survive_whatever_cut_the_walk():
    for more in (
        {"timed_out": True, "status": 124},
        {"truncated": True, "status": 141},
        {"missing": "cut", "status": None},
    ):
        evidence = answer(PLAN + FOUND + FOUND[:20], **more)
        assert [row["path"] for row in evidence.rows] == ["/a b"]
        assert evidence.gap is not None
        assert evidence.gap.kind is Outcome.ERROR


def test_a_walk_without_an_end_is_incomplete():
    assert answer(PLAN + FOUND).gap is not None
    assert answer(PLAN + FOUND + b"status 137\0").gap is not None
    assert answer(PLAN + FOUND + END).gap is None
    assert answer(b"", status=97).gap is not None
    assert answer(PLAN + b"find: unknown predicate `-printf'\0status 1\0").gap is not None


def test_errors_of_find_are_told_apart():
    fuse = b"plan skip fuse.portal /run/user/0/doc\0find: '/run/user/0/doc': Permission denied\0status 1\0"
    assert answer(PLAN + fuse).gap is None
    broken = answer(PLAN + b"find: '/x': Input/output error\0status 1\0").gap
    assert str(broken) == "the walk was not complete: find: '/x': Input/output error"
    denied = answer(PLAN + b"find: '/x': Permission denied\0status 1\0", AS_ADA).gap
    assert denied is not None
    assert denied.needs == "root"
    root = answer(PLAN + b"find: '/x': Permission denied\0status 1\0").gap
    assert root is not None
    assert root.kind is Outcome.ERROR


def test_a_nested_subvolume_is_not_forgotten():
    own = answer(PLAN + b"inode btrfs /\0inode ext4 /x\0" + END)
    assert own.gap is None
    nested = answer(PLAN + b"inode unknown /srv/sub\0" + END)
    assert "btrfs subvolume /srv/sub" in str(nested.gap)


def test_a_mount_point_with_a_newline_is_not_forgotten():
    assert answer(PLAN + b"plan skip odd /a\\012b\0" + END).gap is not None


def test_what_was_not_local_is_said():
    asked = answer(PLAN + b"plan skip nfs4 /srv/nfs\0plan skip bind /b\0" + END).provenance.asked
    assert asked == "find / -xdev; not local: /srv/nfs (nfs4)"


def test_only_what_is_asked_is_looked_for():
    (probe,) = walk.probes(QUERIES[3:4])
    assert "-perm -4000" in probe.script
    assert "-nouser" not in probe.script
    assert probe.cost == 9
    assert walk.probes([Query.of("linux.file_walk", {"class": "nonsense"})]) == []
    (evidence,) = walk.answer([Query.of("linux.file_walk", {"class": "nonsense"})], {}, AS_ROOT)
    assert "not a class" in str(evidence.gap)
