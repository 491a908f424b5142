"""Operands that refer to something: a value of the rule, a field of the row, a field of the target's entry."""

from __future__ import annotations

from typing import Any

from scanner.catalog.context import Context
from scanner.catalog.nodes import quoted
from scanner.catalog.source import Place
from scanner.catalog.valuetypes import fits
from scanner.model.fact import FactSpec, Kind, Type
from scanner.model.rule import FieldRef, TargetRef, ValueRef

REFERENCES = frozenset(("value", "field", "target"))
TARGET_FIELDS = ("id", "platform", "service_class", "address")
"""What `{target: NAME}` may name, besides `labels.<name>`."""


def target_field(name: str) -> bool:
    """True when a target's inventory entry may have a field of that name."""
    return name in TARGET_FIELDS or (name.startswith("labels.") and len(name) > len("labels."))


def read_reference(
    context: Context,
    needed: Type,
    place: Place,
    raw: dict[str, Any],
    says: str,
    spec: FactSpec | None = None,
    *,
    where: bool = False,
) -> ValueRef | FieldRef | TargetRef | None:
    """Read `{value: NAME}`, `{field: NAME}` or, in `where`, `{target: NAME}`; None after a problem."""
    ((kind, written),) = raw.items()
    name = context.source.text((*place, kind), written, f"'{kind}'")
    if not name:
        return None
    if kind == "value":
        return read_value_reference(context, needed, place, name, says)
    if kind == "field":
        return _field_reference(context, needed, place, name, says, spec)
    return _target_reference(context, needed, place, name, says, where=where)


def read_value_reference(context: Context, needed: Type, place: Place, name: str, says: str) -> ValueRef | None:
    """Give the reference to a declared value whose type fits; None after a problem."""
    context.used.add(name)
    value = context.values.get(name)
    if value is None:
        if name not in context.declared:
            context.source.unknown(place, "value", name, context.declared, "declare it in 'values'")
        return None
    if not fits(value.type, needed):
        remedy = f'declare it with type: "{needed}"' if needed.kind is not Kind.MAP else "write the map out"
        context.source.complain(place, f"{says}: the value {quoted(name)} is {value.type}, not {needed}", remedy)
        return None
    return ValueRef(name)


def _field_reference(
    context: Context, needed: Type, place: Place, name: str, says: str, spec: FactSpec | None
) -> FieldRef | None:
    if spec is None:
        context.source.complain(
            place, f"{says}: there is no row here to take a field from", "write a literal or a value"
        )
        return None
    field = spec.field(name)
    if field is None:
        context.source.unknown(place, f"field of {spec.name}:", name, [each.name for each in spec.fields])
        return None
    if not fits(field.type, needed):
        context.source.complain(
            place, f"{says}: the field {quoted(name)} is {field.type}, not {needed}", "compare fields of one type"
        )
        return None
    return FieldRef(name)


def _target_reference(
    context: Context, needed: Type, place: Place, name: str, says: str, *, where: bool
) -> TargetRef | None:
    if not where:
        context.source.complain(
            place, f"{says}: a target's field serves in 'where' alone", "write a literal or a value"
        )
        return None
    if not target_field(name):
        context.source.unknown(place, "field of a target", name, (*TARGET_FIELDS, "labels.<name>"))
        return None
    if needed.many or needed.kind is not Kind.TEXT:
        context.source.complain(place, f"{says}: a target's field is text, not {needed}", "write a literal or a value")
        return None
    return TargetRef(name)
