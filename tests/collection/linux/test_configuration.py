"""Configuration files and drop-ins: read in the right order, masked as systemd does, never silently short."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import configuration
from scanner.collection.linux.configuration_lines import Style, rows_of
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, error
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, needs, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

_JOURNALD = {
    "path": "/etc/systemd/journald.conf",
    "drop_ins": "/etc/systemd/journald.conf.d/*.conf",
    "style": "equals",
}


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    for place in ("etc", "run", "usr/lib", "usr/local/lib", "lib"):
        (open_tmp / place).mkdir(parents=True)
    return Tree(open_tmp)


def _ask(tree: Tree, *, ordinary: bool = False, **where: str) -> Evidence:
    query = Query.of("linux.file_line", where)
    outputs = {probe.name: tree.run(probe, ordinary=ordinary) for probe in configuration.probes([query])}
    (evidence,) = configuration.answer([query], outputs, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def _values(evidence: Evidence) -> list[tuple[object, ...]]:
    return [(row["name"], row["value"], row["winning"]) for row in evidence.rows]


def test_a_file_of_names_and_values(tree: Tree):
    tree.write("/etc/a.conf", "# comment\n\nName  some value \n\tBare\nQuoted 'a b'\nHalf \"a\n; semi\nName\tlast")
    evidence = _ask(tree, path="/etc/a.conf")
    assert evidence.complete
    assert _values(evidence) == [
        ("Name", "some value", False),
        ("Bare", ABSENT, True),
        ("Quoted", "a b", True),
        ("Half", '"a', True),
        (";", "semi", True),
        ("Name", "last", True),
    ]
    assert [row["line"] for row in evidence.rows] == [3, 4, 5, 6, 7, 8]
    assert {row["path"] for row in evidence.rows} == {"/etc/a.conf"}


def test_a_file_of_assignments_with_sections(tree: Tree):
    tree.write("/etc/a.conf", "top = 1\n[One]\n; no\nkey=a=b\nflag\n[Two]\nkey =\n[open\n")
    evidence = _ask(tree, path="/etc/a.conf", style="equals")
    assert [(row["section"], row["name"], row["value"]) for row in evidence.rows] == [
        (ABSENT, "top", "1"),
        ("One", "key", "a=b"),
        ("One", "flag", ABSENT),
        ("Two", "key", ""),
        ("Two", "[open", ABSENT),
    ]


def test_a_line_goes_on_after_a_backslash_in_assignments_alone(tree: Tree):
    tree.write("/etc/a.conf", "key=a \\\n# within\n  b\\\n c\\\\\nnext=1\\")
    assert _values(_ask(tree, path="/etc/a.conf", style="equals")) == [("key", "a  b c\\\\", True), ("next", "1", True)]
    assert [row["line"] for row in _ask(tree, path="/etc/a.conf", style="equals").rows] == [1, 5]
    assert len(_ask(tree, path="/etc/a.conf").rows) == 4


def test_a_plain_line_is_its_own_name(tree: Tree):
    tree.write("/etc/a.conf", "  -w /etc/passwd -p wa = x\n#no\n")
    assert _values(_ask(tree, path="/etc/a.conf", style="plain")) == [("-w /etc/passwd -p wa = x", ABSENT, True)]


def test_neither_file_nor_drop_ins_is_an_empty_complete_list(tree: Tree):
    for where in ({"path": "/etc/none.conf"}, {"path": "/etc/none.conf", "drop_ins": "/etc/none.d/*.conf"}, _JOURNALD):
        evidence = _ask(tree, **where)
        assert evidence.complete
        assert evidence.rows == ()


def test_drop_ins_follow_the_main_file_by_name(tree: Tree):
    tree.write("/etc/a.conf", "k main\n")
    for name in ("b.conf", "a.conf", "z.txt", ".hidden.conf", "with space.conf"):
        tree.write(f"/etc/a.d/{name}", f"k {name}\n")
    (tree.base / "etc/a.d/dir.conf").mkdir()
    (tree.base / "etc/a.d/dangling.conf").symlink_to("/nowhere/at/all")
    evidence = _ask(tree, path="/etc/a.conf", drop_ins="/etc/a.d/*.conf")
    assert evidence.complete
    assert [row["value"] for row in evidence.rows] == ["main", "a.conf", "b.conf", "with space.conf"]
    assert [row["winning"] for row in evidence.rows] == [False, False, False, True]


def _layers(tree: Tree) -> None:
    tree.write("/etc/systemd/journald.conf", "[Journal]\nStorage=auto\n")
    tree.write("/usr/lib/systemd/journald.conf.d/10-a.conf", "[Journal]\nStorage=vendor\n")
    tree.write("/usr/lib/systemd/journald.conf.d/50-masked.conf", "[Journal]\nStorage=masked\n")
    tree.link("/etc/systemd/journald.conf.d/50-masked.conf", "/dev/null")
    tree.write("/run/systemd/journald.conf.d/60-b.conf", "[Journal]\nStorage=run\n")
    tree.write("/etc/systemd/journald.conf.d/70-c.conf", "[Journal]\nStorage=etc\n")
    tree.write("/run/systemd/journald.conf.d/70-c.conf", "[Journal]\nStorage=beaten\n")
    tree.write("/usr/local/lib/systemd/journald.conf.d/80-d.conf", "[Journal]\nStorage=local\n")
    tree.write("/usr/lib/systemd/journald.conf.d/80-d.conf", "[Journal]\nStorage=beaten too\n")


def test_systemds_drop_ins_of_all_places_are_merged_by_name(tree: Tree):
    _layers(tree)
    evidence = _ask(tree, **_JOURNALD)
    assert [row["value"] for row in evidence.rows] == ["auto", "vendor", "run", "etc", "local"]
    assert evidence.rows[-1]["path"] == "/usr/local/lib/systemd/journald.conf.d/80-d.conf"


def test_systemd_itself_reads_the_files_in_that_order(tree: Tree):
    needs("systemd-analyze")
    _layers(tree)
    done = subprocess.run(
        ["systemd-analyze", f"--root={tree.base}", "cat-config", "systemd/journald.conf"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = [line.removeprefix(f"# {tree.base}") for line in done.stdout.splitlines() if line.startswith("# /")]
    masked = "/etc/systemd/journald.conf.d/50-masked.conf"
    assert [str(row["path"]) for row in _ask(tree, **_JOURNALD).rows] == [path for path in told if path != masked]


def test_systemds_main_file_may_lie_in_a_later_place(tree: Tree):
    tree.write("/usr/lib/systemd/journald.conf", "[Journal]\nStorage=vendor\n")
    assert [row["path"] for row in _ask(tree, **_JOURNALD).rows] == ["/usr/lib/systemd/journald.conf"]
    tree.write("/run/systemd/journald.conf", "[Journal]\nStorage=run\n")
    assert [row["path"] for row in _ask(tree, **_JOURNALD).rows] == ["/run/systemd/journald.conf"]


def _open(evidence: Evidence) -> Gap:
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.UNKNOWN
    assert evidence.gap.needs == "root"
    return evidence.gap


def test_a_closed_file_is_unknown(tree: Tree):
    tree.write("/etc/a.conf", "k v\n", mode=0o000)
    evidence = _ask(tree, ordinary=True, path="/etc/a.conf")
    assert evidence.rows == ()
    assert "/etc/a.conf may not be read" in _open(evidence).reason


def test_a_closed_drop_in_leaves_open_what_wins(tree: Tree):
    tree.write("/etc/a.conf", "k 1\nk 2\n")
    tree.write("/etc/a.d/z.conf", "k 3\n", mode=0o000)
    evidence = _ask(tree, ordinary=True, path="/etc/a.conf", drop_ins="/etc/a.d/*.conf")
    assert "/etc/a.d/z.conf" in _open(evidence).reason
    assert [row["winning"] for row in evidence.rows] == [False, evidence.gap]


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
@pytest.mark.parametrize("layered", [False, True])
def test_a_directory_that_may_not_be_listed_is_unknown(tree: Tree, mode: int, layered: bool):
    where = _JOURNALD if layered else {"path": "/etc/a.conf", "drop_ins": "/etc/a.d/*.conf"}
    closed = tree.write(
        "/usr/lib/systemd/journald.conf.d/a.conf" if layered else "/etc/a.d/a.conf", "[Journal]\nk = v\n"
    ).parent
    closed.chmod(mode)
    evidence = _ask(tree, ordinary=True, **where)
    closed.chmod(0o755)
    assert _open(evidence)
    assert not any(row["winning"] is True for row in evidence.rows)


def test_a_name_with_a_newline_is_told_and_forges_nothing(tree: Tree):
    for place in ("/etc/a.d", "/run/systemd/journald.conf.d"):
        tree.write(f"{place}/x\n>forged\n=k v\n..conf", "k w\n")
    plain = _ask(tree, path="/etc/a.conf", drop_ins="/etc/a.d/*.conf")
    for evidence in (plain, _ask(tree, **_JOURNALD)):
        assert evidence.gap is not None
        assert "newline" in evidence.gap.reason
        assert evidence.rows == ()


def test_bytes_of_any_kind_stay_on_their_line(tree: Tree):
    tree.write("/etc/a.conf", b"one \xff\ntwo a\0b\nthree \x85 x\r\n>four\n=five\n.six\n!seven")
    rows = _ask(tree, path="/etc/a.conf").rows
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert rows[0]["value"] == "\\xff"
    assert [row["name"] for row in rows[3:]] == [">four", "=five", ".six", "!seven"]


def test_a_directory_instead_of_a_file_is_an_error(tree: Tree):
    (tree.base / "etc/a.conf").mkdir()
    gap = _ask(tree, path="/etc/a.conf").gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


@pytest.mark.parametrize(
    "where",
    [
        {"path": "relative.conf"},
        {"path": "/etc/a.conf", "drop_ins": "etc/*.conf"},
        {"path": "/etc/a.conf", "drop_ins": "/etc/*.d/a.conf"},
        {"path": "/etc/a\nb"},
        {"path": "/etc/a\0b"},
        {"path": "/etc/\udcff"},
        {"path": ""},
    ],
)
def test_what_cannot_be_asked_is_an_error_and_asks_nothing(where: dict[str, str]):
    query = Query.of("linux.file_line", where)
    assert configuration.probes([query]) == []
    (evidence,) = configuration.answer([query], {}, AS_ROOT)
    assert evidence.gap is not None


def test_queries_that_differ_in_style_share_a_probe(tree: Tree):
    tree.write("/etc/a.conf", "k = v\n")
    queries = [Query.of("linux.file_line", {"path": "/etc/a.conf", "style": style}) for style in Style]
    queries.append(Query.of("linux.file_line", {"path": "/etc/b.conf"}))
    probes = configuration.probes(queries)
    assert len(probes) == 2
    found = configuration.answer(queries, {probe.name: tree.run(probe) for probe in probes}, AS_ROOT)
    assert [evidence.query for evidence in found] == queries
    assert [evidence.rows[0]["value"] if evidence.rows else None for evidence in found] == ["v", "= v", ABSENT, None]


@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]], ids=" ".join)
@pytest.mark.parametrize("path", ["/etc/it's.conf", "/etc/$(reboot).conf", "/etc/@main@ x.conf", "/etc/a<<b"])
def test_odd_paths_are_words_and_nothing_else(tree: Tree, shell: Sequence[str], path: str):
    needs(shell[0])
    tree.write(path, "k v\n")
    query = Query.of("linux.file_line", {"path": path, "drop_ins": path + ".d/*@x@"})
    (probe,) = configuration.probes([query])
    assert assemble([probe])
    moved = probe.script.replace("/etc/", f"{tree.base}/etc/")
    done = subprocess.run([shutil.which(shell[0]) or "", *shell[1:], "-c", moved], capture_output=True)
    stdout = done.stdout.replace(str(tree.base).encode(), b"")
    (evidence,) = configuration.answer([query], {probe.name: Output(stdout=stdout, status=done.returncode)}, AS_ROOT)
    assert (evidence.gap, len(evidence.rows)) == (None, 1)
    assert evidence.rows[0]["path"] == path


@pytest.mark.parametrize(
    "output",
    [
        Output(stdout=b">/etc/a.conf\n=k v\n", status=0),
        Output(stdout=b"", status=0),
        Output(stdout=b">/etc/a.conf\n=k v\n.\n>/etc/b", status=0),
        Output(stdout=b">/etc/a.conf\n=k v\n.\n", truncated=True),
        Output(stdout=b">/etc/a.conf\n=k v\n.\n", status=2, stderr="sh: syntax error"),
        Output(status=None, missing="cut"),
    ],
)
def test_an_output_that_is_not_whole_is_never_complete(output: Output):
    query = Query.of("linux.file_line", {"path": "/etc/a.conf"})
    (probe,) = configuration.probes([query])
    (evidence,) = configuration.answer([query], {probe.name: output}, AS_ROOT)
    assert evidence.gap is not None
    assert not any(row["winning"] is True for row in evidence.rows)


@given(st.one_of(st.binary(max_size=200), st.text(alphabet='>=.!/ab\n[]\\"#; é', max_size=80).map(str.encode)))
def test_whatever_comes_gives_sound_evidence(stdout: bytes):
    queries = [Query.of("linux.file_line", {"path": "/etc/a.conf", "style": style}) for style in Style]
    (probe,) = configuration.probes(queries)
    for evidence in configuration.answer(queries, {probe.name: Output(stdout=stdout)}, AS_ROOT):
        check(evidence)


_LINES = st.lists(st.text(alphabet="ab= \t[]#;\\\"'", max_size=12), max_size=12)


@given(_LINES, st.sampled_from(Style))
def test_directives_stand_in_order_and_one_of_each_name_wins(lines: list[str], style: Style):
    rows = rows_of([("/a", lines), ("/b", lines)], style, None)
    places = [(row["path"], row["line"]) for row in rows]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    names = {(row["section"], row["name"]) for row in rows}
    assert sum(row["winning"] is True for row in rows) == len(names)
    assert all(row["path"] == "/b" for row in rows if row["winning"])


@given(_LINES, st.sampled_from(Style))
def test_nothing_wins_for_certain_while_a_file_is_missing(lines: list[str], style: Style):
    gap = error("cut")
    for row in rows_of([("/a", lines)], style, gap):
        assert row["winning"] in (False, gap)


@given(_LINES)
def test_every_line_that_says_something_is_told(lines: list[str]):
    told = [line for line in lines if line.strip(" \t") and not line.strip(" \t").startswith("#")]
    assert [row["name"] for row in rows_of([("/a", lines)], Style.PLAIN, None)] == [line.strip(" \t") for line in told]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            'action(type="ommysql" server="db" pwd="hunter2" db="logs")',
            'action(type="ommysql" server="db" pwd=*** db="logs")',
        ),
        ("DB_PASSWORD=hunter2", "DB_PASSWORD=***"),
        ("password hunter2 user ada", "password *** user ada"),
        ("api_key: 'hunter 2', secret=hunter2", "api_key: ***, secret=***"),
        ("PasswordAuthentication no", "PasswordAuthentication no"),
        ("password\t[success=1 default=ignore]\tpam_unix.so", "password\t[success=1 default=ignore]\tpam_unix.so"),
        ("password requisite pam_pwquality.so", "password requisite pam_pwquality.so"),
        ("token", "token"),
        ("passwd:         files systemd", "passwd:         files systemd"),
        ("-w /etc/passwd -p wa", "-w /etc/passwd -p wa"),
        ("PASS_MAX_DAYS 365", "PASS_MAX_DAYS 365"),
        ("unix-chkpwd (enforce)", "unix-chkpwd (enforce)"),
        ("unix-chkpwd (hunter)", "unix-chkpwd ***)"),
    ],
)
def test_what_looks_like_a_secret_does_not_leave_the_host(tree: Tree, line: str, shown: str) -> None:
    tree.write("etc/app.conf", f"{line}\n")
    found = _ask(tree, path="/etc/app.conf", style="plain")
    assert [row["name"] for row in found.rows] == [shown]


def test_a_value_that_was_cut_is_not_known(tree: Tree) -> None:
    tree.write("etc/app.conf", "password = hunter2\nmode = 1\n")
    found = _ask(tree, path="/etc/app.conf", style="equals")
    assert [row["name"] for row in found.rows] == ["password", "mode"]
    assert isinstance(found.rows[0]["value"], Gap)
    assert found.rows[1]["value"] == "1"
