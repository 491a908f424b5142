"""A stand-in for Proxmox Backup Server: the documented wire format, and the way it leaves out what one may not see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.proxmox.api import recorded
from tests.support.web import Asked, Reply

ME = "audit@pbs!scan"
AUDIT = {"Sys.Audit": True, "Datastore.Audit": True}
AUDITOR = {
    "/": AUDIT,
    "/access": AUDIT,
    "/datastore": AUDIT,
    "/system": AUDIT,
    "/remote": {**AUDIT, "Remote.Audit": True},
}
BACKUP_ONLY = {"/datastore": {"Datastore.Backup": True}}
"""What a token that makes backups has: it sees its own groups, and an empty list for all else."""
EARLY = 1795053600
"""2026-11-19T02:00:00Z, hexadecimal 6AFE67A0."""

ROLES = [
    {
        "roleid": "Admin",
        "privs": ["Sys.Audit", "Sys.Modify", "Permissions.Modify", "Datastore.Modify", "Datastore.Prune"],
    },
    {"roleid": "Audit", "privs": ["Sys.Audit", "Datastore.Audit"]},
    {"roleid": "RemoteAudit", "privs": ["Remote.Audit"]},
    {"roleid": "DatastoreBackup", "privs": ["Datastore.Backup"]},
    {"roleid": "DatastorePowerUser", "privs": ["Datastore.Backup", "Datastore.Prune"]},
    {"roleid": "NoAccess", "privs": []},
]


def task(
    kind: str, worker: str, start: int, end: int | None, status: str | None = "OK", user: str = "root@pam"
) -> dict[str, Any]:
    """Make a task as the server lists it."""
    escaped = worker.replace(":", "\\x3a").replace("/", "\\x2f")
    row: dict[str, Any] = {
        "upid": f"UPID:pbs01:000003E8:000A1B2C:00000001:{start:08X}:{kind}:{escaped}:{user}:",
        "node": "localhost",
        "pid": 1000,
        "pstart": 662316,
        "starttime": start,
        "worker_type": kind,
        "worker_id": worker,
        "user": user,
    }
    return row if end is None else {**row, "endtime": end, "status": status}


@dataclass
class PbsStandIn:
    """Answers by what the caller may see; every attribute may be changed by a test."""

    privileges: Mapping[str, Mapping[str, bool]] = field(default_factory=lambda: dict(AUDITOR))
    version: dict[str, str] = field(default_factory=lambda: {"version": "3.2", "release": "4", "repoid": "abc"})
    stores: list[dict[str, Any]] = field(default_factory=lambda: [{"store": "store1"}])
    namespaces: dict[str, list[str]] = field(default_factory=lambda: {"store1": ["", "lab"]})
    snapshots: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: {("store1", ""): recorded("pbs/admin_datastore_snapshots.json"), ("store1", "lab"): []}
    )
    counts: int | None = None
    tasks: list[dict[str, Any]] = field(
        default_factory=lambda: [
            task("backup", "store1:vm/101", EARLY, EARLY + 1800, user="backup@pbs!pve"),
            task("backup", "store1:vm/101", 1795140000, None, user="backup@pbs!pve"),
            task("backup", "store1:ct/201", 1795136400, 1795136700, user="backup@pbs!pve"),
            task("backup", "store1:vm/102", 1795139940, 1795139990, "backup finished: no space left on device"),
            task("verificationjob", "store1:v-30", 1795137000, 1795138000, "WARNINGS: 2"),
            task("prunejob", "store1:p-1", 1795137000, 1795137001),
            task("garbage_collection", "store1", 1795137000, 1795137100, "task aborted"),
            task("reader", "store1:vm/101/6AFE67A0", 1795137000, 1795137100, user="restore@pbs"),
            task("aptupdate", "", 1795137000, 1795137100),
        ]
    )
    grants: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"path": "/", "ugid_type": "user", "ugid": ME, "roleid": "Audit", "propagate": True},
            {"path": "/remote", "ugid_type": "user", "ugid": ME, "roleid": "RemoteAudit", "propagate": True},
            {"path": "/", "ugid_type": "user", "ugid": "audit@pbs", "roleid": "Audit", "propagate": True},
            {"path": "/", "ugid_type": "user", "ugid": "boss@pbs", "roleid": "Admin", "propagate": True},
            {"path": "/datastore/store1", "ugid_type": "user", "ugid": "backup@pbs", "roleid": "DatastorePowerUser"},
            {"path": "/datastore/store1", "ugid_type": "user", "ugid": "backup@pbs!pve", "roleid": "DatastoreBackup"},
        ]
    )
    users: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"userid": "root@pam", "email": "ops@example.org"},
            {"userid": "audit@pbs", "tokens": [{"tokenid": ME, "expire": 1800000000}]},
            {"userid": "boss@pbs", "enable": True},
            {"userid": "backup@pbs", "tokens": [{"tokenid": "backup@pbs!pve"}]},
            {"userid": "gone@pbs", "enable": False, "expire": 0},
            {"userid": "anna@sso"},
        ]
    )
    factors: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"userid": "root@pam", "entries": [{"id": "t", "type": "totp", "description": "", "created": 1}]},
            {"userid": "boss@pbs", "entries": [{"id": "r", "type": "recovery", "description": "", "created": 1}]},
        ]
    )
    lists: dict[str, Any] = field(
        default_factory=lambda: {
            "admin/verify": recorded("pbs/admin_verify.json"),
            "admin/sync": recorded("pbs/admin_sync.json"),
            "admin/prune": [{"id": "p-1", "store": "store1", "schedule": "daily", "keep-weekly": 4, "keep-monthly": 1}],
            "admin/gc": [{"store": "store1", "schedule": "sat 18:15", "last-run-state": "OK", "last-run-upid": "odd"}],
            "config/datastore": [{"name": "store1", "path": "/data", "gc-schedule": "sat 18:15", "new-key": {"a": 1}}],
            "status/datastore-usage": recorded("pbs/status_datastore_usage.json"),
            "nodes/localhost/network": [
                {"name": "eno1", "type": "eth", "method": "static", "cidr": "10.20.0.5/24", "active": True}
            ],
            "access/roles": ROLES,
            "access/domains": [{"realm": "pam"}, {"realm": "pbs"}, {"realm": "sso", "type": "openid"}],
            "config/notifications/matchers": [{"name": "default-matcher", "target": ["mail-to-root"]}],
            "config/notifications/targets": [{"name": "mail-to-root", "type": "sendmail", "origin": "builtin"}],
            "config/notifications/endpoints/sendmail": [{"name": "mail-to-root", "mailto-user": ["root@pam"]}],
        }
    )

    def effective(self, path: str) -> Mapping[str, bool]:
        """Give what the caller holds on a path."""
        if path in self.privileges:
            return self.privileges[path]
        if path == "/" or {"path": path, "ugid": ME, "roleid": "NoAccess"}.items() <= self._own(path).items():
            return {}
        above = self.effective(path.rpartition("/")[0] or "/")
        return {name: True for name, hands_down in above.items() if hands_down}

    def holds(self, privilege: str, path: str) -> bool:
        """Tell whether the caller has a privilege on a path."""
        return privilege in self.effective(path)

    def _own(self, path: str) -> dict[str, Any]:
        return next((row for row in self.grants if row["path"] == path and row["ugid"] == ME), {})

    def _permissions(self) -> dict[str, Mapping[str, bool]]:
        """List the usual paths and those of all grants, without those on which nothing is held."""
        usual = ("/", "/access", "/datastore", "/remote", "/system")
        paths = dict.fromkeys([*usual, *self.privileges, *(row["path"] for row in self.grants)])
        return {path: held for path in paths if (held := self.effective(path))}

    def __call__(self, asked: Asked) -> Reply:
        """Answer a request."""
        path = asked.path.removeprefix("/api2/json/")
        own: Mapping[str, Callable[[], Reply]] = {
            "version": lambda: Reply.json({"data": self.version}),
            "access/permissions": lambda: Reply.json({"data": self._permissions()}),
            "access/acl": lambda: rows(self._mine(self.grants, "ugid", "/access")),
            "access/users": lambda: rows(self._mine(self.users, "userid", "/access")),
            "access/tfa": lambda: rows(self._mine(self.factors, "userid", "/access")),
            "admin/datastore": lambda: rows(row for row in self.stores if self._sees(row["store"])),
            "nodes/localhost/tasks": lambda: rows(self._tasks(asked.parameters)),
        }
        if path in own:
            return own[path]()
        if path.startswith("admin/datastore/"):
            return self._store(path.split("/")[2], path.split("/")[3], asked.parameters)
        if path == "admin/sync":
            return rows(row for row in self.lists[path] if self._sees_sync(row))
        if path in self.lists:
            listed = self.lists[path]
            if path.startswith("status/"):
                listed = [row for row in listed if row.get("store") in {each["store"] for each in self.stores}]
            keyed = [
                row for row in listed if not isinstance(row, dict) or self._sees(row.get("store", row.get("name")))
            ]
            return rows(keyed if path.startswith(("admin/", "status/", "config/datastore")) else listed)
        return Reply.json({"data": None}, 404, "not found")

    def _sees(self, store: Any) -> bool:
        place = f"/datastore/{store}"
        return self.holds("Datastore.Audit", place) or self.holds("Datastore.Backup", place)

    def _sees_sync(self, row: Any) -> bool:
        remote = row.get("remote")
        return self._sees(row["store"]) and (not remote or self.holds("Remote.Audit", f"/remote/{remote}"))

    def _mine(self, listed: Iterable[dict[str, Any]], name: str, path: str) -> list[dict[str, Any]]:
        everything = self.holds("Sys.Audit", path)
        return [row for row in listed if everything or row[name] == ME]

    def _tasks(self, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        most = int(parameters.get("limit", 50)) or 10**9
        since = int(parameters.get("since", 0))
        everything = self.holds("Sys.Audit", "/system/tasks")
        seen = [row for row in self.tasks if row["starttime"] >= since and (everything or row["user"] == ME)]
        return seen[:most]

    def _store(self, store: str, what: str, parameters: Mapping[str, str]) -> Reply:
        place = f"/datastore/{store}"
        if not self._sees(store):
            return Reply.json({"data": None}, 403, "permission check failed.")
        if what == "namespace":
            seen = [name for name in self.namespaces.get(store, [""]) if self._sees(f"{store}/{name}".rstrip("/"))]
            return rows({"ns": name} for name in seen)
        space = parameters.get("ns", "")
        listed = self.snapshots.get((store, space), [])
        if what == "status":
            total = self.counts if self.counts is not None else sum(map(len, self.snapshots.values()))
            return Reply.json(
                {"data": {"total": 1, "counts": {"vm": {"groups": 1, "snapshots": total}, "other": None}}}
            )
        whole = self.holds("Datastore.Audit", f"{place}/{space}".rstrip("/"))
        return rows(row for row in listed if whole or row.get("owner") == ME)


def rows(listed: Iterable[Any]) -> Reply:
    """Make the reply of a listing."""
    found = list(listed)
    return Reply.json({"data": found, "total": len(found)})
