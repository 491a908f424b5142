"""Fleets over real SSH servers: side by side, each endpoint once, nothing lost whatever happens to one of them."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanner.store.evidence import read_snapshot
from tests.support import sshd as bench
from tests.support.cli import Desk, Ran, background, release, waiting
from tests.support.sshd import Sshd, until

pytestmark = pytest.mark.server

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 11)]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Sshd, ...]]:
    """Three servers, each at ten loopback addresses."""
    listen = "".join(f"ListenAddress {address}\n" for address in ADDRESSES[1:])
    with bench.sshd(listen) as one, bench.sshd(listen) as two, bench.sshd(listen) as three:
        yield one, two, three


@pytest.fixture
def files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Files that the rules look at, and patience with a machine that has much to do."""
    for name in ("CONNECT_TIMEOUT", "AUTH_TIMEOUT"):
        monkeypatch.setenv(f"CONTROLPROOF_{name}", "60s")
    for name in ("m", "o"):
        desk.write(name, "x").chmod(0o600)
    return desk


def known_hosts(desk: Desk, *servers: Sshd) -> Path:
    lines = [server.known("ed25519", name=f"[{address}]:{server.port}") for server in servers for address in ADDRESSES]
    return desk.write("known_hosts", "".join(lines))


def over_ssh(desk: Desk, server: Sshd, address: str = "127.0.0.1", port: int | None = None, **more: str) -> str:
    settings = {
        "address": address,
        "port": str(port or server.port),
        "user": getpass.getuser(),
        "ssh": f"{{identity: {server.user_key}, known_hosts: {desk.folder}/known_hosts, config: none}}",
        **more,
    }
    said = ", ".join(f"{key}: {value}" for key, value in settings.items())
    return f"platform: linux, labels: {{marker: {desk.folder}/m, other: {desk.folder}/o}}, {said}"


def sessions(*servers: Sshd) -> int:
    return sum(server.sessions for server in servers)


SCAN = ("scan", "-i", "inventory.yaml", "-p", "files")


def finished(process: subprocess.Popen[str], desk: Desk) -> Ran:
    out, err = process.communicate(timeout=900)
    return Ran(process.returncode, out, err, desk.folder / "out")


def test_thirty_targets_of_which_some_fail(files: Desk, servers: tuple[Sshd, ...]) -> None:
    """Every failure is told with its own reason, and none of the others suffers."""
    known_hosts(files, *servers)
    targets = {
        f"host{number:02}": over_ssh(files, server, address)
        for number, (server, address) in enumerate((server, address) for server in servers for address in ADDRESSES)
    }
    one = servers[0]
    targets["host03"] = over_ssh(files, one, ADDRESSES[3], bench.free_port())
    unknown = f"{{identity: {one.user_key}, known_hosts: /dev/null, config: none}}"
    targets["host07"] = over_ssh(files, one, ADDRESSES[7], ssh=unknown)
    targets["host11"] = over_ssh(
        files,
        servers[1],
        ADDRESSES[1],
        ssh=f"{{identity: {one.host_keys['ed25519']}, known_hosts: {files.folder}/known_hosts, config: none}}",
    )
    files.inventory(targets)
    before = sessions(*servers)
    ran = files(*SCAN, "--jobs", "10")
    assert (ran.code, ran.word) == (3, "UNDECIDED"), ran.stderr
    lost = {text.split(": ")[0]: text for text in ran.notices("target-unreachable")}
    assert sorted(lost) == ["host03", "host07", "host11"]
    assert "refused" in lost["host03"].lower()
    assert "host key" in lost["host07"] or "not known" in lost["host07"]
    assert sessions(*servers) - before == 27
    for name in targets:
        wanted = "error" if name in lost else "pass"
        assert ran.outcomes(name) == {"marker_closed": wanted, "other_closed": wanted}
    lines = ran.stderr.splitlines()
    assert lines[0] == "30 targets"
    assert "second round for 1 endpoint out of reach" in lines
    counted = [line for line in lines if re.match(r"\[\d+/30\] host\d\d: ", line)]
    assert len(counted) == 30
    assert counted[-1].startswith("[30/30] ")
    assert sum(line.endswith(": 2 pass") for line in counted) == 27
    counts = ran.document["counts"]["outcomes"]
    assert counts == {"pass": 54, "error": 6}
    snapshots = sorted((ran.folder / "evidence").iterdir())
    assert len(snapshots) == 27
    assert {path.stat().st_mode & 0o777 for path in snapshots} == {0o600}


