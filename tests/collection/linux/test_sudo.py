"""sudo: its files are read as sudo reads them, and whatever hides a rule is a gap."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import sudo
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.sudo_files import policy
from scanner.collection.linux.sudo_grammar import Command, Default, Refused, Rule, entries
from scanner.collection.linux.sudo_script import FILES
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree, needs, open_tmp
from tests.collection.linux.sudoers_text import made, ours, theirs
from tests.collection.parity import check

__all__ = ["open_tmp"]

OPTIONS = "Configure options: --with-timeout=15 --with-sssd"
VERSION = f"""Sudo version 1.9.15p5
{OPTIONS}
Sudoers path: /etc/sudoers
Authentication timestamp timeout: 15.0 minutes
Require users to authenticate by default
Always run commands in a pseudo-tty
"""
STOCK = "Defaults use_pty\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
GOOD = "Sregular file:440:0:0"


def shown(path: str, text: str, stat: str = GOOD, end: str = ".") -> str:
    return "\n".join([f">{path}", stat, *(f"={line}" for line in text.splitlines()), end, ""])


def listed(path: str, *names: str, stat: str = "Sdirectory:755:0:0", end: str = ".") -> str:
    return "\n".join([f">{path}", stat, *(f"e{name}" for name in names), end, ""])


def host(main: str = STOCK, *more: str, switch: str = "", settings: str = "", head: str = "Hweb1\nI1\n") -> str:
    parts = [shown("/etc/nsswitch.conf", switch), shown("/etc/sudo.conf", settings), shown("/etc/sudoers", main)]
    return head + "".join([*parts, *(more or [listed("/etc/sudoers.d")])]) + "E\n"


def ask(files: str | Output, version: str | Output = VERSION, session: Session = AS_ROOT) -> Mapping[str, Evidence]:
    outputs = {
        "sudo.files": files if isinstance(files, Output) else Output(stdout=files.encode()),
        "sudo.version": version if isinstance(version, Output) else Output(stdout=version.encode()),
    }
    found = sudo.answer([Query(fact) for fact in sudo.FACTS], outputs, session)
    for evidence in found:
        check(evidence)
    return {evidence.query.fact.removeprefix("linux.sudo_"): evidence for evidence in found}


def settings(files: str, version: str | Output = VERSION) -> Row:
    (row,) = ask(files, version)["settings"].rows
    return row


def rules(text: str) -> list[Row]:
    return list(ask(host(text))["rule"].rows)


def test_a_stock_host_is_whole():
    found = ask(host())
    assert all(evidence.complete for evidence in found.values())
    assert found["settings"].rows[0] == {
        "installed": True,
        "version": "1.9.15p5",
        "use_pty": True,
        "logfile": ABSENT,
        "authenticate": True,
        "timestamp_timeout": 900,
    }
    assert [row["who"] for row in found["rule"].rows] == ["root"]


def test_all_facts_share_the_probes():
    assert [probe.name for probe in sudo.probes([Query(fact) for fact in sudo.FACTS])] == ["sudo.files", "sudo.version"]
    assert sudo.probes([]) == []


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("ada ALL=NOPASSWD: /a, /b", [True, True]),
        ("ada ALL=NOPASSWD: /a, PASSWD: /b, /c", [True, False, False]),
        ("ada ALL=/a, NOPASSWD:/b", [False, True]),
        ("ada ALL=NOPASSWD: /a : web1 = /b", [True, False]),
        ("ada ALL=NOPASSWD :NOEXEC: ALL", [True]),
        ("ada ALL=(root) /bin/echo NOPASSWD\\:", [False]),
        ("ada ALL=/a, \\\n  NOPASSWD: /b", [False, True]),
        ("# ada ALL=NOPASSWD: ALL", []),
        ("#1000 ALL=NOPASSWD: ALL", [True]),
        ("#ada ALL=NOPASSWD: ALL", []),
    ],
)
def test_tags_hold_for_the_commands_that_follow(text: str, asks: list[bool]):
    assert [row["nopasswd"] for row in rules(text)] == asks


def test_aliases_of_users_are_replaced_by_their_members():
    text = "ada,OPS,!OPS ALL=ALL\nUser_Alias OPS = ben, !eva, LOOP : LOOP = OPS\n"
    (row,) = rules(text)
    assert row["who"] == "ada, OPS, !OPS"
    assert row["users"] == ["ada", "ben", "!eva", "OPS", "!ben", "eva", "!OPS"]


def test_an_alias_that_grows_beyond_measure_stays_a_name():
    text = "".join(f"User_Alias A{number} = A{number + 1}, A{number + 1}\n" for number in range(40))
    assert rules(text + "A0 ALL=ALL\n")[0]["users"] == ["A0"]


def winning(text: str) -> list[tuple[Cell, Cell]]:
    return [(row["scope"], row["winning"]) for row in ask(host(text))["default"].rows]


def test_a_later_global_setting_replaces_all_but_those_of_commands():
    text = (
        "Defaults use_pty\nDefaults:ada !use_pty\nDefaults!/bin/ls !use_pty\nDefaults use_pty\nDefaults>ben !use_pty\n"
    )
    assert winning(text) == [
        ("global", False),
        ("user ada", False),
        ("command /bin/ls", True),
        ("global", True),
        ("runas ben", True),
    ]


@pytest.mark.parametrize(
    ("line", "name", "cell"),
    [
        ("Defaults !use_pty", "use_pty", False),
        ("Defaults logfile=/var/log/sudo.log", "logfile", "/var/log/sudo.log"),
        ('Defaults logfile="/var/log/a b"', "logfile", "/var/log/a b"),
        ("Defaults !authenticate", "authenticate", False),
        ("Defaults timestamp_timeout=2.5", "timestamp_timeout", 150),
        ("Defaults timestamp_timeout=-1", "timestamp_timeout", ABSENT),
        ("Defaults !timestamp_timeout", "timestamp_timeout", 0),
    ],
)
def test_global_settings(line: str, name: str, cell: Cell):
    assert settings(host(line), f"Sudo version 1.9.13p3\n{OPTIONS}\n")[name] == cell


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Defaults timestamp_timeout=soon", "timestamp_timeout"),
        ("Defaults timestamp_timeout", "timestamp_timeout"),
        ("Defaults logfile=sudo.log", "logfile"),
        ("Defaults use_pty=yes", "use_pty"),
    ],
)
def test_a_setting_that_sudo_refuses_is_a_gap(line: str, name: str):
    assert isinstance(settings(host(line), f"Sudo version 1.9.13p3\n{OPTIONS}\n")[name], Gap)


def test_what_is_compiled_in_counts_where_nothing_is_set():
    old = settings(host("root ALL=ALL"), "Sudo version 1.9.13p3\nConfigure options: --with-x\n")
    assert (old["use_pty"], old["timestamp_timeout"]) == (False, 300)
    new = settings(host("root ALL=ALL"), f"Sudo version 1.9.14\n{OPTIONS}\n")
    assert (new["use_pty"], new["timestamp_timeout"]) == (True, 900)


def test_sudo_itself_has_the_last_word():
    disputed = settings(host("Defaults !use_pty\nDefaults:ada timestamp_timeout=1"), VERSION)
    assert isinstance(disputed["use_pty"], Gap)
    assert disputed["timestamp_timeout"] == 900


@pytest.mark.parametrize("said", ["", "sudo-rs 0.2.3\n", "Sudo version x\n", "sudo: command not found\n"])
def test_another_sudo_than_the_one_that_is_known_decides_nothing(said: str):
    found = ask(host(), said)
    assert all(isinstance(found["settings"].rows[0][name], Gap) for name in ("use_pty", "timestamp_timeout"))
    assert found["rule"].gap is not None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (host(STOCK, "E\n"), "was not shown"),
        (host("@include /etc/more"), "/etc/more is included but was not shown"),
        (host("@include /etc/more", ">/etc/more\n!stat: No such file or directory\n"), "does not exist"),
        (host("@include more", shown("/etc/more", "", "Sregular file:646:0:0")), "writable by others"),
        (host("@include more", shown("/etc/more", "", "Sregular file:660:0:9")), "writable by others"),
        (host("@include more", shown("/etc/more", "", "Sregular file:440:7:0")), "owned by uid 7"),
        (host("@include more", shown("/etc/more", "", "Sfifo:440:0:0")), "regular file"),
        (host("@include more", shown("/etc/more", "", end="")), "was not shown to its end"),
        (host("@includedir d", listed("/etc/d", stat="Sdirectory:777:0:0")), "writable by others"),
        (host("@includedir d", listed("/etc/d", end="!a newline stands in the name")), "newline"),
        (host("@include /etc/sudoers"), "too many"),
        (host("bob ALL=(root ALL"), "/etc/sudoers:1: sudo does not understand"),
        (host("User_Alias A = b\nUser_Alias A = c"), "a second time"),
        (host(settings="Plugin sudoers_policy sudoers.so sudoers_file=/etc/other"), "/etc/sudo.conf"),
        (host(settings="Plugin other_policy other.so"), "/etc/sudo.conf"),
        (host().removesuffix("E\n"), "not all shown"),
        (host(STOCK, ">/etc/sudoers.d\n!stat: cannot statx '/etc/sudoers.d': Input/output error\n"), "Input/output"),
        ("I1\nE\n", "was not shown"),
        ("", "not all shown"),
    ],
)  # fmt: skip
def test_what_hides_rules_is_an_error(files: str, reason: str):
    found = ask(files)
    for name in ("rule", "default"):
        gap = found[name].gap
        assert gap is not None
        assert gap.kind is Outcome.ERROR
        assert reason in gap.reason
    assert isinstance(found["settings"].rows[0]["use_pty"], Gap)


def test_a_setting_of_a_file_that_sudo_ignores_does_not_count():
    found = ask(host("@include more", shown("/etc/more", "Defaults use_pty", "Sregular file:666:0:0")))
    assert found["default"].rows == ()


@pytest.mark.parametrize(
    ("switch", "libraries", "kind"),
    [
        ("sudoers: files sss", "Lsss\n", Outcome.UNKNOWN),
        ("SUDOERS: files [SUCCESS=return] sss # x", "Lsss\n", Outcome.UNKNOWN),
        ("sudoers: sss", "Lsss\n", Outcome.UNKNOWN),
        ("sudoers: files sss", "", None),
        ("sudoers: files ldap", "", None),
        ("sudoers: files\nsudoers: sss", "Lsss\n", None),
        ("passwd: sss", "Lsss\n", None),
    ],
)
def test_rules_of_a_directory_service_make_the_list_incomplete(switch: str, libraries: str, kind: Outcome | None):
    gap = ask(host(switch=switch, head="Hweb1\nI1\n" + libraries))["rule"].gap
    assert (gap.kind if gap else None) is kind


def test_ldap_counts_where_sudo_can_speak_it():
    gap = ask(host(switch="sudoers: files ldap"), VERSION.replace("--with-sssd", "--with-ldap"))["rule"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN


def test_a_host_without_sudo_has_no_settings():
    gone = ">/etc/sudoers\n!stat: No such file or directory\n"
    found = ask(f"Hweb1\nI0\n{gone}E\n", "")
    assert all(evidence.complete for evidence in found.values())
    assert found["settings"].rows[0]["installed"] is False
    assert found["settings"].rows[0]["use_pty"] is ABSENT


@pytest.mark.parametrize(
    "output",
    [
        Output(truncated=True),
        Output(timed_out=True, status=124),
        Output(status=None, missing="the answer ends before it"),
    ],
)
def test_files_that_were_not_shown_decide_nothing(output: Output):
    found = ask(output)
    assert all(found[name].gap is not None for name in ("rule", "default"))
    assert all(isinstance(cell, Gap) for name, cell in found["settings"].rows[0].items() if name != "version")


def test_denied_files_are_unknown_and_name_root():
    denied = shown("/etc/sudoers", "", end="!sh: 1: cannot open /etc/sudoers: Permission denied")
    files = "Hweb1\nI1\n" + shown("/etc/nsswitch.conf", "") + shown("/etc/sudo.conf", "") + denied + "E\n"
    found = ask(files, "Sudo version 1.9.15p5\n", AS_ADA)
    assert [found[name].gap and found[name].gap.needs for name in ("rule", "default")] == ["root", "root"]
    cell = found["settings"].rows[0]["use_pty"]
    assert isinstance(cell, Gap)
    assert cell.needs == "root"


def test_the_probe_finds_what_is_included(open_tmp: Path):
    tree = Tree(open_tmp)
    base = open_tmp
    tree.write("/etc/sudoers", f'@include "a b"\n#includedir {base}/etc/d\n@include {base}/etc/x\\ y # why\n', 0o440)
    tree.write("/etc/a b", "ada ALL=ALL\n", 0o440)
    tree.write("/etc/x y", "@include sub\n", 0o440)
    tree.write("/etc/sub", "ben ALL=NOPASSWD: ALL\n", 0o440)
    for name in ("b", "a", "c.conf", "d~", "e"):
        tree.write(f"/etc/d/{name}", f"{name[0]} ALL=ALL\n", 0o440)
    output = tree.run(FILES)
    found = policy(output, OPTIONS)
    who = [placed.entry.users[0] for placed in found.entries if isinstance(placed.entry, Rule)]
    if ROOT:
        assert who == ["ada", "a", "b", "e", "ben"]
        assert found.gap is None


@pytest.mark.skipif(not ROOT, reason="as an ordinary user all files are refused for their owner")
def test_the_probe_says_what_it_may_not_read(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/sudoers", "root ALL=ALL\n", 0o440)
    gap = policy(tree.run(FILES, ordinary=True), OPTIONS).gap
    assert gap is not None
    assert gap.needs == "root"


def test_the_probe_survives_loops_and_newlines_in_names(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/sudoers", f"@include sudoers\n@includedir {open_tmp}/etc/d\n", 0o440)
    tree.write("/etc/d/a\nb", "", 0o440)
    found = policy(tree.run(FILES), OPTIONS)
    assert found.gap is not None
    assert found.gap.kind is Outcome.ERROR


def test_our_parser_reads_what_cvtsudoers_reads(tmp_path: Path):
    needs("cvtsudoers")
    program = shutil.which("cvtsudoers")
    assert program
    place = tmp_path / "sudoers"
    sound = 0
    for seed in range(150):
        text = made(random.Random(seed))
        place.write_text(text)
        expected = theirs([program], str(place))
        assert ours(text) == expected, text
        sound += expected is not None
    assert 50 < sound < 140


def test_escapes_digests_and_patterns():
    text = (
        'a\\ b,"%x y",%:dom\\\\g,+net ALL=sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= /bin/a\\:b -c\\, d,'
        " ^/usr/bin/.*$ ^-[a,b]$, sudoedit /etc/*, list\n"
    )
    (rule,) = entries(text)
    assert isinstance(rule, Rule)
    assert rule.users == ("a b", "%x y", "%:dom\\g", "+net")
    assert [command.text for command in rule.commands] == [
        "/bin/a:b -c, d",
        "^/usr/bin/.*$ ^-[a,b]$",
        "sudoedit /etc/*",
        "list",
    ]


def test_runas_lists_and_options():
    (rule,) = entries("a ALL=(b, !c : d) TIMEOUT=5m CWD=/tmp NOPASSWD: /e, /f, () /g, (:h) /i\n")
    assert isinstance(rule, Rule)
    assert rule.commands[1] == Command(
        "/f", 1, ("b", "!c"), ("d",), {"PASSWD": False}, {"TIMEOUT": "5m", "CWD": "/tmp"}
    )
    assert [command.runas_users for command in rule.commands[2:]] == [("",), ("",)]


@pytest.mark.parametrize(
    "line",
    ["a ALL", "a ALL=", "a ALL=(b", "a ALL=NOPASSWD:", "ALL", "Defaults", "Defaults:a", "User_Alias a = b", "@include",
     'Defaults x="a', "a ALL=:", "% ALL=ALL", "a :::1=ALL", "a ALL=sha256:zz /b", "Defaults x=", "a ALL=/b \\x", "a ALL=ALL\\"],
)  # fmt: skip
def test_a_line_that_sudo_refuses_is_named(line: str):
    assert next(iter(entries(f"{line}\nb ALL=ALL\n" if not line.endswith("\\") else line))) == Refused(1)


def test_values_of_defaults():
    text = 'Defaults:ada, !ben a="x \\"y\\" \\\n z", b=c\\ d, e += f, !g, !!h\n'
    found = [(one.name, one.operator, one.value) for one in entries(text) if isinstance(one, Default)]
    assert found == [("a", "=", 'x "y" z'), ("b", "=", "c d"), ("e", "+", "f"), ("g", "!", ""), ("h", "", "")]


_PIECES = [*"\"\\#:,=!()%+@~ \t\n^$/", "ALL", "Defaults", "NOPASSWD:", "sha256", "User_Alias", "@include", "/bin/ls", "a", "#1", "\x00", "é", "TIMEOUT="]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=40).map("".join))
def test_any_text_gives_entries(text: str):
    list(entries(text))


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(
                [*host().encode().split(b"\n"), b">/etc/sudoers", b"=@include /etc/sudoers", b"=#includedir x"]
            ),
        ),
        max_size=14,
    ).map(b"\n".join),
    st.sampled_from([VERSION, "", "Sudo version 1.9.9\nSudoers path: x\n"]),
)
def test_whatever_comes_gives_one_sound_evidence_per_query(files: bytes, version: str):
    assert len(ask(Output(stdout=files), version)) == 3
