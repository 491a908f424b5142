"""Recordings of PAM on real systems: modules and settings, and what the derived facts make of them."""

from __future__ import annotations

import pytest

from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row
from tests.collection.parity import check
from tests.collection.recorded import HOME, Case, cases, load, written

FACTS = ("linux.pam_module", "linux.pam_setting")
SUITES = ("bookworm", "noble")
EFFECTS = ("linux.pam_unix", "linux.pam_faillock", "linux.pam_pwquality", "linux.pam_pwhistory", "linux.pam_wheel")


@pytest.mark.parametrize("case", list(cases(FACTS)), ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_a_recording_means_what_it_meant(case: Case):
    found = case.answer()
    assert [written(evidence) for evidence in found] == case.evidence
    for evidence in found:
        check(evidence)
        assert evidence.provenance.as_user == case.session.user


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_was_recorded_on_both_systems(fact: str):
    assert {path.name.partition("-")[0] for path in (HOME / fact).iterdir()} == set(SUITES)


def _effect(name: str, fact: str) -> Evidence:
    given = [evidence for each in FACTS for evidence in load(HOME / each / name).answer()]
    group = Query("linux.group")
    user = Query("linux.user")
    defs = Query.of("linux.file_line", {"path": "/etc/login.defs"})
    given += [
        Evidence(group, ({"name": "sugroup", "gid": 999, "members": []},)),
        Evidence(user, ({"name": "root", "gid": 0},)),
        Evidence(defs, ({"name": "ENCRYPT_METHOD", "value": "SHA512"},)),
    ]
    found = derive(Query(fact), {evidence.query: evidence for evidence in given}, "2026-11-20T00:00:00Z")
    check(found)
    return found


def _by_service(evidence: Evidence) -> dict[str, Row]:
    return {str(row["service"]): row for row in evidence.rows}


@pytest.mark.parametrize("suite", SUITES)
def test_stock_systems(suite: str):
    name = f"{suite}-stock"
    lock = _by_service(_effect(name, "linux.pam_faillock"))
    assert {"login", "other", "sshd", "su", "sudo"} <= set(lock)
    assert "passwd" not in lock
    assert {row["active"] for row in lock.values()} == {False}
    assert lock["sshd"]["deny"] is ABSENT
    quality = _by_service(_effect(name, "linux.pam_pwquality"))["passwd"]
    assert (quality["active"], quality["shortest"], quality["enforce_for_root"]) == (True, 8, False)
    assert _by_service(_effect(name, "linux.pam_pwhistory"))["passwd"]["problem"] == "passwd has no pam_pwhistory"
    assert _by_service(_effect(name, "linux.pam_wheel"))["su-l"]["active"] is False
    unix = [row for row in _effect(name, "linux.pam_unix").rows if row["present"]]
    assert {row["nullok"] for row in unix if row["type"] == "auth"} == {True}
    assert {row["hash"] for row in unix if row["type"] == "password"} == {"yescrypt"}


@pytest.mark.parametrize("suite", SUITES)
def test_hardened_systems(suite: str):
    name = f"{suite}-hardened"
    lock = _by_service(_effect(name, "linux.pam_faillock"))
    for row in lock.values():
        assert (row["active"], row["resets"], row["problem"]) == (True, True, ABSENT)
        assert (row["deny"], row["unlock_time"], row["root_unlock_time"], row["even_deny_root"]) == (5, 900, 60, True)
    for row in _effect(name, "linux.pam_pwquality").rows:
        assert (row["active"], row["shortest"], row["classes"], row["difok"]) == (True, 14, 3, 2)
    for row in _effect(name, "linux.pam_pwhistory").rows:
        assert (row["active"], row["remember"], row["use_authtok"]) == (True, 24, True)
    for row in _effect(name, "linux.pam_wheel").rows:
        assert (row["active"], row["group"], row["members"], row["use_uid"]) == (True, "sugroup", [], True)
    assert {row["nullok"] for row in _effect(name, "linux.pam_unix").rows if row["present"]} == {False}


@pytest.mark.parametrize("fact", EFFECTS)
def test_what_is_hidden_from_an_ordinary_user_is_unknown_in_effect(fact: str):
    found = _effect("noble-ordinary", fact)
    gaps = [cell for row in found.rows for cell in row.values() if isinstance(cell, Gap)]
    assert {gap.needs for gap in gaps} == {"root"} or fact in ("linux.pam_pwhistory",)
    settled = [row for row in found.rows if row.get("active") is True]
    if fact in ("linux.pam_faillock", "linux.pam_wheel"):
        assert not settled
    if fact == "linux.pam_pwquality":
        assert all(isinstance(row["shortest"], Gap) for row in settled)
