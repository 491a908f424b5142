"""What PostgreSQL and libpq say when a session does not come about, or ends early, as our family of errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg

from scanner.model.errors import AuthenticationError, CollectionError, DeadlineError, HostKeyError, UnreachableError
from scanner.model.outcome import Outcome
from scanner.transport.errors import plain

_PREFIX = re.compile(
    r"^(?:connection failed: )?(?:connection to server (?:at|on socket) [^:]*?(?:, port \d+)? failed: )?"
)
_KINDS: tuple[tuple[str, type[CollectionError], str], ...] = (
    (
        r"certificate verify failed|does not match host name|root certificate file|self.signed",
        HostKeyError,
        "give ca_file, or the name in the certificate as address",
    ),
    (r"server does not support SSL", HostKeyError, "the server offers no TLS: say sslmode: disable when that is meant"),
    (
        r"password authentication failed|no password supplied|authentication method requirement|Peer authentication failed|Ident authentication failed|certificate authentication failed|SCRAM",
        AuthenticationError,
        "check user and password",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        AuthenticationError,
        "pg_hba.conf lets this user in from here only as the server's owner says",
    ),
    (r'role ".*" does not exist|is not permitted to log in', AuthenticationError, "check user"),
    (r"permission denied for database|User does not have CONNECT", CollectionError, ""),
    (
        r"Connection refused|could not translate|timeout expired|No route|Network is unreachable|No such file|Connection reset|server closed the connection|could not connect",
        UnreachableError,
        "",
    ),
)


def refused(problem: psycopg.Error, given: Mapping[str, str]) -> CollectionError:
    """Give the error for a session that did not come about; its text holds no password, libpq puts none there."""
    text = _told(problem)
    place = _place(given)
    for pattern, kind, remedy in _KINDS:
        if re.search(pattern, text):
            if kind is CollectionError:
                needs = f"CONNECT on database {given.get('dbname', '')}"
                return CollectionError(f"{place}: {text}", kind=Outcome.UNKNOWN, needs=needs)
            return kind(f"{place}: {text}" + (f" ({remedy})" if remedy else ""))
    if problem.sqlstate is None and "FATAL" not in str(problem):
        return UnreachableError(f"{place}: {text}")
    return CollectionError(f"{place}: {text}")


def broken(problem: psycopg.Error, given: Mapping[str, str], *, late: bool) -> CollectionError:
    """Give the error for a session that broke before its questions were asked; `late` when its time was over."""
    if late:
        return DeadlineError(f"{_place(given)}: the server let us in and then did not answer in time")
    return CollectionError(f"{_place(given)}: the session broke: {_told(problem)}")


def _told(problem: psycopg.Error) -> str:
    text = plain(str(problem), 400)
    return _PREFIX.sub("", text).removeprefix("FATAL: ").strip() or type(problem).__name__


def _place(given: Mapping[str, str]) -> str:
    host = given.get("host") or (f"service {given['service']}" if "service" in given else "PostgreSQL here")
    port = f":{given['port']}" if "port" in given else ""
    return f"{host}{port}"
