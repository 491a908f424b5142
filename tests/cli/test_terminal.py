"""What people see: lines in CI, a bar on a terminal, colour where it is wanted, signals and readers that go away."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scanner.cli.console import Log, harmless
from scanner.cli.progress import Bars, Lines, progress
from scanner.cli.root import main
from scanner.cli.stopping import stopping
from scanner.model.evidence import Identity
from tests.support.cli import ROOT, Desk, background, mode, system

HOST = "platform: linux, labels: {marker: /m, other: /o}"


@pytest.fixture
def one(desk: Desk) -> Desk:
    desk.inventory({"web01": HOST})
    desk.snapshot("web01", system(), mode("/m", "0644"), mode("/o"))
    return desk


def test_lines_are_plain_quiet_verbose_or_json(one: Desk) -> None:
    words = ("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files")
    assert one(*words).stderr == "[1/1] web01: 1 pass, 1 fail\n"
    quiet = one(*words, "-q")
    assert (quiet.stderr, quiet.stdout) == ("", "FAIL: 1 failed result at or above low\n")
    [line] = one(*words, "--log-format", "json").stderr.splitlines()
    said = json.loads(line)
    assert said.pop("time").endswith("Z")
    assert said == {
        "message": "[1/1] web01: 1 pass, 1 fail",
        "event": "finished",
        "target": "web01",
        "summary": "1 pass, 1 fail",
    }


def test_summary_names_the_files_and_the_next_command(one: Desk) -> None:
    ran = one("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--format", "csv,html")
    tail = ran.stdout.split("\n\n")[-1].splitlines()
    assert tail[:3] == ["written: out/run.json", "written: out/findings.csv", "written: out/report.html"]
    assert tail[3] == "next:    controlproof rules show marker_closed"


@pytest.mark.parametrize(
    ("called", "named"),
    [
        ("controlproof", "controlproof"),
        ("/nowhere/bin/controlproof", "/nowhere/bin/controlproof"),
        ("bin/controlproof", "bin/controlproof"),
        ("-m", "controlproof"),
    ],
)
def test_next_steps_can_be_pasted(desk: Desk, monkeypatch: pytest.MonkeyPatch, called: str, named: str) -> None:
    """A plain user on this machine is told how root would see more, by the name under which the command was called."""
    place = desk.snapshot("localhost", system(), identity=Identity("here", "ada", "ada"))
    monkeypatch.setattr("sys.argv", [str(desk.folder / called) if called.startswith("bin/") else called])
    monkeypatch.setenv("PATH", "/nowhere")
    ran = desk("evaluate", place, "--local", "-p", "linux-baseline", "--rule", "etc_passwd_protected")
    assert [line.removeprefix("next:    ") for line in ran.stdout.splitlines() if line.startswith("next: ")] == [
        f"sudo {named} scan --local   (some facts need root)",
        f"{named} init   (an inventory for more than this machine)",
    ]


@contextmanager
def terminal() -> Iterator[tuple[int, list[bytes]]]:
    """A pseudo-terminal; gives its slave and what was written there."""
    master, slave = pty.openpty()
    said: list[bytes] = []

    def read() -> None:
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:
                return
            said.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield slave, said
    finally:
        os.close(slave)
        reader.join(20)
        os.close(master)


def on_terminal(desk: Desk, *words: str, **variables: str) -> tuple[int, str]:
    desk.variables = {"TERM": "xterm-256color", "COLUMNS": "100", **variables}
    argv = [
        sys.executable,
        "-m",
        "scanner",
        *words,
        "--rules",
        str(desk.policy / "rules"),
        "--profiles",
        str(desk.policy / "profiles"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **desk.variables}
    environment.pop("NO_COLOR", None) if "NO_COLOR" not in variables else None
    with terminal() as (slave, said):
        done = subprocess.run(
            argv, cwd=desk.folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave
        )
    return done.returncode, b"".join(said).decode()


def test_terminal_gets_a_bar_and_a_coloured_verdict(desk: Desk) -> None:
    desk.inventory({"web01": "platform: linux, command: [env], labels: {marker: /etc/passwd, other: /etc/passwd}"})
    words = ("scan", "-i", "inventory.yaml", "-p", "files", "-o", "out", "--format", "csv", "-v")
    code, text = on_terminal(desk, *words)
    assert code == 1
    assert "\x1b[1A" in text or "\x1b[2K" in text
    assert "web01: 2 fail" in text
    assert "\x1b[31m\x1b[1mFAIL" in text
    plain_code, plain = on_terminal(desk, *words, NO_COLOR="1")
    assert plain_code == 1
    assert "\x1b[31m" not in plain
    dumb = on_terminal(desk, *words, TERM="dumb")[1]
    assert "\x1b[31m" not in dumb


class Console:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def print(self, text: str, **_: Any) -> None:
        self.lines.append(text)


class FakeBar:
    def __init__(self) -> None:
        self.console = Console()
        self.updates: list[dict[str, Any]] = []

    def add_task(self, _name: str, total: int) -> int:
        return total

    def update(self, _task: int, **more: Any) -> None:
        self.updates.append(more)


def test_bar_names_who_is_at_work_and_obeys_no_target() -> None:
    bar = FakeBar()
    bars = Bars(bar, Log(2))  # type: ignore[arg-type]
    bars.started("before")
    bars.finished("before", "too early for a bar")
    bars.begin(3)
    bars.started("web[01]")
    bars.finished("web[01]", "1 \x1b[31mfail\nover")
    bars.note("odd \x1b]0;title\x07")
    assert bar.updates == [{"description": r"web\[01]", "advance": 0}, {"description": "", "advance": 1}]
    assert bar.console.lines == ["before: too early for a bar", "web[01]: 1 ␛[31mfail␤over", "odd ␛]0;title␇"]
    quiet = Bars(FakeBar(), Log(1))  # type: ignore[arg-type]
    quiet.finished("a", "b")
    assert quiet.bar.console.lines == []  # type: ignore[attr-defined]


def test_lines_obey_no_target(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Log(2))
    lines.begin(2)
    lines.started("a")
    lines.finished("a", "\x1b[2J gone\r\nand \u202eback")
    lines.note("bell\x07")
    assert capsys.readouterr().err.splitlines() == [
        "2 targets",
        "a: started",
        "[1/2] a: ␛[2J gone␤and \ufffdback",
        "bell␇",
    ]
    assert harmless("plain") == "plain"


def test_lines_are_chosen_where_there_is_no_terminal() -> None:
    with progress(Log(1)) as listener:
        assert isinstance(listener, Lines)


def test_reader_who_goes_away_is_no_traceback(desk: Desk) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "scanner", "rules", "list"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, cwd=desk.folder, env=environment)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


def test_first_signal_is_an_event_and_the_second_an_interrupt() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_threads_have_their_own_ways_to_stop() -> None:
    found: list[bool] = []

    def work() -> None:
        with stopping() as stop:
            found.append(stop.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert found == [False]


def test_bug_of_ours_ends_with_three_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 would say that something failed."""
    from click.testing import CliRunner

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("scanner.operations.lint.lint", broken)
    ran = CliRunner().invoke(main, ["lint"])
    assert ran.exit_code == 3
    assert (
        ran.stderr.splitlines()[-1] == "internal error: ZeroDivisionError: oops (please report it with the lines above)"
    )
    assert "Traceback" in ran.stderr


def test_module_runs_like_the_command(desk: Desk) -> None:
    process = background(desk, "facts", "list")
    process.communicate()
    assert process.returncode == 2
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "scanner", "--version"], capture_output=True, text=True, cwd=desk.folder, env=environment
    )
    assert done.stdout.startswith("controlproof 0.1.0 from ")
