"""Errors of httpx and of TLS, made into ours; never with a text that may hold a header."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from scanner.model.errors import CollectionError, HostKeyError, UnreachableError
from scanner.transport.errors import because, plain


def out_of_reach(problem: BaseException, place: str, *, pinned: bool) -> CollectionError | None:
    """Give the error to raise when no connection came about; None when one stood and was lost later."""
    if not isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout):
        return None
    for cause in _causes(problem):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return HostKeyError(f"{place}: {_untrusted(cause, pinned=pinned)}")
        if isinstance(cause, ssl.SSLError):
            return CollectionError(f"{place}: no TLS came about: {_told(cause)}")
    if isinstance(problem, httpx.ProxyError):
        return UnreachableError(f"{place}: the proxy does not lead there")
    if isinstance(problem, httpx.TimeoutException):
        return UnreachableError(f"{place}: no answer in time")
    refused = next((each for each in _causes(problem) if isinstance(each, OSError)), None)
    return UnreachableError(f"{place}: {because(refused) if refused is not None else 'no connection came about'}")


def cut(problem: BaseException) -> str:
    """Say why an answer did not come, or not as a whole."""
    if isinstance(problem, httpx.TimeoutException | TimeoutError):
        return "no answer in time"
    if isinstance(problem, httpx.RemoteProtocolError):
        return "it broke off its answer, or speaks no HTTP"
    if isinstance(problem, httpx.NetworkError | OSError):
        return "the connection was cut"
    return f"it could not be asked ({type(problem).__name__})"


def _causes(problem: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = problem
    for _ in range(10):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _untrusted(problem: ssl.SSLCertVerificationError, *, pinned: bool) -> str:
    why = plain(getattr(problem, "verify_message", "") or (str(problem.args[0]) if problem.args else ""), 200)
    remedy = "compare it with the server's own" if pinned else "give ca_file: or fingerprint:"
    return f"its certificate is not trusted: {why or 'it does not verify'} ({remedy})"


def _told(problem: ssl.SSLError) -> str:
    return plain((problem.reason or "the handshake failed").replace("_", " ").lower(), 200)
