"""The text of new rules: loads as it stands, for every fact there is."""

from __future__ import annotations

import pytest

from scanner.catalog.rules import load_rule
from scanner.catalog.scaffold import new_rule
from scanner.facts.table import builtin
from scanner.model.errors import ConfigurationError
from scanner.model.fact import FactSpec, Shape
from scanner.model.outcome import Outcome
from tests.support.ruletexts import VOCABULARY

SPECS = [spec for vocabulary in (VOCABULARY, builtin()) for spec in vocabulary.values()]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_new_rule_loads_for_every_fact(spec: FactSpec) -> None:
    vocabulary = VOCABULARY if spec.name in VOCABULARY else builtin()

    rule = load_rule("mine/new_rule.yaml", new_rule("new_rule", spec).encode(), vocabulary, {})

    assert {assertion.subject.fact for assertion in rule.assertions() if hasattr(assertion.subject, "fact")} == {
        spec.name
    }
    assert {Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN} <= {case.then for case in rule.cases}
    assert (len(rule.cases) == 5) is (spec.shape is Shape.LIST)


def test_the_text_is_written_as_an_author_would() -> None:
    assert (
        new_rule("logins_refused", VOCABULARY["host.settings"])
        == """\
id: logins_refused
revision: 1
title: Say in one line what state is required
severity: medium  # critical high medium low
platforms: [linux]
rationale: Say what goes wrong without it.
remediation: Say how to reach it.
check:
  fact: host.settings  # One row of every type.
  expect: {login: "no"}
cases:
  - {name: as required, given: {host.settings: {login: "no", limit: 4}}, then: pass}
  - {name: otherwise, given: {host.settings: {login: something-else, limit: 4}}, then: fail}
  - {name: may not be asked, given: {host.settings: {unknown: permission denied}}, then: unknown}
"""
    )


def test_an_id_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="My Rule: cannot be the id of a rule"):
        new_rule("My Rule", VOCABULARY["host.settings"])
