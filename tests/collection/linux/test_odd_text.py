"""Whatever a host sends, every collector answers every query, and what it answers is of the declared types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux.host import describe
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import Query
from tests.collection.parity import check
from tests.collection.recorded import collector_of

ASKED = {
    "linux.postgres_cluster": [{}],
    "linux.mariadb_instance": [{}],
    "linux.mongodb_instance": [{}],
    "linux.database_file": [{"engine": "postgres"}, {"engine": "x"}],
    "linux.client_history": [{}],
    "linux.environment_secret": [{}],
    "linux.command_line_secret": [{}],
    "linux.service_file_secret": [{}],
    "linux.pgbackrest_stanza": [{}],
    "linux.postgres_package": [{}],
    "linux.fips": [{}],
    "linux.system": [{}],
    "linux.package": [{"name": "ssh"}, {"name": "a b"}],
    "linux.unit": [{"name": "a.service"}, {"name": "a@.service"}, {"name": "x"}],
    "linux.sysctl": [{"name": "kernel.x"}, {"name": ".."}],
    "linux.interface_sysctl": [{"pattern": "net.ipv4.conf.*.rp_filter"}, {"pattern": "net.*"}],
    "linux.sysctl_setting": [{}],
    "linux.kernel_module": [{"name": "cramfs"}, {"name": "|"}],
    "linux.mount": [{"path": "/data"}, {"path": "/"}, {"path": "x"}],
    "linux.file": [{"path": "/a"}, {"path": "/b"}, {"path": "x"}],
    "linux.file_glob": [{"pattern": "/a/*"}, {"pattern": "/b*/*"}, {"pattern": "x"}],
    "linux.file_walk": [{"class": "setuid"}, {"class": "unowned"}, {"class": "x"}],
    "linux.process_listening": [{}],
    "linux.audit_rule": [{"source": "loaded"}, {"source": "disk"}, {"source": "x"}],
    "linux.audit_status": [{}],
    "linux.aide_selection": [{"path": "/a"}, {"path": "x"}],
    "linux.log_file": [{}],
    "linux.packaged_set_id": [{}],
    "linux.unit_run": [{"name": "a.service"}, {"name": "a@.service"}, {"name": "x"}],
    "linux.firewall_chain": [{}],
    "linux.firewall_rule": [{}],
    "linux.ufw": [{}],
    "linux.nftables_saved": [{}],
}

FIREWALL = ["nf_tables loaded", "nf_tables absent", "missing nft", "closed /x", "@nft", "@ports", "@iptables-nft", " {\"nftables\": [{\"rule\": {}}]}",
            " *filter", " :INPUT DROP [0:0]", " -A INPUT -j", " COMMIT", "<0", "<1", "<" + "9" * 5000, "ipv6 on", "main /etc/nftables.conf", "=/etc/nftables.conf",
            " table x {", " }", " include \"*\"", "=/etc/ufw/ufw.conf", "!/etc/ufw/ufw.conf", " ENABLED=yes", "=/etc/default/ufw", " IPV6"]  # fmt: skip

DATABASES = [
    "instance\t1",
    "instance\t-",
    "uid\t0",
    "umask\t0077",
    "umask\t9",
    "user\ta",
    "container\tyes",
    "container\tno",
    "exe\t/a",
    "replaced",
    "arg\t-c",
    "arg\ta=b",
    "arg\t--x",
    "arg\t-D",
    "arg\t-",
    "limit\tMax open files            9         x",
    "systemd",
    "service\ta.service",
    "unit\tLoadState=loaded",
    "unit\tWantedBy=b.service x.target",
    "puller\tId=b.service",
    "puller\tUnitFileState=enabled",
    "package\ta",
    "package_version\t1",
    "apt\t 500 http://a b/main amd64 Packages",
    "apt\t     release o=Debian",
    "apt\t--",
    "apt\t *** 1 500",
    "nodpkg",
    "real\t/a",
    "directory\t/a",
    "mount\t1 0 8:1 / / rw - ext4 /dev/x rw",
    "mount\t2 1 0:1 / /a rw - zfs p rw",
    "pidfile\t1",
    "pidfile\t/a",
    "pidfile\t" + "9" * 30,
    "data_version\t15",
    "version\tpostgres (PostgreSQL) 15.1",
    "file\tdata\t41c0\t0\t0\t1\t1\ta\tb\t/a",
    "file\tlog\tx",
    "denied\tdata\t/a",
    "denied\tlog\t",
    "missing\tkey\t/k",
    "failed\twal\t/w",
    "nofds",
    "odd\tx",
    "closed\t/c",
    "set\tport=" + "9" * 30,
    "set\tskip-grant=",
    "set\tskip_grant=1",
    "port\tx",
    "config\t/c",
    "done",
    "block\ta\t8:1\tCRYPT-x\t/s\tQEMU\t",
    "block\ta\t8:1\t\t/s\t\ta",
    "zfs\tp\ton",
    "hidden",
    "many",
    "shut\t/var",
    "end",
]

WORDS = {
    **dict.fromkeys(("linux.postgres_cluster", "linux.mariadb_instance", "linux.mongodb_instance", "linux.database_file"), DATABASES),
    "linux.client_history": ["history\ta\tpsql\tkept\t/a", "history\ta\tx\tkept\t/a", "history\ta", "closed\t/a", "hidden", "odd", "end"],
    "linux.environment_secret": ["process\tPGPASSWORD\ta\tb", "process\tx", "profile\tMYSQL_PWD\t1\t/a", "profile\tMYSQL_PWD\tx\t/a", "hidden", "closed\t/b", "end"],
    "linux.command_line_secret": ["process\tpostgres\turl\ta\tb", "process\tx\turl\ta\tb", "recorded\tmariadb\toption\ta\t/b", "hidden", "end"],
    "linux.service_file_secret": ["secret\tpg_service\ta\t1\ts\t/b", "secret\toption_file\t\tx\t\t/b", "secret\tx\t\t1\t\t/b", "closed\t/c", "end"],
    "linux.pgbackrest_stanza": ["none", "info", "status 0", "status 1", "path\ta\t/b", "closed\t/c", "[]", "[", "]", "{", '[{"name":"a"}]', "[1]",
                                '[{"name":"a","status":{"code":0},"cipher":"none","backup":[{"type":"full","timestamp":{"stop":99999999999999999999}}]}]',
                                '[{"name":"a","status":3,"backup":[{"type":"full"}]}]', '[{"name":"a","backup":[{"type":"full","timestamp":{"stop":1}},2]}]'],
    "linux.postgres_package": ["postgresql\tinstall ok installed\t1", "a\tdeinstall ok config-files\t1", "a\t\t", "a\tx x x\t2", "end"],
    "linux.fips": ["kernel 1", "kernel 0", "kernel x", "kernel none", "openssl", "openssl 3", "| Providers:", "|   fips", "|     status: active", "end"],
    "linux.system": ["uname a b c", "systemd yes", "virt none", "virt denied", "=/etc/os-release", "!/etc/os-release", ' ID="x', " A=B"],
    "linux.package": ["ssh\tall\tinstall ok installed\t1", "ssh\t\tx half-installed\t", "ssh\t\t\t", "\t\t\t"],
    "linux.unit": ["running", "offline", "Id=a.service", "Names=a.service", "LoadState=loaded", "ActiveState=active", "UnitFileState=bad",
                   "", "--", "state a.service static", "link /etc/systemd/system/a.service x", "pull a.service", "init a.service"],
    "linux.sysctl": ["!/proc/sys/kernel/x", "-/proc/sys/kernel/x", "/proc/sys/kernel/x: 1"],
    "linux.interface_sysctl": ["/proc/sys/net/ipv4/conf/eth0/rp_filter:1", "!/proc/sys/net/ipv4/conf/a/rp_filter", "-/proc/sys/x"],
    "linux.sysctl_setting": ["=/etc/sysctl.d/a.conf", " a = 1", " -b", "!/etc/sysctl.d", "0/etc/sysctl.d/b.conf", ">/x", "=/etc/ufw/ufw.conf", " ENABLED=yes"],
    "linux.kernel_module": ["running 1", "loadable yes", "loadable no", "kernel 1", "has 1 cramfs", "builtin 1 cramfs", "nodep 2", "config install cramfs",
                            "config install", "config blacklist cramfs", "loaded cramfs", "end", "!/etc/modprobe.d", "cmdline modprobe.blacklist=,a"],
    "linux.mount": ["mount 1 0 8:1 / / rw - ext4 /dev/x rw", "mount 2 1 0:1 / /data rw - zfs p rw", "mount 3 3 x", "systemd yes", "=/etc/fstab",
                    " a /data b c", "0/etc/systemd/system/data.mount", "=/usr/lib/systemd/system/data.mount", " [Mount]", " Options=a", "pull data.mount", "end"],
    "linux.file": ["files", "yes", "no", "81a4\t0\t0\t1\t1\ta\tb", "refused", "stat: x: Permission denied", "x: No such file or directory", "end"],
    "linux.file_glob": ["pattern\0", "file 81a4\t0\t0\t1\t1\ta\tb\t/a/b\0", "closed /a\0", "hidden /a/c\0", "dangling /a/d\0", "done\0", "odd\0"],
    "linux.file_walk": ["plan start /\0", "plan skip nfs /x\0", "found setuid 4755 0 0 ext4 /a\0", "found setuid 99999 0 0 e /a\0",
                        "found setuid 1 " + "9" * 5000 + " 0 e /a\0", "left /x\0", "inode btrfs /\0", "find: '/a': b\0", "status 0\0"],
    "linux.process_listening": ["ss", "proc", "tcp LISTEN 0 1 *:1 *:*", "udp UNCONN 0 0 [::1]%lo:99999 *:* users:((\"a\",pid=1,fd=2))",
                                "tcp LISTEN 0 1 1.2.3.4:" + "9" * 5000 + " *:*", "tcp 0: 0100007F:0016 0:0 0A", "order 1", "end"],
    "linux.audit_rule": ["l -w /a -p wa", "l -a always,exit -S all -F path=/b", "l -a x", "l = 0", "l = 4", "l No rules", "t none", "r yes", "e end",
                         "=/etc/audit/rules.d/a.rules", " -w /a", " -D", " -e 2", " -i", "!/etc/audit/rules.d", "-/etc/audit/audit.rules",
                         "w n /a\t", "w d /a\t/b", "b ExecStart={ argv[]=/sbin/auditctl -R /x ; }", "s enabled 2", "s = 0", "s pid x"],
    "linux.audit_status": ["s enabled 2", "s pid " + "9" * 30, "s = 0", "s = 255", "s Operation not permitted", "t none", "e end", " -e 1"],
    "linux.aide_selection": ["there /a", "config /c", "= 0", "= 17", "end", "tool none", "[X] f '/a': selective rule: '/a f p+i' (/c:1: '/a f p+i')",
                             "[ ] f '/a': negative rule: '!/a' (x)", "[X] f '/a': ", "  ERROR: x: Permission denied"],
    "linux.log_file": ["file 640 0 4\troot\tadm\t/var/log/a\0", "file 99999 0 0\ta\tb\t/x\0", "file 1 " + "9" * 30 + " 0\ta\tb\t/x\0",
                       "status 0\0", "status 1\0", "find: '/a': Permission denied\0", "aside /var/log/x\0", "root:x:0:0:r:/root:/bin/bash"],
    "linux.packaged_set_id": ["f /a\t/a", "p ./x:amd64.list:/a", "s " + "0" * 32 + "  a", "m " + "1" * 32 + "  /a", "o root root 4755 /a", "end"],
    "linux.unit_run": ["Id=a.service", "Names=a.service", "LoadState=loaded", "Result=success", "ExecMainExitTimestamp=@1", "ExecMainExitTimestamp=x",
                       "ExecMainStatus=" + "9" * 30, ""],
    **dict.fromkeys(("linux.firewall_chain", "linux.firewall_rule", "linux.ufw", "linux.nftables_saved"), FIREWALL),
}  # fmt: skip


@st.composite
def outputs(draw, fact: str) -> Output:
    odd = st.binary(max_size=24)
    known = st.sampled_from(WORDS[fact]).map(str.encode)
    parts = draw(st.lists(st.one_of(known, known, odd), max_size=16))
    between = draw(st.sampled_from([b"\n", b"\n", b"", b"\0"]))
    return Output(
        stdout=between.join(parts),
        stderr=draw(st.text(max_size=20)),
        status=draw(st.sampled_from([0, 0, 0, 1, 2, 97, 124, None])),
        truncated=draw(st.integers(0, 9)) == 0,
        missing="cut" if draw(st.integers(0, 9)) == 0 else "",
    )


@pytest.mark.parametrize("fact", list(ASKED))
@given(data=st.data(), uid=st.sampled_from([0, 1000, None]))
def test_any_output_gives_typed_evidence(fact, data, uid):
    queries = [Query.of(fact, where) for where in ASKED[fact]]
    module = collector_of(fact)
    output = data.draw(outputs(fact))
    found = module.answer(queries, {probe.name: output for probe in module.probes(queries)}, Session(uid, "ada", "now"))
    assert [evidence.query for evidence in found] == queries
    for evidence in found:
        check(evidence)


ODD_WORDS = st.one_of(
    st.text(max_size=12), st.sampled_from(["$(id)", "`id`", "'; id #", "a<<b", "\0", "\ud800", "/" * 9, "-n", "\n"])
)


@pytest.mark.parametrize("fact", [fact for fact, wheres in ASKED.items() if wheres != [{}]])
@given(data=st.data())
def test_any_parameter_gives_a_script_or_is_refused(fact, data):
    (name,) = ASKED[fact][0]
    queries = [Query.of(fact, {name: data.draw(st.one_of(ODD_WORDS, ODD_WORDS.map("/".__add__)))}) for _ in range(3)]
    script = describe(queries)
    module = collector_of(fact)
    assert len(script.probes) == len(module.probes(list(dict.fromkeys(queries))))
    assert b"<<" not in script.text
    for evidence in module.answer(queries, {}, Session(0, "root", "")):
        assert evidence.gap is not None
