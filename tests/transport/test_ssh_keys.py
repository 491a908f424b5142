from __future__ import annotations

import os
import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from scanner.model.inventory import Endpoint
from scanner.transport.ssh_keys import KeyRing, load_key
from scanner.transport.ssh_settings import Hop, route
from tests.support import sshd as bench


@pytest.fixture(autouse=True)
def _tools() -> None:
    bench.need("ssh-keygen", "ssh-agent", "ssh-add")


def hop(config: str, folder: Path, identity: str = "") -> Hop:
    file = folder / "config"
    file.write_text(config)
    return route(Endpoint("ssh", "web01", identity=identity, options=(("ssh_config", str(file)),)))[0]


def labels(way: Hop) -> tuple[list[str], list[str]]:
    with closing(KeyRing(way, None, 5)) as ring:
        return [candidate.label for candidate in ring.candidates()], ring.notes


def test_named_keys_come_first_then_the_agents_and_none_twice(tmp_path: Path) -> None:
    mine, spare, held = (bench.make_key(tmp_path / name) for name in ("mine", "spare", "held"))
    with bench.agent(held, spare) as agent:
        way = hop(f"IdentityAgent {agent}\nIdentityFile {spare}\nIdentityFile {tmp_path}/none\n", tmp_path, str(mine))

        found, notes = labels(way)

    assert found == [str(mine), "agent key spare", "agent key held"]
    assert notes == [f"{tmp_path}/none: no such file"]


def test_identities_only_leaves_the_agents_other_keys_alone(tmp_path: Path) -> None:
    mine, held = (bench.make_key(tmp_path / name) for name in ("mine", "held"))
    with bench.agent(held, mine) as agent:
        way = hop(f"IdentityAgent {agent}\nIdentitiesOnly yes\nIdentityFile {mine}\n", tmp_path)

        assert labels(way) == (["agent key mine"], [])


def test_the_usual_files_come_last(tmp_path: Path) -> None:
    folder = Path(os.environ["HOME"], ".ssh")
    folder.mkdir()
    bench.make_key(folder / "id_rsa", "rsa")
    bench.make_key(folder / "id_ed25519")
    held = bench.make_key(tmp_path / "held")
    with bench.agent(held) as agent:
        found, notes = labels(hop(f"IdentityAgent {agent}\n", tmp_path))

    assert found == ["agent key held", f"{folder}/id_ed25519", f"{folder}/id_rsa"]
    assert notes == []


def test_a_certificate_is_tried_before_the_bare_key(tmp_path: Path) -> None:
    authority, mine = bench.make_key(tmp_path / "ca"), bench.make_key(tmp_path / "mine")
    bench.run("ssh-keygen", "-q", "-s", str(authority), "-I", "id", "-n", "ann", f"{mine}.pub")

    found, notes = labels(hop(f"IdentityFile {mine}\n", tmp_path))

    assert found == [str(mine), f"{mine} without its certificate"]
    assert notes == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "cannot be read as a private key"), (b"\xff\x00garbage", "cannot be read as"), (None, "Is a directory")],
)
def test_odd_files_are_noted(tmp_path: Path, content: bytes | None, words: str) -> None:
    odd = tmp_path / "odd"
    if content is None:
        odd.mkdir()
    else:
        odd.write_bytes(content)

    found, notes = labels(hop(f"IdentityFile {odd}\n", tmp_path))

    assert found == []
    assert words in notes[0]


def test_a_key_is_opened_once_per_version(tmp_path: Path) -> None:
    key = bench.make_key(tmp_path / "key", passphrase="open sesame")
    asked: list[str] = []

    def passphrase() -> str:
        asked.append("asked")
        return "open sesame"

    first, second = load_key(str(key), passphrase), load_key(str(key), passphrase)
    key.unlink()
    Path(f"{key}.pub").unlink()
    bench.make_key(tmp_path / "key", "ecdsa", passphrase="open sesame")
    third = load_key(str(key), passphrase)

    assert first is second
    assert third is not first
    assert asked == ["asked", "asked"]


@pytest.mark.parametrize("speech", [b"", b"\x00\x00\x00\x01\x05", b"\x00\x00\x00\x10\x0c"])
def test_an_agent_that_talks_nonsense_is_noted(tmp_path: Path, speech: bytes) -> None:
    place = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(speech)

        thread = threading.Thread(target=answer)
        thread.start()
        found, notes = labels(hop(f"IdentityAgent {place}\nIdentitiesOnly no\n", tmp_path))
        thread.join()

    assert found == []
    assert notes[0].startswith(f"the agent at {place}: ")


def test_an_agent_that_is_gone_is_noted(tmp_path: Path) -> None:
    found, notes = labels(hop(f"IdentityAgent {tmp_path}/gone\n", tmp_path))

    assert found == []
    assert notes == [f"the agent at {tmp_path}/gone: No such file or directory"]
