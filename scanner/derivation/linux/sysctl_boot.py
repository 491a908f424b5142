"""Replays the assignments of kernel parameters as the next boot will, beside the running value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scanner.derivation.inputs import cell, derived, gap_in, single, source
from scanner.model.evidence import ABSENT, Absent, Cell, Evidence, Gap, Query, Row, error, unknown

_COLUMNS = ("name", "value", "path", "line", "order", "loader", "glob")


@dataclass(frozen=True, slots=True)
class _Assignment:
    key: tuple[str, ...]
    value: str | Absent
    """Absent for an exclusion."""
    place: str
    loader: str
    glob: bool

    def touches(self, wanted: tuple[str, ...]) -> bool:
        if not self.glob:
            return self.key == wanted
        return len(self.key) == len(wanted) and all(map(_fits, wanted, self.key))


def sysctl_boot(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.sysctl_boot: one row; what a missing file or an unknown unit could change is a gap, no more.

    Source: sysctl.d(5). systemd-sysctl reads all files before it sets anything; ufw sets its own afterwards.
    """
    name = str(query.parameters.get("name", ""))
    running = single(source(inputs, "linux.sysctl"))
    touching = _touching(source(inputs, "linux.sysctl_setting"), _parts(name))
    if not isinstance(touching, Gap):
        touching = _applied(touching, source(inputs, "linux.unit"))
    if not isinstance(touching, Gap):
        touching = _without_systemd(source(inputs, "linux.system")) or touching
    row: dict[str, Cell] = {"name": name, "present": cell(running, "present"), "running": cell(running, "value")}
    if isinstance(touching, Gap):
        row |= dict.fromkeys(("next_boot", "source", "overridden"), touching)
    else:
        row |= _replayed(touching)
    return derived(query, [row], None, inputs, taken_at)


def _parts(name: str) -> tuple[str, ...]:
    """Split a name at its first kind of separator; the other kind stands for a dot within a part (sysctl.d(5))."""
    first = next((letter for letter in name if letter in "./"), ".")
    return tuple(part.replace("/", ".") for part in name.split(first) if part)


def _fits(part: str, pattern: str) -> bool:
    return fnmatchcase(part, pattern.replace("[^", "[!"))


def _touching(settings: Evidence, wanted: tuple[str, ...]) -> list[_Assignment] | Gap:
    """Give the assignments that name or match the parameter, in order; a missing file could hold another."""
    gap = settings.gap or gap_in(settings.rows, _COLUMNS)
    if gap is not None:
        return gap
    found = [_assignment(row) for row in sorted(settings.rows, key=lambda row: float(str(row["order"])))]
    return [one for one in found if one.touches(wanted)]


def _assignment(row: Row) -> _Assignment:
    value = row["value"]
    return _Assignment(
        key=_parts(str(row["name"])),
        value=ABSENT if isinstance(value, Absent) else " ".join(str(value).split()),
        place=f"{row['path']}:{row['line']}",
        loader=str(row["loader"]),
        glob=row["glob"] is True,
    )


def _without_systemd(system: Evidence) -> Gap | None:
    """Say why nobody may read sysctl.d at boot: a container starts with what its runtime sets, a chroot with nothing."""
    running = cell(single(system), "systemd")
    if isinstance(running, Gap):
        return running
    return None if running is True else unknown("systemd does not run there, so what sets it at boot is not known")


def _applied(touching: list[_Assignment], unit: Evidence) -> list[_Assignment] | Gap:
    """Leave ufw's assignments out unless ufw starts at boot; the unit only matters where one touches the parameter."""
    own = [one for one in touching if one.loader == "ufw"]
    if not own:
        return touching
    enabled = cell(single(unit), "enabled")
    if isinstance(enabled, Gap):
        return enabled
    if enabled is not True:
        return [one for one in touching if one.loader != "ufw"]
    if any(one.glob for one in own):
        return error("ufw's file names the parameter by a glob, which not every sysctl(8) expands")
    return touching


def _replayed(touching: Sequence[_Assignment]) -> dict[str, Cell]:
    collected = _of_systemd([one for one in touching if one.loader != "ufw"])
    last = [one for one in touching if one.loader == "ufw" and one.value is not ABSENT]
    winner = last[-1] if last else collected
    losing = [one for one in touching if winner is None or one.place != winner.place]
    return {
        "next_boot": winner.value if winner else ABSENT,
        "source": winner.place if winner else ABSENT,
        "overridden": [
            f"{one.place} excludes it from globs" if one.value is ABSENT else f"{one.place} = {one.value}"
            for one in losing
        ],
    }


def _of_systemd(assignments: Sequence[_Assignment]) -> _Assignment | None:
    """Give what systemd-sysctl sets last; None when nothing, or when the parameter is excluded.

    Of one name the later assignment replaces the earlier one and moves to the end, unless the values are
    equal; a glob does not touch a parameter that is named outright, with a value or as an exclusion.
    """
    options: dict[tuple[str, ...], _Assignment] = {}
    for one in assignments:
        known = options.get(one.key)
        if known is None or known.value != one.value:
            options.pop(one.key, None)
        options[one.key] = one
    outright = [one for one in options.values() if not one.glob]
    settling = outright or [one for one in options.values() if one.value is not ABSENT]
    return settling[-1] if settling and settling[-1].value is not ABSENT else None
