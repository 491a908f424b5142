"""Derived queries end in base queries, each once, inputs first."""

from __future__ import annotations

import pytest

from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Query
from scanner.model.fact import TEXT, FactSpec, Field, Input, Parameter, Shape, Vocabulary
from scanner.planning.expand import expand, inputs_of


def spec(name: str, *inputs: Input) -> FactSpec:
    return FactSpec(
        name,
        "s",
        Shape.LIST,
        ("linux",),
        (Field("name", TEXT, "n"),),
        parameters=(Parameter("name", TEXT, "n", required=False),),
        inputs=inputs,
    )


VOCABULARY = Vocabulary(
    [
        spec("a"),
        spec("b"),
        spec("first", Input("a", where={"name": "name"}), Input("b", fixed={"name": "ufw"})),
        spec("second", Input("first", where={"name": "name"}), Input("a", where={"name": "name"})),
        spec("circle", Input("ring")),
        spec("ring", Input("circle")),
    ]
)


def test_inputs_take_parameters_from_the_query_or_outright() -> None:
    assert inputs_of(Query.of("first", {"name": "x"}), VOCABULARY) == (
        Query.of("a", {"name": "x"}),
        Query.of("b", {"name": "ufw"}),
    )
    assert inputs_of(Query.of("a"), VOCABULARY) == ()


def test_expansion_asks_each_question_once_and_orders_what_is_computed() -> None:
    base, derived = expand(
        [Query.of("second", {"name": "x"}), Query.of("first", {"name": "x"}), Query.of("a")], VOCABULARY
    )
    assert base == (Query.of("a"), Query.of("a", {"name": "x"}), Query.of("b", {"name": "ufw"}))
    assert derived == (Query.of("first", {"name": "x"}), Query.of("second", {"name": "x"}))


def test_facts_derived_in_a_circle_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^circle: derived from itself: circle > ring > circle"):
        expand([Query.of("circle")], VOCABULARY)
