"""Real OpenSSH servers on loopback, one account per situation, scanned end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.scanning import Run, controlproof
from tests.support import sshd as bench

pytestmark = pytest.mark.acceptance

BECOME = ", become: [sudo, -n]"
ROLES = {
    "root": "",
    "sudo": BECOME,
    "plain": "",
    "password": BECOME,
    "tty": BECOME,
    "nologin": "",
    "fish": "",
    "busybox": "",
}


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[bench.Accounts, bench.Sshd]]:
    with bench.accounts() as accounts, bench.sshd() as server:
        yield accounts, server


def inventory(folder: Path, estate: tuple[bench.Accounts, bench.Sshd], roles: dict[str, str], more: str = "") -> None:
    accounts, server = estate
    ssh = f"ssh: {{identity: {server.user_key}, known_hosts: {server.known_hosts}, config: none}}"
    group = f"groups:\n  here: {{platform: linux, profiles: [linux-baseline], port: {server.port}, {ssh}}}\n"
    lines = "".join(
        f"  {role}: {{group: here, address: 127.0.0.1, user: {accounts[role].name}{extra}}}\n"
        for role, extra in roles.items()
    )
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\n{group}targets:\n{lines}{more}")


@pytest.fixture(scope="module")
def scanned(estate: tuple[bench.Accounts, bench.Sshd], tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("loopback")
    inventory(folder, estate, ROLES, "  gone: {group: here, address: 127.0.0.1, port: 1}\n")
    return controlproof("scan", "-i", "inventory.yaml", folder=folder)


def test_each_situation_has_its_own_words(scanned: Run) -> None:
    assert scanned.code == 1, scanned.stderr
    targets = scanned.document["targets"]
    states = {name: info["state"] for name, info in targets.items()}
    assert {name for name, state in states.items() if state == "assessed"} == {
        "root",
        "sudo",
        "plain",
        "fish",
        "busybox",
    }
    assert "sudo wants a password" in targets["password"]["reason"]
    assert "requiretty" in targets["tty"]["reason"]
    assert "our script did not start" in targets["nologin"]["reason"]
    assert "refused" in targets["gone"]["reason"]


def test_sudo_gives_what_root_gets(scanned: Run) -> None:
    assert scanned.document["targets"]["sudo"]["privilege"] == "root"
    assert scanned.outcomes("sudo") == scanned.outcomes("root")


def test_login_shells_make_no_difference(scanned: Run) -> None:
    assert scanned.outcomes("fish") == scanned.outcomes("plain") == scanned.outcomes("busybox")


def test_what_root_may_read_is_unknown_to_others(scanned: Run) -> None:
    full, denied = scanned.outcomes("root"), scanned.outcomes("plain")
    changed = {rule: denied[rule] for rule in full if full[rule] != denied[rule]}
    assert set(changed.values()) == {"unknown"}
    assert "empty_passwords_absent" in changed


@pytest.mark.parametrize(
    ("target", "outcome"), [("nologin", "error"), ("gone", "error"), ("password", "unknown"), ("tty", "unknown")]
)
def test_silent_targets_are_never_green(scanned: Run, target: str, outcome: str) -> None:
    assert set(scanned.outcomes(target).values()) <= {outcome, "notchecked"}


def test_one_connection_and_one_command_for_each_host(
    estate: tuple[bench.Accounts, bench.Sshd], tmp_path: Path
) -> None:
    _, server = estate
    inventory(tmp_path, estate, {"root": "", "sudo": BECOME, "plain": ""})
    before = server.connections, server.sessions
    controlproof("scan", "-i", "inventory.yaml", folder=tmp_path)
    assert (server.connections - before[0], server.sessions - before[1]) == (3, 3)


def test_denied_questions_alone_end_with_three(estate: tuple[bench.Accounts, bench.Sshd], tmp_path: Path) -> None:
    inventory(tmp_path, estate, {"plain": ""})
    run = controlproof(
        "scan", "-i", "inventory.yaml", "--rule", "empty_passwords_absent,etc_group_protected", folder=tmp_path
    )
    assert run.outcomes("plain") == {"empty_passwords_absent": "unknown", "etc_group_protected": "pass"}
    assert (run.code, run.document["verdict"]["word"]) == (3, "UNDECIDED")


def test_changed_host_key_is_refused_with_both_fingerprints(
    estate: tuple[bench.Accounts, bench.Sshd], tmp_path: Path
) -> None:
    _, server = estate
    other = bench.make_key(tmp_path / "other")
    changed = tmp_path / "known_hosts"
    changed.write_text(f"[127.0.0.1]:{server.port} {' '.join(bench.public(other).split()[:2])}\n")
    (tmp_path / "inventory.yaml").write_text(
        "schema: inventory/1\ntargets:\n"
        f"  root: {{platform: linux, address: 127.0.0.1, port: {server.port}, user: root, "
        f"ssh: {{identity: {server.user_key}, known_hosts: {changed}, config: none}}}}\n"
    )
    run = controlproof("scan", "-i", "inventory.yaml", "-p", "linux-baseline", folder=tmp_path)
    reason = run.document["targets"]["root"]["reason"]
    assert run.code == 3
    assert bench.fingerprint(other) in reason
    assert bench.fingerprint(server.host_keys["ed25519"]) in reason


def test_password_by_reference_reaches_neither_disk_nor_log(
    estate: tuple[bench.Accounts, bench.Sshd], tmp_path: Path
) -> None:
    accounts, server = estate
    secret = accounts["password"].password
    inventory(tmp_path, estate, {"password": ', become: [sudo, -n], become_password: "env:SUDO_PW"'})
    run = controlproof("scan", "-i", "inventory.yaml", "-v", folder=tmp_path, SUDO_PW=secret)
    assert run.document["targets"]["password"]["privilege"] == "root"
    texts = [
        run.stdout,
        run.stderr,
        server.text(),
        *(path.read_text(errors="replace") for path in run.folder.rglob("*") if path.is_file()),
    ]
    assert not any(secret in text for text in texts)
