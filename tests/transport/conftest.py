"""A real SSH server with accounts for the whole run, and endpoints that lead there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.inventory import Endpoint
from scanner.transport.shell import Limits, Shell, ShellAnswer
from scanner.transport.table import open_shell
from tests.support import sshd as bench

WORDS = ("sh", "-s", "controlproof", "sha256-0123abcd")
QUICK = Limits(connect=10, auth=15, run=30, max_bytes=2**22)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's keys, agent and ssh_config out of the tests."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture(scope="session")
def people() -> Iterator[bench.Accounts]:
    bench.need("sshd", "ssh-keygen", "ssh")
    with bench.accounts() as made:
        yield made


@pytest.fixture(scope="session")
def server(people: bench.Accounts) -> Iterator[bench.Sshd]:
    """Keys and passwords let in; `forced` may run one command only."""
    matches = ""
    if "forced" in people.by_role:
        matches = f"Match User {people['forced'].name}\nForceCommand echo only this runs here\n"
    with bench.sshd("PasswordAuthentication yes\n%%" + matches, kinds=("ed25519", "rsa", "ecdsa")) as running:
        yield running


@pytest.fixture
def person(people: bench.Accounts) -> Callable[[str], bench.Account]:
    """Give the account of a role; only root can make most of them."""

    def of(role: str) -> bench.Account:
        if role not in people.by_role:
            pytest.skip(f"only root can make the account '{role}'")
        return people[role]

    return of


@pytest.fixture
def endpoint(server: bench.Sshd, people: bench.Accounts) -> Endpoint:
    """The way to the server's plain account, with its key and its known_hosts."""
    return to(server, people["plain"])


def to(server: bench.Sshd, account: bench.Account, transport: str = "ssh", **changes: object) -> Endpoint:
    """Make an endpoint of a running server and an account."""
    way = Endpoint(
        transport,
        server.host,
        server.port,
        account.name,
        identity=str(server.user_key),
        options=(("known_hosts", str(server.known_hosts)), ("ssh_config", "none")),
    )
    return replace(way, **changes)  # type: ignore[arg-type]


def option(endpoint: Endpoint, **settings: str) -> Endpoint:
    """Set further options of an endpoint."""
    return replace(endpoint, options=tuple(sorted({**dict(endpoint.options), **settings}.items())))


def no_secret(reference: str) -> str:
    """Stands for the secrets of a run that has none."""
    raise AssertionError(f"nobody should ask for {reference}")


def ask(
    endpoint: Endpoint,
    script: bytes = b"echo hello\n",
    limits: Limits = QUICK,
    secret: Callable[[str], str] = no_secret,
) -> ShellAnswer:
    """Open a shell, run one script, close it."""
    shell: Shell = open_shell(endpoint, secret, limits)
    try:
        return shell.run(script, WORDS, limits)
    finally:
        shell.close()
