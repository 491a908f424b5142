"""Real hosts, booted weak and hardened: scanned over SSH, judged right, denied honestly, left untouched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import shapes
from tests.hosts.booting import Host, booted
from tests.acceptance.scanning import Run, controlproof

pytestmark = pytest.mark.acceptance

PROFILES = {"bookworm": "cis-debian-12-level-2-server", "noble": "cis-ubuntu-24.04-level-2-server"}


@pytest.fixture(scope="module", params=list(PROFILES))
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def weak(suite: str) -> Iterator[Host]:
    with booted(suite, shapes.weaken) as host:
        yield host


@pytest.fixture(scope="module")
def hard(suite: str) -> Iterator[Host]:
    with booted(suite, shapes.harden) as host:
        yield host


@pytest.fixture(scope="module")
def scanned(suite: str, weak: Host, hard: Host, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("scan")
    profile = PROFILES[suite]
    entries = {
        "weak": weak.entry("auditor", become="[sudo, -n]", profiles=profile),
        "weak-visitor": weak.entry("visitor", profiles=profile),
        "hard": hard.entry("auditor", become="[sudo, -n]", profiles=profile),
        "hard-visitor": hard.entry("visitor", profiles=profile),
    }
    lines = "".join(f"  {name}: {entry}\n" for name, entry in entries.items())
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n{lines}")
    return controlproof("scan", "-i", "inventory.yaml", folder=folder)


def test_weak_and_hardened_hosts_are_told_apart(scanned: Run) -> None:
    assert scanned.code == 1, scanned.stderr
    weak, hard = scanned.outcomes("weak"), scanned.outcomes("hard")
    assert {rule: weak[rule] for rule in shapes.WEAK if rule in weak} == {
        rule: outcome for rule, outcome in shapes.WEAK.items() if rule in weak
    }
    assert {rule: hard[rule] for rule in shapes.HARD} == shapes.HARD


def test_findings_say_where_and_how(scanned: Run) -> None:
    finding = next(
        each for each in scanned.results("weak")["sshd_root_login_disabled"]["findings"] if each["outcome"] == "fail"
    )
    assert "match" in finding["key"][0][1].lower()
    assert finding["found"] == "permitrootlogin is yes"
    assert "sshd -T" in finding["asked"]
    boot = scanned.results("weak")["ip_forwarding_disabled"]["findings"]
    assert any("90-bad.conf" in each.get("source", "") for each in boot)


def test_denied_facts_are_unknown_and_never_pass(scanned: Run) -> None:
    """An account without rights may learn less, and never something else."""
    for host in ("weak", "hard"):
        full, denied = scanned.outcomes(host), scanned.outcomes(f"{host}-visitor")
        assert full.keys() == denied.keys()
        wrong = {
            rule: (denied[rule], full[rule])
            for rule in full
            if denied[rule] != full[rule] and denied[rule] not in ("unknown", "error")
        }
        assert wrong == {}
        assert denied["sshd_root_login_disabled"] == "unknown"
        # On the weak host everybody may read the shadow file, so there even the visitor sees what is wrong.
        assert denied["empty_passwords_absent"] == ("fail" if host == "weak" else "unknown")
        gaps = [
            finding.get("needs")
            for each in scanned.results(f"{host}-visitor").values()
            if each["outcome"] == "unknown"
            for finding in each["findings"]
            if finding["outcome"] == "unknown"
        ]
        assert gaps
        assert set(gaps) == {"root"}


def test_denied_alone_ends_with_three(suite: str, hard: Host, tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n  visitor: {hard.entry('visitor')}\n")
    run = controlproof(
        "scan",
        "-i",
        "inventory.yaml",
        "-p",
        PROFILES[suite],
        "--rule",
        "empty_passwords_absent,password_max_age_bounded",
        folder=tmp_path,
    )
    assert run.code == 3, run.stdout
    assert run.document["verdict"]["word"] == "INCOMPLETE"


def test_nothing_is_left_undecided_with_root(scanned: Run) -> None:
    for host in ("weak", "hard"):
        undecided = {rule: each for rule, each in scanned.outcomes(host).items() if each in ("unknown", "error")}
        assert undecided == {}


def test_one_connection_one_command_nothing_written(suite: str, tmp_path: Path) -> None:
    with booted(suite) as host:
        listing = "find / -xdev -newer /run/marker -not -path '/proc/*' -not -path '/run*' -not -path '/sys/*' -not -path '/dev/*' -not -path '/var/log/*' -not -path '/tmp/systemd-private*' -print"
        count = (
            "journalctl -t sshd -t sshd-session --no-pager -o cat | grep -c '^Accepted publickey for auditor' || true"
        )
        host.sh("touch /run/marker")
        before = int(host.sh(count))
        (tmp_path / "inventory.yaml").write_text(
            f"schema: inventory/1\ntargets:\n  one: {host.entry('auditor', become='[sudo, -n]')}\n"
        )
        run = controlproof("scan", "-i", "inventory.yaml", folder=tmp_path)
        assert run.code == 1, run.stderr
        assert int(host.sh(count)) == before + 1
        # sudo's own record is the target's log, and PAM notes a first login; nothing else is newer than the marker.
        written = {line for line in host.sh(listing).splitlines() if line.strip()} - {"/home/auditor"}
        assert [line for line in written if not line.startswith(("/var/lib/systemd", "/home/auditor/.cache"))] == []
        ran = host.sh(
            r"journalctl -t sudo --no-pager -o cat | grep -o 'sh -s controlproof sha256-[0-9a-f]\{64\}' | tail -1"
        ).strip()
        script = controlproof("plan", "--script", "-i", "inventory.yaml", folder=tmp_path).stdout
        assert ran.removeprefix("sh -s controlproof sha256-") == hashlib.sha256(script.encode()).hexdigest()


def test_auto_chooses_the_benchmark_of_the_system(suite: str, hard: Host, tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n  one: {hard.entry('visitor')}\n")
    run = controlproof("scan", "-i", "inventory.yaml", folder=tmp_path)
    info = run.document["targets"]["one"]
    assert info["profiles"] == [PROFILES[suite].replace("level-2", "level-1")]
    assert info["profile_reason"].startswith("auto chose ")


def test_benchmark_of_another_system_leaves_nothing_assessed(suite: str, hard: Host, tmp_path: Path) -> None:
    other = next(name for key, name in PROFILES.items() if key != suite)
    (tmp_path / "inventory.yaml").write_text(
        f"schema: inventory/1\ntargets:\n  one: {hard.entry('visitor', profiles=other)}\n"
    )
    run = controlproof("scan", "-i", "inventory.yaml", folder=tmp_path)
    assert (run.code, run.document["verdict"]["word"]) == (3, "INCOMPLETE")
    assert set(run.outcomes("one").values()) == {"notapplicable"}


def test_offline_answer_gives_the_same_results(suite: str, hard: Host, tmp_path: Path) -> None:
    """The script is run by hand on the host, and its output is judged elsewhere."""
    (tmp_path / "inventory.yaml").write_text(
        f"schema: inventory/1\ntargets:\n  one: {hard.entry('auditor', become='[sudo, -n]')}\n"
    )
    live = controlproof("scan", "-i", "inventory.yaml", folder=tmp_path)
    expected = live.results("one")
    (hard.root / "root/ask.sh").write_text(
        controlproof("plan", "--script", "-i", "inventory.yaml", folder=tmp_path).stdout
    )
    (tmp_path / "answer.txt").write_text(hard.sh("sh /root/ask.sh; rm /root/ask.sh"))
    offline = controlproof("evaluate", "answer.txt", "-i", "inventory.yaml", folder=tmp_path)
    assert offline.code == live.code, offline.stderr
    assert offline.results("one") == expected
