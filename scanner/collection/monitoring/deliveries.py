"""Asks Prometheus how many notifications of the last day were lost on their way."""

from __future__ import annotations

from scanner.collection.monitoring import cells, series
from scanner.collection.monitoring.visit import Told, Visit
from scanner.model.evidence import Cell, Gap, Row, unknown

_COUNTERS = (
    ("prometheus", "alertmanager", "prometheus_notifications_sent_total", "prometheus_notifications_errors_total"),
    ("alertmanager", "integration", "alertmanager_notifications_total", "alertmanager_notifications_failed_total"),
)
"""Who sends, the label that names the way, the counter of all and that of failures."""


def deliveries(view: Visit) -> Told:
    """Give a row for each way that notifications took; a gap where Prometheus does not scrape those who send."""
    rows: list[Row] = []
    gap: Gap | None = None
    for by, label, sent, failed in _COUNTERS:
        found = _pair(view, label, sent, failed)
        if isinstance(found, Gap):
            gap = gap or found
        else:
            rows += [
                {"by": by, "channel": cells.masked(name), "sent": pair[0], "failed": pair[1]}
                for name, pair in sorted(found.items())
            ]
    return Told(tuple(rows), gap, (series.QUERY,))


def _pair(view: Visit, label: str, sent: str, failed: str) -> dict[str, tuple[Cell, Cell]] | Gap:
    both: list[dict[str, str]] = []
    for counter in (sent, failed):
        found = series.samples(view, f"sum by ({label}) (increase({counter}[1d]))")
        if isinstance(found, Gap):
            return found
        both.append({labels.get(label, ""): value for labels, value in found})
    if not both[0] or not both[1]:
        return unknown(
            f"Prometheus has no series {sent} with two samples", "a scrape job for the server that counts it"
        )
    return {name: (cells.count(value, sent), _failures(both[1].get(name), failed)) for name, value in both[0].items()}


def _failures(value: str | None, counter: str) -> Cell:
    """Give a number of failures: what Prometheus estimates as a part of one was one."""
    number = cells.count(value, counter)
    return 1 if number == 0 and value is not None and float(value) > 0 else number
