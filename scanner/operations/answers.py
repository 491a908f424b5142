"""Evidence from files: answers of scripts that ran elsewhere, snapshots, and folders of runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scanner.collection.table import platform_module
from scanner.model.errors import ConfigurationError, ReportError, near
from scanner.model.evidence import Snapshot
from scanner.operations.prepare import Prepared
from scanner.store import folders
from scanner.store.evidence import decode_snapshot, mask

_LARGEST = 256 * 2**20


def snapshots_from(places: Sequence[Path], prepared: Prepared, target: str) -> Iterator[Snapshot]:
    """Yield the snapshots of all files and folders; evidence of targets that are not planned is left aside.

    Raises ConfigurationError when it is not clear whose answer a file is or the answer is of another plan, and
    ReportError when a file cannot be read or is nothing of ours.
    """
    for place in places:
        if place.is_dir():
            inner = place / folders.EVIDENCE
            files = sorted((inner if inner.is_dir() else place).glob("*.json"))
            if not files:
                raise ReportError(f"{place}: there is no evidence in this folder (name a run's folder)")
            for file in files:
                snapshot = decode_snapshot(_read(file), str(file))
                if snapshot.target in prepared.plan.targets:
                    yield snapshot
        else:
            yield _from_file(place, prepared, target)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise ReportError(f"{path}: {size} bytes are more than any answer has (is it the right file?)")
        return path.read_bytes()
    except OSError as problem:
        raise ReportError(f"{path}: cannot be read: {problem.strerror}") from problem


def _from_file(path: Path, prepared: Prepared, target: str) -> Snapshot:
    data = _read(path)
    if data.lstrip()[:1] == b"{":
        snapshot = decode_snapshot(data, str(path))
        if snapshot.target not in prepared.plan.targets:
            known = list(prepared.plan.targets)
            raise ConfigurationError(
                f"{path}: is of target '{snapshot.target}', which is not planned{near(snapshot.target, known)}"
            )
        return snapshot
    return _from_answer(path, data, prepared, _whose(path, prepared, target))


def _whose(path: Path, prepared: Prepared, target: str) -> str:
    known = list(prepared.plan.targets)
    if target and target not in known:
        raise ConfigurationError(f"--target {target}: it is not planned{near(target, known)}")
    if not target and len(known) != 1:
        raise ConfigurationError(f"{path}: {len(known)} targets are planned (say with --target whose answer this is)")
    return target or known[0]


def _from_answer(path: Path, data: bytes, prepared: Prepared, target: str) -> Snapshot:
    plan = prepared.plan.targets[target]
    queries = next(visit.queries for visit in prepared.plan.visits if target in visit.targets)
    try:
        answer = platform_module(plan.target.platform).interpret(queries, data)
    except ConfigurationError as problem:
        raise ConfigurationError(f"{path}: {problem}") from problem
    vocabulary = prepared.content.vocabulary
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    evidence = {found.query: mask(found, vocabulary) for found in answer.evidence if found.query in plan.queries}
    return Snapshot(
        target=target,
        taken_at=answer.now or written,
        evidence=evidence if answer.started else {},
        gap=answer.gap,
        identity=answer.identity,
        notes=answer.notes,
    )
