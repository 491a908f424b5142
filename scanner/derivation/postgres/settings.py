"""What derivations from PostgreSQL's settings share: a setting's rows and cells out of the inputs."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, single
from scanner.model.evidence import Cell, Evidence, Query, Row, error

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


def scope_of(row: Row) -> str:
    """Name whom a row of a setting is for."""
    return str(row.get("scope"))
