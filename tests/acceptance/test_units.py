"""The systemd units of contrib: valid, and a scan by the unprivileged account comes out of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.booting import Host, booted

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "contrib" / "systemd"
RHYTHMS = ("daily", "weekly", "monthly")


def install(root: Path) -> None:
    """Install Controlproof for the host's own Python, its account, its units and its files."""
    place = root / "opt/controlproof"
    (place / "bin").mkdir(parents=True)
    wheels = root.parent / "wheels"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, ROOT],
        check=True,
        capture_output=True,
    )
    target = ["--target", place / "lib", "--python-version", "3.11", "--only-binary=:all:"]
    subprocess.run([*pip, "install", *target, *wheels.glob("*.whl")], check=True)
    command = place / "bin/controlproof"
    command.write_text('#!/bin/sh\nPYTHONPATH=/opt/controlproof/lib exec /usr/bin/python3 -m scanner "$@"\n')
    command.chmod(0o755)
    subprocess.run(
        ["chroot", root, "useradd", "--system", "--home-dir", "/var/lib/controlproof", "controlproof"], check=True
    )
    for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        (root / "etc/systemd/system" / unit.name).write_text(unit.read_text())
    settings = root / "etc/controlproof"
    settings.mkdir()
    for rhythm in RHYTHMS:
        text = (UNITS / f"{rhythm}.env").read_text().replace("cis-ubuntu-24.04", "cis-debian-12")
        (settings / f"{rhythm}.env").write_text(text)
    (settings / "inventory.yaml").write_text(
        "schema: inventory/1\ntargets:\n  here: {platform: linux, local: true, service_class: research, labels: {owner: ops}}\n"
    )
    (settings / "controlproof.yaml").write_text("schema: config/1\ninventory: inventory.yaml\n")
    (settings / "attestations.yaml").write_text("schema: attestations/1\nattestations: []\n")


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with booted("bookworm", install) as found:
        yield found


def test_units_are_valid(host: Host) -> None:
    names = " ".join(f"controlproof-{rhythm}.timer controlproof@{rhythm}.service" for rhythm in RHYTHMS)
    assert (
        host.sh(f"cd /etc/systemd/system && systemd-analyze verify {names} 2>&1 | grep -i controlproof || true") == ""
    )


def test_timers_wait_for_their_time(host: Host) -> None:
    host.sh("systemctl enable --now " + " ".join(f"controlproof-{rhythm}.timer" for rhythm in RHYTHMS))
    waiting = host.sh("systemctl list-timers --no-legend 'controlproof-*'")
    assert [rhythm for rhythm in RHYTHMS if f"controlproof@{rhythm}.service" not in waiting] == []


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_a_run_comes_out_of_each_service(host: Host, rhythm: str) -> None:
    for _ in range(2):
        host.sh(f"systemctl start controlproof@{rhythm}.service || true")
    log = host.sh(f"journalctl -u controlproof@{rhythm}.service --no-pager -o cat | tail -40")
    latest = f"/var/lib/controlproof/{rhythm}/latest"
    document = json.loads(host.sh(f"cat {latest}/run.json"))
    # Nothing failed anew since the first run, so daily is left with what an account without root cannot decide.
    code, state = (3, "failed") if rhythm == "daily" else (1, "inactive")
    assert document["verdict"]["exit_code"] == code, log
    assert host.sh(f"systemctl is-failed controlproof@{rhythm}.service || true").strip() == state, log
    assert document["header"]["operator"] == "controlproof"
    assert document["header"]["scope"] == rhythm
    assert document["header"]["baseline"], "the second run is compared with the first"
    assert document["verdict"]["gate"]["fail-on-new"] == ("yes" if rhythm == "daily" else "no")
    assert host.sh(f"stat -c '%U %a' {latest}/run.json").split() == ["controlproof", "600"]
    assert len(host.sh(f"ls -d /var/lib/controlproof/{rhythm}/2*").split()) == 2
