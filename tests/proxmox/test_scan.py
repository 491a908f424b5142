"""The whole way, from an inventory over TLS to reports: verdicts, exit codes, and no secret anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scanner.cli import main
from tests.databases.certificates import Authority, Pair
from tests.proxmox.pbs import BACKUP_ONLY, ME, PbsStandIn
from tests.proxmox.test_rules import hardened_pbs, hardened_pve
from tests.support.web import site

SECRET = "0000-1111-2222-3333"
RULES = ["pbs_sync_keeps_vanished", "proxmox_locations_usable", "pve_backup_mode_snapshot"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("proxmox"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue()


def scanned(folder: Path, targets: dict[str, str]) -> tuple[Result, Path]:
    """Scan targets, each given by its settings."""
    lines = "".join(f"  {name}: {{{settings}}}\n" for name, settings in targets.items())
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n{lines}")
    out = folder / "out"
    asked = [
        "scan",
        "-i",
        str(folder / "inventory.yaml"),
        "-p",
        "recovery",
        "-o",
        str(out),
        "--format",
        "text,csv,html",
    ]
    asked += [word for rule in RULES for word in ("--rule", rule)]
    return CliRunner().invoke(main, asked, env={"TOKEN": SECRET}), out


def settings(platform: str, url: str, authority: Authority) -> str:
    return f'platform: {platform}, url: "{url}", token: "env:TOKEN", user: "{ME}", ca_file: "{authority.certificate}"'


def test_in_order(tmp_path: Path, authority: Authority, pair: Pair) -> None:
    with site(hardened_pbs(), pair) as one, site(hardened_pve(), pair) as two:
        targets = {"pbs01": settings("pbs", one.url, authority), "lab": settings("pve", two.url, authority)}
        result, out = scanned(tmp_path, targets)
        assert result.exit_code == 0, result.output
        told = {request.headers["authorization"] for request in (*one.asked, *two.asked)}
    assert told == {f"PBSAPIToken={ME}:{SECRET}", f"PVEAPIToken={ME}={SECRET}"}
    written = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert SECRET.encode() not in written + result.output.encode()


def test_a_deletion_that_is_followed(tmp_path: Path, authority: Authority, pair: Pair) -> None:
    with site(PbsStandIn(), pair) as web:
        result, _ = scanned(tmp_path, {"pbs01": settings("pbs", web.url, authority)})
    assert result.exit_code == 1
    assert "pbs_sync_keeps_vanished" in result.output


@pytest.mark.parametrize("change", ["blind", "certificate"])
def test_what_cannot_be_seen_is_no_pass(tmp_path: Path, authority: Authority, pair: Pair, change: str) -> None:
    standin: Any = hardened_pbs()
    trusted = authority
    if change == "blind":
        standin.privileges = BACKUP_ONLY
    else:
        trusted = Authority(tmp_path / "other")
    with site(standin, pair) as web:
        result, _ = scanned(tmp_path, {"pbs01": settings("pbs", web.url, trusted)})
        assert (web.asked == []) is (change == "certificate"), "no token goes to a server that is not known"
    assert result.exit_code == 3, result.output
