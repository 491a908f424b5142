"""linux.password_ageing: usable passwords joined with accounts and defaults."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.table import derive
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, Row, error, unknown

_NOW = "2026-11-21T02:00:00Z"
_HIDDEN = unknown("/etc/shadow may not be read", "root")
_DEFS: Row = {"pass_max_days": 365, "pass_min_days": 1, "pass_warn_age": ABSENT}
_USER: Row = {"name": "ada", "uid": 1000, "login": True}


def _entry(name: str = "ada", password: Cell = "yescrypt", last: Cell = "2026-10-01T00:00:00Z") -> Row:
    return {
        "name": name,
        "password": password,
        "last_change": last,
        "must_change": False,
        "min_days": 1,
        "max_days": 365,
        "warn_days": 7,
        "inactive_days": ABSENT,
        "expires": ABSENT,
    }


def _ageing(
    entries: Sequence[Row],
    users: Sequence[Row] = (_USER,),
    defs: Sequence[Row] = (_DEFS,),
    *,
    gaps: tuple[Gap | None, Gap | None, Gap | None] = (None, None, None),
    taken_at: str = _NOW,
) -> Evidence:
    shadow, user, settings = (Query(fact) for fact in ("linux.shadow", "linux.user", "linux.login_defs"))
    inputs = {
        shadow: Evidence(shadow, tuple(entries), gaps[0], Provenance(taken_at=taken_at)),
        user: Evidence(user, tuple(users), gaps[1]),
        settings: Evidence(settings, tuple(defs), gaps[2]),
    }
    return derive(Query("linux.password_ageing"), inputs, "2030-01-01T00:00:00Z")


def test_a_row_joins_all_three():
    found = _ageing([_entry()])
    assert found.complete
    assert list(found.rows) == [
        {
            "name": "ada",
            "uid": 1000,
            "login": True,
            "password": "yescrypt",
            "last_change": "2026-10-01T00:00:00Z",
            "change_in_future": False,
            "min_days": 1,
            "max_days": 365,
            "warn_days": 7,
            "inactive_days": ABSENT,
            "default_max_days": 365,
            "default_min_days": 1,
            "default_warn_days": ABSENT,
        }
    ]
    assert set(found.rows[0]) == {field.name for field in builtin()["linux.password_ageing"].fields}


@pytest.mark.parametrize(("kind", "there"), [("locked", False), ("disabled", False), ("empty", True), ("des", True)])
def test_only_usable_passwords_count(kind: str, there: bool):
    assert bool(_ageing([_entry(password=kind)]).rows) is there


def test_a_password_of_unknown_kind_counts():
    gap = error("odd")
    assert _ageing([_entry(password=gap)]).rows[0]["password"] == gap


def test_the_hosts_clock_decides_what_lies_in_the_future():
    assert _ageing([_entry(last="2027-01-01T00:00:00Z")]).rows[0]["change_in_future"] is True
    assert _ageing([_entry(last="2027-01-01T00:00:00Z")], taken_at="").rows[0]["change_in_future"] is False
    assert _ageing([_entry(last="2026-11-21T00:00:00Z")]).rows[0]["change_in_future"] is False
    assert _ageing([_entry(last=ABSENT)]).rows[0]["change_in_future"] is False


def test_an_entry_without_account_has_neither_uid_nor_login():
    (row,) = _ageing([_entry("ghost")]).rows
    assert (row["uid"], row["login"]) == (ABSENT, ABSENT)
    (row,) = _ageing([_entry("ghost")], gaps=(None, _HIDDEN, None)).rows
    assert (row["uid"], row["login"]) == (_HIDDEN, _HIDDEN)


def test_of_two_accounts_of_one_name_the_first_counts():
    twin: Row = {"name": "ada", "uid": 0, "login": False}
    (row,) = _ageing([_entry()], [_USER, twin]).rows
    assert (row["uid"], row["login"]) == (1000, True)


def test_defaults_that_could_not_be_read_are_gaps_in_their_own_cells():
    (row,) = _ageing([_entry()], gaps=(None, None, _HIDDEN)).rows
    assert [row[name] for name in ("default_max_days", "default_min_days", "default_warn_days")] == [_HIDDEN] * 3
    assert row["max_days"] == 365
    for defs in ((), (_DEFS, _DEFS)):
        (row,) = _ageing([_entry()], defs=defs).rows
        assert isinstance(row["default_max_days"], Gap)


_KINDS = st.sampled_from(["empty", "locked", "disabled", "sha512"])
_ENTRIES = st.lists(st.builds(_entry, st.sampled_from(["ada", "ben", "eve"]), _KINDS), max_size=5)
_USERS = st.lists(
    st.builds(
        lambda name, uid: {"name": name, "uid": uid, "login": True}, st.sampled_from(["ada", "ben"]), st.integers(0, 9)
    ),
    max_size=3,
)


@given(_ENTRIES, _USERS, st.integers(0, 2), st.sampled_from([_HIDDEN, error("cut")]))
def test_a_gap_is_never_swallowed(entries: list[Row], users: list[Row], where: int, gap: Gap):
    gaps = [None, None, None]
    gaps[where] = gap
    found = _ageing(entries, users, [_DEFS] if where != 2 else [], gaps=(gaps[0], gaps[1], gaps[2]))
    if where == 0:
        assert found.gap == gap
    known = {user["name"] for user in users}
    for row in found.rows:
        if where == 1 and row["name"] not in known:
            assert (row["uid"], row["login"]) == (gap, gap)
        if where == 2:
            assert row["default_max_days"] == gap


@given(
    _ENTRIES, st.sampled_from(["name", "password", "last_change", "min_days", "max_days", "warn_days", "inactive_days"])
)
def test_a_gap_in_an_entry_is_carried(entries: list[Row], column: str):
    found = _ageing([*entries, {**_entry("zoe"), column: _HIDDEN}])
    assert _HIDDEN in found.rows[-1].values()
