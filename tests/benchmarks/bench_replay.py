"""A fleet judged again from its stored snapshots: hosts per second, and how memory grows with the fleet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, apart


def figures(*, quick: bool) -> Iterator[Figure]:
    """Each run in a process of its own; hosts per CPU second, loading and the reports included."""
    from tests.benchmarks import hosts

    few, many = (50, 200) if quick else (250, 1000)
    runs = {}
    for count in (few, many):
        request = hosts.request(count)
        place = hosts.evidence(count)
        runs[count] = apart(replay, count, str(request.files.inventory), str(place), [])
        note = f"{runs[count]['seconds']:.1f} s by the clock; {runs[count]['results']:,} results"
        goal = 40 if count == many and not quick else None
        rate = count / runs[count]["cpu"]
        yield Figure(f"replay {count:,} hosts, no reports", rate, "/s", goal, above=True, note=note)
        yield Figure(f"peak memory of {count:,} hosts, no reports", runs[count]["peak"], "MB", 300)
    more = (runs[many]["cpu"] - runs[few]["cpu"]) / (many - few)
    yield Figure("each further host", 1000 * more, "ms")
    grown = 1000 * (runs[many]["peak"] - runs[few]["peak"]) / (many - few)
    yield Figure(
        "memory of each further host", grown, "kB", note=f"{runs[many]['peak'] / runs[few]['peak']:.2f} times the peak"
    )
    for name in ("sarif", "junit", "html"):
        used = apart(replay, many, str(request.files.inventory), str(place), [name])
        note = f"{used['seconds']:.1f} s by the clock, {used['bytes'] / 1e6:.1f} MB written"
        yield Figure(f"replay {many:,} hosts with {name}", many / used["cpu"], "/s", note=note)
        yield Figure(f"peak memory of {many:,} hosts with {name}", used["peak"], "MB")


def replay(_count: int, inventory: str, evidence: str, formats: list[str]) -> dict[str, Any]:
    """Judge stored evidence and write these formats, as `controlproof evaluate` does."""
    import tempfile

    from scanner.operations.request import Files, Output, Request
    from scanner.scan import evaluate
    from tests.benchmarks.hosts import NOW

    with tempfile.TemporaryDirectory(prefix="controlproof-bench-") as folder:
        out = Output(folder=Path(folder) / "out", formats=tuple(formats))
        asked = Request(now=NOW, files=Files(inventory=Path(inventory)), output=out, max_evidence_age=None)
        done = evaluate(asked, [Path(evidence)])
        assert all(info.state == "assessed" for info in done.report.targets.values())
        size = sum(path.stat().st_size for path in done.written)
        return {"results": sum(done.report.counts.outcomes.values()), "bytes": size}
