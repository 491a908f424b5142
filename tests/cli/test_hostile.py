"""Targets and files that mean harm: nothing of theirs is obeyed by a terminal or a browser, and size breaks nothing."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest

from scanner.model.evidence import Identity, error, unknown
from tests.support.cli import Desk, mode, system, writable

HOST = "platform: linux, labels: {marker: /m, other: /o}"
NAMES = [
    "/srv/<script>alert(1)</script>",
    "/srv/\x1b[31mred\x1b]0;title\x07",
    "/srv/two\nlines ## [link](https://example.org) |",
    "/srv/'\"><img src=x onerror=alert(1)>",
    "/srv/=cmd|' /C calc'!A0",
    "/srv/\u202egpj.exe",
    "/srv/]]><x/>",
    "/srv/\\udcff{{7*7}}",
]
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def hostile(desk: Desk) -> Desk:
    desk.inventory({"web01": HOST, "web02": HOST})
    evil = "\x1b[2J<script>alert(2)</script>\r\nno"
    desk.snapshot(
        "web01",
        system("\x1b[31mdebian<script>"),
        mode("/m", gap=unknown(evil, "root\x1b[0m")),
        mode("/o", "0644"),
        writable(*NAMES),
        identity=Identity("192.0.2.1\x1b[5m", "root<script>", "root", "SHA256:\x1b[7m", accepted_new_key=True),
        notes=(evil,),
    )
    desk.snapshot("web02", gap=error(evil))
    return desk


WORDS = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "-p", "walk")


def test_nothing_raw_reaches_any_report_or_the_terminal(hostile: Desk) -> None:
    formats = [line.split()[0] for line in hostile("report", "--list", own=False).stdout.splitlines()]
    ran = hostile(*WORDS, "--format", ",".join(formats), "-v")
    assert ran.code == 1
    for text in (ran.stdout, ran.stderr):
        assert not CONTROLS.search(text)
    for path in ran.folder.iterdir():
        if path.is_file() and path.name not in ("run.json", "results.jsonl", "plan.json", ".lock"):
            text = path.read_text()
            assert not CONTROLS.search(text), path.name
            if path.suffix in (".html", ".xml", ".md"):
                assert "<script>alert" not in text, path.name
                assert "<img" not in text, path.name
    failed = [each for each in ran.findings("web01", "nothing_writable") if each["outcome"] == "fail"]
    assert sorted(each["key"][0][1] for each in failed) == sorted(NAMES)


def test_nothing_raw_comes_out_of_a_comparison_or_an_error(hostile: Desk) -> None:
    hostile(*WORDS, out="before")
    hostile.snapshot("web01", system(), mode("/m"), mode("/o"), writable())
    hostile(*WORDS, out="after")
    ran = hostile("diff", "after", "before", own=False)
    assert ran.code == 1
    assert len(ran.stdout.splitlines()) == 9
    assert not CONTROLS.search(ran.stdout)
    hostile.write("\x1b[31m.yaml", "schema: inventory/1\ntargets: {a: {platform: 'x\x1b[0m'}}\n")
    wrong = hostile("scan", "-i", "\x1b[31m.yaml", own=False)
    assert wrong.code == 2
    assert not CONTROLS.search(wrong.stderr)


def test_file_names_of_a_host_survive_the_whole_way(desk: Desk) -> None:
    """A live target with such names: every one is found, told apart, and shown harmlessly."""
    place = desk.folder / "drop"
    place.mkdir()
    names = ["plain", "<script>", "a b", "\x1b[31m", "new\nline", "quote'", "$(id)", "-rf", "ä", "tab\t"]
    for name in names:
        (place / name).write_text("x")
        (place / name).chmod(0o666)
    desk.write(
        "rules/drop_closed.yaml",
        "id: drop_closed\nrevision: 1\ntitle: T\nseverity: low\nplatforms: [linux]\nrationale: r\nremediation: r\n"
        "check: {fact: linux.file_glob, where: {pattern: {target: labels.drop}}, every: {mode: {mode_within: '0600'}}}\n"
        "cases:\n"
        "  - {name: ok, target: {labels.drop: '/d/*'}, given: {linux.file_glob: [{path: /d/a, mode: '0600'}]}, then: pass}\n"
        "  - {name: open, target: {labels.drop: '/d/*'}, given: {linux.file_glob: [{path: /d/a, mode: '0666'}]}, then: fail}\n"
        "  - {name: empty, target: {labels.drop: '/d/*'}, given: {linux.file_glob: []}, then: notapplicable}\n"
        "  - {name: hidden, target: {labels.drop: '/d/*'}, given: {linux.file_glob: {unknown: no}}, then: unknown}\n"
        "  - {name: cut, target: {labels.drop: '/d/*'}, given: {linux.file_glob: {incomplete: no, rows: []}}, then: unknown}\n",
    )
    desk.write("p.yaml", "schema: profile/1\nselect: [{rules: [drop_closed]}]\n")
    desk.inventory({"a": f"platform: linux, command: [env], labels: {{drop: '{place}/*'}}"})
    ran = desk("scan", "-i", "inventory.yaml", "-p", "p.yaml", "--rules", "rules", own=False)
    assert ran.code == 1, ran.stderr
    failed = [each["key"][0][1] for each in ran.findings("a", "drop_closed") if each["outcome"] == "fail"]
    assert len(failed) == len(set(failed)) == len(names)
    assert f"{place}/<script>" in failed
    assert not CONTROLS.search(ran.stdout)


def test_snapshot_that_was_tampered_with_is_refused_or_harmless(desk: Desk) -> None:
    desk.inventory({"web01": HOST})
    place = desk.snapshot("web01", system(), mode("/m"), mode("/o"))
    path = place / "web01.json"
    whole = path.read_text()
    for old, new in (
        ('"mode":"0600"', '"mode":["a"]'),
        ('"mode":"0600"', '"mode":{"$map":{}}'),
        ('"mode":"0600"', '"mode":99'),
        ('"rows":[{', '"rows":["x",{'),
        ('"mode":"0600"', '"mode":{"$gap":{"kind":"pass","reason":"x"}}'),
    ):
        assert old in whole
        path.write_text(whole.replace(old, new))
        ran = desk("evaluate", place, "-i", "inventory.yaml", "-p", "files")
        assert ran.code in (2, 3), (old, new, ran.stdout)


def test_hundred_thousand_rows_blow_nothing_up(desk: Desk) -> None:
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), writable(*(f"/srv/{number}" for number in range(100_000))))
    ran = desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "walk", "--format", "html,sarif")
    assert ran.code == 1
    assert ran.document["counts"]["findings"] == {"fail": 100_000}
    assert len(ran.stdout.splitlines()) < 200
    sizes = {path.name: path.stat().st_size for path in Path("out").iterdir()}
    assert sizes["report.html"] < 8_000_000
    assert sizes["results.sarif"] < 20_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000
