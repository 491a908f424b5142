"""Recorded outputs of probes with the evidence they must give: `tests/recordings/linux/<fact>/<case>/`.

A case holds `<probe>.out` (standard output as it came), `<probe>.err` where something was said aside, and
`case.json`: `says` what the host was like, `where`, `user`, `uid`, `now`, `status` by probe where it is not 0,
and the evidence expected: `rows` and `gap`. A cell is a value, `{"absent": true}`, or a gap as
`{"unknown": reason, "needs": …}` or `{"error": reason}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scanner.collection.linux.probe import Output, Probe, Session
from scanner.collection.linux.table import COLLECTORS, collector
from scanner.model.evidence import ABSENT, Absent, Evidence, Gap, Query
from scanner.model.outcome import Outcome

ROOT = Path(__file__).parent.parent / "recordings" / "linux"
Run = Callable[[Probe], Output]


def cases(*facts: str) -> list[Path]:
    """Give the directories of all cases of these facts, sorted."""
    return sorted(case.parent for fact in facts for case in (ROOT / fact).glob("*/case.json"))


def name(case: Path) -> str:
    """Give the name of a case for test ids."""
    return f"{case.parent.name}/{case.name}"


def replay(case: Path) -> Evidence:
    """Read the recorded outputs with the collector as it is now."""
    told = json.loads((case / "case.json").read_text())
    query = Query.of(case.parent.name, told["where"])
    module = collector(COLLECTORS[query.fact])
    outputs = {probe.name: _output(case, probe, told["status"]) for probe in module.probes([query])}
    (evidence,) = module.answer([query], outputs, Session(told["uid"], told["user"], told["now"]))
    return evidence


def expected(case: Path) -> tuple[Any, Any]:
    """Give the rows and the gap that the case demands, in the form of `plain`."""
    told = json.loads((case / "case.json").read_text())
    return told["rows"], told["gap"]


def plain(value: Any) -> Any:
    """Give rows, cells and gaps in the form in which case.json holds them."""
    if isinstance(value, Absent):
        return {"absent": True}
    if isinstance(value, Gap):
        return {value.kind.value: value.reason} | ({"needs": value.needs} if value.needs else {})
    if isinstance(value, Mapping):
        return {key: plain(cell) for key, cell in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def cell(value: Any) -> Any:
    """Give the cell that stands in case.json in this form."""
    if not isinstance(value, dict):
        return value
    if value == {"absent": True}:
        return ABSENT
    for kind in (Outcome.UNKNOWN, Outcome.ERROR):
        if kind.value in value:
            return Gap(kind, value[kind.value], value.get("needs"))
    return value


def record(case: str, says: str, query: Query, run: Run, session: Session) -> Evidence:
    """Write a case from what a real host answers now; read what it expects before you commit it."""
    place = ROOT / query.fact / case
    place.mkdir(parents=True, exist_ok=True)
    module = collector(COLLECTORS[query.fact])
    outputs = {probe.name: run(probe) for probe in module.probes([query])}
    for probe_name, output in outputs.items():
        (place / f"{probe_name}.out").write_bytes(output.stdout)
        if output.stderr:
            (place / f"{probe_name}.err").write_text(output.stderr)
    (evidence,) = module.answer([query], outputs, session)
    told = {
        "says": says,
        "where": query.parameters,
        "uid": session.uid,
        "user": session.user,
        "now": session.now,
        "status": {probe_name: output.status for probe_name, output in outputs.items() if output.status},
        "gap": plain(evidence.gap),
        "rows": plain(evidence.rows),
    }
    (place / "case.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return evidence


def _output(case: Path, probe: Probe, status: Mapping[str, int]) -> Output:
    aside = case / f"{probe.name}.err"
    return Output(
        stdout=(case / f"{probe.name}.out").read_bytes(),
        stderr=aside.read_text() if aside.exists() else "",
        status=status.get(probe.name, 0),
    )


def outputs_of(texts: Mapping[str, bytes], probes: Sequence[Probe]) -> dict[str, Output]:
    """Give outputs as if these probes had printed these texts and ended well; others were not run."""
    return {probe.name: Output(stdout=texts[probe.name]) for probe in probes if probe.name in texts}
