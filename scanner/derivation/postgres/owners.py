"""Joins databases with the roles that own them."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, source
from scanner.model.evidence import Evidence, Gap, Query, Row, error


def database_owner(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.database_owner: one row per database."""
    databases, roles = source(inputs, "postgres.database"), source(inputs, "postgres.role")
    known = {str(cell(row, "role")): row for row in roles.rows}
    lost = roles.gap or error("the owner is not among the roles")
    rows: list[Row] = []
    for database in databases.rows:
        owner = cell(database, "owner")
        role: Row | Gap = known.get(str(owner)) or lost
        rows.append(
            {
                **{name: cell(database, name) for name in ("database", "template", "owner")},
                "can_login": cell(role, "can_login"),
                "becomes_superuser": cell(role, "becomes_superuser"),
            }
        )
    return derived(query, rows, databases.gap, inputs, taken_at)
