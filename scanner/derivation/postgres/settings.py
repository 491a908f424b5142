"""What derivations from PostgreSQL's settings share: a setting's rows and cells out of the inputs."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, single
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error

_FACT = "postgres.setting"


def setting(inputs: Mapping[Query, Evidence], name: str) -> Evidence:
    """Give the rows of a setting: the server's own value and its overrides; a gap when it was not asked."""
    for query, evidence in inputs.items():
        if query.fact == _FACT and query.parameters.get("name") == name:
            return evidence
    return Evidence(Query.of(_FACT, {"name": name}), gap=error(f"{name} was not asked of the server"))


def in_force(inputs: Mapping[Query, Evidence], name: str, field: str = "value") -> Cell:
    """Give a cell of a setting that nothing can override for a role or database, or why it is not known."""
    return cell(single(setting(inputs, name)), field)


def listed(row: Row | Gap) -> list[str] | Gap:
    """Give the parts of a row's value; a setting that the server does not have is a gap, not an empty list."""
    parts = cell(row, "items")
    if isinstance(parts, Gap):
        return parts
    return [str(part) for part in parts] if isinstance(parts, list) else error("the server has no such setting")


def scope_of(row: Row) -> str:
    """Name whom a row of a setting is for."""
    return str(row.get("scope"))
