"""Joins shadow entries that have a usable password with their accounts and with the defaults for new ones."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, single, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

_UNUSABLE = ("locked", "disabled")
_AGEING = ("min_days", "max_days", "warn_days", "inactive_days")
_DEFAULTS = {
    "default_max_days": "pass_max_days",
    "default_min_days": "pass_min_days",
    "default_warn_days": "pass_warn_age",
}


def password_ageing(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.password_ageing: one row per shadow entry that is neither locked nor disabled.

    Times are compared by the host's own clock, where the evidence carries it.
    """
    shadow, users = source(inputs, "linux.shadow"), source(inputs, "linux.user")
    defaults = single(source(inputs, "linux.login_defs"))
    lacking = first_gap(users.gap, gap_in(users.rows, ("name",)))
    known = _by_name(users)
    now = shadow.provenance.taken_at or taken_at
    rows = [
        {
            "name": cell(entry, "name"),
            "uid": _of_account(known, cell(entry, "name"), "uid", lacking),
            "login": _of_account(known, cell(entry, "name"), "login", lacking),
            "password": cell(entry, "password"),
            "last_change": cell(entry, "last_change"),
            "change_in_future": _in_future(cell(entry, "last_change"), now),
            **{name: cell(entry, name) for name in _AGEING},
            **{name: cell(defaults, setting) for name, setting in _DEFAULTS.items()},
        }
        for entry in shadow.rows
        if cell(entry, "password") not in _UNUSABLE
    ]
    return derived(query, rows, shadow.gap, inputs, taken_at)


def _by_name(users: Evidence) -> dict[Cell, Row]:
    """Give the first account of each name, as getpwnam(3) would find it."""
    found: dict[Cell, Row] = {}
    for user in users.rows:
        name = cell(user, "name")
        if isinstance(name, str):
            found.setdefault(name, user)
    return found


def _of_account(known: Mapping[Cell, Row], name: Cell, column: str, lacking: Gap | None) -> Cell:
    """Give a cell of the account of that name; one that is not found is absent only where all names are known."""
    if isinstance(name, Gap):
        return name
    return cell(known[name], column) if isinstance(name, str) and name in known else lacking or ABSENT


def _in_future(last_change: Cell, now: str) -> Cell:
    if isinstance(last_change, Gap):
        return last_change
    if not isinstance(last_change, str):
        return False
    return last_change > now if now else error("the time of collection is not known")
