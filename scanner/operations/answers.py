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
    """Yield the snapshots of all files and folders; in folders, evidence of targets not planned is left aside.

    Raises ConfigurationError when it is not clear whose answer a file is, when the answer is of another plan or a
    target's evidence is given twice, and ReportError when a file cannot be read or is nothing of ours.
    """
    seen: dict[str, Path] = {}
    for path, snapshot in _snapshots(places, prepared, target):
        other = seen.setdefault(snapshot.target, path)
        if other is not path:
            raise ConfigurationError(
                f"{path}: evidence of {snapshot.target} was given already, by {other} (name one of them)"
            )
        yield snapshot


def _snapshots(places: Sequence[Path], prepared: Prepared, target: str) -> Iterator[tuple[Path, Snapshot]]:
    for place in places:
        if not place.is_dir():
            yield place, _from_file(place, prepared, target)
            continue
        inner = place / folders.EVIDENCE
        files = sorted((inner if inner.is_dir() else place).glob("*.json"))
        if not files:
            raise ReportError(f"{place}: there is no evidence in this folder (name a run's folder)")
        for file in files:
            snapshot = decode_snapshot(_read(file), str(file))
            if snapshot.target in prepared.plan.targets:
                yield file, snapshot


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise ReportError(f"{path}: {size} bytes are more than any answer has (is it the right file?)")
        return path.read_bytes()
    except OSError as problem:
        raise ReportError(f"{path}: cannot be read: {problem.strerror} (check the path)") from problem


def _from_file(path: Path, prepared: Prepared, target: str) -> Snapshot:
    data = _read(path)
    if data.lstrip()[:1] == b"{":
        snapshot = decode_snapshot(data, str(path))
        if target and snapshot.target != target:
            raise ConfigurationError(
                f"{path}: is of target '{snapshot.target}', and --target says {target} "
                "(judge it without --target, or get the answer again)"
            )
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
    module = platform_module(plan.target.platform)
    if not hasattr(module, "interpret"):
        raise ConfigurationError(
            f"{path}: is no snapshot, and targets of platform {plan.target.platform} give no other file "
            "(name the evidence that `collect` wrote)"
        )
    try:
        answer = module.interpret(queries, data)
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
