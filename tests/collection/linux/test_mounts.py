from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import filesystems, mountinfo, mounts, mountunits
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query, unknown
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, needs
from tests.collection.parity import check

ROOT_LINE = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro"


def info(*lines: str) -> list[mountinfo.Mount]:
    return mountinfo.read(lines)


def test_the_topmost_mount_of_a_path_counts():
    found = info(ROOT_LINE, "21 20 0:5 / /tmp rw - tmpfs one rw", "22 21 0:6 / /tmp rw,noexec - tmpfs two rw,size=1k")
    top = mountinfo.topmost(found, b"/tmp")
    assert top is not None
    assert (top.source, top.options) == (b"two", ("rw", "noexec", "size=1k"))


def test_a_mount_under_a_later_one_is_hidden():
    found = info(ROOT_LINE, "21 20 0:5 / /a/b rw - tmpfs one rw", "22 20 0:6 / /a rw - tmpfs two rw")
    assert mountinfo.topmost(found, b"/a/b") is None
    assert mountinfo.topmost(found, b"/a") is not None


def test_read_only_file_systems_are_read_only_however_mounted():
    (mount,) = info("20 1 8:1 / / rw - ext4 /dev/sda1 ro")
    assert mount.options == ("ro",)


def test_escapes_and_optional_fields():
    (mount,) = info(r"20 1 8:1 / /a\040b\134c rw shared:1 master:2 - ext4 /dev/x\011y rw")
    assert (mount.point, mount.source) == (b"/a b\\c", b"/dev/x\ty")


def test_a_chroot_without_its_root_mount():
    found = info("21 20 0:5 / /proc rw - proc proc rw")
    assert mountinfo.topmost(found, b"/proc") is not None
    assert mountinfo.topmost(found, b"/tmp") is None


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_lines_can_be_read(lines):
    assert mountinfo.topmost(mountinfo.read(lines), b"/tmp") is None


@pytest.mark.parametrize("path", ["/", "/dev/shm", "/a b-c", "/.x/é", "//var//tmp/", "/a.b_c:d@e"])
def test_unit_names_are_those_of_systemd(path):
    needs("systemd-escape")
    told = subprocess.run(["systemd-escape", "-p", "--suffix=mount", path], capture_output=True, text=True, check=True)
    assert mountunits.unit_name(path) == told.stdout.strip()


@pytest.fixture
def tree(tmp_path):
    made = Tree(tmp_path)
    made.write("/proc/self/mountinfo", ROOT_LINE + "\n21 20 0:5 / /data rw,nodev - tmpfs tmpfs rw\n")
    made.write("/etc/fstab", "# nothing\n")
    (made.base / "run/systemd/system").mkdir(parents=True)
    return made


def ask(tree: Tree, path: str, session=AS_ROOT):
    query = Query.of("linux.mount", {"path": path})
    output = tree.run(mounts.probes([query])[0])
    (evidence,) = mounts.answer([query], {"linux.mount": output}, session)
    check(evidence)
    return evidence.rows[0]


def persistence(tree: Tree, path: str = "/data"):
    row = ask(tree, path)
    return row["persistent"], row["persistent_options"], row["persistent_source"]


UNIT = "[Unit]\nOptions=no\n[Mount]\nWhat=tmpfs\nOptions = nodev,size=50%%\n"


def test_nothing_mounts_it(tree):
    assert persistence(tree) == (False, ABSENT, ABSENT)


def test_fstab_mounts_it(tree):
    tree.write("/etc/fstab", "# x\ntmpfs /data tmpfs nosuid,nodev 0 0\ntmpfs /data tmpfs ro\n")
    assert persistence(tree) == (True, ["nosuid", "nodev"], "/etc/fstab:2")


@pytest.mark.parametrize("options", ["noauto", "noauto,nodev"])
def test_noauto_mounts_nothing(tree, options):
    tree.write("/etc/fstab", f"tmpfs /data tmpfs {options} 0 0\n")
    assert persistence(tree)[0] is False


