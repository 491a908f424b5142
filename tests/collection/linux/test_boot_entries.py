"""Kernels of boot menus: their command lines as written, nothing else of the menu, and no menu passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import boot_entries
from scanner.collection.linux.probe import Output, Probe
from scanner.model.evidence import Evidence, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check
from tests.collection.recorded import cases, written

__all__ = ["open_tmp"]

QUERY = Query.of("linux.boot_entry")


def _ask(tree: Tree, *, ordinary: bool = False) -> tuple[Evidence, Output]:
    (probe,) = boot_entries.probes([QUERY])
    # The tree stands for /boot and /efi as well, which it does not move by itself.
    script = probe.script.replace("in /boot/grub /boot/grub2;", f"in {tree.base}/boot/grub {tree.base}/boot/grub2;")
    script = script.replace("in /boot/efi /efi /boot;", f"in {tree.base}/boot/efi {tree.base}/efi {tree.base}/boot;")
    output = tree.run(Probe(probe.name, script), ordinary=ordinary)
    (evidence,) = boot_entries.answer([QUERY], {probe.name: output}, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence, output


def _lines(tree: Tree, text: str, path: str = "/boot/grub/grub.cfg") -> list[tuple[object, object, object]]:
    tree.write(path, text)
    evidence, _ = _ask(tree)
    assert evidence.complete
    return [(row["line"], row["kernel"], row["command_line"]) for row in evidence.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tlinux\t/vmlinuz root=/dev/sda1 ro  quiet\n", [(1, "/vmlinuz", "root=/dev/sda1 ro quiet")]),
        ("# linux /vmlinuz root=/dev/sda1\n", []),
        ("linux16 /memtest\nlinuxefi /vmlinuz a=1\n", [(1, "/memtest", ""), (2, "/vmlinuz", "a=1")]),
        ("\n linux /vmlinuz a=1 \\\n  audit=1\n", [(2, "/vmlinuz", "a=1 audit=1")]),
        ("linux /vmlinuz a=1 \\", [(1, "/vmlinuz", "a=1")]),
        ("menuentry 'x' { linux /vmlinuz a=1; initrd /i; }\n", [(1, "/vmlinuz", "a=1")]),
        ("menuentry x {linux /vmlinuz a=1\n}\n", [(1, "/vmlinuz", "a=1")]),
        ("if true; then linux /vmlinuz $vt_handoff; fi\n", [(1, "/vmlinuz", "$vt_handoff")]),
        ("menuentry 'gnulinux simple' {\ninsmod linux\n}\n", []),
        ("", []),
    ],
)
def test_grub(open_tmp: Path, text: str, expected: list[tuple[int, str, str]]):
    assert _lines(Tree(open_tmp), text) == expected


def test_only_what_names_a_kernel_leaves_the_host(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/boot/grub/grub.cfg", "password bob s3cret; linux /vmlinuz a=1\npassword_pbkdf2 a grub.pbkdf2.HASH\n")
    tree.write("/boot/grub/custom.cfg", "linux /other b=2\n")
    evidence, output = _ask(tree)
    assert b"s3cret" not in output.stdout
    assert b"HASH" not in output.stdout
    assert [(row["configuration"], row["kernel"]) for row in evidence.rows] == [
        ("/boot/grub/grub.cfg", "/vmlinuz"),
        ("/boot/grub/custom.cfg", "/other"),
    ]


def test_systemd_boot(open_tmp: Path):
    tree = Tree(open_tmp)
    entry = "title Debian\nlinux /abc/linux\ninitrd /abc/initrd\noptions root=/dev/sda1\noptions audit=1 quiet\n"
    assert _lines(tree, entry, "/efi/loader/entries/a.conf") == [(2, "/abc/linux", "root=/dev/sda1 audit=1 quiet")]
    tree.write("/efi/loader/entries/b.conf", "title Firmware\nefi /shell.efi\n")
    assert len(_ask(tree)[0].rows) == 1


def test_a_kernel_with_its_command_line_within_leaves_a_gap(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/boot/efi/EFI/Linux/debian.efi", "MZ")
    evidence, _ = _ask(tree)
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR


@pytest.mark.parametrize(
    "closed", ["boot/grub/grub.cfg", "boot/grub", "boot/efi", "boot/efi/EFI", "efi/loader/entries"]
)
def test_what_is_closed_is_unknown(open_tmp: Path, closed: str):
    tree = Tree(open_tmp)
    tree.write("/boot/grub/grub.cfg", "linux /vmlinuz a=1\n")
    tree.write("/boot/efi/EFI/debian/grub.cfg", "configfile x\n")
    tree.write("/efi/loader/entries/a.conf", "linux /vmlinuz\n")
    (open_tmp / closed).chmod(0)
    evidence, _ = _ask(tree, ordinary=True)
    (open_tmp / closed).chmod(0o700)
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize(
    "output", [Output(missing="cut"), Output(stdout=b"=/boot/grub/grub.cfg\n 1 /vmlinuz a=1\n"), Output(status=2)]
)
def test_an_answer_that_is_not_whole_is_never_complete(output: Output):
    (evidence,) = boot_entries.answer([QUERY], {"linux.boot_entry": output}, AS_ROOT)
    check(evidence)
    assert evidence.gap is not None


WORDS = ["=/boot/grub/grub.cfg", "!/boot/efi", "+/boot/efi/EFI/Linux/a.efi", " 1 /vmlinuz a=1", " 1", " x /v", " 0 /v", "end"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(WORDS).map(str.encode), st.binary(max_size=20)), max_size=20))
def test_whatever_comes_gives_sound_evidence(lines: list[bytes]):
    (evidence,) = boot_entries.answer([QUERY], {"linux.boot_entry": Output(stdout=b"\n".join(lines))}, AS_ROOT)
    check(evidence)


@pytest.mark.parametrize("case", list(cases(["linux.boot_entry"])), ids=lambda case: case.path.name)
def test_a_recording_means_what_it_meant(case):
    assert [written(evidence) for evidence in case.answer()] == case.evidence
