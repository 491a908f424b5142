"""How resources that lie in regions, and settings of regions, become rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from scanner.collection.aws.session import Listed, Session, cell, evidence, worst
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply, Value

Named = Callable[[Document, str], str]
"""Gives the ARN of a listed item in a region; empty where it has no id."""
Read = Callable[[Document, str], Mapping[str, Cell]]
"""Gives the cells of a listed item in a region."""


def listed(
    query: Query, session: Session, found: Listed, named: Named, read: Read, asked: Iterable[Operation]
) -> Evidence:
    """Give a row per item with ARN and region; items without an id make the list incomplete."""
    rows: dict[str, Row] = {}
    gaps = [found.gap]
    for region, item in found.items:
        arn = named(item, region)
        if arn:
            rows[arn] = {"arn": arn, "region": region, **read(item, region)}
        else:
            gaps.append(error(f"{region}: something without an id was listed"))
    return evidence(query, rows.values(), worst(*gaps), session, asked)


def per_region(
    query: Query, session: Session, operation: Operation, cells: Mapping[str, Callable[[Document], Cell]]
) -> Evidence:
    """Give a row per region, of a setting that each region has."""
    names, gap = session.regions()
    calls = {name: Call.of(operation, name) for name in names}
    replies = session.ask_all(calls.values())
    rows = [
        {"region": name, **{field: cell(replies[call], read) for field, read in cells.items()}}
        for name, call in calls.items()
    ]
    return evidence(query, rows, gap, session, (operation,))


def ec2_arn(session: Session, kind: str, field: str, owned: bool = True) -> Named:
    """Give how EC2 names things of a kind; snapshots and images bear no account in their ARN."""
    account = session.account if owned else ""

    def named(item: Document, region: str) -> str:
        name = item.get(field)
        head = f"arn:{session.partition}:ec2:{region}:{account}:{kind}"
        return f"{head}/{name}" if isinstance(name, str) and name else ""

    return named


def field_arn(field: str) -> Named:
    """Give how things are named that bear their ARN in a field."""

    def named(item: Document, region: str) -> str:
        del region
        name = item.get(field)
        return name if isinstance(name, str) else ""

    return named


def strict(value: Value) -> list[dict[str, Value]]:
    """Give the documents of a list, none where the API left it out; raises TypeError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("no list")
    found = [each for each in value if isinstance(each, dict)]
    if len(found) != len(value):
        raise TypeError("no documents")
    return found


def strict_texts(value: Value) -> list[str]:
    """Give the texts of a list, none where the API left it out; raises TypeError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("no texts")
    return [str(each) for each in value]


def guarded(read: Callable[[], Cell]) -> Cell:
    """Give a cell, or an error where the answer cannot be read."""
    try:
        return read()
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as odd:
        return error(f"the answer cannot be read: {type(odd).__name__}")


def must(value: Cell) -> Cell:
    """Give a cell that the API always tells: left out, it is an error."""
    return error("the API did not tell it") if value is ABSENT else value


def under(gap: Gap | None, known: Callable[[], Cell]) -> Cell:
    """Give the gap where there is one, else what is known."""
    return gap if gap is not None else guarded(known)


def whole(reply: Reply | None, operation: Operation) -> Reply:
    """Give the reply, or an empty cut one where the call was never made."""
    return reply or Reply(Call.of(operation, ""), cut="it was not asked")
