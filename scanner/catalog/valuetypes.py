"""Types as rules write them (`text`, `list[text]`, `enum[a, b]`), and the `values` that carry them."""

from __future__ import annotations

import re

from scanner.catalog.nodes import quoted
from scanner.catalog.source import NOTHING, Place, Source, remedy
from scanner.model.fact import Kind, Type
from scanner.model.rule import Value

_TYPE = re.compile(r"(list\[)?([a-z]+)(?:\[([^\[\]]*)\])?(\])?")
_KINDS = {kind.value: kind for kind in Kind if kind is not Kind.MAP}
_KEYS = frozenset(("type", "default", "says"))


def parse_type(text: str) -> Type:
    """Give the type that is written as `int`, `list[text]` or `enum[a, b]`; `str` of a Type is its inverse.

    Raises ValueError whose text reads `what is wrong (what to do)`.
    """
    found = _TYPE.fullmatch(text.strip())
    if found is None or bool(found[1]) != bool(found[4]):
        raise ValueError(f'{quoted(text)} is no type (write such as int, "list[text]" or "enum[a, b]")')
    kind = _KINDS.get(found[2])
    if kind is None:
        raise ValueError(f"{quoted(found[2])} is no type ({remedy(found[2], _KINDS)})")
    literals = tuple(word.strip() for word in found[3].split(",")) if found[3] is not None else ()
    if (kind is Kind.ENUM) != bool(literals) or not all(literals) or len(set(literals)) != len(literals):
        raise ValueError(f'{quoted(text)} is no type (write different words as "enum[a, b]", other kinds alone)')
    return Type(kind, many=bool(found[1]), literals=literals)


def fits(given: Type, needed: Type) -> bool:
    """True when everything of the type `given` is of the type `needed`; an enum's words are texts too."""
    if given.many != needed.many:
        return False
    if given.kind is Kind.ENUM:
        return needed.kind is Kind.TEXT or (needed.kind is Kind.ENUM and set(given.literals) <= set(needed.literals))
    return given.kind is needed.kind


def read_values(source: Source, place: Place, raw: object) -> dict[str, Value]:
    """Read the `values` of a rule; one that cannot be read is left out after its problem."""
    if not isinstance(raw, dict) or not raw:
        source.complain(place, "'values' is not a map of names", "write it, or leave the key out")
        return {}
    read = (_value(source, (*place, name), name, entry) for name, entry in raw.items())
    return {value.name: value for value in read if value is not None}


def _value(source: Source, place: Place, name: str, raw: object) -> Value | None:
    table = source.table(place, raw, f"the value {quoted(name)}", _KEYS, ("type", "default"))
    if not source.identifier(place, name, "the value's name") or table is None or not {"type", "default"} <= set(table):
        return None
    written = source.text((*place, "type"), table["type"], "'type'")
    says = source.text((*place, "says"), table["says"], "'says'") if "says" in table else ""
    if not written:
        return None
    try:
        type_ = parse_type(written)
    except ValueError as wrong:
        source.complain_sentence((*place, "type"), str(wrong))
        return None
    default = source.literal((*place, "default"), type_, table["default"], f"the default of {quoted(name)}")
    return None if default is NOTHING else Value(name, type_, default, says)
