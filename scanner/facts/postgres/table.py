"""The modules that declare facts of PostgreSQL servers."""

from __future__ import annotations

from scanner.facts.postgres import server_state, settings

MODULES = (
    server_state,
    settings,
)
