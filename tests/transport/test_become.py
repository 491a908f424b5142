from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError, PrivilegeError
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.become import Become, PasswordDialogue
from scanner.transport.refusals import password_may_help, refusal
from scanner.transport.shell import Limits
from tests.transport.conftest import no_secret

LIMITS = Limits(auth=20)


def become(*prefix: str, password: str = "", user: str = "ann") -> Become:
    return Become.of(Endpoint("ssh", become=prefix, become_password=password), no_secret, user)


@pytest.mark.parametrize(
    ("prefix", "privilege"),
    [
        ((), "ann"),
        (("sudo", "-n"), "root"),
        (("doas", "-n", "-u", "www"), "www"),
        (("sudo", "-n", "--user=postgres"), "postgres"),
        (("sudo", "--user", "postgres"), "postgres"),
        (("sudo", "-u"), ""),
    ],
)
def test_privilege_names_as_whom_the_script_runs(prefix: tuple[str, ...], privilege: str) -> None:
    assert become(*prefix).privilege == privilege


@pytest.mark.parametrize("prefix", [(), ("doas", "-n"), ("su",)])
def test_a_password_is_for_sudo_alone(prefix: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="only sudo takes a password"):
        become(*prefix, password="env:X")


def test_the_password_shows_nowhere() -> None:
    dialogue = PasswordDialogue("correct horse", b"", LIMITS)

    assert "horse" not in repr(become("sudo", password="env:X"))
    assert "horse" not in repr(dialogue)
    assert not any("horse" in word for word in dialogue.argv(["sudo"], ["sh", "-s"]))


class Sudo:
    """What sudo and the reader do with what they are told, in pieces of any size."""

    def __init__(self, argv: Sequence[str], passwords: Sequence[str], banner: bytes = b"") -> None:
        self.prompt = argv[argv.index("-p") + 1].encode()
        reader = argv[-1]
        ready, begin = re.search(r"echo (\S+);", reader), re.search(r"in (\S+)\)", reader)
        assert ready
        assert begin
        self.ready, self.begin = ready[1].encode(), begin[1].encode()
        self.passwords = list(passwords)
        self.banner = banner
        self.got = b""
        self.script: bytes | None = None
        self.attempts: list[bytes] = []

    def starts(self) -> tuple[bytes, bytes]:
        return (self.banner, self.prompt) if self.passwords else (self.banner + self.ready + b"\n", b"")

    def hears(self, data: bytes) -> tuple[bytes, bytes]:
        self.got += data
        if self.passwords and b"\n" in self.got:
            line, _, self.got = self.got.partition(b"\n")
            self.attempts.append(line)
            if line != self.passwords.pop(0).encode():
                self.passwords.append("again")
                return b"", b"Sorry, try again.\n" + self.prompt
            return self.ready + b"\n", b""
        _, found, rest = self.got.partition(self.begin + b"\n")
        if not self.passwords and found:
            self.script = rest
        return b"", b""


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def hold(dialogue: PasswordDialogue, sudo: Sudo, size: int) -> bytes:
    kept = b""
    out, err = sudo.starts()
    while out or err or dialogue.outbox:
        for piece in pieces(out, size):
            kept += dialogue.hear(piece, b"")
        for piece in pieces(err, size):
            kept += dialogue.hear(b"", piece)
        said = bytes(dialogue.outbox)
        dialogue.outbox.clear()
        out, err = sudo.hears(said) if said else (b"", b"")
    return kept


@given(
    st.integers(1, 200),
    st.binary(max_size=300),
    st.sampled_from([b"", b"Welcome!\n", b"no line end", b"controlproof-"]),
)
def test_sudo_gets_the_password_and_the_shell_the_script(size: int, script: bytes, banner: bytes) -> None:
    dialogue = PasswordDialogue("right", script, LIMITS)
    sudo = Sudo(dialogue.argv(["sudo", "-n"], ["sh", "-s"]), ["right"], banner)

    kept = hold(dialogue, sudo, size)

    assert sudo.attempts == [b"right"]
    assert sudo.script == script
    assert kept == banner
    assert dialogue.complete


@given(st.integers(1, 200))
def test_a_wrong_password_is_tried_once_and_the_script_never_sent(size: int) -> None:
    dialogue = PasswordDialogue("wrong", b"script", LIMITS)
    sudo = Sudo(dialogue.argv(["sudo"], ["sh", "-s"]), ["right"])

    with pytest.raises(PrivilegeError, match="refused the password; it was tried once") as caught:
        hold(dialogue, sudo, size)

    assert sudo.attempts == [b"wrong"]
    assert sudo.script is None
    assert caught.value.kind is Outcome.UNKNOWN


def test_a_sudo_that_does_not_ask_is_told_no_password() -> None:
    dialogue = PasswordDialogue("right", b"script", LIMITS)
    sudo = Sudo(dialogue.argv(["sudo"], ["sh", "-s"]), [])

    hold(dialogue, sudo, 7)

    assert b"right" not in sudo.got
    assert sudo.script == b"script"


