"""Collects extensions and languages of every database."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.postgres.rights import rows_of
from scanner.collection.sql.results import Results, Session, listed, text, truth
from scanner.model.evidence import ABSENT, Evidence, Query, Row
from scanner.transport.sql import Statement

FACTS: tuple[str, ...] = ("postgres.extension", "postgres.language")

EXTENSIONS = Statement(
    "extensions",
    """
    SELECT coalesce(e.extname, a.name)::text AS extension, e.extversion AS version,
           a.default_version AS available_version,
           (SELECT v.trusted FROM pg_available_extension_versions AS v
            WHERE v.name = a.name AND v.version = a.default_version) AS trusted
    FROM pg_extension AS e FULL JOIN pg_available_extensions AS a ON a.name = e.extname
    ORDER BY 1
    """,
    everywhere=True,
)
LANGUAGES = Statement(
    "languages",
    """
    SELECT lanname::text AS language, NOT lanispl AS builtin, lanpltrusted OR lanname = 'sql' AS trusted,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(lanacl, acldefault('l', lanowner))) AS a
                   WHERE a.grantee = 0 AND a.privilege_type = 'USAGE') AS public_usage,
           pg_get_userbyid(lanowner)::text AS owner
    FROM pg_language ORDER BY lanname
    """,
    everywhere=True,
)
_STATEMENTS = {"postgres.extension": EXTENSIONS, "postgres.language": LANGUAGES}


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    return [statement for fact, statement in _STATEMENTS.items() if fact in facts]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"postgres.extension": _extensions, "postgres.language": _languages}
    return [read[query.fact](query, results, session) for query in queries]


def _extensions(query: Query, results: Results, session: Session) -> Evidence:
    found: dict[str, dict[str, Row]] = {database: {} for database, _ in results.each(EXTENSIONS.name)}
    for database, row in rows_of(results, EXTENSIONS.name):
        found[database][str(row["extension"])] = {
            "database": database,
            "extension": str(row["extension"]),
            "installed": row["version"] is not None,
            "version": text(row["version"]),
            "available_version": text(row["available_version"]),
            "trusted": truth(row["trusted"]),
        }
    known = {name for own in found.values() for name in own}
    rows = [
        own.get(name) or _missing(database, name) for database, own in found.items() if own for name in sorted(known)
    ]
    return listed(query, rows, results.gap_of(EXTENSIONS.name), session, EXTENSIONS)


def _missing(database: str, extension: str) -> Row:
    """Give the row of an extension whose files are gone: installed elsewhere, and not to be had here."""
    return {
        "database": database,
        "extension": extension,
        "installed": False,
        "version": ABSENT,
        "available_version": ABSENT,
        "trusted": ABSENT,
    }


def _languages(query: Query, results: Results, session: Session) -> Evidence:
    rows: list[Row] = [
        {
            "database": database,
            "language": text(row["language"]),
            "owner": text(row["owner"]),
            **{name: truth(row[name]) for name in ("builtin", "trusted", "public_usage")},
        }
        for database, row in rows_of(results, LANGUAGES.name)
    ]
    return listed(query, rows, results.gap_of(LANGUAGES.name), session, LANGUAGES)
