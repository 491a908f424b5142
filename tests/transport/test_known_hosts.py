from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import HostKeyError
from scanner.transport import known_hosts
from scanner.transport.known_hosts import Finding, Standing, about, fingerprint, kinds, load, names, parse
from tests.support import sshd as bench

KEY, OTHER = b"the key", b"another key"
ED, RSA = "ssh-ed25519", "ssh-rsa"


def line(hosts: str, blob: bytes = KEY, kind: str = ED, marker: str = "") -> str:
    return f"{marker} {hosts} {kind} {base64.b64encode(blob).decode()} a comment\n".lstrip()


def judge(entries: list[known_hosts.Entry], host_names: tuple[str, ...], kind: str, blob: bytes) -> Finding:
    return known_hosts.judge(about(entries, host_names), host_names, kind, blob)


def standing(text: str, host: str = "web01.example", port: int = 22, blob: bytes = KEY, kind: str = ED) -> Standing:
    return judge(parse(text, "kh"), names(host, port), kind, blob).standing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("web01.example"), Standing.KNOWN),
        (line("WEB01.Example,10.0.0.1"), Standing.KNOWN),
        (line("*.example"), Standing.KNOWN),
        (line("web??.example"), Standing.KNOWN),
        (line("*.example,!web01.example"), Standing.UNKNOWN),
        (line("web01"), Standing.UNKNOWN),
        (line("webX1.example"), Standing.UNKNOWN),
        (line("web01.example", OTHER), Standing.CHANGED),
        (line("web01.example", OTHER, RSA), Standing.CHANGED),
        (line("web01.example", OTHER) + line("web01.example"), Standing.KNOWN),
        (line("web01.example") + line("*", marker="@revoked"), Standing.REVOKED),
        (line("web01.example") + line("*", OTHER, marker="@revoked"), Standing.KNOWN),
        (line("web01.example", marker="@cert-authority"), Standing.UNKNOWN),
        (line("web01.example", marker="@odd"), Standing.UNKNOWN),
        ("# web01.example ssh-ed25519 AAAA\nweb01.example ssh-ed25519 !!!!\nweb01.example\n\n", Standing.UNKNOWN),
    ],
)
def test_lines_are_read_as_ssh_reads_them(text: str, expected: Standing) -> None:
    assert standing(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("[web01.example]:2222"), Standing.KNOWN),
        (line("web01.example"), Standing.KNOWN),
        (line("[web01.example]:2223"), Standing.UNKNOWN),
        (line("web01.example", OTHER), Standing.UNKNOWN),
        (line("[web01.example]:2222", OTHER), Standing.CHANGED),
        (line("web01.example", marker="@revoked"), Standing.REVOKED),
    ],
)
def test_an_odd_port_has_its_own_name(text: str, expected: Standing) -> None:
    assert standing(text, port=2222) is expected


def test_what_ssh_keygen_hashed_is_found(tmp_path: Path) -> None:
    bench.need("ssh-keygen")
    key = bench.make_key(tmp_path / "k")
    kind, data = bench.public(key).split()[:2]
    file = tmp_path / "known_hosts"
    file.write_text(f"web01.example {kind} {data}\n[web02.example]:2222 {kind} {data}\n")
    bench.run("ssh-keygen", "-H", "-f", str(file))
    blob = base64.b64decode(data)

    entries = load([str(file)])

    assert all(entry.hosts.startswith("|1|") for entry in entries)
    assert judge(entries, names("web01.example", 22), kind, blob).standing is Standing.KNOWN
    assert judge(entries, names("web02.example", 2222), kind, blob).standing is Standing.KNOWN
    assert judge(entries, names("web03.example", 22), kind, blob).standing is Standing.UNKNOWN
    assert fingerprint(blob) == bench.fingerprint(key)


def test_the_kinds_that_are_known_are_asked_first() -> None:
    entries = parse(line("a", kind=RSA) + line("a") + line("a") + line("b", kind="ecdsa-sha2-nistp256"), "kh")

    assert kinds(about(entries, names("a", 22))) == [RSA, ED]


def test_the_authority_is_mentioned() -> None:
    found = judge(parse(line("*.example", marker="@cert-authority"), "kh"), names("a.example", 22), ED, KEY)

    assert found.authority


def test_a_changed_key_is_told_with_the_line_of_its_kind() -> None:
    text = line("a", b"x", RSA) + line("a", OTHER)

    found = judge(parse(text, "kh"), names("a", 22), ED, KEY)

    assert found.entries[0].place == "kh:2"


@given(st.text(), st.text(min_size=1, max_size=20))
def test_no_file_makes_the_reader_fail(text: str, host: str) -> None:
    for entry in parse(text, "kh"):
        assert entry.blob or entry.blob == b""
        assert isinstance(entry.matches(host), bool)


@given(st.text("ab*?![]|1,", max_size=12))
def test_no_pattern_makes_the_matcher_fail(hosts: str) -> None:
    for entry in parse(line(hosts or "x"), "kh"):
        assert isinstance(entry.matches("ab"), bool)


def test_files_that_are_not_there_are_empty_and_changes_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"

    assert load([str(file), str(tmp_path / "no" / "where")]) == []
    file.write_text(line("a"))
    assert len(load([str(file)])) == 1
    known_hosts.add(str(file), "b", ED, OTHER)
    assert [entry.hosts for entry in load([str(file)])] == ["a", "b"]


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(HostKeyError, match="cannot be read"):
        load([str(tmp_path)])


def test_a_new_key_is_kept_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"

    known_hosts.add(str(file), "a", ED, KEY)

    assert file.read_text() == "a ssh-ed25519 dGhlIGtleQ==\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_without_last_line_break_is_not_spoiled(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line("a").rstrip("\n"))

    known_hosts.add(str(file), "b", ED, OTHER)

    assert [entry.hosts for entry in load([str(file)])] == ["a", "b"]


def test_many_at_once_lose_no_line(tmp_path: Path) -> None:
    file = str(tmp_path / "known_hosts")
    threads = [threading.Thread(target=known_hosts.add, args=(file, f"h{n}", ED, KEY)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(entry.hosts for entry in load([file])) == sorted(f"h{n}" for n in range(40))


@pytest.mark.parametrize("place", ["/dev/null", "/proc/nowhere/known_hosts"])
def test_where_a_key_cannot_be_kept_it_is_not_accepted(place: str) -> None:
    with pytest.raises(HostKeyError, match=r"cannot be kept there|could not be kept"):
        known_hosts.add(place, "a", ED, KEY)