def test_an_automount_comes_when_it_is_needed(tree):
    tree.write("/etc/fstab", "tmpfs /data tmpfs noauto,x-systemd.automount\n")
    assert persistence(tree)[0] is True


def test_a_fstab_line_without_options_has_the_defaults(tree):
    tree.write("/etc/fstab", "tmpfs /data/ tmpfs\n")
    assert persistence(tree) == (True, ["defaults"], "/etc/fstab:1")


def test_a_unit_counts_when_something_wants_it(tree):
    tree.write("/usr/lib/systemd/system/data.mount", UNIT)
    assert persistence(tree)[0] is False
    tree.link("/usr/lib/systemd/system/local-fs.target.wants/data.mount", "../data.mount")
    assert persistence(tree) == (True, ["nodev", "size=50%"], "/usr/lib/systemd/system/data.mount")


def test_an_enabled_automount_counts_too(tree):
    tree.write("/etc/systemd/system/data.mount", UNIT)
    tree.link("/etc/systemd/system/local-fs.target.wants/data.automount", "../data.automount")
    assert persistence(tree)[0] is True


FROM_FSTAB = "[Unit]\nSourcePath=/etc/fstab\n[Mount]\nWhat=tmpfs\nOptions=nodev\n"


def test_what_systemd_made_of_fstab_goes_with_its_line(tree):
    """The unit stays below /run until the next boot or `systemctl daemon-reload`."""
    tree.write("/run/systemd/generator/data.mount", FROM_FSTAB)
    tree.link("/run/systemd/generator/local-fs.target.requires/data.mount", "../data.mount")
    assert persistence(tree) == (False, ABSENT, ABSENT)
    tree.write("/etc/fstab", "tmpfs /data tmpfs nosuid\n")
    assert persistence(tree) == (True, ["nosuid"], "/etc/fstab:1")


def test_what_systemd_made_of_fstab_enables_no_other_unit(tree):
    tree.write("/run/systemd/generator/data.mount", FROM_FSTAB)
    tree.link("/run/systemd/generator/local-fs.target.requires/data.mount", "../data.mount")
    tree.write("/usr/lib/systemd/system/data.mount", UNIT)
    assert persistence(tree)[0] is False
    tree.link("/etc/systemd/system/local-fs.target.wants/data.mount", "../data.mount")
    assert persistence(tree) == (True, ["nodev", "size=50%"], "/usr/lib/systemd/system/data.mount")


def test_units_of_other_generators_count(tree):
    tree.write("/run/systemd/generator/data.mount", UNIT)
    tree.link("/run/systemd/generator/local-fs.target.requires/data.mount", "../data.mount")
    assert persistence(tree)[0] is True


def test_drop_ins_change_units_and_fstab(tree):
    tree.write("/usr/lib/systemd/system/data.mount", UNIT)
    tree.link("/etc/systemd/system/x.target.requires/data.mount", "../data.mount")
    tree.write("/usr/lib/systemd/system/data.mount.d/a.conf", "[Mount]\nOptions=exec\n")
    tree.write("/etc/systemd/system/data.mount.d/a.conf", "[Mount]\nOptions=noexec\n")
    assert persistence(tree)[1] == ["noexec"]
    tree.write("/etc/fstab", "tmpfs /data tmpfs nodev\n")
    assert persistence(tree) == (True, ["noexec"], "/etc/fstab:1")


def test_a_unit_below_etc_beats_fstab(tree):
    tree.write("/etc/fstab", "tmpfs /data tmpfs nodev\n")
    tree.write("/etc/systemd/system/data.mount", UNIT)
    assert persistence(tree)[2] == "/etc/systemd/system/data.mount"


