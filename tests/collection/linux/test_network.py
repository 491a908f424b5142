from __future__ import annotations

import socket
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import network, procnet
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, ask, needs
from tests.collection.parity import check

QUERY = Query.of("linux.process_listening")


def read(*lines: str, session=AS_ROOT, status: int = 0):
    text = "".join(f"{line}\n" for line in lines).encode()
    (evidence,) = network.answer([QUERY], {"linux.process_listening": Output(stdout=text, status=status)}, session)
    check(evidence)
    return evidence


def row(line: str, session=AS_ROOT):
    evidence = read("ss", line, "end", session=session)
    assert evidence.gap is None
    (found,) = evidence.rows
    return found


@pytest.mark.parametrize(
    ("local", "address", "port", "loopback"),
    [
        ("0.0.0.0:22", "0.0.0.0", 22, False),
        ("*:22", "::", 22, False),
        ("[::]:22", "::", 22, False),
        ("[::1]:631", "::1", 631, True),
        ("127.0.0.53%lo:53", "127.0.0.53", 53, True),
        ("[fe80::1]%eth0:546", "fe80::1", 546, False),
        ("[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, True),
        ("10.0.0.1:8080", "10.0.0.1", 8080, False),
    ],
)
def test_addresses(local, address, port, loopback):
    found = row(f"tcp LISTEN 0 128 {local} 0.0.0.0:*")
    assert (found["address"], found["port"], found["loopback"]) == (address, port, loopback)


def test_the_process_behind_a_socket():
    line = 'tcp LISTEN 0 128 *:22 *:* users:(("sshd",pid=812,fd=3),("systemd",pid=1,fd=60))'
    assert (row(line)["process"], row(line)["pid"]) == ("sshd", 812)
    alone = row('tcp LISTEN 0 128 *:22 *:* users:(("systemd",pid=1,fd=60))')
    assert (alone["process"], alone["pid"]) == ("systemd", 1)
    spaced = row('udp UNCONN 0 0 0.0.0.0:5 0.0.0.0:* users:(("my (odd) one",pid=7,fd=3))')
    assert (spaced["protocol"], spaced["process"]) == ("udp", "my (odd) one")


def test_a_name_made_to_look_like_another_is_not_believed():
    found = row('tcp LISTEN 0 1 *:22 *:* users:(("x",pid=1,fd=1),("y",pid=99,fd=3))'.replace('"y"', '"y""'))
    assert isinstance(found["pid"], Gap)
    forged = row('tcp LISTEN 0 1 *:22 *:* users:((""sshd",pid=1,fd=",pid=99,fd=3))')
    assert isinstance(forged["process"], Gap)


def test_without_root_other_processes_are_unknown():
    line = "tcp LISTEN 0 128 *:22 *:*"
    hidden = row(line, AS_ADA)["process"]
    assert isinstance(hidden, Gap)
    assert (hidden.kind, hidden.needs) == (Outcome.UNKNOWN, "root")
    assert row(line)["process"] is ABSENT


def test_lines_of_another_form_make_the_list_incomplete():
    for line in ("nonsense", "tcp LISTEN 0 128 somewhere:22 *:*", "tcp LISTEN 0 128 1.2.3.4:http *:*"):
        evidence = read("ss", line, "tcp LISTEN 0 1 *:1 *:*", "end")
        assert len(evidence.rows) == 1
        assert evidence.gap is not None
    assert read("ss", "tcp LISTEN 0 1 *:1 *:*", status=1).gap is not None
    assert read("", status=127).gap is not None


def test_connected_udp_is_not_listening():
    assert read("ss", "udp ESTAB 0 0 10.0.0.1:68 10.0.0.2:67", "end").rows == ()


def test_byte_orders_of_the_kernel_tables():
    little = ["tcp 0: 0100007F:0016 00000000:0000 0A x", "order 1"]
    big = ["tcp 0: 7F000001:0016 00000000:0000 0A x", "order 256"]
    assert list(procnet.read(little)) == list(procnet.read(big)) == [("tcp", "127.0.0.1", 22)]
    assert list(procnet.read(["udp 1: 00000000:14E9 00000000:0000 01 x", "short"])) == [("tcp", "", 0)]


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_kernel_table_can_be_read(lines):
    assert all(protocol in ("tcp", "udp") for protocol, _, _ in procnet.read(lines))


def test_a_socket_of_ours_is_found_both_ways():
    needs("ss")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        for ordinary in (False, True):
            (evidence,) = ask([QUERY], ordinary=ordinary).evidence
            check(evidence)
            (found,) = [each for each in evidence.rows if each["port"] == port]
            assert found["address"] == "127.0.0.1"
            assert isinstance(found["pid"], Gap) is (ordinary and ROOT)
        shown = subprocess.run(["sh", "-c", procnet.SCRIPT], capture_output=True, text=True, check=True).stdout
        assert ("tcp", "127.0.0.1", port) in list(procnet.read(shown.splitlines()))
