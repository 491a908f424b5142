"""Actions of rsyslog in both syntaxes; nothing that is not understood passes by silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import rsyslog
from scanner.collection.linux.probe import Output
from scanner.collection.linux.rsyslog_rules import facilities_of, rows_of
from scanner.facts.linux.rsyslog import FACILITIES
from scanner.model.evidence import ABSENT, Evidence, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.rsyslog_action")


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    return Tree(open_tmp)


def _ask(tree: Tree, *, ordinary: bool = False) -> Evidence:
    (probe,) = rsyslog.probes([QUERY])
    output = tree.run(probe, ordinary=ordinary)
    (evidence,) = rsyslog.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def _actions(text: str) -> list[tuple[object, ...]]:
    rows, odd = rows_of("/a", text.split("\n"))
    assert odd == 0
    return [(row["selector"], row["kind"], row["target"], row["line"]) for row in rows]


@pytest.mark.parametrize(
    ("text", "kind", "target", "protocol"),
    [
        ("*.* @loghost", "forward", "loghost", "udp"),
        ("*.*\t@@loghost:6514;format", "forward", "loghost", "tcp"),
        ("*.* @@(o,z9)[2001:db8::1]:514", "forward", "[2001:db8::1]", "tcp"),
        ("*.* -/var/log/a;fmt", "file", "/var/log/a", ABSENT),
        ("*.* ?Dynamic", "file", "Dynamic", ABSENT),
        ("*.* |/dev/xconsole", "file", "/dev/xconsole", ABSENT),
        ("*.* root, bob", "user", "root, bob", ABSENT),
        ("*.* *", "user", "*", ABSENT),
        ("*.* :omusrmsg:root", "user", "root", ABSENT),
        ("*.* ^/usr/bin/x;fmt", "program", "/usr/bin/x", ABSENT),
        ("*.* ~", "discard", "", ABSENT),
        ("*.* stop", "discard", "", ABSENT),
        ("stop", "discard", "", ABSENT),
        ("*.* :ommysql:***", "other", "ommysql", ABSENT),
        ('action(type="omfwd" Target="a.b" protocol="TCP" port="6514")', "forward", "a.b", "tcp"),
        ('action(type="omfwd" target="a.b")', "forward", "a.b", "udp"),
        ('*.* action(type="omrelp"\n  target="a.b" # why\n  port="20514")', "forward", "a.b", "relp"),
        ('action(type="omfile" file="/a (b)")', "file", "/a (b)", ABSENT),
        ('action(type="omprog" binary="/x")', "program", "/x", ABSENT),
        ('action(type="omelasticsearch" server="a")', "other", "omelasticsearch", ABSENT),
    ],
)
def test_one_action(text: str, kind: str, target: str, protocol: object):
    (row,), odd = rows_of("/a", text.split("\n"))
    assert odd == 0
    assert (row["kind"], row["target"], row["protocol"]) == (kind, target, protocol)
    assert row["facilities"] == list(FACILITIES)


def test_what_is_no_action_is_skipped():
    text = '# *.* @a\nmodule(load="imuxsock") # x\n$ModLoad imklog\n$IncludeConfig /etc/x/*.conf\n/* *.* @b\n*/\ninput(type="imudp" port="514")\n'
    text += 'template(name="t" type="string" string="%msg% (x) # y\\n")\nglobal(a="b")\nset $.x = "y";\nmail.* /m\n'
    assert _actions(text) == [("mail.*", "file", "/m", 11)]


def test_conditions_and_rulesets_choose():
    text = 'if $programname == "x" then {\n  action(type="omfile" file="/x")\n  stop\n} else { /y }\n'
    assert [action[:3] for action in _actions(text.replace("{ /y }", '{ action(type="omfile" file="/y") }'))] == [
        ('if $programname == "x"', "file", "/x"),
        ('if $programname == "x"', "discard", ""),
        ("else", "file", "/y"),
    ]
    text = 'if $msg contains "then {" then /z\nruleset(name="r") {\n  *.* @a\n}\n:msg, contains, "[UFW " /u\n& stop\nmail.* /m\n& @b'
    rows, odd = rows_of("/a", text.replace("then /z", 'then action(type="omfile" file="/z")').split("\n"))
    assert odd == 0
    assert [(row["target"], len(row["facilities"])) for row in rows] == [
        ("/z", 0),
        ("a", 0),
        ("/u", 0),
        ("", 0),
        ("/m", 1),
        ("b", 1),
    ]  # type: ignore[arg-type]


def test_a_selector_may_stand_before_a_block():
    rows, odd = rows_of("/a", ["mail.* {", '  action(type="omfile" file="/m")', "  @b", "}", "cron.* /c"])
    assert [row["facilities"] for row in rows] == [[], ["cron"]]
    assert odd == 3


@pytest.mark.parametrize(
    ("selector", "facilities"),
    [
        ("mail.*", ["mail"]),
        ("auth,authpriv.info", ["auth", "authpriv"]),
        ("*.*;auth,authpriv.none", [name for name in FACILITIES if name not in ("auth", "authpriv")]),
        ("*.none;mail.=err", ["mail"]),
        ("MAIL.!info;unknown.*", ["mail"]),
    ],
)
def test_facilities_of_selectors(selector: str, facilities: list[str]):
    assert facilities_of(selector) == facilities


@pytest.mark.parametrize("text", ["what is this?", "mail.* (x)", 'action(type="omfile"', 'if $a == "b"', "*.* <x>"])
def test_what_is_not_understood_is_told(text: str):
    assert rows_of("/a", ["", text])[1] == 2


def test_all_ways_to_other_files_are_followed(tree: Tree):
    base = tree.base
    tree.write(
        "/etc/rsyslog.conf",
        f'$IncludeConfig {base}/etc/rsyslog.d/*.conf\n# include(file="{base}/etc/no.conf")\ninclude(file="{base}/etc/new/*.conf"\n  mode="optional")\n$includeconfig {base}/etc/folder/\n',
    )
    for path in ("rsyslog.d/a.conf", "rsyslog.d/b.txt", "no.conf", "new/c.conf", "folder/d"):
        tree.write(f"/etc/{path}", f"*.* /{path}\n")
    evidence = _ask(tree)
    assert evidence.complete
    assert [row["target"] for row in evidence.rows] == ["/rsyslog.d/a.conf", "/folder/d", "/new/c.conf"]


def test_passwords_stay_on_the_host(tree: Tree):
    text = '*.* :ommysql:host,db,user,s3cret\naction(type="ommysql" uid="u" pwd="s3cret" Password = "s3cret")\n$ActionLibdbiPassword s3cret\n'
    tree.write("/etc/rsyslog.conf", text)
    (probe,) = rsyslog.probes([QUERY])
    assert b"s3cret" not in tree.run(probe).stdout
    assert [row["target"] for row in _ask(tree).rows] == ["ommysql", "ommysql"]


@pytest.mark.parametrize("closed", ["etc/rsyslog.conf", "etc/rsyslog.d", "etc/rsyslog.d/a.conf"])
def test_what_is_closed_is_unknown(tree: Tree, closed: str):
    tree.write("/etc/rsyslog.conf", f"$IncludeConfig {tree.base}/etc/rsyslog.d/*.conf\n")
    tree.write("/etc/rsyslog.d/a.conf", "*.* /a\n")
    (tree.base / closed).chmod(0)
    gap = _ask(tree, ordinary=True).gap
    (tree.base / closed).chmod(0o755)
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


def test_an_include_without_a_file_and_one_of_itself_are_told(tree: Tree):
    tree.write("/etc/rsyslog.conf", 'include(text="*.* @a")\n')
    assert _ask(tree).gap is not None
    tree.write("/etc/rsyslog.conf", f"$IncludeConfig {tree.base}/etc/rsyslog.conf\n")
    assert _ask(tree).gap is not None


def test_without_a_configuration_there_are_no_actions(tree: Tree):
    evidence = _ask(tree)
    assert evidence.complete
    assert evidence.rows == ()


@pytest.mark.parametrize("output", [Output(missing="cut"), Output(stdout=b"=/etc/rsyslog.conf\n"), Output(status=2)])
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = rsyslog.answer([QUERY], {"linux.rsyslog_action": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


@given(st.lists(st.text(alphabet='*.@/:;,{}()"\\#$& aif=then~|^\v\n', max_size=20), max_size=8))
def test_whatever_comes_gives_sound_rows(lines: list[str]):
    output = Output(stdout="\n".join(["=/etc/rsyslog.conf", *(" " + line for line in lines), "?end"]).encode())
    (evidence,) = rsyslog.answer([QUERY], {"linux.rsyslog_action": output}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.rsyslog_action"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
