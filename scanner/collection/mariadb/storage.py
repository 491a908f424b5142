"""Collects tablespaces with their encryption, and routines with what their definers may do."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.mariadb.account_rows import STATEMENTS as ACCOUNTS
from scanner.collection.mariadb.account_rows import Book
from scanner.collection.mariadb.words import MYSQL, truth_of
from scanner.collection.sql.results import Results, Session, gap_of, text, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("mariadb.tablespace", "mariadb.routine")

SPACES = Statement(
    "tablespaces",
    """
    SELECT t.NAME AS name, e.ENCRYPTION_SCHEME = 1 AND e.MIN_KEY_VERSION > 0 AS encrypted, e.CURRENT_KEY_ID AS key_id
    FROM information_schema.INNODB_SYS_TABLESPACES AS t
    LEFT JOIN information_schema.INNODB_TABLESPACES_ENCRYPTION AS e ON e.SPACE = t.SPACE
    WHERE t.NAME <> 'innodb_temporary' ORDER BY t.NAME
    """,
    limit=100_000,
    since=MYSQL,
)
SPACES_MYSQL = Statement(
    "tablespaces",
    """
    SELECT NAME AS name, ENCRYPTION = 'Y' AS encrypted, NULL AS key_id
    FROM information_schema.INNODB_TABLESPACES WHERE NAME <> 'innodb_temporary' ORDER BY NAME
    """,
    limit=100_000,
    since=80_013,
    until=MYSQL,
)
ROUTINES = Statement(
    "routines",
    """
    SELECT db, name, type AS kind, security_type AS security, definer FROM mysql.proc
    WHERE db NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY db, name, type
    """,
    limit=100_000,
    since=MYSQL,
)
ROUTINES_MYSQL = Statement(
    "routines",
    """
    SELECT ROUTINE_SCHEMA AS db, ROUTINE_NAME AS name, ROUTINE_TYPE AS kind, SECURITY_TYPE AS security,
           DEFINER AS definer
    FROM information_schema.ROUTINES
    WHERE ROUTINE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
    ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE
    """,
    limit=100_000,
    until=MYSQL,
)
_SPACES = (SPACES, SPACES_MYSQL)
_ROUTINES = (ROUTINES, ROUTINES_MYSQL)


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    found = list(_SPACES) if "mariadb.tablespace" in facts else []
    return [*found, *_ROUTINES, *ACCOUNTS] if "mariadb.routine" in facts else found


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"mariadb.tablespace": _spaces, "mariadb.routine": _routines}
    return [read[query.fact](query, results, session) for query in queries]


def _spaces(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one("tablespaces")
    rows: list[Row] = [
        {
            "name": str(row["name"]),
            "encrypted": False if row["encrypted"] is None else truth_of(row["encrypted"]),
            "key": whole(row["key_id"]) if row["encrypted"] else ABSENT,
        }
        for row in reply.dicts
    ]
    gap = gap_of(reply, "privilege PROCESS")
    if gap is None and not rows:
        gap = error("the server listed no tablespace, not even its own")
    return Evidence(query, tuple(rows), gap, session.provenance(*_SPACES))


def _routines(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one("routines")
    book = Book.of(results)
    gap = gap_of(reply, "grant SELECT ON mysql.proc")
    if gap is None and session.version < MYSQL and not (session.has("SELECT") or session.has("SHOW_ROUTINE")):
        gap = unknown(f"routines without a grant for {session.user} are hidden", "privilege SHOW_ROUTINE")
    rows = tuple(_routine(row, book) for row in reply.dicts)
    return Evidence(query, rows, gap, session.provenance(*_ROUTINES))


def _routine(row: dict[str, Plain], book: Book) -> Row:
    definer = str(row["definer"] or "")
    gap = book.gap or book.roles_gap
    held: Cell = gap if gap is not None else book.privileges.get(definer, ABSENT)
    return {
        "name": f"{row['db']}.{row['name']}",
        "kind": str(row["kind"]).lower(),
        "security": "invoker" if str(row["security"]).upper() == "INVOKER" else "definer",
        "definer": text(definer),
        "definer_privileges": held,
    }
