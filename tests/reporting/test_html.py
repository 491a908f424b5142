"""The auditor's report: what it must hold, what it must not, and how large it may grow."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from base64 import b64encode
from dataclasses import replace

import pytest

from scanner.model.outcome import Outcome, Severity
from scanner.model.report import Counts, Report, Verdict
from scanner.model.result import Result
from scanner.reporting import html as reporter
from scanner.reporting import html_findings, html_island
from scanner.reporting.html_view import SECTIONS
from tests.support.reports import RULES, TARGETS, clean, finding, finish, fleet, sample, unreachable


def page(report: Report) -> str:
    out = io.BytesIO()
    reporter.write(report, out)
    return out.getvalue().decode()


def static(text: str) -> str:
    """The text that prints: without style, scripts and tags."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", ""))).split())


def section(text: str, name: str) -> str:
    return text.partition(f'<section aria-labelledby="{name}"')[2].partition("</section>")[0]


def island(text: str) -> dict[str, list[object]]:
    return json.loads(text.partition('id="island">')[2].partition("</script>")[0])


def test_the_page_lets_in_only_its_own_style_and_script_by_hash() -> None:
    text = page(sample())
    policy = html.unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[0])
    style = re.findall(r"<style>(.*?)</style>", text, re.S)[0]
    script = re.findall(r"<script>(.*?)</script>", text, re.S)[0]

    def source(body: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(body.encode()).digest()).decode()}'"

    assert policy == (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_in_it_is_external() -> None:
    text = page(sample())

    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|\ssrc=|srcset", text)


def test_no_style_or_handler_stands_in_an_attribute() -> None:
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page(sample()))


def test_the_verdict_is_told_by_word_shape_and_colour() -> None:
    found = section(page(sample()), "verdict")

    assert '<div class="banner fail">' in found
    assert '<p class="word">FAIL</p>' in found
    assert "<svg" in found
    assert "exit code <strong>1</strong>" in found


@pytest.mark.parametrize("word", ["INCOMPLETE", "SOMETHING ELSE"])
def test_only_a_pass_looks_like_one(word: str) -> None:
    report = replace(sample(), verdict=Verdict(word, 3))

    assert '<div class="banner incomplete">' in section(page(report), "verdict")
    assert '<div class="banner pass">' in section(page(clean()), "verdict")


def test_nothing_assessed_has_no_percentage() -> None:
    text = static(page(unreachable()))

    assert "%" not in text
    assert "0/8 (nothing was assessed)" in text
    assert "Nothing was decided, so nothing could fail." in text


def test_an_empty_report_has_no_percentage_either() -> None:
    report = replace(finish(sample(), ()), counts=Counts(), targets={}, recovery={})

    assert "%" not in static(page(report))


def test_the_scope_tells_who_was_left_out_and_why() -> None:
    text = static(section(page(sample()), "scope"))

    assert "The inventory names 3 targets: 2 assessed, 1 excluded." in text
    assert "web09 excluded maintenance: disks are being replaced J. Doe 2026-12-01" in text


def test_what_was_not_assessed_is_grouped_by_privilege_and_reason() -> None:
    text = static(section(page(sample()), "undecided"))

    assert "root 1 1 password_hashes_strong db01" in text
    assert "chronyc tracking did not answer within 10 s 1 1 time_synchronised web01" in text
    assert "gdm3 is not installed 1 2 gdm_banner_set db01, web01" in text


def test_every_open_finding_prints_with_what_proves_it() -> None:
    text = static(section(page(sample()), "findings"))

    for part in (
        "critical The host firewall filters incoming traffic ufw_enabled",
        "Expected permitrootlogin is one of no",
        "How asked sshd -T -C user=root,host=db01,addr=192.0.2.1",
        "Evidence linux.sshd",
        "Remediation Set `PermitRootLogin no` in /etc/ssh/sshd_config.d/ and reload ssh.",
        "db01 (9f86d081884c) Match user backup permitrootlogin is yes permitrootlogin is yes, which is not one of: no, at /etc/ssh/sshd_config:122 new",
        "Needs root",
        "chronyc tracking did not answer within 10 s",
    ):
        assert part in text
    assert "/srv/agent/spool" not in text, "a waived finding is not open"


def test_findings_print_worst_first() -> None:
    text = section(page(fleet(3, 60)), "findings").partition('<h3><span class="mark unknown">')[0]
    found = re.findall(r'<span class="sev (\w+)">', text)

    assert found == sorted(found, key=lambda word: Severity(word).rank)
    assert set(found) == set(Severity)