def test_what_asks_something_else_is_given_up() -> None:
    dialogue = PasswordDialogue("right", b"script", LIMITS)
    dialogue.hear(b"", b"Verification code: ")

    dialogue.overdue(19)
    assert not dialogue.outbox
    with pytest.raises(PrivilegeError, match="within 20 s: Verification code:"):
        dialogue.overdue(21)


def test_sudo_keeps_its_other_options_and_forgets_its_cache() -> None:
    argv = PasswordDialogue("right", b"", LIMITS).argv(["/usr/bin/sudo", "-n", "-u", "postgres"], ["sh", "-s", "x"])

    assert argv[:4] == ["/usr/bin/sudo", "-k", "-S", "-p"]
    assert argv[5:9] == ["-u", "postgres", "sh", "-c"]
    assert "exec sh -s x;;" in argv[9]


@pytest.mark.parametrize(
    ("status", "stderr", "reason", "needs"),
    [
        (1, "sudo: a password is required", "sudo wants a password", "a password reference"),
        (1, "sudo: a terminal is required to read the password; either use -S", "sudo wants a password", "password"),
        (1, "sudo: no tty present and no askpass program specified", "sudo wants a password", "password"),
        (1, "sudo: sorry, you must have a tty to run sudo", "requiretty", "`Defaults:ann !requiretty`"),
        (1, "ann is not in the sudoers file.", "an entry in sudoers", "a sudoers entry for ann"),
        (1, "Sorry, user ann may not run sudo on web01.", "an entry in sudoers", "sudoers entry"),
        (1, "Sorry, user ann is not allowed to execute '/usr/bin/sh' as root on web01.", "rule", "lets ann run sh"),
        (1, "sudo: account validation failure, is your account locked?", "valid account", "not expired"),
        (1, "sudo: PAM account management error: Permission denied", "sudo refused: sudo: PAM", "right to use"),
        (
            1,
            "sudo: /etc/sudo.conf is owned by uid 7\nsudo: effective uid is not 0, is sudo setuid root?",
            "forbids",
            "lets",
        ),
        (1, "sudo: unable to open /etc/sudoers: Permission denied", "can read", "valid sudoers"),
        (
            1,
            "sudo: Ein Passwort ist notwendig",
            "sudo refused: sudo: Ein Passwort ist notwendig",
            "the right to use sudo",
        ),
        (127, "bash: line 1: sudo: command not found", "not installed", "root, or another way"),
        (127, "sh: 1: sudo: not found", "not installed", "root"),
        (127, "fish: Unknown command: sudo", "not installed", "root"),
        (1, "sudo: Command not found.", "not installed", "root"),
    ],
)
def test_each_refusal_of_sudo_names_what_is_missing(status: int, stderr: str, reason: str, needs: str) -> None:
    found = refusal(status, b"", stderr.encode(), "sudo", "ann")

    assert found is not None
    assert reason in found.reason
    assert found.needs is not None
    assert needs in found.needs
    assert found.kind is Outcome.UNKNOWN


@pytest.mark.parametrize("stderr", ["doas: Operation not permitted", "doas: Authorization required"])
def test_doas_refuses_in_its_own_words(stderr: str) -> None:
    found = refusal(1, b"", stderr.encode(), "doas", "ann")

    assert found is not None
    assert "doas.conf" in found.reason


@pytest.mark.parametrize(
    ("status", "stdout", "stderr"),
    [
        (0, b"", b"sudo: a password is required"),
        (None, b"", b"sudo: a password is required"),
        (1, b"", b"sudo: unable to resolve host web01: Name or service not known"),
        (1, b"half an answer", b"sudo: unable to send audit message: x"),
        (1, b"half an answer", b"sudo: something new"),
        (1, b"This account is currently not available.", b""),
        (3, b"", b"probe failed"),
        (2, b"", b"bash: line 7: syntax error near unexpected token"),
        (1, b"", b"mount: nosuid: no such option, a password is required"),
    ],
)
def test_what_is_no_refusal_stays_an_answer(status: int | None, stdout: bytes, stderr: bytes) -> None:
    assert refusal(status, stdout, stderr, "sudo", "ann") is None


def test_a_refusal_shows_no_escapes() -> None:
    found = refusal(1, b"", b"sudo: \x1b[2Jgone\x07", "sudo", "an\x1bn")

    assert found is not None
    assert found.reason == "sudo refused: sudo: gone"


def test_a_password_helps_only_where_one_is_wanted() -> None:
    assert password_may_help(b"sudo: a password is required")
    assert password_may_help(b"sudo: etwas anderes")
    assert not password_may_help(b"sudo: sorry, you must have a tty to run sudo")
    assert not password_may_help(b"ann is not in the sudoers file.")
