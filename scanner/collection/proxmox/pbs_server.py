"""Asks a Proxmox Backup Server over its API; what our account may not see is looked at before anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.proxmox import asking
from scanner.collection.proxmox.asking import Asker, Told
from scanner.collection.proxmox.granting import pbs_grants
from scanner.collection.proxmox.networks import pbs_networks
from scanner.collection.proxmox.pbs_accounts import pbs_accounts
from scanner.collection.proxmox.pbs_jobs import jobs
from scanner.collection.proxmox.pbs_places import locations, usage
from scanner.collection.proxmox.pbs_points import points
from scanner.collection.proxmox.pbs_seen import EVERYTHING, Pbs
from scanner.collection.proxmox.pbs_tasks import runs
from scanner.collection.proxmox.seen import described, server
from scanner.model.evidence import Query
from scanner.transport.api import Api
from scanner.transport.shell import Limits

_ASKED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "backup.server": ("version", "access/permissions", "access/acl"),
        "backup.restore_point": (
            "admin/datastore",
            "admin/datastore/STORE/namespace",
            "admin/datastore/STORE/status?verbose=1",
            "admin/datastore/STORE/snapshots?ns=NAMESPACE",
            "nodes/localhost/tasks?limit=0&since=TIME",
        ),
        "backup.job": (
            "admin/prune",
            "admin/verify",
            "admin/sync",
            "admin/gc",
            "config/datastore",
            "config/notifications/matchers",
            "config/notifications/targets",
        ),
        "backup.run": ("nodes/localhost/tasks?limit=0&since=TIME",),
        "backup.location": ("admin/datastore", "status/datastore-usage"),
        "backup.usage": ("status/datastore-usage",),
        "backup.network": ("nodes/localhost/network",),
        "backup.access": (
            "access/users?include_tokens=1",
            "access/acl",
            "access/roles",
            "access/tfa",
            "access/domains",
        ),
        "recovery.drill": (),
    }
)


def _server(pbs: Pbs) -> Told:
    return server(pbs, EVERYTHING)


def _drills(pbs: Pbs) -> Told:
    """Give none: this server hands data out to whoever reads them, and never learns whether a restore came of it."""
    del pbs
    return [], None


_FACTS: Mapping[str, Callable[[Pbs], Told]] = MappingProxyType(
    {
        "backup.server": _server,
        "backup.restore_point": points,
        "backup.job": jobs,
        "backup.run": runs,
        "backup.location": locations,
        "backup.usage": usage,
        "backup.network": pbs_networks,
        "backup.access": pbs_accounts,
        "recovery.drill": _drills,
    }
)
FACTS: tuple[str, ...] = tuple(_FACTS)
grants = pbs_grants


def describe(queries: Sequence[Query]) -> Asked:
    """Give the requests that answer these queries."""
    return described(queries, _ASKED)


def collect(queries: Sequence[Query], client: Api, limits: Limits) -> Answer:
    """Ask the server; whatever goes wrong becomes gaps, never an exception."""
    del limits

    def opened(asker: Asker) -> Pbs:
        return Pbs(asker, client.settings)

    return asking.visit(queries, client, opened, _FACTS)
