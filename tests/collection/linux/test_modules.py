from __future__ import annotations

import pytest

from scanner.collection.linux import modules
from scanner.collection.linux.probe import Output
from scanner.model.evidence import Gap, Query
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree
from tests.collection.parity import check

DEP = "kernel/fs/cramfs/cramfs.ko.zst: kernel/lib/z.ko\nkernel/drivers/usb/storage/usb-storage.ko: kernel/a/cramfs.ko\nnine.ko.xz:\n"


@pytest.fixture
def tree(tmp_path):
    made = Tree(tmp_path)
    made.write("/proc/modules", "usb_storage 1 0 - Live 0x0\ncramfs_extra 1 0 - Live 0x0\n")
    made.write("/proc/sys/kernel/osrelease", "x\n")
    made.write("/proc/cmdline", "quiet modprobe.blacklist=nine,other\n")
    return made


def ask(tree: Tree, *names: str, without_modprobe: bool = True, running: str = "6.1.0-1", session=AS_ROOT):
    queries = [Query.of("linux.kernel_module", {"name": name}) for name in names]
    (probe,) = modules.probes(queries)
    script = probe.script.replace("$(uname -r)", running)
    if without_modprobe:
        script = script.replace("command -v modprobe", "command -v modprobe-is-not-here")
    output = tree.run(type(probe)(probe.name, script))
    found = modules.answer(queries, {"linux.kernel_module": output}, session)
    for evidence in found:
        check(evidence)
    return [evidence.rows[0] for evidence in found]


def kernel(
    tree: Tree, release: str = "6.1.0-1", dep: str = DEP, builtin: str | None = "kernel/fs/ext4/ext4.ko\n"
) -> None:
    tree.write(f"/lib/modules/{release}/modules.dep", dep)
    if builtin is not None:
        tree.write(f"/lib/modules/{release}/modules.builtin", builtin)


def test_shipped_builtin_loaded_and_absent_are_told_apart(tree):
    kernel(tree)
    cramfs, usb, ext4, dccp = ask(tree, "cramfs", "usb-storage", "ext4", "dccp")
    assert (cramfs["present"], cramfs["loaded"], cramfs["loadable"], cramfs["kernels"]) == (
        True,
        False,
        True,
        ["6.1.0-1"],
    )
    assert (usb["name"], usb["present"], usb["loaded"]) == ("usb-storage", True, True)
    assert (ext4["builtin"], ext4["loadable"]) == (True, False)
    assert (dccp["present"], dccp["loadable"], dccp["kernels"]) == (False, False, [])


def test_every_installed_kernel_counts(tree):
    kernel(tree, dep="")
    kernel(tree, "6.1.0-9")
    (row,) = ask(tree, "cramfs")
    assert (row["present"], row["kernels"]) == (True, ["6.1.0-9"])


@pytest.mark.parametrize(
    ("line", "disabled"),
    [
        ("install cramfs /bin/true", True),
        ("  install cramfs /usr/bin/false  # never", True),
        ("install cramfs false", True),
        ("install cram* /bin/false", True),
        ("install cramfs \\\n /bin/false", True),
        ("install cramfs /bin/true; modprobe cramfs", False),
        ("install cramfs /home/eve/bin/true", False),
        ("install cramfs /bin/truelove", False),
        ("install cramfs_x /bin/true", False),
        ("# install cramfs /bin/true", False),
        ("options cramfs x=1", False),
    ],
)
def test_install_lines(tree, line, disabled):
    kernel(tree)
    tree.write("/etc/modprobe.d/x.conf", line + "\n")
    (row,) = ask(tree, "cramfs")
    assert (row["install_disabled"], row["loadable"]) == (disabled, not disabled)


