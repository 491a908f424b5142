"""Texts shown at login: the files that are really shown, and what they give away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import banners
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.banner")


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    made = Tree(open_tmp)
    made.write("/usr/lib/os-release", 'ID=ubuntu\nNAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n')
    made.link("/etc/os-release", "../usr/lib/os-release")
    return made


def _ask(tree: Tree, *, ordinary: bool = False) -> Evidence:
    (probe,) = banners.probes([QUERY])
    output = tree.run(probe, ordinary=ordinary)
    (evidence,) = banners.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


def _rows(evidence: Evidence) -> dict[object, Row]:
    return {row["path"]: row for row in evidence.rows}


def test_no_text_anywhere_is_an_empty_complete_list(tree: Tree):
    evidence = _ask(tree)
    assert evidence.complete
    assert evidence.rows == ()


@pytest.mark.parametrize(
    ("text", "discloses"),
    [
        ("Authorised use only.\n", []),
        ("Ubuntu 24.04 LTS \\n \\l\n", ["ubuntu", "Ubuntu 24.04 LTS"]),
        ("UBUNTU server", ["ubuntu"]),
        ("kubuntus and ubuntux", []),
        ("This is \\s \\r (\\m) \\v and \\S{ID}", ["\\s", "\\r", "\\m", "\\v", "\\S"]),
        ("\\n at \\l, \\t", []),
        ("", []),
    ],
)
def test_details_that_a_text_gives(tree: Tree, text: str, discloses: list[str]):
    tree.write("/etc/issue", text)
    (row,) = _ask(tree).rows
    assert row["discloses"] == discloses
    assert row["text"] == text.rstrip()


def test_places_are_searched_as_the_programs_do(tree: Tree):
    for path in ("/etc/motd", "/run/motd", "/usr/lib/motd", "/etc/motd.d/a", "/run/motd.d/a", "/usr/lib/motd.d/b"):
        tree.write(path, path)
    for path in ("/run/issue", "/usr/lib/issue", "/etc/issue.d/a.issue", "/etc/issue.d/b.txt", "/etc/issue.net"):
        tree.write(path, path)
    rows = _rows(_ask(tree))
    assert [path for path, row in rows.items() if row["occasion"] == "motd"] == [
        "/etc/motd",
        "/etc/motd.d/a",
        "/usr/lib/motd.d/b",
    ]
    assert [path for path, row in rows.items() if row["occasion"] == "console"] == [
        "/run/issue",
        "/etc/issue.d/a.issue",
    ]
    assert rows["/etc/issue.net"]["occasion"] == "network"


def _scripts(tree: Tree, pam: str) -> None:
    tree.write("/etc/update-motd.d/00-header", "#!/bin/sh\n", mode=0o755)
    tree.write("/etc/pam.d/sshd", pam)


_RUNS = "session optional pam_motd.so motd=/run/motd.dynamic\nsession optional pam_motd.so noupdate\n"


def test_the_message_made_at_login_is_judged_where_pam_makes_it(tree: Tree):
    _scripts(tree, _RUNS)
    tree.write("/run/motd.dynamic", "Welcome to Ubuntu 24.04 LTS\n")
    (row,) = _ask(tree).rows
    assert (row["occasion"], row["discloses"]) == ("dynamic", ["ubuntu", "Ubuntu 24.04 LTS"])


@pytest.mark.parametrize("pam", ["", "#" + _RUNS.replace("\n", "\n#"), "session optional pam_motd.so noupdate\n"])
def test_what_pam_does_not_make_is_not_shown(tree: Tree, pam: str):
    _scripts(tree, pam)
    tree.write("/run/motd.dynamic", "Ubuntu\n")
    assert _ask(tree).rows == ()


def test_scripts_that_may_not_run_make_nothing(tree: Tree):
    _scripts(tree, _RUNS)
    (tree.base / "etc/update-motd.d/00-header").chmod(0o644)
    assert _ask(tree).rows == ()


def test_a_message_not_made_yet_is_an_error_and_not_absent(tree: Tree):
    _scripts(tree, _RUNS)
    (row,) = _ask(tree).rows
    assert isinstance(row["discloses"], Gap)


def test_files_of_sshd_are_told_even_when_missing(tree: Tree):
    tree.write(
        "/etc/ssh/sshd_config",
        f'Banner {tree.base}/etc/issue.net\n  banner="{tree.base}/etc/no such"\n#Banner /etc/x\nBanner none\n',
    )
    tree.write("/etc/ssh/sshd_config.d/a.conf", f"BANNER {tree.base}/etc/issue.ssh\n")
    tree.write("/etc/issue.ssh", "hello")
    tree.write("/etc/issue.net", "hello")
    rows = _rows(_ask(tree))
    assert {path: row["text"] for path, row in rows.items()} == {
        "/etc/issue.net": "hello",
        "/etc/issue.ssh": "hello",
        "/etc/no": ABSENT,
    }


def test_a_long_text_is_not_matched_but_judged(tree: Tree):
    tree.write("/etc/issue", "x" * 5000 + "\nUbuntu\n")
    (row,) = _ask(tree).rows
    assert isinstance(row["text"], Gap)
    assert row["discloses"] == ["ubuntu"]


def test_without_os_release_no_text_is_innocent(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/issue", "hello")
    (row,) = _ask(tree).rows
    assert isinstance(row["discloses"], Gap)


@pytest.mark.parametrize("path", ["/etc/issue", "/etc/issue.d/a.issue"])
def test_a_closed_file_is_unknown(tree: Tree, path: str):
    tree.write("/etc/issue", "hello")
    tree.write(path, "Ubuntu", mode=0)
    row = _rows(_ask(tree, ordinary=True))[path]
    for name in ("text", "discloses"):
        gap = row[name]
        assert isinstance(gap, Gap)
        assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


def test_a_closed_directory_makes_the_list_incomplete(tree: Tree):
    closed = tree.write("/etc/motd.d/a", "Ubuntu").parent
    closed.chmod(0)
    evidence = _ask(tree, ordinary=True)
    closed.chmod(0o755)
    assert evidence.gap is not None
    assert evidence.gap.needs == "root"


def test_names_with_a_newline_forge_nothing(tree: Tree):
    tree.write("/etc/motd.d/a\n* end\n=x", "Ubuntu")
    evidence = _ask(tree)
    assert evidence.gap is not None
    assert evidence.rows == ()


def test_control_characters_do_not_reach_the_text(tree: Tree):
    tree.write("/etc/issue", b"\x1b[2Jhello\xff\n\tworld\x00\n")
    (row,) = _ask(tree).rows
    assert row["text"] == "\\x1b[2Jhello\\xff\n\tworld\\x00"


@pytest.mark.parametrize("output", [Output(missing="cut"), Output(stdout=b"* release 6\n* motd\n"), Output(status=2)])
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = banners.answer([QUERY], {"linux.banner": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


WORDS = ["* release 6.1", "* motd", "* console", "* dynamic", "* ssh", "* end", "=/etc/issue", " Ubuntu", "!/etc/x", "-/etc/y", "?/etc/d", "+x",
         "~pam_motd.so", "=/etc/os-release", " ID=a", " NAME='b"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    (evidence,) = banners.answer([QUERY], {"linux.banner": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.banner"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
