"""The report by keyboard alone, and as a screen reader is told of it: keys are really pressed, in a real browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from scanner.model.outcome import Outcome
from scanner.model.report import Report
from scanner.reporting import html as reporter
from tests.support.browser import Page
from tests.support.reports import fleet, sample

pytestmark = pytest.mark.server

FOCUS = """
(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const around = one.parentElement.closest(".scroll, section, nav, body").getBoundingClientRect();
  const ring = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
  return {
    said: (one.id || one.getAttribute("aria-label") || one.textContent).trim().split("\\n")[0],
    at: all.indexOf(one),
    ringed: one.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    shown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
    whole: box.left - ring >= around.left && box.right + ring <= around.right,
  };
})()
"""
ALL = """
globalThis.all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility({ contentVisibilityAuto: false }) && !one.disabled);
all.length
"""


def opened(browser: Page, place: Path, report: Report) -> Page:
    out = io.BytesIO()
    reporter.write(report, out)
    page = place / "report.html"
    page.write_bytes(out.getvalue())
    browser.open(page)
    browser.ask(ALL)
    return browser


def focus(page: Page) -> dict[str, Any]:
    """Tell what has the focus; it must be drawn around and lie in the window."""
    found = page.ask(FOCUS)
    assert found is not None, "nothing has the focus"
    assert found["ringed"], f"{found['said']}: no ring"
    assert found["shown"], f"{found['said']}: outside of the window"
    return dict(found)


def to(page: Page, identity: str) -> None:
    """Press Tab until the element of this id has the focus."""
    for _ in range(200):
        page.press("Tab")
        if page.ask("document.activeElement.id") == identity:
            return
    pytest.fail(f"Tab never came to {identity}")


def test_tab_reaches_everything_in_its_order_and_comes_out_again(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, sample())
    number = page.ask("all.length")
    seen = []
    for _ in range(number):
        page.press("Tab")
        found = focus(page)
        assert found["whole"], f"{found['said']}: its ring is cut"
        seen.append(found["at"])

    assert number > 60
    assert seen == list(range(number))

    page.press("Tab")
    assert page.ask("document.activeElement === document.body"), "no trap holds the focus at the end"
    page.press("Tab", shift=True)
    assert focus(page)["at"] == number - 1


def test_the_first_stop_skips_the_contents(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, sample())
    assert page.ask("document.querySelector('.skip').getBoundingClientRect().right") < 0
    page.press("Tab")
    assert focus(page)["said"] == "Skip to the verdict"

    page.press("Enter")
    assert page.ask("location.hash") == "#verdict"
    page.press("Tab")
    assert page.ask("Boolean(document.activeElement.closest('main'))"), "the next stop lies behind the contents"


def test_a_line_of_the_contents_leads_to_its_section(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, fleet(5, 40, (Outcome.FAIL,)))
    for name in ("results", "signoff", "findings"):
        page.ask(f"document.querySelector('nav a[href=\"#{name}\"]').focus()")
        page.press("Enter")
        page.idle()
        top = page.ask(f"document.getElementById('{name}').getBoundingClientRect().top")
        assert -1 <= top < page.ask("innerHeight"), f"{name} is at {top}"


def test_filters_are_worked_by_keys(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, sample())
    page.ask("document.querySelector('nav a[href=\"#results\"]').focus()")
    page.press("Enter")
    stops = []
    while not stops or stops[-1] != "All results":
        page.press("Tab")
        stops.append(focus(page)["said"])
    outcomes = ["fail 3", "error 1", "unknown 1", "pass 9", "notchecked 2", "notapplicable 2", "informational 2"]
    assert stops == [*outcomes, "waived 1", "q", "severity", "target", "status", "clear", "link", "All results"]

    for _ in range(len(stops) - 1):
        page.press("Tab", shift=True)
    assert focus(page)["said"] == "fail 3"
    page.press("Space")
    assert page.ask("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.ask("document.getElementById('shown').textContent") == "3 of 20 results fit, 1 to 3 below."
    page.press("Tab")
    page.press("Enter")
    assert page.ask("document.getElementById('shown').textContent") == "4 of 20 results fit, 1 to 4 below."

    to(page, "q")
    page.write("web01")
    page.ask("new Promise((done) => setTimeout(done, 250))")
    assert page.ask("document.getElementById('shown').textContent") == "2 of 20 results fit, 1 to 2 below."
    assert "q=web01" in page.ask("location.hash")
    page.press("Escape")
    page.ask("new Promise((done) => setTimeout(done, 250))")
    assert page.ask("document.getElementById('q').value") == ""
    assert page.ask("document.getElementById('shown').textContent").startswith("4 of 20")

    to(page, "severity")
    page.press("ArrowDown")
    assert page.ask("document.activeElement.value") == "critical"
    assert page.ask("document.getElementById('shown').textContent").startswith("1 of 20")
    to(page, "clear")
    page.press("Enter")
    page.ask("new Promise((done) => setTimeout(done, 50))")
    assert page.ask("document.getElementById('shown').textContent").startswith("20 of 20")
    assert page.ask("location.hash") == "#results"


def test_details_open_copy_and_close_by_keys(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, sample())
    page.ask("navigator.clipboard.writeText = async (said) => { globalThis.taken = said; }")
    watch = "new MutationObserver(() => told.push(document.activeElement.textContent))"
    page.ask(f"globalThis.told = []; {watch}.observe(document.body, {{ subtree: true, characterData: true }})")
    page.ask("document.querySelector('#table').parentElement.focus()")
    page.press("Tab")
    assert focus(page)["said"] == "Show details of ufw_enabled on web01"
    page.press("Enter")
    assert page.ask("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert focus(page)["said"] == "Hide details of ufw_enabled on web01"

    page.press("Tab")
    assert focus(page)["said"] == "Copy remediation"
    page.press("Space")
    page.idle()
    assert page.ask("taken") == "Set it and reload."
    assert "Copied remediation" in page.ask("told")

    page.press("Escape")
    assert focus(page)["said"] == "Show details of ufw_enabled on web01"
    assert page.ask("document.querySelectorAll('#table .more').length") == 0
    page.press("Space")
    assert page.ask("document.querySelectorAll('#table .more').length") == 1
    page.press("Escape")
    assert page.ask("document.querySelectorAll('#table .more').length") == 0

    page.ask("document.querySelector('#undecided summary, details:not([open]) summary').focus()")
    page.press("Enter")
    assert page.ask("document.activeElement.parentElement.open")
    page.press("Space")
    assert not page.ask("document.activeElement.parentElement.open")


def test_turning_a_page_takes_the_focus_to_its_rows(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, fleet(5, 50))
    page.ask("document.getElementById('next').focus()")
    page.press("Enter")

    assert focus(page)["said"] == "All results"
    assert page.ask("document.getElementById('where').textContent") == "Page 2 of 2"
    page.press("Tab")
    assert focus(page)["said"].startswith("Show details of ")


def test_a_screen_reader_is_told_name_role_and_state(browser: Page, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, sample())
    nodes = [node for node in page.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes]
    named: dict[str, list[str]] = {}
    for role, name in told:
        named.setdefault(role, []).append(name)

    assert named["RootWebArea"] == ["FAIL: compliance report 20261120T010203Z-7f3a"]
    assert named["banner"] == [""]
    assert named["navigation"] == ["Contents"]
    assert len(named["main"]) == 1
    regions = [name for name in named["region"] if name]
    assert regions == named["region"], "every region has a name"
    assert {"1 Verdict", "13 All results", "All results", "Findings of ufw_enabled"} <= {
        " ".join(n.split()) for n in regions
    }
    assert all(name.strip() for role in ("button", "link", "searchbox", "combobox") for name in named[role])
    buttons = named["button"]
    assert (
        len({name for name in buttons if name.startswith("Show")})
        == sum(name.startswith("Show") for name in buttons)
        == 20
    )
    assert named["searchbox"] == ["Search"]
    assert named["combobox"] == ["Severity", "Target", "Status"]
    assert (
        "Results by outcome: 3 fail, 1 error, 1 unknown, 9 pass, 2 notchecked, 2 notapplicable, 2 informational"
        in named["image"]
    )

    states = {
        node.get("name", {}).get("value", ""): {each["name"]: each["value"].get("value") for each in node["properties"]}
        for node in nodes
        if node["role"]["value"] == "button"
    }
    assert states["fail 3"]["pressed"] == "false"
    assert states["Show details of ufw_enabled on web01"]["expanded"] is False
    live = [node for node in nodes if node["role"]["value"] == "status"]
    assert len(live) == 1
    assert {each["name"]: each["value"].get("value") for each in live[0]["properties"]}["live"] == "polite"


def test_without_a_script_nothing_is_offered_that_would_not_work(browser: Page, tmp_path: Path) -> None:
    opened(browser, tmp_path, sample())
    browser.open(tmp_path / "report.html", script=False)
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]

    assert not [name for role, name in told if role in {"button", "searchbox", "combobox"}]
    said = " ".join(name for role, name in told if role == "StaticText")
    assert "Searching all results needs this page's own script." in said
    for result in sample().results:
        for one in result.findings:
            if one.outcome is Outcome.FAIL or one.outcome.undecided:
                assert one.found in said
                assert one.source in said
