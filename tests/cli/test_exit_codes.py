"""Exit codes over the same evidence: what closes the gate, what lowers it, and what is never green."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.model.evidence import Evidence, Gap, error, unknown
from tests.support.cli import Desk, Ran, day, mode, stamp, system, writable

TARGETS = {
    "web01": "platform: linux, labels: {marker: /m, other: /o}",
    "web02": "platform: linux, labels: {marker: /m, other: /o}",
}
DENIED = unknown("permission denied", "root")
LOST = error("connection lost")


def evidence(
    desk: Desk,
    target: str,
    marker: str | Gap = "0600",
    other: str | Gap = "0600",
    *more: Evidence,
    folder: str = "have",
) -> None:
    """Evidence of one host: the modes of its two files, or why they are not known."""
    files = [
        mode(path, bits if isinstance(bits, str) else "", None if isinstance(bits, str) else bits)
        for path, bits in (("/m", marker), ("/o", other))
    ]
    desk.snapshot(target, system(), *files, *more, folder=folder)


def judge(desk: Desk, *words: object, folder: str = "have", profile: str = "files", out: str = "out") -> Ran:
    return desk("evaluate", folder, "-i", "inventory.yaml", "-p", profile, *words, out=out)


@pytest.fixture
def two(desk: Desk) -> Desk:
    desk.inventory(TARGETS)
    return desk


PASS, HIGH, LOW, HIDDEN, LOW_HIDDEN = (
    ("0600", "0600"),
    ("0644", "0600"),
    ("0600", "0644"),
    (DENIED, "0600"),
    ("0600", DENIED),
)


@pytest.mark.parametrize(
    ("one", "flags", "code", "word"),
    [
        (PASS, "", 0, "PASS"),
        (HIGH, "", 1, "FAIL"),
        (LOW, "", 1, "FAIL"),
        (LOW, "--fail-on medium", 0, "PASS"),
        (HIGH, "--fail-on medium", 1, "FAIL"),
        (HIGH, "--fail-on critical", 0, "PASS"),
        (HIGH, "--fail-on never", 0, "PASS"),
        (HIDDEN, "", 3, "UNDECIDED"),
        ((LOST, "0600"), "", 3, "UNDECIDED"),
        (LOW_HIDDEN, "--undecided-at medium", 0, "PASS"),
        (HIDDEN, "--undecided-at medium", 3, "UNDECIDED"),
        (HIDDEN, "--undecided-at never", 0, "PASS"),
        (HIDDEN, "--allow-undecided 1", 0, "PASS"),
        ((DENIED, DENIED), "--allow-undecided 1", 3, "UNDECIDED"),
        (HIDDEN, "--allow-undecided 25%", 0, "PASS"),
        (HIDDEN, "--allow-undecided 24.9%", 3, "UNDECIDED"),
        (("0644", DENIED), "", 1, "FAIL"),
        (("0644", DENIED), "--fail-on never", 3, "UNDECIDED"),
    ],
)
def test_gate(two: Desk, one: tuple[str | Gap, str | Gap], flags: str, code: int, word: str) -> None:
    evidence(two, "web01", *one)
    evidence(two, "web02")
    ran = judge(two, *flags.split())
    assert ran.code == code, ran.stderr + ran.stdout
    assert ran.word == word
    assert ran.document["verdict"]["exit_code"] == code
    said = "the gate lets more through than by default: "
    assert ran.notices("gate-lowered") == ([said + flags] if flags else [])
    assert word in ran.stdout


def test_every_flag_that_lowers_the_gate_is_named_together(two: Desk) -> None:
    evidence(two, "web01")
    evidence(two, "web02")
    words = "--fail-on high --undecided-at critical --allow-undecided 3 --fail-on-new --baseline latest --require-attestations"
    ran = judge(two, *words.split())
    assert [text.split(": ")[1] for text in ran.notices("gate-lowered")] == [
        "--fail-on high",
        "--undecided-at critical",
        "--allow-undecided 3",
        "--fail-on-new yes",
    ]
    assert ran.notices("no-baseline") == ["there is no earlier run to compare with"]


def test_hidden_evidence_names_what_is_missing(two: Desk) -> None:
    evidence(two, "web01", *HIDDEN)
    evidence(two, "web02")
    ran = judge(two, "--format", "text")
    [finding] = ran.findings("web01", "marker_closed")
    assert (finding["outcome"], finding["needs"]) == ("unknown", "root")
    assert "permission denied" in finding["reason"]
    assert "root" in ran.stdout


def test_nothing_assessed_is_incomplete_whatever_is_allowed(two: Desk) -> None:
    ran = judge(two, "--allow-undecided", "100%", folder=str(two.snapshot("stranger", system(), folder="have")))
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert set(ran.outcomes("web01").values()) == {"error"}
    assert ran.findings("web01", "marker_closed")[0]["reason"] == "no evidence was given for this target"


def test_profile_for_other_systems_leaves_the_run_incomplete(two: Desk) -> None:
    for name in TARGETS:
        evidence(two, name)
    ran = judge(two, profile="acme")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert set(ran.outcomes("web01").values()) == {"notapplicable"}
    assert len(ran.notices("target-not-assessed")) == 2
    assert "the profile acme is for Acme Linux" in ran.notices("target-not-assessed")[0]


def test_rules_about_waivers_do_not_make_up_for_targets_that_were_not_assessed(two: Desk) -> None:
    """Everything that a machine could say of the hosts is notapplicable; that the waivers are current is beside the point."""
    for name in TARGETS:
        evidence(two, name)
    two.write("waivers.yaml", "schema: waivers/1\nwaivers: []\n")
    ran = judge(two, "--waivers", "waivers.yaml", profile="acme")
    assert "pass" in ran.outcomes("estate").values()
    assert (ran.code, ran.word) == (3, "INCOMPLETE")


def test_one_target_that_was_not_assessed_is_named_among_others_that_were(two: Desk) -> None:
    evidence(two, "web01")
    two.snapshot("web02", system("acme"), mode("/m"), mode("/o"), folder="have")
    ran = judge(two, profile="acme")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert ran.document["verdict"]["reasons"][0] == "1 target not assessed: the profiles named for it do not fit"
    [notice] = ran.notices("target-not-assessed")
    assert notice.startswith("web01: nothing was assessed")


def test_manual_rules_change_nothing_unless_they_must_be_attested(two: Desk) -> None:
    for name in TARGETS:
        evidence(two, name)
    plain = judge(two, "-p", "people")
    assert (plain.code, plain.outcomes("web01")["people_trained"]) == (0, "notchecked")
    strict = judge(two, "-p", "people", "--require-attestations")
    assert (strict.code, strict.word) == (3, "UNDECIDED")
    assert "2 manual results without an attestation" in strict.document["verdict"]["reasons"]


def test_too_old_evidence_is_unknown_and_as_of_lifts_the_limit(two: Desk) -> None:
    for name in TARGETS:
        evidence(two, name, "0600", "0600")
    old = [mode("/m", taken_at=stamp(hours=30)), mode("/o", taken_at=stamp(hours=30))]
    two.snapshot("web01", system(), *old, folder="have")
    ran = judge(two)
    assert (ran.code, ran.word) == (3, "UNDECIDED")
    assert ran.findings("web01", "marker_closed")[0]["reason"].startswith("evidence is 1 d 6 h old, older than 1 d")
    assert judge(two, "--max-evidence-age", "2d").code == 0
    assert judge(two, "--max-evidence-age", "never").code == 0
    assert judge(two, "--as-of", stamp(hours=29)).code == 0


def test_age_is_measured_by_the_clock_of_the_target(two: Desk) -> None:
    """A host whose clock is two days slow gave fresh evidence with an old stamp."""
    evidence(two, "web02")
    slow = [mode("/m", taken_at=stamp(days=2)), mode("/o", taken_at=stamp(days=2))]
    two.snapshot("web01", system(), *slow, folder="have", clock_offset=-2 * 86400.0)
    ran = judge(two)
    assert ran.code == 0
    assert ran.notices("clock-offset") == ["web01: its clock is -172800 s off ours"]


def test_only_new_failures_close_the_gate_with_a_baseline(two: Desk) -> None:
    evidence(two, "web01", "0644")
    evidence(two, "web02")
    first = judge(two, "--runs", "runs")
    assert first.code == 1
    latest = two.folder / "runs" / "latest"
    before = latest.resolve().name
    same = judge(two, "--runs", "runs", "--baseline", "latest", "--fail-on-new")
    assert same.code == 0
    document = json.loads((latest / "run.json").read_text())
    assert document["header"]["baseline"] == before
    assert document["states"] == {"unchanged": 1}
    evidence(two, "web02", "0600", "0640")
    worse = judge(two, "--runs", "runs", "--baseline", "latest", "--fail-on-new")
    assert worse.code == 1
    document = json.loads((latest / "run.json").read_text())
    assert document["verdict"]["reasons"] == ["1 new failed result at or above low"]
    named = judge(two, "--baseline", str(latest.resolve()), "--fail-on-new")
    assert (named.code, named.document["states"]) == (0, {"unchanged": 2})


def test_what_failed_before_and_is_hidden_now_is_not_gone(two: Desk) -> None:
    evidence(two, "web01", "0644")
    evidence(two, "web02")
    judge(two, out="before")
    evidence(two, "web01", DENIED)
    ran = judge(two, "--baseline", "before", "--allow-undecided", "9", "--fail-on-new")
    assert (ran.code, ran.word) == (3, "UNDECIDED")
    assert [row["state"] for row in ran.document["gone"]] == ["unassessed"]
    evidence(two, "web01", "0600")
    ran = judge(two, "--baseline", "before")
    assert (ran.code, ran.document["states"]) == (0, {"absent": 1})


def test_baseline_of_the_folder_that_is_written_again(two: Desk) -> None:
    evidence(two, "web01", "0644")
    evidence(two, "web02")
    assert judge(two).code == 1
    ran = judge(two, "--baseline", "latest", "--fail-on-new")
    assert (ran.code, ran.document["states"]) == (0, {"unchanged": 1})


def test_incomplete_list_never_passes(two: Desk) -> None:
    for name, found in (
        ("web01", writable(gap=error("out of time"))),
        ("web02", writable("/srv/x", gap=error("out of time"))),
    ):
        two.snapshot(name, system(), found, folder="have")
    ran = judge(two, profile="walk")
    assert ran.outcomes("web01") == {"nothing_writable": "error"}
    assert ran.outcomes("web02") == {"nothing_writable": "fail"}


def test_waiver_lets_through_and_counts_apart(two: Desk) -> None:
    evidence(two, "web01", "0644")
    evidence(two, "web02")
    two.write(
        "waivers.yaml",
        "schema: waivers/1\nwaivers:\n"
        f"  - {{id: W1, rule: marker_closed, targets: [web01], reason: r, approver: Jo, approved: {day(-3)}, expires: {day(3)}}}\n",
    )
    ran = judge(two, "--waivers", "waivers.yaml")
    assert (ran.code, ran.outcomes("web01")["marker_closed"]) == (0, "fail")
    assert ran.document["counts"]["waived"] == 1
    assert any("1 waived result" in reason for reason in ran.document["verdict"]["reasons"])


@pytest.mark.parametrize(
    "word", ["--allow-undecided=101%", "--allow-undecided=-1", "--fail-on=bad", "--timeout=0", "--max-evidence-age=1y"]
)
def test_flags_that_mean_nothing_are_usage_errors(two: Desk, word: str) -> None:
    ran = two("scan", word)
    assert ran.code == 2
    assert word.split("=", maxsplit=1)[0] in ran.stderr
    assert not Path("out").exists()
