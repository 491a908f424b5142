"""Every rule on AWS has a resource that fails and one that passes, on the bench or on stubbed answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws.bench import rules, said, verdicts
from tests.aws.conftest import Visit

STUBBED: dict[str, str] = said("STUBBED")
"""Rule > why moto cannot decide it; tests in `stubs/` do."""
UNUSUAL: dict[str, tuple[str, str]] = said("UNUSUAL")
"""Rule > its outcomes in the weak and the hardened estate, where they are not fail and pass."""


@pytest.fixture(scope="session")
def outcomes(visits: dict[str, Visit]) -> dict[str, dict[str, str]]:
    return {name: verdicts(taken) for name, (_, taken) in visits.items()}


@pytest.mark.parametrize("rule", sorted(set(rules()) - set(STUBBED)))
def test_rule_tells_the_estates_apart(rule: str, outcomes: dict[str, dict[str, str]]) -> None:
    assert (outcomes["weak"][rule], outcomes["hardened"][rule]) == UNUSUAL.get(rule, ("fail", "pass"))


def test_no_rule_stumbles_in_an_empty_account(outcomes: dict[str, dict[str, str]]) -> None:
    assert [rule for rule, outcome in outcomes["empty"].items() if outcome == "error" and rule not in STUBBED] == []


def test_stubbed_rules_stand_in_tests() -> None:
    texts = "".join(path.read_text() for path in Path(__file__).with_name("stubs").glob("*.py"))
    assert [rule for rule in STUBBED if rule not in texts] == []
    assert [rule for rule in {**STUBBED, **UNUSUAL} if rule not in rules()] == []
