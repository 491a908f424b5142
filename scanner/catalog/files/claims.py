"""Claims: what documents declare about controls, to be set beside what was measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scanner.catalog.files.base import Day, Shape, Text, refuse
from scanner.catalog.files.header import read_as
from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.source import remedy
from scanner.model.errors import Problem
from scanner.model.suppression import Claim


def _platform(name: str) -> str:
    if name not in PLATFORMS:
        refuse(f"no platform is called '{name}'", remedy(name, PLATFORMS, f"known are {', '.join(PLATFORMS)}"))
    return name


PlatformName = Annotated[Text, AfterValidator(_platform)]


class Entry(Shape):
    """One declaration."""

    control: Text = Field(description="catalogue/number that the document names")
    status: Literal["compliant", "partial", "planned", "non-compliant", "not-applicable"] = Field(
        description="what the document says of it"
    )
    source: Text = Field(description="document and line, such as db.md:112")
    title: Text | None = Field(default=None, description="what the document calls the control")
    system: PlatformName | None = Field(
        default=None, description="platform that the claim is about, such as entra; without it the whole estate"
    )
    date: Day | None = Field(default=None, description="day of the declaration; null when the document has none")
    date_text: Text | None = Field(default=None, description="what the document says instead of a day")


class ClaimsFile(Shape):
    """What documents declare."""

    kind: Literal["claims/1"] = Field(alias="schema")
    claims: list[Entry] = Field(description="declarations")


def read_claims(path: str, data: bytes, problems: list[Problem]) -> tuple[Claim, ...]:
    """Read a file of claims; what is wrong is appended to `problems`."""
    file, document = read_as(ClaimsFile, "claims", path, data, problems)
    if file is None or document is None:
        return ()
    return tuple(
        Claim(
            control=entry.control,
            status=entry.status,
            source=entry.source,
            date=entry.date or "",
            date_text=entry.date_text or "",
            title=entry.title or "",
            system=entry.system or "",
            path=path,
            line=document.line("claims", index),
        )
        for index, entry in enumerate(file.claims)
    )
