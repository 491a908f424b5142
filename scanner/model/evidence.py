"""Evidence: what a target answered, how complete it is, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from json.encoder import encode_basestring_ascii as text_as_json
from typing import Final, TypeAlias

from scanner.model.outcome import Outcome

Scalar: TypeAlias = str | int | float | bool


class Absent(Enum):
    """The type of `ABSENT`: asked, and not there. Different from not known."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        """Render as the word used in reports."""
        return "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is not known, and why; `kind` is unknown (hidden, denied) or error (all else)."""

    kind: Outcome
    reason: str
    needs: str | None = None

    def __str__(self) -> str:
        """Render as it stands in findings."""
        return f"{self.reason} (needs {self.needs})" if self.needs else self.reason


def unknown(reason: str, needs: str | None = None) -> Gap:
    """Give a gap for what was hidden or denied; `needs` names the missing privilege."""
    return Gap(Outcome.UNKNOWN, reason, needs)


def error(reason: str) -> Gap:
    """Give a gap for what could not be asked, or answered in a way that cannot be read."""
    return Gap(Outcome.ERROR, reason)


Cell: TypeAlias = Scalar | list[str] | list[int] | dict[str, str] | Absent | Gap
Row: TypeAlias = Mapping[str, Cell]
"""Field name > cell. A field that is missing counts as a gap, never as absent."""

UNREPORTED: Final = Gap(Outcome.ERROR, "the collector did not report this field")


def _pair(entry: tuple[str, Scalar]) -> str:
    """Give a pair of a JSON object; most values are texts, and a snapshot has hundreds of them."""
    name, value = entry
    return f"{text_as_json(name)}:{text_as_json(value) if isinstance(value, str) else json.dumps(value)}"


@dataclass(frozen=True, slots=True)
class Query:
    """One asking of a fact; `where` is sorted by parameter so that equal questions are equal."""

    fact: str
    where: tuple[tuple[str, Scalar], ...] = ()

    @classmethod
    def of(cls, fact: str, where: Mapping[str, Scalar] | None = None) -> Query:
        """Make a query from a map of parameters."""
        return cls(fact, tuple(sorted((where or {}).items())))

    @property
    def parameters(self) -> dict[str, Scalar]:
        """The parameters as a dict."""
        return dict(self.where)

    def __str__(self) -> str:
        """Render canonically: `linux.sysctl{"name":"kernel.sysrq"}`; also the key in snapshots."""
        return f"{self.fact}{{{','.join(map(_pair, self.where))}}}" if self.where else self.fact


@dataclass(frozen=True, slots=True)
class Provenance:
    """How evidence came about; times are RFC 3339 in UTC, durations seconds."""

    asked: str = ""
    """The command, SQL or API call, as a person could repeat it."""
    taken_at: str = ""
    """When, by the target's own clock where it tells."""
    seconds: float = 0.0
    as_user: str = ""
    sources: tuple[str, ...] = ()
    """Names of the queries that a derived fact was computed from."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer to a query: rows, and a gap when they are not all (or not at all) there."""

    query: Query
    rows: tuple[Row, ...] = ()
    gap: Gap | None = None
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def complete(self) -> bool:
        """True when the rows are all that there is."""
        return self.gap is None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom we met and as whom: recorded in every snapshot."""

    address: str = ""
    user: str = ""
    privilege: str = ""
    """`root`, or the plain user's name when nothing was raised."""
    key: str = ""
    """Fingerprint of the host key or certificate seen, with its kind."""
    accepted_new_key: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All evidence of one target at one time."""

    target: str
    taken_at: str
    """RFC 3339 in UTC, by our clock."""
    evidence: Mapping[Query, Evidence]
    identity: Identity = field(default_factory=Identity)
    clock_offset: float | None = None
    """Target's clock minus ours in seconds; None where the target did not tell."""
    gap: Gap | None = None
    """Why nothing at all could be asked (unreachable, refused); None when the visit came about."""
    notes: tuple[str, ...] = ()

    def get(self, query: Query) -> Evidence:
        """Give the evidence for a query; one that was never asked is an error gap, not an empty list."""
        found = self.evidence.get(query)
        if found is not None:
            return found
        return Evidence(query, gap=self.gap or error("this was not asked of the target"))

    def __iter__(self) -> Iterator[Evidence]:
        """Iterate over all evidence."""
        return iter(self.evidence.values())