def test_the_first_install_line_counts_and_files_mask_each_other(tree):
    kernel(tree)
    tree.write("/etc/modprobe.d/10.conf", "install cramfs /bin/true\n")
    tree.write("/etc/modprobe.d/20.conf", "install cramfs /sbin/insmod x\nblacklist usb-storage\n")
    tree.write("/usr/lib/modprobe.d/30.conf", "install nine /bin/true\n")
    tree.link("/etc/modprobe.d/30.conf", "/dev/null")
    cramfs, usb, nine = ask(tree, "cramfs", "usb_storage", "nine")
    assert cramfs["install_disabled"] is True
    assert (usb["blacklisted"], usb["install_disabled"]) == (True, False)
    assert (nine["install_disabled"], nine["blacklisted"]) == (False, True)


def test_a_kernel_without_its_lists_proves_nothing(tree):
    kernel(tree)
    tree.write("/lib/modules/6.1.0-2/kernel/x.ko")
    cramfs, dccp = ask(tree, "cramfs", "dccp")
    assert cramfs["present"] is True
    for name in ("present", "builtin", "loadable", "kernels"):
        assert isinstance(dccp[name], Gap), name
    assert "6.1.0-2/modules.dep" in dccp["present"].reason


def test_a_kernel_without_the_list_of_built_in_modules(tree):
    kernel(tree, builtin=None)
    (dccp,) = ask(tree, "dccp")
    assert isinstance(dccp["builtin"], Gap)
    assert dccp["loadable"] is False


def test_a_running_kernel_that_is_not_installed_proves_nothing(tree):
    kernel(tree, "5.10.0-1")
    (dccp,) = ask(tree, "dccp")
    assert isinstance(dccp["present"], Gap)
    assert "6.1.0-1" in dccp["present"].reason


def test_a_kernel_without_loadable_modules(tree):
    (tree.base / "proc/modules").unlink()
    (row,) = ask(tree, "cramfs")
    assert (row["loaded"], row["loadable"]) == (False, False)
    assert isinstance(row["present"], Gap)


def test_a_container_without_the_modules_of_its_host(tree):
    (row,) = ask(tree, "cramfs")
    assert row["loaded"] is False
    assert isinstance(row["present"], Gap)
    assert isinstance(row["loadable"], Gap)


def test_no_proc_leaves_it_open_what_is_loaded(tree):
    (tree.base / "proc/modules").unlink()
    (tree.base / "proc/sys/kernel/osrelease").unlink()
    (tree.base / "proc/sys/kernel").rmdir()
    kernel(tree)
    (row,) = ask(tree, "cramfs")
    assert isinstance(row["loaded"], Gap)


def test_configuration_that_may_not_be_read_decides_nothing():
    text = b"running 6.1\nloadable yes\nkernel 6.1\nhas 6.1 cramfs\n!/etc/modprobe.d/x.conf\nconfig blacklist cramfs\nend\n"
    query = Query.of("linux.kernel_module", {"name": "cramfs"})
    (evidence,) = modules.answer([query], {"linux.kernel_module": Output(stdout=text)}, AS_ADA)
    check(evidence)
    row = evidence.rows[0]
    assert row["blacklisted"] is True
    for name in ("install_disabled", "loadable"):
        assert isinstance(row[name], Gap)
        assert row[name].needs == "root"


@pytest.mark.parametrize("tail", [b"modprobe failed\nend\n", b""])
def test_a_modprobe_that_failed_decides_nothing(tail):
    query = Query.of("linux.kernel_module", {"name": "cramfs"})
    output = Output(stdout=b"running 6.1\nloadable yes\nkernel 6.1\n" + tail)
    (evidence,) = modules.answer([query], {"linux.kernel_module": output}, AS_ROOT)
    assert isinstance(evidence.rows[0]["install_disabled"], Gap)


def test_names_that_are_none_are_not_asked():
    query = Query.of("linux.kernel_module", {"name": "a|b"})
    assert modules.probes([query]) == []
    assert modules.answer([query], {}, AS_ROOT)[0].gap is not None
