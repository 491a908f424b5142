"""Replies made by hand, and hostile ones, for collectors of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import Gap, unknown
from scanner.transport.sql import Failure, Plain, Reply

SESSION = Session(user="scanner", version=160003, database="postgres", now="2026-11-20T00:00:00Z")
ROOT = Session(user="postgres", version=160003, superuser=True, database="postgres", now="2026-11-20T00:00:00Z")
DENIED = Reply(failure=Failure("42501", "permission denied", denied=True))
BROKEN = Reply(failure=Failure("", "the connection was lost"))
CLOSED = unknown("scanner may not connect to it", "CONNECT on database sea")
VALUES: st.SearchStrategy[Plain] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.lists(st.text(max_size=6), max_size=3),
)


def reply(*rows: Mapping[str, Plain], cut: str = "") -> Reply:
    """Give a reply of these rows, which all have the columns of the first."""
    columns = tuple(rows[0]) if rows else ()
    return Reply(columns, tuple(tuple(row[name] for name in columns) for row in rows), None, cut)


def results(
    once: Mapping[str, Reply] | None = None,
    everywhere: Mapping[str, Mapping[str, Reply]] | None = None,
    closed: Mapping[str, Gap] | None = None,
) -> Results:
    """Give the results of a visit."""
    return Results(once or {}, everywhere or {}, closed or {})


def hostile(columns: Mapping[str, Sequence[str]]) -> st.SearchStrategy[dict[str, Reply]]:
    """Give replies with these columns by statement, whose cells hold anything."""

    def of(names: Sequence[str]) -> st.SearchStrategy[Reply]:
        rows = st.lists(st.tuples(*(VALUES for _ in names)), max_size=4).map(tuple)
        return st.builds(lambda found: Reply(tuple(names), found), rows)

    return st.fixed_dictionaries({name: of(names) for name, names in columns.items()})


def cells(rows: Sequence[Mapping[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Give these cells of each row."""
    return [tuple(row[name] for name in names) for row in rows]
