"""The table of operators: what each takes, and that each of its rooms knows the same names."""

from __future__ import annotations

import pytest

from scanner.matching.operators import OPERATORS
from scanner.matching.predicates import HOLDS, ON_ABSENT
from scanner.matching.words import phrase
from scanner.model.fact import (
    ADDRESS,
    BOOL,
    DURATION,
    INT,
    MAP,
    MODE,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    Kind,
    Type,
    enum,
)

ENUM = enum("a", "b")
TYPES = (TEXT, ENUM, INT, BOOL, DURATION, SIZE, TIME, VERSION, MODE, ADDRESS, MAP, TEXTS)

EXPECTED = {
    "equals": TYPES,
    "differs": TYPES,
    "less": (INT, DURATION, SIZE, TIME),
    "at_most": (INT, DURATION, SIZE, TIME),
    "greater": (INT, DURATION, SIZE, TIME),
    "at_least": (INT, DURATION, SIZE, TIME),
    "one_of": (TEXT, ENUM, INT, DURATION, SIZE, TIME, VERSION, MODE, ADDRESS),
    "none_of": (TEXT, ENUM, INT, DURATION, SIZE, TIME, VERSION, MODE, ADDRESS),
    "contains": (TEXT, MAP, TEXTS),
    "lacks": (TEXT, MAP, TEXTS),
    "subset_of": (MAP, TEXTS),
    "superset_of": (MAP, TEXTS),
    "matches": (TEXT, VERSION),
    "absent": TYPES,
    "present": TYPES,
    "empty": (TEXT, MAP, TEXTS),
    "mode_within": (MODE,),
    "age_at_most": (TIME,),
    "version_at_least": (VERSION,),
    "within_cidr": (ADDRESS,),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_takes_exactly_the_types_it_speaks_about(name: str) -> None:
    taken = {str(type_) for type_ in TYPES if OPERATORS[name].takes(type_)}

    assert taken == {str(type_) for type_ in EXPECTED[name]}


def test_every_operator_has_a_predicate_and_words() -> None:
    assert set(OPERATORS) == set(HOLDS) == set(EXPECTED)
    assert set(ON_ABSENT) == {"absent", "present", "empty"}
    assert all(phrase(name, TEXT, "x") for name in OPERATORS)
    assert all(operator.says.endswith(".") for operator in OPERATORS.values())


@pytest.mark.parametrize(
    ("name", "field", "operand"),
    [
        ("equals", MODE, MODE),
        ("one_of", ENUM, Type(Kind.ENUM, many=True, literals=("a", "b"))),
        ("contains", TEXTS, TEXT),
        ("contains", Type(Kind.ENUM, many=True, literals=("a", "b")), ENUM),
        ("contains", TEXT, TEXT),
        ("lacks", MAP, TEXT),
        ("subset_of", TEXTS, TEXTS),
        ("matches", VERSION, TEXT),
        ("absent", INT, BOOL),
        ("age_at_most", TIME, DURATION),
        ("within_cidr", ADDRESS, Type(Kind.ADDRESS, many=True)),
    ],
)
def test_the_operand_has_the_type_that_the_operator_needs(name: str, field: Type, operand: Type) -> None:
    assert OPERATORS[name].operand(field) == operand
