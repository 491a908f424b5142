"""In a real browser: the page works, restores its state, and runs nothing that a host or a file planted."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.reporting import html as reporter
from scanner.reporting import html_parts, table
from tests.support.arbitrary import poisoned
from tests.support.axe import broken
from tests.support.browser import Page
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


def divided(report: Report, place: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Write a report as if it were too large for one page: the pages, the index last."""
    monkeypatch.setattr(html_parts, "LIMIT", 1)
    pages = []
    for name, writer in table.files(reporter, report):
        page = place / name
        page.parent.mkdir(exist_ok=True)
        with page.open("wb") as out:
            writer(out)
        pages.append(page)
    return pages


def without_policy(page: Path) -> None:
    text, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    assert removed == 1
    page.write_text(text, encoding="utf-8")


@pytest.mark.server
@pytest.mark.parametrize("policy", [True, False], ids=["as written", "without the content policy"])
def test_planted_markup_does_not_run(browser: Page, tmp_path: Path, *, policy: bool) -> None:
    report = poisoned(sample(), " ".join(ATTACKS))
    browser.open(save(report, tmp_path, policy=policy))
    document = browser.document()

    assert title(document).startswith("FAIL")
    assert "<img" not in document
    assert "<iframe" not in document
    assert "results fit" in document, "the page's own script ran to its end"


@pytest.mark.server
def test_planted_markup_runs_in_no_page_of_a_divided_report(
    browser: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = " ".join((*ATTACKS, "\x1b]0;owned\x07", "\u202edenwo"))
    base = poisoned(sample(), poison)
    # Names of targets are keys, which poisoned() leaves as they are.
    targets = {name + poison: info for name, info in base.targets.items()}
    *parts, index = divided(replace(base, targets=targets), tmp_path, monkeypatch)
    for page in (*parts, index):
        without_policy(page)
        browser.open(page)
        document = browser.document()

        assert title(document) != "owned"
        assert "compliance report" in title(document)
        assert not re.search(r"<(img|iframe)|\x1b|\u202e", document)
    links = re.findall(r'href="([^"#]+)"', index.read_text(encoding="utf-8"))
    assert links
    assert {re.sub(r"[a-z0-9._/-]", "", link) for link in links} == {""}
    assert {tmp_path / link for link in links} == set(parts)


@pytest.mark.server
def test_the_page_breaks_no_rule_of_accessibility(browser: Page, tmp_path: Path) -> None:
    assert broken(browser, save(sample(), tmp_path)) == []


@pytest.mark.server
def test_a_divided_report_breaks_no_rule_of_accessibility(
    browser: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, *_, index = divided(sample(), tmp_path, monkeypatch)

    assert broken(browser, part) == []
    assert broken(browser, index) == []


@pytest.mark.server
def test_the_witness_of_accessibility_would_see_a_nameless_button_and_pale_words(browser: Page, tmp_path: Path) -> None:
    page = save(sample(), tmp_path, policy=False)
    text = page.read_text(encoding="utf-8")
    pale = "<style>#pale { color: #777 } @media (prefers-color-scheme: light) { #pale { color: #000 } }</style>"
    page.write_text(text.replace("</main>", f'{pale}<button></button><p id="pale">dark</p></main>'), encoding="utf-8")

    assert {rule for rule, *_ in broken(browser, page)} == {"button-name", "color-contrast"}


def squeezed(text: str) -> str:
    """Text without white space: where lines break on paper says nothing."""
    return re.sub(r"\s+", "", text)


@pytest.mark.server
def test_paper_loses_nothing_that_is_open_or_waived(browser: Page, tmp_path: Path) -> None:
    report = sample()
    browser.open(save(report, tmp_path))
    paper = squeezed(browser.printed(tmp_path))

    for result in report.results:
        for one in result.findings:
            if one.outcome is Outcome.FAIL or one.outcome.undecided:
                for said in (result.target, one.resource, one.found, one.source, one.needs, one.asked, one.evidence):
                    # A path may be broken at a slash or hyphen and go on in the next line of its cell, with words of other cells between.
                    assert one.waived or all(part in paper for part in re.split(r"[\s/-]+", said)), said
            if one.waived:
                # Cells of several lines stand line by line in the text, so their words are looked for.
                told = (one.waived.id, one.waived.reason, one.waived.expires, one.resource, one.found)
                for said in " ".join(told).split():
                    assert said in paper, said
        if result.outcome is Outcome.NOTAPPLICABLE:
            assert squeezed(result.reason) in paper, "what is folded on screen is open on paper"
    for entry in (*report.waivers, *report.attestations, *report.claims):
        for said in (entry.get("reason"), entry.get("statement"), entry.get("compensating"), entry.get("verdict")):
            assert all(word in paper for word in (said or "").split()), said


@pytest.mark.server
def test_paper_holds_every_failure_of_a_fleet_with_heads_repeated_and_nothing_cut(
    browser: Page, tmp_path: Path
) -> None:
    report = fleet(40, 12, (Outcome.FAIL,), alike=False)
    browser.open(save(report, tmp_path))
    boxes = browser.printed(tmp_path, "-bbox")
    words = [html.unescape(word) for word in re.findall(r"<word [^>]*>([^<]*)</word>", boxes)]
    paper = "".join(words)
    pages = re.split(r"<page ", boxes)[1:]
    width = float(re.findall(r'width="([\d.]+)"', pages[0])[0])

    for result in report.results:
        for one in result.findings:
            assert f"{result.target}(9f86d081884c){squeezed(one.resource + one.found)}" in paper
            assert squeezed(one.source) in paper
    assert width < 600, "A4 upright"
    assert max(float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)) < width - 20
    assert min(float(edge) for edge in re.findall(r'xMin="([\d.]+)"', boxes)) > 20
    # A table that goes on says its columns again: pages whose first words are a row would tell otherwise.
    inside = [page for page in pages if page.count(">host00") > 25]
    assert inside
    assert all(">Target<" in page for page in inside)


@pytest.mark.server
def test_a_narrow_window_scrolls_tables_and_not_the_page(browser: Page, tmp_path: Path) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=400, height=900, deviceScaleFactor=1, mobile=False)
    try:
        browser.open(save(sample(), tmp_path))

        assert browser.ask("document.documentElement.scrollWidth") <= 400
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.mark.server
def test_every_row_can_be_opened_and_copied(browser: Page, tmp_path: Path) -> None:
    browser.open(save(sample(), tmp_path))
    browser.ask("for (const one of document.querySelectorAll('#table .open')) one.click()")
    browser.ask("navigator.clipboard.writeText = async (said) => { document.title = said; }")
    browser.ask("document.querySelector('#table .more .copy').click()")

    assert browser.ask("document.querySelectorAll('.more').length") == 20
    assert browser.ask("document.title") == "Set it and reload."


