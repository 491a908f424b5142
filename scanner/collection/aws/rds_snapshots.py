"""Collects snapshots of RDS, and with whom the manual ones are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import field_arn, guarded, must, strict, strict_texts
from scanner.collection.aws.session import (
    Listed,
    Session,
    cell,
    document,
    evidence,
    flag,
    moment,
    tags,
    text,
    word,
    worst,
)
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation

SNAPSHOTS = Operation("rds", "DescribeDBSnapshots", "rds:DescribeDBSnapshots", key="DBSnapshots", per="region")
CLUSTER_SNAPSHOTS = Operation(
    "rds", "DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshots", key="DBClusterSnapshots", per="region"
)
ATTRIBUTES = Operation("rds", "DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshotAttributes", per="manual snapshot")
CLUSTER_ATTRIBUTES = Operation(
    "rds",
    "DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshotAttributes",
    per="manual snapshot of a cluster",
)

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.rds_snapshot": (SNAPSHOTS, CLUSTER_SNAPSHOTS),
    "aws.rds_snapshot_sharing": (SNAPSHOTS, CLUSTER_SNAPSHOTS, ATTRIBUTES, CLUSTER_ATTRIBUTES),
}
_KINDS = {"instance": ("DBSnapshot", "DBInstanceIdentifier"), "cluster": ("DBClusterSnapshot", "DBClusterIdentifier")}
"""Kind > head of the names of its fields, and the field with what it was made of."""


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region for both lists, and each manual snapshot for its attributes where they are wanted."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    lists = {"instance": session.list_everywhere(SNAPSHOTS), "cluster": session.list_everywhere(CLUSTER_SNAPSHOTS)}
    rows: dict[str, Row] = {}
    gaps: list[Gap | None] = [found.gap for found in lists.values()]
    for kind, found in lists.items():
        made = _sharing(kind, found, session) if query.fact == "aws.rds_snapshot_sharing" else _plain(kind, found)
        for region, item, cells in made:
            arn = field_arn(f"{_KINDS[kind][0]}Arn")(item, region)
            if arn:
                name = text(item.get(f"{_KINDS[kind][0]}Identifier"))
                rows[arn] = {"arn": arn, "region": region, "name": name, "kind": kind, **cells}
            else:
                gaps.append(error(f"{region}: something without an id was listed"))
    return evidence(query, rows.values(), worst(*gaps), session, FACTS[query.fact])


_Made = list[tuple[str, Document, dict[str, Cell]]]


def _plain(kind: str, found: Listed) -> _Made:
    encrypted = "Encrypted" if kind == "instance" else "StorageEncrypted"

    def cells(item: Document) -> dict[str, Cell]:
        return {
            "of": word(item.get(_KINDS[kind][1])),
            "manual": guarded(lambda: _manual(item)),
            "encrypted": must(flag(item.get(encrypted))),
            "created": moment(item.get("SnapshotCreateTime")),
            "tags": guarded(lambda: tags(list(strict(item.get("TagList"))))),
        }

    return [(region, item, cells(item)) for region, item in found.items]


def _manual(item: Document) -> bool:
    """Tell whether somebody made it: what is not said to be made by AWS counts."""
    return item.get("SnapshotType") not in ("automated", "awsbackup")


def _sharing(kind: str, found: Listed, session: Session) -> _Made:
    head = _KINDS[kind][0]
    operation = ATTRIBUTES if kind == "instance" else CLUSTER_ATTRIBUTES
    asked: list[tuple[str, Document, Call]] = []
    for region, item in found.items:
        if item.get("SnapshotType") != "automated":
            given = {f"{head}Identifier": text(item.get(f"{head}Identifier"))}
            asked.append((region, item, Call.of(operation, region, given)))
    replies = session.ask_all([call for _, _, call in asked])

    def restorers(page: Document) -> list[str]:
        attributes = document(page.get(f"{head}AttributesResult")).get(f"{head}Attributes")
        if not isinstance(attributes, list):
            raise TypeError("no attributes")
        own = [each for each in strict(attributes) if each.get("AttributeName") == "restore"]
        return [name for each in own for name in strict_texts(each.get("AttributeValues"))]

    return [
        (
            region,
            item,
            {
                "public": cell(replies[call], lambda page: "all" in restorers(page)),
                "accounts": cell(replies[call], lambda page: sorted(set(restorers(page)) - {"all"})),
            },
        )
        for region, item, call in asked
    ]
