"""The modules that declare facts of PostgreSQL servers."""

from __future__ import annotations

from scanner.facts.postgres import (
    archiving,
    integrity,
    probes,
    queries,
    releases,
    replication,
    server_state,
    sessions,
    settings,
    tls,
)

MODULES = (
    server_state,
    settings,
    sessions,
    replication,
    archiving,
    integrity,
    releases,
    tls,
    probes,
    queries,
)
