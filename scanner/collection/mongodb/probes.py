"""Reads what probes of a server brought back."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.mongodb.replies import Replies, Session
from scanner.collection.sql.probes import certified, probed
from scanner.collection.sql.results import Results
from scanner.model.evidence import Evidence, Query
from scanner.transport.mongo_commands import Command
from scanner.transport.probing import CERTIFICATE, OLD_TLS, PLAINTEXT, UNAUTHENTICATED

FACTS: tuple[str, ...] = ("mongodb.probe", "mongodb.certificate")
PROBES = (PLAINTEXT, UNAUTHENTICATED, OLD_TLS, CERTIFICATE)


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give none: probes are connections of their own."""
    del queries
    return []


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the probes; one that was not opted into was not asked."""
    results = Results({}, probed=replies.probed)
    found = []
    for query in queries:
        if query.fact == "mongodb.probe":
            row = probed(str(query.parameters["kind"]), results)
        else:
            row = certified(results, session.now)
        found.append(Evidence(query, (row,), None, session.provenance()))
    return found
