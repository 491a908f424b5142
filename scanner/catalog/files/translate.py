"""From what pydantic found wrong to problems: a sentence, its line, and the near word."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scanner.catalog.files.base import Shape
from scanner.catalog.nodes import Document, Refused, quoted
from scanner.catalog.source import remedy
from scanner.model.errors import Problem

S = TypeVar("S", bound=Shape)

_NEEDED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}


def validate(model: type[S], document: Document, problems: list[Problem]) -> S | None:
    """Read a document as a shape; what is wrong is appended to `problems`, all of it, each at its line."""
    try:
        return model.model_validate(document.value)
    except ValidationError as wrong:
        problems.extend(_translate(error, model, document) for error in _unsaid(wrong.errors(include_url=False)))
        return None


def sound_part(model: type[S], document: Document) -> tuple[S, frozenset[str]]:
    """Read what is sound of a map of named entries, so that their references can be checked nevertheless.

    Gives the shape without the entries that hold mistakes, and the names of those. All keys but `schema`, which
    must be sound, may be left out of the model.
    """
    value = {key: dict(entry) if isinstance(entry, dict) else entry for key, entry in document.value.items()}
    broken: set[str] = set()
    try:
        model.model_validate(value)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            first, *rest = error["loc"]
            if rest and isinstance(value.get(str(first)), dict):
                broken.add(str(rest[0]))
                value[str(first)].pop(rest[0], None)
            else:
                value.pop(str(first), None)
    return model.model_validate(value), frozenset(broken)


def _unsaid(errors: Sequence[Any]) -> list[Any]:
    """Leave out what the reader of the file has complained about already."""
    return [error for error in errors if not isinstance(error["input"], Refused)]


def _translate(error: Mapping[str, Any], model: type[Shape], document: Document) -> Problem:
    steps = tuple(step for step in error["loc"] if step != "[key]")
    what, todo = _sentence(error, steps, model)
    key = error.get("ctx", {}).get("key")
    if error["type"] == "said" and key:
        return Problem(document.path, document.line(*steps, key), what + _inside(steps), todo)
    parents = steps[:-1] if error["type"] in ("missing", "extra_forbidden") else steps
    return Problem(document.path, document.line(*steps), what + _inside(parents), todo)


def _inside(steps: Sequence[str | int]) -> str:
    names = [step for step in steps if isinstance(step, str)]
    return f" in {'.'.join(names)}" if names else ""


def _sentence(error: Mapping[str, Any], steps: tuple[Any, ...], model: type[Shape]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "said":
        return context["what"], context["remedy"]
    if kind == "extra_forbidden":
        known = _keys(model, steps[:-1])
        return f"unknown key {quoted(str(steps[-1]))}", remedy(str(steps[-1]), known, f"known are {', '.join(known)}")
    if kind == "missing":
        says = _description(model, steps)
        return f"'{steps[-1]}' is missing", f"add it: {says}" if says else "add it"
    if kind == "literal_error":
        literals = re.findall(r"'([^']*)'", context["expected"])
        return _no_literal(error["input"], literals)
    if needed := _NEEDED.get(kind):
        return _wrong_type(error["input"], needed)
    return _other(kind, context, error["msg"])


def _no_literal(given: Any, literals: list[str]) -> tuple[str, str]:
    if not isinstance(given, str):
        return _wrong_type(given, f"one of {', '.join(literals)}" if literals else "another word")
    return f"{quoted(given)} is not known here", remedy(given, literals, f"write one of {', '.join(literals)}")


def _wrong_type(given: Any, needed: str) -> tuple[str, str]:
    if given is None:
        return f"nothing is written where {needed} is needed", "write it, or drop the key"
    return f"{_seen(given)} stands where {needed} is needed", _cure(given, needed)


def _cure(given: Any, needed: str) -> str:
    if needed == "text" and isinstance(given, (bool, int, float, date)):
        return f'quote it: "{str(given).lower() if isinstance(given, bool) else given}"'
    if needed == "a list":
        return "write it in brackets: [a, b]"
    if isinstance(given, str) and needed in ("a whole number", "true or false"):
        return "write it without quotes"
    return f"write {needed}"


def _seen(given: Any) -> str:
    """Name the type of what was given; never the value, which may be a secret."""
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"),
        ((int, float), "a number"),
        (date, "a date"),
        (str, "a text"),
        (list, "a list"),
        (dict, "a map"),
    )
    return next((name for types_, name in names if isinstance(given, types_)), type(given).__name__)


def _other(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    for name, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if name in context:
            return "the number is out of bounds", f"write {word} {context[name]}"
    if kind == "too_short":
        return "the list or map is empty", "write what belongs there, or drop the key"
    return message, ""


def _keys(model: type[Shape], steps: Sequence[str | int]) -> list[str]:
    """Give the keys that the shape at the end of `steps` knows."""
    shape = _at(model, steps)
    return [field.alias or name for name, field in shape.model_fields.items()] if shape else []


def _description(model: type[Shape], steps: Sequence[str | int]) -> str:
    shape = _at(model, steps[:-1])
    fields = shape.model_fields.items() if shape else ()
    return next((field.description or "" for name, field in fields if steps[-1] in (name, field.alias)), "")


def _at(model: type[BaseModel], steps: Sequence[str | int]) -> type[BaseModel] | None:
    annotation: Any = model
    for step in steps:
        annotation = _step(_bare(annotation), step)
    bare = _bare(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _step(annotation: Any, step: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return next((field.annotation for name, field in fields if step in (name, field.alias)), None)
    arguments = get_args(annotation)
    return arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:
    """Strip `Annotated` and `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _bare(next(member for member in get_args(annotation) if member is not type(None)))
    return annotation
