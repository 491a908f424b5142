"""The ssh transport against a real OpenSSH server: getting in, asking, being cut off."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.errors import AuthenticationError, CollectionError, ConfigurationError, UnreachableError
from scanner.model.inventory import Endpoint
from scanner.transport.shell import Limits
from scanner.transport.table import open_shell
from tests.support import sshd as bench
from tests.transport.conftest import QUICK, WORDS, ask, no_secret, option, to

pytestmark = pytest.mark.server


def test_one_connection_and_one_command(server: bench.Sshd, endpoint: Endpoint) -> None:
    connections, sessions = server.connections, server.sessions

    answer = ask(endpoint, b'id -un; echo "$0 $*"; echo oops >&2; exit 3\n')

    assert answer.stdout == f"{endpoint.user}\nsh controlproof sha256-0123abcd\n".encode()
    assert (answer.stderr, answer.status, answer.cut) == (b"oops\n", 3, "")
    assert (server.connections - connections, server.sessions - sessions) == (1, 1)


def test_identity_says_whom_we_met(server: bench.Sshd, endpoint: Endpoint) -> None:
    identity = ask(endpoint).identity

    assert identity.address == f"127.0.0.1:{server.port}"
    assert identity.user == identity.privilege == endpoint.user
    assert identity.key == f"ssh-ed25519 {bench.fingerprint(server.host_keys['ed25519'])}"
    assert not identity.accepted_new_key


def test_further_runs_use_the_same_connection(server: bench.Sshd, endpoint: Endpoint) -> None:
    connections = server.connections
    shell = open_shell(endpoint, no_secret, QUICK)

    answers = [shell.run(f"echo {number}\n".encode(), WORDS, QUICK).stdout for number in range(20)]
    shell.close()
    shell.close()

    assert answers == [f"{number}\n".encode() for number in range(20)]
    assert server.connections - connections == 1


def test_a_key_of_the_agent_lets_us_in(
    server: bench.Sshd, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bench.make_key(tmp_path / "other")
    with bench.agent(other, server.user_key) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)

        assert ask(replace(endpoint, identity="")).stdout == b"hello\n"


def test_the_agent_signs_for_the_identity_that_is_named_by_its_public_key(
    server: bench.Sshd, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [bench.make_key(tmp_path / f"other{number}") for number in range(7)]
    (tmp_path / "mine.pub").write_text(bench.public(server.user_key))
    with bench.agent(*others, server.user_key) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)

        assert ask(replace(endpoint, identity=str(tmp_path / "mine.pub"))).stdout == b"hello\n"


def test_too_many_keys_are_told_with_the_remedy(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [bench.make_key(tmp_path / f"other{number}") for number in range(7)]
    with bench.agent(*others) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)

        with pytest.raises(AuthenticationError, match=r"hung up while .* agent key other0.*name one in `identity`"):
            ask(replace(endpoint, identity=""))


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_encrypted_keys_open_with_their_passphrase(people: bench.Accounts, tmp_path: Path, kind: str) -> None:
    key = bench.make_key(tmp_path / "key", kind, "open sesame")
    with bench.sshd(user_key=key) as server:
        locked = to(server, people["plain"])
        opened = replace(locked, passphrase="env:PHRASE")

        assert ask(opened, secret={"env:PHRASE": "open sesame"}.__getitem__).stdout == b"hello\n"


def test_a_locked_key_is_told_and_a_wrong_passphrase_quoted_nowhere(
    server: bench.Sshd, endpoint: Endpoint, tmp_path: Path
) -> None:
    key = bench.make_key(tmp_path / "key", passphrase="open sesame")
    locked = replace(endpoint, identity=str(key))

    with pytest.raises(AuthenticationError, match=r"is encrypted .give `passphrase`"):
        ask(locked)
    with pytest.raises(AuthenticationError, match="cannot be read as a private key") as caught:
        ask(replace(locked, passphrase="env:PHRASE"), secret=lambda reference: "wrong sesame")
    assert "sesame" not in str(caught.value)


def test_a_missing_key_is_told(endpoint: Endpoint) -> None:
    with pytest.raises(AuthenticationError, match="/no/key: no such file"):
        ask(replace(endpoint, identity="/no/key"))


def test_a_password_lets_us_in_and_is_tried_once(server: bench.Sshd, person: Callable[[str], bench.Account]) -> None:
    way = to(server, person("password"), identity="", password="env:PW")
    failures = server.count("Failed password")

    assert ask(way, secret=lambda reference: person("password").password).stdout == b"hello\n"
    with pytest.raises(AuthenticationError, match="tried password") as caught:
        ask(way, secret=lambda reference: "not the right one")
    assert server.count("Failed password") - failures == 1
    assert "not the right one" not in str(caught.value)


def test_a_password_goes_through_keyboard_interactive(person: Callable[[str], bench.Account]) -> None:
    account = person("password")
    with bench.sshd("KbdInteractiveAuthentication yes\n") as server:
        way = to(server, account, identity="", password="env:PW")

        assert ask(way, secret=lambda reference: account.password).stdout == b"hello\n"


def test_a_key_and_a_password_where_the_server_wants_both(person: Callable[[str], bench.Account]) -> None:
    account = person("password")
    config = "PasswordAuthentication yes\nAuthenticationMethods publickey,password\n"
    with bench.sshd(config) as server:
        way = to(server, account, password="env:PW")

        assert ask(way, secret=lambda reference: account.password).stdout == b"hello\n"
        with pytest.raises(AuthenticationError, match="server accepts publickey"):
            ask(replace(way, identity=""), secret=lambda reference: account.password)


@pytest.mark.parametrize("exchange", ["curve25519-sha256", "curve25519-sha256@libssh.org"])
def test_the_one_key_exchange_of_a_hardened_server(people: bench.Accounts, exchange: str) -> None:
    with bench.sshd(f"KexAlgorithms {exchange}\n") as server:
        assert ask(to(server, people["plain"])).stdout == b"hello\n"


def test_nothing_to_try_is_told_with_what_the_server_accepts(endpoint: Endpoint) -> None:
    with pytest.raises(AuthenticationError, match="no key and no password to try; the server accepts publickey"):
        ask(replace(endpoint, identity=""))


def test_an_unknown_user_is_not_let_in(endpoint: Endpoint) -> None:
    with pytest.raises(AuthenticationError, match="nobody-here was not let in: tried "):
        ask(replace(endpoint, user="nobody-here"))


def test_a_port_that_is_closed_is_unreachable(endpoint: Endpoint) -> None:
    with pytest.raises(UnreachableError, match="Connection refused"):
        ask(replace(endpoint, port=bench.free_port()))


def test_a_name_that_does_not_resolve_is_unreachable(endpoint: Endpoint) -> None:
    with pytest.raises(UnreachableError, match="does not resolve"):
        ask(replace(endpoint, address="no-such-host.invalid"))


def test_a_server_that_never_speaks_is_unreachable_in_time(endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        way = replace(endpoint, port=silent.getsockname()[1])

        with pytest.raises(UnreachableError, match=r"no SSH handshake within 0\.4 s|no greeting"):
            ask(way, limits=Limits(connect=0.4))


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (b"HTTP/1.0 400 Bad \x1b[31mRequest\r\n\r\n", "not an SSH server|no greeting"),
        (b"SSH-1.5-ancient\r\n", "no common algorithms"),
        (b"Not allowed at this time\r\n", "no greeting"),
        (b"", "no greeting"),
        (b"SSH-2.0-evil\r\n" + b"\xff" * 200, "SSH connection broke|closed by the other side"),
        (b"SSH-2.0-evil\r\n\x00\x00\x00\x0c\x06\x14" + b"\x00" * 10, "evil|SSH connection broke|closed|no common"),
    ],
)
def test_servers_that_talk_nonsense_are_our_errors(endpoint: Endpoint, speech: bytes, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(speech)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                with contextlib.suppress(ConnectionResetError):
                    while connection.recv(4096):
                        pass

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CollectionError, match=words) as caught:
            ask(replace(endpoint, port=listener.getsockname()[1]), limits=Limits(connect=3))
        thread.join()
    assert "\x1b" not in str(caught.value)
    assert not any(isinstance(left, threading.Timer) and not left.finished.is_set() for left in threading.enumerate())


def test_the_deadline_keeps_what_came(endpoint: Endpoint) -> None:
    answer = ask(endpoint, b"echo before; sleep 33\n", replace(QUICK, run=0.6))

    assert answer.stdout == b"before\n"
    assert answer.cut == "deadline: the command had not ended after 0.6 s"
    assert answer.status is None


def test_a_gigabyte_costs_no_memory(endpoint: Endpoint) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    answer = ask(endpoint, b"head -c 1073741824 /dev/zero\n", replace(QUICK, max_bytes=2**20))

    assert len(answer.stdout) == 2**20
    assert answer.cut.startswith("byte limit")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024, "KiB"


def test_a_flood_on_stderr_does_not_stop_the_answer(endpoint: Endpoint) -> None:
    answer = ask(endpoint, b"head -c 20000000 /dev/zero >&2; echo done\n")

    assert answer.stdout == b"done\n"
    assert len(answer.stderr) < 70000


def test_a_big_script_and_a_big_answer_pass_each_other(endpoint: Endpoint) -> None:
    script = b"head -c 4000000 /dev/zero\n" + b"# nothing\n" * 400_000 + b"echo end\n"

    answer = ask(endpoint, script, replace(QUICK, max_bytes=2**23))

    assert len(answer.stdout) == 4_000_004
    assert answer.stdout.endswith(b"end\n")


def test_a_connection_cut_in_the_middle_keeps_what_came(server: bench.Sshd, endpoint: Endpoint) -> None:
    found = {}

    def run() -> None:
        found["answer"] = ask(endpoint, b"echo before; sleep 33; echo after\n")

    sessions = server.sessions
    thread = threading.Thread(target=run)
    thread.start()
    bench.until(lambda: server.sessions > sessions, what="the session")
    time.sleep(0.3)
    server.cut()
    thread.join()

    assert found["answer"].stdout == b"before\n"
    assert found["answer"].cut.startswith("connection lost")


def test_a_shell_that_dies_of_a_signal_has_no_status(
    server: bench.Sshd, person: Callable[[str], bench.Account]
) -> None:
    answer = ask(to(server, person("sudo")), b"echo before; kill -9 $$\n")

    assert (answer.stdout, answer.status, answer.cut) == (b"before\n", None, "")


def test_broken_utf8_and_escapes_come_back_as_they_were(endpoint: Endpoint) -> None:
    assert ask(endpoint, rb"printf '\377\376\033[31m\000\n'").stdout == b"\xff\xfe\x1b[31m\x00\n"


def test_banners_do_not_disturb(people: bench.Accounts, tmp_path: Path) -> None:
    banner = tmp_path / "banner"
    banner.write_bytes(b"Welcome \x1b[2J\xff\n" * 50)
    with bench.sshd(f"Banner {banner}\n") as server:
        assert ask(to(server, people["plain"])).stdout == b"hello\n"


def test_an_account_without_shell_answers_without_our_script(
    server: bench.Sshd, person: Callable[[str], bench.Account]
) -> None:
    answer = ask(to(server, person("nologin")))

    assert (answer.stdout, answer.status) == (b"This account is currently not available.\n", 1)


def test_a_forced_command_answers_without_our_script(
    server: bench.Sshd, person: Callable[[str], bench.Account]
) -> None:
    assert ask(to(server, person("forced"))).stdout == b"only this runs here\n"


@pytest.mark.parametrize("role", ["fish", "tcsh", "busybox", "plain", "sudo"])
def test_every_login_shell_starts_our_script(
    server: bench.Sshd, person: Callable[[str], bench.Account], role: str
) -> None:
    answer = ask(to(server, person(role)), b'echo "$0 $*"\n')

    assert answer.stdout == b"sh controlproof sha256-0123abcd\n"


def test_a_server_that_refuses_commands_is_told(people: bench.Accounts) -> None:
    with bench.sshd("MaxSessions 0\n") as server, pytest.raises(CollectionError, match=r"no channel|broke"):
        ask(to(server, people["plain"]))


def test_a_lost_connection_is_made_anew(server: bench.Sshd, endpoint: Endpoint) -> None:
    shell = open_shell(endpoint, no_secret, QUICK)
    shell.run(b"true\n", WORDS, QUICK)
    server.cut()

    def again() -> bool:
        try:
            return shell.run(b"echo back\n", WORDS, QUICK).stdout == b"back\n"
        except CollectionError:
            return False

    bench.until(again, what="a new connection")
    shell.close()


def test_an_unknown_option_has_a_near_word(endpoint: Endpoint) -> None:
    with pytest.raises(ConfigurationError, match=r"no option 'acept_new' .did you mean 'accept_new'"):
        ask(option(endpoint, acept_new="yes"))