def test_targets_that_share_an_endpoint_are_visited_once(files: Desk, servers: tuple[Sshd, ...]) -> None:
    known_hosts(files, *servers)
    targets = {name: over_ssh(files, servers[0]) for name in ("a", "b", "c")}
    targets["d"] = over_ssh(files, servers[0], become="[env]")
    files.inventory(targets)
    before = servers[0].connections, servers[0].sessions
    ran = files(*SCAN, "--log-format", "json")
    assert ran.code == 0, ran.stderr
    assert (servers[0].connections - before[0], servers[0].sessions - before[1]) == (2, 2)
    assert all(ran.outcomes(name) == {"marker_closed": "pass", "other_closed": "pass"} for name in targets)
    said = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [each["event"] for each in said] == ["begin", *["finished"] * 4]
    assert {each["target"] for each in said[1:]} == set(targets)
    assert said[1]["summary"] == "2 pass"


def test_server_that_comes_up_late_is_reached_in_the_second_round(files: Desk) -> None:
    with bench.sshd() as server:
        server.process.terminate()
        server.process.wait(10)
        known_hosts(files, server)
        files.inventory({"late": over_ssh(files, server), "slow": waiting(files)})
        running = background(files, *SCAN, "-o", "out", "--format", "csv", "--jobs", "1")
        # There is one worker: when it has come to the second target, the first one was refused.
        until((files.folder / "reached").exists, 120, "the second target's visit")
        program = bench.find("sshd") or "sshd"
        server.process = subprocess.Popen([program, "-D", "-f", server.folder / "sshd_config", "-E", server.log])
        until(lambda: server.count("Server listening") >= 2, what="sshd's second start")
        release(files)
        ran = finished(running, files)
    server.process.terminate()
    server.process.wait(10)
    assert ran.code == 0, ran.stderr
    assert ran.outcomes("late") == {"marker_closed": "pass", "other_closed": "pass"}
    assert [line.split(": ")[0] for line in ran.stderr.splitlines()] == [
        "2 targets",
        "[1/2] slow",
        "second round for 1 endpoint out of reach",
        "[2/2] late",
    ]


def test_target_that_does_not_answer_in_time(files: Desk) -> None:
    files.inventory({"slow": "platform: linux, command: [sh, -c, 'sleep 1000', x], labels: {marker: /m, other: /o}"})
    ran = files(*SCAN, "--timeout", "1s")
    assert (ran.code, ran.word) == (3, "INCOMPLETE")
    assert "deadline: the command had not ended after 1 s" in ran.notices("target-unreachable")[0]


def test_killed_scan_goes_on_where_it_was(files: Desk, servers: tuple[Sshd, ...]) -> None:
    """Half of the targets were done; after the kill only the other half is asked."""
    known_hosts(files, *servers)
    targets = {f"a{number}": over_ssh(files, servers[0], ADDRESSES[number]) for number in range(3)}
    targets["m"] = waiting(files)
    targets |= {f"z{number}": over_ssh(files, servers[1], ADDRESSES[number]) for number in range(3)}
    files.inventory(targets)
    before = sessions(*servers)
    running = background(files, *SCAN, "-o", "out", "--jobs", "1")
    until(lambda: len(list((files.folder / "out/evidence").glob("*.json"))) == 3, 120, "three targets done")
    running.kill()
    running.communicate()
    assert not (files.folder / "out/run.json").exists()
    assert sessions(*servers) - before == 3
    kept = {path.name: path.read_bytes() for path in (files.folder / "out/evidence").glob("*.json")}
    again = background(files, *SCAN, "-o", "out", "--format", "csv", "--resume")
    release(files)
    ran = finished(again, files)
    assert ran.code == 0, ran.stderr
    assert sessions(*servers) - before == 6
    assert set(ran.document["counts"]["outcomes"].items()) == {("pass", 14)}
    assert {name: (ran.folder / "evidence" / name).read_bytes() for name in kept} == kept
    once_more = files(*SCAN, "--resume")
    assert (once_more.code, sessions(*servers) - before) == (0, 6)


