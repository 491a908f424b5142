"""Replies of a PostgreSQL server made by hand: rows as maps, the rest by their columns' usual values."""

from __future__ import annotations

from typing import Any

from scanner.collection.sql.results import Session
from scanner.transport.sql import Failure, Reply

DENIED = Reply(failure=Failure("42501", "permission denied for view pg_file_settings", denied=True))
LOST = Reply(failure=Failure("", "the connection was lost"))

SETTING = {
    "name": "x",
    "setting": "",
    "reset_val": "",
    "boot_val": "",
    "unit": None,
    "vartype": "string",
    "context": "sighup",
    "source": "default",
    "sourcefile": None,
    "sourceline": None,
    "pending_restart": False,
}
OVERRIDE = {"database": None, "role": None, "for_database": False, "for_role": False, "name": "x", "value": ""}
LINE = {
    "sourcefile": "/etc/postgresql.conf",
    "sourceline": 1,
    "seqno": 1,
    "name": "x",
    "setting": "",
    "applied": True,
    "error": None,
}


def reply(usual: dict[str, Any], *rows: dict[str, Any], cut: str = "") -> Reply:
    """Make a reply; each row says only what differs from the usual."""
    return Reply(tuple(usual), tuple(tuple({**usual, **row}.values()) for row in rows), None, cut)


def session(*roles: str, **more: Any) -> Session:
    """Make the session of a login with these roles."""
    usual = {"user": "scan", "version": 160003, "database": "postgres", "now": "2026-11-21T08:00:00Z"}
    return Session(**{**usual, "roles": frozenset(roles), **more})
