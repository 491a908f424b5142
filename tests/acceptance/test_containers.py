"""Systems without systemd as process 1: chroots and containers are judged by what is their own, and nothing else of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from scanner.operations.content import load_content
from scanner.operations.request import Folders
from tests.acceptance.hosts import tree
from tests.acceptance.scanning import Run, controlproof

pytestmark = pytest.mark.acceptance

PROFILES = {"bookworm": "cis-debian-12-level-2-server", "noble": "cis-ubuntu-24.04-level-2-server"}
BARE, MOUNTED, NEW_PIDS, CONTAINER = "bare-chroot", "chroot-with-proc", "chroot-with-pids", "container"
KINDS = (BARE, MOUNTED, NEW_PIDS, CONTAINER)
CHROOTS = (BARE, MOUNTED, NEW_PIDS)

# All mounts are made in a namespace of their own and are gone with the command; the tree itself is not written to.
_MOUNTED = 'mount -t proc proc $0/proc && mount -t tmpfs tmp $0/tmp && exec chroot $0 "$@"'
_CONTAINER = (
    "mount --bind $0 $0 && cd $0 && mount -t proc proc proc && mount -t sysfs sys sys && mount -t tmpfs shm dev/shm && "
    'pivot_root . mnt && umount -l mnt && exec "$@"'
)


def commands(place: Path) -> dict[str, list[str]]:
    """How each kind of system is entered without an init of its own."""
    return {
        BARE: ["chroot", str(place)],
        MOUNTED: ["unshare", "--mount", "sh", "-c", _MOUNTED, str(place)],
        NEW_PIDS: ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={place}/proc", "chroot", str(place)],
        CONTAINER: [
            *("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork"),
            *("sh", "-c", _CONTAINER, str(place)),
        ],
    }


@pytest.fixture(scope="module", params=list(PROFILES))
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("containers")
    suite = str(request.param)
    lines = [f"  {kind}: {{group: all, command: {words!r}}}\n" for kind, words in commands(tree(suite)).items()]
    (folder / "inventory.yaml").write_text(
        f"schema: inventory/1\ngroups: {{all: {{platform: linux, profiles: [{PROFILES[suite]}]}}}}\n"
        f"targets:\n{''.join(lines)}"
    )
    return controlproof("scan", "-i", "inventory.yaml", folder=folder)


def asking(*facts: str) -> set[str]:
    """Rules that ask these facts alone, what system it is aside."""
    rules = load_content(Folders(), [], cases=False).rules.values()
    asked = {rule.id: {_fact(each) for each in rule.assertions()} - {"linux.system"} for rule in rules}
    return {name for name, named in asked.items() if named and named <= set(facts)}


def _fact(assertion: object) -> str:
    return str(getattr(getattr(assertion, "subject", None), "fact", ""))


def outcomes(run: Run, kind: str, rules: Iterable[str]) -> dict[str, str]:
    found = run.outcomes(kind)
    chosen = {rule: found[rule] for rule in rules if rule in found}
    assert chosen
    return chosen


def test_all_answer_and_say_what_they_are(scanned: Run) -> None:
    targets = scanned.document["targets"]
    assert {targets[kind]["state"] for kind in KINDS} == {"assessed"}
    reasons = {kind: scanned.results(kind)["cramfs_module_disabled"]["reason"] for kind in KINDS}
    assert {kind for kind, reason in reasons.items() if "container is chroot" in reason} == set(CHROOTS)
    assert "container is container-other" in reasons[CONTAINER]


@pytest.mark.parametrize("kind", KINDS)
def test_modules_of_the_shared_kernel_are_not_judged(scanned: Run, kind: str) -> None:
    assert set(outcomes(scanned, kind, asking("linux.kernel_module")).values()) == {"notapplicable"}


@pytest.mark.parametrize("kind", KINDS)
def test_kernel_parameters_never_pass_and_fail_only_where_they_are_its_own(scanned: Run, kind: str) -> None:
    found = outcomes(scanned, kind, asking("linux.sysctl_boot", "linux.interface_sysctl"))
    own = {"fail"} if kind == CONTAINER else set()
    assert set(found.values()) <= {"notapplicable", "unknown", "error"} | own
    assert {found[rule] for rule in ("address_space_randomised", "ptrace_scope_restricted")} == {"notapplicable"}


@pytest.mark.parametrize("kind", KINDS)
def test_mounts_never_pass_and_are_not_those_of_the_machine_around(scanned: Run, kind: str) -> None:
    found = outcomes(scanned, kind, asking("linux.mount"))
    own = {"fail", "notapplicable"} if kind == CONTAINER else set()
    assert set(found.values()) <= {"unknown", "error"} | own


@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_is_not_known_without_systemd(scanned: Run, kind: str) -> None:
    found = outcomes(scanned, kind, ("journald_running", "log_service_running"))
    assert set(found.values()) == {"unknown"}
    [finding] = scanned.results(kind)["journald_running"]["findings"]
    assert "systemd does not run there" in finding["reason"]
    # What has neither a unit nor a package needs no systemd to be told.
    assert scanned.outcomes(kind)["cups_unused"] == "pass"


@pytest.mark.parametrize("kind", KINDS)
def test_the_boot_loader_is_not_its_own(scanned: Run, kind: str) -> None:
    found = outcomes(scanned, kind, ("grub_configuration_protected", "apparmor_enabled_at_boot"))
    assert set(found.values()) <= {"notapplicable", "unknown", "error"}


def test_a_chroot_shows_no_wireless_devices(scanned: Run) -> None:
    for kind in CHROOTS:
        assert scanned.outcomes(kind)["wireless_interfaces_absent"] == "notapplicable"


def test_files_of_a_chroot_are_walked_though_its_root_is_no_mount_point(scanned: Run) -> None:
    walks = ("world_writable_files_absent", "unowned_files_absent")
    for kind in (MOUNTED, NEW_PIDS, CONTAINER):
        asked = scanned.results(kind)["world_writable_files_absent"]
        assert set(outcomes(scanned, kind, walks).values()) == {"pass"}, asked
    assert set(outcomes(scanned, BARE, walks).values()) == {"error"}
