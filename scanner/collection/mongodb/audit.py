"""Collects what the server audits, by its start-up options or as it was set at run time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from scanner.collection.mongodb.option_values import CMDLINE, Options
from scanner.collection.mongodb.replies import NOT_FOUND, Replies, Session, gap_of, word
from scanner.facts.mongodb.needs import AUDIT
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, error, unknown
from scanner.transport.mongo_commands import Command, Document, Value

FACTS: tuple[str, ...] = ("mongodb.audit",)

RUNTIME = Command("audit", {"getAuditConfig": 1})
ACCESS = Command("audit_access", {"getParameter": 1, "auditAuthorizationSuccess": 1})
_CELLS = ("source", "filter", "unfiltered", "events", "successful_access")
_BARE = re.compile(r"([{,]\s*)([$A-Za-z_][$\w.]*)\s*:")
_UNREAD = unknown("the filter looks at more than the type of an event: it takes a person to read it")


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give the commands that these queries take."""
    return [CMDLINE, RUNTIME, ACCESS] if queries else []


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    options = Options.of(replies, session)
    provenance = session.provenance(CMDLINE, RUNTIME, ACCESS)
    if options.gap is not None:
        return [Evidence(query, (), options.gap, provenance) for query in queries]
    return [Evidence(query, (_audit(options, replies),), None, provenance) for query in queries]


def _audit(options: Options, replies: Replies) -> dict[str, Cell]:
    destination = options.value("auditLog.destination")
    if isinstance(destination, Gap):
        return {"destination": destination, **dict.fromkeys(_CELLS, destination)}
    if not word(destination):
        return {"destination": ABSENT, **dict.fromkeys(_CELLS, ABSENT)}
    runtime = options.value("auditLog.runtimeConfiguration")
    if isinstance(runtime, Gap):
        return {"destination": word(destination), **dict.fromkeys(_CELLS, runtime)}
    if runtime is True:
        return {"destination": word(destination), **_at_run_time(replies)}
    return {
        "destination": word(destination),
        "source": "start-up",
        **_filter(options.value("auditLog.filter")),
        "successful_access": _access(replies),
    }


def _at_run_time(replies: Replies) -> dict[str, Cell]:
    reply = replies.one(RUNTIME.name)
    gap = gap_of(reply, str(AUDIT))
    if gap is not None:
        return {"source": "run time", **dict.fromkeys(_CELLS[1:], gap)}
    success = reply.document.get("auditAuthorizationSuccess")
    return {
        "source": "run time",
        **_filter(reply.document.get("filter")),
        "successful_access": success if isinstance(success, bool) else error("getAuditConfig did not tell it"),
    }


def _access(replies: Replies) -> Cell:
    reply = replies.one(ACCESS.name)
    found = reply.document.get("auditAuthorizationSuccess")
    if isinstance(found, bool):
        return found
    if reply.failure is not None and reply.failure.code in ("72", NOT_FOUND):
        return ABSENT
    return gap_of(reply, "role clusterMonitor") or ABSENT


def _filter(value: Value | Gap) -> dict[str, Cell]:
    """Read a filter, given as a document or as text; an empty one lets every event pass."""
    if isinstance(value, Gap):
        return dict.fromkeys(("filter", "unfiltered", "events"), value)
    found: Value = value
    if isinstance(value, str) and value.strip():
        found = _loaded(value)
        if found is None:
            return {"filter": value, "unfiltered": False, "events": _UNREAD}
    if found is None or found in ({}, ""):
        return {"filter": ABSENT, "unfiltered": True, "events": ABSENT}
    if not isinstance(found, dict):
        lost = error("the filter is no document")
        return {"filter": lost, "unfiltered": lost, "events": lost}
    return {"filter": json.dumps(found), "unfiltered": False, "events": _events(found)}


def _loaded(text: str) -> Value:
    """Read a filter as the server does, which takes bare keys and single quotes too; None for what stays unread."""
    for form in (text, _BARE.sub(r'\1"\2":', text.replace("'", '"'))):
        try:
            found: Value = json.loads(form)
        except (ValueError, RecursionError):
            continue
        return found if found is not None else {}
    return None


def _events(found: Document) -> Cell:
    """Give the event types that pass a filter which looks at nothing else."""
    if set(found) == {"atype"}:
        kinds = found["atype"]
        if isinstance(kinds, str):
            return [kinds]
        if isinstance(kinds, Mapping) and set(kinds) == {"$in"} and isinstance(kinds["$in"], list):
            items = [kind for kind in kinds["$in"] if isinstance(kind, str)]
            if len(items) == len(kinds["$in"]):
                return sorted(set(items))
    return _UNREAD
