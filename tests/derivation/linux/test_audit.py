"""Audit rules held against the events that must be recorded, and the two sides against each other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import audit
from scanner.collection.linux.probe import Output
from scanner.derivation.linux import audit_calls
from scanner.derivation.table import derive
from scanner.facts.linux.audit import EVENTS
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.planning.expand import inputs_of
from tests.collection.hosts import AS_ROOT
from tests.collection.parity import check
from tests.collection.recorded import HOME, load

LOADED, DISK = (Query.of("linux.audit_rule", {"source": source}) for source in ("loaded", "disk"))
STATUS, SYSTEM, DEFS = Query("linux.audit_status"), Query("linux.system"), Query("linux.login_defs")
WALKS = [Query.of("linux.file_walk", {"class": name}) for name in ("setuid", "setgid")]
HIDDEN = unknown("auditctl shows its rules to root only", "root")
VOCABULARY = builtin()

Inputs = dict[Query, Evidence]


def host(
    loaded: Sequence[str],
    disk: Sequence[str] | None = None,
    *,
    machine: str = "x86_64",
    enabled: int = 1,
    watched: str = "",
    uid_min: object = 1000,
) -> Inputs:
    """Let the collector read rules as a host would tell them; the disk says the same unless told otherwise."""
    written = loaded if disk is None else disk
    text = f"s enabled {enabled}\n" + "".join(f"s {name} 0\n" for name in audit._NUMBERS[1:]) + "s = 0\n"
    text += "".join(f"l {line}\n" for line in loaded) + "l = 0\n-/etc/audit/audit.rules\nr yes\n"
    text += "=/etc/audit/rules.d/a.rules\n" + "".join(f" {line}\n" for line in written) + f"\n{watched}e end\n"
    found = audit.answer([LOADED, DISK, STATUS], {"linux.audit": Output(stdout=text.encode())}, AS_ROOT)
    inputs = {evidence.query: evidence for evidence in found}
    inputs[SYSTEM] = Evidence(SYSTEM, ({"architecture": machine},))
    inputs[DEFS] = Evidence(DEFS, ({"uid_min": uid_min},))  # type: ignore[dict-item]
    return inputs


def asked(inputs: Inputs, fact: str, **where: str) -> Evidence:
    query = Query.of(fact, where)
    found = derive(query, {needed: inputs[needed] for needed in inputs_of(query, VOCABULARY)}, "2026-01-01T00:00:00Z")
    check(found)
    return found


def watch(inputs: Inputs, path: str = "/etc/x", permissions: str = "wa", events: str = "any") -> Row:
    return asked(inputs, "linux.audit_watch", path=path, permissions=permissions, events=events).rows[0]


def calls(inputs: Inputs, names: str, events: str = "any", **more: str) -> dict[tuple[str, str], tuple[object, object]]:
    rows = asked(inputs, "linux.audit_syscall", syscalls=names, events=events, **more).rows
    return {(str(row["syscall"]), str(row["arch"])): (row["loaded"], row["on_disk"]) for row in rows}


def recorded(
    *rules: str, path: str = "/etc/x", permissions: str = "wa", events: str = "any", watched: str = ""
) -> object:
    row = watch(host(rules, watched=watched), path, permissions, events)
    assert row["loaded"] == row["on_disk"]
    return row["loaded"]


BOTH = ("-a always,exit -F arch=b64 -F path=/etc/x -F perm=wa", "-a always,exit -F arch=b32 -F path=/etc/x -F perm=wa")


@pytest.mark.parametrize(
    ("rules", "there"),
    [
        (["-w /etc/x -p wa -k any_key"], True),
        (["-w /etc/x"], True),
        (["-a always,exit -S all -F path=/etc/x -F perm=rwa"], True),
        (["-a always,exit -S all -F path=/etc/x"], True),
        (BOTH, True),
        (BOTH[:1], False),
        (["-w /etc/x -p w"], False),
        (["-w /etc/x -p r"], False),
        (["-w /etc/xy -p wa"], False),
        (["-a always,exit -S all -F path=/etc/x -F perm=wa -F auid>=1000"], False),
        (["-a always,exit -S open -F path=/etc/x -F perm=wa"], False),
        (["-a never,exit -S all -F path=/etc/x -F perm=wa"], False),
        (["-a always,user -F uid=0"], False),
        ([], False),
    ],
)
def test_which_rules_watch_a_file(rules: Sequence[str], there: bool):
    assert recorded(*rules) is there


def test_a_directory_covers_what_lies_below_it():
    below = "w d /etc\t/etc\n"
    assert recorded("-w /etc/ -p wa", watched=below) is True
    assert recorded("-a always,exit -S all -F dir=/etc -F perm=wa", watched=below) is True
    assert recorded("-a always,exit -S all -F path=/etc -F perm=wa -F auid!=5", watched=below) is False
    assert recorded("-w /et -p wa", watched="w d /et\t/et\n") is False
    assert recorded("-w /etc -p wa") is False, "it is not a directory there"


def test_links_on_the_way_do_not_matter():
    watched = "w f /bin/su\t/usr/bin/su\n"
    assert recorded("-w /bin/su -p x", path="/usr/bin/su", permissions="x", watched=watched) is True
    assert recorded("-w /bin/su -p x", path="/bin/su", permissions="x", watched=watched) is True
    assert recorded("-w /bin/su -p x", path="/sbin/su", permissions="x", watched=watched) is False


def test_both_sides_are_told_apart():
    row = watch(host(["-w /etc/x -p wa"], []))
    assert (row["present"], row["loaded"], row["on_disk"]) == (True, True, False)
    row = watch(host(["No rules"], ["-w /etc/x -p wa"]))
    assert (row["loaded"], row["on_disk"]) == (False, True)


def test_auditing_that_is_off_records_nothing():
    assert watch(host(["-w /etc/x -p wa"], enabled=0))["loaded"] is False
    row = watch(host(["-w /etc/x -p wa"], ["-w /etc/x -p wa", "-e 0"]))
    assert (row["loaded"], row["on_disk"]) == (True, False)


USERS = "-F auid>=1000 -F auid!=unset"


@pytest.mark.parametrize(
    ("rules", "there"),
    [
        ([f"-a always,exit -S all -F path=/p -F perm=x {USERS}"], True),
        (["-w /p -p x"], True),
        (["-a always,exit -S all -F path=/p -F perm=x -F auid>=500"], True),
        (["-a always,exit -S all -F path=/p -F perm=x -F auid!=0 -F auid!=-1"], True),
        (["-a always,exit -S all -F path=/p -F perm=x -F auid>1000 -F auid!=unset"], False),
        (["-a always,exit -S all -F path=/p -F perm=x -F auid=1000"], False),
        (["-a always,exit -S all -F path=/p -F perm=x -F uid!=0"], False),
        (["-a always,exit -S all -F path=/p -F perm=r"], False),
        ([f"-a always,exit -F arch={a} -S execve,execveat {USERS}" for a in ("b64", "b32")], True),
        ([f"-a always,exit -F arch={a} -S execve {USERS}" for a in ("b64", "b32")], False),
        ([f"-a always,exit -F arch=b64 -S execve,execveat {USERS}"], False),
        (["-a always,exit -F arch=b64 -S 59 -S 322", "-a always,exit -F arch=b32 -S 11 -S 358"], True),
    ],
)
def test_which_rules_record_starts_of_a_program_by_users(rules: Sequence[str], there: bool):
    assert recorded(*rules, path="/p", permissions="x", events="by_users") is there


def test_system_calls_by_name_number_and_all():
    want = {("mount", "b64"): (True, True), ("mount", "b32"): (True, True)}
    assert calls(host([f"-a always,exit -F arch={a} -S mount" for a in ("b64", "b32")]), "mount") == want
    assert calls(host(["-a always,exit -F arch=b64 -S 165", "-a always,exit -F arch=b32 -S 21"]), "mount") == want
    assert calls(host(["-a always,exit -S all -F auid>=0"]), "mount") == want
    assert calls(host(["-a always,exit -S mount"]), "mount") == {**want, ("mount", "b32"): (False, False)}
    assert calls(host(["-w /usr/bin/mount -p x"]), "mount") == dict.fromkeys(want, (False, False))


def test_architectures_that_lack_a_call_have_no_row():
    assert calls(host([], machine="aarch64"), "open,openat").keys() == {
        ("open", "b32"),
        ("openat", "b64"),
        ("openat", "b32"),
    }
    assert calls(host([], machine="i686"), "open").keys() == {("open", "b32")}
    assert calls(host([], machine="ppc64le"), "open").keys() == {("open", "b64")}
    assert calls(host([]), "open,openat", arch="b64").keys() == {("open", "b64"), ("openat", "b64")}
    assert calls(host(["-a always,exit -S open"], machine="i686"), "open") == {("open", "b32"): (True, True)}


def test_what_is_not_known_of_calls_is_an_error():
    assert asked(host([], machine="mips"), "linux.audit_syscall", syscalls="open", events="any").gap is not None
    assert asked(host([]), "linux.audit_syscall", syscalls="open,oepn", events="any").gap is not None
    assert isinstance(watch(host([], machine="mips"))["loaded"], Gap)


@pytest.mark.parametrize(
    ("conditions", "events", "there"),
    [
        (f"-F exit=-EACCES {USERS}", "denied_access", True),
        (f"-F exit=-13 {USERS}", "denied_access", True),
        (f"-F success=0 {USERS}", "denied_access", True),
        (f"-F exit=-EPERM {USERS}", "denied_access", False),
        (f"-F exit=-EPERM {USERS}", "denied_permission", True),
        (f"-F success=1 {USERS}", "denied_permission", False),
        ("-F exit=-EPERM", "denied_permission", True),
        ("-C euid!=uid -F auid!=unset", "as_another_user", True),
        ("-C uid!=euid", "as_another_user", True),
        ("-C uid!=euid -F euid=0", "as_another_user", False),
        ("-C uid!=euid -F auid>=1000", "as_another_user", False),
        ("-C gid!=egid", "as_another_user", False),
        ("-F a0=0x0", "real_time_clock", True),
        ("-F a0=0x1", "real_time_clock", False),
        ("-F a0=0", "any", False),
        ("-F auid>=somebody", "by_users", False),
    ],
)
def test_conditions_that_follow_from_the_event(conditions: str, events: str, there: bool):
    inputs = host([f"-a always,exit -F arch=b64 -S openat {conditions}"])
    assert calls(inputs, "openat", events, arch="b64") == {("openat", "b64"): (there, there)}


@pytest.mark.parametrize(
    ("first", "hidden"),
    [
        ("-a never,task", True),
        ("-a never,exit -S all -F uid=33", True),
        ("-a never,exit -F arch=b64 -S openat -F exe=/x", True),
        ("-a never,exit -F arch=b64 -S openat -F auid=unset", False),
        ("-a never,exit -F arch=b64 -S openat -F auid<500", False),
        ("-a never,exit -F arch=b64 -S openat -F success=1", False),
        ("-a never,exit -F arch=b64 -S mount", False),
        ("-a never,exit -F arch=b32 -S openat", False),
        ("-a always,exclude -F msgtype=SYSCALL", True),
        ("-a never,exclude -F msgtype=PATH -F auid>=5", True),
        ("-a always,exclude -F msgtype=CWD", False),
        ("-a always,exclude -F msgtype=USER_LOGIN", False),
        ("-a always,exclude -F msgtype!=CWD", True),
        ("-a always,exclude -F msgtype>=1400 -F msgtype<=1499", False),
        ("-a always,exclude -F msgtype>=1300", True),
        ("-a always,exclude -F auid>=1000", True),
        ("-a always,exclude -F auid=-1", False),
        ("-a never,user -F auid=unset", False),
        ("-a never,filesystem -F fstype=tracefs", False),
    ],
)
def test_rules_that_leave_events_out(first: str, hidden: bool):
    """A real kernel lists rules by list; on the exit list the first match decides."""
    inputs = host([first, f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES {USERS}"])
    query = {"syscalls": "openat", "events": "denied_access", "arch": "b64"}
    row = asked(inputs, "linux.audit_syscall", **query).rows[0]
    assert (row["loaded"], row["on_disk"]) == (not hidden, not hidden)
    assert (row["suppressed_by"] == first) is hidden


def test_a_rule_behind_hides_nothing():
    rules = ["-w /etc/x -p wa", "-a never,exit -S all -F uid=33"]
    assert recorded(*rules) is True
    assert recorded(*reversed(rules)) is False


def test_calls_that_cannot_touch_a_file_hide_no_watch():
    assert recorded("-a never,exit -F arch=b64 -S adjtimex", "-w /etc/x -p wa") is True
    assert recorded("-a never,exit -F arch=b64 -S 159", "-w /etc/x -p wa") is True
    assert recorded("-a never,exit -F arch=b64 -S unlink", "-w /etc/x -p wa") is False
    assert recorded("-a never,exit -F arch=b64 -S 9999", "-w /etc/x -p wa") is False
    assert recorded("-a never,exit -S all -F path=/etc/y", "-w /etc/x -p wa") is True


def test_users_begin_where_login_defs_says():
    rules = [f"-a always,exit -F arch={a} -S mount -F auid>=1000 -F auid!=unset" for a in ("b64", "b32")]
    assert set(calls(host(rules, uid_min=500), "mount", "by_users").values()) == {(False, False)}
    assert set(calls(host(rules, uid_min=2000), "mount", "by_users").values()) == {(True, True)}
    row = asked(host(rules, uid_min=HIDDEN), "linux.audit_syscall", syscalls="mount", events="by_users").rows[0]
    assert row["loaded"] == HIDDEN


def walk(inputs: Inputs, rows: Sequence[Row], gap: Gap | None = None) -> Inputs:
    first, second = WALKS
    return inputs | {first: Evidence(first, tuple(rows), gap), second: Evidence(second)}


def program(path: str, *, ignored: bool = False) -> Row:
    return {"path": path, "class": "setuid", "mode": "4755", "uid": 0, "gid": 0, "set_id_ignored": ignored}


def test_each_program_of_the_walk_is_held_against_the_rules():
    rules = [f"-a always,exit -S all -F path=/usr/bin/su -F perm=x {USERS}"]
    found = [program("/usr/bin/su"), program("/opt/x"), program("/media/x", ignored=True)]
    rows = asked(walk(host(rules), found), "linux.audit_privileged_program").rows
    assert [(row["path"], row["loaded"], row["on_disk"]) for row in rows] == [
        ("/opt/x", False, False),
        ("/usr/bin/su", True, True),
    ]


def test_a_walk_that_was_cut_makes_the_programs_incomplete():
    gap = error("the probe ran into its time limit")
    assert asked(walk(host([]), [program("/a")], gap), "linux.audit_privileged_program").gap == gap


def test_differences_ignore_form_order_and_keys():
    one = ["-w /etc/x -p wa -k a", "-a always,exit -F arch=b64 -S open,openat -F auid>=1000 -F auid!=-1 -F key=b"]
    other = [
        "-a always,exit -F auid!=unset -F arch=b64 -F auid>=1000 -S 257",
        "-a exit,always -F arch=b64 -S open -F auid>=1000 -F auid!=4294967295 -k c",
        "-a always,exit -F path=/etc/x -F perm=aw",
    ]
    assert asked(host(one, other), "linux.audit_rule_difference").rows == ()
    rows = asked(host([*one, "-a never,task"], [*other, "-w /etc/y -p r"]), "linux.audit_rule_difference").rows
    assert [(row["side"], row["written"]) for row in rows] == [("loaded", "-a never,task"), ("disk", "-w /etc/y -p r")]


def test_rules_that_the_next_boot_refuses_are_not_on_disk():
    disk = ["-w /etc/x -p wa", "-w /etc/x -p wa", "-w /etc/y -p wa"]
    inputs = host(["-w /etc/x -p wa", "-w /etc/y -p wa"], disk)
    assert watch(inputs, "/etc/y")["on_disk"] is False
    assert [row["side"] for row in asked(inputs, "linux.audit_rule_difference").rows] == ["loaded"]


@pytest.mark.parametrize("case", ["noble-hardened", "bookworm-not-locked", "noble-odd"])
def test_a_real_kernel_and_the_replay_agree(case: str):
    """What auditctl made of the files is what we say that it makes of them, but for the rule that was added by hand."""
    inputs = host([])
    for fact in ("linux.audit_rule", "linux.audit_status"):
        inputs |= {evidence.query: evidence for evidence in load(HOME / fact / case).answer()}
    rows = asked(inputs, "linux.audit_rule_difference").rows
    assert [row["written"] for row in rows] == (["-a never,task"] if case == "noble-odd" else [])


FACTS: list[tuple[str, dict[str, str]]] = [
    ("linux.audit_watch", {"path": "/etc/x", "permissions": "wa", "events": "any"}),
    ("linux.audit_syscall", {"syscalls": "mount", "events": "by_users"}),
    ("linux.audit_privileged_program", {}),
    ("linux.audit_rule_difference", {}),
]


@pytest.mark.parametrize(("fact", "where"), FACTS)
@pytest.mark.parametrize("side", [LOADED, DISK])
def test_a_side_that_is_hidden_is_never_recorded(fact: str, where: dict[str, str], side: Query):
    rules = ["-w /etc/x -p wa", "-w /p -p x", *[f"-a always,exit -F arch={a} -S mount" for a in ("b64", "b32")]]
    inputs = walk(host(rules), [program("/p")]) | {side: Evidence(side, gap=HIDDEN)}
    found = asked(inputs, fact, **where)
    column = "loaded" if side == LOADED else "on_disk"
    assert found.gap == HIDDEN or (found.rows and all(row[column] == HIDDEN for row in found.rows))


_TEXTS = st.sampled_from(
    ["-w /etc/x -p wa", "-w /etc -p r", *BOTH, "-a never,task", "-a never,exit -S all -F uid=1", "-a always,exclude -F auid>=1",
     f"-a always,exit -F arch=b64 -S mount {USERS}", "-a always,exit -S all", "-a never,exit -F arch=b64 -S mount -F a0=1"]
)  # fmt: skip


@given(st.lists(_TEXTS, max_size=6, unique=True), st.sampled_from(EVENTS))
def test_more_rules_of_never_record_no_more(rules: list[str], events: str):
    with_never = ["-a never,exit -S all", *rules]
    assert watch(host(with_never), events=events)["loaded"] is False
    before = watch(host(rules), events=events)["loaded"]
    without = [text for text in rules if "never" not in text and "exclude" not in text]
    assert watch(host(without), events=events)["loaded"] is True or before is False


def test_numbers_and_names_of_calls():
    assert audit_calls.number("mount", "x86_64") == "165"
    assert audit_calls.number("open", "aarch64") == ""
    assert audit_calls.named("59", "x86_64") == "execve"
    assert audit_calls.named("9999", "x86_64") == "9999"


SETTINGS, DEFAULTS = Query("linux.sudo_settings"), Query("linux.sudo_default")


def sudo_logs(rules: Sequence[str], logfile: object, *defaults: Row, gap: Gap | None = None) -> Evidence:
    inputs = host(rules)
    inputs[SETTINGS] = Evidence(SETTINGS, ({"installed": True, "logfile": logfile},))  # type: ignore[dict-item]
    inputs[DEFAULTS] = Evidence(DEFAULTS, defaults, gap)
    return asked(inputs, "linux.audit_sudo_log")


def test_each_log_file_of_sudo_is_held_against_the_rules():
    own: Row = {"scope": "user ada", "name": "logfile", "value": "/var/log/ada", "negated": False, "winning": True}
    replaced: Row = {**own, "value": "/var/log/old", "winning": False}
    off: Row = {**own, "value": ABSENT, "negated": True}
    found = sudo_logs(["-w /var/log/sudo.log -p wa"], "/var/log/sudo.log", own, replaced, off)
    assert [(row["path"], row["loaded"], row["on_disk"]) for row in found.rows] == [
        ("/var/log/ada", False, False),
        ("/var/log/sudo.log", True, True),
    ]
    assert found.gap is None


def test_no_log_file_gives_no_row_and_what_is_hidden_a_gap():
    assert sudo_logs([], ABSENT).rows == ()
    assert sudo_logs([], ABSENT, gap=HIDDEN).gap == HIDDEN
    assert sudo_logs([], HIDDEN).gap == HIDDEN
