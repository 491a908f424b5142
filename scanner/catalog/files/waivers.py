"""Waivers: accepted deviations, each with who, why and until when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from scanner.catalog.files.base import Day, Id, Labels, Shape, Text, refuse
from scanner.catalog.files.header import read_as
from scanner.catalog.nodes import Document
from scanner.model.errors import Problem
from scanner.model.suppression import Suppression


class Covered(Shape):
    """The targets that a waiver covers, by id or by labels; all when both are empty."""

    ids: list[Text] = Field(default_factory=list, description="target ids")
    labels: Labels = Field(default_factory=dict, description="labels that a target must all carry")


def _covered(raw: Any) -> Any:
    if raw == "all":
        return {}
    if isinstance(raw, str):
        refuse("one text stands where targets are named", "write all, a list of ids, or {labels: {env: prod}}")
    if isinstance(raw, list):
        raw = {"ids": raw}
    if isinstance(raw, dict) and not raw.get("ids") and not raw.get("labels"):
        refuse("no targets are named", "write all, a list of ids, or {labels: {env: prod}}")
    if isinstance(raw, dict) and raw.get("ids") and raw.get("labels"):
        refuse("targets are named by ids and by labels", "write two waivers")
    return raw


Targets = Annotated[
    Covered,
    BeforeValidator(_covered),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "all"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {
                    "type": "object",
                    "properties": {
                        "ids": {"type": "array", "items": {"type": "string"}},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]


class Waiver(Shape):
    """One accepted deviation."""

    id: Id = Field(description="name of the waiver, unique")
    rule: Text = Field(description="id of the rule")
    targets: Targets = Field(description="all, a list of target ids, or {labels: {env: prod}}")
    reason: Text = Field(description="why the deviation is accepted")
    approver: Text = Field(description="who accepted it")
    approved: Day = Field(description="day on which it was accepted")
    expires: Day = Field(description="last day on which it holds")
    max_targets: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="number of targets beyond which it covers none"
    )
    resource: Text | None = Field(default=None, description="exact resource key that it covers; all when left out")
    tags: Labels = Field(default_factory=dict, description="tags that a resource must all carry, such as env: dev")
    compensating: Text | None = Field(default=None, description="what is done instead")
    accept: list[Literal["unknown", "error"]] | None = Field(
        default=None, description="undecided outcomes that it covers besides fails"
    )
    ticket: Text | None = Field(default=None, description="number of the ticket")

    @model_validator(mode="after")
    def _lasts(self) -> Waiver:
        if self.expires <= self.approved:
            what = f"{self.id}: it expires on {self.expires}, not after the day of its approval"
            refuse(what, f"write a day after {self.approved}", "expires")
        return self


class WaiversFile(Shape):
    """The register of waivers."""

    kind: Literal["waivers/1"] = Field(alias="schema")
    waivers: list[Waiver] = Field(description="accepted deviations")


def read_waivers(path: str, data: bytes, problems: list[Problem]) -> tuple[Suppression, ...]:
    """Read a file of waivers; what is wrong is appended to `problems`, and only sound waivers are given."""
    file, document = read_as(WaiversFile, "waivers", path, data, problems)
    if file is None or document is None:
        return ()
    return tuple(_suppression(waiver, document, index) for index, waiver in enumerate(file.waivers))


def _suppression(waiver: Waiver, document: Document, index: int) -> Suppression:
    return Suppression(
        id=waiver.id,
        rule=waiver.rule,
        reason=waiver.reason,
        approver=waiver.approver,
        approved=waiver.approved,
        expires=waiver.expires,
        targets=tuple(waiver.targets.ids),
        labels=waiver.targets.labels,
        max_targets=waiver.max_targets,
        resource=waiver.resource,
        tags=waiver.tags,
        compensating=waiver.compensating or "",
        accept=tuple(waiver.accept or ()),
        ticket=waiver.ticket or "",
        path=document.path,
        line=document.line("waivers", index),
    )
