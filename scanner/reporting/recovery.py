"""Recovery as reports show it: restore points of each asset on a time line, beside what is demanded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from scanner.model.report import Report
from scanner.reporting import wording

_ASSETS: Final = 500
_LIMITS: Final = 12
"""How many times the demanded limit a time line is long, where the window is longer."""
_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))

Row = Mapping[str, Any]


def told(report: Report) -> dict[str, Any]:
    """Give assets and measures in words and percent; empty rows where the run judged nothing about recovery."""
    rows = report.recovery.get("recovery.exposure", ())
    tests = {str(row.get("asset")): row for row in report.recovery.get("recovery.restore_test", ())}
    times = {str(row.get("asset")): row for row in report.recovery.get("recovery.restore_time", ())}
    now = report.header.ended
    assets = [
        _asset(row, tests.get(str(row.get("asset")), {}), times.get(str(row.get("asset")), {}), now) for row in rows
    ]
    return {
        "assets": assets[:_ASSETS],
        "left_out": max(len(assets) - _ASSETS, 0),
        "metrics": [_metric(row) for row in report.recovery.get("recovery.metric", ())],
    }


def _asset(row: Row, test: Row, time: Row, now: str) -> dict[str, Any]:
    unknown = isinstance(row.get("exposure_now"), Mapping)
    return {
        "asset": wording.words(row.get("asset")),
        "kind": _said(row.get("kind")),
        "owner": _said(row.get("owner")),
        "service_class": _said(row.get("service_class")),
        "rpo": spell(row.get("rpo")) or "none",
        "rpo_source": _said(row.get("rpo_source")),
        "now": _exposure("now", row.get("exposure_now"), ""),
        "worst": _exposure("at worst", row.get("exposure_worst"), f" in {spell(row.get('window'))}"),
        "newest": _said(row.get("newest")),
        "deciding": _said(row.get("deciding_point")) or ("" if unknown else "no usable restore point"),
        "line": _line(row, now),
        "rto": spell(time.get("rto")) or "none",
        "rto_source": _said(time.get("rto_source")),
        "time": spell(time.get("time")) or "never measured",
        "tested": _said(test.get("last")) or "never",
        "drill": _said(test.get("last_drill")),
    }


def _exposure(when: str, cell: Any, window: str) -> str:
    """Say how much would be lost; without a usable point, everything."""
    if isinstance(cell, Mapping):
        return f"{when}: {_said(cell)}"
    spelt = spell(cell)
    return f"{when} {spelt}{window}" if spelt else f"{when}: everything"


def spell(seconds: Any) -> str:
    """Put seconds as `1 d 2 h` or `15 min`, in the two largest units; a gap says its reason, nothing is an empty text."""
    if isinstance(seconds, Mapping):
        return _said(seconds)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"


def _said(cell: Any) -> str:
    if isinstance(cell, Mapping):
        return f"not known: {wording.words(cell.get('gap'))}"
    return "" if cell is None else wording.words(cell)


def _line(row: Row, now: str) -> dict[str, Any] | None:
    """Lay out a time line in percent of its width: points, the band of the RPO, and times further from a point."""
    end, window, limit, times = _moment(now), row.get("window"), row.get("limit"), row.get("timeline")
    if end is None or not isinstance(window, int | float) or window <= 0 or not isinstance(times, list | tuple):
        return None
    points = [moment for moment in map(_moment, times) if moment is not None]
    demanded = float(limit) if isinstance(limit, int | float) and limit > 0 else None
    span = min(float(window), demanded * _LIMITS) if demanded else float(window)
    if points:
        # However old the newest point is, it stands on the line.
        span = min(float(window), max(span, (end - max(points)) * 1.1))
    begin = end - span
    return {
        "span": spell(span),
        "points": [f"{100 * (point - begin) / span:.2f}" for point in _thin(points, begin, end, span)],
        "band": _piece(max(begin, end - demanded), end, begin, span) if demanded else None,
        "late": [_piece(*each, begin, span) for each in _late(points, demanded, begin, end)] if demanded else [],
    }


def _thin(points: Iterable[float], begin: float, end: float, span: float) -> list[float]:
    """Leave out points that would fall on one another."""
    kept: list[float] = []
    for point in sorted(points):
        if begin <= point <= end and (not kept or point - kept[-1] > span / 400):
            kept.append(point)
    return kept


def _late(points: Sequence[float], limit: float, begin: float, end: float) -> list[tuple[float, float]]:
    """Give the times at which the newest point was older than the limit."""
    edges = [*sorted(points), end]
    found = []
    for earlier, later in itertools.pairwise(edges):
        start, stop = max(earlier + limit, begin), min(later, end)
        if stop > start:
            found.append((start, stop))
    return found if points else [(begin, end)]


def _piece(start: float, stop: float, begin: float, span: float) -> dict[str, str]:
    return {"x": f"{100 * (start - begin) / span:.2f}", "width": f"{100 * (stop - start) / span:.2f}"}


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _metric(row: Row) -> dict[str, str]:
    percent, undecided = row.get("percent"), row.get("undecided")
    share = f"{percent} %" if isinstance(percent, int) else _said(percent) or "nothing to count"
    return {
        "metric": wording.words(row.get("metric")),
        "safeguard": _said(row.get("safeguard")),
        "says": _said(row.get("says")),
        "share": share,
        "numerator": _said(row.get("numerator")),
        "denominator": _said(row.get("denominator")),
        "undecided": _said(undecided),
    }
