"""The first line of every user file, `schema: <kind>/1`, and reading a file as its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.catalog.files.translate import S, validate
from scanner.catalog.nodes import Document, quoted, read
from scanner.catalog.source import remedy
from scanner.model.errors import Problem

KINDS = ("inventory", "profile", "catalogue", "waivers", "attestations", "claims", "recovery-policy", "config")
VERSION = 1


def kind_of(value: Any) -> str:
    """Give the kind that a document says it is, without its version; empty when it says none."""
    schema = value.get("schema") if isinstance(value, dict) else None
    return schema.partition("/")[0] if isinstance(schema, str) else ""


def check_header(document: Document, kind: str, problems: list[Problem]) -> bool:
    """Tell whether the document begins with the right `schema`; what is wrong is appended to `problems`."""
    said = _wrong(document.value, kind)
    if said:
        problems.append(Problem(document.path, document.line("schema"), *said))
    return not said


def _wrong(value: Any, kind: str) -> tuple[str, str] | None:
    right = f"{kind}/{VERSION}"
    begin = f"begin the file with schema: {right}"
    if not isinstance(value, dict):
        return "the file is no map", begin
    if "schema" not in value:
        return "the key 'schema' is missing", begin
    schema = value["schema"]
    if schema == right:
        return None if next(iter(value)) == "schema" else ("'schema' is not the first key", "move it to the top")
    name, _, version = str(schema).partition("/")
    if name == kind:
        return f"version {quoted(version, 20)} of {kind} files is not known", f"this release reads schema: {right}"
    if name in KINDS:
        return f"this is a file of kind {name} where {kind} is expected", "give the right file"
    return f"{quoted(str(schema))} is no kind of file", remedy(str(schema), [right], f"write schema: {right}")


def read_as(
    model: type[S], kind: str, path: str, data: bytes, problems: list[Problem]
) -> tuple[S, Document] | tuple[None, None]:
    """Read a file's bytes as a kind; gives (None, None) when it cannot be used, and appends why."""
    document = read(path, data, problems)
    if document is None or not check_header(document, kind, problems):
        return None, None
    shape = validate(model, document, problems)
    return (shape, document) if shape is not None else (None, None)


def bytes_of(path: Path, problems: list[Problem]) -> bytes | None:
    """Read a file whole; one that cannot be read is a problem."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        problems.append(Problem(str(path), 0, f"cannot be read: {wrong.strerror or wrong}", "check the path"))
        return None
