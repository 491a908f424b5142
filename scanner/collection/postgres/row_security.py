"""Collects the row security of all tables of every database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.postgres.rights import rows_of
from scanner.collection.sql.results import Results, Session, listed, text, truth, whole
from scanner.model.evidence import Evidence, Query, Row
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.table_security",)

TABLES = Statement(
    "tables",
    """
    SELECT n.nspname::text AS schema, c.relname::text AS table,
           CASE c.relkind WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' ELSE 'table' END AS kind,
           c.relispartition AS partition, pg_get_userbyid(c.relowner)::text AS owner, c.relrowsecurity AS enabled,
           c.relforcerowsecurity AS forced, coalesce(p.policies, 0) AS policies,
           coalesce(p.open_policies, 0) AS open_policies, e.extname::text AS extension
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN (SELECT polrelid, count(*) AS policies,
                      count(*) FILTER (WHERE polpermissive AND 0 = ANY (polroles)
                                             AND pg_get_expr(polqual, polrelid) = 'true') AS open_policies
               FROM pg_policy GROUP BY polrelid) AS p ON p.polrelid = c.oid
    LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                            AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    LEFT JOIN pg_extension AS e ON e.oid = d.refobjid
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
    ORDER BY 1, 2
    """,
    limit=100_000,
    everywhere=True,
)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    return [TABLES] if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    rows = [_table(database, row) for database, row in rows_of(results, TABLES.name)]
    gap = results.gap_of(TABLES.name)
    return [listed(query, rows, gap, session, TABLES) for query in queries]


def _table(database: str, row: Mapping[str, Plain]) -> Row:
    return {
        "database": database,
        "relation": f"{row['schema']}.{row['table']}",
        **{name: text(row[name]) for name in ("schema", "table", "kind", "owner", "extension")},
        **{name: truth(row[name]) for name in ("partition", "enabled", "forced")},
        "policies": whole(row["policies"]),
        "open_policies": whole(row["open_policies"]),
    }
