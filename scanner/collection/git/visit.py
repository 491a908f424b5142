"""Asks one repository everything in one run of a shell, and makes evidence of what the reader found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scanner.collection.answer import Answer
from scanner.collection.linux import stream
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import tail
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import Evidence, Gap, Provenance, Query, Row, error
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool


@dataclass(frozen=True, slots=True)
class Found:
    """What was told of one fact."""

    rows: tuple[Row, ...] = ()
    gap: Gap | None = None


Reader = Callable[[Mapping[str, Output], Session], Mapping[str, Found]]
"""Makes a fact's name > what was told of it, from the outputs of the probes."""


def collect(queries: Sequence[Query], tool: Tool, limits: Limits, script: Script, read: Reader) -> Answer:
    """Run the script and read its answer; whatever goes wrong becomes gaps, never an exception."""
    try:
        told = tool.shell.run(script.text, script.words, limits)
    except CollectionError as problem:
        gap = Gap(problem.kind, problem.reason, problem.needs)
        return nothing(queries, gap, unreachable=isinstance(problem, UnreachableError))
    reading = stream.read(told.stdout, script, cut=told.cut, stderr=told.stderr, status=told.status)
    found: Mapping[str, Found] = {}
    lost = reading.gap
    if reading.started:
        lost = error("a git repository does not tell this fact")
        try:
            found = read(reading.outputs, reading.session)
        except Exception as problem:
            lost = error(f"our collector stumbled over the answer: {type(problem).__name__}: {tail(str(problem))}")
    provenance = reading.session.provenance("git, by " + ", ".join(probe.name for probe in script.probes))
    return Answer(
        evidence=tuple(_evidence(query, found.get(query.fact) or Found(gap=lost), provenance) for query in queries),
        now=reading.session.now,
        notes=reading.notes,
        gap=reading.gap,
        started=reading.started,
        identity=told.identity,
        clock_offset=_offset(reading.session.now, told.started_at),
    )


def nothing(queries: Sequence[Query], gap: Gap, *, unreachable: bool = False) -> Answer:
    """Give the answer of a visit that did not come about."""
    return Answer(tuple(Evidence(query, gap=gap) for query in queries), gap=gap, unreachable=unreachable)


def _evidence(query: Query, found: Found, provenance: Provenance) -> Evidence:
    return Evidence(query, found.rows, found.gap, provenance)


def _offset(theirs: str, ours: str) -> float | None:
    try:
        return (datetime.fromisoformat(theirs) - datetime.fromisoformat(ours)).total_seconds()
    except (ValueError, TypeError):
        return None
