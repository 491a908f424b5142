"""Collects who may read columns that the asker names, and for whom the extension anon masks them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.postgres.rights import rows_of
from scanner.collection.sql.results import Results, Session, listed, text
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.declared_column",)

NAME = "declared_columns"
_COLUMN = re.compile(r"([^.\\]+)\.([^.\\]+)\.([^.\\]+)")
_SQL = """
    SELECT n.nspname || '.' || c.relname || '.' || a.attname AS column, pg_get_userbyid(c.relowner)::text AS owner,
           ARRAY(SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END
                 FROM (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(a.attacl)) AS x
                 WHERE x.privilege_type = 'SELECT' AND x.grantee <> c.relowner ORDER BY 1) AS readers,
           (SELECT l.label FROM pg_seclabel AS l
            WHERE l.provider = 'anon' AND l.classoid = 'pg_class'::regclass AND l.objoid = c.oid
              AND l.objsubid = a.attnum AND l.label ~* '^MASKED WITH') AS mask,
           ARRAY(SELECT r.rolname::text FROM pg_shseclabel AS s JOIN pg_roles AS r ON r.oid = s.objoid
                 WHERE s.classoid = 'pg_authid'::regclass AND s.provider LIKE 'anon%' AND s.label ~* '^MASKED$')
           AS masked_roles,
           (SELECT setting = 'on' FROM pg_settings WHERE name = 'anon.transparent_dynamic_masking') AS masking
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
      AND (n.nspname, c.relname, a.attname) IN ({names})
    ORDER BY 1
    """


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statement that asks for all columns that any query names; none when there are none."""
    names = sorted({parts for query in queries for parts in map(_parts, _named(query)) if parts})
    if not names:
        return []
    quoted = ", ".join("(" + ", ".join("'" + part.replace("'", "''") + "'" for part in parts) + ")" for parts in names)
    return [Statement(NAME, _SQL.replace("{names}", quoted), everywhere=True)]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    return [_columns(query, queries, results, session) for query in queries]


def _named(query: Query) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in str(query.parameters["columns"]).split(",") if name.strip()))


def _parts(name: str) -> tuple[str, ...]:
    found = _COLUMN.fullmatch(name)
    return found.groups() if found else ()


def _columns(query: Query, queries: Sequence[Query], results: Results, session: Session) -> Evidence:
    asked = statements(queries)
    wanted, gap = _named(query), results.gap_of(NAME) if asked else None
    rows: list[Row] = []
    for name in wanted:
        own = [_column(name, database, row) for database, row in rows_of(results, NAME) if row["column"] == name]
        if not own and not _parts(name):
            own = [_nowhere(name, error("not SCHEMA.TABLE.COLUMN"))]
        elif not own:
            own = [_nowhere(name, gap or False)]
        rows += own
    rows = [{"columns": str(query.parameters["columns"]), **row} for row in rows]
    return listed(query, rows, gap, session, *asked)


def _nowhere(name: str, present: Cell) -> Row:
    lost: Cell = present if isinstance(present, Gap) else ABSENT
    rest = dict.fromkeys(("owner", "readers", "mask", "unmasked_readers"), lost)
    return {"column": name, "database": ABSENT, "present": present, **rest}


def _column(name: str, database: str, row: Mapping[str, Plain]) -> Row:
    readers = row["readers"] if isinstance(row["readers"], list) else []
    masked = row["masked_roles"] if isinstance(row["masked_roles"], list) else []
    unmasked: Cell = readers
    if row["mask"] is not None and not set(readers).isdisjoint(masked):
        if row["masking"] is None:
            unmasked = unknown(
                "the setting anon.transparent_dynamic_masking is not shown, so masks may be out of force"
            )
        elif row["masking"] is True:
            unmasked = [reader for reader in readers if reader not in masked]
    return {
        "column": name,
        "database": database,
        "present": True,
        "owner": text(row["owner"]),
        "readers": readers,
        "mask": text(row["mask"]),
        "unmasked_readers": unmasked,
    }
