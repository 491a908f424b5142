"""Reads what probes of a server brought back, whatever its dialect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error
from scanner.transport.probing import CERTIFICATE, NO_TLS, OLD_TLS, PLAINTEXT, Certificate, Handshake, Probed
from scanner.transport.sql import Statement

PROBES = (PLAINTEXT, OLD_TLS, CERTIFICATE)

_ALWAYS = ("shown", "trusted", "name_matches", "problem", "chain", "tls_version", "cipher")
_OWN = ("subject", "issuer", "names", "not_before", "not_after", "left", "key_type", "key_bits", "signature_hash")
_CELLS = (*_ALWAYS, *_OWN, "self_signed")


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give none: probes are connections of their own."""
    del queries
    return []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the probes, of which the one fact has a kind and the other is the certificate; unasked ones are told so."""
    found = []
    for query in queries:
        kind = query.parameters.get("kind")
        row = probed(str(kind), results) if kind is not None else certified(results, session.now)
        found.append(Evidence(query, (row,), None, session.provenance()))
    return found


def probed(kind: str, results: Results) -> Row:
    """Give a row of a probe: present when it was tried, its outcome a gap when that could not be told."""
    tried = results.probed.get(kind)
    if tried is None:
        return {"kind": kind, "present": False, "outcome": ABSENT, "detail": ABSENT}
    outcome: Cell = tried.outcome or error(f"the probe could not tell: {tried.detail}")
    return {"kind": kind, "present": True, "outcome": outcome, "detail": tried.detail}


def certified(results: Results, now: str) -> Row:
    """Give the row of the certificate that a server showed; `now` is the time by which its days are counted."""
    tried = results.probed.get(CERTIFICATE)
    if tried is None:
        return {"asked": False, **dict.fromkeys(_CELLS, ABSENT)}
    if tried.outcome == NO_TLS:
        return {"asked": True, **dict.fromkeys(_CELLS, ABSENT), "shown": False}
    if tried.handshake is None or not tried.handshake.certificates:
        return {"asked": True, **dict.fromkeys(_CELLS, _lost(tried))}
    return {"asked": True, **_shown(tried.handshake, tried.handshake.certificates[0], now)}


def _lost(tried: Probed) -> Cell:
    return error(f"no certificate could be seen: {tried.detail}")


def _shown(handshake: Handshake, own: Certificate, now: str) -> dict[str, Cell]:
    unread = error("the certificate cannot be read") if not own.not_after else None
    cells: dict[str, Cell] = {
        "subject": own.subject,
        "issuer": own.issuer,
        "names": list(own.names),
        "not_before": own.not_before,
        "not_after": own.not_after,
        "left": _left(own.not_after, now),
        "key_type": own.key_type,
        "key_bits": own.key_bits or ABSENT,
        "signature_hash": own.signature_hash or ABSENT,
        "self_signed": own.self_signed,
    }
    return {
        "shown": True,
        "trusted": handshake.trusted,
        "name_matches": unread or handshake.name_matches,
        "problem": handshake.why_not or ABSENT,
        **(dict.fromkeys(cells, unread) if unread else cells),
        "chain": [each.subject or "(cannot be read)" for each in handshake.certificates],
        "tls_version": handshake.version,
        "cipher": handshake.cipher,
    }


def _left(not_after: str, now: str) -> Cell:
    try:
        return (datetime.fromisoformat(not_after) - datetime.fromisoformat(now)).total_seconds()
    except (ValueError, TypeError):
        return error("the server's clock is not known")
