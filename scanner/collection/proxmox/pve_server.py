"""Asks a Proxmox VE cluster over the API of one of its nodes; what our account may not see is looked at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.proxmox import asking
from scanner.collection.proxmox.asking import Asker, Told
from scanner.collection.proxmox.granting import pve_grants
from scanner.collection.proxmox.networks import pve_networks
from scanner.collection.proxmox.pve_accounts import pve_accounts
from scanner.collection.proxmox.pve_guests import guests
from scanner.collection.proxmox.pve_jobs import jobs
from scanner.collection.proxmox.pve_places import locations, points, usage
from scanner.collection.proxmox.pve_seen import EVERYTHING, VOLUMES, Pve
from scanner.collection.proxmox.pve_tasks import drills, runs
from scanner.collection.proxmox.seen import described, server
from scanner.model.evidence import Query
from scanner.transport.api import Api
from scanner.transport.shell import Limits

_TASKS = (
    "cluster/status",
    "nodes/NODE/tasks?typefilter=vzdump&source=all&limit=5000&since=TIME",
    "nodes/NODE/tasks?typefilter=qmrestore&source=all&limit=5000&since=TIME",
    "nodes/NODE/tasks?typefilter=vzrestore&source=all&limit=5000&since=TIME",
    "nodes/NODE/tasks/UPID/log?limit=5000",
)
_ASKED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "backup.server": ("version", "access/permissions", "access/acl", "cluster/status", "nodes/NODE/storage"),
        "backup.object": (
            "cluster/resources?type=vm",
            "nodes/NODE/qemu/VMID/config",
            "nodes/NODE/lxc/VMID/config",
            "cluster/backup",
            "cluster/backup/ID/included_volumes",
            "storage",
        ),
        "backup.restore_point": (
            "cluster/status",
            "nodes/NODE/storage",
            "nodes/NODE/storage/STORAGE/content?content=backup",
            *_TASKS,
        ),
        "backup.job": (
            "cluster/backup",
            "cluster/backup/ID/included_volumes",
            "cluster/replication",
            "nodes/NODE/replication",
            "cluster/notifications/matchers",
            "cluster/notifications/targets",
        ),
        "backup.run": _TASKS,
        "backup.location": ("cluster/status", "nodes/NODE/storage"),
        "backup.usage": ("cluster/status", "nodes/NODE/storage", "nodes/NODE/storage/STORAGE/rrddata?timeframe=month"),
        "backup.network": (
            "cluster/status",
            "nodes/NODE/network",
        ),
        "backup.access": ("access/users?full=1", "access/acl", "access/roles", "access/tfa", "access/domains"),
        "recovery.drill": _TASKS,
    }
)


def _server(pve: Pve) -> Told:
    return server(pve, (*EVERYTHING, *(VOLUMES if pve.keeps_files else ())))


_FACTS: Mapping[str, Callable[[Pve], Told]] = MappingProxyType(
    {
        "backup.server": _server,
        "backup.object": guests,
        "backup.restore_point": points,
        "backup.job": jobs,
        "backup.run": runs,
        "backup.location": locations,
        "backup.usage": usage,
        "backup.network": pve_networks,
        "backup.access": pve_accounts,
        "recovery.drill": drills,
    }
)
FACTS: tuple[str, ...] = tuple(_FACTS)
grants = pve_grants


def describe(queries: Sequence[Query]) -> Asked:
    """Give the requests that answer these queries."""
    return described(queries, _ASKED)


def collect(queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Ask the cluster; whatever goes wrong becomes gaps, never an exception."""
    del limits

    def opened(asker: Asker) -> Pve:
        return Pve(asker)

    return asking.visit(queries, client, opened, _FACTS)
