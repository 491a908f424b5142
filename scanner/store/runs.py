"""A run on disk: `run.json` (everything but results, versioned) and `results.jsonl` (sorted, one result a line)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scanner.model.errors import ReportError
from scanner.model.report import (
    CatalogueInfo,
    Counts,
    Header,
    Notice,
    OwnerInfo,
    Report,
    RuleInfo,
    TargetInfo,
    Verdict,
)
from scanner.model.result import Result
from scanner.store import atomic

SCHEMA = "run/1"
RUN_FILE = "run.json"
RESULTS_FILE = "results.jsonl"


@dataclass(frozen=True, slots=True)
class RunFile:
    """The shape of run.json; `schema` rises when a reader of the old shape could be misled."""

    schema: str
    header: Header
    verdict: Verdict
    counts: Counts
    rules: Mapping[str, RuleInfo]
    targets: Mapping[str, TargetInfo]
    catalogues: tuple[CatalogueInfo, ...]
    notices: tuple[Notice, ...] = ()
    waivers: tuple[Mapping[str, Any], ...] = ()
    attestations: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()
    states: Mapping[str, int] | None = None
    gone: tuple[Mapping[str, Any], ...] = ()
    owners: tuple[OwnerInfo, ...] = ()
    recovery: Mapping[str, tuple[Mapping[str, Any], ...]] | None = None


@cache
def _run_adapter() -> TypeAdapter[RunFile]:
    return TypeAdapter(RunFile)


@cache
def _result_adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def run_schema() -> dict[str, Any]:
    """Give the JSON Schemas of `run.json` and of a line of `results.jsonl`."""
    return {"run.json": _run_adapter().json_schema(), "results.jsonl": _result_adapter().json_schema()}


def encode_result(result: Result) -> bytes:
    """Give one line of results.jsonl; fields at their defaults are left out."""
    return _result_adapter().dump_json(result, exclude_defaults=True) + b"\n"


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Results that are read from disk each time they are iterated; memory holds one at a time."""

    path: Path
    expected: int | None = None
    """How many there must be, by the counts of their run."""
    rules: frozenset[str] | None = None
    """Rules that their run describes; None while the run is not written yet."""

    def __iter__(self) -> Iterator[Result]:
        """Iterate over the results; raises ReportError on a broken line, and when they are not all there."""
        number = 0
        try:
            with self.path.open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    result = _decode_result(line, self.path, number)
                    if self.rules is not None and result.rule not in self.rules:
                        raise ReportError(
                            f"{self.path}:{number}: run.json does not describe the rule {result.rule[:80]!r} "
                            "(one of the files was changed; scan again)"
                        )
                    yield result
        except OSError as problem:
            raise ReportError(f"{self.path}: cannot be read: {problem.strerror} (scan again)") from problem
        if self.expected not in (None, number):
            raise ReportError(
                f"{self.path}: {number} results, and run.json counts {self.expected} "
                "(one of the files was changed or cut; scan again)"
            )


def _decode_result(line: bytes, path: Path, number: int) -> Result:
    try:
        return _result_adapter().validate_json(line)
    except ValidationError as problem:
        raise ReportError(f"{path}:{number}: not a result (the file was changed or cut; scan again)") from problem


def join_results(folder: Path, parts: Iterable[Path]) -> StoredResults:
    """Write results.jsonl from files of encoded results, one after the other; raises ReportError."""
    path = folder / RESULTS_FILE
    with atomic.replacing(path) as stream:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, stream)
    return StoredResults(path)


def write_run(folder: Path, report: Report) -> None:
    """Write run.json; raises ReportError."""
    names = {field.name for field in fields(RunFile)} - {"schema"}
    run = RunFile(schema=SCHEMA, **{name: getattr(report, name) for name in names})
    data = _run_adapter().dump_python(run, mode="json", exclude_defaults=True)
    atomic.write(folder / RUN_FILE, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def read_run(place: Path) -> Report:
    """Read a run from its folder or its run.json; results stay on disk. Raises ReportError."""
    path = place / RUN_FILE if place.is_dir() else place
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ReportError(
            f"{path}: cannot be read: {problem.strerror} (name a run folder or its run.json)"
        ) from problem
    try:
        schema = json.loads(data).get("schema")
        if schema != SCHEMA:
            raise ReportError(f"{path}: this is {schema or 'no run'}, not {SCHEMA} (read it with its own version)")
        run = _run_adapter().validate_json(data)
    except (ValueError, AttributeError) as problem:
        raise ReportError(f"{path}: not a run (it was changed or cut; scan again)") from problem
    values = {field.name: getattr(run, field.name) for field in fields(RunFile) if field.name != "schema"}
    results = StoredResults(path.parent / RESULTS_FILE, run.counts.total, frozenset(run.rules))
    return Report(**{**values, "states": run.states or {}, "recovery": run.recovery or {}}, results=results)
