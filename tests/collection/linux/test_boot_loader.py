"""Configurations of GRUB and systemd-boot: superusers as GRUB would have them, and no hash on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import boot_loader
from scanner.collection.linux.probe import Output, Probe
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.boot_loader")
HASH = "grub.pbkdf2.sha512.10000.SALTSALT.HASHHASH"
ENTRY = "menuentry 'Debian' --unrestricted --class os {\n  linux /vmlinuz root=/dev/sda1\n}\n"


def _ask(tree: Tree, *, ordinary: bool = False) -> tuple[Evidence, Output]:
    (probe,) = boot_loader.probes([QUERY])
    # The tree stands for /boot and /efi as well, which it does not move by itself.
    script = probe.script
    for place in ("/boot/efi", "/boot/grub2", "/boot/grub"):
        script = script.replace(f" {place}", f" {tree.base}{place}")
    script = script.replace(" /efi /boot;", f" {tree.base}/efi {tree.base}/boot;")
    output = tree.run(Probe(probe.name, script), ordinary=ordinary)
    (evidence,) = boot_loader.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence, output


def _grub(tree: Tree, text: str, path: str = "/boot/grub/grub.cfg") -> None:
    tree.write(path, text)


def _users(evidence: Evidence) -> tuple[object, object, object]:
    (row,) = evidence.rows
    return row["superusers"], row["hashed"], row["plain"]


def test_superusers_and_kinds_of_passwords(open_tmp: Path):
    tree = Tree(open_tmp)
    _grub(tree, f'set superusers="root,bob"\npassword_pbkdf2 root {HASH}\npassword bob s3cret word\n' + ENTRY * 2)
    evidence, output = _ask(tree)
    assert evidence.complete
    assert _users(evidence) == (["root", "bob"], ["root"], ["bob"])
    assert evidence.rows[0]["unrestricted"] == 2
    assert b"SALT" not in output.stdout
    assert b"s3cret" not in output.stdout


@pytest.mark.parametrize(
    "statements",
    [
        f"{ENTRY}password \\\nbob \\\n s3cret\n",
        f"if true; then password bob s3cret; fi\n{ENTRY}",
        f"if true; then set superusers=a; password_pbkdf2 a {HASH}; else password b s3cret; fi\n",
        f"menuentry 'x' {{ password bob s3cret\n}}\npassword_pbkdf2 {HASH}\n",
        f"function f {{\n password bob s3cret; password_pbkdf2 a {HASH}\n}}\n",
    ],
)
def test_no_secret_leaves_the_host(open_tmp: Path, statements: str):
    tree = Tree(open_tmp)
    _grub(tree, statements)
    _, output = _ask(tree)
    assert b"s3cret" not in output.stdout
    assert b"HASHHASH" not in output.stdout


@pytest.mark.parametrize(
    ("statements", "superusers"),
    [
        ("set superusers=root\n", ["root"]),
        ("superusers='root'\n", ["root"]),
        ('set superusers=""\n', []),
        ("set superusers=root\nset superusers=\n", []),
        ("set superusers=root\nunset superusers\n", []),
        ('set superusers="a b;c|d&e"\n', ["a", "b"]),
        ("# set superusers=root\n", []),
        ("menuentry x {\nset superusers=root\n}\n", []),
        ("function f {\nset superusers=root\n}\n", []),
        ("if [ x = y ]; then\nset root=a\nfi\nset superusers=root\n", ["root"]),
        ('export superusers\nset superusers="root"\n', ["root"]),
    ],
)
def test_the_last_unconditional_statement_counts(open_tmp: Path, statements: str, superusers: list[str]):
    tree = Tree(open_tmp)
    _grub(tree, statements + ENTRY)
    evidence, _ = _ask(tree)
    found = evidence.rows[0]["superusers"]
    assert isinstance(found, list)
    assert found[: len(superusers)] == superusers
    assert bool(found) == bool(superusers)


@pytest.mark.parametrize(
    "statements",
    [
        "if [ x = y ]; then\nset superusers=root\nfi\n",
        f"set superusers=root\nif [ x = y ]; then\npassword_pbkdf2 root {HASH}\nfi\n",
        "if [ x = y ]; then\nunset superusers\nfi\n",
        "source $prefix/other.cfg\n",
    ],
)
def test_what_only_the_boot_can_decide_is_a_gap(open_tmp: Path, statements: str):
    tree = Tree(open_tmp)
    _grub(tree, statements + ENTRY)
    evidence, _ = _ask(tree)
    assert isinstance(evidence.rows[0]["superusers"], Gap)


def test_a_custom_file_is_read_where_it_is_sourced(open_tmp: Path):
    tree = Tree(open_tmp)
    sourcing = "if [ -f ${config_directory}/custom.cfg ]; then\n  source ${config_directory}/custom.cfg\nfi\n"
    _grub(tree, ENTRY + sourcing)
    evidence, _ = _ask(tree)
    assert _users(evidence) == ([], [], [])
    _grub(tree, f"set superusers=root\npassword_pbkdf2 root {HASH}\n", "/boot/grub/custom.cfg")
    evidence, _ = _ask(tree)
    assert _users(evidence) == (["root"], ["root"], [])
    _grub(tree, ENTRY)
    evidence, _ = _ask(tree)
    assert _users(evidence) == ([], [], [])


def test_a_stub_on_the_boot_partition_is_no_menu_of_its_own(open_tmp: Path):
    tree = Tree(open_tmp)
    _grub(tree, ENTRY)
    _grub(
        tree,
        "search.fs_uuid 12 root\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n",
        "/boot/efi/EFI/debian/grub.cfg",
    )
    assert len(_ask(tree)[0].rows) == 1
    _grub(tree, ENTRY, "/boot/efi/EFI/other/grub.cfg")
    assert [row["configuration"] for row in _ask(tree)[0].rows] == [
        "/boot/grub/grub.cfg",
        "/boot/efi/EFI/other/grub.cfg",
    ]


@pytest.mark.parametrize(
    ("line", "editor"),
    [("", True), ("editor no\n", False), ("editor 0\n", False), ("#editor no\n", True), ("editor yes\n", True)],
)
def test_the_editor_of_systemd_boot(open_tmp: Path, line: str, editor: bool):
    tree = Tree(open_tmp)
    tree.write("/boot/efi/EFI/systemd/systemd-bootx64.efi", "x")
    tree.write("/boot/efi/loader/loader.conf", "timeout 3\n" + line)
    (row,) = _ask(tree)[0].rows
    assert (row["kind"], row["editor"], row["superusers"]) == ("systemd-boot", editor, ABSENT)


def test_no_boot_loader_at_all_is_an_error(open_tmp: Path):
    evidence, _ = _ask(Tree(open_tmp))
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR


@pytest.mark.parametrize("closed", ["boot/grub/grub.cfg", "boot/grub", "boot/efi"])
def test_what_is_closed_is_unknown(open_tmp: Path, closed: str):
    tree = Tree(open_tmp)
    _grub(tree, f"set superusers=root\npassword_pbkdf2 root {HASH}\n" + ENTRY)
    tree.write("/boot/efi/EFI/debian/grub.cfg", "configfile x\n")
    (open_tmp / closed).chmod(0)
    evidence, _ = _ask(tree, ordinary=True)
    (open_tmp / closed).chmod(0o700)
    assert not any(row["superusers"] == [] for row in evidence.rows), "what was not read is not known to be open"
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize(
    "output", [Output(missing="cut"), Output(stdout=b"=/boot/grub/grub.cfg\n menuentry - {\n"), Output(status=2)]
)
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = boot_loader.answer([QUERY], {"linux.boot_loader": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


WORDS = ["=/boot/grub/grub.cfg", "=/boot/grub/custom.cfg", "@/boot/loader/loader.conf", "!/boot/efi", " editor", " if", " fi", " {", " }}",
         " menuentry unrestricted {", " menuentry", " password_pbkdf2 a hash", " password a", " set superusers=\"a", " source x/custom.cfg", " source", "end"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    (evidence,) = boot_loader.answer([QUERY], {"linux.boot_loader": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.boot_loader"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
