from __future__ import annotations

import pytest

from scanner.collection.linux import system
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree
from tests.collection.parity import check

QUERY = Query.of("linux.system")


def read(*lines: str, session=AS_ROOT):
    output = Output(stdout="".join(f"{line}\n" for line in lines).encode())
    (evidence,) = system.answer([QUERY], {"linux.system": output}, session)
    check(evidence)
    return evidence.rows[0]


def test_os_release_is_read_as_shell_does():
    row = read(
        "uname h 6.1 x",
        "systemd yes",
        "virt none",
        "=/etc/os-release",
        ' ID="debian"',
        " VERSION_ID='12'",
        " # X=1",
        " bad",
    )
    assert (row["distribution"], row["version"], row["codename"]) == ("debian", "12", ABSENT)
    assert row["container"] is ABSENT
    assert row["systemd"] is True


def test_rolling_releases_have_no_version():
    row = read(
        "uname h 6.1 x", "systemd no", "virt lxc", "=/etc/os-release", " ID=arch", " VERSION_ID=", ' ID_LIKE="a b"'
    )
    assert row["version"] is ABSENT
    assert row["like"] == ["a", "b"]
    assert row["container"] == "lxc"


@pytest.mark.parametrize(
    ("said", "container"),
    [
        (("virt none", "root own", "pids pid:[4026531836]"), ABSENT),
        (("virt none", "root own", "pids "), ABSENT),
        (("virt none", "root own", "pids pid:[4026532201]"), "container-other"),
        (("virt none", "root chroot", "pids pid:[4026531836]"), "chroot"),
        (("virt none", "root unmounted", "pids "), "chroot"),
        (("virt denied", "root own", "pids pid:[4026532201]"), "container-other"),
        (("virt denied", "root chroot", "pids "), "chroot"),
        (("virt docker", "root unmounted", "pids pid:[4026532201]"), "docker"),
    ],
    ids=str,
)
def test_what_hides_its_kind_is_told_by_its_namespaces_and_root(said, container):
    assert read("uname h 6.1 x", *said, "-/usr/lib/os-release")["container"] == container


def test_a_node_name_may_hold_anything():
    assert read("uname a b 6.1 x", "-/usr/lib/os-release")["hostname"] == "a b"


def test_parts_that_did_not_come_are_gaps():
    row = read("virt denied", "!/etc/os-release", session=AS_ADA)
    for name in ("kernel", "systemd", "container", "distribution"):
        assert isinstance(row[name], Gap)
    assert row["distribution"].needs == "root"
    assert row["container"].needs == "root"


def test_no_os_release_at_all_is_absent():
    assert read("uname h 6.1 x", "-/usr/lib/os-release")["distribution"] is ABSENT


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"/etc/os-release": "ID=one\n", "/usr/lib/os-release": "ID=two\n"}, "one"),
        ({"/usr/lib/os-release": "ID=two"}, "two"),
    ],
)
def test_the_file_below_etc_comes_first(tmp_path, files, found):
    tree = Tree(tmp_path)
    for path, text in files.items():
        tree.write(path, text)
    output = tree.run(system.probes([QUERY])[0])
    (evidence,) = system.answer([QUERY], {"linux.system": output}, AS_ROOT)
    check(evidence)
    assert evidence.rows[0]["distribution"] == found


def test_a_probe_that_failed_is_a_gap_of_the_whole():
    (evidence,) = system.answer([QUERY], {}, AS_ROOT)
    assert evidence.gap is not None
    assert evidence.rows == ()
