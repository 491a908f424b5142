"""Host keys against a real server: known, unknown, changed, revoked, accepted."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.errors import CollectionError, HostKeyError
from scanner.model.inventory import Endpoint
from tests.support import sshd as bench
from tests.transport.conftest import ask, option

pytestmark = pytest.mark.server


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.fixture
def way(endpoint: Endpoint, known: Path) -> Endpoint:
    return option(endpoint, known_hosts=str(known))


def test_an_unknown_key_is_refused_with_the_remedy(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    with pytest.raises(HostKeyError) as caught:
        ask(way)

    text = str(caught.value)
    assert "is not known" in text
    assert f"`ssh-keyscan -p {server.port} 127.0.0.1 >> {known}`" in text
    assert "SHA256:" in text
    assert not known.exists()


def test_nothing_is_asked_of_a_host_that_is_not_known(server: bench.Sshd, way: Endpoint) -> None:
    sessions, attempts = server.sessions, server.count("Accepted|Failed|Invalid user")

    with pytest.raises(HostKeyError):
        ask(way)

    assert (server.sessions, server.count("Accepted|Failed|Invalid user")) == (sessions, attempts)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_the_kind_of_key_that_is_known_is_asked_for(server: bench.Sshd, way: Endpoint, known: Path, kind: str) -> None:
    known.write_text(server.known(kind))

    assert ask(way).identity.key.endswith(bench.fingerprint(server.host_keys[kind]))


def test_hashed_names_are_found(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    known.write_text(server.known())
    bench.run("ssh-keygen", "-H", "-f", str(known))

    assert ask(way).stdout == b"hello\n"


def test_a_key_known_without_its_port_confirms(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    known.write_text(server.known(name="127.0.0.1"))

    assert ask(way).stdout == b"hello\n"


def test_a_changed_key_names_both_fingerprints(server: bench.Sshd, way: Endpoint, known: Path, tmp_path: Path) -> None:
    other = bench.make_key(tmp_path / "other")
    known.write_text(f"[127.0.0.1]:{server.port} {bench.public(other)}\n")

    with pytest.raises(HostKeyError) as caught:
        ask(option(way, accept_new="yes"))

    text = str(caught.value)
    assert "has changed" in text
    assert f"{known}:1" in text
    assert bench.fingerprint(other) in text
    assert bench.fingerprint(server.host_keys["ed25519"]) in text
    assert f"ssh-keygen -R '[127.0.0.1]:{server.port}'" in text


def test_a_host_known_by_another_kind_of_key_is_not_new(
    people: bench.Accounts, known: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    other = bench.make_key(tmp_path / "other", "ecdsa")
    with bench.sshd(kinds=("ed25519",)) as server:
        known.write_text(f"[127.0.0.1]:{server.port} {bench.public(other)}\n")
        way = option(endpoint, known_hosts=str(known), accept_new="yes")

        with pytest.raises(HostKeyError, match="has changed"):
            ask(replace(way, port=server.port))


def test_a_revoked_key_is_refused_though_it_is_known(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    kind, blob = bench.public(server.host_keys["ed25519"]).split()[:2]
    known.write_text(server.known("ed25519") + f"@revoked * {kind} {blob}\n")

    with pytest.raises(HostKeyError, match=rf"is revoked in {known}:2"):
        ask(way)


def test_a_certificate_authority_is_told_to_need_openssh(
    server: bench.Sshd, way: Endpoint, known: Path, tmp_path: Path
) -> None:
    known.write_text(f"@cert-authority * {bench.public(bench.make_key(tmp_path / 'ca'))}\n")

    with pytest.raises(HostKeyError, match=r"certificate authority .*use `transport: openssh`"):
        ask(option(way, accept_new="yes"))


def test_a_new_key_is_accepted_once_and_recorded(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    first = ask(option(way, accept_new="yes"))
    second = ask(way)

    assert first.identity.accepted_new_key
    assert not second.identity.accepted_new_key
    assert first.identity.key == second.identity.key
    assert known.read_text() in server.known()
    assert known.stat().st_mode & 0o777 == 0o600


def test_what_we_wrote_satisfies_ssh_itself(server: bench.Sshd, way: Endpoint, known: Path) -> None:
    ask(option(way, accept_new="yes"))

    assert ask(replace(way, transport="openssh")).stdout == b"hello\n"


def test_many_new_connections_to_one_host_write_one_line(way: Endpoint, known: Path) -> None:
    failed: list[CollectionError] = []

    def one() -> None:
        try:
            ask(option(way, accept_new="yes"))
        except CollectionError as exc:
            failed.append(exc)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(known.read_text().splitlines()) == 1


def test_dev_null_keeps_no_key(way: Endpoint) -> None:
    with pytest.raises(HostKeyError, match="cannot be kept there"):
        ask(option(way, known_hosts=os.devnull, accept_new="yes"))


def test_the_users_own_known_hosts_are_read(server: bench.Sshd, endpoint: Endpoint) -> None:
    folder = Path(os.environ["HOME"], ".ssh")
    folder.mkdir()
    (folder / "known_hosts").write_text(server.known("ecdsa"))

    answer = ask(replace(endpoint, options=()))

    assert answer.identity.key.startswith("ecdsa-sha2-nistp256 SHA256:")
