"""Facts that a site asks for by SQL of its own."""

from __future__ import annotations

from scanner.model.fact import INT, MAP, TEXT, TIME, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="postgres.query",
        says="Rows of a query of your own: one SELECT, read-only, at most 1,000 rows.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("row",),
        parameters=(
            Parameter("sql", TEXT, "One SELECT, WITH, VALUES or TABLE; functions with side effects are refused."),
            Parameter(
                "database", TEXT, "Database to ask it in; left out or empty for the target's own.", required=False
            ),
        ),
        fields=(
            Field("row", INT, "Number of the row, from 1 on."),
            Field("cells", MAP, "Column > value as text; columns that are NULL are left out."),
            Field("text", TEXT, "First column as text; absent when it is NULL."),
            Field("number", INT, "First column when it is a whole number; else absent."),
            Field("time", TIME, "First column when it is a time or a date; else absent."),
        ),
        example={"row": 1, "cells": {"oldest": "2026-01-01T00:00:00Z"}, "time": "2026-01-01T00:00:00Z"},
    ),
)
