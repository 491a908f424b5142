"""The one run of a shell behind every tool: what stops it becomes gaps, and settings stay words."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.backup.visit import NEAR, sections
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.table import platform_module
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import Identity, Query
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits, ShellAnswer
from scanner.transport.tool import Tool
from tests.collection.backup.tools import NOW, SETTINGS

TOOLS = ("barman", "borg", "pbm", "pgbackrest", "rclone", "restic", "walg")
NAMES = ("repository", "secret_file", "stanza", "server", "remote", "wrapper")


class Broken:
    """A shell that raises, or that answers with this."""

    def __init__(self, answer: CollectionError | bytes) -> None:
        self.answer = answer

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        if isinstance(self.answer, bytes):
            return ShellAnswer(self.answer, b"", None, "deadline", Identity(), NOW, 1.0)
        raise self.answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize("platform", TOOLS)
@pytest.mark.parametrize(
    ("answer", "kind", "unreachable"),
    [
        (UnreachableError("no route"), Outcome.ERROR, True),
        (b"", Outcome.ERROR, False),
        (b"This account is currently not available.\n", Outcome.ERROR, False),
    ],
)
def test_nothing_that_goes_wrong_is_an_empty_list(
    platform: str, answer: CollectionError | bytes, kind: Outcome, unreachable: bool
) -> None:
    module = platform_module(platform)
    queries = [Query.of(fact) for fact in module.FACTS]
    told = module.collect(queries, Tool(Broken(answer), SETTINGS.get(platform, {})), Limits())
    assert [each.query for each in told.evidence] == queries
    assert {each.gap.kind for each in told.evidence} == {kind}
    assert {each.rows for each in told.evidence} == {()}
    assert (told.unreachable, told.started) == (unreachable, False)


@pytest.mark.parametrize("platform", TOOLS)
def test_the_script_can_be_shown_without_a_target(platform: str) -> None:
    module = platform_module(platform)
    script = module.describe([Query.of(fact) for fact in module.FACTS])
    assert script.text == module.describe([]).text
    assert b"controlproof" in script.text


def test_a_setting_that_fits_in_no_script_is_an_error() -> None:
    module = platform_module("restic")
    told = module.collect(
        [Query.of("backup.server")], Tool(Broken(b""), {"repository": "a\0b", "secret_file": "x"}), Limits()
    )
    assert "NUL" in told.evidence[0].gap.reason


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs of a host, and with tools that do nothing."""
    made = tmp_path_factory.mktemp("programs")
    for name in (
        "cat",
        "cut",
        "dirname",
        "find",
        "getent",
        "grep",
        "head",
        "id",
        "mktemp",
        "rm",
        "sed",
        "sort",
        "touch",
        "tr",
    ):
        (made / name).symlink_to(shutil.which(name) or "/bin/false")
    for name in ("barman", "borg", "pbm", "pgbackrest", "rclone", "restic", "wal-g"):
        (made / name).write_text("#!/bin/sh\nexit 0\n")
        (made / name).chmod(0o755)
    return made


@pytest.mark.parametrize("platform", TOOLS)
@settings(derandomize=True, deadline=None, max_examples=12)
@given(value=st.text(st.sampled_from("a'\"$`\\;|&<>() \n*"), min_size=1, max_size=12))
def test_settings_are_words_and_run_nothing(
    platform: str, value: str, programs: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("words")
    evil = f"{value}'; touch {place}/made; $(touch {place}/made) `touch {place}/made` #"
    probes = platform_module(platform).probes(dict.fromkeys(NAMES, evil))
    assemble(probes)
    for probe in probes:
        words = ["/bin/sh", "-c", probe.script]
        environment = {"PATH": str(programs), "TMPDIR": "/tmp"}
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, env=environment, cwd=place)
        assert b"yntax error" not in done.stderr, done.stderr
    assert list(place.iterdir()) == []


def test_sections_of_a_cut_answer_have_no_status() -> None:
    first, second, third = sections(Output(b"noise\n#one\n|a\n|b\n|0\n#two\n|a\n#three\n|12\n"))
    assert (first.label, first.body, first.status) == ("one", b"a\nb", 0)
    assert (second.body, second.status) == (b"a", None)
    assert (third.body, third.status) == (b"", 12)


def test_a_folder_behind_a_closed_one_is_not_said_to_be_gone(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    for path, status in ((tmp_path / "open", 0), (tmp_path / "open/none", 0), (Path("relative:x"), 0)):
        assert subprocess.run(["sh", "-c", f"{NEAR}near {path}"]).returncode == status
