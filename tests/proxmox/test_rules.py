"""Rules judged on the stand-ins: as they come, put in order, and seen with too few privileges."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from scanner.collection.proxmox import pbs_server, pve_server
from scanner.evaluation.judge import compile_rule
from scanner.model.asking import queries
from scanner.model.evidence import Snapshot
from scanner.operations.content import Content, load_content
from scanner.operations.deriving import derive_all
from scanner.planning.expand import expand
from tests.proxmox.api import NOW, Memory, ask
from tests.proxmox.pbs import AUDITOR, BACKUP_ONLY, ME, PbsStandIn
from tests.proxmox.pve import PveStandIn

PBS = {"version": "4.0", "release": "11", "repoid": "abc"}
PVE = {"version": "9.0.5", "release": "9.0", "repoid": "faa83925"}
MODULES: dict[str, Any] = {"pbs": pbs_server, "pve": pve_server}


@functools.cache
def _content() -> Content:
    return load_content()


def verdicts(platform: str, standin: Any) -> dict[str, str]:
    """Give rule > outcome, for all rules of this folder that are for the platform."""
    content = _content()
    chosen = {
        name: rule
        for name, rule in content.rules.items()
        if rule.path.startswith("rules/proxmox/") and "/logging/" not in rule.path and platform in rule.platforms
    }
    evidence = ask(MODULES[platform], Memory(standin))
    snapshot = Snapshot("t", NOW, {each.query: each for each in evidence.values()})
    target = {"id": "t", "platform": platform}
    defaults = {name: {key: each.default for key, each in rule.values.items()} for name, rule in chosen.items()}
    asked = [query for name, rule in chosen.items() for query in queries(rule, defaults[name], target)]
    snapshot = derive_all(snapshot, expand(asked, content.vocabulary)[1], content.vocabulary)
    return {
        name: compile_rule(rule, defaults[name], content.vocabulary)(snapshot.get, target).outcome.value
        for name, rule in chosen.items()
    }


def hardened_pbs() -> PbsStandIn:
    standin = PbsStandIn(version=PBS)
    done = {"last-run-state": "OK", "last-run-upid": "UPID:pbs01:000003E8:000A1B2C:00000001:6AFE4A10:x:y:root@pam:"}
    standin.lists |= {
        "admin/verify": [{"id": "v", "store": "store1", "schedule": "sat 18:15", "outdated-after": 30, **done}],
        "admin/sync": [{"id": "s", "store": "store1", "remote": "r", "remote-store": "x", "schedule": "daily", **done}],
        "admin/prune": [{"id": "p", "store": "store1", "schedule": "daily", "keep-daily": 7, "keep-weekly": 4, **done}],
        "admin/gc": [{"store": "store1", "schedule": "sat 18:15", **done}],
    }
    standin.users = [
        {"userid": "root@pam", "email": "ops@example.org"},
        {"userid": "audit@pbs", "tokens": [{"tokenid": ME, "expire": 1800000000}]},
        {"userid": "backup@pbs", "tokens": [{"tokenid": "backup@pbs!pve", "expire": 1800000000}]},
    ]
    standin.grants[4]["roleid"] = "DatastoreBackup"
    return standin


def hardened_pve() -> PveStandIn:
    standin = PveStandIn()
    standin.lists["version"] = PVE
    standin.lists["cluster/backup"] = [{"id": "b", "schedule": "02:00", "all": 1, "storage": "nas", "mode": "snapshot"}]
    standin.lists["cluster/backup/b/included_volumes"] = {"children": []}
    standin.lists["cluster/replication"] = [{"id": "101-0", "guest": 101, "target": "pve2"}]
    standin.lists["nodes/pve1/replication"] = [{"id": "101-0", "guest": 101, "last_sync": 1795138200, "fail_count": 0}]
    standin.lists["nodes/pve1/replication"][0]["source"] = "pve1"
    standin.lists["access/users"] = [
        {"userid": "root@pam", "enable": 1, "email": "ops@example.org"},
        {"userid": "audit@pve", "enable": 1, "tokens": [{"tokenid": "scan", "privsep": 1, "expire": 1800000000}]},
    ]
    return standin


PASSING = {
    "pbs": {
        "pbs_verify_jobs_recheck",
        "pbs_verification_scheduled",
        "pbs_verifications_clean",
        "pbs_sync_keeps_vanished",
        "proxmox_backup_jobs_enabled",
        "pbs_jobs_succeed",
        "pbs_pruning_scheduled",
        "pbs_garbage_collected",
        "proxmox_failures_notified",
        "proxmox_locations_usable",
        "proxmox_administrators_few",
        "proxmox_second_factor_set",
        "proxmox_tokens_expire",
        "pbs_tokens_cannot_delete",
        "pbs_release_supported",
        "proxmox_restores_attributed",
    },
    "pve": {
        "pve_release_supported",
        "proxmox_restores_attributed",
        "pve_replication_current",
        "proxmox_backup_jobs_enabled",
        "pve_backup_scheduled",
        "pve_backup_mode_snapshot",
        "proxmox_failures_notified",
        "proxmox_locations_usable",
        "proxmox_administrators_few",
        "proxmox_second_factor_set",
        "proxmox_tokens_expire",
    },
}


@pytest.mark.parametrize(("platform", "standin"), [("pbs", hardened_pbs), ("pve", hardened_pve)])
def test_in_order(platform: str, standin: Any) -> None:
    found = verdicts(platform, standin())
    assert set(found) == PASSING[platform]
    assert {name: outcome for name, outcome in found.items() if outcome != "pass"} == {}


def test_as_it_comes_pbs() -> None:
    found = verdicts("pbs", PbsStandIn())
    assert {name for name, outcome in found.items() if outcome == "fail"} == {
        "pbs_verify_jobs_recheck",
        "pbs_release_supported",
        "pbs_sync_keeps_vanished",
        "pbs_jobs_succeed",
        "proxmox_second_factor_set",
        "proxmox_tokens_expire",
    }
    weaker = PbsStandIn()
    weaker.users[0].pop("email")
    weaker.grants[5]["roleid"] = "DatastorePowerUser"
    weaker.lists |= {"admin/prune": [], "admin/verify": []}
    weaker.stores = [{"store": "store1", "maintenance": "offline"}]
    weaker.lists["admin/gc"] = [{"store": "store1"}]
    weaker.tasks[4]["status"] = "verification failed - please check the log for details"
    also = {name for name, outcome in verdicts("pbs", weaker).items() if outcome == "fail"}
    assert also >= {
        "pbs_verification_scheduled",
        "pbs_pruning_scheduled",
        "pbs_garbage_collected",
        "proxmox_backup_jobs_enabled",
        "proxmox_failures_notified",
        "proxmox_locations_usable",
        "pbs_verifications_clean",
        "pbs_tokens_cannot_delete",
    }


def test_as_it_comes_pve() -> None:
    found = verdicts("pve", PveStandIn())
    assert {name for name, outcome in found.items() if outcome == "fail"} == {
        "pve_release_supported",
        "pve_replication_current",
        "proxmox_backup_jobs_enabled",
        "pve_backup_mode_snapshot",
        "proxmox_second_factor_set",
        "proxmox_tokens_expire",
    }


SEEN = {"pbs_verification_scheduled", "pbs_pruning_scheduled", "pve_backup_scheduled"} | {
    "pbs_release_supported",
    "pve_release_supported",
}
"""Rules that one job suffices for, which may be seen among others that are hidden, and what every account is told."""


@pytest.mark.parametrize("privileges", [{}, BACKUP_ONLY, {"/": {"Sys.Audit": False}}])
def test_with_too_few_privileges_nothing_passes(privileges: Any) -> None:
    for platform, standin in (("pbs", hardened_pbs()), ("pve", hardened_pve())):
        standin.privileges = privileges
        outcomes = verdicts(platform, standin)
        assert {name for name, outcome in outcomes.items() if outcome == "pass"} <= SEEN
        # Sys.Audit shows all tasks of a cluster: that there is no restore among them is then known.
        idle = {"proxmox_restores_attributed"} if platform == "pve" and "/" in privileges else set()
        assert {name for name, outcome in outcomes.items() if outcome == "notapplicable"} == idle
        assert "fail" not in outcomes.values(), "what is hidden is no failure either"


def test_without_remotes_only_jobs_are_in_doubt() -> None:
    standin = hardened_pbs()
    standin.privileges = {**AUDITOR, "/remote": AUDITOR["/"]}
    found = verdicts("pbs", standin)
    assert found["pbs_sync_keeps_vanished"] == "unknown"
    assert found["proxmox_locations_usable"] == "pass"
