"""Loading content: all shipped rules, and what a scan by one profile loads, beside a plain YAML parse of the bytes."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from scanner.operations.content import load_content
from scanner.operations.prepare import prepare
from tests.benchmarks import hosts
from tests.benchmarks.figures import ROOT, Figure, best


def figures(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds per load; the note says how many times a plain parse of the same files takes."""
    times = 3 if quick else 7
    rules = [path.read_bytes() for path in sorted((ROOT / "rules").rglob("*.yaml"))]
    others = [path.read_bytes() for path in sorted((ROOT / "profiles").rglob("*.yaml"))]
    plain = best(lambda: _parse([*rules, *others]), times)
    yield Figure("plain YAML parse of rules, catalogues and profiles", plain, "s", note=f"{_size(rules, others)} kB")
    count = len(load_content().rules)
    whole = best(load_content, times)
    yield Figure(
        f"load and check all {count} shipped rules", whole, "s", 0.6, note=f"{whole / plain:.2f} of the plain parse"
    )
    request = hosts.request(1)
    selected = len(prepare(request).plan.targets[hosts.names(1)[0]].selected)
    taken = best(lambda: prepare(request), times)
    note = f"{taken / plain:.2f} of the plain parse; {hosts.PROFILE} for one host, inventory and plan included"
    yield Figure(f"prepare a profile of {selected} rules", taken, "s", 0.2, note=note)


def _parse(files: list[bytes]) -> None:
    for data in files:
        yaml.load(data, yaml.CSafeLoader)


def _size(*groups: list[bytes]) -> int:
    return sum(len(data) for files in groups for data in files) // 1000
