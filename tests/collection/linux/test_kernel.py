from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import interfaces, kernel, sysctl
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

SETTINGS = Query.of("linux.sysctl_setting")


def test_names_with_slashes_and_dots_change_places():
    assert kernel.dotted("net.ipv4.ip_forward") == "net.ipv4.ip_forward"
    assert kernel.dotted("net/ipv4/conf/eth0.100/rp_filter") == "net.ipv4.conf.eth0/100.rp_filter"
    assert kernel.dotted("net.ipv4.conf.eth0/100.rp_filter") == "net.ipv4.conf.eth0/100.rp_filter"


@given(st.text(alphabet="ab./", max_size=12))
def test_the_dotted_form_is_stable(name):
    if not name.startswith("/"):
        assert kernel.dotted(kernel.dotted(name)) == kernel.dotted(name) or "." not in kernel.dotted(name)


def ask(tree: Tree, *names: str, ordinary: bool = False):
    queries = [Query.of("linux.sysctl", {"name": name}) for name in names]
    output = tree.run(kernel.probes(queries)[0], ordinary=ordinary)
    found = kernel.answer(queries, {"linux.sysctl": output}, AS_ADA if ordinary else AS_ROOT)
    for evidence in found:
        check(evidence)
    return [evidence.rows[0] for evidence in found]


