"""linux.account_duplicate and linux.account_group: joins that stay honest about what was not read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from scanner.model.outcome import Outcome

_CUT = error("/etc/group:7: it is blank")
_HIDDEN = unknown("/etc/passwd may not be read", "root")


def _user(name: str, uid: int, gid: int = 100) -> Row:
    return {"name": name, "uid": uid, "gid": gid}


def _group(name: str, gid: int, *members: str) -> Row:
    return {"name": name, "gid": gid, "members": list(members)}


def _derive(
    fact: str, users: Sequence[Row], groups: Sequence[Row], *, lost: Gap | None = None, cut: Gap | None = None
) -> Evidence:
    inputs = {
        Query("linux.user"): Evidence(Query("linux.user"), tuple(users), lost),
        Query("linux.group"): Evidence(Query("linux.group"), tuple(groups), cut),
    }
    found = derive(Query(fact), inputs, "2026-11-21T00:00:00Z")
    assert found.provenance.sources == ("linux.group", "linux.user")
    return found


def test_unique_ids_give_an_empty_complete_list():
    found = _derive("linux.account_duplicate", [_user("ada", 1), _user("ben", 2)], [_group("a", 1), _group("b", 2)])
    assert found.rows == ()
    assert found.complete


def test_every_kind_of_duplicate_is_named():
    users = [_user("root", 0), _user("ada", 1), _user("toor", 0), _user("ada", 2)]
    found = _derive("linux.account_duplicate", users, [_group("g", 5), _group("h", 5), _group("g", 6)])
    assert list(found.rows) == [
        {"kind": "uid", "value": "0", "names": ["root", "toor"]},
        {"kind": "user", "value": "ada", "names": ["ada", "ada"]},
        {"kind": "gid", "value": "5", "names": ["g", "h"]},
        {"kind": "group", "value": "g", "names": ["g", "g"]},
    ]


def test_an_incomplete_list_never_proves_uniqueness():
    for lost, cut in ((_HIDDEN, None), (None, _CUT), (_HIDDEN, _CUT)):
        found = _derive("linux.account_duplicate", [_user("a", 1), _user("b", 1)], [], lost=lost, cut=cut)
        assert found.gap in (lost, cut)
        assert [row["kind"] for row in found.rows] == ["uid"]
    both = _derive("linux.account_duplicate", [], [], lost=_HIDDEN, cut=_CUT)
    assert both.gap is not None
    assert both.gap.kind is Outcome.ERROR


def test_a_missing_id_makes_the_list_incomplete():
    assert _derive("linux.account_duplicate", [{"name": "ada"}], []).gap is not None


def test_groups_of_an_account():
    groups = [_group("sudo", 27, "ada"), _group("ada", 1000), _group("twin", 1000), _group("adm", 4, "ben", "ada")]
    found = _derive("linux.account_group", [_user("ada", 1, 1000), _user("eve", 2, 999)], groups)
    assert list(found.rows) == [
        {"name": "ada", "uid": 1, "gid": 1000, "group": "ada", "groups": ["ada", "sudo", "adm"]},
        {"name": "eve", "uid": 2, "gid": 999, "group": ABSENT, "groups": []},
    ]
    assert found.complete


def test_a_group_that_is_not_found_in_an_incomplete_list_is_not_absent():
    users = [_user("ada", 1, 1000), _user("eve", 2, 999)]
    ada, eve = _derive("linux.account_group", users, [_group("ada", 1000)], cut=_CUT).rows
    assert (ada["group"], ada["groups"]) == ("ada", _CUT)
    assert (eve["group"], eve["groups"]) == (_CUT, _CUT)


def test_an_incomplete_list_of_accounts_stays_incomplete():
    found = _derive("linux.account_group", [_user("ada", 1, 1000)], [_group("ada", 1000)], lost=_HIDDEN)
    assert found.gap == _HIDDEN
    assert found.rows[0]["groups"] == ["ada"]


def test_inputs_that_were_not_asked_are_errors():
    for fact in ("linux.account_duplicate", "linux.account_group"):
        found = derive(Query(fact), {}, "")
        assert found.gap is not None
        assert found.gap.kind is Outcome.ERROR


_NAMES = st.sampled_from(["ada", "ben", "eve", "root"])
_IDS = st.integers(0, 3)
_USERS = st.lists(st.builds(_user, _NAMES, _IDS, _IDS), max_size=5)
_GROUPS = st.lists(
    st.builds(lambda name, gid, members: _group(name, gid, *members), _NAMES, _IDS, st.lists(_NAMES)), max_size=5
)


@given(_USERS, _GROUPS)
def test_duplicates_are_found_exactly(users: list[Row], groups: list[Row]):
    found = _derive("linux.account_duplicate", users, groups)
    for kind, column, rows in (
        ("uid", "uid", users),
        ("user", "name", users),
        ("gid", "gid", groups),
        ("group", "name", groups),
    ):
        values = [str(row[column]) for row in rows]
        shared = {value for value in values if values.count(value) > 1}
        assert {row["value"] for row in found.rows if row["kind"] == kind} == shared


@pytest.mark.parametrize("fact", ["linux.account_duplicate", "linux.account_group"])
@given(_USERS, _GROUPS, st.sampled_from(["users", "groups"]), st.sampled_from([_CUT, _HIDDEN]))
def test_a_gap_is_never_swallowed(fact: str, users: list[Row], groups: list[Row], where: str, gap: Gap):
    found = _derive(fact, users, groups, lost=gap if where == "users" else None, cut=gap if where == "groups" else None)
    cells = [cell for row in found.rows for cell in row.values()]
    depends = where == "users" or fact == "linux.account_duplicate" or bool(users)
    assert not depends or found.gap == gap or gap in cells


@pytest.mark.parametrize("fact", ["linux.account_duplicate", "linux.account_group"])
@given(_USERS, _GROUPS, st.sampled_from(["name", "gid", "uid", "members"]), st.booleans(), st.data())
def test_a_gap_in_a_cell_is_never_swallowed(
    fact: str, users: list[Row], groups: list[Row], column: str, among_users: bool, data: st.DataObject
):
    rows = users if among_users else groups
    if not users or not rows or column not in rows[0]:
        return
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place] = {**rows[place], column: _HIDDEN}
    found = _derive(fact, users, groups)
    cells = [cell for row in found.rows for cell in row.values()]
    unused = fact == "linux.account_duplicate" and column in (("gid",) if among_users else ("members",))
    assert unused or found.gap == _HIDDEN or _HIDDEN in cells
