"""Addresses of Proxmox servers: what is told, what waits to be applied, and what is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collection.proxmox import pbs_server, pve_server
from scanner.model.evidence import Evidence
from scanner.model.outcome import Outcome
from tests.proxmox.api import Memory, ask
from tests.proxmox.pbs import BACKUP_ONLY, PbsStandIn
from tests.proxmox.pve import PveStandIn
from tests.support.web import Asked, Reply

STATIC = {"name": "eno1", "type": "eth", "method": "static", "cidr": "192.0.2.10/24", "gateway": "192.0.2.1"}
OWN = {"iface": "vmbr1", "type": "bridge", "method": "static", "cidr": "10.20.0.11/24", "active": 1}
BARE = {"name": "eno3", "type": "eth", "method": "manual"}


def pbs(rows: Any, **more: Any) -> Evidence:
    standin = PbsStandIn(**{key: value for key, value in more.items() if key == "privileges"})

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/network"):
            return Reply.json({"data": rows, **({"changes": more["changes"]} if "changes" in more else {})})
        return standin(asked)

    return ask(pbs_server, Memory(answer), "backup.network")["backup.network"]


def test_addresses() -> None:
    found = pbs([STATIC, {"name": "eno2", "method6": "static", "cidr6": "2001:db8::5/64"}, BARE])
    assert found.gap is None
    assert [(row["interface"], row["address"], row["network"], row["gateway"]) for row in found.rows] == [
        ("eno1", "192.0.2.10", "192.0.2.0/24", True),
        ("eno2", "2001:db8::5", "2001:db8::/64", False),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"name": "eno1", "method": "dhcp"},
        {"name": "eno1", "method": "static", "address": "192.0.2.10"},
        {"name": "eno1", "cidr": "192.0.2.900/24"},
        {"cidr": "192.0.2.1/24"},
        "nonsense",
    ],
)
def test_what_is_not_told_is_a_gap(row: Any) -> None:
    assert pbs([STATIC, row]).gap is not None


def test_what_waits_to_be_applied_is_not_what_holds() -> None:
    found = pbs([STATIC], changes="--- /etc/network/interfaces\n+++ new")
    assert found.gap is not None
    assert found.gap.kind is Outcome.UNKNOWN


def test_a_token_that_may_not_look_gets_no_list_that_counts() -> None:
    found = pbs([], privileges=BACKUP_ONLY)
    assert found.gap is not None
    assert found.gap.kind is Outcome.UNKNOWN
    assert "Audit" in str(found.gap.needs)


def test_no_list_is_an_error() -> None:
    found = pbs({"odd": 1})
    assert found.gap is not None
    assert found.gap.kind is Outcome.ERROR


def test_every_node_of_a_cluster_is_asked() -> None:
    standin = PveStandIn()
    standin.lists["nodes/pve1/network"] = [OWN]
    found = ask(pve_server, Memory(standin), "backup.network")["backup.network"]
    assert [(row["node"], row["interface"], row["gateway"]) for row in found.rows] == [("pve1", "vmbr1", False)]
    del standin.lists["nodes/pve1/network"]
    lost = ask(pve_server, Memory(standin), "backup.network")["backup.network"]
    assert lost.gap is not None
    standin = PveStandIn(privileges={})
    hidden = ask(pve_server, Memory(standin), "backup.network")["backup.network"]
    assert hidden.gap is not None