def test_values_are_folded_and_interfaces_keep_their_dots(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/proc/sys/kernel/printk", "4\t4\t1\t7\n")
    tree.write("/proc/sys/kernel/many", "one\n  two\n")
    tree.write("/proc/sys/kernel/blank", "\n")
    tree.write("/proc/sys/net/ipv4/conf/eth0.100/rp_filter", "1\n")
    values = ask(
        tree,
        "kernel.printk",
        "kernel.many",
        "kernel.blank",
        "net.ipv4.conf.eth0/100.rp_filter",
        "kernel.none",
        "net.ipv4",
    )
    assert [row["value"] for row in values] == ["4 4 1 7", "one two", "", "1", ABSENT, ABSENT]
    assert [row["present"] for row in values] == [True, True, True, True, False, False]


def test_what_may_not_be_read_is_unknown(open_tmp):
    tree = Tree(open_tmp)
    tree.write("/proc/sys/kernel/cad_pid", "1\n", mode=0o600)
    (row,) = ask(tree, "kernel.cad_pid", ordinary=True)
    if not ROOT:
        assert row["value"] == "1"
        return
    assert row["present"] is True
    assert isinstance(row["value"], Gap)
    assert row["value"].needs == "root"


def test_no_proc_is_an_error_not_an_absence(tmp_path):
    query = Query.of("linux.sysctl", {"name": "kernel.x"})
    output = Tree(tmp_path).run(kernel.probes([query])[0])
    (evidence,) = kernel.answer([query], {"linux.sysctl": output}, AS_ROOT)
    assert str(evidence.gap) == "/proc/sys is not there"


def replay(tree: Tree, session=AS_ROOT):
    output = tree.run(sysctl.probes([SETTINGS])[0])
    (evidence,) = sysctl.answer([SETTINGS], {"linux.sysctl_setting": output}, session)
    check(evidence)
    return evidence


def lines(tree: Tree) -> list[tuple[object, ...]]:
    return [(row["name"], row["value"], f"{row['path']}:{row['line']}") for row in replay(tree).rows]


def test_files_are_applied_in_the_order_of_their_base_names(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/usr/lib/sysctl.d/90-b.conf", "a.b = 3\n")
    tree.write("/etc/sysctl.d/10-a.conf", "# no\n; no\n\n  a.b=1\n-a.c = 2 \nnonsense\n")
    tree.write("/run/sysctl.d/50-c.conf", "net/ipv4/conf/eth0.1/x = 1")
    tree.write("/etc/sysctl.d/README", "a.b = 9\n")
    assert lines(tree) == [
        ("a.b", "1", "/etc/sysctl.d/10-a.conf:4"),
        ("a.c", "2", "/etc/sysctl.d/10-a.conf:5"),
        ("net.ipv4.conf.eth0/1.x", "1", "/run/sysctl.d/50-c.conf:1"),
        ("a.b", "3", "/usr/lib/sysctl.d/90-b.conf:1"),
    ]
    rows = replay(tree).rows
    assert [row["order"] for row in rows] == [1, 2, 3, 4]
    assert [row["ignore_failure"] for row in rows] == [False, True, False, False]


def test_a_file_masks_those_of_its_name_elsewhere(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/usr/lib/sysctl.d/10-a.conf", "a.b = 1\n")
    tree.link("/etc/sysctl.d/10-a.conf", "/dev/null")
    tree.write("/usr/lib/sysctl.d/20-b.conf", "b.b = 1\n")
    tree.write("/run/sysctl.d/20-b.conf", "b.b = 2\n")
    tree.write("/usr/local/lib/sysctl.d/20-b.conf", "b.b = 3\n")
    assert lines(tree) == [("b.b", "2", "/run/sysctl.d/20-b.conf:1")]


def test_sysctl_conf_counts_only_through_its_link(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/etc/sysctl.conf", "a.b = 1\n")
    assert lines(tree) == []
    tree.link("/etc/sysctl.d/99-sysctl.conf", "/etc/sysctl.conf")
    assert lines(tree) == [("a.b", "1", "/etc/sysctl.conf:1")]
    tree.link("/etc/sysctl.d/10-again.conf", "/etc/sysctl.conf")
    assert [path for _, _, path in lines(tree)] == ["/etc/sysctl.conf:1", "/etc/sysctl.d/99-sysctl.conf:1"]


def test_globs_come_before_everything_that_is_named(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/etc/sysctl.d/10-a.conf", "net.ipv4.conf.all.rp_filter = 2\n-net.ipv4.conf.lo.rp_filter\n")
    tree.write("/etc/sysctl.d/20-b.conf", "net.ipv4.conf.*.rp_filter = 1\n")
    rows = replay(tree).rows
    assert [(row["name"], row["glob"]) for row in rows] == [
        ("net.ipv4.conf.*.rp_filter", True),
        ("net.ipv4.conf.all.rp_filter", False),
        ("net.ipv4.conf.lo.rp_filter", False),
    ]
    assert rows[2]["value"] is ABSENT


def test_ufw_counts_when_it_is_enabled(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/etc/default/ufw", f'X=1\nIPT_SYSCTL="{tmp_path}/etc/ufw/sysctl.conf"\n')
    tree.write("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=1\n")
    tree.write("/etc/ufw/ufw.conf", "ENABLED=no\n")
    tree.write("/etc/sysctl.d/1.conf", "net.ipv4.ip_forward = 0\n")
    assert [row["loader"] for row in replay(tree).rows] == ["systemd-sysctl"]
    tree.write("/etc/ufw/ufw.conf", "ENABLED=yes\n")
    last = replay(tree).rows[-1]
    assert (last["loader"], last["name"], last["value"], last["order"]) == ("ufw", "net.ipv4.ip_forward", "1", 2)
    tree.write("/etc/default/ufw", "#IPT_SYSCTL=/etc/ufw/sysctl.conf\n")
    assert len(replay(tree).rows) == 1


def test_a_masked_systemd_sysctl_applies_nothing(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/etc/sysctl.d/1.conf", "a.b = 0\n")
    tree.link("/etc/systemd/system/systemd-sysctl.service", "/dev/null")
    assert replay(tree).rows == ()
    assert replay(tree).gap is None


def test_a_file_that_may_not_be_read_makes_the_list_incomplete():
    output = Output(stdout=b"=/etc/sysctl.d/1.conf\n a.b = 1\n\n!/etc/sysctl.d/2.conf\n")
    (evidence,) = sysctl.answer([SETTINGS], {"linux.sysctl_setting": output}, AS_ADA)
    assert len(evidence.rows) == 1
    assert evidence.gap is not None
    assert (evidence.gap.needs, evidence.gap.reason) == ("root", "/etc/sysctl.d/2.conf may not be read by ada")


def test_lines_that_are_not_understood_are_told():
    output = Output(stdout=b"what is this\n")
    (evidence,) = sysctl.answer([SETTINGS], {"linux.sysctl_setting": output}, AS_ADA)
    assert evidence.gap is not None


RP_FILTER = "net.ipv4.conf.*.rp_filter"


def ask_interfaces(tree: Tree, *patterns: str, ordinary: bool = False):
    queries = [Query.of("linux.interface_sysctl", {"pattern": pattern}) for pattern in patterns]
    output = tree.run(interfaces.probes(queries)[0], ordinary=ordinary)
    found = interfaces.answer(queries, {"linux.interface_sysctl": output}, AS_ADA if ordinary else AS_ROOT)
    for evidence in found:
        check(evidence)
    return found


def test_interfaces_are_told_apart_from_all_and_default(tmp_path):
    tree = Tree(tmp_path)
    for name, value in {"all": 1, "default": 1, "lo": 0, "eth0.100": 2, "eth1": 1}.items():
        tree.write(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", f"{value}\n")
    tree.write("/proc/sys/kernel/x", "1\n")
    ours, other, missing = ask_interfaces(tree, RP_FILTER, "net.ipv6.conf.*.rp_filter", "net.ipv4.conf.*.none")
    assert [(row["name"], row["interface"], row["value"]) for row in ours.rows] == [
        ("net.ipv4.conf.eth0/100.rp_filter", "eth0.100", "2"),
        ("net.ipv4.conf.eth1.rp_filter", "eth1", "1"),
        ("net.ipv4.conf.lo.rp_filter", "lo", "0"),
    ]
    assert (ours.gap, other.rows, other.gap, missing.rows, missing.gap) == (None, (), None, (), None)


def test_an_interface_that_may_not_be_read_makes_the_list_incomplete(open_tmp):
    tree = Tree(open_tmp)
    tree.write("/proc/sys/kernel/x", "1\n")
    tree.write("/proc/sys/net/ipv4/conf/eth0/rp_filter", "1\n", mode=0o600)
    (evidence,) = ask_interfaces(tree, RP_FILTER, ordinary=True)
    if not ROOT:
        assert evidence.gap is None
        return
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert evidence.gap.needs == "root"


def test_interfaces_without_proc_or_with_another_pattern_are_errors(tmp_path):
    query = Query.of("linux.interface_sysctl", {"pattern": RP_FILTER})
    output = Tree(tmp_path).run(interfaces.probes([query])[0])
    (evidence,) = interfaces.answer([query], {"linux.interface_sysctl": output}, AS_ROOT)
    assert str(evidence.gap) == "/proc/sys is not there"
    other = Query.of("linux.interface_sysctl", {"pattern": "kernel.*"})
    assert interfaces.probes([other]) == []
    (evidence,) = interfaces.answer([other], {}, AS_ROOT)
    assert "is not of the form" in str(evidence.gap)
