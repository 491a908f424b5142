"""What a visit to a Proxmox VE cluster sees: listings that several facts share, each asked once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from scanner.collection.proxmox.asking import Asker, Listing, joined, unnamed
from scanner.collection.proxmox.rights import Wanted
from scanner.collection.proxmox.seen import Seen
from scanner.collection.proxmox.words import JsonRow, truth, word
from scanner.model.evidence import Gap, error

AUDITOR = "role PVEAuditor on /, propagated"
READING = "a role with Datastore.AllocateSpace on /storage and VM.Backup on /vms (these are rights to write)"
GUESTS: Final = (Wanted("VM.Audit", "/vms", AUDITOR),)
CLUSTER: Final = (Wanted("Sys.Audit", "/", AUDITOR),)
STORAGES: Final = (Wanted("Datastore.Audit", "/storage", AUDITOR),)
ACCESS: Final = (Wanted("Sys.Audit", "/access", AUDITOR),)
VOLUMES: Final = (Wanted("Datastore.AllocateSpace", "/storage", READING), Wanted("VM.Backup", "/vms", READING))
EVERYTHING: Final = (*GUESTS, *CLUSTER, *STORAGES, *ACCESS)
TASK_DAYS: Final = MappingProxyType({"vzdump": 40, "qmrestore": 400, "vzrestore": 400})
_LOGS = 600
"""Logs that are read in one visit."""
_TASKS = 5000
"""Tasks of one kind and node that are read."""


def segment(value: str) -> str:
    """Give a name as one part of a path."""
    return quote(value, safe="")


class Pve(Seen):
    """One cluster, asked lazily."""

    PRODUCT = "Proxmox VE"
    ROLE = AUDITOR

    def __init__(self, asker: Asker) -> None:
        super().__init__(asker)
        self._logs: dict[str, Listing] = {}

    @cached_property
    def members(self) -> Listing:
        """The cluster and its nodes; a single node is its own cluster."""
        return self.asker.rows("cluster/status", needs=AUDITOR)

    @cached_property
    def name(self) -> str:
        """Name of the cluster, or of the only node."""
        found = {word(row.get("type")): word(row.get("name")) for row in reversed(self.members.rows)}
        return found.get("cluster") or found.get("node") or ""

    @cached_property
    def nodes(self) -> tuple[tuple[str, ...], Gap | None]:
        """Nodes that answer; those that do not make every listing by node incomplete."""
        gaps = [self.members.gap, self.hidden(*CLUSTER)]
        found: list[str] = []
        for row in self.members.rows:
            name = word(row.get("name"))
            if word(row.get("type")) != "node":
                continue
            if not name:
                gaps.append(error("GET cluster/status: a node has no name that can be read"))
            elif truth(row.get("online"), default=True) is True:
                found.append(name)
            else:
                gaps.append(error(f"node {name} is not online"))
        if not found and self.members.gap is None:
            gaps.append(error("GET cluster/status: no node is listed"))
        return tuple(dict.fromkeys(found)), joined(*gaps)

    @cached_property
    def guests(self) -> Listing:
        """All guests of all nodes."""
        return self.asker.rows("cluster/resources", {"type": "vm"}, needs=AUDITOR)

    @cached_property
    def schedules(self) -> Listing:
        """Backup jobs as they are configured."""
        return self.asker.rows("cluster/backup", needs=AUDITOR)

    @cached_property
    def included(self) -> Mapping[str, Any]:
        """Backup job > the tree of guests and volumes that it takes, or the gap in its place."""
        found: dict[str, Any] = {}
        for row in self.schedules.rows:
            name = word(row.get("id"))
            if name:
                data, gap = self.asker.data(f"cluster/backup/{segment(name)}/included_volumes", needs=AUDITOR)
                odd = None if isinstance(data, dict) else error("which guests a backup job takes cannot be read")
                found[name] = gap or odd or data
        return found

    @cached_property
    def storages(self) -> Listing:
        """Storages as they are configured for the cluster."""
        return self.asker.rows("storage", needs=AUDITOR)

    @cached_property
    def mounted(self) -> tuple[tuple[tuple[str, JsonRow], ...], Gap | None]:
        """Storages for backups with the node that was asked; a shared one once, where it works if it works anywhere."""
        nodes, gap = self.nodes
        gaps = [gap]
        found: dict[str, tuple[str, JsonRow]] = {}
        for node in nodes:
            listed = self.asker.rows(f"nodes/{segment(node)}/storage", needs=AUDITOR)
            gaps += [listed.gap, unnamed(listed, "storage", f"storages of node {node}")]
            for row in listed.rows:
                name = word(row.get("storage"))
                if "backup" not in word(row.get("content")).split(",") or not name:
                    continue
                place = self.place(node, row)
                if place not in found or truth(found[place][1].get("active"), default=False) is not True:
                    found[place] = (node, row)
        return tuple(found.values()), joined(*gaps)

    @property
    def keeps_files(self) -> bool:
        """Tell whether backups may lie on storages that are no backup servers; where that is hidden, they may."""
        found, gap = self.mounted
        return (
            gap is not None
            or self.hidden(*STORAGES) is not None
            or any(word(row.get("type")) != "pbs" for _, row in found)
        )

    def place(self, node: str, row: JsonRow) -> str:
        """Name a storage as facts do: one that is not shared is another one on each node."""
        name = word(row.get("storage"))
        return name if truth(row.get("shared"), default=False) is True else f"{node}/{name}"

    @cached_property
    def tasks(self) -> Mapping[str, Listing]:
        """Kind of task > the tasks of all nodes."""
        nodes, gap = self.nodes
        found: dict[str, Listing] = {}
        now = datetime.strptime(self.now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        for kind, days in TASK_DAYS.items():
            rows: list[JsonRow] = []
            gaps = [gap, self.hidden(*CLUSTER)]
            for node in nodes:
                since = str(int(now - days * 86400))
                asked = {"typefilter": kind, "source": "all", "limit": str(_TASKS), "since": since}
                listed = self.asker.rows(f"nodes/{segment(node)}/tasks", asked, needs=AUDITOR)
                rows += [row for row in listed.rows if word(row.get("type")) == kind]
                cut = (
                    error(f"node {node} has more than {_TASKS} tasks of {kind}") if len(listed.rows) >= _TASKS else None
                )
                gaps += [listed.gap, cut, unnamed(listed, "type", f"tasks of node {node}")]
            found[kind] = Listing(tuple(rows), joined(*gaps))
        return found

    def log(self, node: str, task: str) -> Listing:
        """Give the lines of a task's log, each once asked."""
        if task not in self._logs and len(self._logs) >= _LOGS:
            return Listing(gap=error(f"more than {_LOGS} logs would have to be read"))
        if task not in self._logs:
            path = f"nodes/{segment(node)}/tasks/{segment(task)}/log"
            self._logs[task] = self.asker.rows(path, {"limit": str(_TASKS)}, needs=AUDITOR)
        return self._logs[task]

    def keys(self, vmid: str) -> list[str]:
        """Give the keys by which an inventory may know a guest."""
        return [f"pve:{self.name}/{vmid}", f"pve:{vmid}"] if self.name else [f"pve:{vmid}"]
