"""Recordings of real systems: accounts, configuration files and sshd give the evidence that stands beside them."""

from __future__ import annotations

import re

import pytest

from scanner.model.evidence import Gap
from scanner.model.outcome import Outcome
from tests.collection.parity import check
from tests.collection.recorded import HOME, Case, cases, written

FACTS = (
    "linux.user",
    "linux.group",
    "linux.shadow",
    "linux.login_defs",
    "linux.account_home",
    "linux.file_line",
    "linux.sshd",
)


@pytest.mark.parametrize("case", list(cases(FACTS)), ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_a_recording_means_what_it_meant(case: Case):
    found = case.answer()
    assert [written(evidence) for evidence in found] == case.evidence
    for evidence in found:
        check(evidence)
        assert evidence.provenance.as_user == case.session.user


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_was_recorded_on_both_systems(fact: str):
    assert {path.name.partition("-")[0] for path in (HOME / fact).iterdir()} >= {"noble"}
    assert len(list((HOME / fact).iterdir())) >= 3


@pytest.mark.parametrize(
    "case",
    [case for case in cases(FACTS) if case.path.name.endswith("-denied")],
    ids=lambda case: case.path.parent.name,
)
def test_what_was_denied_is_unknown_and_names_root(case: Case):
    (evidence,) = case.answer()
    gaps = [evidence.gap, *(cell for row in evidence.rows for cell in row.values())]
    assert any(isinstance(gap, Gap) and gap.kind is Outcome.UNKNOWN and gap.needs == "root" for gap in gaps)


def test_no_recording_holds_a_password_hash():
    for fact in FACTS:
        for path in (HOME / fact).rglob("*.out"):
            assert not re.search(rb"\$(?:y|gy|7|6|5|2[abxy]?|1)\$[./A-Za-z0-9]", path.read_bytes()), path
