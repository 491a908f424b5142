"""Every command but the scan, on real files: what it prints, what it writes, and with what it ends."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scanner import content
from scanner.catalog.nodes import read
from scanner.model.evidence import error, unknown
from tests.support.cli import RULES, Desk, mode, stamp, system

HOST = "platform: linux, labels: {marker: /m, other: /o}"
HERE = "platform: linux, command: [env]"


@pytest.fixture
def one(desk: Desk) -> Desk:
    """A run of one target with a failure, in `out`."""
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o"))
    assert desk("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "-p", "people").code == 1
    return desk


# rules, profiles, facts


def test_rules_list_show_and_filter(desk: Desk) -> None:
    own = desk("rules", "list", "-p", "files")
    assert own.stdout == "marker_closed  high      Marker closed\nother_closed   low       Other closed\n"
    rows = json.loads(desk("rules", "list", "--json", "--control", "cis-controls-v8.1/4.1").stdout)
    assert {"id": "marker_closed", "severity": "high", "title": "Marker closed"} in rows
    page = desk("rules", "show", "other_closed").stdout
    for words in (
        "Severity     low",
        "cis-controls-v8.1 4.1",
        "mode (mode) = '0600'",
        "Asks for     linux.file",
        "  hidden: unknown",
    ):
        assert words in page
    manual = desk("rules", "show", "people_trained").stdout
    assert "Answered by a person, who gives\n  The list of participants." in manual
    assert "Asks for" not in manual


def test_shipped_rules_are_clean_and_their_cases_hold(desk: Desk) -> None:
    lint = desk("rules", "lint", own=False)
    assert lint.code == 0, lint.stderr
    assert re.search(r"catalogues, \d\d profiles: no problem\n$", lint.stdout)
    cases = desk("rules", "test", "sshd_root_login_disabled", own=False)
    assert (cases.code, cases.stdout.split(": ")[1]) == (0, "0 wrong\n")


def test_rules_of_a_user_are_linted_and_tested_by_folder_file_and_name(desk: Desk) -> None:
    folder = desk.write("mine/marker_closed.yaml", RULES["marker_closed"]).parent
    assert desk("rules", "lint", "mine", own=False).code == 0
    assert desk("rules", "test", "mine", own=False).stdout == "3 cases of 1 rule: 0 wrong\n"
    assert desk("rules", "test", "mine/marker_closed.yaml", own=False).stdout == "3 cases of 1 rule: 0 wrong\n"
    assert desk("rules", "test", "marker_closed", "--rules", folder, own=False).stdout == "3 cases of 1 rule: 0 wrong\n"
    shipped = Path(str(content.folder("rules"))) / "linux/banners"
    assert ": 0 wrong" in desk("rules", "test", shipped, own=False).stdout


def test_case_that_comes_out_otherwise_is_told(desk: Desk) -> None:
    text = RULES["marker_closed"].replace('mode: "0644"}]}, then: fail', 'mode: "0600"}]}, then: fail')
    desk.write("mine/marker_closed.yaml", text)
    ran = desk("rules", "test", "mine", own=False)
    assert ran.code == 1
    assert ran.stdout == "3 cases of 1 rule: 1 wrong\n"
    assert ran.stderr == "mine/marker_closed.yaml:13: marker_closed, case 'wrong': pass, not fail\n"
    text = RULES["marker_closed"].replace('mode: "0600"}]}, then: pass', 'mode: "0644"}]}, then: pass')
    desk.write("mine/marker_closed.yaml", text)
    assert "case 'right': fail, not pass (mode is 0644)" in desk("rules", "test", "mine", own=False).stderr


def test_lint_tells_all_problems_of_rules_and_catalogues(desk: Desk) -> None:
    desk.write("mine/a.yaml", RULES["marker_closed"].replace("marker_closed", "a").replace("linux.file,", "linux.fil,"))
    desk.write("mine/b.yaml", "id: c\n")
    ran = desk("rules", "lint", "mine", own=False)
    assert ran.code == 2
    assert {line.split(":")[0] for line in ran.stderr.splitlines()} == {"mine/a.yaml", "mine/b.yaml"}
    catalogue = "schema: catalogue/1\nid: c\ntitle: C\nkind: policy\nversion: '1'\npublisher: us\ncontrols:\n"
    desk.write("cats/c.yaml", catalogue + "  - {id: '1', title: One, rules: [marker_close]}\n")
    ran = desk("rules", "lint", "--catalogues", "cats")
    assert ran.code == 2
    assert "cats/c.yaml:8: " in ran.stderr
    assert "marker_close" in ran.stderr


@pytest.mark.parametrize(
    "fact", ["linux.file", "linux.sshd", "linux.user", "linux.system", "inventory.target", "linux.sysctl_boot"]
)
def test_new_rule_loads_as_it_is_written(desk: Desk, fact: str) -> None:
    ran = desk("rules", "new", "mine/state_required.yaml", "--fact", fact, own=False)
    assert ran.code == 0
    assert ran.stdout.startswith(
        "written: mine/state_required.yaml\nnext:    fill it in, then controlproof rules lint mine"
    )
    assert desk("rules", "lint", "mine", own=False).code == 0
    assert desk("rules", "test", "mine", own=False).code == 0


def test_rules_of_a_user_are_named_by_their_folder_in_reports(one: Desk) -> None:
    document = json.loads((one.folder / "out/run.json").read_text())
    assert document["rules"]["marker_closed"]["path"] == f"{one.policy}/rules/marker_closed.yaml"


def test_profiles_list_and_show(desk: Desk) -> None:
    listed = desk("profiles", "list").stdout
    assert "linux-baseline                        Baseline for any Linux (" in listed
    assert "rules, auto)" in listed
    desk.write(
        "ours.yaml",
        "schema: profile/1\ntitle: Ours\nextends: [acme]\nframeworks: [cis-controls-v8.1]\n"
        'values: {other_closed: {mode: "0644"}}\nexclude: [{rule: marker_closed, reason: no such file}]\n',
    )
    shown = desk("profiles", "show", "ours.yaml").stdout
    assert shown == (
        "ours\n  Ours\n  for Acme Linux\n  cis-controls-v8.1: 1 of 153 controls have rules\nrules (2)\n"
        "  marker_closed  excluded: no such file\n  other_closed  mode='0644'\n"
    )
    benchmark = desk("profiles", "show", "cis-debian-12-level-1-server", own=False).stdout
    assert "  cis-debian-12-v1.1.0 (server, level 1): " in benchmark


def test_facts_list_and_show(desk: Desk) -> None:
    listed = desk("facts", "list", own=False).stdout
    assert listed.startswith("linux.system ")
    assert "inventory.waiver" in listed
    assert "linux." not in desk("facts", "list", "--platform", "estate", own=False).stdout
    page = desk("facts", "show", "linux.sysctl_boot", own=False).stdout
    assert "- Derived from: `linux.sysctl`" in page
    data = json.loads(desk("facts", "show", "linux.shadow", "--json", own=False).stdout)
    assert (data["name"], data["needs"]) == ("linux.shadow", ["root"])
    for name in (line.split()[0] for line in listed.splitlines()):
        assert desk("facts", "show", name, own=False).stdout.startswith(f"## {name}\n")


# schemas and starter files


def valid(desk: Desk, kind: str, *documents: Any) -> None:
    schema = json.loads(desk("schema", kind, own=False).stdout)
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema)
    for document in documents:
        validator.validate(document)
    assert not validator.is_valid({"unheard": "of"})


def plain(path: Path) -> Any:
    document = read(str(path), path.read_bytes(), [])
    assert document is not None
    return json.loads(json.dumps(document.value, default=str))


ATTESTATIONS = (
    "schema: attestations/1\nattestations:\n  - {control: cis-controls-v8.1/14.1, scope: all, statement: Trained., "
    "by: Jo, on: 2026-11-01, valid_until: 2027-11-01}\n"
)
CLAIMS = "schema: claims/1\nclaims:\n  - {control: cis-controls-v8.1/3.3, status: compliant, source: 'db.md:112'}\n"


def test_schemas_accept_what_is_shipped_and_written(one: Desk) -> None:
    assert one("init", own=False).code == 0
    (one.folder / "fresh").mkdir()
    assert one("init", "-o", "fresh", own=False).code == 0
    profiles, rules = Path(str(content.folder("profiles"))), Path(str(content.folder("rules")))
    assert one("schema", own=False).stdout.split() == [
        "rule", "inventory", "profile", "catalogue", "waivers", "attestations", "claims", "recovery-policy", "config", "drill-record", "run", "result",
    ]  # fmt: skip
    valid(one, "rule", plain(rules / "linux/sshd/sshd_root_login_disabled.yaml"))
    valid(one, "inventory", plain(one.folder / "fresh/inventory.yaml"))
    valid(one, "profile", plain(profiles / "cis-debian-12-level-1-server.yaml"))
    valid(one, "catalogue", plain(profiles / "catalogues/cis-controls-v8.1.yaml"))
    valid(one, "waivers", plain(one.folder / "fresh/waivers.yaml"))
    valid(one, "config", plain(one.folder / "fresh/controlproof.yaml"))
    valid(one, "attestations", plain(one.write("a.yaml", ATTESTATIONS)))
    valid(one, "claims", plain(one.write("c.yaml", CLAIMS)))
    valid(one, "recovery-policy", plain(profiles / "recovery-policy.yaml"))
    valid(one, "run", json.loads((one.folder / "out/run.json").read_text()))
    valid(one, "result", *map(json.loads, (one.folder / "out/results.jsonl").read_text().splitlines()))


def test_every_shipped_rule_fits_the_schema(desk: Desk) -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(desk("schema", "rule", own=False).stdout))
    paths = sorted(Path(str(content.folder("rules"))).rglob("*.yaml"))
    assert len(paths) > 100
    for path in paths:
        validator.validate(plain(path))


def test_init_then_lint_then_plan_then_doctor(desk: Desk) -> None:
    first = desk("init", own=False)
    assert first.stdout == (
        "written: inventory.yaml\nwritten: waivers.yaml\nwritten: controlproof.yaml\n"
        "next:    controlproof lint && controlproof doctor && controlproof scan\n"
    )
    assert desk("lint", own=False).stdout == "3 files checked: no problem\n"
    assert desk("plan", own=False).stdout.startswith("visit local by local: ")
    before = Path("inventory.yaml").read_text()
    Path("waivers.yaml").unlink()
    again = desk("init", own=False)
    assert again.stdout.startswith("kept   : inventory.yaml\nwritten: waivers.yaml\nkept   : controlproof.yaml\n")
    assert Path("inventory.yaml").read_text() == before
    assert Path("inventory.yaml").stat().st_mode & 0o777 == 0o644


def test_init_from_the_users_ssh_config_and_from_another(desk: Desk) -> None:
    home = Path.home()
    desk.write("ssh_config", "Host db01\n  HostName 192.0.2.5\n")
    assert desk("init", "-o", "a", "--ssh-config", "ssh_config", own=False).code == 0
    assert "db01: {group: hosts}" in Path("a/inventory.yaml").read_text()
    assert str(desk.folder / "ssh_config") in Path("a/inventory.yaml").read_text()
    (home / ".ssh").mkdir()
    (home / ".ssh/config").write_text("Host web01\n  User audit\n")
    assert desk("init", "-o", "b", own=False).code == 0
    assert "web01: {group: hosts}  # audit@*" in Path("b/inventory.yaml").read_text()
    hosts = {"_meta": {"hostvars": {"app1": {"ansible_host": "192.0.2.9"}}}, "all": {"hosts": ["app1"]}}
    desk.write("hosts.json", json.dumps(hosts))
    assert desk("init", "-o", "c", "--ansible", "hosts.json", own=False).code == 0
    assert "app1" in Path("c/inventory.yaml").read_text()
    for place in "abc":
        assert desk("lint", place, own=False).code == 0


def test_lint_tells_every_problem_of_every_file(desk: Desk) -> None:
    desk.inventory({"a": "platform: linix"})
    desk.write("waivers.yaml", "schema: waivers/1\nwaivers: [{id: W1}]\n")
    desk.write("rule.yaml", RULES["marker_closed"].replace("linux.file,", "linux.fil,"))
    desk.write("notes.yaml", "something: else\n")
    ran = desk("lint", own=False)
    assert ran.code == 2
    assert {line.split(":")[0] for line in ran.stderr.splitlines()} == {"inventory.yaml", "waivers.yaml", "rule.yaml"}
    one = desk("lint", "waivers.yaml", own=False)
    assert {line.split(":")[0] for line in one.stderr.splitlines()} == {"waivers.yaml"}


def test_lint_of_one_file(desk: Desk) -> None:
    desk.write("claims.yaml", CLAIMS)
    assert desk("lint", "claims.yaml", own=False).stdout == "1 file checked: no problem\n"


# plan, collect, evaluate


@pytest.fixture
def here(desk: Desk) -> Desk:
    """Two targets behind a command that runs on this machine, with real files."""
    for name, bits in (("m", 0o600), ("o", 0o600)):
        desk.write(name, "x").chmod(bits)
    labels = f"labels: {{marker: {desk.folder}/m, other: {desk.folder}/o}}"
    desk.inventory({"a": f"{HERE}, {labels}", "b": f"platform: linux, command: [env, X=1], {labels}"})
    return desk


def test_plan_shows_visits_rules_and_questions(here: Desk) -> None:
    ran = here("plan", "-i", "inventory.yaml", "-p", "files", "--limit", "a", "--privileges")
    *lines, last, needs = ran.stdout.splitlines()
    assert lines == [
        "visit command by command: 3 questions",
        "  a: 2 rules; profiles: files",
        f'    linux.file{{"path":"{here.folder}/m"}}',
        f'    linux.file{{"path":"{here.folder}/o"}}',
        "    linux.system",
        "not visited: b (not asked for in this run)",
    ]
    assert re.fullmatch(r"plan [0-9a-f]{16}", last)
    assert needs == "a needs: nothing beyond an account"
    auto = here("plan", "-i", "inventory.yaml", "a", "--privileges", own=False)
    assert "; candidates of auto: cis-debian-12-level-1-server, " in auto.stdout
    said = re.fullmatch(
        r"a needs: root; (\d+) of (\d+) rules ask nothing that takes more than an account", auto.stdout.splitlines()[-1]
    )
    assert said, auto.stdout
    assert 100 < int(said.group(1)) < int(said.group(2))


def test_plan_as_data(here: Desk) -> None:
    data = json.loads(here("plan", "-i", "inventory.yaml", "-p", "files", "-p", "inventory-hygiene", "--json").stdout)
    assert [visit["targets"] for visit in data["visits"]] == [["a"], ["b"]]
    assert data["targets"]["a"] == {
        "profiles": ["files", "inventory-hygiene"],
        "auto": False,
        "rules": ["marker_closed", "other_closed"],
    }
    assert data["skipped"] == {}
    assert "host_keys_unique" in data["estate"]
    again = json.loads(here("plan", "-i", "inventory.yaml", "-p", "files", "-p", "inventory-hygiene", "--json").stdout)
    assert again["sha256"] == data["sha256"]
    text = here("plan", "-i", "inventory.yaml", "-p", "files", "-p", "inventory-hygiene").stdout
    assert "estate: assets_have_owner, " in text
    assert text.splitlines()[-1] == f"plan {data['sha256'][:16]}"


def test_script_of_the_plan_is_what_a_collection_sends(here: Desk) -> None:
    """The target is a program that keeps what it was given before it runs it."""
    keep = here.write("bin/keep", '#!/bin/sh\ntee -a "$KEPT" | sh -s "$@"\n')
    keep.chmod(0o755)
    labels = f"labels: {{marker: {here.folder}/m, other: {here.folder}/o}}"
    here.inventory({"a": f"platform: linux, command: [env, KEPT={here.folder}/sent, {keep}], {labels}"})
    script = here("plan", "a", "-i", "inventory.yaml", "-p", "files", "--script").stdout
    assert here("scan", "-i", "inventory.yaml", "-p", "files").code == 0
    assert Path("sent").read_text() == script


def comparable(ran: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "seconds"} for each in ran.results]


def test_collecting_then_evaluating_equals_scanning(here: Desk) -> None:
    Path("o").chmod(0o644)
    live = here("scan", "-i", "inventory.yaml", "-p", "files", out="live")
    collected = here("collect", "-i", "inventory.yaml", "-p", "files", "-o", "kept")
    assert (live.code, collected.code, collected.stdout) == (1, 0, "evidence of 2 of 2 targets in kept\n")
    assert sorted(path.name for path in Path("kept/evidence").iterdir()) == ["a.json", "b.json"]
    judged = here("evaluate", "kept", "-i", "inventory.yaml", "-p", "files", out="judged")
    assert (judged.code, comparable(judged)) == (1, comparable(live))
    single = here(
        "evaluate", "kept/evidence/a.json", "kept/evidence/b.json", "-i", "inventory.yaml", "-p", "files", out="x"
    )
    assert comparable(single) == comparable(live)


def test_evidence_is_judged_where_it_lies_and_stays_there(here: Desk) -> None:
    assert here("collect", "-i", "inventory.yaml", "-p", "files", "-o", "out").code == 0
    before = {path.name: path.read_bytes() for path in Path("out/evidence").iterdir()}
    ran = here("evaluate", "out", "-i", "inventory.yaml", "-p", "files", "-o", "out")
    assert ran.code == 0
    assert {path.name: path.read_bytes() for path in Path("out/evidence").iterdir()} == before
    again = here("evaluate", "out/evidence/a.json", "--limit", "a", "-i", "inventory.yaml", "-p", "files", "-o", "out")
    assert again.code == 0
    assert {path.name: path.read_bytes() for path in Path("out/evidence").iterdir()} == before


def test_scan_begins_with_empty_evidence(here: Desk) -> None:
    assert here("scan", "-i", "inventory.yaml", "-p", "files").code == 0
    assert here("scan", "-i", "inventory.yaml", "-p", "files", "a").code == 0
    assert [path.name for path in Path("out/evidence").iterdir()] == ["a.json"]


def test_answer_of_the_script_is_judged_as_the_visit_would_be(here: Desk) -> None:
    script = here("plan", "a", "-i", "inventory.yaml", "-p", "files", "--script").stdout
    answer = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=True).stdout
    Path("answer.txt").write_bytes(answer)
    live = here("scan", "a", "-i", "inventory.yaml", "-p", "files", out="live")
    judged = here("evaluate", "answer.txt", "--target", "a", "--limit", "a", "-i", "inventory.yaml", "-p", "files")
    assert (judged.code, comparable(judged)) == (0, comparable(live))
    replayed = here.inventory(
        {"a": f"platform: linux, replay: answer.txt, labels: {{marker: {here.folder}/m, other: {here.folder}/o}}"}
    )
    again = here("scan", "-i", replayed, "-p", "files")
    assert (again.code, comparable(again)) == (0, comparable(live))


def test_cut_answer_is_never_taken_for_whole(here: Desk) -> None:
    script = here("plan", "a", "-i", "inventory.yaml", "-p", "files", "--script").stdout
    answer = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=True).stdout
    Path("answer.txt").write_bytes(answer[: len(answer) // 2])
    ran = here("evaluate", "answer.txt", "--target", "a", "--limit", "a", "-i", "inventory.yaml", "-p", "files")
    assert ran.code == 3
    assert "the answer has no finishing line" in ran.notices("target-incomplete")[0]


def test_collection_of_a_silent_target_ends_with_three(here: Desk) -> None:
    here.inventory({"a": f"{HERE}, labels: {{marker: /m, other: /o}}", "b": "platform: linux, command: ['false']"})
    ran = here("collect", "-i", "inventory.yaml", "-p", "files", "-o", "kept")
    assert (ran.code, ran.stdout) == (3, "evidence of 1 of 2 targets in kept\n")
    assert "b: our script did not start; exit status 1" in ran.stderr
    again = here("collect", "-i", "inventory.yaml", "-p", "files", "-o", "kept", "--resume")
    assert again.stdout == "evidence of 1 of 2 targets in kept\n"
    assert "a: started" not in again.stderr


# doctor


def test_doctor_finds_everything_in_order(here: Desk) -> None:
    ran = here("doctor", "a", "-i", "inventory.yaml", "-p", "files")
    assert ran.code == 0
    assert ran.stdout.splitlines()[0] == "ok   b: not visited: not asked for in this run"
    assert ran.stdout.splitlines()[1].startswith("ok   a: ")
    assert ran.stdout.splitlines()[1].endswith(": 3 of 3 questions answered")


def test_doctor_names_what_is_missing(here: Desk) -> None:
    sudo = here.write("bin/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    sudo.chmod(0o755)
    labels = "labels: {marker: /m, other: /o}"
    here.inventory(
        {
            "sudo": f"{HERE}, become: [{sudo}, -n], {labels}",
            "gone": f"platform: linux, command: [{here.folder}/no-such-program], {labels}",
            "nothing": f"{HERE}",
        }
    )
    ran = here("doctor", "-i", "inventory.yaml", "-p", "files")
    assert ran.code == 3
    said = dict(line[5:].split(": ", 1) for line in ran.stdout.splitlines() if line.startswith("miss"))
    assert said["gone"].endswith("no-such-program: no such program on this machine (install it)")
    assert "NOPASSWD" in said["sudo"] or "password" in said["sudo"]


def test_doctor_counts_missing_privileges(here: Desk) -> None:
    """A target whose every answer is denied: a replayed answer in which the files were not to be read."""
    from scanner.model.evidence import Snapshot
    from scanner.operations.doctor import _examine

    denied = unknown("permission denied", "root")
    evidence = [
        system(),
        mode("/m", gap=denied),
        mode("/o", gap=denied),
        mode("/p", gap=error("timed out")),
        mode("/q", gap=error("timed out")),
    ]
    cell = mode("/r")
    evidence.append(type(cell)(cell.query, ({**cell.rows[0], "size": denied, "uid": denied},), None, cell.provenance))
    snapshot = Snapshot("a", stamp(), {each.query: each for each in evidence})
    assert [(each.well, each.text) for each in _examine(snapshot)] == [
        (False, "this user@here: 2 of 6 questions answered"),
        (False, "needs root for 3 questions"),
        (False, "timed out (2 times)"),
    ]


# report, diff


def test_report_gives_the_same_bytes_again(one: Desk) -> None:
    formats = [line.split()[0] for line in one("report", "--list", own=False).stdout.splitlines()]
    assert {"text", "html", "sarif", "junit", "markdown", "csv"} <= set(formats)
    run = one("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--format", ",".join(formats), out="first")
    assert run.code == 1
    files = [line.removeprefix("written: first/") for line in run.stdout.splitlines() if line.startswith("written: ")]
    first = {name: (one.folder / "first" / name).read_bytes() for name in files}
    assert len(first) == len(formats) + 1
    again = one("report", "first", "--format", ",".join(formats), "-o", "second", own=False)
    assert again.code == 0
    second = {path.name: path.read_bytes() for path in (one.folder / "second").iterdir()}
    assert second == {name: data for name, data in first.items() if name != "run.json"}
    modes = {path.name: path.stat().st_mode & 0o777 for path in (one.folder / "second").iterdir()}
    assert modes.pop("metrics.prom") == 0o644
    assert set(modes.values()) == {0o600}


def test_report_to_the_terminal_to_a_stream_and_beside_the_run(one: Desk) -> None:
    text = one("report", "out", own=False).stdout
    assert text.startswith("FAIL  (exit code 1)")
    assert one("report", "out/run.json", "--format", "text", "-o", "-", own=False).stdout == text
    assert one("report", "out", "--format", "csv", own=False).stdout == "written: out/findings.csv\n"
    assert one("report", "out/run.json", "--format", "sarif", "--file-mode", "0644", own=False).code == 0
    assert Path("out/results.sarif").stat().st_mode & 0o777 == 0o644
    both = one("report", "out", "--format", "csv,text", "-o", "-", own=False)
    assert (both.code, both.stdout) == (2, "")
    default = one("report", "out", "-o", "all", own=False)
    assert [line.split("/")[-1] for line in default.stdout.splitlines()] == [
        "results.sarif",
        "junit.xml",
        "report.html",
    ]


def test_one_format_to_standard_output_keeps_nothing(one: Desk) -> None:
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "-o", "-", "--format", "sarif")
    before = sorted(one.folder.rglob("*"))
    ran = one(*words)
    assert ran.code == 1
    assert json.loads(ran.stdout)["version"] == "2.1.0"
    assert sorted(one.folder.rglob("*")) == before
    assert ran.stderr == "[1/1] web01: 1 pass, 1 fail\n"


def test_locations_in_sarif_are_lines_of_the_inventory(desk: Desk) -> None:
    desk.write("controlproof.yaml", "schema: config/1\ninventory: hosts.yaml\nprofiles: [files]\nformats: [sarif]\n")
    desk.inventory({"other": HOST, "web01": HOST}, name="hosts.yaml")
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o"))
    desk.snapshot("other", system(), mode("/m"), mode("/o"))
    assert desk("evaluate", "evidence", "--format", "sarif").code == 1
    [result] = json.loads(Path("out/results.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("hosts.yaml", 4)


def test_file_mode_is_for_reports_alone(one: Desk) -> None:
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--file-mode", "0640")
    one(*words, "--format", "csv", out="shared")
    modes = {path.name: path.stat().st_mode & 0o777 for path in Path("shared").rglob("*") if path.is_file()}
    assert modes.pop("findings.csv") == 0o640
    assert set(modes.values()) == {0o600}
    one(*words[:-2], "--format", "csv", "--format", "prometheus", out="metrics")
    modes = {path.name: path.stat().st_mode & 0o777 for path in Path("metrics").iterdir() if path.is_file()}
    assert (modes["metrics.prom"], modes["findings.csv"], modes["run.json"]) == (0o644, 0o600, 0o600)
    assert Path("shared/evidence").stat().st_mode & 0o777 == 0o700


def test_diff_tells_what_changed_and_why(one: Desk) -> None:
    one.snapshot("web01", system(), mode("/m", "0666"), mode("/o", "0644"))
    assert one("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", out="worse").code == 1
    ran = one("diff", "out", "worse", own=False)
    assert (ran.code, ran.stdout) == (
        1,
        "new        low      web01: other_closed /o\nupdated    high     web01: marker_closed /m\n",
    )
    rows = json.loads(one("diff", "out", "worse", "--json", own=False).stdout)
    assert [(row["state"], row["resource"]) for row in rows] == [("new", "/o"), ("updated", "/m")]
    assert one("diff", "worse", "worse", own=False).stdout == "no change\n"
    one.snapshot("web01", system(), mode("/m", gap=error("lost")), mode("/o"))
    one("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", out="lost")
    lost = one("diff", "worse", "lost", own=False)
    assert lost.code == 0
    assert lost.stdout.startswith("unassessed high     web01: marker_closed /m  (last seen 20")
    assert "\nabsent     low      web01: other_closed /o\n" in lost.stdout


def test_diff_tells_a_changed_rule_from_a_changed_target(desk: Desk) -> None:
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o", "0644"))
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "p.yaml")
    first = RULES["other_closed"]
    desk.write("rules/other_closed.yaml", first.replace('default: "0600"', 'default: "0644"'))
    desk.write("p.yaml", "schema: profile/1\nselect: [{rules: [other_closed]}]\n")
    assert desk(*words, "--rules", "rules", own=False, out="before").code == 0
    desk.write("rules/other_closed.yaml", first.replace("revision: 1", "revision: 2"))
    desk.write("rules/marker_closed.yaml", RULES["marker_closed"])
    desk.write("p.yaml", "schema: profile/1\nselect: [{rules: [other_closed, marker_closed]}]\n")
    assert desk(*words, "--rules", "rules", own=False, out="after").code == 1
    assert desk("diff", "before", "after", own=False).stdout == (
        "new        high     web01: marker_closed /m  (the rule is new)\n"
        "new        low      web01: other_closed /o  (the rule changed: revision 1 to 2)\n"
    )


def test_baseline_follows_a_renamed_rule(desk: Desk) -> None:
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o"))
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "p.yaml", "--rules", "rules")
    desk.write("rules/marker_closed.yaml", RULES["marker_closed"])
    desk.write("p.yaml", "schema: profile/1\nselect: [{labels: [own]}]\n")
    assert desk(*words, own=False, out="before").code == 1
    Path("rules/marker_closed.yaml").unlink()
    text = (
        RULES["marker_closed"]
        .replace("id: marker_closed", "id: marker_shut")
        .replace("labels:", "formerly: [marker_closed]\nlabels:")
    )
    desk.write("rules/marker_shut.yaml", text)
    ran = desk(*words, "--baseline", "before", "--fail-on-new", own=False)
    assert (ran.code, ran.document["states"]) == (0, {"unchanged": 1})
