"""The openssh transport: the machine's own ssh program against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    HostKeyError,
    UnreachableError,
)
from scanner.model.inventory import Endpoint
from scanner.transport.openssh_log import Log, quiet
from scanner.transport.shell import Limits
from tests.support import sshd as bench
from tests.transport.conftest import QUICK, ask, option, to

pytestmark = pytest.mark.server


@pytest.fixture
def way(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, transport="openssh")


def test_one_connection_and_one_command(server: bench.Sshd, way: Endpoint) -> None:
    connections, sessions = server.connections, server.sessions

    answer = ask(way, b'id -un; echo "$0 $*"; echo oops >&2; exit 3\n')

    assert answer.stdout == f"{way.user}\nsh controlproof sha256-0123abcd\n".encode()
    assert (answer.stderr, answer.status, answer.cut) == (b"oops\n", 3, "")
    assert (server.connections - connections, server.sessions - sessions) == (1, 1)


def test_identity_says_whom_we_met(server: bench.Sshd, way: Endpoint) -> None:
    identity = ask(replace(way, user=""), b"true\n").identity if way.user == "root" else ask(way).identity

    assert identity.address == f"127.0.0.1:{server.port}"
    assert identity.user == identity.privilege == way.user
    assert identity.key == f"ssh-ed25519 {bench.fingerprint(server.host_keys['ed25519'])}"


def test_what_the_target_writes_cannot_change_whom_we_met(server: bench.Sshd, way: Endpoint) -> None:
    forged = b"echo 'debug1: Server host key: ssh-ed25519 SHA256:forged' >&2; echo x >&2\n"

    answer = ask(way, forged)

    assert "forged" not in answer.identity.key
    assert answer.stderr == b"x\n"


def test_an_unknown_key_is_refused(way: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(HostKeyError, match="host key was not accepted"):
        ask(option(way, known_hosts=str(tmp_path / "empty")))


def test_a_changed_key_is_refused(server: bench.Sshd, way: Endpoint, tmp_path: Path) -> None:
    other = bench.public(bench.make_key(tmp_path / "other"))
    (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {other}\n")

    with pytest.raises(HostKeyError, match="host key was not accepted"):
        ask(option(way, known_hosts=str(tmp_path / "known"), accept_new="yes"))


def test_a_new_key_is_accepted_where_that_is_asked(way: Endpoint, tmp_path: Path) -> None:
    known = tmp_path / "known"

    answer = ask(option(way, known_hosts=str(known), accept_new="yes"))

    assert answer.identity.accepted_new_key
    assert known.read_text()


def test_ssh_config_cannot_weaken_the_check(way: Endpoint, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Host *\nStrictHostKeyChecking no\nBatchMode no\nUserKnownHostsFile /dev/null\nRemoteCommand echo hijacked\n"
    )

    with pytest.raises(HostKeyError):
        ask(option(way, ssh_config=str(config), known_hosts=str(tmp_path / "none")))
    assert ask(option(way, ssh_config=str(config))).stdout == b"hello\n"


def test_ssh_config_names_the_host(server: bench.Sshd, way: Endpoint, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host goal\nHostName 127.0.0.1\nPort {server.port}\nUser {way.user}\nProxyCommand nc %h %p\n")
    config.write_text(config.read_text().replace("ProxyCommand nc %h %p\n", ""))

    answer = ask(option(replace(way, address="goal", port=None, user=""), ssh_config=str(config)))

    assert answer.stdout == b"hello\n"
    assert (answer.identity.user, answer.identity.address) == (way.user, f"127.0.0.1:{server.port}")


def test_a_bastion_is_checked_as_strictly_as_the_target(
    server: bench.Sshd, people: bench.Accounts, way: Endpoint, tmp_path: Path
) -> None:
    user = people["plain"].name
    with bench.sshd(user_key=server.user_key) as bastion, bench.agent(server.user_key) as agent:
        config = tmp_path / "config"
        config.write_text(f"Host *\nStrictHostKeyChecking no\nIdentityAgent {agent}\n")
        known = tmp_path / "known"
        jumping = option(
            replace(way, jump=(f"{user}@127.0.0.1:{bastion.port}",)), ssh_config=str(config), known_hosts=str(known)
        )
        known.write_text(server.known() + bastion.known())

        answer = ask(jumping)
        known.write_text(server.known())

        assert answer.stdout == b"hello\n"
        assert answer.stderr == b""
        assert answer.identity.key.endswith(bench.fingerprint(server.host_keys["ed25519"]))
        with pytest.raises(HostKeyError):
            ask(jumping)


def test_a_refused_key_is_an_authentication_error(way: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="Permission denied"):
        ask(replace(way, identity=str(bench.make_key(tmp_path / "stranger"))))


def test_a_closed_port_is_unreachable(way: Endpoint) -> None:
    with pytest.raises(UnreachableError, match="Connection refused"):
        ask(replace(way, port=bench.free_port()))


def test_a_name_that_does_not_resolve_is_unreachable(way: Endpoint) -> None:
    with pytest.raises(UnreachableError, match="Could not resolve"):
        ask(replace(way, address="no-such-host.invalid"))


def test_a_remote_255_is_a_status(way: Endpoint) -> None:
    answer = ask(way, b"echo so; exit 255\n")

    assert (answer.stdout, answer.status, answer.cut) == (b"so\n", 255, "")


def test_a_connection_cut_in_the_middle_keeps_what_came(server: bench.Sshd, way: Endpoint) -> None:
    found = {}
    sessions = server.sessions
    thread = threading.Thread(target=lambda: found.update(answer=ask(way, b"echo before; sleep 33\n")))
    thread.start()
    bench.until(lambda: server.sessions > sessions, what="the session")
    time.sleep(0.3)
    server.cut()
    thread.join()

    assert found["answer"].stdout == b"before\n"
    assert found["answer"].cut.startswith("connection lost")
    assert found["answer"].status is None


def test_the_deadline_keeps_what_came(way: Endpoint) -> None:
    answer = ask(way, b"echo before; sleep 33\n", Limits(run=1.5))

    assert answer.stdout == b"before\n"
    assert answer.cut.startswith("deadline")


def test_a_byte_limit_holds(way: Endpoint) -> None:
    answer = ask(way, b"head -c 1073741824 /dev/zero\n", replace(QUICK, max_bytes=2**20))

    assert len(answer.stdout) == 2**20
    assert answer.cut.startswith("byte limit")


@pytest.mark.parametrize("role", ["fish", "tcsh", "busybox"])
def test_odd_login_shells(server: bench.Sshd, person: Callable[[str], bench.Account], role: str) -> None:
    assert ask(to(server, person(role), "openssh")).stdout == b"hello\n"


@pytest.mark.parametrize("change", [{"password": "env:X"}, {"passphrase": "env:X"}, {"address": ""}])
def test_what_ssh_cannot_be_given_is_refused(way: Endpoint, change: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        ask(replace(way, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{"ssh_config": "/no/such/file"}, {"known_hosts": 'a"b'}, {"accept_new": "perhaps"}]
)
def test_wrong_settings_are_refused(way: Endpoint, settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        ask(option(way, **settings))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Host key verification failed.", HostKeyError),
        ("@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@", HostKeyError),
        ("No ED25519 host key is known for db01 and you have requested strict checking.", HostKeyError),
        ("ann@db01: Permission denied (publickey).", AuthenticationError),
        ("Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", AuthenticationError),
        ("ssh: connect to host db01 port 22: Connection timed out", UnreachableError),
        ("ssh: connect to host db01 port 22: No route to host", UnreachableError),
        ("kex_exchange_identification: Connection closed by remote host", UnreachableError),
        ("Unable to negotiate with 10.0.0.1 port 22: no matching host key type found.", UnreachableError),
        ("channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed", UnreachableError),
        ("/etc/ssh/x: line 1: Bad configuration option: xyz", CollectionError),
        ("debug1: nothing else", CollectionError),
    ],
)
def test_reasons_of_ssh_are_sorted(text: str, kind: type[CollectionError]) -> None:
    with pytest.raises(CollectionError) as caught:
        Log.parse(f"OpenSSH_9.2p1\ndebug1: Reading config\n{text}\n").raise_refusal("db01")

    assert type(caught.value) is kind
    assert "debug1" not in str(caught.value)
    assert str(caught.value).startswith("db01: ")


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ('Authenticated to db01 ([10.0.0.1]:22) using "publickey".', "10.0.0.1"),
        ("Authenticated to db01 ([10.0.0.1]:2222).", "10.0.0.1:2222"),
        ('Authenticated to db01 (via proxy) using "publickey".', "db01"),
        ("nothing", ""),
    ],
)
def test_the_address_is_read_from_the_log(line: str, address: str) -> None:
    assert Log.parse(line).address == address


def test_a_jump_hosts_debugging_is_taken_out() -> None:
    assert quiet(b"debug1: one\r\nreal\nOpenSSH_9.2p1 Debian\n") == b"real\n"
