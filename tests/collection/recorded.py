"""Recorded answers of real systems: outputs of probes beside the evidence that they must give.

A case is a folder `tests/recordings/linux/FACT/CASE` with one `PROBE.out` per probe, and a `case.json` that says
as whom it was recorded, the exit statuses, and the evidence per query.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.table import COLLECTORS, Collector
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query
from scanner.model.outcome import Outcome

HOME = Path(__file__).parent.parent / "recordings" / "linux"


def collector_of(fact: str) -> Collector:
    """Import the module that collects a fact of Linux hosts."""
    return cast("Collector", import_module(COLLECTORS[fact]))


@dataclass(frozen=True)
class Case:
    """One recording: what was asked, what came, and what it means."""

    path: Path
    queries: tuple[Query, ...]
    outputs: Mapping[str, Output]
    session: Session
    evidence: list[dict[str, Any]]

    def answer(self) -> list[Evidence]:
        """Let the collector read the outputs."""
        module = collector_of(self.queries[0].fact)
        return module.answer(self.queries, self.outputs, self.session)


def cases(facts: Sequence[str]) -> Iterator[Case]:
    """Load the cases of these facts, in order of their names."""
    for fact in facts:
        for path in sorted((HOME / fact).iterdir()):
            yield load(path)


def load(path: Path) -> Case:
    """Load one case."""
    told = json.loads((path / "case.json").read_text())
    outputs = {name: Output(stdout=(path / f"{name}.out").read_bytes(), **how) for name, how in told["outputs"].items()}
    return Case(
        path=path,
        queries=tuple(Query.of(path.parent.name, entry["where"]) for entry in told["evidence"]),
        outputs=outputs,
        session=Session(told["uid"], told["user"], told["now"]),
        evidence=told["evidence"],
    )


def save(path: Path, says: str, answers: Sequence[Evidence], outputs: Mapping[str, Output], session: Session) -> None:
    """Write one case."""
    path.mkdir(parents=True, exist_ok=True)
    for name, output in outputs.items():
        (path / f"{name}.out").write_bytes(output.stdout)
    told = {
        "says": says,
        "uid": session.uid,
        "user": session.user,
        "now": session.now,
        "outputs": {name: _how(output) for name, output in sorted(outputs.items())},
        "evidence": [written(evidence) for evidence in answers],
    }
    (path / "case.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def written(evidence: Evidence) -> dict[str, Any]:
    """Give evidence as it stands in a case."""
    return {
        "where": evidence.query.parameters,
        "gap": _cell(evidence.gap) if evidence.gap else None,
        "rows": [{name: _cell(cell) for name, cell in row.items()} for row in evidence.rows],
    }


def _how(output: Output) -> dict[str, Any]:
    return {
        "status": output.status,
        "stderr": output.stderr,
        "truncated": output.truncated,
        "timed_out": output.timed_out,
    }


def _cell(cell: Cell) -> Any:
    if cell is ABSENT:
        return {"absent": True}
    if isinstance(cell, Gap):
        kind = "unknown" if cell.kind is Outcome.UNKNOWN else "error"
        return {kind: cell.reason} | ({"needs": cell.needs} if cell.needs else {})
    return cell
