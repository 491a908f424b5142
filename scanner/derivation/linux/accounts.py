"""Joins accounts with groups, and finds ids and names that are given twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
    rows = [_membership(user, groups.rows, lacking) for user in users.rows]
    return derived(query, rows, users.gap, inputs, taken_at)


def _shared(rows: Sequence[Row], kind: str, column: str) -> Iterator[Row]:
    holders: dict[str, list[str]] = {}
    for row in rows:
        value, name = cell(row, column), cell(row, "name")
        if not isinstance(value, Gap) and not isinstance(name, Gap):
            holders.setdefault(str(value), []).append(str(name))
    for value, names in holders.items():
        if len(names) > 1:
            yield {"kind": kind, "value": value, "names": names}


def _membership(user: Row, groups: Sequence[Row], lacking: Gap | None) -> Row:
    name, gid = cell(user, "name"), cell(user, "gid")
    primary: Cell = lacking or ABSENT
    if isinstance(gid, Gap):
        primary = gid
    else:
        primary = next((cell(group, "name") for group in groups if cell(group, "gid") == gid), primary)
    gap = first_gap(lacking, gap_in([user], ("name", "gid")))
    return {
        "name": name,
        "uid": cell(user, "uid"),
        "gid": gid,
        "group": primary,
        "groups": gap or [*dict.fromkeys(_names(str(name), primary, groups))],
    }


def _names(account: str, primary: Cell, groups: Sequence[Row]) -> Iterator[str]:
    if isinstance(primary, str):
        yield primary
    for group in groups:
        members, name = cell(group, "members"), cell(group, "name")
        if isinstance(members, list) and account in members:
            yield str(name)
