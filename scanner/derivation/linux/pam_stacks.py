"""What the derivations on PAM share: stacks of services, and whether a module stands guard in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.derivation.inputs import cell, first_gap, gap_in
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Row

_COLUMNS = ("module", "arguments", "reached", "bypassed_by", "overridden_by", "catches", "path", "line")
_LEADING = re.compile(r"\s*([-+]?[0-9]+)")


@dataclass(frozen=True, slots=True)
class Stack:
    """The modules of one type that serve a service, or why they are not known."""

    service: str
    rows: tuple[Row, ...] = ()
    gap: Gap | None = None

    def modules(self, name: str) -> list[Row]:
        """Give the rows of a module, in order."""
        return [row for row in self.rows if row["module"] == name]

    def reaches(self, name: str) -> bool:
        """True when some run of the stack comes to the module."""
        return any(row["reached"] != "never" for row in self.modules(name))


@dataclass(frozen=True, slots=True)
class Guard:
    """Whether a module stands guard in a stack: its row, and what keeps it from having an effect."""

    active: bool | Gap
    problem: Cell
    row: Row | None = None


def stacks(modules: Evidence, kind: str, always: Iterable[str] = ()) -> Iterator[Stack]:
    """Give the stacks of a type by service; those of `always` have the one of `other` where they lack their own."""
    found: dict[str, list[Row]] = {}
    for row in modules.rows:
        if cell(row, "type") == kind:
            found.setdefault(str(cell(row, "service")), []).append(row)
    for name in sorted({*found, *(() if modules.gap else always)}):
        rows = sorted(found.get(name, found.get("other", [])), key=_order)
        gap = gap_in(rows, _COLUMNS)
        yield Stack(name, () if gap else tuple(rows), gap)


def place_of(row: Row) -> str:
    """Give file and line of a module."""
    return f"{row['path']}:{row['line']}"


def arguments_of(row: Row) -> list[str]:
    """Give the arguments of a module as texts."""
    arguments = row["arguments"]
    return [str(argument) for argument in arguments] if isinstance(arguments, list) else []


def guard(stack: Stack, module: str, before: str = "") -> Guard:
    """Tell whether the module is installed, on every way to success, decides by refusing, and stands before another."""
    if stack.gap is not None:
        return Guard(stack.gap, stack.gap)
    candidates = stack.modules(module)
    if not candidates:
        return Guard(False, f"{stack.service} has no {module}")
    judged = [Guard(*_verdict(stack, row, before), row) for row in candidates]
    return next((one for one in judged if one.active is True), judged[0])


def _verdict(stack: Stack, row: Row, before: str) -> tuple[bool | Gap, Cell]:
    place = place_of(row)
    installed = cell(row, "installed")
    if isinstance(installed, Gap):
        return installed, installed
    if installed is not True:
        return False, f"{place}: the module is not installed"
    if row["reached"] == "never":
        return False, f"{place}: the module is never reached"
    if row["bypassed_by"]:
        return False, f"{place}: the stack succeeds without it by {_listed(row['bypassed_by'])}"
    if row["overridden_by"]:
        overridden = f"{place}: its refusal is overruled by {_listed(row['overridden_by'])}"
        own = row["overridden_by"] == [row["module"]]
        return False, f"{place}: its refusal does not count" if own else overridden
    if before and any(_order(each) < _order(row) for each in stack.modules(before)):
        return False, f"{place}: it stands after {before}"
    return True, ABSENT


def settings_of(settings: Evidence, reader: str, path: str | None = None) -> dict[str, str] | Gap:
    """Give the settings in force of a reader's file (of all its files without `path`), or why they are not known."""
    rows = [row for row in settings.rows if cell(row, "reader") == reader and path in (None, cell(row, "path"))]
    gap = first_gap(settings.gap, gap_in(rows, ("name", "value", "counts")))
    if gap is not None:
        return gap
    return {str(row["name"]): str(row["value"]) for row in rows if row["counts"] is True}


def leading(text: str) -> int | None:
    """Give the number that a text begins with, as strtol(3) and sscanf(3) take it; None without one."""
    match = _LEADING.match(text[:40])
    return int(match.group(1)) if match else None


def values(
    given: Mapping[str, Cell], stored: Mapping[str, Cell] | Gap, defaults: Mapping[str, Cell]
) -> dict[str, Cell]:
    """Give each setting by argument, else by file, else by default; while the file is not known, a gap."""
    if isinstance(stored, Gap):
        return {name: given.get(name, stored) for name in defaults}
    return {name: given.get(name, stored.get(name, default)) for name, default in defaults.items()}


def placed(found: Guard, cells: Sequence[str], effective: Mapping[str, Cell]) -> dict[str, Cell]:
    """Give the cells of a guard's row: a gap each where the stack is not known, absent where it lacks the module."""
    names = (*cells, "path", "line")
    if found.row is None:
        lacking = found.active if isinstance(found.active, Gap) else ABSENT
        return {"active": found.active, "problem": found.problem, **dict.fromkeys(names, lacking)}
    return {
        "active": found.active,
        "problem": found.problem,
        **{name: effective[name] for name in cells},
        "path": found.row["path"],
        "line": found.row["line"],
    }


def _order(row: Row) -> int:
    order = cell(row, "order")
    return order if isinstance(order, int) else 0


def _listed(names: Cell) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else str(names)
