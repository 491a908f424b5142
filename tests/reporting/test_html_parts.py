"""A large report divided: what index and pages hold, how they are named, and that nothing of an earlier one stays."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ReportError
from scanner.model.outcome import Outcome
from scanner.model.report import Counts, Report
from scanner.model.result import Result
from scanner.operations import reporting
from scanner.reporting import html as reporter
from scanner.reporting import html_findings, html_parts, table
from tests.support.arbitrary import any_report, texts
from tests.support.reports import clean, finding, finish, fleet, sample


def pages(report: Report) -> dict[str, str]:
    made = {}
    for name, writer in table.files(reporter, report):
        out = io.BytesIO()
        writer(out)
        made[name] = out.getvalue().decode()
    return made


def static(text: str) -> str:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", ""))).split())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_parts, "LIMIT", 10)


def test_a_report_that_fits_is_one_page() -> None:
    assert list(pages(sample())) == ["report.html"]


def test_the_limit_counts_findings_and_results() -> None:
    def counted(results: int, findings: int) -> Report:
        return replace(clean(), counts=Counts({Outcome.PASS: results}, findings={Outcome.FAIL: findings}))

    assert not html_parts.divided(counted(25_000, 25_000))
    assert html_parts.divided(counted(25_001, 0))
    assert html_parts.divided(counted(1, 25_001))
    assert html_findings.LIMIT >= html_parts.LIMIT, "a report in one page prints everything open"


@pytest.mark.usefixtures("small")
def test_index_and_pages_lead_to_each_other() -> None:
    made = pages(sample())

    assert list(made) == ["report/db01.html", "report/web01.html", "report.html"]
    assert set(re.findall(r'href="([^"#]+)"', made["report.html"])) == {"report/db01.html", "report/web01.html"}
    for name in ("report/db01.html", "report/web01.html"):
        assert set(re.findall(r'href="([^"#]+)"', made[name])) == {"../report.html"}


@pytest.mark.usefixtures("small")
def test_a_page_is_complete_in_itself() -> None:
    page = pages(sample())["report/db01.html"]
    said = static(page)

    assert "<h1>db01</h1>" in page
    assert "OPEN FAILURES At least one rule fails here" in said
    assert "Verdict on the whole run: FAIL , exit code 1." in said
    assert "Match user backup permitrootlogin is yes" in said
    assert "W12 OPS-311 in force" in said
    assert re.search(r"no longer failing db01 (\w+ )?sysrq_disabled", said)
    for others in ("web01", "web09", "W07", "ufw and nftables", "Sign-off", "Results by owner"):
        assert others not in said
    assert "10 of 10 results" not in said
    assert '"targets":["db01"]' in page


def test_a_page_counts_what_became_of_its_own_findings() -> None:
    told = sample()
    untold = {**told.gone[2], "target": "web01"}
    [db01, web01] = (part.states for _, part in html_parts.parts(replace(told, gone=(*told.gone, untold))))

    assert db01 == {"absent": 1, "new": 1, "unassessed": 1, "unchanged": 2}
    assert web01 == {"new": 1, "unassessed": 1}


@pytest.mark.usefixtures("small")
def test_the_index_tells_what_is_open_and_where() -> None:
    page = pages(sample())["report.html"]
    said = static(page)

    assert "This is its index: section 7 leads to a page for each target" in said
    assert "high sshd refuses root logins sshd_root_login_disabled fail 2 1 db01" in said
    assert "high Passwords are stored with a strong hash password_hashes_strong undecided 1 1 db01" in said
    assert "Sign-off" in said
    assert "W07 expired" in said
    assert 'id="island"' not in page


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.FAIL, "OPEN FAILURES"),
        (Outcome.ERROR, "UNDECIDED"),
        (Outcome.PASS, "NOTHING OPEN"),
        (Outcome.NOTAPPLICABLE, "NOT ASSESSED"),
    ],
)
@pytest.mark.usefixtures("small")
def test_a_page_says_how_its_target_stands(outcome: Outcome, word: str) -> None:
    made = pages(finish(clean(), tuple(Result(rule, "web01", outcome) for rule in clean().rules) * 2))

    assert f'<p class="word">{word}</p>' in made["report/web01.html"]
    assert ('class="banner pass"' in made["report/web01.html"]) is (outcome is Outcome.PASS)


@pytest.mark.usefixtures("small")
def test_what_the_inventory_does_not_name_is_led_to_and_never_looks_like_a_pass() -> None:
    extra = Result("ufw_enabled", "stranger", Outcome.PASS)
    made = pages(replace(sample(), results=(*sample().results, extra)))

    assert "Results of what is no target of the inventory: stranger" in static(made["report.html"])
    assert "NOT ASSESSED" in made["report/stranger.html"]


def test_one_stream_says_that_a_folder_would_hold_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_parts, "LIMIT", 10)
    out = io.BytesIO()
    reporter.write(sample(), out)

    assert "Written into a folder" in static(out.getvalue().decode())
    assert 'id="island"' in out.getvalue().decode()


def test_pages_are_made_one_target_at_a_time() -> None:
    parts = html_parts.parts(fleet(3, 4))

    assert [(name, len(list(report.results))) for name, report in parts] == [
        (f"report/host000{number}.html", 4) for number in range(3)
    ]


@given(st.lists(texts, min_size=2, max_size=8, unique=True))
def test_names_of_pages_are_safe_and_differ(targets: list[str]) -> None:
    names = [html_parts.name(target) for target in targets]

    assert len({name.casefold() for name in names}) == len(targets)
    assert all(re.fullmatch(r"report/[a-z0-9_-][a-z0-9._-]{0,90}\.html", name) for name in names)


def test_names_that_differ_in_case_alone_stay_apart() -> None:
    assert html_parts.name("db01") == "report/db01.html"
    assert re.fullmatch(r"report/db01-[0-9a-f]{16}\.html", html_parts.name("DB01"))


class Tags(HTMLParser):
    """Every tag with its attributes, as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [(tag, name, value or "") for name, value in attrs] or [(tag, "", "")]


