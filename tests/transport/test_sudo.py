"""Raising privilege on a real server with real sudo: everything that sudo may answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from scanner.model.errors import ConfigurationError, PrivilegeError
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from tests.support import sshd as bench
from tests.transport.conftest import QUICK, ask, no_secret, to

pytestmark = pytest.mark.server

Person = Callable[[str], bench.Account]


def raised(server: bench.Sshd, account: bench.Account, transport: str = "ssh", *, password: bool = False) -> Endpoint:
    return to(server, account, transport, become=("sudo", "-n"), become_password="env:SUDO" if password else "")


def guesses(people: bench.Accounts, account: bench.Account) -> int:
    """Count the wrong passwords that sudo noted, whole attempts of three counted as three."""
    assert people.sudo_log is not None
    text = " ".join(people.sudo_log.read_text().split()) if people.sudo_log.exists() else ""
    entries = text.split(" : ")
    found = 0
    for name, what in pairwise(entries):
        if name.endswith(account.name) and "incorrect password attempt" in what:
            found += int(what.split()[0])
    return found


@pytest.mark.parametrize("transport", ["ssh", "openssh"])
def test_sudo_without_password_is_one_command(server: bench.Sshd, person: Person, transport: str) -> None:
    connections, sessions = server.connections, server.sessions

    answer = ask(raised(server, person("sudo"), transport), b'id -u; echo "$0 $*"\n')

    assert answer.stdout == b"0\nsh controlproof sha256-0123abcd\n"
    assert (answer.identity.user, answer.identity.privilege) == (person("sudo").name, "root")
    assert (server.connections - connections, server.sessions - sessions) == (1, 1)


@pytest.mark.parametrize("transport", ["ssh", "openssh"])
def test_sudo_gets_its_password_by_reference(server: bench.Sshd, person: Person, transport: str) -> None:
    account = person("password")
    sessions = server.sessions

    answer = ask(
        raised(server, account, transport, password=True),
        b'id -u; echo "$0 $*"; cat\n' + b"# more\n" * 5000,
        secret=lambda reference: account.password,
    )

    assert answer.stdout.startswith(b"0\nsh controlproof sha256-0123abcd\n")
    assert account.password.encode() not in answer.stdout + answer.stderr
    assert b"controlproof-" not in answer.stdout
    assert server.sessions - sessions == 2


def test_the_password_is_not_looked_up_where_sudo_wants_none(server: bench.Sshd, person: Person) -> None:
    answer = ask(raised(server, person("sudo"), password=True), b"id -u\n", secret=no_secret)

    assert answer.stdout == b"0\n"


def test_a_cached_permission_is_used(server: bench.Sshd, person: Person) -> None:
    account = person("cached")
    refresh = ["runuser", "-u", account.name, "--", "sudo", "-S", "-v"]
    subprocess.run(refresh, input=f"{account.password}\n", text=True, check=True, capture_output=True)

    answer = ask(raised(server, account, password=True), b"id -u\n", secret=no_secret)

    assert answer.stdout == b"0\n"


@pytest.mark.parametrize("transport", ["ssh", "openssh"])
def test_a_wrong_password_is_one_guess(
    server: bench.Sshd, people: bench.Accounts, person: Person, transport: str
) -> None:
    account = person("password")
    before = guesses(people, account)

    with pytest.raises(PrivilegeError, match="tried once") as caught:
        ask(raised(server, account, transport, password=True), b"id -u\n", secret=lambda reference: "wrong horse")

    assert caught.value.kind is Outcome.UNKNOWN
    assert "horse" not in str(caught.value)
    bench.until(lambda: guesses(people, account) > before, what="sudo's note")
    assert guesses(people, account) - before == 1


@pytest.mark.parametrize(
    ("role", "reason", "needs"),
    [
        ("password", "sudo wants a password", "a password reference"),
        ("plain", "sudo wants a password", "a password reference"),
        ("tty", "requiretty", "!requiretty"),
    ],
)
def test_a_closed_way_names_what_is_missing(
    server: bench.Sshd, person: Person, role: str, reason: str, needs: str
) -> None:
    person("sudo")

    with pytest.raises(PrivilegeError, match=reason) as caught:
        ask(raised(server, person(role)))

    assert caught.value.kind is Outcome.UNKNOWN
    assert needs in str(caught.value.needs)


@pytest.mark.parametrize(
    ("role", "reason"), [("plain", "an entry in sudoers"), ("narrow", "a sudoers rule"), ("tty", "requiretty")]
)
def test_a_password_does_not_open_what_is_closed(server: bench.Sshd, person: Person, role: str, reason: str) -> None:
    person("sudo")

    with pytest.raises(PrivilegeError, match=reason):
        ask(raised(server, person(role), password=True), secret=lambda reference: person(role).password)


@pytest.mark.parametrize("role", ["fish", "tcsh"])
def test_odd_login_shells_start_sudo_as_well(server: bench.Sshd, person: Person, role: str) -> None:
    account = person(role)

    answer = ask(raised(server, account, password=True), b"id -u\n", secret=lambda reference: account.password)

    assert answer.stdout == b"0\n"


def test_the_script_may_run_as_another_account(server: bench.Sshd, person: Person) -> None:
    target = person("plain").name
    way = replace(raised(server, person("sudo")), become=("sudo", "-n", "-u", target))

    answer = ask(way, b"id -un\n")

    assert answer.stdout == f"{target}\n".encode()
    assert answer.identity.privilege == target


def test_a_way_up_that_is_not_installed_is_told(server: bench.Sshd, endpoint: Endpoint) -> None:
    with pytest.raises(PrivilegeError, match="doas is not installed"):
        ask(replace(endpoint, become=("doas", "-n")))


def test_a_shell_that_is_none_answers_for_itself(server: bench.Sshd, person: Person) -> None:
    account = person("nologin")

    answer = ask(raised(server, account, password=True), secret=lambda reference: account.password)

    assert answer.stdout == b"This account is currently not available.\n"


def test_partial_answers_survive_behind_sudo(server: bench.Sshd, person: Person) -> None:
    answer = ask(raised(server, person("sudo")), b"echo before; sleep 5\n", replace(QUICK, run=0.8))

    assert answer.stdout == b"before\n"
    assert answer.cut.startswith("deadline")


def test_sudo_on_this_machine_takes_its_password_too(person: Person) -> None:
    account = person("password")
    way = Endpoint(
        "command",
        command=("runuser", "-u", account.name, "--"),
        user=account.name,
        become=("sudo", "-n"),
        become_password="env:SUDO",
    )

    assert ask(way, b"id -u\n", secret=lambda reference: account.password).stdout == b"0\n"


def test_something_that_asks_for_a_code_is_given_up(tmp_path: Path) -> None:
    fake = tmp_path / "sudo"
    fake.write_text("#!/bin/sh\n[ \"$1\" = -n ] && exit 1\nprintf 'Verification code: ' >&2\nread code\necho $code\n")
    fake.chmod(0o755)
    way = Endpoint("command", command=("env",), user="ann", become=(str(fake), "-n"), become_password="env:SUDO")

    with pytest.raises(PrivilegeError, match=r"within 0\.4 s: Verification code:"):
        ask(way, limits=Limits(auth=0.4), secret=lambda reference: "hidden")


@pytest.mark.parametrize("password", ["two\nlines", "nul\0"])
def test_a_password_of_two_lines_is_no_password(password: str) -> None:
    way = Endpoint("command", command=("sh", "-c", "exit 1"), user="ann", become=("sudo",), become_password="env:SUDO")

    with pytest.raises(ConfigurationError, match="more than one line"):
        ask(way, secret=lambda reference: password)
