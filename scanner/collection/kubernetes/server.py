"""Asks a cluster for its backups over the API, or reads what kubectl exported from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.exported.listing import Told, asked_or_read
from scanner.collection.exported.values import word
from scanner.collection.kubernetes import etcd, export, live, velero, volumes
from scanner.collection.kubernetes.resources import ALL, BACKUPS, Cluster
from scanner.model.evidence import Query
from scanner.model.fact import Need
from scanner.transport.api import Api
from scanner.transport.dropped import Folder
from scanner.transport.shell import Limits

FACTS = (
    "backup.server",
    "backup.restore_point",
    "backup.object",
    "backup.job",
    "backup.run",
    "backup.location",
    "recovery.drill",
)
READS = (export.HEAD, *(f"{each.name}.json" for each in ALL))
"""Names of files that are read where the target is a folder."""


def describe(_queries: Sequence[Query]) -> Asked:
    """Give the requests that are made, as kubectl would make them too."""
    return Asked(tuple(f"GET {each.path(each.versions[0])}/{each.plural}" for each in ALL))


def grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give the role that allows just what is asked, as kubectl takes it; `user` plays no part."""
    del needs, user
    groups = dict.fromkeys(each.group for each in ALL)
    return [
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: ClusterRole",
        "metadata: {name: controlproof}",
        "rules:",
        *(
            f'  - {{apiGroups: ["{group}"], resources: [{", ".join(each.plural for each in ALL if each.group == group)}], '
            "verbs: [list]}"
            for group in groups
        ),
    ]


def collect(queries: Sequence[Query], client: Api | Folder, limits: Limits, now: str = "") -> Answer:
    """Ask the cluster or read its export; whatever goes wrong becomes gaps, never an exception.

    `now` is our clock; the time of the call when left out.
    """
    del limits
    return asked_or_read(queries, FACTS, client, now, lambda api, _: live.ask(api), export.read, told)


def told(cluster: Cluster, begun: str) -> Told:
    """Turn what a cluster told into facts."""
    found = Told(asked=cluster.asked, now=cluster.now, gap=cluster.gap)
    if cluster.gap is not None:
        return found
    version = word(cluster.version)
    parts = [f"Kubernetes {version}".strip()]
    if cluster.of(BACKUPS).installed and not cluster.of(BACKUPS).denied:
        parts.append("Velero")
    found.of("backup.server").rows.append(
        {
            "name": " with ".join(parts),
            "version": version.removeprefix("v") or cluster.version,
            "blind": [f"list {each.name}" for each in ALL if cluster.of(each).denied],
            "source": cluster.source,
            "collected_at": cluster.collected_at or cluster.now or begun,
        }
    )
    then = cluster.now or cluster.collected_at or begun
    velero.tell(found, cluster, then)
    volumes.tell(found, cluster, then)
    etcd.tell(found, cluster)
    return found
