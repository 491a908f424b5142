"""Where a setting comes from: a flag wins over its variable, the variable over controlproof.yaml, that over the default."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from scanner.cli import main
from scanner.cli.options import SEVERITIES
from scanner.cli.request import build
from scanner.cli.root import COMMANDS
from scanner.model.errors import ConfigurationError, ContentError
from scanner.operations.request import Request
from tests.support.cli import Desk, mode, system

HOST = "platform: linux, labels: {marker: /m, other: /o}"


def request(command: str, *words: str) -> Request:
    """The request that a command makes of its arguments here."""
    found = main.get_command(click.Context(main), command)
    assert found is not None
    with found.make_context(command, list(words)) as context:
        return build(context, dict(context.params))


def config(desk: Desk, text: str, folder: str = ".") -> None:
    desk.write(f"{folder}/controlproof.yaml", f"schema: config/1\n{text}")


def test_file_is_found_upward_and_its_paths_are_seen_from_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    config(desk, "inventory: hosts.yaml\nprofiles: [files]\noutput: reports\nformats: [csv]\n")
    desk.inventory({"a": HOST}, name="hosts.yaml")
    desk.snapshot("a", system(), mode("/m"), mode("/o"))
    (desk.folder / "deep/down").mkdir(parents=True)
    monkeypatch.chdir(desk.folder / "deep/down")
    policy = ["--rules", str(desk.policy / "rules"), "--profiles", str(desk.policy / "profiles")]
    ran = CliRunner().invoke(main, ["evaluate", "../../evidence", *policy])
    assert ran.exit_code == 0, ran.stderr
    written = {path.name for path in (desk.folder / "reports").iterdir()}
    assert written == {".lock", "evidence", "findings.csv", "plan.json", "results.jsonl", "run.json"}
    document = json.loads((desk.folder / "reports/run.json").read_text())
    assert document["header"]["profiles"] == ["files"]
    assert document["targets"]["a"]["path"] == "../../hosts.yaml"


def test_nearest_file_wins_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    config(desk, "inventory: upper.yaml\nfail_on: high\n")
    config(desk, "inventory: lower.yaml\n", "team")
    monkeypatch.chdir(desk.folder / "team")
    made = request("scan")
    assert made.files.inventory is not None
    assert made.files.inventory.name == "lower.yaml"
    assert made.thresholds.describe()["fail-on"] == "low"


ROWS: list[tuple[str, str, list[str], dict[str, str], Any]] = [
    ("fail_on: high", "fail-on", [], {}, "high"),
    ("fail_on: never", "fail-on", [], {}, "never"),
    ("fail_on: high", "fail-on", [], {"FAIL_ON": "medium"}, "medium"),
    ("fail_on: high", "fail-on", ["--fail-on", "low"], {"FAIL_ON": "medium"}, "low"),
    ("fail_on: high", "fail-on", ["--fail-on", "critical"], {}, "critical"),
    ("", "fail-on", [], {"FAIL_ON": "medium"}, "medium"),
    ("", "fail-on", [], {}, "low"),
    ("undecided_at: high", "undecided-at", [], {}, "high"),
    ("undecided_at: high", "undecided-at", ["--undecided-at", "never"], {}, "never"),
    ("allow_undecided: 5%", "allow-undecided", [], {}, "5%"),
    ("allow_undecided: 5%", "allow-undecided", [], {"ALLOW_UNDECIDED": "7"}, "7"),
    ("require_attestations: true", "require-attestations", [], {}, "yes"),
    ("fail_on_new: true", "fail-on-new", [], {}, "yes"),
    ("", "fail-on-new", [], {"FAIL_ON_NEW": "1"}, "yes"),
]


@pytest.mark.parametrize(("text", "name", "words", "variables", "wanted"), ROWS)
def test_thresholds(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    name: str,
    words: list[str],
    variables: dict[str, str],
    wanted: str,
) -> None:
    config(desk, text)
    for key, value in variables.items():
        monkeypatch.setenv(f"CONTROLPROOF_{key}", value)
    assert request("scan", *words).thresholds.describe()[name] == wanted


def test_every_key_of_the_file_reaches_the_request(desk: Desk) -> None:
    config(
        desk,
        "inventory: i.yaml\nprofiles: [files, ./own.yaml]\nrules: [r]\ncatalogues: [c]\nwaivers: [w.yaml]\n"
        "attestations: [a.yaml]\nformats: [csv, sarif]\nruns: runs\nkeep: 7\nbaseline: latest\nmax_evidence_age: 2h\n"
        'command_refs: false\nfile_mode: "0640"\nframeworks: [nist-800-53-r5]\n',
    )
    made = request("scan")
    assert made.frameworks == ("nist-800-53-r5",)
    assert request("scan", "--framework", "iso-27001-2022").frameworks == ("iso-27001-2022",)
    assert made.files.inventory == Path("i.yaml")
    assert made.default_profiles == ("files", "own.yaml")
    assert made.profiles == ()
    assert made.files.folders.rules == (Path("r"),)
    assert made.files.folders.catalogues == (Path("c"),)
    assert made.files.waivers == (Path("w.yaml"),)
    assert made.files.attestations == (Path("a.yaml"),)
    assert (made.output.folder, made.output.runs, made.output.keep) == (None, Path("runs"), 7)
    assert (made.output.formats, made.output.baseline, made.output.file_mode) == (("csv", "sarif"), "latest", 0o640)
    assert made.max_evidence_age == 7200
    assert not made.reaching.command_references
    assert not made.local


def test_flags_and_variables_win_over_every_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    config(desk, 'inventory: i.yaml\nwaivers: [w.yaml]\nformats: [csv]\nmax_evidence_age: 2h\nfile_mode: "0640"\n')
    monkeypatch.setenv("CONTROLPROOF_INVENTORY", "other.yaml")
    monkeypatch.setenv("CONTROLPROOF_PROFILE", "one two")
    monkeypatch.setenv("CONTROLPROOF_LABEL", "env=prod")
    monkeypatch.setenv("CONTROLPROOF_JOBS", "3")
    monkeypatch.setenv("CONTROLPROOF_TIMEOUT", "1m")
    made = request(
        "scan", "--format", "html", "--max-evidence-age", "never", "--file-mode", "0600", "--waivers", "x.yaml"
    )
    assert made.files.inventory == Path("other.yaml")
    assert (made.profiles, made.selection.labels) == (("one", "two"), {"env": "prod"})
    assert (made.output.formats, made.output.file_mode, made.max_evidence_age) == (("html",), 0o600, None)
    assert made.files.waivers == (Path("x.yaml"),)
    assert (made.reaching.jobs, made.reaching.run) == (3, 60)
    assert request("scan", "-i", "third.yaml", "-j", "9").files.inventory == Path("third.yaml")


@pytest.mark.parametrize(
    ("text", "words", "variables", "folder", "runs"),
    [
        ("output: reports", ["--runs", "r"], {}, None, "r"),
        ("runs: r", ["-o", "here"], {}, "here", None),
        ("runs: r", [], {"OUTPUT": "there"}, "there", None),
        ("runs: r", [], {}, None, "r"),
        ("", [], {}, "controlproof-out", None),
    ],
)
def test_place_that_was_given_leaves_no_room_for_the_files_other_one(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    words: list[str],
    variables: dict[str, str],
    folder: str | None,
    runs: str | None,
) -> None:
    config(desk, text)
    for key, value in variables.items():
        monkeypatch.setenv(f"CONTROLPROOF_{key}", value)
    output = request("scan", *words).output
    assert output.folder == (Path(folder) if folder else None)
    assert output.runs == (Path(runs) if runs else None)


def test_local_means_this_machine_whatever_the_file_says(desk: Desk) -> None:
    assert request("scan").local
    config(desk, "inventory: i.yaml\nprofiles: [files]\n")
    assert not request("scan").local
    made = request("scan", "--local")
    assert (made.local, made.files.inventory, made.default_profiles) == (True, None, ("files",))


@pytest.mark.parametrize(
    "text", ["inventori: x", "keep: 0", "fail_on: worst", "max_evidence_age: soon", "file_mode: 0640"]
)
def test_broken_file_is_refused_by_every_command_that_reads_it(desk: Desk, text: str) -> None:
    config(desk, text)
    with pytest.raises(ContentError) as wrong:
        request("scan")
    assert str(wrong.value).startswith("controlproof.yaml:2: ")
    for command in ("plan", "doctor", "collect"):
        assert desk(command).code == 2


def test_repeated_labels_and_lists(desk: Desk) -> None:
    made = request(
        "scan", "--label", "env=prod", "--label", "tier=db", "--label", "env=prod", "--rule", "a,b", "--rule", "c"
    )
    assert made.selection.labels == {"env": "prod", "tier": "db"}
    assert made.selection.rules == ("a", "b", "c")
    with pytest.raises(ConfigurationError):
        request("scan", "--label", "env=prod", "--label", "env=test")
    with pytest.raises(click.BadParameter, match="'prod' is no label"):
        request("scan", "--label", "prod")


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1.5h", 5400), ("7d", 604800)])
def test_durations(desk: Desk, text: str, seconds: float) -> None:
    assert request("scan", "--timeout", text).reaching.run == seconds
    assert request("scan", "--max-evidence-age", text).max_evidence_age == seconds


@pytest.mark.parametrize("name", ["", "no_such_uid"])
def test_operator_is_named_even_without_an_account(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def nobody() -> str:
        raise OSError(name)

    monkeypatch.setattr("getpass.getuser", nobody)
    assert request("scan").operator == f"uid {os.getuid()}"


def test_severities_are_those_of_the_model() -> None:
    assert SEVERITIES == ["critical", "high", "medium", "low", "never"]


def test_every_command_has_help_that_says_what_it_does(desk: Desk) -> None:
    for name in COMMANDS:
        ran = desk(name, "--help", own=False)
        assert ran.code == 0
        assert ran.stdout.startswith(f"Usage: controlproof {name}")
    listed = desk("--help", own=False).stdout
    assert all(f"\n  {name} " in listed for name in COMMANDS)
    assert "Exit codes: 0 all decided and within the gate" in " ".join(listed.split())


def test_version_says_where_it_is_installed(desk: Desk) -> None:
    ran = desk("--version", own=False)
    root = Path(__file__).resolve().parents[2] / "scanner"
    assert ran.stdout == f"controlproof 0.1.0 from {root}\n"
