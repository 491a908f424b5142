"""linux.audit_rule and linux.audit_status: one line, a file replayed, and what a host would not tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import audit
from scanner.collection.linux.audit_line import Line, Rule, parse
from scanner.collection.linux.audit_replay import Written, merged, replay, without_comments
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree
from tests.collection.parity import check

LOADED, DISK = (Query.of("linux.audit_rule", {"source": source}) for source in ("loaded", "disk"))
STATUS = Query("linux.audit_status")


def rule(text: str) -> Rule:
    line = parse(text)
    assert isinstance(line, Line), line
    assert line.rule is not None
    return line.rule


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-w /etc/x -p wa -k a", "-a always,exit -S all -F path=/etc/x -F perm=aw -F key=a"),
        ("-w /etc/x/", "-w /etc/x -p rwxa"),
        ("-a exit,always -F arch=b64 -S open,openat", "-a always,exit -F arch=x86_64 -Sopen -S openat"),
        ("-a always,exit -F auid!=unset", "-a always,exit -F auid!=4294967295"),
        ("-a always,exit -F loginuid!=-1", "-a always,exit -F auid!=unset"),
        ("-a always,exit -F exit=-13", "-a always,exit -F exit=-EACCES"),
        ("-a always,exit -C uid!=euid -S execve", "-a always,exit -C euid!=uid -S execve"),
        ("-a always,exit -F a0=0x0 -F a1&0x10", "-a always,exit -F a0=0 -F a1&16"),
        ("-a always,exit -F success=no", "-a always,exit -F success=0"),
        ("-a always,exclude -F msgtype>=AVC", "-a always,exclude -F msgtype>=1400"),
        ("-a always,exit -F euid=root", "-a always,exit -F euid=0"),
        ("-w /a\\ b -p x", "-a always,exit -F path=/a\\ b -F perm=x"),
    ],
)
def test_two_ways_of_writing_are_one_rule(one: str, other: str):
    assert rule(one) == rule(other)


@pytest.mark.parametrize(
    "text",
    [
        "\t-w /etc/x -p wa",
        "-w /etc/x\t-p wa",
        "-w etc/x",
        "-w /etc/x -p q",
        '-w /etc/x -k "a b"',
        "-a always",
        "-a always,entry",
        "-a possible,exit",
        "-a always,exit -a never,exit",
        "-F auid=1 -a always,exit",
        "-a always,exit -F auid",
        "-a always,exit -C uid>euid",
        "-S open",
        "-e 3",
        "-b many",
        "-x",
        "--no-such",
        "-w",
        "-R /etc/other",
    ],
)
def test_what_auditctl_refuses_is_told_with_a_reason(text: str):
    assert isinstance(parse(text), str)


def test_settings_are_not_rules():
    assert parse("-D") == Line("clear")
    assert parse("-D -k x") == Line("clear", value="x")
    assert parse("-e 2") == Line("enabled", value="2")
    assert parse("-i") == Line("ignore")
    assert parse("--backlog_wait_time 60000") == Line("setting", value="60000")
    assert parse("--loginuid-immutable") == Line("setting")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str):
    assert isinstance(parse(text), Line | str)


def lines(*texts: str) -> list[Written]:
    return [Written(text, f"/r:{number}") for number, text in enumerate(texts, 1)]


def left(*texts: str) -> list[str]:
    return [one.written.text for one in replay(lines(*texts), {}).rules]


def test_deletions_take_rules_away():
    assert left("-w /a -p wa -k x", "-w /b -p wa", "-W /a -p wa -k x") == ["-w /b -p wa"]
    assert left("-w /a -p wa", "-D", "-w /b") == ["-w /b"]
    assert left("-w /a -k one", "-w /b -k two", "-D -k on") == ["-w /b -k two"]
    assert left("-a always,exit -F path=/a -F perm=r", "-d always,exit -F path=/a -F perm=r", "-w /b") == ["-w /b"]


def test_prepended_rules_come_first():
    assert left("-w /a", "-A exit,never -F uid=33") == ["-A exit,never -F uid=33", "-w /a"]


@pytest.mark.parametrize("wrong", ["-w /a", "-W /zzz -p wa", "nonsense", "-w /orphan/x"])
def test_an_error_ends_the_loading_unless_errors_are_ignored(wrong: str):
    orphans = {"/orphan/x": "its directory does not exist"}
    strict = replay(lines("-w /a", wrong, "-w /b", "-e 2"), orphans)
    assert [one.written.text for one in strict.rules] == ["-w /a"]
    assert strict.enabled is None
    assert strict.stopped.startswith("loading ends at /r:2")
    assert [one.written.text for one in strict.refused][-1] == "-w /b"
    lenient = replay(lines("-i", "-w /a", wrong, "-w /b", "-e 2"), orphans)
    assert [one.written.text for one in lenient.rules] == ["-w /a", "-w /b"]
    assert lenient.enabled == 2


def test_nothing_is_added_once_the_rules_are_locked():
    outcome = replay(lines("-w /a", "-e 2", "-w /b"), {})
    assert [one.written.text for one in outcome.rules] == ["-w /a"]
    assert outcome.enabled == 2
    assert "locked" in outcome.refused[0].refused


def test_augenrules_moves_some_lines():
    found = merged(
        without_comments(lines("# x", "", "-e 2", "-w /a", "  -D ", "-b 1", "-f 2", "-e 1", "-D -k x", "-b 2"))
    )
    assert [line.text for line in found] == ["  -D ", "-b 2", "-f 2", "-w /a", "-D -k x", "-e 1"]


def answer(text: str, session: Session = AS_ROOT, **more: object) -> dict[Query, Evidence]:
    output = Output(stdout=text.encode(), **more)  # type: ignore[arg-type]
    found = audit.answer([LOADED, DISK, STATUS], {"linux.audit": output}, session)
    for evidence in found:
        check(evidence)
    return {evidence.query: evidence for evidence in found}


STATE = "s enabled 1\ns failure 1\ns pid 7\ns rate_limit 0\ns backlog_limit 64\ns lost 0\ns backlog 0\ns = 0\n"
NONE = "l No rules\nl = 0\n"
FILES = "-/etc/audit/audit.rules\nr yes\n"
END = "e end\n"


def test_no_rules_are_an_empty_list():
    found = answer(STATE + NONE + FILES + END)
    assert [found[query].gap for query in (LOADED, DISK, STATUS)] == [None] * 3
    assert found[LOADED].rows == found[DISK].rows == ()
    assert found[STATUS].rows[0]["boot_enabled"] is ABSENT


def test_without_auditctl_nothing_is_loaded():
    found = answer("t none\n-/etc/audit/audit.rules\n-/etc/audit/rules.d\n" + END)
    assert found[LOADED].complete
    assert found[DISK].complete
    assert found[STATUS].rows[0]["installed"] is False
    assert found[STATUS].rows[0]["enabled"] is ABSENT


@pytest.mark.parametrize(
    ("said", "session", "kind", "needs"),
    [
        ("l You must be root to run this program.\nl = 4\n", AS_ADA, Outcome.UNKNOWN, "root"),
        ("l Error sending rule list data request (Operation not permitted)\nl = 255\n", AS_ROOT, Outcome.UNKNOWN, None),
        ("l Error - audit support not in kernel\nl = 1\n", AS_ROOT, Outcome.UNKNOWN, None),
        ("l something else\nl = 1\n", AS_ROOT, Outcome.ERROR, None),
        ("l -w /a -p wa\n", AS_ROOT, Outcome.ERROR, None),
        ("l rules of another form\nl = 0\n", AS_ROOT, Outcome.ERROR, None),
    ],
)
def test_what_the_kernel_would_not_tell_is_a_gap(said: str, session: Session, kind: Outcome, needs: str | None):
    gap = answer(STATE + said + FILES + END, session)[LOADED].gap
    assert isinstance(gap, Gap)
    assert (gap.kind, gap.needs) == (kind, needs)


def test_a_kernel_that_was_booted_without_auditing_records_nothing():
    refused = "s Error - audit support not in kernel\ns = 1\nl Error - audit support not in kernel\nl = 1\n"
    found = answer(refused + "k 0\n" + FILES + END)
    assert found[LOADED].complete
    assert found[STATUS].rows[0]["enabled"] == 0
    assert answer(refused + "k 1\n" + FILES + END)[LOADED].gap is not None


def test_a_cut_answer_is_an_error_on_every_side():
    for found in (answer(STATE + NONE + FILES), answer(STATE + NONE + FILES + END, truncated=True)):
        for query in (LOADED, DISK, STATUS):
            gap = found[query].gap
            assert gap is not None
            assert gap.kind is Outcome.ERROR


def test_a_file_that_cannot_be_read_hides_the_disk_only():
    text = (
        STATE
        + NONE
        + "-/etc/audit/audit.rules\nr yes\n=/etc/audit/rules.d/a.rules\n -w /a\n\n!/etc/audit/rules.d/b.rules\n"
        + END
    )
    found = answer(text)
    assert found[LOADED].complete
    assert str(found[DISK].gap) == "/etc/audit/rules.d/b.rules could not be read"
    assert isinstance(found[STATUS].rows[0]["boot_enabled"], Gap)


def test_a_unit_that_loads_nothing_leaves_the_next_boot_without_rules():
    files = "-/etc/audit/audit.rules\nr yes\n=/etc/audit/rules.d/a.rules\n -w /a\n\n"
    none = answer(STATE + NONE + "b ExecStart={ path=/sbin/auditd }\n" + files + END)
    assert none[DISK].rows == ()
    assert none[STATUS].rows[0]["loader"] == "none"
    other = answer(STATE + NONE + "b ExecStartPost={ argv[]=/sbin/auditctl -R /etc/other.rules ; }\n" + files + END)
    assert other[DISK].gap is not None
    compiled = "=/etc/audit/audit.rules\n -w /b\n\nr yes\n=/etc/audit/rules.d/a.rules\n -w /a\n\n"
    told = answer(
        STATE + NONE + "b ExecStartPost={ argv[]=/sbin/auditctl -R /etc/audit/audit.rules ; }\n" + compiled + END
    )
    assert [row["path"] for row in told[DISK].rows] == ["/b"]


def test_links_on_the_way_to_a_path_are_resolved():
    rules = "l -w /var/run/utmp -p wa\nl -w /etc/d -p wa\nl -a always,exit -S all -F path=/etc/d -F uid=1\nl = 0\n"
    watched = "w f /var/run/utmp\t/run/utmp\nw d /etc/d\t/etc/d\n"
    rows = answer(STATE + rules + FILES + watched + END)[LOADED].rows
    assert [(row["path"], row["real_path"], row["directory"]) for row in rows] == [
        ("/var/run/utmp", "/run/utmp", False),
        ("/etc/d", "/etc/d", True),
        ("/etc/d", "/etc/d", False),
    ]


def test_the_probe_reads_files_as_augenrules_does(tmp_path):
    tree = Tree(tmp_path)
    tree.write("/etc/audit/audit.rules", "-w /old\n")
    tree.write("/etc/audit/rules.d/10-b.rules", "-e 2\n-w /etc/b -p wa\n")
    tree.write("/etc/audit/rules.d/9-a.rules", "-D\n-w /etc/a -p wa\n-w /etc/gone/x -p wa\n")
    tree.write("/etc/audit/rules.d/11-c.rules.off", "-w /etc/c\n")
    tree.write("/etc/a")
    (probe,) = audit.probes([DISK])
    output = tree.run(probe)
    (disk,) = audit.answer([DISK], {"linux.audit": output}, AS_ROOT)
    assert disk.gap is None
    assert [row["place"] for row in disk.rows] == [
        "/etc/audit/rules.d/9-a.rules:2",
        "/etc/audit/rules.d/9-a.rules:3",
        "/etc/audit/rules.d/10-b.rules:2",
    ]
    assert disk.rows[0]["refused"] is ABSENT
    assert "does not exist" in str(disk.rows[1]["refused"])
    assert "9-a.rules:3" in str(disk.rows[2]["refused"])


def test_an_ordinary_user_learns_nothing(tmp_path):
    if not ROOT:
        pytest.skip("taking a directory away from an ordinary user needs root")
    tree = Tree(tmp_path)
    tmp_path.chmod(0o755)
    tree.write("/etc/audit/rules.d/a.rules", "-w /a\n")
    (tmp_path / "etc/audit").chmod(0o700)
    (probe,) = audit.probes([DISK])
    found = audit.answer([DISK], {"linux.audit": tree.run(probe, ordinary=True)}, AS_ADA)
    assert found[0].gap is not None
    assert (found[0].gap.kind, found[0].gap.needs) == (Outcome.UNKNOWN, "root")
