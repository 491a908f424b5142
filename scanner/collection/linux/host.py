"""Asks a Linux host everything in one go, and reads the same answer live or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from scanner.collection.answer import Answer, shares_of
from scanner.collection.linux import stream
from scanner.collection.linux.probe import Session
from scanner.collection.linux.script import Script, assemble
from scanner.collection.linux.table import COLLECTORS, Collector
from scanner.collection.linux.text import tail
from scanner.model.errors import CollectionError, ConfigurationError, UnreachableError
from scanner.model.evidence import Evidence, Gap, Identity, Query, error
from scanner.transport.shell import Limits, Shell


@dataclass(frozen=True, slots=True)
class HostAnswer(Answer):
    """All evidence of one visit to a host, in the order of the queries."""

    uid: int | None = None


def describe(queries: Sequence[Query]) -> Script:
    """Give the script that asks a host these queries: pure, and equal for equal queries."""
    return _visit(tuple(queries)).script


def collect(queries: Sequence[Query], shell: Shell, limits: Limits) -> HostAnswer:
    """Run the script over a shell and read the answer; whatever goes wrong becomes gaps, never an exception."""
    script = describe(queries)
    try:
        answer = shell.run(script.text, script.words, limits)
    except CollectionError as problem:
        gap = Gap(problem.kind, problem.reason, problem.needs)
        lost = tuple(Evidence(query, gap=gap) for query in queries)
        return HostAnswer(lost, gap=gap, unreachable=isinstance(problem, UnreachableError))
    reading = stream.read(answer.stdout, script, cut=answer.cut, stderr=answer.stderr, status=answer.status)
    return replace(
        _judge(queries, reading),
        identity=_identity(answer.identity, reading.session),
        clock_offset=_offset(reading.session.now, answer.started_at),
    )


def interpret(
    queries: Sequence[Query], stdout: bytes, *, cut: str = "", stderr: bytes = b"", status: int | None = None
) -> HostAnswer:
    """Read an answer that was saved to a file: equal to what `collect` makes of the same bytes.

    Raises ConfigurationError when it answers another script than the one these queries make.
    """
    script = describe(queries)
    reading = stream.read(stdout, script, cut=cut, stderr=stderr, status=status)
    if reading.other:
        raise ConfigurationError(
            f"answer: it answers script {reading.other}, these queries make script {script.id} "
            "(run the script of the same rules, profiles and version again)"
        )
    return _judge(queries, reading)


def _judge(queries: Sequence[Query], reading: stream.Reading) -> HostAnswer:
    found: dict[Query, Evidence] = {}
    if reading.started:
        for module, own in _visit(tuple(queries)).shares:
            found.update((evidence.query, evidence) for evidence in _answers(module, own, reading))
    lost = error("no collector of Linux hosts answers this fact") if reading.started else reading.gap
    return HostAnswer(
        evidence=tuple(found.get(query) or Evidence(query, gap=lost) for query in queries),
        now=reading.session.now,
        uid=reading.session.uid,
        notes=reading.notes,
        gap=reading.gap,
        started=reading.started,
        identity=_identity(Identity(), reading.session),
    )


def _answers(module: Collector, queries: Sequence[Query], reading: stream.Reading) -> list[Evidence]:
    try:
        return module.answer(queries, reading.outputs, reading.session)
    except Exception as problem:
        reason = f"our collector stumbled over the answer: {type(problem).__name__}: {tail(str(problem))}"
        return [Evidence(query, gap=error(reason)) for query in queries]


@dataclass(frozen=True, slots=True)
class _Visit:
    script: Script
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...]
    """Each collector with its queries."""


# Hosts of one profile are asked the same: the script is made once for all of them.
@lru_cache(maxsize=64)
def _visit(queries: tuple[Query, ...]) -> _Visit:
    shares: tuple[tuple[Collector, tuple[Query, ...]], ...] = shares_of(queries, COLLECTORS)
    return _Visit(assemble(probe for module, own in shares for probe in module.probes(own)), shares)


def _identity(seen: Identity, session: Session) -> Identity:
    """Add what the host itself says of us where the transport cannot know it."""
    privilege = "root" if session.root else session.user
    return replace(seen, user=seen.user or session.user, privilege=privilege or seen.privilege)


def _offset(theirs: str, ours: str) -> float | None:
    try:
        return (datetime.fromisoformat(theirs) - datetime.fromisoformat(ours)).total_seconds()
    except (ValueError, TypeError):
        return None
