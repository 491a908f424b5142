"""A baseline file in the place of a run: the same verdicts, and nothing of what was found in it."""

from __future__ import annotations

import json

from tests.support.cli import WHO, Desk, mode, stamp, system


def prepared(desk: Desk) -> Desk:
    labels = "labels: {marker: /secret/place, other: /o}"
    desk.inventory(dict.fromkeys(("web", "db"), f"platform: linux, address: 192.0.2.7, {labels}"))
    desk.snapshot("web", system(), mode("/secret/place", "0644"), mode("/o"), identity=WHO)
    desk.snapshot("db", system(), mode("/secret/place"), mode("/o", "0666"))
    return desk


def evaluate(desk: Desk, *words: object, evidence: str = "evidence", out: str = "out"):  # type: ignore[no-untyped-def]
    return desk("evaluate", evidence, "-i", "inventory.yaml", "-p", "files", *words, out=out)


def test_known_failures_pass_and_new_ones_fail(desk: Desk) -> None:
    prepared(desk)
    assert evaluate(desk).code == 1
    done = desk("baseline", "write", "out", "-o", "baseline.json", own=False)
    assert (done.code, done.stdout) == (0, "written: baseline.json, 2 findings\n")
    text = (desk.folder / "baseline.json").read_text()
    for word in ("/secret/place", "192.0.2.7", "0644", "evidence", "audit"):
        assert word not in text
    assert [each["severity"] for each in json.loads(text)["findings"]] == ["low", "high"]

    words = ("--baseline", "baseline.json", "--fail-on-new")
    same = evaluate(desk, *words, out="again")
    assert same.code == 0, same.stdout
    assert same.document["states"] == {"unchanged": 2}
    desk.snapshot("web", system(), mode("/secret/place", "0644"), mode("/o", "0777"), folder="more")
    desk.snapshot("db", system(), mode("/secret/place"), mode("/o"), folder="more")
    more = evaluate(desk, *words, evidence="more", out="third")
    assert more.code == 1
    assert more.document["states"] == {"unchanged": 1, "new": 1, "absent": 1}
    seen = desk("diff", "baseline.json", "third", own=False)
    assert seen.code == 1
    assert [line.split()[0] for line in seen.stdout.splitlines()] == ["new", "absent"]


def test_dates_are_carried_through_runs_and_files(desk: Desk) -> None:
    labels = "labels: {marker: /m, other: /o, owner: ops}"
    desk.inventory({"web": f"platform: linux, {labels}"})
    days = [stamp(hours=hours) for hours in (20, 15, 10, 5)]
    for number, (day, bits) in enumerate(zip(days, ("0644", "0666", "0666", "0666"), strict=True)):
        place = f"evidence{number}"
        desk.snapshot("web", system(), mode("/m", bits, taken_at=day), mode("/o"), folder=place, taken_at=day)
        words = ("--baseline", ("baseline.json" if number == 3 else f"out{number - 1}")) if number else ()
        ran = evaluate(desk, *words, evidence=place, out=f"out{number}")
        desk("baseline", "write", f"out{number}", "-o", "baseline.json", own=False)
        [found] = ran.findings("web", "marker_closed")
        dates = (found.get("first_seen", ""), found.get("last_changed", ""))
        assert dates == [("", ""), (days[0], days[1]), (days[0], days[1]), (days[0], days[1])][number]
    [known] = json.loads((desk.folder / "baseline.json").read_text())["findings"]
    assert (known["first_seen"], known["last_changed"]) == (days[0], days[1])
    assert [(each["owner"], each["targets"]) for each in ran.document["owners"]] == [("ops", 1)]


def test_what_cannot_be_assessed_stays_open_through_runs_and_files(desk: Desk) -> None:
    prepared(desk)
    evaluate(desk)
    desk("baseline", "write", "out", "-o", "baseline.json", own=False)
    desk.snapshot("web", system(), mode("/secret/place", "0644"), mode("/o"), folder="half")
    half = evaluate(desk, "--baseline", "baseline.json", evidence="half", out="half-out")
    assert [(row["target"], row["state"]) for row in half.document["gone"]] == [("db", "unassessed")]
    again = evaluate(desk, "--baseline", "half-out", evidence="half", out="third")
    assert [(row["target"], row["state"]) for row in again.document["gone"]] == [("db", "unassessed")]
    back = evaluate(desk, "--baseline", "third", out="fourth")
    assert back.document["states"] == {"unchanged": 2}
    desk("baseline", "write", "third", "-o", "second.json", own=False)
    first, second = (json.loads((desk.folder / name).read_text()) for name in ("baseline.json", "second.json"))
    assert {each["fingerprint"] for each in first["findings"]} == {each["fingerprint"] for each in second["findings"]}


def test_a_renamed_rule_keeps_its_known_failures(desk: Desk) -> None:
    prepared(desk)
    evaluate(desk)
    desk("baseline", "write", "out", "-o", "baseline.json", own=False)
    text = (desk.policy / "rules/marker_closed.yaml").read_text().replace("marker_closed", "marker_shut")
    desk.write("new/rules/marker_shut.yaml", text.replace("revision: 1\n", "revision: 1\nformerly: [marker_closed]\n"))
    desk.write("new/profiles/new.yaml", "schema: profile/1\nselect: [{rules: [marker_shut]}]\n")
    words = ("--rules", "new/rules", "--profiles", "new/profiles", "--baseline", "baseline.json", "--fail-on-new")
    done = desk(
        *("evaluate", "evidence", "-i", "inventory.yaml", "-p", "new", *words, "-o", "third"), own=False, out="third"
    )
    assert done.code in (0, 3), done.stdout + done.stderr
    assert done.document["states"]["unchanged"] == 1


def test_a_broken_file_is_an_error(desk: Desk) -> None:
    prepared(desk)
    desk.write("baseline.json", '{"schema": "baseline/1", "findings": []}')
    done = evaluate(desk, "--baseline", "baseline.json")
    assert done.code == 2
    assert "not a baseline" in done.stderr
