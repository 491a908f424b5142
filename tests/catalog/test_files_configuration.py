"""controlproof.yaml: found upward, its paths seen from its own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.catalog.files.configuration import (
    Configuration,
    find_configuration,
    load_configuration,
    missing_files,
    read_configuration,
)
from scanner.model.errors import ContentError, Problem

BODY = """schema: config/1
inventory: hosts/inventory.yaml
profiles: [auto, ./mine.yaml]
rules: policy/rules
waivers: [a.yaml, /etc/waivers.yaml]
recovery_policy: recovery.yaml
output: out
formats: [html, sarif]
runs: runs
keep: 30
fail_on: high
undecided_at: medium
allow_undecided: 2%
max_evidence_age: 1h30m
command_refs: false
file_mode: "0640"
"""


def read(text: str) -> Configuration:
    problems: list[Problem] = []
    found = read_configuration("c.yaml", text.encode(), problems)
    assert problems == []
    assert found is not None
    return found


def test_paths_are_seen_from_the_folder_of_the_file(tmp_path: Path):
    path = tmp_path / "controlproof.yaml"
    path.write_text(BODY)

    assert load_configuration(path) == Configuration(
        path=path,
        inventory=tmp_path / "hosts/inventory.yaml",
        profiles=("auto", f"{tmp_path}/mine.yaml"),
        rules=(tmp_path / "policy/rules",),
        waivers=(tmp_path / "a.yaml", Path("/etc/waivers.yaml")),
        recovery_policy=tmp_path / "recovery.yaml",
        output=tmp_path / "out",
        formats=("html", "sarif"),
        runs=tmp_path / "runs",
        keep=30,
        fail_on="high",
        undecided_at="medium",
        allow_undecided="2%",
        max_evidence_age="1h30m",
        command_refs=False,
        file_mode="0640",
    )


def test_what_is_not_said_stays_open():
    assert read("schema: config/1\n") == Configuration(path=Path("c.yaml"))


def test_it_is_found_upward(tmp_path: Path):
    (tmp_path / "controlproof.yaml").write_text("schema: config/1\ninventory: i.yaml\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    found = find_configuration(below)

    assert found is not None
    assert found.inventory == tmp_path / "i.yaml"


def test_the_nearest_one_counts(tmp_path: Path):
    (tmp_path / "a").mkdir()
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "controlproof.yaml").write_text("schema: config/1\n")

    found = find_configuration(tmp_path / "a")

    assert found is not None
    assert found.path == tmp_path / "a" / "controlproof.yaml"


def test_a_relative_start_gives_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "controlproof.yaml").write_text("schema: config/1\ninventory: i.yaml\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")

    found = find_configuration(Path())

    assert found is not None
    assert found.inventory == Path("../../i.yaml")


def test_none_is_found_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scanner.catalog.files.configuration.NAME", "no-such-file-anywhere.yaml")

    assert find_configuration(tmp_path) is None
    assert find_configuration(Path()) is None


@pytest.mark.parametrize("allowed", ["0", "5", "2%", "2.5%", "100%"])
def test_allowances(allowed: str):
    assert read(f"schema: config/1\nallow_undecided: {allowed}\n").allow_undecided == allowed


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("inventroy: x", "unknown key 'inventroy' (did you mean 'inventory'?)"),
        ("fail_on: hihg", "'hihg' is not known here in fail_on (did you mean 'high'?)"),
        (
            "allow_undecided: 101%",
            "this is neither a number of results nor a share of them in allow_undecided (write such as 5 or 2%)",
        ),
        (
            "max_evidence_age: soon",
            "'soon' is no duration in max_evidence_age (write such as 90d, 1h30m or 15 min)",
        ),
        (
            'file_mode: "640"',
            'this is no file mode in file_mode (write four octal digits in quotes, such as "0640")',
        ),
        ("keep: 0", "the number is out of bounds in keep (write at least 1)"),
        (
            "command_refs: maybe",
            "a text stands where true or false is needed in command_refs (write it without quotes)",
        ),
    ],
)
def test_a_seeded_mistake_is_told_with_line_and_remedy(line: str, sentence: str, tmp_path: Path):
    path = tmp_path / "controlproof.yaml"
    path.write_text(f"schema: config/1\n{line}\n")

    with pytest.raises(ContentError) as wrong:
        find_configuration(tmp_path)

    assert str(wrong.value) == f"{path}:2: {sentence}"


def test_files_that_are_named_and_not_there_are_found(tmp_path: Path):
    path = tmp_path / "controlproof.yaml"
    path.write_text("schema: config/1\ninventory: i.yaml\nwaivers: w.yaml\noutput: out\n")
    (tmp_path / "w.yaml").touch()

    (problem,) = missing_files(load_configuration(path))

    assert str(problem) == f"{path}: it names {tmp_path}/i.yaml, which is not there (write the file, or drop the name)"
