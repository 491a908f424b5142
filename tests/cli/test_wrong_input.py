"""What is said on wrong input: one sentence with the place, what is wrong and what to do; exit code 2, nothing asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanner.facts.table import builtin
from tests.support.cli import Desk, Ran, background, day, mode, release, stamp, system, waiting
from tests.support.sshd import until

TARGETS = {
    "web01": "platform: linux, command: [env], labels: {marker: /m, other: /o}",
    "db01": "platform: linux, command: [env, A=1], labels: {marker: /m, other: /o}, group: databases",
}
GROUPS = "groups:\n  databases: {platform: linux}\n"


@pytest.fixture
def two(desk: Desk) -> Desk:
    desk.inventory(TARGETS, more=GROUPS)
    return desk


def said(ran: Ran) -> str:
    """The last line on stderr of a command that ended with 2 and wrote nothing."""
    assert ran.code == 2, ran.stdout
    assert not (ran.folder / "run.json").exists()
    return ran.stderr.strip().splitlines()[-1]


PLATFORMS = {platform for spec in builtin().values() for platform in spec.platforms}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("scan -i inventory.yaml web1", "no target or group is called 'web1' (did you mean 'web01'?)"),
        ("scan -i inventory.yaml databasis", "no target or group is called 'databasis' (did you mean 'databases'?)"),
        ("scan -i inventory.yaml xyzzy", "no target or group is called 'xyzzy' (controlproof plan names them)"),
        (
            "scan -i inventory.yaml --limit cache*",
            "the selection of targets leaves none (see --limit, --label and the names given)",
        ),
        (
            "scan -i inventory.yaml --label env=prod",
            "the selection of targets leaves none (see --limit, --label and the names given)",
        ),
        (
            "scan -i inventory.yaml --label env=prod --label env=test",
            "--label env: two values are given, and no target has both (give one of them)",
        ),
        ("scan -i inventory.yaml -p file", "no profile is called 'file' (did you mean 'files'?)"),
        ("scan -i inventory.yaml -p xyzzy", "no profile is called 'xyzzy' (`profiles list` names them)"),
        (
            "scan -i inventory.yaml -p files --rule marker_close",
            "no rule is called 'marker_close' (did you mean 'marker_closed'?)",
        ),
        (
            "scan -i inventory.yaml -p files --rule people_trained",
            "people_trained: no profile in use selects it (name another with -p)",
        ),
        (
            "scan -i inventory.yaml -p files --control cis-controls-v8.1/99.1",
            "no control is numbered 'cis-controls-v8.1/99.1' (did you mean '9.1'?)",
        ),
        (
            "scan -i inventory.yaml -p files --control cis-controls-v8/4.1",
            "no catalogue is called 'cis-controls-v8' (did you mean 'cis-controls-v8.1'?)",
        ),
        (
            "scan -i inventory.yaml -p files --format sarf",
            "no reporter is called 'sarf' (did you mean 'sarif'?)",
        ),
        (
            "scan -i inventory.yaml -p files -o a --runs b",
            "-o and --runs: both name a place for the run (give one of them)",
        ),
        (
            "scan -i inventory.yaml -p files -o - --format sarif,junit",
            "-o -: one format goes to standard output (name it with --format)",
        ),
        (
            "scan -i inventory.yaml -p files -o - --resume",
            "--resume: nothing is kept with -o -, so there is no run to go on with (name a folder)",
        ),
        ("scan -i inventory.yaml -p files --resume", "out: there is no run to go on with (scan without --resume)"),
        (
            "scan -i inventory.yaml -p files --runs runs --resume",
            "runs: no run is unfinished (scan without --resume)",
        ),
        (
            "scan -i inventory.yaml -p files --fail-on-new",
            "--fail-on-new: there is nothing to compare with (add --baseline latest, or a run)",
        ),
        (
            "scan -i inventory.yaml -p files --baseline before",
            "before: cannot be read: No such file or directory (name a run folder or its run.json)",
        ),
        ("scan -i inventoy.yaml", "inventoy.yaml: cannot be read: No such file or directory (check the path)"),
        ("scan --waivers w.yaml --local", "w.yaml: cannot be read: No such file or directory (check the path)"),
        ("plan -i inventory.yaml -p files --script", "2 visits are planned (name one target for its script)"),
        (
            "evaluate -i inventory.yaml -p files answer.txt",
            "answer.txt: cannot be read: No such file or directory (check the path)",
        ),
        (
            "evaluate -i inventory.yaml -p files answer.txt --as-of yesterday",
            "--as-of: 'yesterday' is no time with a zone (write RFC 3339, such as 2026-11-20T01:02:03Z)",
        ),
        (
            "evaluate -i inventory.yaml -p files answer.txt --as-of 2026-11-20",
            "--as-of: '2026-11-20' is no time with a zone (write RFC 3339, such as 2026-11-20T01:02:03Z)",
        ),
        ("collect -i inventory.yaml -p files -o -", "-o -: evidence goes into a folder (name one)"),
    ],
)
def test_sentence(two: Desk, words: str, sentence: str) -> None:
    assert said(two(*words.split())) == sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("scna", "Error: there is no command 'scna' (did you mean 'scan'?)"),
        ("xyzzy", "Error: there is no command 'xyzzy'"),
        (
            "rules show sshd_root_login_disable",
            "no rule is called 'sshd_root_login_disable' (did you mean 'sshd_root_login_disabled'?)",
        ),
        ("rules show xyzzy", "no rule is called 'xyzzy' (controlproof rules list names them)"),
        ("rules list --control 99.1", "no control is numbered '99.1' (did you mean '9.1'?)"),
        ("rules list -p xyzzy", "no profile is called 'xyzzy' (`profiles list` names them)"),
        ("rules test xyzzy", "no rule is called 'xyzzy'"),
        ("rules new my_rule --fact linux.file", "my_rule: a rule's file ends in .yaml (call it my_rule.yaml)"),
        ("rules new my_rule.yaml --fact linux.fil", "no fact is called 'linux.fil' (did you mean 'linux.file'?)"),
        (
            "rules new My-Rule.yaml --fact linux.file",
            "My-Rule: cannot be the id of a rule (write small letters, digits and _ alone)",
        ),
        ("profiles show xyzzy", "no profile is called 'xyzzy' (`profiles list` names them)"),
        ("facts show linux.fil", "no fact is called 'linux.fil' (did you mean 'linux.file'?)"),
        ("facts list --platform linx", "no facts are of a platform 'linx' (did you mean 'linux'?)"),
        (
            "facts list --platform xyzzy",
            f"no facts are of a platform 'xyzzy' (one of {', '.join(sorted(PLATFORMS))})",
        ),
        ("schema rul", "no kind of file is called 'rul' (did you mean 'rule'?)"),
        ("report", "Error: no run is named (name its folder, such as controlproof-out)"),
        ("report nothing", "nothing: cannot be read: No such file or directory (name a run folder or its run.json)"),
        (
            "report nothing --file-mode 999",
            "Error: Invalid value for '--file-mode': '999' is no file mode (write 0600 or 0640)",
        ),
        ("init --ansible hosts.json", "hosts.json: cannot be read: No such file or directory (check the path)"),
        ("lint nothing.yaml", "nothing.yaml: there is no such file or folder (check the path)"),
    ],
)
def test_sentence_without_an_inventory(desk: Desk, words: str, sentence: str) -> None:
    ran = desk(*words.split(), own=False)
    assert ran.code == 2, ran.stdout
    assert ran.stderr.strip().splitlines()[-1] == sentence


def test_misspelt_option_has_a_near_word(desk: Desk) -> None:
    ran = desk("scan", "--profil", "x", own=False)
    assert ran.code == 2
    assert "--profile" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("schema: inventory/1\ntargets:\n  a: {platform: linux\n", 4, "not YAML"),
        ("schema: inventory/1\ntargets:\n  a: {platform: linix}\n", 3, "no platform is called 'linix'"),
        ("schema: inventory/1\ntargets:\n  a: {platform: linux, adress: x}\n", 3, "adress"),
        ("schema: inventory/1\ntargets:\n  a: {platform: linux}\n  a: {platform: linux}\n", 4, "'a'"),
        ("schema: inventry/1\ntargets: {}\n", 1, "inventry/1"),
        ("\x00", 1, ""),
    ],
)
def test_broken_inventory_is_said_with_its_line(desk: Desk, text: str, line: int, what: str) -> None:
    desk.write("inventory.yaml", text)
    ran = desk("scan", "-i", "inventory.yaml")
    assert re.match(rf"inventory\.yaml:{line}: .*{re.escape(what)}", said(ran)), ran.stderr


def test_all_problems_of_all_files_are_told_together(two: Desk) -> None:
    two.inventory({"a": "platform: linix", "b": "platform: linux, adress: x"})
    two.write("waivers.yaml", "schema: waivers/1\nwaivers: [{id: W1}]\n")
    ran = two("scan", "-i", "inventory.yaml", "--waivers", "waivers.yaml")
    assert ran.code == 2
    assert {line.split(":")[0] for line in ran.stderr.splitlines()} == {"inventory.yaml", "waivers.yaml"}
    assert len(ran.stderr.splitlines()) > 3


def waiver(rule: str = "marker_closed", targets: str = "[web01]") -> str:
    return (
        "schema: waivers/1\nwaivers:\n"
        f"  - {{id: W1, rule: {rule}, targets: {targets}, reason: r, approver: Jo, approved: {day(-3)}, expires: {day(3)}}}\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            waiver("marker_close"),
            "waivers.yaml:3: W1: no rule is called 'marker_close' (did you mean 'marker_closed'?)",
        ),
        (waiver(targets="[web1]"), "waivers.yaml:3: no target is called 'web1' (did you mean 'web01'?)"),
    ],
)
def test_waiver_for_what_there_is_not(two: Desk, text: str, sentence: str) -> None:
    two.write("waivers.yaml", text)
    assert said(two("scan", "-i", "inventory.yaml", "-p", "files", "--waivers", "waivers.yaml")) == sentence


def test_inventory_that_names_an_unknown_profile(desk: Desk) -> None:
    desk.inventory({"a": "platform: linux, profiles: [filez]"})
    assert said(desk("scan", "-i", "inventory.yaml")) == (
        "inventory.yaml:3: a: no profile is called 'filez' (did you mean 'files'?)"
    )


def test_user_rules_that_do_not_hold(desk: Desk) -> None:
    desk.write("rules/bad.yaml", "id: bad\nfoo: 1\n")
    ran = desk("scan", "--local", "--rules", "rules", own=False)
    assert ran.code == 2
    assert all(line.startswith("rules/bad.yaml:") for line in ran.stderr.splitlines())
    assert desk("scan", "--local", "--rules", "nowhere", own=False).stderr == (
        "nowhere: there is no such folder (check the path)\n"
    )


def blocked_by_a_file(desk: Desk) -> tuple[str, str]:
    desk.write("out", "in the way")
    return "out", "out: cannot be written: File exists (choose another folder with -o, or make room)"


def below_a_file(desk: Desk) -> tuple[str, str]:
    desk.write("file", "in the way")
    return "file/out", "file/out: cannot be written: Not a directory (choose another folder with -o, or make room)"


def endless(desk: Desk) -> tuple[str, str]:
    name = "x" * 300
    return name, f"{name}: cannot be written: File name too long (choose another folder with -o, or make room)"


def read_only(desk: Desk) -> tuple[str, str]:
    place = desk.folder / "shut"
    place.mkdir()
    if os.geteuid():
        place.chmod(0o500)
        why = "Permission denied"
    else:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "none", place], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no mount here: {done.stderr.strip()}")
        why = "Read-only file system"
    return "shut/out", f"shut/out: cannot be written: {why} (choose another folder with -o, or make room)"


@pytest.fixture
def unmounted(desk: Desk) -> Iterator[None]:
    yield
    subprocess.run(["umount", "-l", desk.folder / "shut"], capture_output=True)


@pytest.mark.usefixtures("unmounted")
@pytest.mark.parametrize("way", [blocked_by_a_file, below_a_file, endless, read_only])
def test_folder_that_cannot_be_written(two: Desk, way: Callable[[Desk], tuple[str, str]]) -> None:
    place, sentence = way(two)
    ran = two("scan", "-i", "inventory.yaml", "-p", "files", "-o", place)
    assert (ran.code, ran.stderr.splitlines()[-1]) == (2, sentence)
    assert "[1/" not in ran.stderr


def test_resume_refuses_a_changed_plan(two: Desk) -> None:
    assert two("collect", "-i", "inventory.yaml", "-p", "one", "-o", "out").code in (0, 3)
    ran = two("scan", "-i", "inventory.yaml", "-p", "files", "--resume")
    assert re.fullmatch(
        r"out: its plan was [0-9a-f]{16}, today's is [0-9a-f]{16}: rules, profiles, inventory or flags changed since "
        r"\(scan without --resume\)",
        said(ran),
    )


def test_folder_of_a_running_scan_is_refused(two: Desk) -> None:
    """The first scan waits for its target; the second one is told who is there."""
    two.inventory({"slow": waiting(two)})
    words = ("scan", "-i", "inventory.yaml", "-p", "files", "--format", "csv", "-o", "out")
    first = background(two, *words)
    try:
        until((two.folder / "out/plan.json").exists, seconds=120, what="the first scan at work")
        second = two(*words)
        assert (second.code, second.stderr) == (
            2,
            f"out: another run (process {first.pid}) is writing here (wait for it, or use another folder)\n",
        )
    finally:
        release(two)
        first.communicate(timeout=300)
    assert first.returncode == 1


def test_runs_that_overlap_are_refused(two: Desk) -> None:
    two.inventory({"slow": waiting(two)})
    words = ("scan", "-i", "inventory.yaml", "-p", "files", "--format", "csv", "--runs", "runs")
    first = background(two, *words)
    try:
        until(lambda: list((two.folder / "runs").glob("2*/plan.json")), seconds=120, what="the first scan at work")
        second = two(*words)
        assert second.code == 2
        assert second.stderr.startswith(f"runs: another run (process {first.pid}) is writing here")
    finally:
        release(two)
        first.communicate(timeout=300)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"schema": "snapshot/1"', "x.json: not a whole snapshot (collect again)"),
        (b'{"schema": "snapshot/7"}', "x.json: this is snapshot/7, not snapshot/1 (collect again)"),
        (b"{}", "x.json: not a whole snapshot (collect again)"),
    ],
)
def test_evidence_that_cannot_be_read(two: Desk, data: bytes, sentence: str) -> None:
    (two.folder / "x.json").write_bytes(data)
    assert said(two("evaluate", "x.json", "-i", "inventory.yaml", "-p", "files")) == sentence


def test_folder_without_evidence(two: Desk) -> None:
    (two.folder / "empty").mkdir()
    assert said(two("evaluate", "empty", "-i", "inventory.yaml", "-p", "files")) == (
        "empty: there is no evidence in this folder (name a run's folder)"
    )


def test_file_that_is_too_large_for_an_answer(two: Desk) -> None:
    with (two.folder / "disk.img").open("wb") as stream:
        stream.truncate(2**30)
    assert said(two("evaluate", "disk.img", "-i", "inventory.yaml", "-p", "files", "--target", "web01")) == (
        "disk.img: 1073741824 bytes are more than any answer has (is it the right file?)"
    )


def test_snapshot_of_a_target_that_is_not_planned(two: Desk) -> None:
    place = two.snapshot("web1", system())
    assert said(two("evaluate", place / "web1.json", "-i", "inventory.yaml", "-p", "files")) == (
        f"{place}/web1.json: is of target 'web1', which is not planned (did you mean 'web01'?)"
    )


def test_evidence_that_is_given_twice(two: Desk) -> None:
    first = two.snapshot("web01", system(), mode("/m"), mode("/o"))
    two.snapshot("web01", system(), mode("/m", "0644"), mode("/o"), folder="older")
    ran = two("evaluate", first, "older/web01.json", "-i", "inventory.yaml", "-p", "files")
    assert said(ran) == (
        f"older/web01.json: evidence of web01 was given already, by {first}/web01.json (name one of them)"
    )


def test_snapshot_of_another_target_than_the_one_named(two: Desk) -> None:
    place = two.snapshot("web01", system(), mode("/m"), mode("/o"))
    ran = two("evaluate", place / "web01.json", "-i", "inventory.yaml", "-p", "files", "--target", "db01")
    assert said(ran) == (
        f"{place}/web01.json: is of target 'web01', and --target says db01 "
        "(judge it without --target, or get the answer again)"
    )


def test_answer_of_nobody_in_particular(two: Desk) -> None:
    two.write("answer.txt", "words\n")
    assert said(two("evaluate", "answer.txt", "-i", "inventory.yaml", "-p", "files")) == (
        "answer.txt: 2 targets are planned (say with --target whose answer this is)"
    )
    assert said(two("evaluate", "answer.txt", "-i", "inventory.yaml", "-p", "files", "--target", "web1")) == (
        "--target web1: it is not planned (did you mean 'web01'?)"
    )


def test_answer_of_another_plan(two: Desk) -> None:
    script = two("plan", "web01", "-i", "inventory.yaml", "-p", "one", "--script").stdout
    answer = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True).stdout
    (two.folder / "answer.txt").write_bytes(answer)
    ran = two("evaluate", "answer.txt", "-i", "inventory.yaml", "-p", "files", "--target", "web01")
    assert re.fullmatch(
        r"answer\.txt: answer: it answers script [0-9a-f]{64}, these queries make script [0-9a-f]{64} "
        r"\(run the script of the same rules, profiles and version again\)",
        said(ran),
    )


def test_answer_that_is_none_is_an_error_of_its_target(two: Desk) -> None:
    two.write("answer.txt", "permission denied by the administrator\n")
    ran = two("evaluate", "answer.txt", "web01", "-i", "inventory.yaml", "-p", "files", "--target", "web01")
    assert ran.code == 2
    two.write("answer.txt", "permission denied by the administrator\n")
    ran = two("evaluate", "answer.txt", "-i", "inventory.yaml", "-p", "files", "--target", "web01", "--limit", "web01")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert ran.document["targets"]["web01"]["state"] == "unreachable"
    assert "our script did not start; permission denied by the administrator" in ran.notices("target-unreachable")[0]


@pytest.mark.parametrize("name", ["run.json", "results.jsonl"])
def test_report_of_a_cut_or_foreign_run(two: Desk, name: str) -> None:
    place = two.snapshot("web01", system(), mode("/m"), mode("/o", "0644"))
    two.snapshot("db01", system(), mode("/m"), mode("/o"))
    assert two("evaluate", place, "-i", "inventory.yaml", "-p", "files").code == 1
    path = two.folder / "out" / name
    whole = path.read_bytes()
    sentences = {
        "run.json": r"out/run\.json: not a run \(it was changed or cut; scan again\)",
        "results.jsonl": r"out/results\.jsonl:\d: not a result \(the file was changed or cut; scan again\)",
    }
    path.write_bytes(whole[:-30])
    cut = two("report", "out", own=False)
    assert cut.code == 2
    assert re.fullmatch(sentences[name], cut.stderr.strip())
    path.write_bytes(b'{"hello": "world"}\n')
    assert two("report", "out", own=False).code == 2


def test_report_of_results_that_are_not_all_there(two: Desk) -> None:
    """A file that was cut between two lines looks whole; the counts of the run tell."""
    place = two.snapshot("web01", system(), mode("/m"), mode("/o", "0644"))
    two("evaluate", place, "-i", "inventory.yaml", "-p", "files")
    path = two.folder / "out/results.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    sentence = (
        f"out/results.jsonl: {len(lines) - 1} results, and run.json counts {len(lines)} "
        "(one of the files was changed or cut; scan again)\n"
    )
    for words in (("report", "out"), ("report", "out", "--format", "html"), ("diff", "out", "out")):
        ran = two(*words, own=False)
        assert (ran.code, ran.stderr) == (2, sentence)
    assert not (two.folder / "out/report.html").exists()
    ran = two("evaluate", place, "-i", "inventory.yaml", "-p", "files", "--baseline", "out", out="next")
    assert said(ran) == sentence.strip()


def test_run_of_another_version(two: Desk) -> None:
    two.write("out/run.json", '{"schema": "run/7"}')
    assert two("report", "out", own=False).stderr == (
        "out/run.json: this is run/7, not run/1 (read it with its own version)\n"
    )


def test_rule_that_exists_is_not_overwritten(desk: Desk) -> None:
    desk.write("mine.yaml", "precious")
    ran = desk("rules", "new", "mine.yaml", "--fact", "linux.file", own=False)
    assert (ran.code, ran.stderr) == (2, "mine.yaml: exists already (choose another id)\n")
    assert Path("mine.yaml").read_text() == "precious"


def test_foreign_ansible_file(desk: Desk) -> None:
    desk.write("hosts.json", "[1]")
    ran = desk("init", "--ansible", "hosts.json", own=False)
    assert (ran.code, ran.stderr) == (
        2,
        "hosts.json: not the JSON of an Ansible inventory (run `ansible-inventory --list`)\n",
    )


def test_profile_that_insists_on_another_rule_set(two: Desk) -> None:
    two.write("pinned.yaml", f"schema: profile/1\nextends: [files]\npinned: {'a' * 64}\n")
    ran = two("scan", "-i", "inventory.yaml", "-p", "pinned.yaml")
    found = re.fullmatch(
        r"pinned\.yaml: the profile insists on the rule set a{16}, and its rules are [0-9a-f]{16} now "
        r"\(review the change, then write pinned: \"([0-9a-f]{64})\"\)",
        said(ran),
    )
    assert found, ran.stderr
    two.write("pinned.yaml", f'schema: profile/1\nextends: [files]\npinned: "{found[1]}"\n')
    place = two.snapshot("web01", system(), mode("/m"), mode("/o"))
    two.snapshot("db01", system(), mode("/m"), mode("/o"))
    assert two("evaluate", place, "-i", "inventory.yaml", "-p", "pinned.yaml").code == 0


def test_profiles_that_contradict_each_other(two: Desk) -> None:
    for name, bits in (("strict", "0600"), ("loose", "0644")):
        two.write(
            f"{name}.yaml", f'schema: profile/1\nextends: [files]\nvalues: {{other_closed: {{mode: "{bits}"}}}}\n'
        )
    assert said(two("scan", "-i", "inventory.yaml", "-p", "strict.yaml", "-p", "loose.yaml")) == (
        "other_closed: profile strict sets value 'mode' to '0600', profile loose to '0644' "
        "(let one profile extend the other, or scan twice)"
    )


def test_waiver_that_is_older_than_time_itself(two: Desk) -> None:
    assert stamp().endswith("Z")
    two.write("waivers.yaml", waiver().replace(day(3), "yesterday"))
    assert said(two("scan", "-i", "inventory.yaml", "--waivers", "waivers.yaml")).startswith("waivers.yaml:3: ")


def test_command_references_can_be_forbidden(desk: Desk) -> None:
    """The secret is a program's output; with the flag the program is not run and the target says why."""
    sudo = desk.write("bin/sudo", "#!/bin/sh\necho sudo: a password is required >&2\nexit 1\n")
    sudo.chmod(0o755)
    desk.inventory({"one": f'platform: linux, command: [env], become: [{sudo}], become_password: "command:touch ran"'})
    ran = desk("scan", "-i", "inventory.yaml", "-p", "files", "--no-command-refs")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert "command:touch ran: " in ran.notices("target-unreachable")[0]
    assert not Path("ran").exists()
    assert desk("scan", "-i", "inventory.yaml", "-p", "files").code == 3
    assert Path("ran").exists()


def test_report_of_results_whose_rule_the_run_does_not_describe(two: Desk) -> None:
    place = two.snapshot("web01", system(), mode("/m"), mode("/o", "0644"))
    two("evaluate", place, "-i", "inventory.yaml", "-p", "files")
    path = two.folder / "out/results.jsonl"
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([json.dumps({**json.loads(first), "rule": "not_there"}).encode() + b"\n", *rest]))
    sentence = (
        "out/results.jsonl:1: run.json does not describe the rule 'not_there' "
        "(one of the files was changed; scan again)\n"
    )
    for words in (("report", "out"), ("report", "out", "--format", "html"), ("diff", "out", "out")):
        ran = two(*words, own=False)
        assert (ran.code, ran.stderr) == (2, sentence)
