"""What all kinds of user files share: strict shapes and the types of their fields."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from scanner.catalog.nodes import quoted

ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}")
"""Ids become names of files and parts of report paths, hence no slash and no space."""
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|(?:file|command):.*\S.*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Shape(BaseModel):
    """A map with known keys and typed values; nothing is converted behind the author's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


def refuse(what: str, remedy: str = "", key: str = "") -> NoReturn:
    """Refuse a value from inside a validator; `what` must not quote a secret, `key` tells where in a map it stands."""
    raise PydanticCustomError("said", "{what}", {"what": what, "remedy": remedy, "key": key})


def split(sentence: str) -> tuple[str, str]:
    """Split `what is wrong (what to do)` into its two halves; the second is empty when there is none."""
    found = re.fullmatch(r"(.*?) \((.*)\)", sentence, re.DOTALL)
    return (found[1], found[2]) if found else (sentence, "")


def _filled(text: str) -> str:
    if not text.strip():
        refuse("the text is empty", "write it, or drop the key")
    return text


def _identifier(text: str) -> str:
    if not ID.fullmatch(text):
        refuse(f"{quoted(text, 40)} cannot be an id", "use letters, digits and . _ - : @ alone, at most 128 of them")
    return text


def _day(raw: Any) -> Any:
    if isinstance(raw, datetime):
        refuse("a time stands where a day is meant", f"write {raw.date().isoformat()}")
    if isinstance(raw, date):
        return raw.isoformat()
    if not isinstance(raw, str):
        return raw
    try:
        return date.fromisoformat(raw).isoformat() if len(raw) == len("2026-12-01") else _no_day(raw)
    except ValueError:
        return _no_day(raw)


def _no_day(raw: str) -> NoReturn:
    refuse(f"{quoted(raw, 40)} is no day of the calendar", "write it as 2026-12-01")


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        refuse("a secret must not stand here itself", "refer to it: env:NAME, file:PATH or command:PROGRAM ARGUMENTS")
    return text


def _listed(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


def _digest(text: str) -> str:
    if not _SHA256.fullmatch(text):
        refuse("this is no SHA-256", "write the 64 hexadecimal digits in lower case that sha256sum prints")
    return text


def _everyone(raw: Any) -> Any:
    if raw == "all":
        return []
    if isinstance(raw, str):
        refuse(
            f"{quoted(raw, 40)} stands where a list of target ids or the word all is meant",
            "write the list in brackets",
        )
    if raw == []:
        refuse("the list is empty", "name targets, or write all")
    return raw


_LIST_SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "string"}}

Text = Annotated[str, AfterValidator(_filled)]
Id = Annotated[str, AfterValidator(_identifier)]
Day = Annotated[str, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Reference = Annotated[
    str,
    AfterValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|(file|command):.*\\S.*)$"}),
]
Digest = Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
Listed = Annotated[list[Text], BeforeValidator(_listed), WithJsonSchema({"anyOf": [{"type": "string"}, _LIST_SCHEMA]})]
"""A list of texts; one text alone is a list of one."""
Everyone = Annotated[
    list[Text],
    BeforeValidator(_everyone),
    WithJsonSchema({"anyOf": [{"const": "all"}, {**_LIST_SCHEMA, "minItems": 1}]}),
]
"""Target ids, or the word `all`, which is kept as the empty list."""
Labels = dict[Text, Text]


def beside(folder: PurePath, path: str) -> str:
    """Give a path written in a file, seen from that file's folder; absolute ones, `~` and `$NAME` stay."""
    return path if path.startswith(("/", "~", "$")) else str(folder / path)


def reference_beside(folder: PurePath, reference: str) -> str:
    """Give a secret reference with its relative `file:` path seen from the folder of the file that names it."""
    kind, _, rest = reference.partition(":")
    if kind != "file":
        return reference
    # `$` begins a variable in a reference; one in the folder's own name is doubled.
    return f"file:{beside(PurePath(str(folder).replace('$', '$$')), rest)}"


def expanded(path: str) -> Path:
    """Give a path with its leading `~` replaced; one of an unknown user stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
