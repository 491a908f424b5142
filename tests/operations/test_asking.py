"""What a plan says of backup systems, tools and monitoring: least rights, and the very requests and commands."""

from __future__ import annotations

import pytest
import yaml

from scanner.collection.kubernetes.resources import ALL
from scanner.facts.table import builtin
from scanner.operations.prepare import Prepared, prepare, statements_of
from scanner.operations.privileges import grants, privileges
from scanner.operations.request import Files, Request

INVENTORY = """\
schema: inventory/1
targets:
  pbs01: {platform: pbs, address: a, token: "env:T", user: "audit@pbs!scan"}
  lab: {platform: pve, address: a, token: "env:T", user: "audit@pve!scan"}
  repo: {platform: restic, address: a, repository: /srv/restic, secret_file: /root/secret}
  borg01: {platform: borg, address: a, repository: /srv/borg, secret_file: /root/secret}
  cloud: {platform: rclone, address: a, remote: "s3:bucket"}
  pgb: {platform: pgbackrest, address: a}
  bar: {platform: barman, address: a}
  wal: {platform: walg, address: a}
  mongo: {platform: pbm, address: a}
  vbr: {platform: veeam, folder: exports/vbr}
  vbr2: {platform: veeam, address: a, user: scan, password: "env:T"}
  win: {platform: iperius, folder: exports/win}
  cluster: {platform: kubernetes, address: a, token: "env:T"}
  drills: {platform: records, folder: drills}
  conf: {platform: git, address: a, folder: /srv/conf}
  prom: {platform: prometheus, url: "http://127.0.0.1:9090"}
  am: {platform: alertmanager, url: "http://127.0.0.1:9093"}
  graf: {platform: grafana, url: "http://127.0.0.1:3000", token: "env:T"}
"""
NEEDS = {
    "pbs01": {"role Audit on /", "role RemoteAudit on /remote"},
    "lab": {"role PVEAuditor on /"},
    "repo": {"account that reads the repository and secret_file"},
    "borg01": {"account that reads the repository and secret_file"},
    "cloud": {"account with rclone's configuration, and a key that may list"},
    "pgb": {"account that owns the repository (postgres or pgbackrest)"},
    "bar": {"account barman"},
    "wal": {"account whose settings list and read the storage"},
    "mongo": {"account that reads the settings of pbm-agent"},
    "vbr2": {"role Veeam Backup Viewer"},
    "cluster": {"ClusterRole with list on the kinds that are read"},
    "conf": {"account that reads the clone, and whose keys fetch from its remotes"},
    "prom": {"API to read; a token where a proxy asks for one"},
    "am": {"API to read; a token where a proxy asks for one"},
    "graf": {"role Viewer of the organisation"},
}
ASKED = {
    "pbs01": "GET /api2/json/admin/datastore/STORE/snapshots?ns=NAMESPACE",
    "lab": "GET /api2/json/cluster/backup",
    "repo": "restic --repo /srv/restic --password-file /root/secret --no-cache --no-lock snapshots --json",
    "borg01": "/srv/borg",
    "cloud": "s3:bucket",
    "pgb": "pgbackrest",
    "bar": "barman",
    "wal": "backup-list",
    "mongo": "pbm",
    "vbr2": "GET /api/v1/objectRestorePoints",
    "win": "read */LogFile.htm",
    "cluster": "GET /apis/velero.io/v1/backups",
    "conf": "/srv/conf",
    "prom": "GET /api/v1/rules",
    "am": "GET /api/v2/silences",
    "graf": "GET /api/search",
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("plan")
    (folder / "inventory.yaml").write_text(INVENTORY)
    files = Files(inventory=folder / "inventory.yaml")
    return prepare(Request(now="2026-11-21T12:00:00Z", profiles=("recovery", "monitoring"), files=files))


def test_every_platform_names_the_least_that_it_takes(prepared: Prepared) -> None:
    found = privileges(prepared)
    assert {name: set(found[name].needs) for name in NEEDS} == NEEDS
    for name, folder in (("vbr", "exports/vbr"), ("win", "exports/win"), ("drills", "drills")):
        [need] = found[name].needs
        assert need.startswith("folder ") and need.endswith(f"{folder} to read")


def test_commands_that_grant_it(prepared: Prepared) -> None:
    lines = grants(prepared)
    assert "proxmox-backup-manager acl update /remote RemoteAudit --auth-id 'audit@pbs!scan'" in lines
    assert "proxmox-backup-manager acl update / Audit --auth-id audit@pbs" in lines
    assert "pveum acl modify / --tokens 'audit@pve!scan' --roles PVEAuditor" in lines
    role = yaml.safe_load("\n".join(lines[lines.index("apiVersion: rbac.authorization.k8s.io/v1") :]))
    listed = {(rule["apiGroups"][0], kind) for rule in role["rules"] for kind in rule["resources"]}
    assert listed == {(each.group, each.plural) for each in ALL}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}


def test_the_very_requests_and_commands(prepared: Prepared) -> None:
    said = statements_of(prepared)
    assert all(name.startswith("# ") for name in said), "comments of a shell; no SQL is among them"
    for name, wanted in ASKED.items():
        assert wanted in said[f"# {name}"], name
    assert said["# vbr"].startswith("read ") and said["# vbr"].endswith("exports/vbr/*.json\n")
    assert "GET" not in said["# vbr"]


def test_every_fact_of_backups_and_monitoring_names_what_it_takes() -> None:
    silent = [
        f"{spec.name} on {platform}"
        for spec in builtin().values()
        if spec.name.startswith(("backup.", "git.", "prometheus.", "alertmanager.", "grafana.")) and not spec.derived
        for platform in spec.platforms
        if not any(need.on(platform) for need in spec.needs)
    ]
    assert silent == []
