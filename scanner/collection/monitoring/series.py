"""Asks Prometheus whether series exist that an expression looks at, which jobs they come from, and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.collection.monitoring import cells, promql, visit
from scanner.collection.monitoring.visit import Visit
from scanner.model.evidence import Cell, Gap, error

QUERY = "/api/v1/query"
LABELS = "/api/v1/labels"
_MOST = 10_000
_NAMES = 500
_RECENT = 3600
"""Seconds in which labels of series are looked for."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found behind an expression; each cell is a gap where it could not be found out."""

    metrics: Cell
    missing: Cell
    live: Cell
    jobs: Cell
    label_names: Cell


def samples(view: Visit, query: str) -> list[tuple[dict[str, str], str]] | Gap:
    """Ask an instant query; give labels and value of each sample, or why that failed."""
    response = view.get(QUERY, {"query": query})
    gap = visit.gap_of(response, QUERY)
    if gap is not None:
        return gap
    answer = cells.mapping(response.data)
    data = cells.mapping(answer.get("data"))
    found = data.get("result")
    if answer.get("status") != "success" or data.get("resultType") != "vector" or not isinstance(found, list):
        return error(f"{QUERY}: the answer is not one of Prometheus")
    if answer.get("warnings"):
        return error(f"{QUERY}: the server calls its answer incomplete")
    if len(found) > _MOST:
        return error(f"{QUERY}: the answer has more than {_MOST} samples")
    read = [_sample(each) for each in found]
    kept = [each for each in read if each is not None]
    return kept if len(kept) == len(read) else error(f"{QUERY}: the answer holds a sample that cannot be read")


def _sample(each: Any) -> tuple[dict[str, str], str] | None:
    labels, value = cells.mapping(each).get("metric"), cells.mapping(each).get("value")
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        return None
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], str):
        return None
    return {cells.clean(name, 300): cells.clean(label, 1000) for name, label in labels.items()}, value[1]


def look(view: Visit, source: str) -> Look:
    """Look behind an expression."""
    expression = promql.read(source)
    if expression is None:
        lost = error("its expression cannot be read for certain")
        return Look(lost, lost, lost, lost, lost)
    found = [(each, samples(view, f"count by (job) ({each.text})")) for each in expression.selectors]
    gap = next((each for _, each in found if isinstance(each, Gap)), None)
    metrics = [cells.clean(each, 300) for each in expression.metrics]
    if gap is not None:
        return Look(metrics, gap, gap, gap, gap)
    wanted = [(selector, each) for selector, each in found if not selector.wanted_absent]
    missing = [selector.text for selector, each in wanted if not each]
    jobs = {labels.get("job", "") for _, each in found if isinstance(each, list) for labels, _ in each} - {""}
    return Look(
        metrics=metrics,
        missing=[cells.clean(each, 1000) for each in dict.fromkeys(missing)],
        live=_live(expression, missing, len(wanted)),
        jobs=sorted(jobs),
        label_names=_label_names(view, expression),
    )


def _live(expression: promql.Expression, missing: Sequence[str], wanted: int) -> Cell:
    if not missing:
        return True
    some = len(missing) < wanted or wanted < len(expression.selectors)
    if expression.optional and some:
        return error(f"whether it can fire without series for {cells.clean(missing[0], 300)} is not clear")
    return False


def _label_names(view: Visit, expression: promql.Expression) -> Cell:
    """Give the names of labels that series of the expression have; a gap where functions in it make others."""
    if expression.relabels:
        return error("functions in its expression make labels")
    names: set[str] = set()
    for each in expression.selectors:
        names |= set(each.labels)
        found = _labels(view, each.text)
        if isinstance(found, Gap):
            return found
        names |= found
    return sorted(cells.clean(name, 300) for name in names - {"__name__"})


def _labels(view: Visit, selector: str) -> set[str] | Gap:
    response = view.get(LABELS, {"match[]": selector, **_lately(view.now)})
    gap = visit.gap_of(response, LABELS)
    if gap is not None:
        return gap
    answer = cells.mapping(response.data)
    found = answer.get("data")
    if answer.get("status") != "success" or not isinstance(found, list) or answer.get("warnings"):
        return error(f"{LABELS}: the answer is not a whole one of Prometheus")
    if len(found) > _NAMES or not all(isinstance(name, str) for name in found):
        return error(f"{LABELS}: the answer holds more than {_NAMES} names, or something else")
    return set(found)


def _lately(now: str) -> dict[str, str]:
    """Give the time range to look into, by the server's own clock; none where it did not tell."""
    try:
        end = int(datetime.fromisoformat(now).timestamp())
    except ValueError:
        return {}
    return {"start": str(end - _RECENT), "end": str(end + 60)}
