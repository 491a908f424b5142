"""Metrics for the textfile collector of Prometheus' node exporter: stable names, no series per rule or finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, BinaryIO, Final

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, Report
from scanner.reporting import reading
from scanner.reporting.escape import line

NAME: Final = "prometheus"
FILE: Final = "metrics.prom"
MODE: Final = 0o644
"""Node exporter reads it under an account of its own."""

Sample = tuple[Mapping[str, str], float]
_WORDS: Final = ("PASS", "FAIL", "UNDECIDED", "INCOMPLETE")
_STATES: Final = ("assessed", "unreachable", "excluded", "not selected")


@dataclass(frozen=True, slots=True)
class _Family:
    """A metric with its samples."""

    name: str
    says: str
    samples: Iterable[Sample]


def write(report: Report, out: BinaryIO) -> None:
    """Write the exposition format 0.0.4 of Prometheus, UTF-8; all metrics are gauges.

    Numbers are those of the report. A time that is not known has no sample rather than zero.
    """
    for family in _families(report):
        samples = [(labels, value) for labels, value in family.samples]
        if not samples:
            continue
        out.write(f"# HELP controlproof_{family.name} {family.says}\n".encode())
        out.write(f"# TYPE controlproof_{family.name} gauge\n".encode())
        for labels, value in samples:
            out.write(f"controlproof_{family.name}{_labels(labels)} {value:.10g}\n".encode())


def _families(report: Report) -> Iterator[_Family]:
    header, counts = report.header, report.counts
    about = {
        "run_id": header.run_id,
        "version": header.version,
        "scope": header.scope,
        "profiles": ",".join(header.profiles),
    }
    yield _Family("run_info", "The run that these numbers are of.", [(about, 1)])
    yield _Family("run_start_timestamp_seconds", "When the run began.", _moment({}, header.started))
    yield _Family("run_end_timestamp_seconds", "When the run ended.", _moment({}, header.ended))
    yield _Family("run_exit_code", "Exit code: 0 green, 1 failures, 3 undecided.", [({}, report.verdict.exit_code)])
    verdict = [({"verdict": word}, float(word == report.verdict.word)) for word in _WORDS]
    yield _Family("run_verdict", "1 for the verdict of the run, 0 for the others.", verdict)
    yield _Family("results", "Results (a rule on a target) by outcome.", _outcomes(counts, {}))
    yield _Family("results_waived", "Results whose every open finding is waived.", [({}, counts.waived)])
    yield _Family("results_attested", "Manual rules that a person's statement answers.", [({}, counts.attested)])
    yield _Family("results_decided", "Results that passed or failed by measurement.", [({}, counts.decided)])
    yield _Family("results_applicable", "Decided and undecided results.", [({}, counts.applicable)])
    yield _Family("open_failures", "Unwaived failed results by severity.", _severities(counts.failed_by_severity))
    yield _Family("open_undecided", "Unwaived unknown results and errors.", _severities(counts.undecided_by_severity))
    yield from _about_targets(report)
    yield from _about_registers(report)


def _about_targets(report: Report) -> Iterator[_Family]:
    targets = list(report.targets.values())
    states = [({"state": state}, float(sum(info.state == state for info in targets))) for state in _STATES]
    yield _Family("targets", "Targets of the inventory by what became of them.", states)
    assessed = [({"target": info.id}, float(info.state == "assessed")) for info in targets]
    yield _Family("target_assessed", "1 for a target that was reached and judged, else 0.", assessed)
    results = [sample for info in targets for sample in _outcomes(info.counts, {"target": info.id}) if sample[1]]
    yield _Family("target_results", "Results of a target by outcome; outcomes without results are left out.", results)
    taken = [sample for info in targets for sample in _moment({"target": info.id}, info.taken_at)]
    yield _Family("target_evidence_timestamp_seconds", "When the evidence of a target was taken.", taken)


def _about_registers(report: Report) -> Iterator[_Family]:
    controls: dict[tuple[str, str], int] = {}
    for catalogue in report.catalogues:
        for control in catalogue.controls:
            key = (catalogue.id, control.determination)
            controls[key] = controls.get(key, 0) + 1
    told = [
        ({"catalogue": each, "determination": how}, float(count)) for (each, how), count in sorted(controls.items())
    ]
    yield _Family("controls", "Controls of each reported catalogue by determination.", told)
    yield _Family(
        "control_info", "1 for each control of each reported catalogue, with its determination.", _each(report)
    )
    waivers = {str(row["id"]): row for row in report.waivers if row.get("id")}
    expiries = [sample for name, row in waivers.items() for sample in _day({"waiver": name}, str(row.get("expires")))]
    yield _Family("waiver_expiry_timestamp_seconds", "First moment at which a waiver no longer covers.", expiries)
    covered = [({"waiver": name}, _count(row.get("used"))) for name, row in waivers.items()]
    yield _Family("waiver_findings", "Findings that a waiver covers.", covered)
    changes = [({"state": state}, float(count)) for state, count in sorted(report.states.items())]
    yield _Family("baseline_findings", "Findings by what became of them since the baseline.", changes)
    lost = sum(1 for _ in reading.lost(report))
    yield _Family("unassessed_failures", "Failures of the baseline that could not be assessed now.", [({}, lost)])


def _each(report: Report) -> Iterator[Sample]:
    """Give a sample for each control; one number twice, which no catalogue has, would make the file unreadable."""
    told = {
        (line(catalogue.id, 200), line(control.id, 200)): control.determination
        for catalogue in report.catalogues
        for control in catalogue.controls
    }
    for (catalogue_id, control_id), determination in told.items():
        yield {"catalogue": catalogue_id, "control": control_id, "determination": determination}, 1.0


def _count(number: Any) -> float:
    return float(number) if isinstance(number, int) else 0.0


def _outcomes(counts: Counts, labels: Mapping[str, str]) -> list[Sample]:
    return [({**labels, "outcome": outcome.value}, float(counts.of(outcome))) for outcome in Outcome]


def _severities(counts: Mapping[Severity, int]) -> list[Sample]:
    return [({"severity": severity.value}, float(counts.get(severity, 0))) for severity in Severity]


def _moment(labels: Mapping[str, str], text: str) -> list[Sample]:
    try:
        return [(labels, datetime.fromisoformat(text).timestamp())]
    except ValueError:
        return []


def _day(labels: Mapping[str, str], text: str) -> list[Sample]:
    """Give the end of a day: a waiver counts through the day that it names."""
    try:
        last = date.fromisoformat(text)
    except ValueError:
        return []
    return [(labels, datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp() + 86_400)]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_value(value)}"' for name, value in labels.items()) + "}"


def _value(text: str) -> str:
    return line(text, 200).replace("\\", "\\\\").replace('"', '\\"')
