"""Dot files: hostile names, links, foreign owners; a home that may not be listed is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import dotfiles
from scanner.collection.linux.probe import Output, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

(PROBE,) = [probe for probe in dotfiles.probes([Query("linux.dot_file")]) if probe.name == "dotfiles"]
FILE = b"file 81a4\t1000\t1000\t1\t1\tada\tada\t/home/ada/%s"


def ask(told: bytes | Output, session: Session = AS_ROOT, passwd: str = "") -> Evidence:
    outputs = {
        "dotfiles": told if isinstance(told, Output) else Output(stdout=told),
        "accounts.passwd": Output(stdout=(passwd or "=ada:x:1000:1000:Ada:/home/ada:/bin/bash\n").encode()),
        "accounts.shells": Output(stdout=b"/bin/bash\n"),
        "accounts.login_defs": Output(stdout=b"UID_MIN 1000\n"),
    }
    (evidence,) = dotfiles.answer([Query("linux.dot_file")], outputs, session)
    check(evidence)
    return evidence


def home(*records: bytes, end: bytes = b"listed") -> bytes:
    return b"".join(record + b"\0" for record in (b"home /home/ada", *records, end, b"end"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b".forward", "forward"),
        (b".rhosts", "rhosts"),
        (b".shosts", "rhosts"),
        (b".netrc", "netrc"),
        (b".bash_history", "history"),
        (b".bashrc", "other"),
    ],
)
def test_kinds(name: bytes, kind: str):
    (row,) = ask(home(FILE % name)).rows
    assert row["kind"] == kind
    assert row["mode"] == "0644"
    assert row["owned"] is True


def test_links_that_lead_nowhere_count_only_where_their_name_lets_in():
    (row,) = ask(home(b"dangling /home/ada/.rhosts", b"dangling /home/ada/.vimrc")).rows
    assert row["path"] == "/home/ada/.rhosts"
    assert row["mode"] is ABSENT


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (home(end=b"closed"), Outcome.UNKNOWN),
        (home(end=b"many"), Outcome.ERROR),
        (b"home /home/ada\0" + FILE % b".bashrc" + b"\0", Outcome.ERROR),
        (b"", Outcome.ERROR),
        (Output(stdout=home(), truncated=True), Outcome.ERROR),
        (Output(status=None, missing="the answer ends before it"), Outcome.ERROR),
    ],
)
def test_a_home_that_was_not_listed_is_a_gap(told: bytes | Output, kind: Outcome):
    gap = ask(told, AS_ADA).gap
    assert gap is not None
    assert gap.kind is kind


def test_a_link_that_may_not_be_followed_is_a_gap_in_its_row():
    (row,) = ask(home(b"hidden /home/ada/.vimrc"), AS_ADA).rows
    assert isinstance(row["mode"], Gap)
    assert row["mode"].needs == "root"


def test_accounts_that_cannot_log_in_are_left_out():
    assert ask(home(FILE % b".forward"), passwd="=ada:x:1:1::/home/ada:/usr/sbin/nologin\n").rows == ()


def run(tree: Tree, *, ordinary: bool = False) -> Mapping[str, Row]:
    found = ask(tree.run(PROBE, ordinary=ordinary), AS_ADA if ordinary else AS_ROOT)
    assert found.gap is None or ordinary
    return {str(row["path"]): row for row in found.rows}


def test_the_probe_takes_any_name(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"ada:x:1000:1000:Ada:{open_tmp}/home/ada:/bin/bash\n")
    for name in (".a\nb", ".-rf", "..c", ". d", ".e\t", ".f*"):
        tree.write(f"/home/ada/{name}")
    tree.write("/home/ada/visible")
    tree.write("/home/ada/.config/.inner")
    tree.link("/home/ada/.null", "/dev/null")
    tree.link("/home/ada/.gone", "/nowhere")
    found = run(tree)
    assert sorted(path.removeprefix("/home/ada/") for path in found) == sorted(
        [".a\\x0ab", ".-rf", "..c", ". d", ".e\\x09", ".f*"]
    )


def test_the_probe_of_an_empty_or_missing_home_is_whole(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"ada:x:1000:1000:Ada:{open_tmp}/home/ada:/bin/bash\n")
    assert run(tree) == {}
    (open_tmp / "home/ada").mkdir(parents=True)
    assert run(tree) == {}


def test_too_many_files_are_an_error(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"ada:x:1000:1000:Ada:{open_tmp}/home/ada:/bin/bash\n")
    for number in range(1005):
        tree.write(f"/home/ada/.{number}")
    gap = ask(tree.run(PROBE)).gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


@pytest.mark.skipif(not ROOT, reason="takes a directory that may not be read")
@pytest.mark.parametrize("mode", [0o700, 0o711, 0o744])
def test_a_closed_home_is_unknown(open_tmp: Path, mode: int):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"ada:x:1000:1000:Ada:{open_tmp}/home/ada:/bin/bash\n")
    tree.write("/home/ada/.forward")
    (open_tmp / "home/ada").chmod(mode)
    gap = ask(tree.run(PROBE, ordinary=True), AS_ADA).gap
    assert gap is not None
    assert gap.needs == "root"


@given(
    st.lists(
        st.one_of(st.binary(max_size=20), st.sampled_from([*home(FILE % b".x").split(b"\0"), b"many", b"hidden /y"])),
        max_size=10,
    )
)
def test_whatever_comes_gives_sound_evidence(records: list[bytes]):
    ask(b"\0".join(records) + b"\0")