@pytest.mark.parametrize("how", ["link", "empty"])
def test_a_masked_unit_mounts_nothing(tree, how):
    tree.write("/etc/fstab", "tmpfs /data tmpfs nodev\n")
    if how == "link":
        tree.link("/etc/systemd/system/data.mount", "/dev/null")
    else:
        tree.write("/etc/systemd/system/data.mount", "")
    assert persistence(tree)[0] is False


GENERATED = "[Unit]\nSourcePath=/etc/fstab\n[Mount]\nWhat=tmpfs\nOptions=nodev\n"


@pytest.mark.parametrize("line", ["", "tmpfs /data tmpfs noauto,nodev\n"])
def test_what_was_made_of_fstab_goes_with_its_line(tree, line):
    """Until the next reload systemd still has the unit of a line that is gone."""
    tree.write("/etc/fstab", line)
    tree.write("/run/systemd/generator/data.mount", GENERATED)
    tree.link("/run/systemd/generator/local-fs.target.requires/data.mount", "../data.mount")
    assert persistence(tree)[0] is False
    tree.write("/usr/lib/systemd/system/data.mount", UNIT)
    assert persistence(tree)[0] is False
    tree.link("/etc/systemd/system/local-fs.target.wants/data.mount", "/usr/lib/systemd/system/data.mount")
    assert persistence(tree)[2] == "/usr/lib/systemd/system/data.mount"


def test_units_of_other_generators_come_again(tree):
    tree.write("/run/systemd/generator.late/data.mount", UNIT)
    tree.link("/run/systemd/generator.late/local-fs.target.wants/data.mount", "../data.mount")
    assert persistence(tree) == (True, ["nodev", "size=50%"], "/run/systemd/generator.late/data.mount")


def test_systemd_mounts_some_by_itself(tree):
    assert persistence(tree, "/dev/shm") == (True, ["nosuid", "nodev", "mode=01777"], "systemd")
    tree.write("/etc/fstab", "tmpfs /dev/shm tmpfs defaults,noexec\n")
    assert persistence(tree, "/dev/shm") == (True, ["defaults", "noexec"], "/etc/fstab:1")
    assert persistence(tree, "/") == (True, [], "kernel")


def test_without_systemd_only_fstab_is_sure(tree):
    shutil.rmtree(tree.base / "run/systemd")
    assert isinstance(persistence(tree)[0], Gap)
    assert persistence(tree, "/home") == (False, ABSENT, ABSENT)
    tree.write("/etc/fstab", "tmpfs /data tmpfs nodev\n")
    assert persistence(tree)[0] is True


def test_zfs_keeps_its_own_list(tree):
    tree.write("/proc/self/mountinfo", ROOT_LINE + "\n21 20 0:5 / /data rw - zfs pool/data rw\n")
    assert isinstance(persistence(tree)[0], Gap)


def test_what_may_not_be_read_is_unknown():
    query = Query.of("linux.mount", {"path": "/data"})
    for closed in ("/etc/fstab", "/etc/systemd/system/data.mount.d/a.conf"):
        text = f"mount {ROOT_LINE}\nsystemd yes\n=/etc/fstab\n!{closed}\nend\n"
        (evidence,) = mounts.answer([query], {"linux.mount": Output(stdout=text.encode())}, AS_ADA)
        check(evidence)
        persistent = evidence.rows[0]["persistent"]
        assert isinstance(persistent, Gap)
        assert persistent.needs == "root"
        assert evidence.rows[0]["present"] is False


def test_mounts_of_a_chroot_are_unknown():
    """It has no mount of its own root; that nothing is mounted below says nothing of the system when it runs."""
    output = Output(stdout=b"mount 22 27 0:21 / /proc rw - proc proc rw\nsystemd no\n-/etc/fstab\nend\n")
    (evidence,) = mounts.answer([Query.of("linux.mount", {"path": "/tmp"})], {"linux.mount": output}, AS_ROOT)
    assert evidence.gap == unknown("this is a chroot: what is mounted there says nothing of the system when it runs")


