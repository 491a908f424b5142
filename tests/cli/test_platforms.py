"""A profile on a system that it is not for: refused by name, and flagged wherever it is wanted all the same."""

from __future__ import annotations

import pytest

from scanner.model.evidence import unknown
from tests.support import cli
from tests.support.cli import Desk, Ran, mode, system

policy, desk, _content_read_once = cli.policy, cli.desk, cli._content_read_once

FORMATS = {
    "text": "summary.txt",
    "html": "report.html",
    "sarif": "results.sarif",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "csv": "findings.csv",
}
MISFIT = "the profile acme is for Acme Linux, and this system is Debian 12"


@pytest.fixture
def one(desk: Desk) -> Desk:
    desk.inventory({"web01": "platform: linux, labels: {marker: /m, other: /o}"})
    return desk


def judge(desk: Desk, *words: object, name: str = "debian", closed: str = "0600", **more: object) -> Ran:
    desk.snapshot("web01", system(name, **more), mode("/m", closed), mode("/o"))  # type: ignore[arg-type]
    return desk("evaluate", "evidence", "-i", "inventory.yaml", *words)


def test_profile_for_another_system_is_refused_naming_both(one: Desk) -> None:
    ran = judge(one, "-p", "acme")
    target = ran.document["targets"]["web01"]
    assert (ran.code, ran.word, target["fits"]) == (3, "INCOMPLETE", False)
    assert target["profile_reason"].startswith(MISFIT)
    assert MISFIT in ran.notices("target-not-assessed")[0]


def test_one_of_several_named_profiles_may_be_for_another_system(one: Desk) -> None:
    ran = judge(one, "-p", "acme", "-p", "one")
    assert (ran.code, ran.outcomes("web01")) == (0, {"marker_closed": "pass", "other_closed": "notapplicable"})
    assert "fits" not in ran.document["targets"]["web01"]
    assert ran.document["targets"]["web01"]["profile_reason"].startswith(MISFIT)


def test_assumed_platform_is_judged(one: Desk) -> None:
    ran = judge(one, "-p", "acme", "--assume-platform")
    assert (ran.code, ran.word) == (0, "PASS")
    assert set(ran.outcomes("web01").values()) == {"pass"}
    assert judge(one, "-p", "acme", "--assume-platform", closed="0644").code == 1


@pytest.mark.parametrize(("form", "file"), FORMATS.items(), ids=FORMATS)
def test_assumed_platform_is_flagged_in_every_report(one: Desk, form: str, file: str) -> None:
    ran = judge(one, "-p", "acme", "--assume-platform", "--format", form)
    text = (ran.folder / file).read_text(encoding="utf-8-sig")
    assert MISFIT in text.replace("\\", "")
    assert "assume" in text
    assert MISFIT in ran.notices("platform-assumed")[0]
    assert ran.document["header"]["arguments"]["assume_platform"] == "True"


def test_what_fits_is_not_flagged(one: Desk) -> None:
    ran = judge(one, "-p", "acme", "--assume-platform", name="acme")
    assert (ran.code, ran.notices("platform-assumed")) == (0, [])


def test_system_that_is_not_known_is_undecided_unless_it_is_assumed(one: Desk) -> None:
    hidden = unknown("/etc/os-release may not be read", "root")
    plain = judge(one, "-p", "acme", gap=hidden)
    assert (plain.code, set(plain.outcomes("web01").values())) == (3, {"unknown"})
    assumed = judge(one, "-p", "acme", "--assume-platform", gap=hidden)
    assert (assumed.code, set(assumed.outcomes("web01").values())) == (0, {"pass"})
    assert "/etc/os-release may not be read" in assumed.notices("platform-assumed")[0]


def test_auto_alone_leaves_nothing_to_assume(one: Desk) -> None:
    ran = judge(one, "-p", "auto", "--assume-platform")
    assert ran.code == 2
    assert "--assume-platform: no profile is named, and auto takes only what fits (name one with -p)" in ran.stderr


def test_profile_named_beside_auto_is_assumed(one: Desk) -> None:
    ran = judge(one, "-p", "auto", "-p", "acme", "--assume-platform", name="fedora")
    assert ran.document["targets"]["web01"]["profiles"] == ["linux-baseline", "acme"]
    assert ran.outcomes("web01")["marker_closed"] == "pass"
    assert len(ran.notices("platform-assumed")) == 1
