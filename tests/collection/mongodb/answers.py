"""Short ways to let collectors of MongoDB read replies."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from scanner.collection.mongodb.replies import Replies, Session
from scanner.collection.mongodb.server import session_of
from scanner.collection.mongodb.table import COLLECTORS
from scanner.model.evidence import Evidence, Identity, Query, Row
from scanner.transport.mongo_commands import MongoAnswer, MongoReply
from scanner.transport.probing import Probed
from scanner.transport.sql import Failure
from tests.collection import parity

HELLO = {"localTime": "2026-11-20T02:00:00Z"}
BUILD = {"version": "7.0.30", "modules": []}
STATUS = {"authInfo": {"authenticatedUsers": [{"user": "scan", "db": "admin"}], "authenticatedUserPrivileges": []}}
DENIED = MongoReply(failure=Failure("13", "not authorized on admin", denied=True))
LOST = MongoReply(failure=Failure("", "the connection was lost"))
CUT = MongoReply(cut="more than the limit of an answer's size")


def failed(code: int, text: str = "no") -> MongoReply:
    """Give a reply that is an error of the server."""
    return MongoReply(failure=Failure(str(code), text))


def ask(
    query: Query | str,
    replies: Mapping[str, Any],
    options: Mapping[str, str] | None = None,
    probed: Mapping[str, Probed] | None = None,
) -> Evidence:
    """Let a query be answered from replies; `hello`, `build` and `status` are given unless they are among them."""
    wanted = Query.of(query) if isinstance(query, str) else query
    given = {"hello": HELLO, "build": BUILD, "status": STATUS, **replies}
    found = {name: each if isinstance(each, MongoReply) else MongoReply(each) for name, each in given.items()}
    session: Session = session_of(MongoAnswer(found, Identity(address="db01:27017")), options or {})
    (evidence,) = import_module(COLLECTORS[wanted.fact]).answer([wanted], Replies(found, probed or {}), session)
    parity.check(evidence)
    return evidence


def one(query: Query | str, replies: Mapping[str, Any], **more: Any) -> Row:
    """Give the one row."""
    evidence = ask(query, replies, **more)
    assert evidence.gap is None, evidence.gap
    (row,) = evidence.rows
    return row


def option(name: str, parsed: Mapping[str, Any], **replies: Any) -> Row:
    """Give the row of an option that a server was started with, or not."""
    return one(Query.of("mongodb.option", {"name": name}), {"options": {"parsed": parsed}, **replies})
