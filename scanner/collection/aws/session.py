"""What collectors of AWS share within a visit: calls made once, regions, and gaps for what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.model.outcome import Outcome
from scanner.transport.cloud import Call, CloudClient, Document, Operation, Reply, Value

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DESCRIBE_REGIONS = Operation("ec2", "DescribeRegions", "ec2:DescribeRegions", key="Regions")


class Collector(Protocol):
    """What a collector module offers."""

    FACTS: Mapping[str, tuple[Operation, ...]]
    """Fact > the operations that it takes, its first one the listing."""

    def collect(self, queries: Sequence[Query], session: Session) -> list[Evidence]:
        """Ask what these queries (of this module's facts) take; one Evidence each, never raises on odd values."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing over regions brought: each item with its region, and why some may be missing."""

    items: tuple[tuple[str, dict[str, Value]], ...] = ()
    gap: Gap | None = None


@dataclass(slots=True)
class Session:
    """One visit to one account; equal calls are made once, whichever facts ask for them."""

    client: CloudClient
    account: str = ""
    arn: str = ""
    """Who we are there."""
    started: str = ""
    """When the visit began, by our clock: the APIs tell no time of their own for what they answer."""
    notes: list[str] = field(default_factory=list)
    """What a visit has to tell beside its evidence."""
    _replies: dict[Call, Reply] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The region for calls without a region of their own."""
        return self.client.home

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, as our own ARN tells."""
        return self.arn.split(":")[1] if self.arn.count(":") > 1 else "aws"

    @property
    def asked(self) -> int:
        """How many calls were made."""
        return len(self._replies)

    def ask_all(self, calls: Iterable[Call]) -> dict[Call, Reply]:
        """Make calls side by side, those alone that were not made before; give the reply to each."""
        wanted = list(dict.fromkeys(calls))
        new = [call for call in wanted if call not in self._replies]
        if new:
            self._replies.update(self.client.ask_all(new))
        return {call: self._replies[call] for call in wanted}

    def ask(self, operation: Operation, parameters: Mapping[str, object] | None = None, region: str = "") -> Reply:
        """Make one call, in the home region unless told otherwise."""
        call = Call.of(operation, region or self.home, parameters)
        return self.ask_all([call])[call]

    def ask_again(self, call: Call) -> Reply:
        """Make a call anew, for what the API was still at work on."""
        self._replies.pop(call, None)
        return self.ask_all([call])[call]

    def regions(self) -> tuple[tuple[str, ...], Gap | None]:
        """Give the regions of the visit: those of the inventory, else all that the account has switched on.

        Where they cannot be listed, the home region alone, with the gap that all regional facts then have.
        """
        listed = tuple(name.strip() for name in self.client.options.get("regions", "").split(",") if name.strip())
        if listed:
            return tuple(dict.fromkeys(listed)), None
        reply = self.ask(DESCRIBE_REGIONS)
        names = [text(each.get("RegionName")) for each in reply.items if each.get("OptInStatus") != "not-opted-in"]
        gap = gap_of(reply, "regions of the account") or (None if names else error("the account tells no region"))
        return tuple(sorted(set(filter(None, names)))) or (self.home,), gap

    def list_everywhere(self, operation: Operation, parameters: Mapping[str, object] | None = None) -> Listed:
        """Ask for a list in every region; a region that did not answer is named in the gap."""
        names, gap = self.regions()
        calls = {Call.of(operation, name, parameters): name for name in names}
        replies = self.ask_all(calls)
        items = tuple((calls[call], each) for call, reply in replies.items() for each in reply.items)
        return Listed(items, worst(gap, *_by_region(replies)))

    def provenance(self, operations: Iterable[Operation]) -> Provenance:
        """Give the provenance of evidence that these operations brought."""
        asked = "; ".join(str(each) for each in operations)
        return Provenance(asked=asked, taken_at=self.started, as_user=self.arn)


def _by_region(replies: Mapping[Call, Reply]) -> Iterator[Gap]:
    """Give one gap for each reason, with the regions in which it arose."""
    gaps = [(call.region, gap) for call, reply in replies.items() if (gap := gap_of(reply))]
    gaps.sort(key=lambda pair: (pair[1].kind is not Outcome.ERROR, pair[1].needs or "", pair[1].reason))
    for _, group in groupby(gaps, key=lambda pair: (pair[1].kind, pair[1].needs, pair[1].reason)):
        found = list(group)
        gap = found[0][1]
        yield Gap(gap.kind, f"{', '.join(region for region, _ in found)}: {gap.reason}", gap.needs)


def worst(*gaps: Gap | None) -> Gap | None:
    """Join gaps: an error weighs more than a denial; all reasons are told."""
    known = list(dict.fromkeys(gap for gap in gaps if gap is not None))
    if len(known) < 2:
        return known[0] if known else None
    first = min(known, key=lambda gap: gap.kind is not Outcome.ERROR)
    needs = ", ".join(dict.fromkeys(gap.needs for gap in known if gap.needs)) or None
    return Gap(first.kind, "; ".join(gap.reason for gap in known)[:500], needs)


def gap_of(reply: Reply, what: str = "") -> Gap | None:
    """Give why a reply is not whole: unknown, with the IAM action, when it was denied; None when it is whole.

    That there is none of what was asked for is no gap: see `Reply.missing`.
    """
    head = f"{what}: " if what else ""
    if reply.failure is not None:
        if reply.missing:
            return None
        if reply.failure.denied:
            return unknown(f"{head}{reply.call.operation}: {reply.failure.text}", reply.call.operation.action)
        return error(f"{head}{reply.call.operation}: {reply.failure.text}")
    return error(f"{head}{reply.call.operation}: {reply.cut}") if reply.cut else None


def cell(reply: Reply, read: Callable[[Document], Cell], none: Cell = ABSENT) -> Cell:
    """Give a cell of a resource from the reply to its own call: a gap, `none` where there is none of it, or what is read."""
    gap = gap_of(reply)
    if gap is not None:
        return gap
    if reply.missing:
        return none
    try:
        return read(reply.document)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as odd:
        return error(f"{reply.call.operation}: the answer cannot be read: {type(odd).__name__}")


def evidence(
    query: Query, rows: Iterable[Row], gap: Gap | None, session: Session, operations: Iterable[Operation]
) -> Evidence:
    """Make the evidence of a list; a row without a sound key becomes a gap of the whole list."""
    return Evidence(query, tuple(rows), gap, session.provenance(operations))


def text(value: Value) -> str:
    """Give a text; anything else is empty."""
    return value if isinstance(value, str) else ""


def texts(value: Value) -> list[str]:
    """Give the texts of a list; a single text is a list of one."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def documents(value: Value) -> list[dict[str, Value]]:
    """Give the documents of a list; a single one is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def document(value: Value) -> dict[str, Value]:
    """Give a document; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: Value) -> Cell:
    """Give a whole number, ABSENT where there is none, a gap for anything else."""
    if value is None:
        return ABSENT
    if isinstance(value, bool) or not isinstance(value, int):
        return error("a number was expected")
    return value


def word(value: Value) -> Cell:
    """Give a text, ABSENT where there is none, a gap for anything else."""
    if value is None or value == "":
        return ABSENT
    return value if isinstance(value, str) else error("a text was expected")


def flag(value: Value, none: Cell = ABSENT) -> Cell:
    """Give a truth value, `none` where there is none, a gap for anything else."""
    if value is None:
        return none
    return value if isinstance(value, bool) else error("true or false was expected")


def choice(value: Value, known: Mapping[str, Cell], none: Cell = ABSENT) -> Cell:
    """Give what a word of the API means to us, `none` where there is none, a gap for one that is not known."""
    if value is None or value == "":
        return none
    return known.get(str(value), error(f"'{str(value)[:40]}' is not a word that is known here"))


def moment(value: Value) -> Cell:
    """Give a time, ABSENT where there is none, a gap for anything else."""
    if value is None or value == "":
        return ABSENT
    return value if isinstance(value, str) and _TIME.fullmatch(value) else error("a time was expected")


def tags(value: Value) -> Cell:
    """Give the tags of a resource, listed as `Key` and `Value`, as a map; a gap for anything that is no such list.

    What cannot be read must not look like a resource without tags: profiles and waivers go by them.
    """
    if value is None:
        return {}
    found = documents(value)
    if not isinstance(value, list) or len(found) != len(value) or not all(text(each.get("Key")) for each in found):
        return error("the tags cannot be read")
    return {text(each.get("Key")): text(each.get("Value")) for each in found}
