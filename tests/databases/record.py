"""Tapes visits to real servers: `python -m tests.databases.record`; read the difference before you keep it.

Each case is a server and an account. What names this machine is scrubbed, so that tapes of two machines are alike.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from scanner.transport.sql import SqlClient
from tests.collection.taped import HOME, Taping, evidence, save
from tests.databases import mariadb, postgres
from tests.databases.mariadb_asked import client as mariadb_client
from tests.databases.verdicts import client as postgres_client

POSTGRES = (
    ("15", "weak", "superuser"),
    ("15", "hardened", "scanner"),
    ("16", "hardened", "bare"),
    ("16", "weak", "monitor"),
    ("18", "hardened", "scanner"),
)
MARIADB = (("weak", "superuser"), ("hardened", "scanner"), ("hardened", "bare"), ("weak", "monitor"))


@contextmanager
def _postgres(version: str, flavour: str) -> Iterator[postgres.Cluster]:
    more = [("postgres", "SELECT pg_switch_wal()")] if flavour == "hardened" else []
    with postgres.cluster(version, flavour, sql=more) as cluster:
        yield cluster


def _keep(platform: str, name: str, says: str, client: SqlClient, scrub: dict[str, str]) -> None:
    tape = Taping(client, {"managed": "false"})
    found = evidence(platform, tape)
    case = HOME / platform / name
    shutil.rmtree(case, ignore_errors=True)
    save(case, says, tape, found, scrub)
    gaps = sum(each.gap is not None for each in found)
    print(f"{platform}/{name}: {len(found)} questions, {gaps} with a gap")


def main() -> None:
    """Start each server, ask it everything, write the tapes."""
    for version, flavour, role in POSTGRES:
        with _postgres(version, flavour) as cluster:
            scrub = {str(cluster.data.parent): "/srv/postgres", str(cluster.port): "5433", cluster.owner: "postgres"}
            says = f"PostgreSQL {version}, {flavour}, asked by {role}"
            if role == "superuser":
                with cluster.superuser():
                    _keep("postgres", f"{version}-{flavour}-{role}", says, postgres_client(cluster, role), scrub)
            else:
                _keep("postgres", f"{version}-{flavour}-{role}", says, postgres_client(cluster, role), scrub)
    for flavour, role in MARIADB:
        with mariadb.server(flavour) as server:
            scrub = {str(server.data.parent): "/srv/mariadb", str(server.port): "3307"}
            says = f"MariaDB 10.11 of Debian 12, {flavour}, asked by {role}"
            _keep("mariadb", f"{flavour}-{role}", says, mariadb_client(server, role), scrub)


if __name__ == "__main__":
    main()
