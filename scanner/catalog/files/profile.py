"""The shape of a profile file: which rules a target must meet, with which values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from scanner.catalog.files.base import Digest, Id, Labels, Listed, Shape, Text, refuse


class Chosen(Shape):
    """One selection: by catalogue, by rule or by label."""

    catalogue: Text | None = Field(default=None, description="catalogue whose rules are selected")
    level: Annotated[int, Field(ge=1)] | None = Field(default=None, description="level; those below are included")
    variant: Text | None = Field(default=None, description="variant, such as server or workstation")
    rules: Annotated[list[Text], Field(min_length=1)] | None = Field(default=None, description="ids of rules")
    labels: Annotated[list[Text], Field(min_length=1)] | None = Field(
        default=None, description="labels, of which a rule carries one"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Chosen:
        ways = [way for way in ("catalogue", "rules", "labels") if getattr(self, way) is not None]
        if len(ways) != 1:
            refuse("an entry names one way to choose", "write catalogue: ID, rules: [IDS] or labels: [LABELS]")
        if ways != ["catalogue"] and (self.level is not None or self.variant is not None):
            refuse(f"level and variant say nothing about {ways[0]}", "remove them, or select by catalogue")
        return self


class Excluded(Shape):
    """A rule that is not judged."""

    rule: Text = Field(description="id of the rule")
    reason: Text = Field(description="why it is left out; stands in reports")


def _only_false(raw: Any) -> Any:
    if raw is True:
        refuse("an exception says that a control is not applicable", "write applicable: false, or drop the entry")
    return raw


class Exempted(Shape):
    """A control that does not apply."""

    id: Text = Field(description="catalogue/number")
    applicable: Annotated[bool, BeforeValidator(_only_false), WithJsonSchema({"const": False})] = Field(
        description="false"
    )
    reason: Text = Field(description="why it does not apply; stands in reports")


class Resources(Shape):
    """The resources of a target that are judged."""

    tags: Annotated[Labels, Field(min_length=1)] = Field(
        description="tags that a resource must all carry, such as env: prod; one whose tags cannot be read is judged"
    )


class ProfileFile(Shape):
    """A selection of rules with values."""

    kind: Literal["profile/1"] = Field(alias="schema")
    id: Id | None = Field(default=None, description="the file's name without its ending")
    title: Text | None = Field(default=None, description="name of the profile")
    extends: Listed | None = Field(default=None, description="profiles to begin from")
    applies: dict[Text, Any] | None = Field(default=None, description="assertion that a target must meet")
    applies_says: Text | None = Field(default=None, description="whom the profile is for, in words")
    auto: Listed | None = Field(default=None, description="platforms for which auto considers it")
    select: list[Chosen] | None = Field(default=None, description="rules to judge, by catalogue, id or label")
    resources: Resources | None = Field(
        default=None, description="resources of an account that are judged, by their tags; all when left out"
    )
    values: dict[Text, dict[Text, Any]] | None = Field(default=None, description="settings: {rule: {value: setting}}")
    exclude: list[Excluded] | None = Field(default=None, description="rules not to judge, each with a reason")
    controls: list[Exempted] | None = Field(default=None, description="controls that do not apply, each with a reason")
    frameworks: Listed | None = Field(default=None, description="catalogues to report besides those selected from")
    pinned: Digest | None = Field(default=None, description="hash of the rule set that it insists on")
