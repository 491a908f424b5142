"""Attestations: people's dated statements that answer a control or a manual rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import Literal

from pydantic import Field, model_validator

from scanner.catalog.files.base import Day, Digest, Everyone, Shape, Text, beside, expanded, refuse
from scanner.catalog.files.header import read_as
from scanner.catalog.nodes import Document
from scanner.model.errors import Problem
from scanner.model.suppression import Attestation


class Attachment(Shape):
    """A document that supports the statement."""

    path: Text = Field(description="the file, seen from the folder of this one")
    sha256: Digest = Field(description="its SHA-256, as sha256sum prints it")


class Entry(Shape):
    """One statement."""

    control: Text | None = Field(default=None, description="catalogue/number that it answers")
    rule: Text | None = Field(default=None, description="manual rule that it answers")
    scope: Everyone = Field(description="all, or a list of target ids")
    statement: Text = Field(description="what is stated")
    by: Text = Field(description="who states it")
    on: Day = Field(description="day of the statement")
    valid_until: Day = Field(description="last day on which it holds")
    attachment: Attachment | None = None

    @model_validator(mode="after")
    def _answers(self) -> Entry:
        if self.control is None and self.rule is None:
            refuse("the statement answers nothing", "add control: catalogue/number, or rule: ID")
        if self.control is not None and self.rule is not None:
            refuse("the statement answers a control and a rule", "write one statement for each", "rule")
        if self.valid_until < self.on:
            what = f"it ends on {self.valid_until}, before it begins"
            refuse(what, f"write a day after {self.on}", "valid_until")
        return self


class AttestationsFile(Shape):
    """The register of attestations."""

    kind: Literal["attestations/1"] = Field(alias="schema")
    attestations: list[Entry] = Field(description="dated statements")


def read_attestations(path: str, data: bytes, problems: list[Problem]) -> tuple[Attestation, ...]:
    """Read a file of attestations; what is wrong is appended to `problems`."""
    file, document = read_as(AttestationsFile, "attestations", path, data, problems)
    if file is None or document is None:
        return ()
    return tuple(_attestation(entry, document, index) for index, entry in enumerate(file.attestations))


def _attestation(entry: Entry, document: Document, index: int) -> Attestation:
    folder = PurePath(document.path).parent
    return Attestation(
        statement=entry.statement,
        by=entry.by,
        on=entry.on,
        valid_until=entry.valid_until,
        control=entry.control or "",
        rule=entry.rule or "",
        scope=tuple(entry.scope),
        attachment=beside(folder, entry.attachment.path) if entry.attachment else "",
        attachment_sha256=entry.attachment.sha256 if entry.attachment else "",
        path=document.path,
        line=document.line("attestations", index),
    )


def check_attachments(attestations: Iterable[Attestation]) -> list[Problem]:
    """Read every attachment and compare it with the hash that was stated."""
    return [
        Problem(attestation.path, attestation.line, *wrong)
        for attestation in attestations
        if attestation.attachment and (wrong := _wrong(attestation))
    ]


def _wrong(attestation: Attestation) -> tuple[str, str] | None:
    try:
        with expanded(attestation.attachment).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as wrong:
        what = f"the attachment {attestation.attachment} cannot be read: {wrong.strerror or wrong}"
        return what, "put it there, or mend the path"
    if digest != attestation.attachment_sha256:
        what = f"the attachment {attestation.attachment} is not the one that was attested: its SHA-256 is {digest}"
        return what, "have the statement made again"
    return None
