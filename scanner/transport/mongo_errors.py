"""What MongoDB and its driver say when a connection does not come about, as our family of errors."""

from __future__ import annotations

import re

from pymongo.errors import ConfigurationError as DriverConfigurationError
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from scanner.model.errors import AuthenticationError, CollectionError, DeadlineError, HostKeyError, UnreachableError
from scanner.transport.errors import plain
from scanner.transport.sql import Failure

DENIED = frozenset({13, 8000})
"""Codes of a missing privilege: Unauthorized, and whatever Atlas does not allow."""
_LOGIN = frozenset({11, 18, 334, 8000})
"""Codes of a login that failed: no such user, wrong password, mechanism not offered, and Atlas's own."""
_TAIL = re.compile(r" \(configured timeouts:.*|, Timeout: .*|, Topology Description: .*|, full error: .*", re.DOTALL)
_KINDS: tuple[tuple[str, type[CollectionError], str], ...] = (
    (
        r"certificate verify failed|doesn't match|Hostname mismatch|IP address mismatch|not match",
        HostKeyError,
        "give ca_file, or the name in the certificate as address",
    ),
    (
        r"WRONG_VERSION_NUMBER|wrong version number|SSL handshake failed.*(Connection reset|EOF occurred)",
        HostKeyError,
        "the server may offer no TLS: say sslmode: disable when that is meant",
    ),
    (
        r"CERTIFICATE_REQUIRED|certificate required|HANDSHAKE_FAILURE|handshake failure",
        HostKeyError,
        "the server asks for a client certificate: give client_cert",
    ),
    (r"connection closed|Connection reset", UnreachableError, "the server may demand TLS: say sslmode: verify-full"),
    (r"timed out|time limit|operation cancelled", DeadlineError, ""),
)


def refused(problem: Exception, place: str, *, encrypted: bool) -> CollectionError:
    """Give the error for a connection or login that did not come about; no text of the driver holds a password."""
    text = told(problem).removeprefix(f"{place}: ")
    if isinstance(problem, CollectionError):
        return CollectionError(f"{place}: {problem.reason}")
    if isinstance(problem, OperationFailure) and problem.code in _LOGIN:
        return AuthenticationError(f"{place}: {text} (check user, password and auth_source)")
    if isinstance(problem, DriverConfigurationError):
        return CollectionError(f"{place}: {text}")
    for pattern, kind, remedy in _KINDS:
        if re.search(pattern, text):
            hint = f" ({remedy})" if remedy and not (kind is UnreachableError and encrypted) else ""
            return UnreachableError(f"{place}: {text}") if kind is DeadlineError else kind(f"{place}: {text}{hint}")
    if isinstance(problem, ConnectionFailure):
        return UnreachableError(f"{place}: {text}")
    return CollectionError(f"{place}: {text}")


def failure_of(problem: Exception) -> Failure:
    """Give why a command had no reply."""
    if isinstance(problem, OperationFailure):
        return Failure(str(problem.code or ""), told(problem), denied=problem.code in DENIED)
    if isinstance(problem, PyMongoError):
        return Failure("", told(problem))
    return Failure("", f"the reply cannot be read: {told(problem)}")


def told(problem: Exception) -> str:
    """Give a foreign error as one harmless line, without the driver's own repetitions."""
    return plain(_TAIL.sub("", str(problem)), 300) or type(problem).__name__
