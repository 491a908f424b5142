"""Derived queries expanded to what must be asked, in an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Query
from scanner.model.fact import Vocabulary


def inputs_of(query: Query, vocabulary: Vocabulary) -> tuple[Query, ...]:
    """Give the queries that a derived query is computed from; empty for one that is asked.

    Each input's parameters come from the derived query's own (`where`) or are given outright (`fixed`).
    """
    given = query.parameters
    return tuple(
        Query.of(needed.fact, {**{name: given[own] for name, own in needed.where.items()}, **needed.fixed})
        for needed in vocabulary[query.fact].inputs
    )


def expand(queries: Iterable[Query], vocabulary: Vocabulary) -> tuple[tuple[Query, ...], tuple[Query, ...]]:
    """Split queries into (base, derived): base sorted, derived with inputs before what needs them.

    Raises ConfigurationError when facts are derived from each other in a circle.
    """
    base: set[Query] = set()
    derived: dict[Query, None] = {}

    def visit(query: Query, path: tuple[str, ...]) -> None:
        if query in base or query in derived:
            return
        spec = vocabulary[query.fact]
        if not spec.derived:
            base.add(query)
            return
        if query.fact in path:
            circle = " > ".join((*path, query.fact))
            raise ConfigurationError(f"{query.fact}: derived from itself: {circle} (mend the plug-in's facts)")
        for needed in inputs_of(query, vocabulary):
            visit(needed, (*path, query.fact))
        derived[query] = None

    for query in queries:
        visit(query, ())
    return tuple(sorted(base, key=str)), tuple(derived)
