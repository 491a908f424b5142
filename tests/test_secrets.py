from __future__ import annotations

import json
import os
import threading
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError
from scanner.secrets import Redactor, Secrets

PATH = {"PATH": os.environ["PATH"]}


def test_the_environment_is_the_one_that_was_given() -> None:
    secrets = Secrets(environ={"PW": "hunter2"})

    assert secrets.resolve("env:PW") == "hunter2"
    with pytest.raises(ConfigurationError, match="env:OTHER: the environment has no variable"):
        secrets.resolve("env:OTHER")


@pytest.mark.parametrize(
    ("content", "secret"),
    [(b"hunter2\n", "hunter2"), (b"hunter2", "hunter2"), (b"two\n\n", "two\n"), (b"dos\r\n", "dos"), (b" sp ", " sp ")],
)
def test_one_line_break_at_the_end_is_not_part_of_a_file(tmp_path: Path, content: bytes, secret: str) -> None:
    file = tmp_path / "pw"
    file.write_bytes(content)

    assert Secrets(environ={}).resolve(f"file:{file}") == secret


def test_names_in_paths_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2")
    (tmp_path / "a$b").write_text("dollar")
    secrets = Secrets(environ={"CREDENTIALS_DIRECTORY": str(tmp_path), "HOME": str(tmp_path)})

    assert secrets.resolve("file:$CREDENTIALS_DIRECTORY/pw") == "hunter2"
    assert secrets.resolve("file:${CREDENTIALS_DIRECTORY}/pw") == "hunter2"
    assert secrets.resolve("file:~/pw") == "hunter2"
    assert secrets.resolve("file:~/a$$b") == "dollar"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a\0b", "not UTF-8"),
        (b"x" * 70000, "longer than"),
    ],
)
def test_odd_files_are_refused_and_not_quoted(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "pw"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=words):
        Secrets(environ={}).resolve(f"file:{file}")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("file:/no/such", "No such file"),
        ("file:/", "Is a directory"),
        ("file:$NO/x", "no variable NO"),
        ("file:$1", "write `\\$\\$`"),
    ],
)
def test_files_that_cannot_be_read_are_told(reference: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Secrets(environ={}).resolve(reference)


@pytest.mark.parametrize(
    ("mode", "noted"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True), (0o602, True)]
)
def test_files_open_to_others_are_noted(tmp_path: Path, mode: int, noted: bool) -> None:
    file = tmp_path / "pw"
    file.write_text("hunter2")
    file.chmod(mode)
    notes: list[str] = []

    assert Secrets(environ={}, note=notes.append).resolve(f"file:{file}") == "hunter2"
    assert [f"{mode:04o}" in note and "hunter2" not in note for note in notes] == [True] * noted


def test_commands_are_argv_without_shell(tmp_path: Path) -> None:
    secrets = Secrets(environ={**PATH, "X": "inherited"})

    assert secrets.resolve("command:printf '%s' 'a b'") == "a b"
    assert secrets.resolve("command:echo $HOME; ls") == "$HOME; ls"
    assert secrets.resolve("command:printenv X") == "inherited"


def test_a_command_runs_once_whoever_asks(tmp_path: Path) -> None:
    count = tmp_path / "count"
    script = tmp_path / "tell"
    script.write_text(f"#!/bin/sh\necho x >> {count}\nsleep 0.2\necho hunter2\n")
    script.chmod(0o700)
    secrets = Secrets(environ=PATH)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(secrets.resolve(f"command:{script}"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["hunter2"] * 8
    assert count.read_text() == "x\n"


def test_a_failure_is_kept_as_well(tmp_path: Path) -> None:
    count = tmp_path / "count"
    secrets = Secrets(environ=PATH)
    reference = f"command:sh -c 'echo x >> {count}; exit 3'"

    for _ in range(3):
        with pytest.raises(ConfigurationError, match="failed with status 3"):
            secrets.resolve(reference)
    assert count.read_text() == "x\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-program", "could not be started: No such file"),
        ("'", "cannot be read"),
        ("sh -c 'echo hunter2; echo no entry >&2; exit 1'", "status 1: no entry$"),
        ("sleep 7", "did not end within 0.2 s"),
        ("true", "is empty"),
        ("sh -c \"printf '\\\\033[31mred\\\\a' >&2; exit 1\"", r"status 1: \[31mred$"),
    ],
)
def test_commands_that_fail_are_told_without_their_output(command: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        Secrets(environ=PATH, timeout=0.2).resolve(f"command:{command}")
    assert str(caught.value).count("hunter2") == command.count("hunter2")


def test_commands_can_be_forbidden() -> None:
    with pytest.raises(ConfigurationError, match="--no-command-refs"):
        Secrets(allow_commands=False, environ=PATH).resolve("command:echo x")


@pytest.mark.parametrize("text", ["hunter2", "hunter2:with colon", "evn:hunter2", "env:", "file: ", ":hunter2", ""])
def test_a_text_without_scheme_is_not_quoted(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no known scheme") as caught:
        Secrets(environ={}).resolve(text)
    assert "hunter2" not in str(caught.value)


def test_a_near_scheme_is_named() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'command'"):
        Secrets(environ={}).resolve("comand:x")


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "pw"
    file.write_bytes(b"hunter2\xff")
    secrets = Secrets(environ={"PW": "hunter2"})
    secrets.resolve("env:PW")
    try:
        secrets.resolve(f"file:{file}")
    except ConfigurationError:
        shown = traceback.format_exc()

    assert "hunter2" not in shown + repr(secrets) + repr(secrets.redact) + str(vars(secrets.redact).keys())


def test_what_was_resolved_is_redacted() -> None:
    secrets = Secrets(environ={"PW": 'p"ss wörd/1'})
    secrets.resolve("env:PW")

    for form in ('p"ss wörd/1', json.dumps('p"ss wörd/1'), quote('p"ss wörd/1', safe="")):
        assert "rd" not in secrets.redact(f"before {form} after").removeprefix("before").removesuffix("after")


@given(st.lists(st.text(min_size=4, max_size=12), max_size=5), st.text(max_size=20))
def test_no_secret_survives_redaction(values: list[str], text: str) -> None:
    redact = Redactor(values)

    for value in values:
        cleaned = redact(text + value + text)
        assert value not in cleaned.replace("[secret]", "\0")


def test_short_values_and_other_texts_stay() -> None:
    redact = Redactor(["abc"])

    assert redact("abcdef") == "abcdef"
    assert Redactor()("anything") == "anything"


def test_longer_secrets_are_replaced_whole() -> None:
    assert Redactor(["hunter", "hunter2000"])("x hunter2000 y") == "x [secret] y"


def test_each_line_of_a_long_secret_is_redacted() -> None:
    assert Redactor(["-----BEGIN\nMIIBsecret\n"])("log: MIIBsecret!") == "log: [secret]!"
