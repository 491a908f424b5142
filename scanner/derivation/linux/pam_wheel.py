"""Joins pam_wheel in the stacks of su with the group that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.derivation.linux.pam_stacks import Guard, Stack, arguments_of, guard, place_of, placed, stacks
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

_SERVICES = ("su", "su-l")
_CELLS = ("group", "group_exists", "members", "use_uid")


def pam_wheel(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of the fact.

    Source: pam_wheel(8), and the module as Debian and Ubuntu patch it.
    """
    modules = source(inputs, "linux.pam_module")
    groups, users = source(inputs, "linux.group"), source(inputs, "linux.user")
    rows = [_row(stack, groups, users) for stack in stacks(modules, "auth", _SERVICES) if stack.service in _SERVICES]
    return derived(query, rows, modules.gap, inputs, taken_at)


def _row(stack: Stack, groups: Evidence, users: Evidence) -> Row:
    found = _asking(guard(stack, "pam_wheel"))
    arguments = arguments_of(found.row) if found.row else []
    named = [each.removeprefix("group=") for each in arguments if each.startswith("group=")]
    group = named[-1] if named and named[-1] else None
    effective: dict[str, Cell] = {
        "group": group or ABSENT,
        **_membership(group, groups, users),
        "use_uid": "use_uid" in arguments,
    }
    return {"service": stack.service, **placed(found, _CELLS, effective)}


def _asking(found: Guard) -> Guard:
    """Take the module for inactive where an argument opens su to others."""
    if found.active is not True or found.row is None:
        return found
    place, arguments = place_of(found.row), arguments_of(found.row)
    if "deny" in arguments:
        return replace(found, active=False, problem=f"{place}: deny keeps the group's members out, and nobody else")
    if "root_only" in arguments:
        return replace(found, active=False, problem=f"{place}: root_only leaves su to other accounts open")
    return found


def _membership(group: str | None, groups: Evidence, users: Evidence) -> dict[str, Cell]:
    """Give whether the group exists and who belongs to it, by any entry of its id or as their primary group."""
    if group is None:
        return {"group_exists": ABSENT, "members": ABSENT}
    lacking = first_gap(groups.gap, gap_in(groups.rows, ("name", "gid", "members")))
    entry = next((row for row in groups.rows if cell(row, "name") == group), None)
    if entry is None:
        return {"group_exists": lacking or False, "members": lacking or ABSENT}
    gid = cell(entry, "gid")
    members: list[str] = []
    for row in groups.rows:
        listed = cell(row, "members")
        if cell(row, "gid") == gid and isinstance(listed, list):
            members += map(str, listed)
    members += [str(cell(row, "name")) for row in users.rows if cell(row, "gid") == gid]
    lacking = first_gap(lacking, gid if isinstance(gid, Gap) else None, users.gap, gap_in(users.rows, ("name", "gid")))
    known: list[str] = [*dict.fromkeys(members)]
    return {"group_exists": True, "members": known if known or lacking is None else lacking}
