"""Real firewalls: each frontend in turn on a booted host, judged right, broken in small ways, and hidden from a visitor."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.acceptance.hosts import Host, booted
from tests.acceptance.scanning import Run, controlproof

pytestmark = pytest.mark.acceptance

HOSTS = Path(__file__).parents[1] / "hosts"
PROFILES = {"bookworm": "cis-debian-12-level-1-server", "noble": "cis-ubuntu-24.04-level-1-server"}
MUTATIONS = {
    "ufw": "mutations/firewall.yaml",
    "nftables": "firewalls/nftables.yaml",
    "iptables": "firewalls/iptables.yaml",
}
UFW = {
    "ufw_installed",
    "iptables_persistent_absent_beside_ufw",
    "ufw_enabled",
    "ufw_loopback_configured",
    "ufw_rules_cover_open_ports",
    "ufw_default_deny",
}
NFTABLES = {
    "nftables_installed",
    "ufw_off_beside_nftables",
    "iptables_empty_beside_nftables",
    "nftables_table_exists",
    "nftables_base_chains_present",
    "nftables_loopback_configured",
    "nftables_replies_accepted",
    "nftables_default_deny",
    "nftables_enabled",
    "nftables_rules_saved",
}
IPTABLES = {
    "iptables_packages_installed",
    "nftables_off_beside_iptables",
    "ufw_off_beside_iptables",
    *(
        f"{program}_{what}"
        for program in ("iptables", "ip6tables")
        for what in ("default_deny", "loopback_configured", "replies_accepted", "rules_cover_open_ports")
    ),
}
OWN = {"ufw": UFW, "nftables": NFTABLES, "iptables": IPTABLES}
GENERAL = {"firewall_frontend_single", "listening_services_approved"}
EVERY = sorted(UFW | NFTABLES | IPTABLES | GENERAL)


def with_packages(root: Path) -> None:
    """Lay the packages of iptables' rules beside ufw, which cannot be installed together with them."""
    resolver = root / "etc/resolv.conf"
    kept = resolver.read_bytes() if resolver.exists() else None
    resolver.unlink(missing_ok=True)
    resolver.write_bytes(Path("/etc/resolv.conf").read_bytes())
    wanted = "cd /var/cache/apt/archives && apt-get download iptables-persistent netfilter-persistent"
    done = subprocess.run(
        ["chroot", str(root), "sh", "-c", f"apt-get update -q && {wanted}"], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.fail(f"bench unavailable (not a fault of the product): {done.stderr[-500:]}")
    resolver.unlink()
    if kept is not None:
        resolver.write_bytes(kept)


@pytest.fixture(scope="module", params=list(PROFILES))
def host(request: pytest.FixtureRequest) -> Iterator[tuple[str, Host]]:
    with booted(str(request.param), with_packages) as booted_host:
        yield str(request.param), booted_host


def inside(host: Host, command: str, *, script: bytes = b"") -> None:
    """Run a command as root on the host past its network, which may be closed meanwhile."""
    children = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text().split()
    done = subprocess.run(
        ["nsenter", "-t", children[0], "-a", "sh", "-c", command], input=script, capture_output=True, timeout=120
    )
    assert done.returncode == 0, f"{command}: {(done.stdout + done.stderr)[-1500:].decode(errors='replace')}"


def set_up(host: Host, firewall: str) -> None:
    """Harden the host with one of the firewalls."""
    inside(host, f"FIREWALL={firewall} sh -s", script=(HOSTS / "harden/30-firewall.sh").read_bytes())


def scan(host: Host, suite: str, folder: Path, *, denied: bool = False) -> Run:
    """Judge the firewall rules as an account with sudo, and with `denied` as one without rights too."""
    profile = PROFILES[suite]
    entries = {"root": host.entry("auditor", become="[sudo, -n]", profiles=profile)}
    if denied:
        entries["visitor"] = host.entry("visitor", profiles=profile)
    lines = "".join(f"  {name}: {entry}\n" for name, entry in entries.items())
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n{lines}")
    return controlproof("scan", "-i", "inventory.yaml", "--rule", ",".join(EVERY), folder=folder)


def mutations(firewall: str) -> list[tuple[int, dict[str, Any]]]:
    """Give a few mutations of a firewall, the same ones each time; all of them with FIREWALL_MUTATIONS=all."""
    found = list(enumerate(yaml.safe_load((HOSTS / MUTATIONS[firewall]).read_text()), 1))
    whole = os.environ.get("FIREWALL_MUTATIONS") == "all"
    return found if whole else sorted(Random(4).sample(found, 4), key=lambda each: each[0])


def test_an_untouched_host_has_no_firewall(host: tuple[str, Host], tmp_path: Path) -> None:
    """The unit of ufw is active there, and no rule is loaded."""
    suite, machine = host
    outcomes = scan(machine, suite, tmp_path).outcomes("root")
    assert outcomes["firewall_frontend_single"] == "fail"
    failing = {"ufw_enabled", "ufw_loopback_configured", "ufw_rules_cover_open_ports", "ufw_default_deny"}
    assert {rule for rule in UFW if outcomes[rule] == "fail"} == failing
    assert {outcomes[rule] for rule in NFTABLES | IPTABLES} == {"notapplicable"}


@pytest.mark.parametrize("firewall", ["ufw", "nftables", "iptables"])
def test_one_frontend_at_a_time(host: tuple[str, Host], firewall: str, tmp_path: Path) -> None:
    suite, machine = host
    set_up(machine, firewall)
    run = scan(machine, suite, tmp_path, denied=True)
    wanted = {rule: "pass" if rule in OWN[firewall] | GENERAL else "notapplicable" for rule in EVERY}
    assert run.outcomes("root") == wanted
    hidden = run.outcomes("visitor")
    assert {rule for rule in EVERY if hidden[rule] != "unknown"} == {"listening_services_approved"}
    assert {
        finding["needs"]
        for each in run.results("visitor").values()
        for finding in each["findings"]
        if finding["outcome"] == "unknown"
    } == {"root"}
    wrong = {}
    for number, mutation in mutations(firewall):
        inside(machine, mutation["break"])
        try:
            broken = scan(machine, suite, tmp_path).outcomes("root")
        finally:
            inside(machine, mutation["undo"])
        failing = {rule for rule in EVERY if wanted[rule] == "pass" and broken[rule] != "pass"} - {
            rule for rule in EVERY if broken[rule] == "notapplicable"
        }
        if failing != {mutation["rule"], *mutation.get("also", ())} or "error" in broken.values():
            wrong[f"{number}: {mutation['break']}"] = {rule: broken[rule] for rule in failing}
    assert wrong == {}
    assert scan(machine, suite, tmp_path).outcomes("root") == wanted, "what was broken was not put right again"
