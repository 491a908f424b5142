"""Keys and signatures of every kind, forth and back with stock ssh-keygen, and nothing else taken for one."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError, ReportError
from scanner.sealing import agent, keys, sshsig, wire
from scanner.sealing.wire import MalformedError, Reader

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
KINDS = {
    "ed25519": ("-t", "ed25519"),
    "p256": ("-t", "ecdsa", "-b", "256"),
    "p384": ("-t", "ecdsa", "-b", "384"),
    "p521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "2048"),
    "pem": ("-t", "rsa", "-b", "2048", "-m", "PEM"),
}
MESSAGE = b"a manifest\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name, words in {**KINDS, "short": ("-t", "rsa", "-b", "1024")}.items():
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", name, "-f", folder / name, *words], check=True)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_forth_and_back(made: Path, tmp_path: Path, kind: str) -> None:
    signer = keys.open_private((made / kind).read_text().rstrip("\n"), "", kind)
    ours = sshsig.sign(MESSAGE, signer)
    (tmp_path / "sig").write_bytes(ours)
    argv = ["ssh-keygen", "-Y", "check-novalidate", "-n", sshsig.NAMESPACE, "-s", tmp_path / "sig"]
    assert subprocess.run(argv, input=MESSAGE, capture_output=True).returncode == 0
    sshsig.verify(MESSAGE, sshsig.read(ours, "sig"), "sig")
    argv = ["ssh-keygen", "-Y", "sign", "-f", made / kind, "-n", sshsig.NAMESPACE]
    for words in ((), ("-O", "hashalg=sha256")):
        theirs = subprocess.run([*argv, *words], input=MESSAGE, capture_output=True).stdout
        found = sshsig.read(theirs, "sig")
        sshsig.verify(MESSAGE, found, "sig")
        assert found.public == signer.public
        with pytest.raises(ReportError, match="does not hold"):
            sshsig.verify(MESSAGE + b" ", found, "sig")
    line = subprocess.run(["ssh-keygen", "-l", "-f", made / kind], capture_output=True, text=True).stdout
    assert keys.fingerprint(signer.public) == line.split()[1]


def test_short_and_odd_keys_do_not_sign(made: Path) -> None:
    with pytest.raises(ConfigurationError, match="too short"):
        keys.open_private((made / "short").read_text(), "", "short")
    blob = base64.b64decode((made / "short.pub").read_text().split()[1])
    with pytest.raises(MalformedError, match="does not count"):
        keys.open_public(blob)
    with pytest.raises(ConfigurationError, match="no private key"):
        keys.open_private((made / "p256.pub").read_text(), "", "p256.pub")
    with pytest.raises(ConfigurationError, match="has no passphrase"):
        keys.open_private((made / "ed25519").read_text(), "word", "ed25519")


@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(ReportError):
        sshsig.read(b"-----BEGIN SSH SIGNATURE-----\n" + data + b"\n-----END SSH SIGNATURE-----\n", "sig")
    with pytest.raises(ReportError):
        sshsig.read(data, "sig")
    with pytest.raises(MalformedError):
        keys.check(data, MESSAGE, data)


@given(public=st.binary(max_size=60), made=st.binary(max_size=60), kind=st.sampled_from(keys.KINDS))
def test_no_made_up_signature_holds(public: bytes, made: bytes, kind: str) -> None:
    blob = wire.string(kind.encode()) + public
    with pytest.raises(MalformedError):
        keys.check(blob, MESSAGE, wire.string(kind.encode()) + wire.string(made))


def test_another_writing_of_the_same_signature_is_refused(made: Path) -> None:
    text = sshsig.sign(MESSAGE, keys.open_private((made / "ed25519").read_text(), "", "key"))
    for other in (text.replace(b"\n", b"\r\n"), text + b"\n", text[:-1], text.replace(b"\n", b"", 2), b" " + text):
        with pytest.raises(ReportError, match="not an SSH signature"):
            sshsig.read(other, "sig")
    read = sshsig.read(text, "sig")
    for changed, says in (
        (replace(read, namespace="git"), "is for 'git'"),
        (replace(read, hash="md5"), "does not count"),
        (replace(read, reserved=b"x"), "does not hold"),
        (replace(read, hash="sha256"), "does not hold"),
        (replace(read, made=wire.string(b"ssh-rsa") + wire.string(b"x")), "does not belong to its key"),
    ):
        with pytest.raises(ReportError, match=says):
            sshsig.verify(MESSAGE, sshsig.read(sshsig.armour(changed), "sig"), "sig")


@given(number=st.integers(0, 2**600))
def test_numbers_have_one_writing(number: int) -> None:
    data = wire.mpint(number)
    assert Reader(data).mpint() == number
    with pytest.raises(MalformedError):
        Reader(wire.string(b"\0" + data[4:])).mpint()
    if number:
        with pytest.raises(MalformedError):
            Reader(wire.string(bytes([data[4] | 0x80]) + data[5:])).mpint()


@pytest.mark.parametrize(
    "answer", [b"", b"\0\0\0\0", b"\xff\xff\xff\xff", wire.string(b"\x05"), b"\0\0\0\x05\x0c\0\0\0\x09"]
)
def test_a_hostile_agent_is_an_error(tmp_path: Path, answer: bytes) -> None:
    path = str(tmp_path / "agent")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(1)

    def serve() -> None:
        link, _ = server.accept()
        with link:
            link.recv(100)
            link.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(ConfigurationError, match=r"^agent:x: the agent"):
        agent.open_agent("x", path)
    thread.join()
    server.close()
    os.unlink(path)
    with pytest.raises(ConfigurationError, match="does not answer"):
        agent.open_agent("x", path)
