"""Ways through bastions: every hop checked, each bastion connected once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.errors import AuthenticationError, CollectionError, HostKeyError, UnreachableError
from scanner.model.inventory import Endpoint
from scanner.transport import ssh
from scanner.transport.table import open_shell
from tests.support import sshd as bench
from tests.transport.conftest import QUICK, WORDS, ask, no_secret, option, to

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def bastion(server: bench.Sshd) -> Iterator[bench.Sshd]:
    with bench.sshd(user_key=server.user_key) as running:
        yield running


@pytest.fixture
def way(server: bench.Sshd, bastion: bench.Sshd, people: bench.Accounts, tmp_path: Path) -> Endpoint:
    known = tmp_path / "known_hosts"
    known.write_text(server.known() + bastion.known())
    user = people["plain"].name
    return option(to(server, people["plain"], jump=(f"{user}@127.0.0.1:{bastion.port}",)), known_hosts=str(known))


def test_the_answer_comes_through_the_bastion(server: bench.Sshd, bastion: bench.Sshd, way: Endpoint) -> None:
    before = bastion.connections, server.connections

    answer = ask(way)

    assert answer.stdout == b"hello\n"
    assert answer.identity.key.endswith(bench.fingerprint(server.host_keys["ed25519"]))
    assert (bastion.connections, server.connections) == (before[0] + 1, before[1] + 1)
    assert len(ssh._bastions) == 0


def test_many_share_one_connection_to_the_bastion(bastion: bench.Sshd, server: bench.Sshd, way: Endpoint) -> None:
    before = bastion.connections, server.connections
    shells = [open_shell(way, no_secret, QUICK) for _ in range(12)]
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda shell=shell: answers.append(shell.run(b"echo hi\n", WORDS, QUICK).stdout))
        for shell in shells
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing = len(ssh._bastions)
    for shell in shells:
        shell.close()

    assert answers == [b"hi\n"] * 12
    assert (bastion.connections - before[0], server.connections - before[1]) == (1, 12)
    assert (standing, len(ssh._bastions)) == (1, 0)


def test_closing_some_leaves_the_others_alone(bastion: bench.Sshd, way: Endpoint) -> None:
    failed: list[CollectionError] = []
    script = b"head -c 200000 /dev/zero; exec sleep 0.3\n"

    def work() -> None:
        for _ in range(2):
            try:
                assert len(ask(way, script).stdout) == 200_000
                assert ask(way, script, replace(QUICK, max_bytes=1000)).cut.startswith("byte limit")
            except CollectionError as exc:
                failed.append(exc)

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert bastion.count("nonexistent channel") == 0


def test_ssh_config_may_name_the_way(
    server: bench.Sshd, bastion: bench.Sshd, people: bench.Accounts, way: Endpoint, tmp_path: Path
) -> None:
    user = people["plain"].name
    config = tmp_path / "config"
    config.write_text(
        f"Host gate\nHostName 127.0.0.1\nPort {bastion.port}\nUser {user}\n"
        f"Host middle\nHostName 127.0.0.1\nPort {server.port}\nUser {user}\nProxyJump gate\n"
        f"Host goal\nHostName 127.0.0.1\nPort {bastion.port}\nUser {user}\nProxyJump middle\n"
    )
    before = bastion.connections, server.connections

    answer = ask(option(replace(way, address="goal", port=None, user="", jump=()), ssh_config=str(config)))

    assert answer.stdout == b"hello\n"
    assert answer.identity.address == f"127.0.0.1:{bastion.port}"
    assert (bastion.connections - before[0], server.connections - before[1]) == (2, 1)


def test_a_bastion_with_another_key_is_not_passed(
    server: bench.Sshd, bastion: bench.Sshd, way: Endpoint, tmp_path: Path
) -> None:
    other = bench.public(bench.make_key(tmp_path / "other"))
    known = tmp_path / "wrong"
    known.write_text(server.known() + f"[127.0.0.1]:{bastion.port} {other}\n")
    before = server.connections

    with pytest.raises(HostKeyError, match=f"127.0.0.1:{bastion.port}: the host key has changed"):
        ask(option(way, known_hosts=str(known)))

    assert server.connections == before


def test_a_target_behind_a_bastion_is_checked_as_well(
    bastion: bench.Sshd, server: bench.Sshd, way: Endpoint, tmp_path: Path
) -> None:
    known = tmp_path / "half"
    known.write_text(bastion.known())

    with pytest.raises(HostKeyError, match=f"127.0.0.1:{server.port}: the host key .* is not known"):
        ask(option(way, known_hosts=str(known)))
    assert len(ssh._bastions) == 0


def test_a_target_that_the_bastion_cannot_reach_names_both(bastion: bench.Sshd, way: Endpoint) -> None:
    closed = bench.free_port()

    with pytest.raises(UnreachableError, match=rf"127.0.0.1:{closed}: .*through 127.0.0.1:{bastion.port}"):
        ask(replace(way, port=closed))
    assert len(ssh._bastions) == 0


def test_a_bastion_that_forbids_tunnels_is_told(server: bench.Sshd, people: bench.Accounts, tmp_path: Path) -> None:
    with bench.sshd("AllowTcpForwarding no\n", user_key=server.user_key) as strict:
        known = tmp_path / "known_hosts"
        known.write_text(server.known() + strict.known())
        way = to(server, people["plain"], jump=(f"{people['plain'].name}@127.0.0.1:{strict.port}",))

        with pytest.raises(UnreachableError, match="the server forbids it"):
            ask(option(way, known_hosts=str(known)))


def test_a_dead_bastion_fails_all_who_wait_for_it(way: Endpoint) -> None:
    dead = replace(way, jump=(f"ann@127.0.0.1:{bench.free_port()}",))
    errors: list[CollectionError] = []

    def one() -> None:
        try:
            ask(dead)
        except CollectionError as exc:
            errors.append(exc)

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [type(error) for error in errors] == [UnreachableError] * 5
    assert len({id(error) for error in errors}) == 5
    assert len(ssh._bastions) == 0


def test_the_targets_password_is_not_shown_to_the_bastion(bastion: bench.Sshd, way: Endpoint, tmp_path: Path) -> None:
    stranger = bench.make_key(tmp_path / "stranger")
    secret = replace(way, identity=str(stranger), password="env:PW")
    passwords = bastion.count("password for")

    with pytest.raises(AuthenticationError, match=f"127.0.0.1:{bastion.port}: .* tried {stranger}"):
        ask(secret, secret=lambda reference: "for the target alone")
    assert bastion.count("password for") == passwords


def test_a_bastion_that_dies_is_replaced(bastion: bench.Sshd, way: Endpoint) -> None:
    shell = open_shell(way, no_secret, QUICK)
    assert shell.run(b"echo one\n", WORDS, QUICK).stdout == b"one\n"
    bastion.cut()

    def again() -> bool:
        try:
            return shell.run(b"echo two\n", WORDS, QUICK).stdout == b"two\n"
        except CollectionError:
            return False

    bench.until(again, what="a new way")
    shell.close()
    assert len(ssh._bastions) == 0
