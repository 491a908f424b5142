"""Effects of PAM modules: guards that can be passed, arguments before files before defaults, gaps carried through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.table import derive
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from tests.collection.parity import check

_HIDDEN = unknown("/etc/security may not be read", "root")
_LOST = error("an included file is missing")
_EFFECTS = ("linux.pam_unix", "linux.pam_faillock", "linux.pam_pwquality", "linux.pam_pwhistory", "linux.pam_wheel")
_DEFS = Query.of("linux.file_line", {"path": "/etc/login.defs"})


def _module(service: str, kind: str, order: int, module: str, /, *arguments: str, **cells: Cell) -> Row:
    row: dict[str, Cell] = {
        "service": service,
        "type": kind,
        "order": order,
        "module": module,
        "control": "required",
        "arguments": list(arguments),
        "installed": True,
        "reached": "always",
        "bypassed_by": [],
        "overridden_by": [],
        "catches": [],
        "path": "/etc/pam.d/x",
        "line": order,
    }
    return row | cells


def _broken(service: str, kind: str) -> Row:
    row = _module(service, kind, 0, "")
    return {name: cell if name in ("service", "type", "order") else _LOST for name, cell in row.items()}


def _setting(reader: str, name: str, value: str, path: str = "/etc/security/x.conf", counts: Cell = True) -> Row:
    return {"reader": reader, "name": name, "value": value, "path": path, "line": 1, "counts": counts}


def _derived(
    fact: str,
    modules: Sequence[Row],
    settings: Sequence[Row] = (),
    *,
    gap: Gap | None = None,
    settings_gap: Gap | None = None,
    groups: Sequence[Row] = (),
    users: Sequence[Row] = (),
    groups_gap: Gap | None = None,
    defs: Sequence[Row] = (),
) -> Evidence:
    given = [
        Evidence(Query("linux.pam_module"), tuple(modules), gap),
        Evidence(Query("linux.pam_setting"), tuple(settings), settings_gap),
        Evidence(Query("linux.group"), tuple(groups), groups_gap),
        Evidence(Query("linux.user"), tuple(users)),
        Evidence(_DEFS, tuple(defs)),
    ]
    found = derive(Query(fact), {evidence.query: evidence for evidence in given}, "2026-11-20T00:00:00Z")
    check(found)
    return found


def _one(evidence: Evidence, service: str = "passwd") -> Row:
    (row,) = [row for row in evidence.rows if row["service"] == service]
    return row


def _quality(
    *arguments: str, settings: Mapping[str, str] | None = None, settings_gap: Gap | None = None, **cells: Cell
) -> Row:
    modules = [
        _module("passwd", "password", 1, "pam_pwquality", *arguments, **cells),
        _module("passwd", "password", 2, "pam_unix"),
    ]
    stored = [_setting("pwquality", name, value) for name, value in (settings or {}).items()]
    return _one(_derived("linux.pam_pwquality", modules, stored, settings_gap=settings_gap))


def test_pwquality_by_default():
    row = _quality("retry=3")
    assert (row["active"], row["problem"]) == (True, ABSENT)
    assert (row["difok"], row["minlen"], row["shortest"], row["classes"]) == (1, 8, 8, 0)
    assert (row["dictcheck"], row["enforcing"], row["enforce_for_root"]) == (True, True, False)


def test_arguments_beat_files():
    settings = {"minlen": "14", "difok": "3", "enforce_for_root": "", "dictcheck": "0"}
    row = _quality("MINLEN=10", "minlen=9", "difok=x", "enforcing=0", "junk", settings=settings)
    assert (row["minlen"], row["difok"], row["enforce_for_root"]) == (9, 3, True)
    assert (row["dictcheck"], row["enforcing"]) == (False, False)


def test_credits_shorten_and_demand():
    row = _quality("dcredit=2", "ucredit=-1", "ocredit=-2", settings={"minlen": "14", "minclass": "9"})
    assert (row["shortest"], row["minclass"], row["classes"]) == (12, 4, 4)
    assert _quality("dcredit=-1", "ucredit=-2")["classes"] == 2
    assert _quality("minlen=1")["minlen"] == 6


def test_hidden_settings_are_unknown_unless_an_argument_decides():
    row = _quality("minlen=14", settings_gap=_HIDDEN)
    assert (row["minlen"], row["difok"], row["shortest"], row["dictcheck"]) == (14, _HIDDEN, _HIDDEN, _HIDDEN)
    assert row["active"] is True


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"installed": False}, "not installed"),
        ({"reached": "never"}, "never reached"),
        ({"reached": "conditional", "bypassed_by": ["pam_localuser"]}, "succeeds without it by pam_localuser"),
        ({"overridden_by": ["pam_pwquality"]}, "does not count"),
        ({"overridden_by": ["pam_ldap"]}, "overruled by pam_ldap"),
        ({"order": 3}, "after pam_unix"),
    ],
)
def test_a_guard_that_can_be_passed_is_not_active(cells: dict[str, Cell], problem: str):
    row = _quality(**cells)
    assert row["active"] is False
    assert problem in str(row["problem"])


def test_a_second_line_may_be_the_one_that_guards():
    modules = [
        _module("passwd", "password", 1, "pam_pwhistory", "remember=1", overridden_by=["pam_pwhistory"]),
        _module("passwd", "password", 2, "pam_pwhistory", "remember=24"),
        _module("passwd", "password", 3, "pam_unix"),
    ]
    row = _one(_derived("linux.pam_pwhistory", modules))
    assert (row["active"], row["remember"], row["line"]) == (True, 24, 2)


def test_services_that_set_no_local_password_do_not_count():
    modules = [
        _module("passwd", "password", 1, "pam_unix"),
        _module("mail", "password", 1, "pam_ldap"),
        _module("other", "password", 1, "pam_deny"),
    ]
    assert [row["service"] for row in _derived("linux.pam_pwquality", modules).rows] == ["passwd"]


def test_passwd_without_a_stack_has_that_of_other():
    modules = [_module("other", "password", 1, "pam_pwhistory"), _module("other", "password", 2, "pam_unix")]
    assert _one(_derived("linux.pam_pwhistory", modules))["active"] is True
    row = _one(_derived("linux.pam_pwhistory", []))
    assert (row["active"], row["remember"], row["path"]) == (False, ABSENT, ABSENT)


@pytest.mark.parametrize(
    ("arguments", "settings", "remember", "root"),
    [
        ((), {}, 10, False),
        (("remember=24", "enforce_for_root"), {}, 24, True),
        (("remember=500",), {}, 400, False),
        (("remember=-1",), {}, 0, False),
        (("remember=x",), {}, 0, False),
        ((), {"remember": "24", "enforce_for_root": "no"}, 24, True),
        (("REMEMBER=5",), {"remember": "24"}, 5, False),
        ((), {"remember": "many"}, 10, False),
    ],
)
def test_what_pwhistory_remembers(arguments: Sequence[str], settings: Mapping[str, str], remember: int, root: bool):
    modules = [
        _module("passwd", "password", 1, "pam_pwhistory", *arguments),
        _module("passwd", "password", 2, "pam_unix"),
    ]
    path = "/etc/security/pwhistory.conf"
    stored = [_setting("pwhistory", name, value, path) for name, value in settings.items()]
    row = _one(_derived("linux.pam_pwhistory", modules, stored))
    assert (row["remember"], row["enforce_for_root"]) == (remember, root)


_LOCK = (
    _module("sshd", "auth", 1, "pam_faillock", "preauth"),
    _module("sshd", "auth", 2, "pam_unix"),
    _module("sshd", "auth", 3, "pam_faillock", "authfail", reached="conditional", catches=[2]),
    _module("sshd", "account", 1, "pam_faillock"),
)
_FILE = "/etc/security/faillock.conf"


def _lock(
    modules: Sequence[Row] = _LOCK, settings: Mapping[str, str] | None = None, settings_gap: Gap | None = None
) -> Row:
    stored = [_setting("faillock", name, value, _FILE) for name, value in (settings or {}).items()]
    return _one(_derived("linux.pam_faillock", modules, stored, settings_gap=settings_gap), "sshd")


def test_faillock_by_default():
    row = _lock()
    assert (row["active"], row["resets"], row["deny"], row["unlock_time"]) == (True, True, 3, 600)
    assert (row["even_deny_root"], row["root_unlock_time"]) == (False, 600)


@pytest.mark.parametrize(
    ("settings", "cells"),
    [
        ({"deny": "5"}, {"deny": 5}),
        ({"deny": "5 of course"}, {"deny": 5}),
        ({"deny": "many"}, {"deny": 3}),
        ({"deny": "65541"}, {"deny": 5}),
        ({"unlock_time": "never"}, {"unlock_time": 0, "root_unlock_time": 0}),
        ({"unlock_time": "900", "root_unlock_time": "60"}, {"unlock_time": 900, "root_unlock_time": 60}),
        ({"unlock_time": "9999999"}, {"unlock_time": 600}),
        ({"unlock_time": "-1"}, {"unlock_time": 600}),
        ({"even_deny_root": ""}, {"even_deny_root": True}),
        ({"root_unlock_time": "60"}, {"even_deny_root": False, "root_unlock_time": 60}),
        ({"fail_interval": "never"}, {"fail_interval": 900}),
    ],
)
def test_what_faillock_takes_from_its_file(settings: Mapping[str, str], cells: Row):
    row = _lock(settings=settings)
    assert {name: row[name] for name in cells} == cells


def test_what_the_line_of_preauth_says_counts():
    modules = [_module("sshd", "auth", 1, "pam_faillock", "preauth", "deny=9", "even_deny_root"), *_LOCK[1:]]
    row = _lock(modules, {"deny": "5"})
    assert (row["deny"], row["even_deny_root"]) == (9, True)
    other = [_module("sshd", "auth", 1, "pam_faillock", "conf=/etc/other.conf"), *_LOCK[1:]]
    assert _lock(other, {"deny": "5"})["deny"] == 3


@pytest.mark.parametrize(
    ("modules", "problem"),
    [
        (_LOCK[1:], "sshd has no pam_faillock"),
        (_LOCK[:2], "no pam_faillock with authfail"),
        ((_LOCK[0], _LOCK[1], _module("sshd", "auth", 3, "pam_faillock", "authfail")), "no pam_faillock with authfail"),
        ((_module("sshd", "auth", 5, "pam_faillock", "preauth"), *_LOCK[1:]), "after pam_unix"),
        ((_module("sshd", "auth", 1, "pam_faillock", "preauth", overridden_by=["pam_unix"]), *_LOCK[1:]), "overruled"),
    ],
)
def test_a_lock_that_does_not_lock(modules: Sequence[Row], problem: str):
    row = _lock(modules)
    assert row["active"] is False
    assert problem in str(row["problem"])


def test_what_clears_the_count():
    assert _lock(_LOCK[:3])["resets"] is False
    assert _lock([*_LOCK[:3], _module("sshd", "auth", 4, "pam_faillock", "authsucc")])["resets"] is True
    assert _lock([*_LOCK[:3], _module("other", "account", 1, "pam_faillock")])["resets"] is True
    assert _lock([*_LOCK[:3], _broken("sshd", "account")])["resets"] == _LOST
    assert _lock(settings_gap=_HIDDEN)["deny"] == _HIDDEN


@pytest.mark.parametrize(
    ("arguments", "defs", "found"),
    [
        (["yescrypt"], [], "yescrypt"),
        (["md5", "sha512"], [], "sha512"),
        (["sha512", "des"], [], "des"),
        ([], [], "des"),
        ([], [{"name": "ENCRYPT_METHOD", "value": "YESCRYPT"}], "yescrypt"),
        ([], [{"name": "ENCRYPT_METHOD", "value": "MD5"}, {"name": "ENCRYPT_METHOD", "value": "SHA512"}], "md5"),
        ([], [{"name": "encrypt_method=sha512", "value": ABSENT}], "sha512"),
        ([], [{"name": "ENCRYPT_METHOD", "value": "ROT13"}], "des"),
        (["gost_yescrypt"], [], "gost_yescrypt"),
    ],
)
def test_the_hash_of_new_passwords(arguments: list[str], defs: Sequence[Row], found: str):
    row = _one(_derived("linux.pam_unix", [_module("passwd", "password", 1, "pam_unix", *arguments)], defs=defs))
    assert row["hash"] == found


def test_arguments_of_pam_unix():
    modules = [
        _module("passwd", "password", 2, "pam_unix", "use_authtok", "remember=5", "rounds=8"),
        _module("sshd", "auth", 1, "pam_unix", "nullok_secure", "nullresetok"),
        _module("cron", "auth", 1, "pam_permit"),
        _broken("at", "auth"),
    ]
    found = _derived("linux.pam_unix", modules)
    passwd, sshd, cron, lost = (_one(found, name) for name in ("passwd", "sshd", "cron", "at"))
    assert (passwd["use_authtok"], passwd["remember"], passwd["rounds"], passwd["nullok"]) == (True, 5, 8, False)
    assert (sshd["nullok"], sshd["hash"], sshd["remember"]) == (True, ABSENT, ABSENT)
    assert (cron["present"], cron["order"], cron["nullok"]) == (False, 0, ABSENT)
    assert (lost["present"], lost["nullok"]) == (_LOST, _LOST)


_SU = _module("su", "auth", 2, "pam_wheel", "use_uid", "group=few")
_FEW: Row = {"name": "few", "gid": 99, "members": []}


def _su(row: Row = _SU, groups: Sequence[Row] = (_FEW,), users: Sequence[Row] = (), gap: Gap | None = None) -> Row:
    return _one(_derived("linux.pam_wheel", [row], groups=groups, users=users, groups_gap=gap), "su")


def test_whom_pam_wheel_lets_in():
    assert (_su()["active"], _su()["members"], _su()["use_uid"]) == (True, [], True)
    same: Row = {"name": "same", "gid": 99, "members": ["bob"]}
    user: Row = {"name": "eve", "gid": 99}
    assert _su(groups=[{**_FEW, "members": ["ada"]}, same], users=[user])["members"] == ["ada", "bob", "eve"]
    missing = _su(groups=[])
    assert (missing["group_exists"], missing["members"]) == (False, ABSENT)
    unnamed = _su(_module("su", "auth", 2, "pam_wheel"))
    assert (unnamed["group"], unnamed["group_exists"], unnamed["use_uid"]) == (ABSENT, ABSENT, False)


def test_groups_that_are_not_all_known():
    assert _su(gap=_HIDDEN)["members"] == _HIDDEN
    assert _su(groups=[], gap=_HIDDEN)["group_exists"] == _HIDDEN
    assert _su(groups=[{**_FEW, "members": ["ada"]}], gap=_HIDDEN)["members"] == ["ada"]


@pytest.mark.parametrize("argument", ["deny", "root_only"])
def test_arguments_that_open_su(argument: str):
    row = _su(_module("su", "auth", 2, "pam_wheel", "group=few", argument))
    assert row["active"] is False
    assert argument in str(row["problem"])


def test_su_l_without_a_file_has_the_stack_of_other():
    found = _derived("linux.pam_wheel", [_SU, _module("other", "auth", 1, "pam_deny")], groups=[_FEW])
    assert [(row["service"], row["active"]) for row in found.rows] == [("su", True), ("su-l", False)]


@pytest.mark.parametrize("fact", _EFFECTS)
def test_a_stack_that_is_not_known_is_a_gap_and_the_others_stand(fact: str):
    kind = "password" if "pw" in fact else "auth"
    broken = [_broken("su", kind), _broken("passwd", "password"), *_LOCK]
    found = _derived(fact, broken)
    lost = _one(found, "passwd" if "pw" in fact else "su")
    assert _LOST in (lost.get("active"), lost.get("present"))


@pytest.mark.parametrize("fact", _EFFECTS)
def test_an_incomplete_list_stays_incomplete(fact: str):
    found = _derived(fact, [], gap=_HIDDEN)
    assert found.gap == _HIDDEN
    assert found.rows == () or fact == "linux.pam_unix"


_ARGUMENT = st.sampled_from(
    ["", "preauth", "authfail", "conf=/x", "conf=", "deny=9" + "9" * 30, "deny=-1", "minlen=", "minlen=٣", "remember=²", "group=", "group=few", "sha512", "=", "nullok"]
)  # fmt: skip
_CELL = st.sampled_from([True, False, _LOST])
_MODULES = st.lists(
    st.builds(
        lambda service, kind, order, module, arguments, installed, reached: _module(
            service, kind, order, module, *arguments, installed=installed, reached=reached
        ),
        st.sampled_from(["su", "passwd", "other", "sshd"]),
        st.sampled_from(["auth", "account", "password"]),
        st.integers(0, 4),
        st.sampled_from(["pam_unix", "pam_faillock", "pam_pwquality", "pam_pwhistory", "pam_wheel"]),
        st.lists(_ARGUMENT, max_size=3),
        _CELL,
        st.sampled_from(["always", "conditional", "never", _LOST]),
    ),
    max_size=8,
)
_SETTINGS = st.lists(
    st.builds(
        _setting,
        st.sampled_from(["pwquality", "faillock", "pwhistory"]),
        st.sampled_from(["minlen", "deny", "remember", "enforce_for_root", "unlock_time"]),
        st.sampled_from(["", "1", "-1", "never", "9" * 40, "٣", "²"]),
        st.sampled_from([_FILE, "/x"]),
        _CELL,
    ),
    max_size=5,
)


@given(_MODULES, _SETTINGS, st.sampled_from(_EFFECTS))
def test_whatever_is_configured_the_rows_are_typed(modules: list[Row], settings: list[Row], fact: str):
    found = _derived(fact, modules, settings, groups=[_FEW])
    fields = {field.name for field in builtin()[fact].fields}
    assert all(set(row) == fields for row in found.rows)
