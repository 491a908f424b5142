"""The modules that declare facts of PostgreSQL servers."""

from __future__ import annotations

from scanner.facts.postgres import (
    extensions,
    functions,
    hba,
    masking,
    objects,
    owners,
    rights,
    roles,
    row_security,
    server_state,
    setting_meaning,
    settings,
    archiving,
    integrity,
    probes,
    queries,
    releases,
    replication,
    sessions,
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