def test_killed_run_of_several_is_gone_on_with(files: Desk, servers: tuple[Sshd, ...]) -> None:
    known_hosts(files, *servers)
    files.inventory({"a": over_ssh(files, servers[0]), "m": waiting(files)})
    before = sessions(*servers)
    running = background(files, *SCAN, "--runs", "runs", "--jobs", "1")
    until(lambda: list((files.folder / "runs").glob("2*/evidence/a.json")), 120, "the first target done")
    running.kill()
    running.communicate()
    [unfinished] = (files.folder / "runs").glob("2*")
    assert not (files.folder / "runs/latest").exists()
    again = background(files, *SCAN, "--runs", "runs", "--format", "csv", "--resume")
    release(files)
    assert finished(again, files).code == 0
    assert (files.folder / "runs/latest").resolve() == unfinished
    assert sessions(*servers) - before == 1
    assert files(*SCAN, "--runs", "runs", "--resume").code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_with_a_report_of_what_is_done(files: Desk, servers: tuple[Sshd, ...], number: int) -> None:
    known_hosts(files, *servers)
    files.inventory({"a": over_ssh(files, servers[0]), "m": waiting(files), "z": over_ssh(files, servers[1])})
    running = background(files, *SCAN, "--runs", "runs", "--format", "csv", "--jobs", "1")
    until(lambda: list((files.folder / "runs").glob("2*/evidence/a.json")), 120, "the first target done")
    running.send_signal(number)
    done = finished(running, files)
    [folder] = (files.folder / "runs").glob("2*")
    ran = Ran(done.code, done.stdout, done.stderr, folder)
    assert (ran.code, ran.word) == (3, "UNDECIDED"), ran.stderr
    assert ran.document["header"]["interrupted"] == "stopped before every target was visited"
    assert "the run ended early: stopped before every target was visited" in ran.document["verdict"]["reasons"]
    assert ran.outcomes("a") == {"marker_closed": "pass", "other_closed": "pass"}
    assert set(ran.outcomes("m").values()) == set(ran.outcomes("z").values()) == {"error"}
    assert not (files.folder / "runs/latest").exists()
    again = background(files, *SCAN, "--runs", "runs", "--format", "csv", "--resume")
    release(files)
    assert finished(again, files).code == 0
    assert len(list((files.folder / "runs").glob("2*"))) == 1
    assert (files.folder / "runs/latest").resolve() == folder


def test_signal_ends_a_collection_which_goes_on_later(files: Desk) -> None:
    labels = f"labels: {{marker: {files.folder}/m, other: {files.folder}/o}}"
    files.inventory({"a": f"platform: linux, command: [env], {labels}", "m": waiting(files)})
    words = ("collect", "-i", "inventory.yaml", "-p", "files", "-o", "out")
    running = background(files, *words, "--jobs", "1")
    until((files.folder / "out/evidence/a.json").exists, 120, "the first target done")
    running.send_signal(signal.SIGTERM)
    ran = finished(running, files)
    assert (ran.code, ran.stdout) == (3, "evidence of 1 of 2 targets in out\n")
    assert "m: stopped before it was visited" in ran.stderr
    again = background(files, *words, "--resume")
    release(files)
    assert finished(again, files).stdout == "evidence of 2 of 2 targets in out\n"


def test_signal_in_other_work_ends_with_three(files: Desk) -> None:
    """Judging waits for a pipe; nothing was decided, which is not what 1 would say."""
    os.mkfifo(files.folder / "answer")
    files.inventory({"a": "platform: linux"})
    running = background(files, "evaluate", "answer", "-i", "inventory.yaml", "-p", "files", "-o", "out")
    until((files.folder / "out/plan.json").exists, 120, "the evaluation at work")
    running.send_signal(signal.SIGINT)
    ran = finished(running, files)
    assert (ran.code, ran.stderr) == (3, "stopped before anything was decided\n")


