"""The contract of the transports that ask a cloud's APIs: calls in, plain pages back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from scanner.transport.sql import Failure

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""What a field holds once it has crossed: times are RFC 3339 in UTC, bytes text."""
Document: TypeAlias = Mapping[str, Value]

_READING = ("Get", "List", "Describe", "Head", "Lookup", "BatchGet", "Search")
_READING_TOO = frozenset({"GenerateCredentialReport"})
"""Makes AWS write its report of credentials anew, at most every four hours, at no cost."""
_CLOSED = frozenset({"GetSecretValue", "GetSessionToken", "GetFederationToken", "GetParameter", "GetParameters"})
"""They read, but what they give are secrets."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of call: what it is named in the API, and what it takes."""

    service: str
    """Name of the service as clients have it, such as `s3control`."""
    name: str
    """Name in the API, such as `GetBucketEncryption`; only what reads is ever sent."""
    action: str
    """IAM action that allows it, such as `s3:GetEncryptionConfiguration`."""
    key: str = ""
    """Field of every page that holds its list; an answer without it is not whole. Empty for a single document."""
    absent: tuple[str, ...] = ()
    """Codes of errors by which the API says that there is none of it."""
    lacking: bool = False
    """True where the API leaves out an empty list altogether."""
    per: str = ""
    """What it is asked of, for plans: `region`, `bucket`; empty when it is asked once."""

    def __post_init__(self) -> None:
        """Refuse a declaration of something that may change or reveal."""
        if self.forbidden:
            raise ValueError(f"{self}: {self.forbidden}")

    def __str__(self) -> str:
        """Render as `s3:GetBucketEncryption`."""
        return f"{self.service}:{self.name}"

    @property
    def forbidden(self) -> str:
        """Why it must not be sent; empty for one that only reads."""
        if self.name in _CLOSED:
            return "it gives secrets away"
        reads = self.name.startswith(_READING) or self.name in _READING_TOO
        return "" if reads else "it is not among the calls that only read"


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its pages: an operation, where, and with what."""

    operation: Operation
    region: str
    parameters: str = "{}"
    """As JSON with sorted keys, so that equal calls are equal."""

    @classmethod
    def of(cls, operation: Operation, region: str, parameters: Mapping[str, object] | None = None) -> Call:
        """Make a call from a map of parameters."""
        return cls(operation, region, json.dumps(parameters or {}, sort_keys=True))

    @property
    def arguments(self) -> dict[str, object]:
        """The parameters as a map."""
        found = json.loads(self.parameters)
        return dict(found) if isinstance(found, dict) else {}

    def __str__(self) -> str:
        """Render for provenance: `s3:GetBucketEncryption {"Bucket": "logs"} in eu-west-1`."""
        given = "" if self.parameters == "{}" else f" {self.parameters}"
        return f"{self.operation}{given} in {self.region}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one call."""

    call: Call
    pages: tuple[Document, ...] = ()
    failure: Failure | None = None
    """`code` is the API's own, such as `AccessDenied`, or one of ours such as `unreachable`."""
    cut: str = ""
    """Why pages are missing at the end (deadline, size); empty when they are all there."""

    @property
    def missing(self) -> bool:
        """True when the API said that there is none of what was asked for."""
        return self.failure is not None and self.failure.code in self.call.operation.absent

    @property
    def document(self) -> Document:
        """The first page; empty when there is none."""
        return self.pages[0] if self.pages else {}

    @property
    def items(self) -> Iterator[dict[str, Value]]:
        """Iterate over the documents in the operation's list, page by page."""
        for page in self.pages:
            found = page.get(self.call.operation.key)
            if isinstance(found, list):
                yield from (each for each in found if isinstance(each, dict))

    @property
    def words(self) -> list[str]:
        """The texts in the operation's list, page by page."""
        lists = [page.get(self.call.operation.key) for page in self.pages]
        return [each for found in lists if isinstance(found, list) for each in found if isinstance(each, str)]


class CloudClient(Protocol):
    """One way to one account; made by `table.open_client`."""

    options: Mapping[str, str]
    """Settings of the target that collectors need: `regions`, `account`."""
    home: str
    """Region in which calls without a region of their own are made."""

    def ask_all(self, calls: Sequence[Call]) -> dict[Call, Reply]:
        """Make calls side by side; give a reply for each. Never raises: what goes wrong stands in the reply."""

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""