def test_no_mountinfo_is_an_error():
    query = Query.of("linux.mount", {"path": "/data"})
    for text in (b"end\n", b""):
        (evidence,) = mounts.answer([query], {"linux.mount": Output(stdout=text)}, AS_ROOT)
        assert evidence.gap is not None


def select(*lines: str) -> list[str]:
    needs("awk")
    argv = ["awk", "-v", f"pseudo= {filesystems.PSEUDO} ", "-v", f"network= {filesystems.NETWORK} "]
    argv += ["-v", "storage=" + " ".join(filesystems.CONTAINER_STORAGE), filesystems.SELECT]
    text = "".join(f"{line}\n" for line in lines)
    return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout.splitlines()


def test_local_file_systems_are_walked_and_others_named():
    told = select(
        "20 1 0:9 / / rw - overlay overlay rw",
        "21 20 0:5 / /tmp rw - tmpfs tmpfs rw",
        "22 20 0:6 / /proc rw - proc proc rw",
        "23 20 0:7 / /srv/nfs rw - nfs4 host:/x rw",
        "24 20 0:8 / /mnt/f rw - fuse.sshfs host: rw",
        "25 20 8:2 / /mnt/usb rw - fuseblk /dev/sdb1 rw",
        "26 20 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro",
        "27 20 0:10 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw",
        r"28 20 8:3 / /a\040b rw - xfs /dev/sdc rw",
        r"29 20 8:4 / /a\012b rw - xfs /dev/sdd rw",
    )
    assert told == [
        "skip proc /proc",
        "skip nfs4 /srv/nfs",
        "skip fuse.sshfs /mnt/f",
        "skip squashfs /snap/core/1",
        "skip container-storage /var/lib/docker/overlay2/x/merged",
        r"skip odd /a\012b",
        "start /",
        "start /tmp",
        "start /mnt/usb",
        "start /a b",
    ]


def test_a_diskless_host_walks_its_root():
    assert select("20 1 0:9 / / rw - nfs4 h:/ rw") == ["start /"]


def test_the_root_of_a_chroot_is_walked_though_nothing_is_mounted_there():
    assert select("22 27 0:21 / /proc rw - proc proc rw", "30 27 0:40 / /tmp rw - tmpfs tmpfs rw") == [
        "skip proc /proc",
        "start /tmp",
        "start /",
    ]


def test_bind_mounts_are_walked_once():
    told = select(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:1 /srv/x /mnt/x rw - ext4 /dev/sda1 rw",
        "22 20 8:2 /a /mnt/a rw - ext4 /dev/sdb1 rw",
        "23 20 8:2 /a /mnt/a2 rw - ext4 /dev/sdb1 rw",
        "24 20 8:2 /b /mnt/b rw - ext4 /dev/sdb1 rw",
    )
    assert [line for line in told if line.startswith("start")] == ["start /", "start /mnt/a", "start /mnt/b"]
    assert told.count("skip bind /mnt/x") == 1


def test_covered_mounts_are_not_walked():
    told = select(
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "21 20 8:2 / /data/sub rw - ext4 /dev/sdb1 rw",
        "22 20 0:5 / /data rw - nfs h:/x rw",
        "23 20 0:6 / /dev/shm rw - tmpfs one rw",
        "24 23 0:7 / /dev/shm rw - tmpfs two rw",
        "25 23 0:8 / /dev/shm/below rw - tmpfs three rw",
    )
    assert told == ["skip nfs /data", "start /", "start /dev/shm"]


def test_of_opposite_options_the_later_counts():
    assert mountunits.effective(("rw", "noexec", "exec", "nodev")) == ("rw", "exec", "nodev")
    assert mountunits.effective(("suid", "nosuid")) == ("nosuid",)
    assert mountunits.effective(("users", "exec")) == ("users", "nosuid", "nodev", "exec")
    assert mountunits.effective(()) == ()
