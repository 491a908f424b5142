"""The modules that declare facts of MariaDB and MySQL servers."""

from __future__ import annotations

from scanner.facts.mariadb import (
    accounts,
    probes,
    replication,
    server_state,
    storage,
    variables,
)

MODULES = (
    server_state,
    variables,
    accounts,
    storage,
    replication,
    probes,
)
