"""What a visit to a Proxmox Backup Server sees: listings that several facts share, each asked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from scanner.collection.proxmox.asking import Asker, Listing, joined, unnamed
from scanner.collection.proxmox.rights import Wanted
from scanner.collection.proxmox.seen import Seen
from scanner.collection.proxmox.words import JsonRow, properties, truth, version, word
from scanner.model.evidence import Gap, error

AUDIT, REMOTE_AUDIT = "role Audit on /, propagated", "role RemoteAudit on /remote, propagated"
STORES: Final = (Wanted("Datastore.Audit", "/datastore", AUDIT),)
TASKS: Final = (Wanted("Sys.Audit", "/system", AUDIT),)
REMOTES: Final = (Wanted("Remote.Audit", "/remote", REMOTE_AUDIT),)
ACCESS: Final = (Wanted("Sys.Audit", "/access", AUDIT),)
EVERYTHING: Final = (*STORES, *TASKS, *REMOTES, *ACCESS)
TASK_DAYS = 40
"""How far back tasks are asked for: more than a month, for one that began before is not listed."""


@dataclass(frozen=True, slots=True)
class Space:
    """One namespace of a datastore; the root has an empty name."""

    store: str
    name: str = ""

    @property
    def location(self) -> str:
        """Name it as facts do."""
        return f"{self.store}/{self.name}" if self.name else self.store


class Pbs(Seen):
    """One server, asked lazily."""

    PRODUCT = "Proxmox Backup Server"
    ROLE = AUDIT

    def __init__(self, asker: Asker, settings: Mapping[str, str]) -> None:
        super().__init__(asker)
        self._wanted = [name.strip() for name in settings.get("datastores", "").split(",") if name.strip()]

    def numbers(self, told: Mapping[str, Any]) -> tuple[int, ...]:
        """Read the version; the first numbers stand apart from the release."""
        first = version(word(told.get("version")))
        return first + version(word(told.get("release"))) if 0 < len(first) < 3 else first

    def narrowed(self, wanted: Iterable[Wanted]) -> Sequence[Wanted]:
        """Look only at the datastores that the inventory names, where it names some."""
        found: list[Wanted] = []
        for each in wanted:
            if each.path == "/datastore" and self._wanted:
                found += [Wanted(each.privilege, f"/datastore/{name}", each.role) for name in self._wanted]
            else:
                found.append(each)
        return found

    @cached_property
    def stores(self) -> Listing:
        """Datastores, narrowed to those that the inventory names."""
        found = self.asker.rows("admin/datastore", needs=AUDIT)
        rows = tuple(row for row in found.rows if self.takes(word(row.get("store"))))
        known = {word(row.get("store")) for row in rows}
        gaps = [error(f"there is no datastore '{name}', or it is hidden") for name in self._wanted if name not in known]
        return Listing(rows, joined(found.gap, unnamed(found, "store", "datastores"), *gaps))

    def takes(self, store: str) -> bool:
        """Tell whether a datastore is one that was asked for."""
        return bool(store) and (not self._wanted or store in self._wanted)

    @cached_property
    def configured(self) -> Listing:
        """Settings of the datastores."""
        found = self.asker.rows("config/datastore", needs=AUDIT)
        return Listing(tuple(row for row in found.rows if self.takes(word(row.get("name")))), found.gap)

    @cached_property
    def filling(self) -> Listing:
        """Room of the datastores, now and over the last month."""
        found = self.asker.rows("status/datastore-usage", needs=AUDIT)
        rows = tuple(row for row in found.rows if self.takes(word(row.get("store"))))
        return Listing(rows, joined(found.gap, unnamed(found, "store", "datastores in the list of usage")))

    def closed(self, row: JsonRow) -> str:
        """Say why a datastore cannot be read; empty when it can. A read-only one can."""
        parts = properties(row.get("maintenance") or row.get("maintenance-mode"), "type")
        kind = parts.get("type", "")
        if kind and kind != "read-only":
            return f"in maintenance: {kind}" + (f" ({parts['message']})" if parts.get("message") else "")
        if word(row.get("mount-status")) == "notmounted":
            return "it is not mounted"
        return ""

    @cached_property
    def spaces(self) -> tuple[tuple[Space, ...], Gap | None]:
        """All namespaces of all datastores that can be read; listings do not look into namespaces by themselves."""
        found: dict[Space, None] = {}
        gaps = [self.stores.gap]
        for row in self.stores.rows:
            store = word(row.get("store"))
            closed = self.closed(row)
            if closed:
                gaps.append(error(f"datastore {store} cannot be read: {closed}"))
                continue
            listed = self.asker.rows(f"admin/datastore/{quote(store, safe='')}/namespace", needs=AUDIT)
            odd = sum(not isinstance(each.get("ns", ""), str) for each in listed.rows)
            gaps += [listed.gap, error(f"{odd} namespaces of datastore {store} cannot be read") if odd else None]
            found[Space(store)] = None
            found.update((Space(store, word(each.get("ns"))), None) for each in listed.rows)
        return tuple(found), joined(*gaps)

    @cached_property
    def tasks(self) -> Listing:
        """Tasks since some weeks; all of them, for the server gives only fifty otherwise."""
        since = datetime.strptime(self.now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() - TASK_DAYS * 86400
        parameters = {"limit": "0", "since": str(int(since))}
        return self.asker.rows("nodes/localhost/tasks", parameters, needs=AUDIT)

    def flag(self, row: JsonRow, name: str) -> bool:
        """Tell whether a flag is set; one that cannot be read is not."""
        return truth(row.get(name), default=False) is True
