"""`controlproof drill record`: what it writes is what a scan reads, and what does not hold is refused."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from scanner.cli import main
from scanner.collection.records.server import collect
from scanner.model.evidence import Query
from scanner.model.inventory import Endpoint
from scanner.operations.drill import drill_schema
from scanner.transport.folder import open_folder
from scanner.transport.shell import Limits

OPTIONS = (
    *("--kind", "restore", "--scenario", "database-pitr", "--asset", "db01", "--operator", "ada"),
    *("--started", "2026-11-20T10:00:00+01:00", "--finished", "2026-11-20T09:12:00Z"),
    *("--target", "scratch01", "--not-to-source", "--passed", "integrity"),
    *("--passed", "function@2026-11-20T09:07:30Z", "--point", "20261119F"),
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["drill", "record", *arguments])


def test_a_record_is_written_as_a_scan_reads_it(tmp_path: Path) -> None:
    done = run("-d", str(tmp_path), *OPTIONS)
    assert (done.exit_code, done.stderr) == (0, "")
    (file,) = tmp_path.iterdir()
    assert file.name == "20261120T0900-db01-database-pitr.json"
    record = json.loads(file.read_text())
    jsonschema_rs.validate(drill_schema(), record, validate_formats=True)
    assert "- until_usable: 450.0" in done.stdout
    assert "note: no check of kind performance passed" in done.stdout
    client = open_folder(Endpoint("files", options=(("folder", str(tmp_path)),)), lambda _: "", Limits())
    (evidence,) = collect([Query.of("recovery.drill")], client, Limits()).evidence
    assert evidence.gap is None
    (row,) = evidence.rows
    assert f"- sha256: {row['sha256']}" in done.stdout
    assert (row["asset"], row["until_usable"], row["point"]) == ("db01", 450.0, "20261119F")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    assert run("-d", str(tmp_path), *OPTIONS).exit_code == 0
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    again = run("-d", str(tmp_path), *OPTIONS, "--notes", "another")
    assert again.exit_code == 2
    assert "there is a record of that name" in again.stderr
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [before]
    assert run("-d", str(tmp_path), *OPTIONS, "--notes", "another", "--name", "second").exit_code == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--finished", "2026-11-20T08:00:00Z"), "finished before it started"),
        (("--finished", "2126-11-20T08:00:00Z"), "still to come"),
        (("--started", "2026-11-20 09:00"), "started: this is no time with its zone"),
        (("--passed", "taste"), "no kind of check"),
        (("--name", "../x"), "cannot name a file"),
        (("--data-time", "yesterday"), "restore_point.data_time"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_refused(tmp_path: Path, more: tuple[str, ...], words: str) -> None:
    done = run("-d", str(tmp_path), *OPTIONS, *more)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_may_stand_in_place_of_the_options(tmp_path: Path) -> None:
    (tmp_path / "drills").mkdir()
    (tmp_path / "drill.yaml").write_text(
        "kind: archive\nscenario: file\nservice_class: research\nstarted: 2026-11-20T09:00:00Z\n"
        "finished: 2026-11-20T09:30:00Z\ntarget: /tmp/x\nto_source: true\noperator: ada\n"
        "steps: [{name: restore, rc: 1}]\n"
    )
    done = run("-d", str(tmp_path / "drills"), str(tmp_path / "drill.yaml"))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "it went over the original" in done.stdout
    assert "it counts as failed: step restore" in done.stdout


@pytest.mark.parametrize("text", ["- a", "a: [", "x" * 2_000_000, "kind: restore"], ids=lambda each: each[:12])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "drill.yaml").write_text(text)
    assert run("-d", str(tmp_path), str(tmp_path / "drill.yaml")).exit_code == 2
    assert run("-d", str(tmp_path), str(tmp_path / "none.yaml")).exit_code == 2
    assert [each.name for each in tmp_path.iterdir()] == ["drill.yaml"]


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    done = run("-d", str(tmp_path / "none"), *OPTIONS)
    assert done.exit_code == 2
    assert "there is no such folder" in done.stderr


def test_the_schema_is_printed() -> None:
    done = CliRunner().invoke(main, ["schema", "drill-record"])
    assert json.loads(done.stdout)["title"] == "Controlproof drill-record/1"
