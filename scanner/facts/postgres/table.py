"""The modules that declare facts of PostgreSQL servers."""

from __future__ import annotations

from scanner.facts.postgres import (
    extensions,
    functions,
    masking,
    objects,
    owners,
    rights,
    roles,
    row_security,
    server_state,
    setting_meaning,
    settings,
)

MODULES = (
    server_state,
    settings,
    roles,
    owners,
    rights,
    functions,
    row_security,
    masking,
    extensions,
    objects,
    setting_meaning,
)
