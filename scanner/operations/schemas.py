"""JSON Schemas of every kind of file that Controlproof reads or writes."""

from __future__ import annotations

from typing import Any

from scanner.catalog.lint import schemas as file_schemas
from scanner.catalog.schema import rule_schema
from scanner.model.errors import ConfigurationError, near
from scanner.operations.content import load_content
from scanner.operations.drill import drill_schema
from scanner.store.runs import run_schema


def names() -> list[str]:
    """Name the kinds."""
    return ["rule", *file_schemas(), "drill-record", "run", "result"]


def schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a kind; raises ConfigurationError with a near word."""
    if kind == "rule":
        content = load_content(only=())
        return rule_schema(content.vocabulary, sorted(content.catalogues))
    if kind in ("run", "result"):
        return dict(run_schema()["run.json" if kind == "run" else "results.jsonl"])
    if kind == "drill-record":
        return drill_schema()
    known = file_schemas()
    if kind not in known:
        raise ConfigurationError(f"no kind of file is called '{kind}'{near(kind, names()) or f' (one of {names()})'}")
    return known[kind]
