"""Reads what probes of a server brought back."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.sql.probes import certified, probed
from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import Evidence, Query
from scanner.transport.probing import CERTIFICATE, OLD_TLS, PLAINTEXT
from scanner.transport.sql import Statement

FACTS: tuple[str, ...] = ("mariadb.probe", "mariadb.certificate")
PROBES = (PLAINTEXT, OLD_TLS, CERTIFICATE)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give none: probes are connections of their own."""
    del queries
    return []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the probes; one that was not opted into was not asked."""
    found = []
    for query in queries:
        if query.fact == "mariadb.probe":
            row = probed(str(query.parameters["kind"]), results)
        else:
            row = certified(results, session.now)
        found.append(Evidence(query, (row,), None, session.provenance()))
    return found