@contextmanager
def tmpfs(place: Path, size: str) -> Iterator[None]:
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], capture_output=True, text=True)
    if done.returncode:
        bench_missing = f"no mount here: {done.stderr.strip()}"
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail(bench_missing)
        pytest.skip(bench_missing)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_full_disk_loses_nothing_and_the_run_goes_on_when_there_is_room(files: Desk, servers: tuple[Sshd, ...]) -> None:
    known_hosts(files, *servers)
    files.inventory({f"host{number}": over_ssh(files, servers[0], ADDRESSES[number]) for number in range(8)})
    place = files.folder / "small"
    with tmpfs(place, "32k"):
        full = files(*SCAN, "-o", "small/out", "--jobs", "1")
        assert full.code == 2
        assert re.search(
            r"small/out/\S+: cannot be written: No space left on device \(choose another folder with -o, or make room\)\n$",
            full.stderr,
        )
        kept = sorted((place / "out/evidence").iterdir())
        assert 0 < len(kept) < 8
        assert all(read_snapshot(path).evidence for path in kept)
        assert not (place / "out/run.json").exists()
        subprocess.run(["mount", "-o", "remount,size=10m", place], check=True)
        again = files(*SCAN, "-o", "small/out", "--resume", "-v", out="small/out")
        assert again.code == 0
        assert again.stderr.count(": started\n") == 8 - len(kept)
        assert again.document["counts"]["outcomes"] == {"pass": 16}


def test_report_that_does_not_fit_is_told_and_written_later_without_asking_again(files: Desk) -> None:
    """A limit on the size of files in place of a full disk: evidence fits, the HTML report does not."""
    count = files.write("bin/count", f'#!/bin/sh\necho asked >>{files.folder}/asked\nexec "$@"\n')
    count.chmod(0o755)
    labels = f"labels: {{marker: {files.folder}/m, other: {files.folder}/o}}"
    files.inventory({"a": f"platform: linux, command: [{count}], {labels}"})
    program = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
        "from scanner.cli import main\nmain()\n"
    )
    policy = ["--rules", str(files.policy / "rules"), "--profiles", str(files.policy / "profiles")]
    words = [*SCAN, "-o", "out", "--format", "html", *policy]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    full = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=files.folder, env=environment, capture_output=True, text=True
    )
    assert full.returncode == 2
    assert full.stderr.splitlines()[-1] == (
        "out/report.html: cannot be written: File too large (choose another folder with -o, or make room)"
    )
    assert sorted(path.name for path in (files.folder / "out").iterdir()) == [
        ".lock",
        "evidence",
        "plan.json",
        "results.jsonl",
        "run.json",
    ]
    assert files("report", "out", own=False).stdout.startswith("PASS")
    again = files(*words, "--resume", own=False)
    assert again.code == 0
    assert (files.folder / "asked").read_text() == "asked\n"


def test_runs_are_kept_as_many_as_asked(files: Desk) -> None:
    files.inventory(
        {"a": f"platform: linux, command: [env], labels: {{marker: {files.folder}/m, other: {files.folder}/o}}"}
    )
    for _ in range(4):
        assert files(*SCAN, "--runs", "runs", "--keep", "2", "--format", "csv").code == 0
    runs = [path for path in (files.folder / "runs").iterdir() if path.name[0] == "2"]
    assert 2 <= len(runs) <= 3
    latest = files.folder / "runs/latest"
    assert latest.is_symlink()
    assert latest.resolve() in runs
    assert {path.stat().st_mode & 0o777 for path in runs} == {0o700}


def test_new_host_key_is_accepted_only_when_asked_and_told(files: Desk, servers: tuple[Sshd, ...]) -> None:
    files.write("known_hosts", "")
    files.inventory({"a": over_ssh(files, servers[0])})
    assert files(*SCAN).code == 3
    ran = files(*SCAN, "--accept-new")
    assert ran.code == 0, ran.stderr
    [notice] = ran.notices("host-key-accepted")
    assert notice.startswith("a: its host key was not known and was accepted: ")
    assert bench.fingerprint(servers[0].host_keys["ed25519"]) in notice
    assert files(*SCAN).code == 0