def test_what_rows_do_not_share_stands_in_the_rows() -> None:
    rows = tuple(
        finding(
            "ufw_enabled", "web01", Outcome.FAIL, "f", {"k": word}, expected=f"expected {word}", asked=f"ask {word}"
        )
        for word in ("one", "two")
    )
    text = static(
        section(page(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),))), "findings")
    )

    assert "web01 (60303ae22b99) one expected one ask one" in text
    assert "web01 (60303ae22b99) two expected two ask two" in text


def test_controls_show_determination_reason_and_claim() -> None:
    text = static(section(page(sample()), "controls"))

    assert "3.11 Sensitive data at rest is encrypted IG2, IG3 partly evaluated 1 result is undecided" in text
    assert "compliant (db.md:112, Informal Gap Assessment)" in text
    assert "IG1 5 0 1 3" in text
    assert "18.1 Penetration tests follow a programme IG2, IG3 not evaluated no rule measures it" in text


def test_only_satisfied_controls_look_like_a_pass() -> None:
    found = re.findall(r'<span class="mark (\w+)">([^<]+)</span>', section(page(sample()), "controls"))

    assert {said: kind for kind, said in found} == {
        "not satisfied": "fail",
        "attested": "attested",
        "mapped rules pass (partial coverage)": "part",
        "partly evaluated": "unknown",
        "not evaluated": "notchecked",
        "not applicable": "notapplicable",
    }


def test_targets_tell_how_they_were_reached() -> None:
    text = static(section(page(sample()), "targets"))

    assert "web01 Debian GNU/Linux 12 192.0.2.20:22 scan, as root ED25519 SHA256:hG3e" in text
    assert "-31.0 s" in text
    assert "whole run 3 1 1 9 2 2 2 1 10/12 (83.3 %) 7/12 (58.3 %)" in text


def test_the_register_has_waivers_in_force_and_expired_ones() -> None:
    text = static(section(page(sample()), "waivers"))

    assert "W12 OPS-311 in force world_writable_files_absent db01, /srv/agent/spool Vendor appliance" in text
    assert "W07 expired sysrq_disabled env=prod" in text


def test_manual_checks_tell_what_is_due_and_what_was_stated() -> None:
    text = static(section(page(sample()), "manual"))

    assert "The dated record of a restore test, with the time it took and who watched. 2: db01, web01" in text
    assert "All staff attended the yearly training. A. Smith 2026-11-01 2027-11-01 training.pdf e3b0c442" in text


def test_change_never_calls_the_unassessed_mended() -> None:
    text = static(section(page(sample()), "change"))

    assert "last seen 2026-11-12 02:00:09 UTC, not assessed now web09 medium world_writable_files_absent" in text
    assert "no longer failing db01 low sysrq_disabled" in text


def test_record_reading_guide_and_sign_off_are_there() -> None:
    text = page(sample())

    assert "7d3f0c7c21b8a7d2" in section(text, "record")
    assert "Wins over 3. this run" in static(section(text, "reading"))
    assert "Prepared by Reviewed by Accepted by" in static(section(text, "signoff"))


def test_every_section_has_its_heading_and_its_place_in_the_contents() -> None:
    text = page(sample())
    links = re.findall(r'<li><a href="#(\w+)">', text)

    assert links == [name for name, _ in SECTIONS if name != "overview"], "the index alone has an overview"
    assert re.findall(r'<h2 id="(\w+)">', text) == links
    assert not re.findall(r"<th(?![^>]* scope=)[ >]", text)
    assert text.startswith('<!doctype html>\n<html lang="en">')


def test_a_long_list_is_cut_with_the_number_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_findings, "LIMIT", 1)
    monkeypatch.setattr(html_island, "LIMIT", 4)
    text = page(sample())

    assert "4 findings of the least severe are left out of this list" in static(section(text, "findings"))
    assert "16 results of the least severe decided ones are left out of this page" in static(section(text, "results"))
    assert len(island(text)["rows"]) == 4


