"""Users with all roles that they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.derivation.inputs import derived, source
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error

_EVERYWHERE = frozenset({"read", "readWrite", "dbAdmin", "dbOwner", "userAdmin"})
"""Built-in roles of every database."""
_OF_ADMIN = frozenset(
    {
        "__queryableBackup", "__system", "backup", "clusterAdmin", "clusterManager", "clusterMonitor",
        "dbAdminAnyDatabase", "directShardOperations", "enableSharding", "hostManager", "readAnyDatabase",
        "readWriteAnyDatabase", "restore", "root", "searchCoordinator", "userAdminAnyDatabase",
    }
)  # fmt: skip
"""Built-in roles of the database admin alone."""
_SUPERUSER = frozenset(
    {
        "__system@admin", "clusterAdmin@admin", "dbAdminAnyDatabase@admin", "dbOwner@admin", "readAnyDatabase@admin",
        "readWriteAnyDatabase@admin", "restore@admin", "root@admin", "userAdmin@admin", "userAdminAnyDatabase@admin",
    }
)  # fmt: skip
_USER_ADMINISTRATOR = frozenset(
    {
        "__system@admin", "dbOwner@admin", "restore@admin", "root@admin", "userAdmin@admin",
        "userAdminAnyDatabase@admin",
    }
)  # fmt: skip


def account(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of `mongodb.account`."""
    users, roles = source(inputs, "mongodb.user"), source(inputs, "mongodb.role")
    book = _Book({str(row["role"]): row for row in roles.rows}, roles.gap)
    rows = [_account(row, book) for row in users.rows]
    return derived(query, rows, users.gap, inputs, taken_at)


@dataclass(frozen=True, slots=True)
class _Book:
    """All custom roles, and why some may be missing."""

    roles: Mapping[str, Row]
    gap: Gap | None

    def reached(self, granted: Sequence[str]) -> tuple[list[str], Gap | None]:
        """Give every role that these lead to, themselves included, and why there may be more."""
        seen: dict[str, None] = {}
        gap: Gap | None = None
        todo = list(granted)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen[name] = None
            if _built_in(name):
                continue
            if name not in self.roles:
                # A role that is not on a whole list was dropped since; it gives nothing.
                gap = gap or self.gap
                continue
            inside = self.roles[name].get("inherits")
            if isinstance(inside, list):
                todo += [str(each) for each in inside]
            else:
                gap = gap or (inside if isinstance(inside, Gap) else error(f"what role {name} inherits is not told"))
        return sorted(seen), gap

    def holds(self, reached: Sequence[str], field: str) -> Cell:
        """Tell whether a reached custom role has a flag."""
        lost: Gap | None = None
        for name in reached:
            cell = self.roles[name].get(field) if name in self.roles else False
            if cell is True:
                return True
            if isinstance(cell, Gap):
                lost = lost or cell
        return lost or False


def _built_in(name: str) -> bool:
    role, _, database = name.rpartition("@")
    return role in _EVERYWHERE or (database == "admin" and role in _OF_ADMIN)


def _account(user: Row, book: _Book) -> Row:
    granted = user.get("roles")
    if not isinstance(granted, list):
        gap = granted if isinstance(granted, Gap) else error("the roles are not told")
        return {"user": user["user"], **dict.fromkeys(("reached", "superuser", "manages_users", "without_role"), gap)}
    reached, lost = book.reached([str(each) for each in granted])
    found = set(reached)
    everything = book.holds(reached, "any_action")
    managing = book.holds(reached, "grants_roles")
    return {
        "user": user["user"],
        "reached": lost or reached,
        "superuser": _first(bool(found & _SUPERUSER), everything, managing, lost),
        "manages_users": _first(bool(found & _USER_ADMINISTRATOR), everything, managing, lost),
        "without_role": not granted,
    }


def _first(named: bool, *others: Cell | None) -> Cell:
    """Give true where anything says so, else what is not known, else false."""
    if named or True in others:
        return True
    return next((cell for cell in others if isinstance(cell, Gap)), False)
