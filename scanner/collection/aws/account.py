"""Collects what an AWS account is called, where it works, and as whom we are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.session import DESCRIBE_REGIONS, Session, cell
from scanner.model.evidence import Evidence, Query
from scanner.transport.cloud import Operation

IDENTITY = Operation("sts", "GetCallerIdentity", "sts:GetCallerIdentity")
ALIASES = Operation("iam", "ListAccountAliases", "iam:ListAccountAliases", key="AccountAliases")
FACTS: Mapping[str, tuple[Operation, ...]] = {"aws.account": (IDENTITY, ALIASES, DESCRIBE_REGIONS)}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Give the one row about the account; the visit has asked for its identity already."""
    regions, gap = session.regions()
    aliases = session.ask(ALIASES)
    row = {
        "arn": f"arn:{session.partition}:iam::{session.account}:root",
        "name": f"AWS account {session.account}",
        "account": session.account,
        "caller": session.arn,
        "aliases": cell(aliases, lambda _page: list(aliases.words)),
        "regions": gap if gap is not None else list(regions),
    }
    return [Evidence(query, (row,), provenance=session.provenance(FACTS[query.fact])) for query in queries]
