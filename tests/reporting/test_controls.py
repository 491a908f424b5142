"""Controls and safeguards as spreadsheets: what an auditor's statement and CIS CSAT need, and nothing that was not measured."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import CatalogueInfo, ControlStatus, Ratio, Report
from scanner.reporting import csat, table
from tests.support.reports import CIS, sample

ISO = CatalogueInfo(
    "iso-27001-2022",
    "Annex A",
    "framework",
    "2022",
    "ISO",
    (
        ControlStatus(
            "iso-27001-2022",
            "A.5.15",
            "Rules for access",
            "not evaluated",
            "no rule measures it",
            supported_by=(f"{CIS}/14.1", "own/1"),
            attributes={"section": "A.5 Organisation"},
        ),
        ControlStatus("iso-27001-2022", "A.7.4", "Premises watched", "not applicable", "no premises of our own"),
    ),
    {CIS: "own: our reading (2026-11)"},
)


def report() -> Report:
    made = sample()
    register = [
        {"control": f"{CIS}/18.1", "used": 1, "on": "2026-10-01"},
        {"control": f"{CIS}/18.1", "used": 2, "on": "2026-11-01"},
        {"control": f"{CIS}/4.4", "used": 0, "on": "2026-11-02"},
    ]
    return replace(made, catalogues=(*made.catalogues, ISO), attestations=tuple(register))


def rows(name: str, made: Report) -> list[dict[str, str]]:
    out = io.BytesIO()
    table.open_reporter(name).write(made, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_every_control_of_every_framework_has_a_line() -> None:
    made = report()
    found = {(row["catalogue"], row["control"]): row for row in rows("controls", made)}

    assert len(found) == sum(len(each.controls) for each in made.catalogues)
    failed = found[CIS, "4.4"]
    assert (failed["determination"], failed["fail"], failed["pass"], failed["unknown"]) == (
        "not satisfied",
        "1",
        "1",
        "0",
    )
    assert (failed["applicable targets"], failed["passing targets"], failed["rules cover"]) == ("2", "1", "part")
    assert (failed["applicable"], failed["groups or level"], failed["date"]) == ("yes", "IG1, IG2, IG3", "2026-11-20")
    assert found[CIS, "3.11"]["claimed"] == "compliant (db.md:112, Informal Gap Assessment)"
    supported = found["iso-27001-2022", "A.5.15"]
    assert supported["supported by"] == f"{CIS}/14.1, own/1"
    assert supported["mapping"] == f"{CIS} own: our reading (2026-11); own of unknown source"
    assert (supported["section"], supported["date"]) == ("A.5 Organisation", "")


def test_a_statement_of_applicability_gives_the_reason() -> None:
    found = {row["control"]: row for row in rows("controls", report())}

    assert (found["A.7.4"]["applicable"], found["A.7.4"]["reason"]) == ("no", "no premises of our own")
    assert found["A.7.4"]["determination"] == "not applicable"


def test_csat_has_the_safeguards_alone_and_says_what_is_not_measured() -> None:
    found = {row["safeguard"]: row for row in rows("csat", report())}

    assert list(found) == ["3.3", "3.11", "4.4", "4.8", "5.4", "14.1", "18.1"]
    assert {row[name] for row in found.values() for name in row if name in csat.COLUMNS[10:13]} == {"not measured"}
    assert (found["4.4"]["percent"], found["4.4"]["score: implemented"], found["4.4"]["check"]) == (
        "50.0",
        "3",
        "automated",
    )
    assert found["14.1"]["check"] == "attested"
    assert (found["18.1"]["check"], found["18.1"]["date"]) == ("attested", "2026-11-01")
    assert (found["18.1"]["percent"], found["18.1"]["score: implemented"], found["18.1"]["rules cover"]) == (
        "",
        "",
        "none",
    )


def test_what_measured_and_a_person_attested_says_both() -> None:
    made = report()
    register = ({"control": f"{CIS}/4.4", "used": 1, "on": "2026-11-02"},)
    found = {row["safeguard"]: row for row in rows("csat", replace(made, attestations=register))}

    assert (found["4.4"]["check"], found["4.4"]["date"]) == ("automated and attested", "2026-11-20")
    assert found["18.1"]["check"] == "none"


def test_a_safeguard_that_does_not_apply_has_no_share() -> None:
    made = report()
    control = ControlStatus(
        CIS, "4.4", "T", "not applicable", "why", ("ufw_enabled",), "part", {Outcome.FAIL: 1}, 0, Ratio(0, 2)
    )
    found = rows("csat", replace(made, catalogues=(replace(made.catalogues[0], controls=(control,)),)))

    assert [found[0][name] for name in ("applicable", "applicable targets", "percent", "score: implemented")] == [
        "no",
        "0",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("part", "whole", "percent", "score"),
    [
        (0, 0, "", ""),
        (0, 7, "0.0", "1"),
        (1, 5, "20.0", "1"),
        (21, 100, "21.0", "2"),
        (2, 5, "40.0", "2"),
        (41, 100, "41.0", "3"),
        (3, 5, "60.0", "3"),
        (61, 100, "61.0", "4"),
        (4, 5, "80.0", "4"),
        (81, 100, "81.0", "5"),
        (1999, 2000, "99.9", "5"),
        (7, 7, "100.0", "5"),
    ],
)
def test_scores_are_fifths_and_all_means_all(part: int, whole: int, percent: str, score: str) -> None:
    assert (csat.percent(Ratio(part, whole)), csat.score(Ratio(part, whole))) == (percent, score)


def test_other_formats_name_the_source_of_a_mapping() -> None:
    for name in ("markdown", "html", "sarif-full", "oscal", "hdf"):
        out = io.BytesIO()
        table.open_reporter(name).write(report(), out)
        text = out.getvalue().decode()
        assert "own: our reading (2026-11)" in text, name
        assert "no premises of our own" in text, name
        assert f"{CIS}/14.1" in text, name


def test_rules_lead_on_to_what_their_controls_support() -> None:
    made = sample()
    rule = replace(made.rules["ufw_enabled"], supports={"nist-800-53-r5": ("SC-7",), CIS: ("4.5",)})
    nist = CatalogueInfo("nist-800-53-r5", "SP 800-53", "framework", "5", "NIST")
    made = replace(made, rules={**made.rules, "ufw_enabled": rule}, catalogues=(*made.catalogues, nist))
    out = io.BytesIO()
    table.open_reporter("hdf").write(made, out)

    text = out.getvalue().decode()
    assert '"nist": ["SC-7"]' in text
    assert f'"{CIS}": ["4.4", "4.5"]' in text
    out = io.BytesIO()
    table.open_reporter("sarif-full").write(made, out)
    assert '"id": "SC-7"' in out.getvalue().decode().replace('"id":"', '"id": "')