def test_the_printed_findings_of_one_result_are_bounded_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    number = html_findings.APART + 50
    rows = tuple(
        finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": f"row-{n}"}, found="bad") for n in range(number)
    )
    report = finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),))
    text = static(section(page(report), "findings"))

    assert text.count("(60303ae22b99) row-") == number, "all of them, as long as everything fits"

    monkeypatch.setattr(html_findings, "LIMIT", number - 1)
    text = static(section(page(report), "findings"))

    assert text.count("(60303ae22b99) row-") == html_findings.APART
    assert "50 more findings of this rule there are in the CSV and the run's own files" in text


def test_a_sentence_that_only_repeats_is_left_out_of_the_table() -> None:
    plain = finding(
        "ufw_enabled", "web01", Outcome.FAIL, "f", {}, expected="on", found="off", reason="off (required: on)"
    )
    text = static(
        section(page(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=(plain,)),))), "findings")
    )

    assert "Expected on" in text
    assert "Target (evidence file) Found web01 (60303ae22b99) off" in text


def test_a_remediation_keeps_its_lines() -> None:
    rules = {**RULES, "ufw_enabled": replace(RULES["ufw_enabled"], remediation="ufw allow ssh\nufw enable")}

    assert '<dd class="lines" data-copied="the remediation">ufw allow ssh\nufw enable</dd>' in page(
        replace(sample(), rules=rules)
    )


def test_the_island_keeps_the_findings_of_one_result_bounded() -> None:
    rows = tuple(finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": str(number)}) for number in range(250))
    found = island(page(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=rows),))))

    assert len(found["rows"][0][6]) == html_island.FINDINGS + 1  # type: ignore[index]
    assert "150 more findings are in the other formats" in found["texts"]


def test_the_island_cannot_end_its_element() -> None:
    bad = finding("ufw_enabled", "web01", Outcome.FAIL, "f", {"k": "</script><!--"}, found="</SCRIPT >")
    text = page(finish(sample(), (Result("ufw_enabled", "web01", Outcome.FAIL, findings=(bad,)),)))
    body = text.partition('id="island">')[2].partition("</script>")[0]

    assert "<" not in body
    assert "</script><!--" in json.loads(body)["texts"]


def test_not_selected_targets_are_named() -> None:
    targets = {**TARGETS, "far01": replace(TARGETS["web09"], id="far01", state="not selected")}

    assert "Not selected for this run: far01" in static(section(page(replace(sample(), targets=targets)), "scope"))


def test_equal_findings_of_several_targets_share_a_line_which_names_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def report(*found: str) -> Report:
        told = {f"host{number}": said for number, said in enumerate(found)}
        targets = {name: replace(TARGETS["web01"], id=name, evidence_sha256=name * 4) for name in told}
        rows = {name: finding("ufw_enabled", name, Outcome.FAIL, "f", {}, found=said) for name, said in told.items()}
        results = [Result("ufw_enabled", name, Outcome.FAIL, findings=(row,)) for name, row in rows.items()]
        return finish(replace(sample(), targets=targets), tuple(results))

    text = static(section(page(report("off", "none", "off", "off")), "findings"))

    assert "host0 (host0host0ho), host2 (host2host2ho), host3 (host3host3ho) off host1 (host1host1ho) none" in text

    monkeypatch.setattr(html_findings, "TOGETHER", 60)
    text = static(section(page(report(*["off"] * 5)), "findings"))

    assert "host0 (host0host0ho), host1 (host1host1ho) off host2 (host2host2ho), host3 (host3host3ho) off host4" in text


def test_a_line_of_targets_is_never_cut() -> None:
    text = static(section(page(fleet(400, 1, (Outcome.ERROR,))), "findings"))

    assert len(re.findall(r"host\d{4} \(9f86d081884c\)", text)) == 400


def test_ten_thousand_findings_stay_below_four_megabytes_and_are_quickly_read() -> None:
    for rules, alike, elements in ((250, False, 65_000), (25, True, 4_500)):
        text = page(fleet(40, rules, (Outcome.FAIL,), alike=alike))

        assert len(text.encode()) < 4_000_000
        assert len(re.findall(r"<[a-z]", text)) < elements, (
            "a browser opens it in about the time that it needs for these"
        )


def test_only_with_a_script_that_goes_on_is_anything_laid_out_later() -> None:
    style = page(sample()).partition("<style>")[2].partition("</style>")[0]
    held = style.partition("@media screen and (scripting: enabled) {")[2].partition("\n}")[0]

    assert (
        style.count("content-visibility: auto")
        == held.count("content-visibility: auto")
        == held.count(":not(.laid)")
        == 2
    )
