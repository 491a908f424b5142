"""Joins accounts with groups, and finds ids and names that are given twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row


def account_duplicate(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.account_duplicate: what is known to be shared, incomplete when either list is."""
    users, groups = source(inputs, "linux.user"), source(inputs, "linux.group")
    rows = [
        *_shared(users.rows, "uid", "uid"),
        *_shared(users.rows, "user", "name"),
        *_shared(groups.rows, "gid", "gid"),
        *_shared(groups.rows, "group", "name"),
    ]
    gap = first_gap(users.gap, groups.gap, gap_in(users.rows, ("uid", "name")), gap_in(groups.rows, ("gid", "name")))
    return derived(query, rows, gap, inputs, taken_at)


def account_group(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.account_group: while not all groups are known, one that is not found is unknown, not absent."""
    users, groups = source(inputs, "linux.user"), source(inputs, "linux.group")
    lacking = first_gap(groups.gap, gap_in(groups.rows, ("gid", "name", "members")))
    known = _Groups.of(groups.rows)
    return derived(query, [_membership(user, known, lacking) for user in users.rows], users.gap, inputs, taken_at)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Names of groups by id (the first entry counts, as for getgrgid(3)) and by member, in the order of entry."""

    by_gid: dict[Cell, Cell]
    by_member: dict[str, list[str]]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Groups:
        found = cls({}, {})
        for row in rows:
            gid, name, members = (cell(row, column) for column in ("gid", "name", "members"))
            if isinstance(gid, int):
                found.by_gid.setdefault(gid, name)
            for member in members if isinstance(members, list) else ():
                found.by_member.setdefault(str(member), []).append(str(name))
        return found


def _shared(rows: Sequence[Row], kind: str, column: str) -> Iterator[Row]:
    holders: dict[str, list[str]] = {}
    for row in rows:
        value, name = cell(row, column), cell(row, "name")
        if not isinstance(value, Gap) and not isinstance(name, Gap):
            holders.setdefault(str(value), []).append(str(name))
    for value, names in holders.items():
        if len(names) > 1:
            yield {"kind": kind, "value": value, "names": names}


def _membership(user: Row, groups: _Groups, lacking: Gap | None) -> Row:
    name, gid = cell(user, "name"), cell(user, "gid")
    primary = (
        gid if isinstance(gid, Gap) else groups.by_gid.get(gid, lacking or ABSENT) if isinstance(gid, int) else ABSENT
    )
    own = [primary] if isinstance(primary, str) else []
    return {
        "name": name,
        "uid": cell(user, "uid"),
        "gid": gid,
        "group": primary,
        "groups": first_gap(lacking, gap_in([user], ("name", "gid")))
        or [*dict.fromkeys([*own, *groups.by_member.get(str(name), ())])],
    }
