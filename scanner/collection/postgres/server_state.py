"""Collects what a server says of itself, and its databases."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.postgres.server import DATABASES
from scanner.collection.sql.results import Results, Session, gap_of, text, truth, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.server", "postgres.database")

STATE = Statement(
    "server",
    """
    SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
           current_setting('port')::int AS port,
           (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data_directory,
           current_setting('data_checksums')::bool AS data_checksums,
           to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started,
           to_char(pg_conf_load_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS configuration_loaded,
           (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted,
           inet_server_addr() IS NULL AS over_socket,
           ARRAY(SELECT rolname::text FROM pg_roles
                 WHERE rolname IN ('rds_superuser', 'azure_pg_admin', 'cloudsqlsuperuser', 'alloydbsuperuser',
                                   'neon_superuser', 'supabase_admin', 'aiven_extras', 'doadmin')) AS providers
    """,
)
_PROVIDERS = {
    "rds_superuser": "Amazon RDS",
    "azure_pg_admin": "Azure Database",
    "cloudsqlsuperuser": "Google Cloud SQL",
    "alloydbsuperuser": "Google AlloyDB",
    "neon_superuser": "Neon",
    "supabase_admin": "Supabase",
    "aiven_extras": "Aiven",
    "doadmin": "DigitalOcean",
}


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take; the databases are listed in any visit."""
    return [STATE] if any(query.fact == "postgres.server" for query in queries) else []


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"postgres.server": _server, "postgres.database": _databases}
    return [read[query.fact](query, results, session) for query in queries]


def _server(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(STATE.name)
    provenance = session.provenance(STATE)
    row = next(reply.dicts, None)
    if row is None:
        gap = gap_of(reply) or error("the server gave no row of itself")
        return Evidence(query, (), gap, provenance)
    return Evidence(query, (_state(row, session),), None, provenance)


def _state(row: dict[str, Plain], session: Session) -> Row:
    found = row["providers"] if isinstance(row["providers"], list) else []
    provider = _PROVIDERS.get(found[0], found[0]) if found else ""
    said = session.options.get("managed", "").lower()
    directory: Cell = text(row["data_directory"])
    if directory is ABSENT:
        directory = unknown("data_directory is hidden from this role", "role pg_read_all_settings")
    return {
        "version": str(row["version"]).split(" ")[0],
        "major": session.version // 10_000,
        "managed": said == "true" if said else bool(provider),
        "provider": provider or ABSENT,
        "standby": truth(row["standby"]),
        "port": whole(row["port"]),
        "data_directory": directory,
        "data_checksums": truth(row["data_checksums"]),
        "started": text(row["started"]),
        "configuration_loaded": text(row["configuration_loaded"]),
        "user": session.user,
        "superuser": session.superuser,
        "encrypted": truth(row["encrypted"]),
        "over_socket": truth(row["over_socket"]),
    }


def _databases(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(DATABASES.name)
    rows: list[Row] = [
        {
            "database": str(row["name"]),
            "owner": text(row["owner"]),
            "open": truth(row["open"]),
            "template": truth(row["template"]),
            "entered": _entered(str(row["name"]), row, session),
            "connection_limit": whole(row["connection_limit"]),
            "public_connect": truth(row["public_connect"]),
            "public_temporary": truth(row["public_temporary"]),
        }
        for row in reply.dicts
    ]
    return Evidence(query, tuple(rows), gap_of(reply), session.provenance(DATABASES))


def _entered(name: str, row: dict[str, Plain], session: Session) -> Cell:
    if row["open"] is not True:
        return ABSENT
    if row["may_connect"] is True:
        return True
    return unknown(f"{session.user} may not connect to {name}", f"CONNECT on database {name}")
