"""The modules that declare facts of MongoDB servers."""

from __future__ import annotations

from scanner.facts.mongodb import (
    members,
    options,
    probes,
    server_state,
    users,
)

MODULES = (
    server_state,
    options,
    users,
    members,
    probes,
)
