"""Sources, keys, lists and updates of apt: what cannot be told is never an empty list."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import package_keys, package_sources, updates
from scanner.collection.linux.package_keys import fingerprint
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import HOME, cases, collector_of, written

__all__ = ["open_tmp"]

FACTS = ("linux.package_source", "linux.package_key", "linux.package_list", "linux.package_update")
KEY = bytes.fromhex(
    next(
        line[4:]
        for line in (HOME / "linux.package_key/noble-stock/linux.package_key.out").read_text().splitlines()
        if line.startswith("key ")
    )
)


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    return Tree(open_tmp)


def _ask(tree: Tree, fact: str, *, ordinary: bool = False) -> Evidence:
    query = Query.of(fact)
    module = collector_of(fact)
    (probe,) = module.probes([query])
    (evidence,) = module.answer(
        [query], {probe.name: tree.run(probe, ordinary=ordinary)}, AS_ADA if ordinary else AS_ROOT
    )
    check(evidence)
    return evidence


def _read(fact: str, stdout: str, status: int = 0) -> Evidence:
    query = Query.of(fact)
    output = Output(stdout=stdout.encode(), status=status)
    (evidence,) = collector_of(fact).answer([query], {fact: output}, AS_ROOT)
    check(evidence)
    return evidence


def _sources(*lines: str, path: str = "/etc/apt/sources.list", settings: str = "") -> Evidence:
    return _read("linux.package_source", f"={path}\n" + "".join(f" {line}\n" for line in lines) + settings + "~end\n")


@pytest.mark.parametrize(
    ("options", "verified"),
    [
        ("", True),
        ("[arch=amd64]", True),
        ("[trusted=no]", True),
        ("[trusted=yes]", False),
        ("[arch=amd64 Trusted=Yes]", False),
        ("[ allow-insecure=yes ]", False),
        ("[allow-weak=1]", False),
        ("[allow-downgrade-to-insecure=true]", False),
    ],
)
def test_options_of_a_source(options: str, verified: bool):
    (row,) = _sources(f"deb {options} http://a/b noble main universe # why").rows
    assert (row["verified"], row["uri"], row["components"]) == (verified, "http://a/b", ["main", "universe"])


def test_stanzas_of_a_source_file():
    evidence = _sources(
        "# comment", "Types: deb", "URIs: http://a http://b", "Suites: x", "Components: main", "# within", "Trusted: yes",
        "Signed-By: /a.gpg", "", "", "Types: deb", "URIs: http://c", "Suites: ./", "Enabled: no", "Signed-By:",
        " -----BEGIN PGP PUBLIC KEY BLOCK-----", " .", " abc",
        path="/etc/apt/sources.list.d/a.sources",
    )  # fmt: skip
    assert evidence.complete
    assert [(row["uri"], row["entry"], row["enabled"], row["verified"], row["signed_by"]) for row in evidence.rows] == [
        ("http://a", "2", True, False, "/a.gpg"),
        ("http://b", "2", True, False, "/a.gpg"),
        ("http://c", "11", False, True, "embedded"),
    ]


@pytest.mark.parametrize(
    ("setting", "verified"),
    [
        ('~APT::Get::AllowUnauthenticated "true";\n', False),
        ('~Acquire::AllowInsecureRepositories "1";\n', False),
        ('~Acquire::AllowInsecureRepositories "0";\n', True),
    ],
)
def test_the_configuration_of_apt_counts_for_all_sources(setting: str, verified: bool):
    (row,) = _sources("deb http://a b c", settings=setting).rows
    assert row["verified"] is verified


@pytest.mark.parametrize("lines", [["deb http://a"], ["what is this"], ["deb [trusted=yes http://a b c"]])
def test_a_line_that_is_not_understood_is_told(lines: list[str]):
    evidence = _sources("deb http://a b c", *lines)
    assert evidence.gap is not None


def test_secrets_in_addresses_stay_on_the_host(tree: Tree):
    tree.write("/etc/apt/sources.list", "deb https://bob:s3c@ret@a.example.org/x y z\n#deb http://bob:s3cret@b/x y z\n")
    query = Query.of("linux.package_source")
    (probe,) = package_sources.probes([query])
    output = tree.run(probe)
    assert b"s3c" not in output.stdout
    assert b"ret@" not in output.stdout
    (row,) = _ask(tree, "linux.package_source").rows
    assert row["uri"] == "https://***@a.example.org/x"


def test_files_that_apt_skips_are_skipped(tree: Tree):
    for name in ("a.list", "b.sources.save", "c d.list", "e.list.bak"):
        tree.write(f"/etc/apt/sources.list.d/{name}", f"deb http://{name[0]} x y\n")
    assert [row["uri"] for row in _ask(tree, "linux.package_source").rows] == ["http://a"]


@pytest.mark.parametrize("closed", ["etc/apt/sources.list", "etc/apt/sources.list.d"])
@pytest.mark.parametrize("fact", ["linux.package_source", "linux.package_key"])
def test_closed_sources_are_unknown(tree: Tree, closed: str, fact: str):
    tree.write("/etc/apt/sources.list", "deb http://a b c\n")
    tree.write("/etc/apt/sources.list.d/a.list", "deb http://a b c\n")
    (tree.base / closed).chmod(0)
    gap = _ask(tree, fact, ordinary=True).gap
    (tree.base / closed).chmod(0o755)
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


def test_a_fingerprint_is_that_of_the_packet():
    assert fingerprint(KEY) == "843938DF228D22F7B3742BC0D94AA3F0EFE21092"
    assert fingerprint(b"\x06" + KEY[1:]) is None
    assert fingerprint(b"") is None


def _packet(tag: int, body: bytes, style: str) -> bytes:
    if style == "old":
        return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("style", ["old", "new"])
def test_keys_in_binary_files(tree: Tree, style: str):
    keyring = (
        _packet(6, KEY, style) + _packet(13, b"A <a@b>", style) + _packet(13, b"B", style) + _packet(14, KEY, style)
    )
    place = tree.base / "etc/apt/trusted.gpg.d/a.gpg"
    tree.write("/etc/apt/trusted.gpg.d/a.gpg")
    place.write_bytes(keyring + _packet(6, KEY[:-1] + b"x", style))
    rows = _ask(tree, "linux.package_key").rows
    assert [(row["user"], row["everywhere"]) for row in rows] == [("A <a@b>", True), (ABSENT, True)]
    assert rows[0]["fingerprint"] == fingerprint(KEY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x99\xff\xff\x04",
        _packet(6, b"\x06" + KEY[1:], "old"),
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n",
    ],
)
def test_a_file_without_a_key_that_is_understood_is_told(tree: Tree, content: bytes):
    tree.write("/etc/apt/trusted.gpg.d/a.gpg", content)
    assert _ask(tree, "linux.package_key").gap is not None


def test_a_closed_key_is_unknown(tree: Tree):
    tree.write("/etc/apt/trusted.gpg.d/a.gpg", _packet(6, KEY, "old"), mode=0)
    gap = _ask(tree, "linux.package_key", ordinary=True).gap
    assert gap is not None
    assert gap.needs == "root"


@pytest.mark.parametrize(
    ("date", "told"),
    [("Fri, 20 Nov 2026  1:29:49 UTC", "2026-11-20T01:29:49Z"), ("soon", Gap), ("Fri, 20 Nov 99999 01:00:00 UTC", Gap)],
)
def test_dates_of_lists(tree: Tree, date: str, told: object):
    tree.write(
        "/var/lib/apt/lists/a_InRelease",
        f"-----BEGIN\nHash: x\n\nOrigin: O\nSuite: s\nDate: {date}\nSHA256:\nOrigin: evil\n",
    )
    (row,) = _ask(tree, "linux.package_list").rows
    assert (row["origin"], row["suite"], row["codename"]) == ("O", "s", ABSENT)
    assert row["date"] == told if isinstance(told, str) else isinstance(row["date"], Gap)


def test_updates_name_their_suites():
    said = "Listing...\na/noble-security,noble-updates 2 amd64 [upgradable from: 1]\nb/noble-updates 2 all [upgradable from: 1]\nend\n"
    rows = _read("linux.package_update", said).rows
    assert [(row["name"], row["security"], row["installed"], row["candidate"]) for row in rows] == [
        ("a", True, "1", "2"),
        ("b", False, "1", "2"),
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [("no lists\n", 0), ("closed\n", 0), ("", 97), ("", 1), ("Listing...\n", 100), ("what\nend\n", 0)],
)
def test_updates_that_are_not_told_are_never_an_empty_list(said: str, status: int):
    assert _read("linux.package_update", said, status).gap is not None


def test_facts_share_no_probe_that_was_not_asked():
    assert [probe.name for probe in updates.probes([Query.of("linux.package_list")])] == ["linux.package_list"]
    assert package_keys.probes([]) == []


WORDS = ["=/etc/apt/sources.list", " deb http://a b c", " deb [", "~end", "!/etc/x", "file everywhere /a", "file named", "key 04", "key zz", "user 41", "broken", "closed /a",
         " Date: x", " Suite: y", "a/b 1 c [upgradable from: 2]", "no lists", "end", "=/etc/apt/sources.list.d/a.sources", " Types: deb", " URIs: a b", " Suites: c", " "]  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
@given(lines=st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(fact: str, lines: list[bytes]):
    query = Query.of(fact)
    (evidence,) = collector_of(fact).answer([query], {fact: Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(FACTS)), ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
