"""In a real browser: the page works, restores its state, and runs nothing that a host or a file planted."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from scanner.model.report import Report
from scanner.reporting import html as reporter
from tests.support.arbitrary import poisoned
from tests.support.browser import rendered
from tests.support.reports import fleet, sample

ATTACKS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "'><iframe srcdoc=\"<script>parent.document.title='owned'</script>\">",
    "</title></style></script><script>document.title='owned'</script><!--",
    "{{ ''.__class__ }}{% include 'report.css' %}",
    "javascript:document.title='owned'",
)


def save(report: Report, place: Path, *, policy: bool = True) -> Path:
    out = io.BytesIO()
    reporter.write(report, out)
    text = out.getvalue().decode()
    if not policy:
        text, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        assert removed == 1
    page = place / "report.html"
    page.write_text(text, encoding="utf-8")
    return page


def title(document: str) -> str:
    return re.findall(r"<title>(.*?)</title>", document, re.S)[0]


@pytest.mark.server
@pytest.mark.parametrize("policy", [True, False], ids=["as written", "without the content policy"])
def test_planted_markup_does_not_run(tmp_path: Path, *, policy: bool) -> None:
    report = poisoned(sample(), " ".join(ATTACKS))
    document = rendered(save(report, tmp_path, policy=policy), tmp_path / "profile")

    assert title(document).startswith("FAIL")
    assert "<img" not in document
    assert "<iframe" not in document
    assert "results fit" in document, "the page's own script ran to its end"


@pytest.mark.server
def test_the_results_are_paged_and_counted(tmp_path: Path) -> None:
    document = rendered(save(fleet(5, 100), tmp_path), tmp_path / "profile")

    assert "500 of 500 results fit, 1 to 200 below." in document
    assert document.partition('id="table"')[2].partition("</table>")[0].count("<tr>") == 201
    assert "Page 1 of 3" in document


@pytest.mark.server
def test_the_address_restores_filters_and_page(tmp_path: Path) -> None:
    page = save(fleet(5, 100), tmp_path)
    document = rendered(page, tmp_path / "profile", "#results?outcome=fail&severity=high&q=host0001+sshd&status=open")
    table = document.partition('id="table"')[2].partition("</table>")[0]

    assert re.search(r"\d+ of 500 results fit", document)
    assert set(re.findall(r'<th scope="row">(\w+)</th>', table)) == {"host0001"}
    assert set(re.findall(r'class="mark (\w+)"', table)) == {"fail"}
    assert set(re.findall(r'class="sev (\w+)"', table)) == {"high"}
    assert 'data-outcome="fail" aria-pressed="true"' in document


@pytest.mark.server
def test_an_address_that_fits_nothing_shows_nothing(tmp_path: Path) -> None:
    document = rendered(
        save(sample(), tmp_path), tmp_path / "profile", "#results?q=%3Cimg%20src%3Dx%3E&page=-7&outcome=x"
    )

    assert "0 of 20 results fit." in document
    assert "<img" not in document
