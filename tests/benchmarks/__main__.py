"""All benchmarks, or those named: `python -m tests.benchmarks [NAME…] [--quick] [--json]`.

`--quick` takes fewer hosts and results, for a look at the shape; goals hold for the full sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib import import_module

from scanner.cli.root import spare_the_collector
from tests.benchmarks.figures import Figure, yardstick

NAMES = (
    *("loading", "start", "planning", "evaluation", "replay", "script", "oscap", "ssh", "sql", "aws", "wal", "reports"),
    "recovery",
)


def main() -> None:
    """Print one line per figure as it is known; with --json one document at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (all when none is named)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark '{name}' (one of {', '.join(NAMES)})")
    spare_the_collector()
    machine = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "million_steps_ms": round(1000 * yardstick(), 1),
    }
    out = sys.stderr if asked.json else sys.stdout
    print(", ".join(f"{name} {value}" for name, value in machine.items()), file=out)
    print(f"\n{'figure':<58}{'measured':>14}{'goal':>14}{'of goal':>9}  note", file=out)
    figures = []
    for name in asked.names or NAMES:
        for figure in import_module(f"tests.benchmarks.bench_{name}").figures(quick=asked.quick):
            print(_line(figure), file=out, flush=True)
            figures.append({"benchmark": name, **_form(figure)})
    if asked.json:
        print(json.dumps({"machine": machine, "quick": asked.quick, "figures": figures}, indent=1))


def _line(figure: Figure) -> str:
    share = "" if figure.share is None else f"{figure.share:.2f}"
    goal = "" if figure.goal is None else f"{'≥' if figure.above else '≤'} {_number(figure.goal)} {figure.unit}"
    measured = f"{_number(figure.value)} {figure.unit}"
    return f"{figure.name:<58}{measured:>14}{goal:>14}{share:>9}  {figure.note}".rstrip()


def _number(value: float) -> str:
    if value == int(value) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _form(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "value": round(figure.value, 6),
        "unit": figure.unit,
        "goal": figure.goal,
        "above": figure.above,
        "of_goal": None if figure.share is None else round(figure.share, 3),
        "note": figure.note,
    }


if __name__ == "__main__":
    main()
