"""What botocore raises, made into our words: denied, throttled, out of reach, without credentials."""

from __future__ import annotations

import re

from botocore import exceptions
from botocore.parsers import ResponseParserError

from scanner.transport.errors import plain
from scanner.transport.sql import Failure

UNREACHABLE = "unreachable"
CREDENTIALS = "credentials"

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Client.UnauthorizedOperation",
        "Forbidden",
        "ForbiddenException",
        "InsufficientPrivilegesException",
        "NotAuthorized",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "403",
    }
)
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_NO_LOGIN = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
_OUT_OF_REACH = (
    exceptions.EndpointConnectionError,
    exceptions.ConnectionClosedError,
    exceptions.ConnectTimeoutError,
    exceptions.ReadTimeoutError,
    exceptions.ProxyConnectionError,
    exceptions.SSLError,
)
_WITHOUT = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.ProfileNotFound,
    exceptions.InvalidConfigError,
    exceptions.ConfigParseError,
    exceptions.ConfigNotFound,
)
_KEY = re.compile(r"\b(A[A-Z]{3})[A-Z0-9]{12,}\b")
_ENCODED = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)


def failure_of(problem: Exception, profile: str = "") -> Failure:
    """Map what was raised to a failure; ids of access keys and encoded messages are left out of the text.

    `profile` is the one of the AWS configuration by which the account is reached.
    """
    if isinstance(problem, exceptions.ClientError):
        return _said(problem)
    if isinstance(problem, exceptions.SSOError | exceptions.TokenRetrievalError):
        return Failure(CREDENTIALS, _signed_out(problem, profile))
    if isinstance(problem, _WITHOUT):
        return Failure(
            CREDENTIALS, f"no usable credentials: {_text(str(problem))} (see the AWS configuration, or log in anew)"
        )
    if isinstance(problem, _OUT_OF_REACH):
        return Failure(UNREACHABLE, _text(str(problem)))
    if isinstance(problem, exceptions.NoRegionError | exceptions.UnknownEndpointError):
        return Failure("endpoint", _text(str(problem)))
    if isinstance(problem, ResponseParserError | AttributeError | TypeError | KeyError | ValueError):
        return Failure("unreadable", f"the answer cannot be read: {_text(str(problem))}")
    return Failure(type(problem).__name__, f"the call failed: {_text(str(problem))}")


def _signed_out(problem: Exception, profile: str) -> str:
    """Say that nobody is signed in by SSO: botocore has an error for each step at which that comes to light."""
    missing = isinstance(problem, exceptions.SSOTokenLoadError)
    state = "there is no SSO session" if missing else "the SSO session has expired"
    whose = f" of profile {plain(profile, 80)}" if profile else ""
    login = f"aws sso login --profile {plain(profile, 80)}" if profile else "aws sso login"
    return f"no usable credentials: {state.replace('session', f'session{whose}', 1)} ({login})"


def _said(problem: exceptions.ClientError) -> Failure:
    found = problem.response.get("Error") or {}
    code = plain(str(found.get("Code") or "error"), 80)
    message = _text(str(found.get("Message") or "")) or "the API gave no reason"
    status = (problem.response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    if code in _THROTTLED and not (code == "LimitExceededException" and status != 400):
        return Failure(code, f"throttled, tries again were in vain: {message}")
    if code in _NO_LOGIN:
        return Failure(CREDENTIALS, f"{code}: {message}")
    if code in _DENIED or (status == 403 and code not in _NO_LOGIN):
        return Failure(code, f"{code}: {message}", denied=True)
    return Failure(code, f"{code}: {message}")


def _text(text: str) -> str:
    """Give a foreign text without what it may reveal."""
    return plain(_KEY.sub(r"\1…", _ENCODED.sub("", text)), 300)
