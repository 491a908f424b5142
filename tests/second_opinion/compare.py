"""Sets verdicts beside each other, recommendation by recommendation; what differs must have its reason in the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent

PASS, FAIL, NOT_APPLICABLE, UNDECIDED, NONE = "pass", "fail", "notapplicable", "undecided", "none"
_OURS = {"error": UNDECIDED, "unknown": UNDECIDED, "notchecked": NONE, "informational": NONE}
_THEIRS = {**_OURS, "fixed": PASS, "notselected": NONE}


@dataclass(frozen=True)
class Opinion:
    """One side's verdict on a recommendation, and the rules that it comes from."""

    verdict: str
    rules: Mapping[str, str]
    missing: tuple[str, ...] = ()
    """Rules that should speak of it and were not judged."""

    def __str__(self) -> str:
        """Name the rules that decide."""
        telling = [rule for rule, said in self.rules.items() if said == self.verdict] or list(self.rules)
        return f"{self.verdict} ({', '.join(telling[:4])}{' …' if len(telling) > 4 else ''})"


@dataclass(frozen=True)
class Reason:
    """Why two opinions differ for good."""

    controls: tuple[str, ...]
    ours: str
    theirs: str
    they: str
    we: str
    why: str
    suites: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()

    def explains(self, difference: Difference, suite: str, shape: str) -> bool:
        """Tell whether this is the reason of a difference on that host."""
        pair = (difference.ours.verdict, difference.theirs.verdict)
        here = (not self.suites or suite in self.suites) and (not self.shapes or shape in self.shapes)
        return difference.control in self.controls and pair == (self.ours, self.theirs) and here


@dataclass(frozen=True)
class Difference:
    """A recommendation on which the two decide differently."""

    control: str
    ours: Opinion
    theirs: Opinion


@dataclass(frozen=True)
class Comparison:
    """All recommendations of a catalogue on one host."""

    agreed: int
    opposed: Sequence[Difference]
    """One passes, the other fails; or we call it not applicable and they fail it."""
    apart: Mapping[tuple[str, str], int]
    """(our verdict, theirs) > number, of those of which one side says nothing."""


def combine(outcomes: Mapping[str, str], names: Iterable[str], words: Mapping[str, str]) -> Opinion:
    """Give the verdict over several rules: fail > undecided > pass; not applicable when all are."""
    names = list(names)
    found = {name: words.get(outcomes[name], outcomes[name]) for name in names if name in outcomes}
    missing = tuple(name for name in names if name not in outcomes)
    spoken = [verdict for verdict in found.values() if verdict != NONE]
    verdict = next((each for each in (FAIL, UNDECIDED, PASS, NOT_APPLICABLE) if each in spoken), NONE)
    return Opinion(verdict, found, missing)


def compare(
    mapping: Mapping[str, Sequence[str]],
    ours: Mapping[str, Sequence[str]],
    our_outcomes: Mapping[str, str],
    their_outcomes: Mapping[str, str],
) -> Comparison:
    """Compare: `mapping` and `ours` give recommendation > rules of the other side and of ours."""
    agreed, opposed = 0, []
    apart: dict[tuple[str, str], int] = {}
    for control in sorted({*mapping, *ours}, key=numbers):
        mine = combine(our_outcomes, ours.get(control, ()), _OURS)
        other = combine(their_outcomes, mapping.get(control, ()), _THEIRS)
        pair = (mine.verdict, other.verdict)
        if pair in ((PASS, FAIL), (FAIL, PASS), (NOT_APPLICABLE, FAIL)):
            opposed.append(Difference(control, mine, other))
        elif mine.verdict == other.verdict and mine.verdict in (PASS, FAIL, NOT_APPLICABLE):
            agreed += 1
        else:
            apart[pair] = apart.get(pair, 0) + 1
    return Comparison(agreed, opposed, apart)


def numbers(control: str) -> list[int]:
    """Give the sort key of a recommendation's number."""
    return [int(part) for part in control.split(".")]


@cache
def mapping(catalogue: str) -> Mapping[str, list[str]]:
    """Give recommendation > rules of the SCAP Security Guide for a catalogue."""
    return yaml.safe_load((HERE / "ssg.yaml").read_text())[catalogue]  # type: ignore[no-any-return]


@cache
def reasons() -> tuple[Reason, ...]:
    """Give the table of lasting differences."""
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "differences.yaml").read_text())["differences"]
    lists = ("controls", "suites", "shapes")
    return tuple(
        Reason(**{**entry, **{key: tuple(map(str, entry[key])) for key in lists if key in entry}}) for entry in entries
    )
