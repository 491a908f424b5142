"""Attestations: whom they answer, and when they do not."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.evaluation.attest import Attestations
from scanner.model.errors import ConfigurationError
from scanner.model.outcome import Outcome
from scanner.model.profile import Catalogue, Control, RuleMapping
from scanner.model.result import Result
from scanner.model.suppression import Attestation
from tests.support.judging import FAIL, PASS, a_rule, says

NOW = "2026-11-20T02:00:00Z"
RULES = {
    "training_held": a_rule(None, "training_held", formerly=("training",), controls={"cis": ("14.1", "14.2")}),
    "drill_held": a_rule(None, "drill_held"),
    "measured": a_rule(says("every"), "measured"),
}
CATALOGUES = (
    Catalogue(
        "cis",
        "CIS",
        "framework",
        "8.1",
        "CIS",
        (Control("11.5", "Drills", rules=(RuleMapping("drill_held"), RuleMapping("gone"))),),
    ),
)


def attestation(**more: Any) -> Attestation:
    defaults = {"statement": "All were there.", "by": "A. Smith", "on": "2026-11-01", "valid_until": "2027-11-01"}
    return Attestation(**{**defaults, "path": "a.yaml", "line": 2, **more})


def book(*given: Attestation, now: str = NOW) -> Attestations:
    return Attestations(given, RULES, CATALOGUES, now)


def manual(rule: str = "training_held", target: str = "web01") -> Result:
    return Result(rule, target, Outcome.NOTCHECKED, "this rule is answered by a person")


@pytest.mark.parametrize(
    ("more", "answers"),
    [
        ({"rule": "training_held"}, True),
        ({"rule": "training"}, True),
        ({"rule": "drill_held"}, False),
        ({"rule": "gone"}, False),
        ({"control": "cis/14.2"}, True),
        ({"control": "cis/11.5"}, False),
        ({"control": "cis/9.9"}, False),
        ({"rule": "training_held", "scope": ("web01", "db01")}, True),
        ({"rule": "training_held", "scope": ("db01",)}, False),
        ({"rule": "training_held", "valid_until": "2026-11-20"}, True),
        ({"rule": "training_held", "valid_until": "2026-11-19"}, False),
        ({"rule": "training_held", "on": "2026-11-21"}, False),
    ],
)
def test_whom_an_attestation_answers(more: dict[str, Any], answers: bool) -> None:
    answered = book(attestation(**more)).apply(manual())

    assert (answered.outcome is PASS) is answers
    assert bool(answered.attested) is answers


def test_the_answer_names_who_and_until_when() -> None:
    given = book(attestation(control="cis/11.5"))

    answered = given.apply(manual("drill_held"))

    assert answered.attested == "by A. Smith on 2026-11-01 until 2027-11-01"
    assert answered.reason == "All were there."
    assert (given.register()[0]["used"], given.register()[0]["state"]) == (1, "in force")
    assert given.notices() == ()


@pytest.mark.parametrize("outcome", [FAIL, PASS, Outcome.ERROR, Outcome.NOTAPPLICABLE])
def test_what_was_measured_is_never_answered_by_a_person(outcome: Outcome) -> None:
    measured = Result("measured", "web01", outcome)

    assert book(attestation(rule="measured")).apply(measured) is measured


def test_expired_and_early_attestations_are_told() -> None:
    given = book(
        attestation(rule="training_held", valid_until="2026-11-19"), attestation(control="cis/11.5", on="2026-12-01")
    )

    expired, early = given.notices()
    assert (expired.code, expired.subject, expired.path, expired.line) == (
        "attestation-expired",
        "training_held",
        "a.yaml",
        2,
    )
    assert expired.text.endswith("expired on 2026-11-19 and answers nothing (have it given anew)")
    assert (early.code, early.subject) == ("attestation-early", "cis/11.5")
    assert [row["state"] for row in given.register()] == ["expired", "not yet in force"]


def test_a_control_is_attested_for_everything_or_for_all_targets() -> None:
    everywhere, partly = attestation(control="cis/1"), attestation(control="cis/2", scope=("web01", "db01"))
    given = book(everywhere, partly, attestation(control="cis/3", valid_until="2026-01-01"))

    assert given.of_control("cis/1", ()) == everywhere
    assert given.of_control("cis/2", {"web01"}) == partly
    assert given.of_control("cis/2", {"web01", "db02"}) is None
    assert given.of_control("cis/2", ()) is None
    assert given.of_control("cis/3", ()) is None
    assert given.of_control("cis/4", ()) is None


def test_bad_dates_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"a.yaml:2: cis/1: 'x' is no date"):
        book(attestation(control="cis/1", valid_until="x"))
