"""What a visit to either product sees: clock, version, and what our own account may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from scanner.collection.exported.asking import Asked
from scanner.collection.proxmox.asking import Asker, Listing, Told
from scanner.collection.proxmox.rights import Rights, Wanted, hidden, read_rights
from scanner.collection.proxmox.words import version, word
from scanner.model.evidence import ABSENT, Gap, Query, error


class Seen:
    """One server or cluster, asked lazily."""

    PRODUCT: ClassVar[str]
    """Name of the product."""
    ROLE: ClassVar[str]
    """Role that shows who was granted what."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    @property
    def now(self) -> str:
        """The server's clock, or ours where it does not tell."""
        return self.asker.now or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def numbers(self, told: Mapping[str, Any]) -> tuple[int, ...]:
        """Read the version from what the server tells of it."""
        return version(word(told.get("version")))

    @cached_property
    def _version(self) -> tuple[tuple[int, ...], Gap | None]:
        data, gap = self.asker.data("version")
        found = self.numbers(data) if isinstance(data, dict) else ()
        return found, gap or (None if found else error("GET version: the answer has no version"))

    @property
    def version(self) -> tuple[int, ...]:
        """Numbers of the version; empty where it is not told."""
        return self._version[0]

    @property
    def version_gap(self) -> Gap | None:
        """Why there is no version."""
        return self._version[1]

    @cached_property
    def grants(self) -> Listing:
        """Who was granted what."""
        return self.asker.rows("access/acl", needs=self.ROLE)

    @cached_property
    def rights(self) -> Rights:
        """What our own account may do."""
        return read_rights(self.asker, self.grants)

    def narrowed(self, wanted: Iterable[Wanted]) -> Sequence[Wanted]:
        """Give the privileges that are looked at in place of these."""
        return tuple(wanted)

    def lacking(self, wanted: Iterable[Wanted]) -> list[str] | Gap:
        """Name the privileges that we lack."""
        if self.rights.gap is not None and not self.rights.by_path:
            return self.rights.gap
        return list(dict.fromkeys(place for each in self.narrowed(wanted) for place in self.rights.lacking(each)))

    def hidden(self, *wanted: Wanted) -> Gap | None:
        """Give why a listing that takes these privileges may lack rows."""
        return hidden(self.rights, self.narrowed(wanted))


def server(seen: Seen, wanted: Iterable[Wanted]) -> Told:
    """Give the row of `backup.server`; `wanted` is what seeing everything takes."""
    told = ".".join(map(str, seen.version))
    row = {
        "name": f"{seen.PRODUCT} {told}".strip(),
        "version": told or seen.version_gap or ABSENT,
        "blind": seen.lacking(wanted),
        "source": "asked",
        "collected_at": seen.now,
    }
    return [row], None


def described(queries: Iterable[Query], asked: Mapping[str, tuple[str, ...]]) -> Asked:
    """Give the requests that answer these queries; `asked` has the paths of each fact."""
    facts = ("backup.server", *(query.fact for query in queries))
    paths = dict.fromkeys(path for fact in facts for path in asked.get(fact, ()))
    return Asked(tuple(f"GET /api2/json/{path}" for path in paths))
