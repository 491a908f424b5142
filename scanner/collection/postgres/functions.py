"""Collects functions that run with their owner's rights or settings of their own, of every database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.postgres.rights import rows_of
from scanner.collection.postgres.rights_sql import SCHEMAS
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.function",)

FUNCTIONS = Statement(
    "functions",
    """
    SELECT n.nspname::text AS schema, p.proname::text AS name,
           p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS function,
           r.rolname::text AS owner, r.rolsuper AS owner_superuser, p.prosecdef AS security_definer,
           (SELECT substr(c, 13) FROM unnest(p.proconfig) AS c WHERE left(c, 12) = 'search_path=') AS search_path,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                   WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AS public_execute,
           (SELECT e.extname::text FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
              AND d.refclassid = 'pg_extension'::regclass LIMIT 1) AS extension,
           l.lanname::text AS language
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
    LEFT JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE p.prosecdef OR p.proconfig IS NOT NULL
    ORDER BY 1, 3
    """,
    everywhere=True,
)
_PART = re.compile(r'"((?:[^"]|"")*)"|([^,\s"]+)')


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    return [FUNCTIONS, SCHEMAS] if queries else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    open_schemas: dict[str, set[str] | Gap] = {}
    for database, reply in results.each(SCHEMAS.name):
        known = {str(row["schema"]) for row in reply.dicts if row["public_create"] is not False}
        open_schemas[database] = gap_of(reply) or known
    rows = [_function(database, row, open_schemas[database]) for database, row in rows_of(results, FUNCTIONS.name)]
    gap = results.gap_of(FUNCTIONS.name)
    return [listed(query, rows, gap, session, FUNCTIONS, SCHEMAS) for query in queries]


def path_of(value: str) -> list[str]:
    """Split a search path as it is stored into schemas; quoted names may hold anything, others are lower-case."""
    return [
        found[1].replace('""', '"') if found[1] is not None else found[2].lower()
        for found in _PART.finditer(value)
        if found[1] or found[2]
    ]


def _function(database: str, row: Mapping[str, Plain], open_schemas: set[str] | Gap) -> Row:
    path = path_of(str(row["search_path"])) if row["search_path"] is not None else None
    writable: Cell = ABSENT
    if path is not None:
        own = {str(row["owner"]) if part == "$user" else part for part in path}
        writable = open_schemas if isinstance(open_schemas, Gap) else not own.isdisjoint(open_schemas)
    return {
        "database": database,
        "name": f"{row['schema']}.{row['name']}",
        **{name: text(row[name]) for name in ("schema", "function", "owner", "extension", "language")},
        **{name: truth(row[name]) for name in ("owner_superuser", "security_definer", "public_execute")},
        "search_path": path if path is not None else ABSENT,
        "search_path_writable": writable,
        "temporary_last": ABSENT if path is None else path[-1:] == ["pg_temp"],
    }
