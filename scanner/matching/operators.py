"""The table of operators: what each says, which fields it takes, and what stands on its right side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scanner.model.fact import ADDRESS, BOOL, DURATION, TEXT, Kind, Type

_ORDERED = frozenset({Kind.INT, Kind.DURATION, Kind.SIZE, Kind.TIME})


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `takes` tells whether it speaks about a field's type, `operand` the type of its right side."""

    name: str
    says: str
    takes: Callable[[Type], bool]
    operand: Callable[[Type], Type]


def _any(_field: Type) -> bool:
    return True


def _ordered(field: Type) -> bool:
    return not field.many and field.kind in _ORDERED


def _single(field: Type) -> bool:
    return not field.many and field.kind not in (Kind.MAP, Kind.BOOL)


def _holding(field: Type) -> bool:
    return field.many or field.kind in (Kind.TEXT, Kind.MAP)


def _collection(field: Type) -> bool:
    return field.many or field.kind is Kind.MAP


def _only(*kinds: Kind) -> Callable[[Type], bool]:
    return lambda field: not field.many and field.kind in kinds


def _same(field: Type) -> Type:
    return field


def _list_of(field: Type) -> Type:
    return Type(field.kind, many=True, literals=field.literals)


def _item_of(field: Type) -> Type:
    return Type(field.kind, literals=field.literals) if field.many else TEXT


def _always(type_: Type) -> Callable[[Type], Type]:
    return lambda _field: type_


_TABLE = (
    Operator("equals", "The field is the operand; lists are equal item by item, in order.", _any, _same),
    Operator("differs", "The field is there and is not the operand.", _any, _same),
    Operator("less", "The field is less than the operand; a time is earlier.", _ordered, _same),
    Operator("at_most", "The field is the operand or less.", _ordered, _same),
    Operator("greater", "The field is greater than the operand; a time is later.", _ordered, _same),
    Operator("at_least", "The field is the operand or more.", _ordered, _same),
    Operator("one_of", "The field is one of the operand's items.", _single, _list_of),
    Operator("none_of", "The field is there and is none of the operand's items.", _single, _list_of),
    Operator("contains", "The list holds this item, the map this key, or the text this part.", _holding, _item_of),
    Operator("lacks", "The field is there, and does not hold this item, key or part.", _holding, _item_of),
    Operator("subset_of", "Every item (of a map: every entry) stands in the operand too.", _collection, _same),
    Operator(
        "superset_of", "Every item (of a map: every entry) of the operand stands in the field.", _collection, _same
    ),
    Operator(
        "matches",
        "The whole text matches the regular expression (RE2 syntax).",
        _only(Kind.TEXT, Kind.VERSION),
        _always(TEXT),
    ),
    Operator("absent", "`true`: asked, and not there; `false`: there.", _any, _always(BOOL)),
    Operator("present", "`true`: there; `false`: asked, and not there.", _any, _always(BOOL)),
    Operator(
        "empty",
        "`true`: absent, or an empty text, list or map; `false`: it holds something.",
        lambda field: field.many or field.kind in (Kind.TEXT, Kind.MAP),
        _always(BOOL),
    ),
    Operator("mode_within", "The mode sets no permission bit that the operand leaves out.", _only(Kind.MODE), _same),
    Operator(
        "age_at_most",
        "The time lies at most this long before the time of the evidence, and not after it.",
        _only(Kind.TIME),
        _always(DURATION),
    ),
    Operator(
        "version_at_least",
        "The version is the operand or later, by the order of deb-version(7).",
        _only(Kind.VERSION),
        _same,
    ),
    Operator(
        "within_cidr",
        "The address or network lies wholly within one of these networks.",
        _only(Kind.ADDRESS),
        _always(Type(ADDRESS.kind, many=True)),
    ),
)

OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in _TABLE}
"""Name > operator, in the order in which manuals list them."""
