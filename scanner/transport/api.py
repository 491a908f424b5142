"""The contract of transports that ask an HTTP API: paths in, JSON back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.model.evidence import Identity
from scanner.transport.shell import Limits


@dataclass(frozen=True, slots=True)
class Response:
    """What became of one request."""

    status: int = 0
    """HTTP status; 0 when no answer came."""
    data: Any = None
    """The parsed JSON; None where there is none."""
    text: str = ""
    """The body of what is not JSON, cut to a bounded length."""
    failure: str = ""
    """Why there is no usable answer (status of refusal, broken JSON, cut connection); empty when all is well."""
    denied: bool = False
    """True when a privilege was missing (401, 403)."""
    missing: bool = False
    """True when there is no such thing (404)."""
    server_time: str = ""
    """The `Date` header as RFC 3339 in UTC; empty where there is none."""


class Api(Protocol):
    """One way to one API; made by `table.open_client`, used by one thread at a time."""

    settings: Mapping[str, str]
    """Settings of the target that a collector needs, such as `datastores`."""

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Ask for one path below the base address; never raises for what the server does.

        Raises a CollectionError when the server is out of reach or its certificate is not trusted.
        """

    @property
    def identity(self) -> Identity:
        """Whom we met and as whom; the certificate's fingerprint once a connection stood."""

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """Bounds of a visit: `body` bytes a response, `requests` in all, seconds by `shell`."""

    shell: Limits = field(default_factory=Limits)
    body: int = 64 * 2**20
    requests: int = 20_000
