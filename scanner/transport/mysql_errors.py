"""What MariaDB, MySQL and PyMySQL say when a session does not come about, as our family of errors."""

from __future__ import annotations

import ssl

import pymysql

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    DeadlineError,
    HostKeyError,
    UnreachableError,
)
from scanner.model.outcome import Outcome
from scanner.transport.errors import because, plain
from scanner.transport.mysql_line import FloodError, RefusedError
from scanner.transport.sql import Failure

DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1698})
"""Error numbers of a missing privilege."""
_LOGIN = {
    1045: "check user and password",
    1251: "the account wants an authentication plug-in that we do not have",
    1524: "the account wants an authentication plug-in that the server did not load",
    1698: "the account takes no password; it may log in over the socket alone",
    1820: "the account's password has expired",
    1862: "the account's password has expired",
    3118: "the account is locked",
    4151: "the account is locked",
    1129: "the server has blocked this address: FLUSH HOSTS",
    1130: "no account is for this address",
    2059: "the account wants an authentication plug-in that we do not have",
    3159: "the server demands TLS: give sslmode: verify-full",
    4150: "the account's password has expired",
}
_FULL = frozenset({1040, 1203, 1226})
_LOST = frozenset({2002, 2003, 2005, 2006, 2013, 2055})
_TLS = 2026
_LATE = frozenset({1205, 1317, 1969, 3024})


def number_of(problem: BaseException) -> int:
    """Give the error number; 0 when there is none."""
    first = problem.args[0] if problem.args else 0
    return first if isinstance(first, int) else 0


def told(problem: BaseException) -> str:
    """Give what was said, as one harmless line."""
    words = problem.args[1] if len(problem.args) > 1 else str(problem)
    return plain(str(words), 300) or type(problem).__name__


def refused(problem: Exception, place: str, database: str, late: bool) -> CollectionError:
    """Give the error for a session that did not come about."""
    cause = getattr(problem, "original_exception", problem)
    if late:
        return DeadlineError(f"{place}: no answer in time")
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = f"{place}: certificate not trusted: {plain(cause.verify_message, 200)}"
        return HostKeyError(f"{words} (give ca_file, or the name in the certificate as address)")
    if isinstance(cause, ssl.SSLError):
        return HostKeyError(f"{place}: TLS failed: {because(cause)}")
    if isinstance(cause, OSError):
        return UnreachableError(f"{place}: {because(cause)}")
    if isinstance(problem, RefusedError):
        return AuthenticationError(f"{place}: {problem}")
    if isinstance(problem, FloodError):
        return CollectionError(f"{place}: {problem}")
    if not isinstance(problem, pymysql.err.Error):
        if "nacl" in str(problem).lower():
            return AuthenticationError(f"{place}: the account wants ed25519 (install PyNaCl)")
        return _unread(place, type(problem).__name__)
    return _by_number(number_of(problem), told(problem), place, database)


def _by_number(number: int, words: str, place: str, database: str) -> CollectionError:
    if number in _LOGIN:
        return AuthenticationError(f"{place}: {words} ({_LOGIN[number]})")
    if number == 1044:
        return CollectionError(f"{place}: {words}", kind=Outcome.UNKNOWN, needs=f"a privilege on database {database}")
    if number in _FULL:
        return CollectionError(f"{place}: too many connections: {words}")
    if number == _TLS:
        return HostKeyError(f"{place}: {words} (say sslmode: disable when that is meant)")
    if number in _LOST:
        return UnreachableError(f"{place}: {words}")
    return CollectionError(f"{place}: {words} ({number})") if number else _unread(place, words)


def _unread(place: str, words: str) -> CollectionError:
    return CollectionError(f"{place}: its greeting cannot be read: {words} (check that it is MariaDB or MySQL)")


def failure(problem: Exception) -> Failure:
    """Give why a statement failed."""
    number = number_of(problem) if isinstance(problem, pymysql.err.Error) else 0
    if isinstance(problem, FloodError):
        return Failure("", str(problem))
    if isinstance(problem, RuntimeError) and "LOAD_LOCAL" in str(problem):
        return Failure("", "the server asked for a file of ours, and did not get it")
    if number in _LATE:
        return Failure(str(number), "the time limit of the statement was reached")
    if not isinstance(problem, pymysql.err.Error):
        return Failure("", f"the answer cannot be read: {plain(str(problem), 200) or type(problem).__name__}")
    return Failure(str(number or ""), told(problem), denied=number in DENIED)
