"""Asks a site's own queries, each in its database, and nothing that could change or reach anything."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from scanner.collection.postgres.harmless import objection
from scanner.collection.sql.results import Results, Session, gap_of, listed
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.sql import Plain, Reply, Statement

FACTS: tuple[str, ...] = ("postgres.query",)

MOST = 1000
NEEDS = "SELECT on what the query reads"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give a statement for each query that may be asked, named by a hash of it."""
    return [statement(query) for query in queries if objection(_sql(query)) is None]


def statement(query: Query) -> Statement:
    """Give the statement of a query."""
    database = str(query.parameters.get("database", ""))
    digest = hashlib.sha256(f"{database}\0{_sql(query)}".encode("utf-8", "replace")).hexdigest()
    return Statement(f"query_{digest[:12]}", _sql(query), limit=MOST, database=database)


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies; a query that was refused here carries the reason."""
    return [_answer(query, results, session) for query in queries]


def _answer(query: Query, results: Results, session: Session) -> Evidence:
    against = objection(_sql(query))
    asked = statement(query)
    if against is not None:
        return listed(query, (), error(f"the query was not sent: {against}"), session)
    reply = results.within(asked.database, asked.name) if asked.database else results.one(asked.name)
    if isinstance(reply, Gap):
        return listed(query, (), reply, session, asked)
    return listed(query, _rows(reply), gap_of(reply, NEEDS), session, asked)


def _sql(query: Query) -> str:
    return str(query.parameters["sql"]).strip().rstrip(";").strip()


def _rows(reply: Reply) -> list[Row]:
    names = _distinct(reply.columns)
    return [_row(number, names, values) for number, values in enumerate(reply.rows, 1)]


def _distinct(columns: Sequence[str]) -> list[str]:
    """Give column names, each once: a second `count` becomes `count_2`."""
    names: list[str] = []
    for column in columns:
        number = 1
        name = column
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _row(number: int, names: Sequence[str], values: Sequence[Plain]) -> Row:
    first = values[0] if values else None
    return {
        "row": number,
        "cells": {name: _text(value) for name, value in zip(names, values, strict=True) if value is not None},
        "text": ABSENT if first is None else _text(first),
        "number": first if isinstance(first, int) and not isinstance(first, bool) else _whole(first),
        "time": _time(first),
    }


def _text(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ", ".join(value) if isinstance(value, list) else str(value)


def _whole(value: Plain) -> Cell:
    return int(value) if isinstance(value, float) and value.is_integer() else ABSENT


def _time(value: Plain) -> Cell:
    if not isinstance(value, str):
        return ABSENT
    if _TIME.fullmatch(value):
        return value
    return f"{value}T00:00:00Z" if _DATE.fullmatch(value) else ABSENT