@any_report
def test_any_report_divides_the_same_way_twice_and_lets_no_markup_in(report: Report) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html_parts, "LIMIT", -1)
        made = pages(report)

        assert pages(report) == made
    assert set(made) == {"report.html", *(html_parts.name(result.target) for result in report.results)}
    for text in made.values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        seen = Tags(text).seen
        assert not {tag for tag, *_ in seen} & {"img", "iframe", "object", "embed", "base", "form", "link"} - (
            {"form"} if 'id="island"' in text else set()
        )
        assert not [name for _, name, _ in seen if name.startswith("on") or name in {"style", "src", "srcdoc"}]
        assert all(
            re.fullmatch(r"#[a-z]+|\.\./report\.html|report/[a-z0-9._-]+\.html", value)
            for _, name, value in seen
            if name == "href"
        )
        assert text.count("<script") == text.count("</script>") == 1 + ('id="island"' in text)


def test_a_folder_holds_the_pages_of_this_report_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_parts, "LIMIT", 10)

    assert reporting.write_reports(sample(), ["html"], tmp_path) == [tmp_path / "report.html", tmp_path / "report"]
    (tmp_path / "report" / "mine.html").write_text("somebody's own")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["db01.html", "mine.html", "web01.html"]
    assert (tmp_path / "report" / "db01.html").stat().st_mode & 0o777 == 0o600

    only = replace(sample(), results=[one for one in sample().results if one.target == "web01"])
    reporting.write_reports(only, ["html"], tmp_path)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["mine.html", "web01.html"]

    (tmp_path / "report" / "mine.html").unlink()
    monkeypatch.undo()
    assert reporting.write_reports(sample(), ["html"], tmp_path) == [tmp_path / "report.html"]
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    "name", ["../x.html", "run.json", "report/../run.json", "report/a/b", "/etc/x", "report/.x", "report"]
)
def test_no_format_writes_elsewhere(name: str) -> None:
    with pytest.raises(ReportError, match=r"further files lie in report/"):
        reporting.check_part(name)


def test_a_finding_is_shown_with_the_hash_of_what_was_judged() -> None:
    one = finding("ufw_enabled", "web01", Outcome.FAIL, "f", {}, found="off")
    page = pages(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=(one,)),)))["report.html"]

    assert '<th scope="row">web01 (60303ae22b99)</th>' in page
    assert "manifest.json lies beside this file" in static(page)
    assert "controlproof verify BUNDLE --allowed-signers FILE" in static(page)


def test_the_matrix_counts_open_failures_by_severity() -> None:
    said = static(pages(sample())["report.html"])

    assert "Target State critical high medium low all undecided waived db01 assessed 0 1 0 0 1 1 1" in said
    assert "web09 excluded not assessed" in said


def test_findings_under_a_waiver_are_listed() -> None:
    said = static(pages(sample())["report.html"])

    assert (
        "Found Waiver Until db01 medium world_writable_files_absent fail /srv/agent/spool mode 0777 W12 J. Doe: Vendor "
        "appliance writes there 2027-02-01" in said
    )
