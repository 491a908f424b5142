"""Keys of dconf: the compiled databases decide, in the order of the profile, locks included."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import dconf
from scanner.collection.linux.gvdb import read_gvdb
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import HOME, cases, written
from tests.support.gvdb import gvdb

__all__ = ["open_tmp"]

IDLE = "/org/gnome/desktop/session/idle-delay"
BANNER = "/org/gnome/login-screen/banner-message-text"
RECORDED = HOME / "linux.dconf_key"


def _outputs(case: str) -> bytes:
    return (RECORDED / case / "linux.dconf_key.out").read_bytes()


def _database(case: str, path: str) -> bytes:
    """Give a database as it was compiled on a real host."""
    lines = _outputs(case).split(b"=" + path.encode() + b"\n")[1].split(b"\n")
    return bytes.fromhex(" ".join(line.decode() for line in lines[: [line[:1] == b" " for line in lines].index(False)]))


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    made = Tree(open_tmp)
    made.write("/etc/dconf/profile/user", "# comment\nuser-db:user\nsystem-db:local # ours\n\nsystem-db:site\n")
    return made


def _ask(tree: Tree, key: str = IDLE, profile: str = "user", *, ordinary: bool = False) -> Row:
    query = Query.of("linux.dconf_key", {"profile": profile, "key": key})
    (probe,) = dconf.probes([query])
    # The shell composes these paths itself, with slashes that sed wants escaped.
    moved = probe.script.replace(r"\/etc\/dconf\/db\/", str(tree.base).replace("/", r"\/") + r"\/etc\/dconf\/db\/")
    for place in dconf._PLACES:
        moved = moved.replace(f" {place}", f" {tree.base}{place}")
    output = tree.run(type(probe)(probe.name, moved), ordinary=ordinary)
    (evidence,) = dconf.answer([query], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    (row,) = evidence.rows
    return row


def _compile(tree: Tree, name: str, key: str, kind: str, data: bytes, *locks: str) -> None:
    tree.write(f"/etc/dconf/db/{name}", gvdb({key: (kind, data)}, locks))


def _idle(tree: Tree, name: str, seconds: int, *locks: str) -> None:
    _compile(tree, name, IDLE, "u", seconds.to_bytes(4, "little"), *locks)


def test_a_recorded_database_is_read(tree: Tree):
    place = tree.write("/etc/dconf/db/local", _database("noble-hardened", "/etc/dconf/db/local"))
    row = _ask(tree)
    assert (row["value"], row["number"], row["locked"], row["pending"]) == ("900", 900, True, False)
    assert row["source"] == "/etc/dconf/db/local"
    tree.write("/etc/dconf/db/local.d/00-later", "[org/gnome/desktop/session]\nidle-delay=uint32 0\n")
    assert place.exists()
    assert _ask(tree)["pending"] is True
    assert _ask(tree)["value"] == "900"


def test_the_first_database_of_the_profile_wins(tree: Tree):
    _idle(tree, "local", 100)
    _idle(tree, "site", 200)
    row = _ask(tree)
    assert (row["number"], row["locked"]) == (100, False)


def test_the_lock_of_a_lower_database_hides_those_above(tree: Tree):
    _idle(tree, "local", 100, IDLE)
    _idle(tree, "site", 200, IDLE)
    row = _ask(tree)
    assert (row["number"], row["locked"], row["source"]) == (200, True, "/etc/dconf/db/site")


def test_without_a_database_for_users_everything_is_locked(tree: Tree):
    tree.write("/etc/dconf/profile/user", "system-db:local\n")
    _idle(tree, "local", 100)
    assert _ask(tree)["locked"] is True


def test_key_files_alone_are_not_in_effect(tree: Tree):
    tree.write("/etc/dconf/db/local.d/00-a", "[org/gnome/desktop/session]\nidle-delay=uint32 100\n")
    row = _ask(tree)
    assert row["source"] != "/etc/dconf/db/local"
    assert row["pending"] is True


def test_the_profile_of_the_distribution_counts_without_one_of_the_site(tree: Tree):
    tree.write("/usr/share/dconf/profile/gdm", "user-db:user\nsystem-db:site\n")
    _compile(tree, "site", BANNER, "s", b"It's ours\0")
    assert _ask(tree, BANNER, "gdm")["value"] == "It's ours"
    tree.write("/etc/dconf/profile/gdm", "user-db:user\n")
    assert _ask(tree, BANNER, "gdm")["source"] != "/etc/dconf/db/site"


def test_types_that_settings_have(tree: Tree):
    key = "/a/b/c"
    for kind, data, value, number in (
        ("b", b"\1", "true", ABSENT),
        ("i", b"\xfb\xff\xff\xff", "-5", -5),
        ("t", b"\7" + bytes(7), "7", 7),
        ("s", b"text\0", "text", ABSENT),
        ("as", b"a\0bc\0\2\5", "['a', 'bc']", ABSENT),
        ("as", b"", "[]", ABSENT),
        ("d", struct.pack("<d", 1.5), "1.5", ABSENT),
    ):
        _compile(tree, "local", key, kind, data)
        row = _ask(tree, key)
        assert (row["value"], row["number"]) == (value, number)
    _compile(tree, "local", key, "(ii)", bytes(8))
    assert isinstance(_ask(tree, key)["value"], Gap)


@pytest.mark.parametrize(
    "closed", ["etc/dconf/profile/user", "etc/dconf/profile", "etc/dconf/db/local", "etc/dconf/db"]
)
def test_what_is_closed_is_unknown(tree: Tree, closed: str):
    tree.write("/etc/dconf/db/local", _database("noble-hardened", "/etc/dconf/db/local"))
    (tree.base / closed).chmod(0)
    row = _ask(tree, ordinary=True)
    (tree.base / closed).chmod(0o755)
    for name in ("value", "locked", "present"):
        gap = row[name]
        assert isinstance(gap, Gap)
        assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize("content", [b"", b"GVariant", b"GVariant" + b"\xff" * 40, b"[org/gnome]\n"])
def test_a_broken_database_is_an_error(tree: Tree, content: bytes):
    tree.write("/etc/dconf/db/local", content)
    assert isinstance(_ask(tree)["value"], Gap)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("=uint32 300", "300"),
        ("=true", "true"),
        ("='it\\'s'", "it's"),
        ("=''", ""),
        ("No such schema “a”", ABSENT),
        ("No such key “a”", ABSENT),
    ],
)
def test_what_the_schemas_say(said: str, value: object):
    query = Query.of("linux.dconf_key", {"profile": "user", "key": IDLE})
    text = f"-/etc/dconf/profile/user\n-/usr/local/share/dconf/profile/user\n-/usr/share/dconf/profile/user\ndatabases\nschemas\n{IDLE} {said}\nend\n"
    (evidence,) = dconf.answer([query], {"linux.dconf_key": Output(stdout=text.encode())}, AS_ROOT)
    check(evidence)
    assert evidence.rows[0]["value"] == value
    assert evidence.rows[0]["locked"] is False


@pytest.mark.parametrize(
    "said", ["", f"{IDLE} \n", f"{IDLE} (process:1): GLib-GIO-ERROR\n", "gsettings -\n", f"{IDLE} =(1, 2)\n"]
)
def test_a_default_that_was_not_told_is_a_gap(said: str):
    query = Query.of("linux.dconf_key", {"profile": "user", "key": IDLE})
    text = f"=/etc/dconf/profile/user\n user-db:user\ndatabases\nschemas\n{said}end\n"
    (evidence,) = dconf.answer([query], {"linux.dconf_key": Output(stdout=text.encode())}, AS_ROOT)
    check(evidence)
    assert isinstance(evidence.rows[0]["value"], Gap)


@pytest.mark.parametrize(
    "where",
    [
        {"profile": "a b", "key": IDLE},
        {"profile": "user", "key": "idle"},
        {"profile": "../x", "key": IDLE},
        {"profile": "user", "key": "/a/$(id)"},
    ],
)
def test_what_cannot_be_asked_asks_nothing(where: dict[str, str]):
    query = Query.of("linux.dconf_key", where)
    assert dconf.probes([query]) == []
    (evidence,) = dconf.answer([query], {}, AS_ROOT)
    assert evidence.gap is not None


REAL = _database("noble-hardened", "/etc/dconf/db/local")


@given(st.binary(max_size=60).map(lambda tail: b"GVariant" + bytes(8) + tail))
def test_any_bytes_give_a_table_or_nothing(raw: bytes):
    read_gvdb(raw)


@given(st.lists(st.tuples(st.integers(0, len(REAL) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(REAL)))
def test_a_damaged_database_never_raises(changes: list[tuple[int, int]], length: int):
    raw = bytearray(REAL)
    for place, byte in changes:
        raw[place] = byte
    read_gvdb(bytes(raw))
    read_gvdb(bytes(raw[:length]))


WORDS = ["=/etc/dconf/profile/user", " user-db:user", " system-db:local", "-/usr/share/dconf/profile/user", "databases", "=/etc/dconf/db/local",
         " 47 56 61", "pending /etc/dconf/db/local", "-/etc/dconf/db/local", "schemas", f"{IDLE} =uint32 5", "end"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    query = Query.of("linux.dconf_key", {"profile": "user", "key": IDLE})
    (evidence,) = dconf.answer([query], {"linux.dconf_key": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.dconf_key"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
