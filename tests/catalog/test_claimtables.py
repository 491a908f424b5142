"""Tables of documents are read as people write them, and nothing in them is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.files.claimtables import claims_in
from scanner.model.errors import Problem
from scanner.model.suppression import Claim

HEAD = "| CIS Control | Implementation Status | Evidence Location | Assessment Date |\n|---|---|---|---|\n"


def read(text: str) -> tuple[list[Claim], list[str]]:
    problems: list[Problem] = []
    found = claims_in("db.md", text, "cis-controls-v8.1", problems)
    return found, [str(problem) for problem in problems]


def test_a_row_becomes_a_claim_with_its_place() -> None:
    text = "# Title\n\nWords.\n\n" + HEAD + "| 3.11 Encryption at rest | ✅ Compliant | [LUKS](x.md) | 2026-03-01 |\n"
    (found,), problems = read(text)

    assert problems == []
    assert found == Claim(
        "cis-controls-v8.1/3.11", "compliant", "db.md:7 (LUKS)", "2026-03-01", "", "db.md", 7, "Encryption at rest"
    )


@pytest.mark.parametrize(
    ("cell", "numbers", "title"),
    [
        ("8.2", ["8.2"], ""),
        ("**8.2** Audit trail", ["8.2"], "Audit trail"),
        ("CIS Control 3.3: Access", ["3.3"], "Access"),
        ("CIS v8 11.4, 11.5 Recovery", ["11.4", "11.5"], "Recovery"),
        ("CIS 6.1 and 6.2", ["6.1", "6.2"], ""),
        ("Safeguard 5.4 – Admins", ["5.4"], "Admins"),
        ("4 Secure configuration", ["4"], "Secure configuration"),
        ("A.8.13 Backup", ["A.8.13"], "Backup"),
    ],
)
def test_numbers_and_titles_as_people_write_them(cell: str, numbers: list[str], title: str) -> None:
    found, problems = read(HEAD + f"| {cell} | Implemented | | |\n")

    assert problems == []
    assert [each.control.partition("/")[2] for each in found] == numbers
    assert {each.title for each in found} == {title}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Implemented", "compliant"),
        ("Fully implemented", "compliant"),
        ("✅", "compliant"),
        ("✅ Implemented", "compliant"),
        ("Partially implemented", "partial"),
        ("Partial (no standby)", "partial"),
        ("Planned (Q4)", "planned"),
        ("In progress", "planned"),
        ("TBD", "planned"),
        ("Not implemented", "non-compliant"),
        ("Non-compliant", "non-compliant"),
        ("❌", "non-compliant"),
        ("N/A", "not-applicable"),
        ("Not applicable", "not-applicable"),
    ],
)
def test_statuses_as_people_write_them(words: str, status: str) -> None:
    (found,), problems = read(HEAD + f"| 3.3 | {words} | | |\n")

    assert (found.status, problems) == (status, [])


def test_what_cannot_be_read_is_named_and_not_guessed() -> None:
    found, problems = read(HEAD + "| Backups | Implemented | | |\n| 3.3 | good enough | | |\n| | | | |\n")

    assert found == []
    assert problems == [
        "db.md:3: no control's number in 'Backups' (write the number first, such as 3.11 Encrypt data at rest)",
        (
            "db.md:4: the status 'good enough' is not known "
            "(write compliant, partial, planned, non-compliant or not applicable)"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "day", "words"), [("TBD", "", "TBD"), ("", "", "no date"), ("01.03.2026", "2026-03-01", "")]
)
def test_a_date_that_is_none_stays_text(text: str, day: str, words: str) -> None:
    (found,), _ = read(HEAD + f"| 3.3 | Implemented | - | {text} |\n")

    assert (found.date, found.date_text, found.source) == (day, words, "db.md:3")


def test_other_tables_are_passed_over() -> None:
    assert read("| Name | Value |\n|---|---|\n| 3.3 | Implemented |\n\nNo table: 3.3 Implemented\n") == ([], [])


@given(st.text(max_size=400))
def test_odd_documents_raise_nothing(text: str) -> None:
    read(text)
    read(HEAD + text)
