"""The shape of a catalogue file: the controls of a framework or benchmark, and the rules that speak of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from scanner.catalog.files.base import Id, Shape, Text
from scanner.model.profile import Bound, Catalogue, Control, Crosswalk, RuleMapping
from scanner.model.rule import Literal as Operand
from scanner.model.rule import Test

Covers = Literal["full", "part"]


class Mapped(Shape):
    """A rule of a control."""

    rule: Text = Field(description="id of the rule")
    covers: Covers | None = Field(default=None, description="how much of the control the rule covers")


def _mapped(raw: Any) -> Any:
    return {"rule": raw} if isinstance(raw, str) else raw


MappedOrId = Annotated[
    Mapped,
    BeforeValidator(_mapped),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"rule": {"type": "string"}, "covers": {"enum": ["full", "part"]}},
                    "required": ["rule"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Entry(Shape):
    """One control."""

    id: Text = Field(description="its number")
    title: Text = Field(description="what it demands, in our own words")
    levels: dict[Text, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="variant (server, workstation or all) and level"
    )
    assessment: Literal["automated", "manual"] = Field(default="automated", description="how its publisher labels it")
    rules: list[MappedOrId] = Field(default_factory=list, description="rules that check it")
    covers: Covers | None = Field(default=None, description="how much of it all its rules cover together")
    crosswalk: dict[Text, list[Text]] = Field(
        default_factory=dict, description="controls of other catalogues that it supports"
    )
    strictest: dict[Text, Any] = Field(
        default_factory=dict, description="furthest that values may go: {rule.value: {at_most: 365}}"
    )
    attributes: dict[Text, Any] = Field(default_factory=dict, description="further properties, such as groups")


class Origin(Shape):
    """Where mappings come from."""

    reading: Literal["own", "published"] = Field(description="whose: our own, or published by the source")
    source: Text = Field(description="who mapped, and in which document")
    version: Text = Field(description="version or date of the mapping")


class CatalogueFile(Shape):
    """A framework or benchmark in one revision."""

    kind_and_version: Literal["catalogue/1"] = Field(alias="schema")
    id: Id | None = Field(default=None, description="the file's name without its ending")
    title: Text = Field(description="name of the framework or benchmark")
    kind: Literal["framework", "benchmark", "policy"] = Field(description="what it is")
    version: Text = Field(description="its revision")
    publisher: Text = Field(description="who publishes it")
    crosswalks: dict[Text, Origin] = Field(
        default_factory=dict, description="where its controls' crosswalks come from, by the catalogue they lead to"
    )
    controls: list[Entry] = Field(description="its controls, in its order")


def to_catalogue(file: CatalogueFile, stem: str, path: str) -> Catalogue:
    """Turn a file's shape into a catalogue; operands of `strictest` stay as written until the rules are known."""
    covers = "full" if file.kind == "benchmark" else "part"
    controls = tuple(_control(entry, entry.covers or covers) for entry in file.controls)
    crosswalks = {name: Crosswalk(each.reading, each.source, each.version) for name, each in file.crosswalks.items()}
    return Catalogue(stem, file.title, file.kind, file.version, file.publisher, controls, path, crosswalks)


def _control(entry: Entry, covers: str) -> Control:
    return Control(
        id=entry.id,
        title=entry.title,
        levels=entry.levels,
        assessment=entry.assessment,
        rules=tuple(RuleMapping(mapped.rule, mapped.covers or covers) for mapped in entry.rules),
        crosswalk={catalogue: tuple(numbers) for catalogue, numbers in entry.crosswalk.items()},
        strictest=tuple(_bound(name, raw) for name, raw in entry.strictest.items()),
        attributes=entry.attributes,
    )


def _bound(name: str, raw: Any) -> Bound:
    rule, _, value = name.rpartition(".")
    tests = raw.items() if isinstance(raw, dict) else [("equals", raw)]
    return Bound(rule, value, tuple(Test(operator, Operand(operand)) for operator, operand in tests))
