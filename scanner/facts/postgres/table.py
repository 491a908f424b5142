"""The modules that declare facts of PostgreSQL servers."""

from __future__ import annotations

from scanner.facts.postgres import (
    archiving,
    extensions,
    functions,
    hba,
    integrity,
    masking,
    objects,
    owners,
    probes,
    queries,
    releases,
    replication,
    rights,
    roles,
    row_security,
    server_state,
    sessions,
    setting_meaning,
    settings,
    tls,
)

MODULES = (
    server_state,
    settings,
    hba,
    roles,
    owners,
    rights,
    functions,
    row_security,
    masking,
    extensions,
    objects,
    setting_meaning,
    sessions,
    replication,
    archiving,
    integrity,
    releases,
    tls,
    probes,
    queries,
)
