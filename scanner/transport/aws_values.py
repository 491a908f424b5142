"""Makes plain what botocore brings: times, bytes and streams become text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from scanner.transport.cloud import Document, Value

_STREAM = 16 * 2**20
"""Most bytes that are read of a streamed body."""


def plain_page(page: Mapping[str, object]) -> Document:
    """Give one page of an answer without the transport's own metadata."""
    return {str(name): plain_value(value) for name, value in page.items() if name != "ResponseMetadata"}


def plain_value(value: object) -> Value:
    """Give a value in plain types: times as RFC 3339 in UTC to the second, bytes as UTF-8."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        return {str(name): plain_value(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain_value(each) for each in value]
    if isinstance(value, Decimal):
        return float(value)
    return _text(value)


def _text(value: object) -> str:
    if hasattr(value, "read"):
        value = value.read(_STREAM)
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)
