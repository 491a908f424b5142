from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.model.errors import CollectionError, ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.replay import ReplayShell
from scanner.transport.shell import Limits
from scanner.transport.table import SHELLS, open_shell
from tests.transport.conftest import ask, no_secret


@pytest.mark.parametrize("name", sorted(SHELLS))
def test_every_name_opens_a_shell_without_connecting(name: str, tmp_path: Path) -> None:
    endpoint = Endpoint(name, str(tmp_path / "host"), command=("true",))

    shell = open_shell(endpoint, no_secret, Limits())

    shell.close()
    assert type(shell).__module__ == SHELLS[name][0]


def test_an_unknown_name_has_a_near_word() -> None:
    with pytest.raises(ConfigurationError, match=r"transport 'shs'.*did you mean 'ssh'"):
        open_shell(Endpoint("shs"), no_secret, Limits())


def test_an_option_of_another_transport_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="transport local: it has no option 'known_hosts'"):
        open_shell(Endpoint("local", options=(("known_hosts", "x"),)), no_secret, Limits())


def test_plug_ins_come_second() -> None:
    made = ReplayShell(Path("x"))

    assert open_shell(Endpoint("carrier"), no_secret, Limits(), {"carrier": lambda *_: made}) is made
    assert open_shell(Endpoint("local"), no_secret, Limits(), {"local": lambda *_: made}) is not made
    with pytest.raises(ConfigurationError, match="did you mean 'carrier'"):
        open_shell(Endpoint("carier"), no_secret, Limits(), {"carrier": lambda *_: made})


def test_client_libraries_are_loaded_on_demand() -> None:
    code = (
        "import sys; from scanner.transport.table import open_shell; from scanner.transport.shell import Limits; "
        "from scanner.model.inventory import Endpoint; open_shell(Endpoint('local'), str, Limits()); "
        "open_shell(Endpoint('openssh', 'a'), str, Limits()); print('paramiko' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_a_saved_answer_comes_back_with_the_time_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "answer"
    file.write_bytes(b"one\xff\n")

    os.utime(file, (1_700_000_000, 1_700_000_000))

    answer = ask(Endpoint("replay", str(file)))

    assert (answer.stdout, answer.cut, answer.status) == (b"one\xff\n", "", None)
    assert answer.started_at == "2023-11-14T22:13:20Z"
    assert answer.identity.key == ""


def test_a_saved_answer_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "answer"
    file.write_bytes(b"x" * 100)

    answer = ask(Endpoint("replay", str(file)), limits=Limits(max_bytes=10))

    assert answer.stdout == b"x" * 10
    assert answer.cut.startswith("byte limit")


def test_a_missing_answer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="No such file"):
        ask(Endpoint("replay", str(tmp_path / "none")))
    with pytest.raises(ConfigurationError, match="no file is given"):
        ask(Endpoint("replay"))
