"""A machine of its own under QEMU: what containers cannot show is judged weak and hardened, and broken bit by bit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.scanning import Run, controlproof
from tests.hosts.guest.guest import Guest, harden, running
from tests.hosts.judging import PROFILES, judging
from tests.hosts.mutate import Bench
from tests.hosts.mutations import mutations

pytestmark = pytest.mark.guest

RULES = Path(__file__).parents[2] / "rules/linux"
FAMILIES = ("apparmor", "audit", "boot", "kernel", "mounts")
"""Folders of the rules that a guest is for."""

CANNOT = {
    "noble": {
        "squashfs_module_disabled": "Ubuntu's kernel has squashfs built in, which nothing switches off",
        "unneeded_filesystem_modules_disabled": "the same with fuse, which a site names as needed",
    },
}
"""Suite > rule > why it fails on a hardened guest as well."""

WEAK = {
    "address_space_randomised": "fail",
    "audit_backlog_sufficient": "fail",
    "audit_enabled_at_boot": "fail",
    "auditd_running": "pass",
    "apparmor_enabled_at_boot": "pass",
    "core_dumps_disabled": "fail",
    "dev_shm_nodev": "pass",
    "dev_shm_noexec": "fail",
    "dccp_module_disabled": "fail",
    "home_nodev": "notapplicable",
    "home_separate_file_system": "fail",
    "sctp_module_disabled": "fail",
    "squashfs_module_disabled": "fail",
    "tmp_separate_file_system": "fail",
    "udf_module_disabled": "fail",
    "usb_storage_module_disabled": "fail",
    "var_log_audit_separate_file_system": "fail",
    "var_separate_file_system": "fail",
}
"""Rule > outcome on a guest as it was installed."""


def _rules() -> set[str]:
    return {path.stem for family in FAMILIES for path in (RULES / family).glob("*.yaml")}


def _late(result: dict[str, Any]) -> bool:
    return any("ran into its time limit" in each.get("reason", "") for each in result.get("findings", ()))


def _scan(guest: Guest, folder: Path) -> Run:
    profile = PROFILES[guest.suite]
    entries = {
        "root": guest.entry("auditor", become="[sudo, -n]", profiles=profile),
        "visitor": guest.entry("visitor", profiles=profile),
    }
    lines = "".join(f"  {name}: {entry}\n" for name, entry in entries.items())
    (folder / "inventory.yaml").write_text(f"schema: inventory/1\ntargets:\n{lines}")
    for attempt in range(3):
        out = folder / f"out{attempt}"
        run = controlproof("scan", "-i", "inventory.yaml", "--timeout", "900", "-o", out, folder=folder, patience=2000)
        run = replace(run, folder=out)
        # An emulated machine on a busy one is slower than any host: what was cut for its time is asked again.
        late = [each for rule, each in run.results("root").items() if rule in _rules() and _late(each)]
        if not late:
            break
    return run


@pytest.fixture(scope="module", params=list(PROFILES))
def scans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guest, Run, Run]]:
    """A hardened guest, the scan of it before it was hardened, and the one afterwards."""
    with running(str(request.param)) as guest:
        before = _scan(guest, tmp_path_factory.mktemp("weak"))
        harden(guest)
        yield guest, before, _scan(guest, tmp_path_factory.mktemp("hard"))


def test_an_installed_guest_fails_where_it_should(scans: tuple[Guest, Run, Run]) -> None:
    outcomes = scans[1].outcomes("root")
    assert {rule: outcomes[rule] for rule in WEAK} == WEAK
    modules = scans[1].results("root")["sctp_module_disabled"]["findings"]
    assert "present is true" in modules[0]["found"]


def test_a_hardened_guest_meets_every_rule_that_it_is_for(scans: tuple[Guest, Run, Run]) -> None:
    guest, _, hard = scans
    outcomes = hard.outcomes("root")
    excused = CANNOT.get(guest.suite, {})
    wrong = {
        rule: outcomes[rule] for rule in _rules() & outcomes.keys() if outcomes[rule] not in ("pass", "notchecked")
    }
    assert wrong == dict.fromkeys(excused, "fail")


def test_an_account_without_rights_learns_less_and_never_something_else(scans: tuple[Guest, Run, Run]) -> None:
    for run in scans[1:]:
        full, denied = run.outcomes("root"), run.outcomes("visitor")
        wrong = {
            rule: (denied[rule], full[rule])
            for rule in full
            if denied[rule] != full[rule] and denied[rule] not in ("unknown", "error")
        }
        assert wrong == {}


def test_every_change_is_noticed_by_its_rule_alone(scans: tuple[Guest, Run, Run]) -> None:
    """Only the families' rules are judged here: under emulation the walk over all files takes longer than the rest."""
    guest, _, hard = scans
    rules = tuple(sorted(_rules() & hard.outcomes("root").keys()))
    found = mutations(guest.suite, guest=True)
    with tempfile.TemporaryDirectory() as folder:
        patient = replace(judging(guest.suite, Path(folder), rules=rules), tries=4)
        bench = Bench(lambda: nullcontext(guest), patient)
        assert bench.run(found, 12, print) == []


def test_a_menu_without_audit_is_what_the_next_boot_has(scans: tuple[Guest, Run, Run], tmp_path: Path) -> None:
    """The last test of a guest: it comes back as its menu says, and is judged so."""
    guest = scans[0]
    guest.sh("sed -i 's/ audit=1 / /' /boot/grub/grub.cfg")
    guest.reboot()
    assert "audit=1" not in guest.sh("cat /proc/cmdline")
    assert _scan(guest, tmp_path).outcomes("root")["audit_enabled_at_boot"] == "fail"
