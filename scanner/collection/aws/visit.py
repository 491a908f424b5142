"""Visits an AWS account: makes sure that it is the one meant, and lets each collector ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scanner.collection.answer import Answer, shares_of
from scanner.collection.aws.account import IDENTITY
from scanner.collection.aws.session import DESCRIBE_REGIONS, Collector, Session, gap_of, text
from scanner.collection.aws.table import COLLECTORS
from scanner.model.evidence import Evidence, Gap, Identity, Query, error
from scanner.model.fact import Need
from scanner.transport.cloud import CloudClient, Operation
from scanner.transport.shell import Limits, Stopwatch

COMMENT = "#"
"""What begins a comment among the printed calls."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All operations that an account is asked: pure, and equal for equal queries."""

    operations: tuple[Operation, ...]
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = field(repr=False)
    """Each collector with its queries."""

    @property
    def text(self) -> bytes:
        """One line per operation, with how often it is asked and the IAM action that it takes."""
        lines = []
        for each in self.operations:
            often = f" for each {each.per}" if each.per else ""
            lines.append(f"{each}{often} (needs {each.action})\n")
        return "".join(lines).encode()


def describe(queries: Sequence[Query]) -> Asked:
    """Give the operations that answer these queries, the account's identity always the first."""
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = shares_of(queries, COLLECTORS)
    # Each operation once; regions are listed where something is asked in each of them.
    named = [IDENTITY, *(each for module, own in shares for query in own for each in module.FACTS[query.fact])]
    if any(each.per == "region" for each in named):
        named.insert(1, DESCRIBE_REGIONS)
    return Asked(tuple(dict.fromkeys(named)), shares)


def grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give the IAM policy that allows just what facts need, as JSON; `user` plays no part."""
    del user
    actions = sorted({need.name for need in needs if need.kind == "iam"})
    statement = {"Sid": "Controlproof", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2).splitlines()


def collect(queries: Sequence[Query], client: CloudClient, limits: Limits) -> Answer:
    """Ask the account; whatever goes wrong becomes gaps, never an exception."""
    del limits  # The client keeps them.
    asked, watch = describe(queries), Stopwatch()
    session = Session(client, started=watch.started_at)
    reply = session.ask(IDENTITY)
    session.account, session.arn = text(reply.document.get("Account")), text(reply.document.get("Arn"))
    gap = gap_of(reply) or _stranger(session)
    identity = Identity(address=session.account, user=session.arn)
    if gap is not None:
        code = reply.failure.code if reply.failure else ""
        lost = tuple(Evidence(query, gap=gap) for query in queries)
        return Answer(lost, gap=gap, identity=identity, unreachable=code == "unreachable")
    found: dict[Query, Evidence] = {}
    for module, own in asked.shares:
        found.update((each.query, each) for each in _collected(module, own, session))
    nobody = error("no collector of this platform answers this fact")
    return Answer(
        tuple(found.get(query) or Evidence(query, gap=nobody) for query in queries),
        now=watch.started_at,
        started=True,
        identity=identity,
        notes=(f"{session.asked} calls", *dict.fromkeys(session.notes)),
    )


def _collected(module: Collector, queries: Sequence[Query], session: Session) -> list[Evidence]:
    try:
        return module.collect(queries, session)
    except Exception as problem:
        reason = f"our collector stumbled over the answer: {type(problem).__name__}: {str(problem)[:200]}"
        return [Evidence(query, gap=error(" ".join(reason.split()))) for query in queries]


def _stranger(session: Session) -> Gap | None:
    """Give why nothing is asked of an account that is not the one of the inventory."""
    if not session.account:
        return error("sts:GetCallerIdentity told no account")
    wanted = session.client.options.get("account", "").replace("-", "").strip()
    if wanted and wanted != session.account:
        return error(
            f"the credentials lead to account {session.account}, not to {wanted} as the inventory says "
            "(mend aws_profile, assume_role or account)"
        )
    return None
