"""The contract of the transport that reads files which other systems leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file as it was found."""

    name: str
    """Path below the folder, with slashes."""
    modified_at: str
    """RFC 3339 in UTC."""
    size: int
    data: bytes = b""
    failure: str = ""
    """Why it could not be read, or not as a whole; empty when `data` is all of it."""
    denied: bool = False


class Folder(Protocol):
    """A folder with files of one system; made by `table.open_client`."""

    settings: Mapping[str, str]
    """Settings of the target that a collector needs."""

    def files(self, patterns: Sequence[str], *, read: bool = True) -> tuple[Dropped, ...]:
        """Read all files whose names fit one of these patterns (`*.json`, `*/log.htm`, `**/*.bak`), sorted by name.

        Without `read` only names, sizes and times are told. Raises a CollectionError when the folder itself cannot
        be listed: nothing found is then not known.
        """

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""
