"""Waivers and attestations through a whole run: what they cover, what is wrong with them, and that they are judged."""

from __future__ import annotations

import hashlib

import pytest

from scanner.model.evidence import Gap, error, unknown
from tests.support.cli import Desk, Ran, day, mode, system, writable

TARGETS = {
    "web01": "platform: linux, labels: {marker: /m, other: /o, env: prod}",
    "web02": "platform: linux, labels: {marker: /m, other: /o, env: test}",
}


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Both hosts fail one rule of high severity."""
    desk.inventory(TARGETS)
    for name in TARGETS:
        desk.snapshot(name, system(), mode("/m", "0644"), mode("/o"))
    return desk


def judge(desk: Desk, waivers: str = "", *words: str, profile: str = "files") -> Ran:
    if waivers:
        desk.write("waivers.yaml", f"schema: waivers/1\nwaivers:\n{waivers}")
        words = ("--waivers", "waivers.yaml", *words)
    return desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", profile, *words)


def waiver(name: str = "W1", rule: str = "marker_closed", targets: str = "all", **more: str) -> str:
    said = {"reason": "r", "approver": "Jo", "approved": day(-3), "expires": day(30), **more}
    return (
        f"  - {{id: {name}, rule: {rule}, targets: {targets}, "
        + ", ".join(f"{k}: {v}" for k, v in said.items())
        + "}\n"
    )


def state(ran: Ran, name: str = "W1") -> tuple[str, int]:
    row = next(each for each in ran.document["waivers"] if each["id"] == name)
    return row["state"], row["used"]


def waived(ran: Ran) -> set[str]:
    return {each["target"] for each in ran.results for finding in each.get("findings", []) if finding.get("waived")}


def test_waiver_for_all_covers_all(two: Desk) -> None:
    ran = judge(two, waiver())
    assert (ran.code, waived(ran), state(ran)) == (0, {"web01", "web02"}, ("in force", 2))
    assert ran.findings("web01", "marker_closed")[0]["waived"]["approver"] == "Jo"
    assert set(ran.outcomes("estate").values()) == {"pass"}


@pytest.mark.parametrize("targets", ["[web01]", "{labels: {env: prod}}"])
def test_waiver_covers_what_it_names_alone(two: Desk, targets: str) -> None:
    ran = judge(two, waiver(targets=targets))
    assert (ran.code, waived(ran)) == (1, {"web01"})


def test_expired_waiver_covers_nothing_and_is_a_finding(two: Desk) -> None:
    ran = judge(two, waiver(approved=day(-30), expires=day(-1)))
    assert (ran.code, waived(ran), state(ran)) == (1, set(), ("expired", 0))
    assert ran.outcomes("estate")["waivers_not_expired"] == "fail"
    assert "2 findings not covered any more" in ran.notices("waiver-expired")[0]
    assert ran.findings("estate", "waivers_not_expired")[0]["key"] == [["waiver", "W1"]]


def test_waiver_holds_on_its_last_day_and_not_before_its_first(two: Desk) -> None:
    assert judge(two, waiver(expires=day())).code == 0
    early = judge(two, waiver(approved=day(1)))
    assert (early.code, state(early)) == (1, ("not yet in force", 0))


def test_unused_waiver_is_a_finding(two: Desk) -> None:
    ran = judge(two, waiver() + waiver("W2", "other_closed"))
    assert (ran.code, state(ran, "W2")) == (1, ("unused", 0))
    assert ran.outcomes("estate")["waivers_used"] == "fail"
    assert len(ran.notices("waiver-unused")) == 1


@pytest.mark.parametrize("words", [["web01"], ["--limit", "web01"], ["--label", "env=prod"]])
def test_part_of_the_inventory_does_not_tell_that_a_waiver_is_unused(two: Desk, words: list[str]) -> None:
    """The waiver is for the other host, which this run does not look at: that it covers nothing says nothing."""
    two.write("waivers.yaml", "schema: waivers/1\nwaivers:\n" + waiver(targets="[web02]"))
    place = two.folder / "evidence/web01.json"
    limit = words if words[0].startswith("-") else ["--limit", words[0]]
    ran = two("evaluate", place, "-i", "inventory.yaml", "-p", "files", "--waivers", "waivers.yaml", *limit)
    assert ran.outcomes("estate")["waivers_used"] == "unknown"
    assert (ran.notices("waiver-unused"), state(ran)) == ([], ("in force", 0))


def test_rules_asked_for_alone_are_judged_alone(two: Desk) -> None:
    """Waivers of other rules do not turn up as unused when one rule is looked at."""
    ran = judge(two, waiver(rule="other_closed"), "--rule", "marker_closed")
    assert {each["rule"] for each in ran.results} == {"marker_closed"}
    assert ran.notices("waiver-unused") == []
    asked = judge(two, waiver(rule="other_closed"), "--rule", "marker_closed,waivers_used")
    assert asked.outcomes("estate") == {"waivers_used": "unknown"}


def test_void_waiver_covers_none(two: Desk) -> None:
    ran = judge(two, waiver(max_targets="1"))
    assert (ran.code, state(ran)) == (1, ("void", 0))
    assert ran.outcomes("estate")["waivers_used"] == "fail"


def test_over_long_waiver_holds_and_is_a_finding(two: Desk) -> None:
    ran = judge(two, waiver(expires=day(400)))
    assert waived(ran) == {"web01", "web02"}
    assert ran.outcomes("estate")["waivers_at_most_a_year"] == "fail"


@pytest.mark.parametrize(
    ("gap", "accept", "covered"),
    [
        (unknown("denied", "root"), "[unknown]", True),
        (error("lost"), "[unknown]", False),
        (error("lost"), "[unknown, error]", True),
        (unknown("denied"), "", False),
    ],
)
def test_undecided_results_are_covered_only_where_the_waiver_says_so(
    two: Desk, gap: Gap, accept: str, covered: bool
) -> None:
    for name in TARGETS:
        two.snapshot(name, system(), mode("/m", gap=gap), mode("/o"))
    ran = judge(two, waiver(**({"accept": accept} if accept else {})))
    assert ran.code == (0 if covered else 3)
    assert state(ran)[0] == ("in force" if covered else "undecided")
    counts = ran.document["counts"]["outcomes"]
    assert counts[gap.kind.value] == 2
    assert ran.document["counts"].get("waived", 0) == (2 if covered else 0)


def test_waiver_of_one_resource_leaves_the_others_open(two: Desk) -> None:
    for name in TARGETS:
        two.snapshot(name, system(), writable("/srv/a", "/srv/b"))
    ran = judge(two, waiver(rule="nothing_writable", resource="/srv/a"), profile="walk")
    assert ran.code == 1
    findings = ran.findings("web01", "nothing_writable")
    assert {(each["key"][0][1], "waived" in each) for each in findings} == {("/srv/a", True), ("/srv/b", False)}
    both = waiver(rule="nothing_writable", resource="/srv/a") + waiver("W2", "nothing_writable", resource="/srv/b")
    assert judge(two, both, profile="walk").code == 0


def test_waiver_for_an_estate_rule_names_the_waiver_that_it_excuses(two: Desk) -> None:
    excused = waiver() + waiver("W2", "other_closed") + waiver("W3", "waivers_used", resource="W2")
    ran = judge(two, excused)
    found = {each["key"][0][1]: each for each in ran.findings("estate", "waivers_used")}
    assert {name: (each["outcome"], "waived" in each) for name, each in found.items()} == {
        "W1": ("pass", False),
        "W2": ("fail", True),
        "W3": ("pass", False),
    }
    assert (ran.code, state(ran, "W3")) == (0, ("in force", 1))


def test_waiver_of_a_rule_about_the_inventory_is_used(two: Desk) -> None:
    """The inventory is judged before its waivers are, so that one which excuses it does not pass for unused."""
    ran = judge(two, waiver() + waiver("W2", "targets_have_owner"), "-p", "inventory-hygiene", "--fail-on", "low")
    assert state(ran, "W2") == ("in force", 2)
    assert ran.outcomes("estate")["waivers_used"] == "pass"


def test_attestation_answers_a_manual_rule(two: Desk) -> None:
    proof = two.write("list.pdf", "names")
    digest = hashlib.sha256(proof.read_bytes()).hexdigest()
    said = f"rule: people_trained, scope: [web01], statement: All were there., by: Jo, on: {day(-1)}, valid_until: {day(9)}"
    two.write(
        "attestations.yaml",
        f"schema: attestations/1\nattestations:\n  - {{{said}, attachment: {{path: list.pdf, sha256: {digest}}}}}\n",
    )
    words = ("--attestations", "attestations.yaml", "--fail-on", "never")
    ran = judge(two, "", "-p", "people", *words)
    assert ran.outcomes("web01")["people_trained"] == "pass"
    assert ran.outcomes("web02")["people_trained"] == "notchecked"
    [result] = [each for each in ran.results if (each["target"], each["rule"]) == ("web01", "people_trained")]
    assert result["attested"] == f"by Jo on {day(-1)} until {day(9)}"
    assert ran.document["counts"]["attested"] == 1
    strict = judge(two, "", "-p", "people", *words, "--require-attestations")
    assert (strict.code, strict.document["verdict"]["reasons"]) == (3, ["1 manual result without an attestation"])
    proof.write_text("other names")
    changed = judge(two, "", "-p", "people", *words)
    assert changed.code == 2
    assert "list.pdf" in changed.stderr


def test_expired_attestation_answers_nothing_and_is_a_finding(two: Desk) -> None:
    said = f"rule: people_trained, scope: all, statement: s, by: Jo, on: {day(-9)}, valid_until: {day(-1)}"
    two.write("attestations.yaml", f"schema: attestations/1\nattestations:\n  - {{{said}}}\n")
    ran = judge(two, "", "-p", "people", "--attestations", "attestations.yaml", "--fail-on", "high")
    assert ran.outcomes("web01")["people_trained"] == "notchecked"
    assert ran.outcomes("estate")["attestations_not_expired"] == "fail"
    assert ran.document["attestations"][0]["state"] == "expired"


def test_attested_alone_is_assessed(two: Desk) -> None:
    """A run of manual rules, all answered, is complete; that nothing was measured shows in its counts."""
    said = f"rule: people_trained, scope: all, statement: s, by: Jo, on: {day(-9)}, valid_until: {day(9)}"
    two.write("attestations.yaml", f"schema: attestations/1\nattestations:\n  - {{{said}}}\n")
    ran = judge(two, "", "--attestations", "attestations.yaml", profile="people")
    assert (ran.code, ran.word) == (0, "PASS")
    assert ran.document["counts"]["attested"] == 2
