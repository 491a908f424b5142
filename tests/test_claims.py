"""A claim is confirmed only by a measurement, and refuted with the results that speak against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.comparison.claims import Reach, against_claims, judge
from scanner.model.outcome import Outcome
from scanner.model.report import CatalogueInfo, ControlStatus
from scanner.model.result import Result
from scanner.model.suppression import Claim

DETERMINATIONS = (
    "satisfied",
    "not satisfied",
    "mapped rules pass (partial coverage)",
    "partly evaluated",
    "attested",
    "not evaluated",
    "not applicable",
)


def control(determination: str, *rules: str, number: str = "5.4", passing: int = 0) -> ControlStatus:
    outcomes = {Outcome.PASS: passing} if passing else {}
    return ControlStatus("cis", number, "Control", determination, "because", rules, outcomes=outcomes)


@pytest.mark.parametrize(
    ("status", "verdicts"),
    [
        ("compliant", "confirmed refuted partly partly not-measurable not-measurable not-measurable"),
        ("partial", "partly refuted confirmed confirmed not-measurable not-measurable not-measurable"),
        ("planned", "refuted confirmed partly partly not-measurable not-measurable not-measurable"),
        ("non-compliant", "refuted confirmed partly partly not-measurable not-measurable not-measurable"),
        ("not-applicable", "refuted refuted partly partly not-measurable not-measurable confirmed"),
    ],
)
def test_verdicts_of_every_status_beside_every_determination(status: str, verdicts: str) -> None:
    wanted = [word.replace("-", " ") for word in verdicts.split()]
    assert [judge(status, control(each)) for each in DETERMINATIONS] == wanted


def test_partial_is_confirmed_where_some_of_it_holds() -> None:
    assert judge("partial", control("not satisfied", passing=3)) == "confirmed"


def claim(number: str, status: str = "compliant", source: str = "db.md:112") -> Claim:
    return Claim(f"cis/{number}", status, source, date_text="Informal Gap Assessment", title="Access control")


def test_rows_name_what_speaks_against_a_claim() -> None:
    info = CatalogueInfo("cis", "CIS", "framework", "8", "CIS", (control("not satisfied", "a", "b"),))
    results = [Result("a", f"web{number}", Outcome.FAIL) for number in range(7)]
    results += [Result("b", "web1", Outcome.PASS), Result("c", "web1", Outcome.FAIL)]
    rows, (marked,) = against_claims([claim("5.4"), claim("9.9")], [info], results)

    assert rows[0]["verdict"] == "refuted"
    assert rows[0]["against"] == [f"a on web{number}" for number in range(5)]
    assert rows[0]["more"] == 2
    assert (rows[0]["measured"], rows[0]["title"], rows[0]["called"]) == ("not satisfied", "Control", "Access control")
    assert rows[1]["verdict"] == "not measurable"
    assert rows[1]["reason"] == "no profile of this run reports its catalogue"
    assert marked.controls[0].claimed == ("compliant (db.md:112, Informal Gap Assessment): refuted",)


def test_two_documents_may_contradict_each_other() -> None:
    info = CatalogueInfo(
        "cis", "CIS", "framework", "8", "CIS", (control("satisfied"), control("satisfied", number="1"))
    )
    rows, (marked,) = against_claims([claim("5.4"), claim("5.4", "planned", "b.md:1")], [info], [])

    assert [row["verdict"] for row in rows] == ["confirmed", "refuted"]
    assert len(marked.controls[0].claimed) == 2
    assert marked.controls[1].claimed == ()


@pytest.mark.parametrize(
    ("system", "verdict", "reason", "told"),
    [
        (
            "entra",
            "not measurable",
            "not measurable yet: no collector reads entra",
            "not measurable yet: no collector reads entra",
        ),
        ("postgres", "not measurable", "no target of platform postgres was assessed", "not measurable"),
        ("linux", "refuted", "because", "refuted"),
        ("", "refuted", "because", "refuted"),
    ],
)
def test_a_system_that_nothing_was_read_of_is_not_measurable(system: str, verdict: str, reason: str, told: str) -> None:
    info = CatalogueInfo("cis", "CIS", "framework", "8", "CIS", (control("not satisfied", "a"),))
    reach = Reach({"linux", "postgres"}, {"linux"})
    results = [Result("a", "web1", Outcome.FAIL)]
    ((row,), (marked,)) = against_claims([replace(claim("5.4"), system=system)], [info], results, reach)

    assert (row["system"], row["verdict"], row["reason"]) == (system, verdict, reason)
    assert row["against"] == (["a on web1"] if verdict == "refuted" else [])
    assert row["measured"] == ("not satisfied" if verdict == "refuted" else "")
    assert marked.controls[0].claimed == (f"compliant (db.md:112, Informal Gap Assessment): {told}",)
