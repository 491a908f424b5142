"""Hardened hosts: every automated rule is met, and an account without rights is told nothing wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.model.outcome import Outcome
from scanner.model.result import Result
from tests.acceptance.scanning import controlproof
from tests.hosts.booting import PASSWORD, Host, booted
from tests.hosts.judging import PROFILES, Judging, judging, told
from tests.hosts.mutations import unproven

pytestmark = pytest.mark.acceptance
CLOSED_FILE = re.compile(r"may not be (read|seen)|belongs to another user")
"""What keeps single rows from an account, where the fact as such is open to all."""


@pytest.fixture(scope="module", params=list(PROFILES))
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def host(suite: str) -> Iterator[Host]:
    with booted(suite, flavour="hardened") as found:
        yield found


@pytest.fixture(scope="module")
def judge(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Judging:
    return judging(suite, tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def full(host: Host, judge: Judging) -> dict[str, Result]:
    return judge.results(host)


@pytest.fixture(scope="module")
def denied(host: Host, judge: Judging) -> dict[str, Result]:
    return judge.results(host, user="visitor")


def test_every_rule_is_met(full: dict[str, Result]) -> None:
    assert [told(each) for each in full.values() if each.outcome.undecided] == []
    failed = {rule: told(each) for rule, each in full.items() if each.outcome is Outcome.FAIL}
    assert {rule: said for rule, said in failed.items() if rule not in unproven()} == {}


def test_most_rules_are_judged(full: dict[str, Result]) -> None:
    """Whatever does not apply is another firewall, another logging or time service, or a desktop."""
    passed = [rule for rule, each in full.items() if each.outcome is Outcome.PASS]
    assert len(passed) >= 240


def test_nothing_passes_that_is_not_so_for_root(full: dict[str, Result], denied: dict[str, Result]) -> None:
    assert denied.keys() == full.keys()
    wrong = {
        rule: (told(denied[rule]), told(full[rule]))
        for rule in full
        if denied[rule].outcome is not full[rule].outcome and not denied[rule].outcome.undecided
    }
    assert wrong == {}


def test_what_is_hidden_is_told_with_the_missing_right(full: dict[str, Result], denied: dict[str, Result]) -> None:
    hidden = [each for rule, each in denied.items() if each.outcome.undecided and not full[rule].outcome.undecided]
    assert len(hidden) > 30
    silent = []
    for result in hidden:
        gaps = [finding for finding in result.findings if finding.outcome.undecided]
        if not any(gap.reason and gap.needs == "root" for gap in gaps):
            silent.append(told(result))
    assert silent == []
    for rule in ("empty_passwords_absent", "sshd_root_login_disabled", "unowned_files_absent"):
        assert denied[rule].outcome is Outcome.UNKNOWN, told(denied[rule])


def test_plan_tells_how_many_rules_need_root(
    suite: str, host: Host, judge: Judging, full: dict[str, Result], denied: dict[str, Result], tmp_path: Path
) -> None:
    """What the plan promises without root is decided without root, but for single files that are closed."""
    (tmp_path / "inventory.yaml").write_text(
        f"schema: inventory/1\ntargets:\n  one: {host.entry('visitor', profiles=PROFILES[suite])}\n"
    )
    run = controlproof("plan", "--privileges", "-i", "inventory.yaml", folder=tmp_path)
    said = re.search(
        r"^one needs: root; (\d+) of (\d+) rules ask nothing that takes more than an account$", run.stdout, re.MULTILINE
    )
    assert said, run.stdout
    without, rules = map(int, said.groups())
    automated = [rule for rule, each in full.items() if rule not in _manual(judge)]
    assert rules == len(automated)
    undecided = [rule for rule in automated if denied[rule].outcome.undecided]
    closed = [rule for rule in undecided if CLOSED_FILE.search(_reasons(denied[rule]))]
    assert 100 < without <= rules - len(undecided) + len(closed) < rules


def _reasons(result: Result) -> str:
    return "; ".join(each.reason for each in result.findings if each.outcome.undecided)


def _manual(judge: Judging) -> set[str]:
    return {rule.id for rule in judge.bench.rules.values() if rule.manual}


def test_a_scan_by_a_password_gives_the_same(suite: str, host: Host, full: dict[str, Result], tmp_path: Path) -> None:
    """The usual way in: SSH as an ordinary account, then sudo that asks for the password."""
    entry = host.entry("auditor", become="[sudo]", profiles=PROFILES[suite], password="env:SCAN_PASSWORD")
    (tmp_path / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n  one: {entry}\n")
    run = controlproof("scan", "-i", "inventory.yaml", folder=tmp_path, SCAN_PASSWORD=PASSWORD)
    assert run.code == 0, run.stderr + run.stdout
    outcomes = run.outcomes("one")
    assert {rule: outcomes[rule] for rule in full} == {rule: each.outcome.value for rule, each in full.items()}
