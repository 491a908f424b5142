"""Reads mutations/*.yaml: small changes of a hardened host, each with the rule that must notice it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
FOLDER = HERE / "mutations"
CONTAINERS = HERE / "not-in-containers.yaml"
SUITES = ("bookworm", "noble")
VARIANTS = ("server", "workstation")
_KEYS = {"control", "rule", "break", "undo", "also", "turns", "suites", "alone", "touches", "needs"}
_PATH = re.compile(r"/(?:etc|root|opt|srv|home|run|var|tmp|proc|sys|usr/lib|usr/share|lib)/[\w./*@+-]*")

# These write the files of accounts anew, and backups with the mode that the files have.
_ACCOUNT_TOOLS = re.compile(r"\b(useradd|usermod|userdel|groupadd|groupmod|gpasswd|chage|chpasswd|passwd -)\b")
_ACCOUNT_FILES = {f"/etc/{name}{mark}" for name in ("passwd", "shadow", "group", "gshadow") for mark in ("", "-")}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: `breaks` makes `rule` and every rule of `also` fail; `turns` gives other outcomes that follow."""

    place: str
    """`file:number`, counted from 1."""
    control: str
    rule: str
    breaks: str
    undo: str
    also: tuple[str, ...] = ()
    """Ids, or shell patterns of ids."""
    turns: dict[str, str] = field(default_factory=dict)
    """Id or pattern > outcome."""
    suites: tuple[str, ...] = SUITES
    alone: bool = False
    """True when nothing else may be changed in the same scan."""
    touches: str = ""
    """Any word for what is changed beside the paths that the change names."""
    guest: bool = False
    """True when only a machine with a kernel of its own can show it."""
    variant: str = "server"
    """What the host is made to be before: `server`, or `workstation` with the profile for those."""

    def __str__(self) -> str:
        """Name it in messages."""
        return f"{self.place} ({self.rule}: {self.breaks})"

    def expected(self, rules: Iterable[str]) -> dict[str, str]:
        """Give the outcome of each of these rules that is to change."""
        outcomes = dict.fromkeys((self.rule, *self.also), "fail") | self.turns
        return {rule: outcome for rule in rules for pattern, outcome in outcomes.items() if fnmatchcase(rule, pattern)}

    @property
    def things(self) -> set[str]:
        """What it changes: two mutations that have one of these in common are never made together."""
        paths = {path.rstrip("/.*") for path in _PATH.findall(self.breaks)}
        if _ACCOUNT_TOOLS.search(self.breaks):
            paths |= _ACCOUNT_FILES
        return paths | ({f"touches {self.touches}"} if self.touches else set())


def mutations(suite: str = "", *, guest: bool = False) -> list[Mutation]:
    """Give the mutations of all files in their order, or those for one suite; an AssertionError for a wrong entry.

    With `guest` those that need a guest, else those that a booted container can show.
    """
    found = [_read(path.name, entry, number) for path in sorted(FOLDER.glob("*.yaml")) for number, entry in _of(path)]
    return [each for each in found if each.guest is guest and (not suite or suite in each.suites)]


def _of(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    return enumerate(yaml.safe_load(path.read_text()) or [], start=1)


def _read(name: str, entry: dict[str, Any], number: int) -> Mutation:
    place = f"mutations/{name}:{number}"
    missing, odd = {"control", "rule", "break", "undo"} - entry.keys(), entry.keys() - _KEYS
    assert not missing, f"{place}: {', '.join(sorted(missing))} missing"
    assert not odd, f"{place}: {', '.join(sorted(odd))} not known"
    suites = tuple(entry.get("suites", SUITES))
    assert set(suites) <= set(SUITES), f"{place}: no such suite"
    assert isinstance(entry["control"], str), f"{place}: the control is to be quoted"
    needs = dict(entry.get("needs", {}))
    assert needs.keys() <= {"guest", "variant"}, f"{place}: guest and variant are all that can be needed"
    assert needs.get("variant", "server") in VARIANTS, f"{place}: no such variant"
    return Mutation(
        place,
        entry["control"],
        entry["rule"],
        entry["break"],
        entry["undo"],
        tuple(entry.get("also", ())),
        dict(entry.get("turns", {})),
        suites,
        bool(entry.get("alone", False)),
        entry.get("touches", ""),
        bool(needs.get("guest", False)),
        str(needs.get("variant", "server")),
    )


def sample(found: Sequence[Mutation], size: int, seed: int) -> list[Mutation]:
    """Choose some of them, the same ones for the same seed, in their order."""
    chosen = set(Random(seed).sample(range(len(found)), min(size, len(found))))
    return [each for index, each in enumerate(found) if index in chosen]


def batches(found: Iterable[Mutation], rules: Sequence[str], size: int) -> list[list[Mutation]]:
    """Put together mutations that have neither a rule nor a thing in common, at most `size` in a batch."""
    filled: list[tuple[list[Mutation], set[str]]] = []
    for each in found:
        touched = {*each.expected(rules), *each.things}
        fitting = next(
            (
                (batch, taken)
                for batch, taken in filled
                if len(batch) < size and not (taken & touched) and not each.alone and not batch[0].alone
            ),
            None,
        )
        if fitting is None:
            filled.append(([each], set(touched)))
        else:
            fitting[0].append(each)
            fitting[1].update(touched)
    return [batch for batch, _ in filled]


def unproven() -> dict[str, str]:
    """Give rule > reason for rules that a container cannot meet."""
    return dict(_containers().get("unproven") or {})


def stand_ins() -> dict[str, str]:
    """Give rule > what stands in, for rules that are judged on stand-ins and proven by a real machine elsewhere."""
    return {rule: each["says"] for each in _containers()["stand_ins"] for rule in each["rules"]}


def _containers() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(CONTAINERS.read_text())
    return said
