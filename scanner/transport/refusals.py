"""What sudo and doas say when they refuse, and what is missing then."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.model.errors import PrivilegeError
from scanner.model.outcome import Outcome
from scanner.transport.errors import plain, tail


@dataclass(frozen=True, slots=True)
class _Saying:
    pattern: str
    wants: str
    needs: str
    password_helps: bool = False


_SAYINGS = (
    _Saying(
        r"a (password|terminal) is required|no tty present and no askpass program|no password was provided",
        "a password",
        "sudo without password, or a password reference (become_password)",
        password_helps=True,
    ),
    _Saying(
        r"you must have a tty to run sudo",
        "a terminal (requiretty)",
        "the exemption `Defaults:{user} !requiretty` in sudoers",
    ),
    _Saying(
        r"is not in the sudoers file|may not run sudo|user NOT in sudoers",
        "an entry in sudoers, which {user} does not have",
        "a sudoers entry for {user}",
    ),
    _Saying(
        r"is not allowed to (execute|run)",
        "a sudoers rule for this command, which {user} does not have",
        "a sudoers rule that lets {user} run sh",
        password_helps=True,
    ),
    _Saying(
        r"account validation failure|account or password is expired|password.{0,20}expired|authentication error",
        "a valid account, which {user} does not have",
        "an account of {user} that is not expired",
    ),
    _Saying(
        r"effective uid is not 0|must be owned by uid 0|no new privileges|nosuid",
        "to be allowed to raise privilege, which this system forbids it",
        "a system that lets {program} raise privilege",
    ),
    _Saying(
        r"no valid sudoers sources|unable to (stat|open|read) /etc/sudoers|syntax error",
        "sudoers files that it can read",
        "valid sudoers files",
    ),
    _Saying(
        r"doas: (Operation not permitted|Auth\w+ (required|failed)|not enabled)",
        "a rule in doas.conf (`permit nopass`)",
        "a `permit nopass` rule for {user} in doas.conf",
    ),
)

_SPEAKS = re.compile(r"sudo: |doas: |Sorry, user \S+ |\S+ is not in the sudoers file|>>> |/etc/sudoers")
"""How the lines begin that are sudo's or doas's own; what a script writes on stderr is not theirs."""

_HARMLESS = re.compile(r"unable to resolve host|unable to send audit message")


def refusal(status: int | None, stdout: bytes, stderr: bytes, program: str, user: str) -> PrivilegeError | None:
    """Give the error when the program that raises privilege refused, else None.

    Judged from exit status and stderr (sudo(8), doas(1)); a saying that is not known counts only when it is
    the program's own and nothing came on stdout.
    """
    if not status:
        return None
    text = stderr.decode("utf-8", "replace")
    who = plain(user, 64) or "the account"
    said = _saying(text)
    if said is not None:
        words = {"user": who, "program": program}
        return denied(f"{program} wants {said.wants.format(**words)}", said.needs.format(**words))
    if _not_found(status, text, program):
        return denied(f"{program} is not installed on the target", "root, or another way to raise privilege")
    own = [line for line in text.splitlines() if line.startswith(f"{program}:") and not _HARMLESS.search(line)]
    if own and not stdout:
        return denied(f"{program} refused: {tail(own[-1].encode())}", f"the right to use {program}")
    return None


def password_may_help(stderr: bytes) -> bool:
    """False when sudo named a reason that no password cures."""
    said = _saying(stderr.decode("utf-8", "replace"))
    return said is None or said.password_helps


def denied(reason: str, needs: str) -> PrivilegeError:
    """Make the error for a privilege that could not be raised: unknown, naming what is missing."""
    return PrivilegeError(reason, kind=Outcome.UNKNOWN, needs=needs)


def _not_found(status: int, text: str, program: str) -> bool:
    name = re.escape(program)
    missing = rf"\b{name}['\"]?:?\s+(command )?not found|Unknown command:? ['\"]?{name}|{name}: No such file"
    return status in (1, 126, 127) and re.search(missing, text, re.IGNORECASE) is not None


def _saying(text: str) -> _Saying | None:
    own = "\n".join(line for line in text.splitlines() if _SPEAKS.match(line))
    return next((saying for saying in _SAYINGS if re.search(saying.pattern, own)), None)
