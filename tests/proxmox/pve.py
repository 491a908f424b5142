"""A stand-in for Proxmox VE: the documented wire format, and the way it leaves out what one may not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.proxmox.api import recorded
from tests.proxmox.pbs import rows
from tests.support.web import Asked, Reply

ME = "audit@pve!scan"
_AUDIT = dict.fromkeys(("Sys.Audit", "VM.Audit", "Datastore.Audit", "Mapping.Audit", "Pool.Audit"), True)
_READ = {**_AUDIT, "Datastore.AllocateSpace": True, "VM.Backup": True}
PVE_AUDITOR = dict.fromkeys(("/", "/access", "/nodes", "/storage", "/vms"), _AUDIT)
READER = {**PVE_AUDITOR, "/storage": _READ, "/vms": _READ}
"""An auditor who may also see backup files, which takes rights to write."""
MANY = "UPID:pve1:000003E8:000A1B2C:6AFF9D00:vzdump::root@pam:"
RESTORE = "UPID:pve1:000003E8:000A1B2C:6AE54BA0:qmrestore:9101:root@pam:"

LOG = [
    "INFO: starting new backup job: vzdump --all 1 --storage nas",
    "INFO: Starting Backup of VM 101 (qemu)",
    "INFO: Backup started at 2026-11-20 03:00:03",
    "INFO: Finished Backup of VM 101 (00:02:05)",
    "INFO: Starting Backup of VM 102 (qemu)",
    "ERROR: Backup of VM 102 failed - no space left on device",
    "TASK ERROR: job errors",
]
RESTORED = [
    "new volume ID is 'local-lvm:vm-9101-disk-0'",
    "restore proxmox backup image: /usr/bin/pbs-restore --repository pve@pbs@10.0.0.9:store1 vm/101/2026-10-30T02:00:00Z drive --ns lab",
]


def _task(kind: str, vmid: str, upid: str, start: int, end: int | None, status: str = "OK") -> dict[str, Any]:
    row: dict[str, Any] = {
        "upid": upid, "node": "pve1", "pid": 1, "pstart": 2, "starttime": start, "type": kind, "id": vmid, "user": "root@pam"
    }  # fmt: skip
    return row if end is None else {**row, "endtime": end, "status": status}


@dataclass
class PveStandIn:
    """Answers by what the caller may see; every attribute may be changed by a test."""

    privileges: Mapping[str, Mapping[str, bool]] = field(default_factory=lambda: dict(READER))
    lists: dict[str, Any] = field(
        default_factory=lambda: {
            "version": {"version": "8.2.4", "release": "8.2", "repoid": "faa83925"},
            "cluster/status": [
                {"type": "cluster", "name": "lab", "quorate": 1, "nodes": 2},
                {"type": "node", "name": "pve1", "online": 1, "local": 1},
            ],
            "cluster/resources": [
                {
                    "id": "qemu/101",
                    "type": "qemu",
                    "vmid": 101,
                    "name": "db01",
                    "node": "pve1",
                    "status": "running",
                    "maxdisk": 34359738368,
                    "tags": "prod",
                },
                {
                    "id": "qemu/102",
                    "type": "qemu",
                    "vmid": 102,
                    "name": "web01",
                    "node": "pve1",
                    "status": "stopped",
                    "pool": "web",
                },
                {
                    "id": "qemu/900",
                    "type": "qemu",
                    "vmid": 900,
                    "name": "scratch",
                    "node": "pve1",
                    "status": "stopped",
                    "template": 1,
                },
                {"id": "lxc/201", "type": "lxc", "vmid": 201, "name": "dns", "node": "pve1", "status": "running"},
            ],
            "nodes/pve1/qemu/101/config": {
                "scsi0": "local-lvm:vm-101-disk-0,size=32G",
                "scsi1": "local-lvm:vm-101-disk-1,backup=0",
                "meta": "creation-qemu=8.1.5,ctime=1700000000",
                "agent": "1",
            },
            "nodes/pve1/qemu/102/config": {"ide2": "none,media=cdrom,backup=0", "virtio0": "a:b,size=1G"},
            "nodes/pve1/qemu/900/config": {},
            "nodes/pve1/lxc/201/config": {
                "rootfs": "local:201/a,size=8G",
                "mp0": "local:201/b,mp=/srv",
                "mp1": "local:201/c,mp=/data,backup=1",
            },
            "cluster/backup": [
                *recorded("pve/cluster_backup.json"),
                {
                    "id": "backup-b",
                    "schedule": "daily",
                    "vmid": "101,102",
                    "storage": "nas",
                    "mode": "suspend",
                    "prune-backups": "keep-daily=7",
                    "mailto": "ops@example.org",
                    "next-run": 1795219200,
                },
            ],
            "cluster/backup/backup-a/included_volumes": {"children": []},
            "cluster/backup/backup-b/included_volumes": {
                "id": "root",
                "children": [
                    {
                        "id": 101,
                        "type": "qemu",
                        "children": [
                            {"id": "scsi0", "included": 1},
                            {"id": "scsi1", "included": 0, "reason": "backup=no"},
                        ],
                    },
                    {"id": 102, "type": "qemu", "children": [{"id": "virtio0", "included": True}]},
                ],
            },
            "cluster/replication": [
                {"id": "101-0", "type": "local", "guest": 101, "target": "pve2"},
                {"id": "102-0", "guest": 102, "target": "pve2", "schedule": "*/30", "disable": 1},
            ],
            "nodes/pve1/network": [
                {"iface": "vmbr0", "type": "bridge", "cidr": "192.0.2.11/24", "gateway": "192.0.2.1", "active": 1},
                {"iface": "vmbr1", "type": "bridge", "cidr": "10.20.0.11/24", "active": 1},
            ],
            "nodes/pve1/replication": [
                *recorded("pve/nodes_replication.json"),
                {"id": "102-0", "guest": 102, "source": "pve1", "last_sync": 1795138200, "fail_count": 0},
            ],
            "storage": [
                {"storage": "pbs01", "type": "pbs", "datastore": "store1", "namespace": "lab"},
                {"storage": "nas", "type": "nfs"},
            ],
            "nodes/pve1/storage": [
                {
                    "storage": "nas",
                    "type": "nfs",
                    "content": "backup,iso",
                    "shared": 1,
                    "active": 1,
                    "enabled": 1,
                    "total": 1000,
                    "used": 400,
                    "avail": 600,
                },
                {
                    "storage": "pbs01",
                    "type": "pbs",
                    "content": "backup",
                    "shared": 1,
                    "active": 1,
                    "enabled": 1,
                    "total": 9000,
                    "used": 100,
                },
                {"storage": "local", "type": "dir", "content": "iso,vztmpl", "active": 1},
            ],
            "nodes/pve1/storage/nas/rrddata": [
                {"time": 1795000000, "used": 300.5, "total": 1000.0},
                {"time": 1795001800},
            ],
            "nodes/pve1/storage/pbs01/rrddata": [],
            "nodes/pve1/storage/nas/content": [
                {
                    "volid": "nas:backup/vzdump-qemu-101-2026_11_20-03_00_03.vma.zst",
                    "vmid": 101,
                    "ctime": 1795140003,
                    "size": 12345,
                    "subtype": "qemu",
                    "format": "vma.zst",
                },
                {
                    "volid": "nas:backup/vzdump-lxc-201-2026_11_01-03_00_03.tar.zst",
                    "vmid": "201",
                    "ctime": 1793498403,
                    "size": 1,
                    "subtype": "lxc",
                    "protected": 1,
                },
            ],
            f"nodes/pve1/tasks/{MANY}/log": [{"n": at, "t": line} for at, line in enumerate(LOG, 1)],
            f"nodes/pve1/tasks/{RESTORE}/log": [{"n": at, "t": line} for at, line in enumerate(RESTORED, 1)],
            "cluster/notifications/matchers": [{"name": "default-matcher", "target": ["mail-to-root"], "mode": "all"}],
            "cluster/notifications/targets": [{"name": "mail-to-root", "type": "sendmail"}],
            "cluster/notifications/endpoints/sendmail": [{"name": "mail-to-root", "mailto-user": ["root@pam"]}],
            "access/users": [
                {
                    "userid": "root@pam",
                    "enable": 1,
                    "expire": 0,
                    "email": "ops@example.org",
                    "tokens": [{"tokenid": "old", "privsep": 0}],
                },
                {
                    "userid": "audit@pve",
                    "enable": 1,
                    "expire": 0,
                    "groups": "",
                    "tokens": [{"tokenid": "scan", "privsep": 1, "expire": 1800000000}],
                },
                {"userid": "ops@pve", "enable": 1, "groups": "admins,staff"},
                {"userid": "gone@pve", "enable": 0},
            ],
            "access/acl": [
                {"path": "/", "type": "token", "ugid": ME, "roleid": "PVEAuditor", "propagate": 1},
                {"path": "/", "type": "user", "ugid": "audit@pve", "roleid": "PVEAuditor", "propagate": 1},
                {"path": "/", "type": "group", "ugid": "admins", "roleid": "Administrator", "propagate": 1},
            ],
            "access/roles": [
                {"roleid": "Administrator", "privs": "Sys.Audit,Permissions.Modify,Datastore.Allocate", "special": 1},
                {"roleid": "PVEAuditor", "privs": "Sys.Audit,VM.Audit,Datastore.Audit"},
                {"roleid": "NoAccess", "privs": ""},
            ],
            "access/tfa": [{"userid": "root@pam", "entries": [{"type": "webauthn", "id": "k", "enable": 1}]}],
            "access/domains": [{"realm": "pam", "type": "pam"}, {"realm": "pve", "type": "pve"}],
        }
    )
    tasks: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _task("vzdump", "", MANY, 1795140000, 1795147000, "job errors"),
            _task(
                "vzdump",
                "201",
                "UPID:pve1:000003E8:000A1B2C:6AFF9DE8:vzdump:201:root@pam:",
                1795148000,
                1795148100,
                "WARNINGS: 1",
            ),
            _task("vzdump", "101", "UPID:pve1:000003E8:000A1B2C:6AFFA000:vzdump:101:root@pam:", 1795160000, None),
            _task("qmrestore", "9101", RESTORE, 1793412000, 1793413260),
            _task("imgcopy", "", "UPID:x", 1793412000, 1793413260),
        ]
    )

    def effective(self, path: str) -> Mapping[str, bool]:
        """Give what the caller holds on a path."""
        if path in self.privileges:
            return self.privileges[path]
        if path == "/":
            return {}
        above = self.effective(path.rpartition("/")[0] or "/")
        return {name: True for name, hands_down in above.items() if hands_down}

    def holds(self, privilege: str, path: str) -> bool:
        """Tell whether the caller has a privilege on a path."""
        return privilege in self.effective(path)

    def __call__(self, asked: Asked) -> Reply:
        """Answer a request; listings leave out what may not be seen, and some paths are refused."""
        path = asked.path.removeprefix("/api2/json/")
        if path == "access/permissions":
            return Reply.json(
                {"data": {path: dict.fromkeys(held, 1) for path, held in self.privileges.items() if held}}
            )
        if path.endswith("/tasks"):
            return rows(self._tasks(asked.parameters))
        if path not in self.lists:
            return Reply.json({"data": None}, 404, "no such thing")
        found = self.lists[path]
        if path == "cluster/resources":
            return rows(row for row in found if self.holds("VM.Audit", f"/vms/{row['vmid']}"))
        if path.startswith(("cluster/backup", "cluster/status")) and not self.holds("Sys.Audit", "/"):
            return Reply.json({"data": None}, 403, "Permission check failed (/, Sys.Audit)")
        if path.endswith("/content"):
            name = path.split("/")[3]
            may = self.holds("Datastore.AllocateSpace", f"/storage/{name}")
            return rows(row for row in found if may and self.holds("VM.Backup", f"/vms/{row['vmid']}"))
        if path.endswith("/storage") or path == "storage":
            return rows(row for row in found if self.holds("Datastore.Audit", f"/storage/{row['storage']}"))
        if path.startswith("access/") and path != "access/roles" and not self.holds("Sys.Audit", "/access"):
            return rows(row for row in found if row.get("userid", row.get("ugid")) in (ME, "audit@pve"))
        return Reply.json({"data": found})

    def _tasks(self, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        seen = [row for row in self.tasks if row["type"] == parameters.get("typefilter", row["type"])]
        since, most = int(parameters.get("since", 0)), int(parameters.get("limit", 50))
        everything = self.holds("Sys.Audit", "/nodes")
        return [row for row in seen if row["starttime"] >= since and (everything or row["user"] == ME)][:most]