@pytest.mark.server
def test_the_results_are_paged_and_counted(browser: Page, tmp_path: Path) -> None:
    browser.open(save(fleet(5, 100), tmp_path))
    document = browser.document()

    assert "500 of 500 results fit, 1 to 200 below." in document
    assert document.partition('id="table"')[2].partition("</table>")[0].count("<tr>") == 201
    assert "Page 1 of 3" in document


@pytest.mark.server
def test_the_address_restores_filters_and_page(browser: Page, tmp_path: Path) -> None:
    browser.open(save(fleet(5, 100), tmp_path), "#results?outcome=fail&severity=high&q=host0001+sshd&status=open")
    document = browser.document()
    table = document.partition('id="table"')[2].partition("</table>")[0]

    assert re.search(r"\d+ of 500 results fit", document)
    assert set(re.findall(r'<th scope="row">(\w+)</th>', table)) == {"host0001"}
    assert set(re.findall(r'class="mark (\w+)"', table)) == {"fail"}
    assert set(re.findall(r'class="sev (\w+)"', table)) == {"high"}
    assert 'data-outcome="fail" aria-pressed="true"' in document


@pytest.mark.server
def test_an_address_that_fits_nothing_shows_nothing(browser: Page, tmp_path: Path) -> None:
    browser.open(save(sample(), tmp_path), "#results?q=%3Cimg%20src%3Dx%3E&page=-7&outcome=x")
    document = browser.document()

    assert "0 of 20 results fit." in document
    assert "<img" not in document
