"""The file `controlproof.yaml`: what a scan uses when no flag says otherwise."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from scanner.catalog.files.base import Listed, Shape, Text, expanded, refuse, split
from scanner.catalog.files.header import bytes_of, read_as
from scanner.matching.units import duration
from scanner.model.errors import ContentError, Problem

NAME = "controlproof.yaml"


def _allowance(raw: Any) -> str | None:
    if raw is None:
        return None
    text = str(raw) if isinstance(raw, (int, str)) and not isinstance(raw, bool) else ""
    if not re.fullmatch(r"\d{1,9}|(100|\d{1,2}(\.\d+)?)%", text, re.ASCII):
        refuse("this is neither a number of results nor a share of them", "write such as 5 or 2%")
    return text


def _duration(text: str) -> str:
    try:
        duration(text)
    except ValueError as wrong:
        refuse(*split(str(wrong)))
    return text


def _mode(text: str) -> str:
    if not re.fullmatch("0[0-7]{3}", text, re.ASCII):
        refuse("this is no file mode", 'write four octal digits in quotes, such as "0640"')
    return text


SeverityName = Literal["critical", "high", "medium", "low", "never"]


class ConfigurationFile(Shape):
    """Settings of a scan; paths are seen from the folder of the file."""

    kind: Literal["config/1"] = Field(alias="schema")
    inventory: Text | None = Field(default=None, description="inventory file")
    profiles: Listed | None = Field(default=None, description="profiles, by name or as paths of files")
    rules: Listed | None = Field(default=None, description="folders of further rules")
    catalogues: Listed | None = Field(default=None, description="folders of further catalogues")
    waivers: Listed | None = Field(default=None, description="files of waivers")
    attestations: Listed | None = Field(default=None, description="files of attestations")
    claims: Listed | None = Field(default=None, description="files of claims")
    frameworks: Listed | None = Field(
        default=None, description="catalogues to report besides those of the profiles, such as [nist-800-53-r5]"
    )
    recovery_policy: Text | None = Field(default=None, description="recovery policy file")
    output: Text | None = Field(default=None, description="folder that reports are written to")
    formats: Listed | None = Field(default=None, description="report formats, such as [html, sarif, junit]")
    runs: Text | None = Field(default=None, description="folder that keeps runs")
    keep: Annotated[int, Field(ge=1)] | None = Field(default=None, description="number of runs to keep")
    baseline: Text | None = Field(default=None, description="run to compare with, or latest")
    fail_on: SeverityName | None = Field(default=None, description="lowest severity that fails the gate")
    fail_on_new: bool | None = Field(default=None, description="true: only findings new since the baseline fail")
    undecided_at: SeverityName | None = Field(
        default=None, description="lowest severity at which an undecided result causes exit code 3"
    )
    allow_undecided: Annotated[
        str | None, BeforeValidator(_allowance), WithJsonSchema({"type": ["integer", "string"]})
    ] = Field(default=None, description="number or share of undecided results that is allowed")
    require_attestations: bool | None = Field(
        default=None, description="true: manual rules without an attestation count as undecided"
    )
    max_evidence_age: Annotated[str, AfterValidator(_duration)] | None = Field(
        default=None, description="age beyond which evidence is not used, such as 24h"
    )
    command_refs: bool | None = Field(default=None, description="false: secrets may not come from commands")
    file_mode: Annotated[str, AfterValidator(_mode)] | None = Field(
        default=None, description='mode of files written, such as "0600"'
    )


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a `controlproof.yaml` says, with paths that can be opened; None and empty mean that it does not say."""

    path: Path
    inventory: Path | None = None
    profiles: tuple[str, ...] = ()
    """Names, or paths that end in .yaml or .yml."""
    rules: tuple[Path, ...] = ()
    catalogues: tuple[Path, ...] = ()
    waivers: tuple[Path, ...] = ()
    attestations: tuple[Path, ...] = ()
    claims: tuple[Path, ...] = ()
    frameworks: tuple[str, ...] = ()
    recovery_policy: Path | None = None
    output: Path | None = None
    formats: tuple[str, ...] = ()
    runs: Path | None = None
    keep: int | None = None
    baseline: str = ""
    fail_on: str = ""
    """`critical`, `high`, `medium`, `low` or `never`."""
    fail_on_new: bool | None = None
    undecided_at: str = ""
    allow_undecided: str = ""
    """Such as `5` or `2%`."""
    require_attestations: bool | None = None
    max_evidence_age: str = ""
    """Such as `24h`."""
    command_refs: bool | None = None
    file_mode: str = ""


def find_configuration(start: Path) -> Configuration | None:
    """Read the nearest `controlproof.yaml` in `start` or a folder above it; None when there is none.

    Paths in the value are relative when `start` is: `Path()` gives paths that are seen from the working directory.
    Raises ContentError with every problem of the file.
    """
    folder = start
    for _ in start.resolve().parts:
        if (folder / NAME).is_file():
            return load_configuration(folder / NAME)
        folder = folder.parent if folder.name not in ("", "..") else folder / os.pardir
    return None


def load_configuration(path: Path) -> Configuration:
    """Read a configuration file. Raises ContentError with every problem found."""
    problems: list[Problem] = []
    data = bytes_of(path, problems)
    configuration = read_configuration(str(path), data, problems) if data is not None else None
    if problems or configuration is None:
        raise ContentError(problems)
    return configuration


def read_configuration(path: str, data: bytes, problems: list[Problem]) -> Configuration | None:
    """Read a configuration from bytes; what is wrong is appended to `problems`."""
    file, _ = read_as(ConfigurationFile, "config", path, data, problems)
    if file is None:
        return None
    folder = Path(path).parent

    def place(text: str | None) -> Path | None:
        return folder / expanded(text) if text else None

    def places(texts: list[str] | None) -> tuple[Path, ...]:
        return tuple(folder / expanded(text) for text in texts or ())

    return Configuration(
        path=Path(path),
        inventory=place(file.inventory),
        profiles=tuple(str(folder / name) if _is_path(name) else name for name in file.profiles or ()),
        rules=places(file.rules),
        catalogues=places(file.catalogues),
        waivers=places(file.waivers),
        attestations=places(file.attestations),
        claims=places(file.claims),
        frameworks=tuple(file.frameworks or ()),
        recovery_policy=place(file.recovery_policy),
        output=place(file.output),
        formats=tuple(file.formats or ()),
        runs=place(file.runs),
        keep=file.keep,
        baseline=file.baseline or "",
        fail_on=file.fail_on or "",
        fail_on_new=file.fail_on_new,
        undecided_at=file.undecided_at or "",
        allow_undecided=file.allow_undecided or "",
        require_attestations=file.require_attestations,
        max_evidence_age=file.max_evidence_age or "",
        command_refs=file.command_refs,
        file_mode=file.file_mode or "",
    )


def missing_files(configuration: Configuration) -> list[Problem]:
    """Find the files and folders that a configuration names to be read, and that are not there."""
    single = [path for path in (configuration.inventory, configuration.recovery_policy) if path is not None]
    listed = (
        *configuration.rules,
        *configuration.catalogues,
        *configuration.waivers,
        *configuration.attestations,
        *configuration.claims,
        *(Path(name) for name in configuration.profiles if _is_path(name)),
    )
    return [
        Problem(str(configuration.path), 0, f"it names {path}, which is not there", "write the file, or drop the name")
        for path in (*single, *listed)
        if not path.exists()
    ]


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))
