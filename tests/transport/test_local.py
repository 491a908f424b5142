from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from scanner.model.errors import CollectionError, ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.process import ProcessWire
from scanner.transport.shell import Limits
from scanner.transport.table import open_shell
from tests.support.sshd import until
from tests.transport.conftest import WORDS, ask, no_secret

HERE = Endpoint("local")


def test_a_script_runs_here_as_ourselves() -> None:
    answer = ask(HERE, b'id -u; echo "$0 $*"; echo oops >&2; exit 3\n')

    assert answer.stdout == f"{os.geteuid()}\nsh controlproof sha256-0123abcd\n".encode()
    assert (answer.stderr, answer.status, answer.cut) == (b"oops\n", 3, "")
    assert answer.identity.user == answer.identity.privilege
    assert answer.started_at.endswith("Z")


def test_the_environment_is_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_THE_BANK", "hunter2")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    names = {line.split("=")[0] for line in ask(HERE, b"env\n").stdout.decode().splitlines()}

    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LC_ALL", "HOME", "USER", "LOGNAME"}


def test_the_deadline_stops_the_whole_group_and_keeps_what_came(tmp_path: Path) -> None:
    script = f"echo before; sleep 77 & echo $! > {tmp_path}/pid; sleep 77\n".encode()

    answer = ask(HERE, script, Limits(run=0.5))

    assert answer.stdout == b"before\n"
    assert answer.cut.startswith("deadline")
    child = int((tmp_path / "pid").read_text())
    until(lambda: not _runs(child), what="the end of the sleeping child")


@pytest.mark.parametrize("endpoint", [HERE, Endpoint("command", command=("env",))], ids=["local", "command"])
def test_closing_ends_what_still_runs(endpoint: Endpoint, tmp_path: Path) -> None:
    shell = open_shell(endpoint, no_secret, Limits(run=60))
    script = f"sleep 77 & echo $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; wait\n".encode()
    asking = threading.Thread(target=shell.run, args=(script, WORDS, Limits(run=60)))
    asking.start()
    until((tmp_path / "pid").exists, what="the start of the script")

    shell.close()

    asking.join(10)
    assert not asking.is_alive()
    child = int((tmp_path / "pid").read_text())
    until(lambda: not _runs(child), what="the end of the sleeping child")


def test_a_child_that_ignores_the_polite_signal_is_killed() -> None:
    answer = ask(HERE, b"trap '' TERM; echo $$; sleep 77; sleep 77\n", Limits(run=0.5))

    number = int(answer.stdout)
    until(lambda: not _runs(number), what="the end of the stubborn child")
    assert answer.cut.startswith("deadline")


def test_a_gigabyte_costs_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    answer = ask(HERE, b"head -c 1073741824 /dev/zero\n", Limits(max_bytes=2**20))

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert len(answer.stdout) == 2**20
    assert answer.cut.startswith("byte limit")
    assert grown < 64 * 1024, "KiB"


def test_a_flood_on_stderr_is_bounded() -> None:
    answer = ask(HERE, b"head -c 50000000 /dev/zero >&2; echo done\n")

    assert answer.stdout == b"done\n"
    assert len(answer.stderr) < 70000


def test_a_big_script_and_a_big_answer_pass_each_other() -> None:
    script = b"head -c 4000000 /dev/zero\n" + b"# nothing\n" * 400_000 + b"echo end\n"

    answer = ask(HERE, script, Limits())

    assert len(answer.stdout) == 4_000_004
    assert answer.stdout.endswith(b"end\n")


def test_broken_utf8_and_escapes_come_back_as_they_were() -> None:
    answer = ask(HERE, rb"printf '\377\376\033[31m\000\n'")

    assert answer.stdout == b"\xff\xfe\x1b[31m\x00\n"


def test_a_signal_shows_in_the_status() -> None:
    assert ask(HERE, b"kill -9 $$\n").status == 128 + signal.SIGKILL


def test_a_missing_program_is_named() -> None:
    with pytest.raises(CollectionError, match="no-such-program: no such program on this machine"):
        ProcessWire(["no-such-program"])


def test_become_runs_through_its_prefix() -> None:
    answer = ask(Endpoint("local", become=("env", "RAISED=1")), b"echo $RAISED\n")

    assert answer.stdout == b"1\n"


def test_odd_words_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="become: the word"):
        ask(Endpoint("local", become=("sudo", "-n; rm")))


def test_no_descriptor_is_left_open() -> None:
    ask(HERE)
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        ask(HERE)
    ask(HERE, b"sleep 7\n", Limits(run=0.05))

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_command_prefix_leads_to_the_shell() -> None:
    answer = ask(Endpoint("command", command=("env", "INSIDE=yes")), b"echo $INSIDE $1\n")

    assert answer.stdout == f"yes {WORDS[-2]}\n".encode()
    assert answer.identity.address == "env INSIDE=yes"


def test_a_command_keeps_the_operators_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/here")

    assert ask(Endpoint("command", command=("env",)), b"echo $KUBECONFIG\n").stdout == b"/here\n"


def test_a_command_without_argv_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="no command is given"):
        ask(Endpoint("command"))


def test_a_command_that_fails_tells_why() -> None:
    answer = ask(Endpoint("command", command=("sh", "-c", "echo no such container >&2; exit 125")))

    assert (answer.status, answer.stderr, answer.stdout) == (125, b"no such container\n", b"")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_helper_sees_running_processes() -> None:
    with subprocess.Popen(["sleep", "7"]) as child:
        assert _runs(child.pid)
        child.kill()
