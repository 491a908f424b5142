"""What is asked of a cluster: resources by group and versions, and the list of each as it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.model.evidence import Cell, Gap


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object; the first version that the cluster serves is taken."""

    plural: str
    group: str
    versions: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that kubectl and role bindings know it by, such as `backups.velero.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, version: str) -> str:
        """Give the path of the API of this group and version."""
        return f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"


NAMESPACES = Resource("namespaces", "", ("v1",))
CLAIMS = Resource("persistentvolumeclaims", "", ("v1",))
BACKUPS = Resource("backups", "velero.io", ("v1",))
SCHEDULES = Resource("schedules", "velero.io", ("v1",))
RESTORES = Resource("restores", "velero.io", ("v1",))
STORAGE = Resource("backupstoragelocations", "velero.io", ("v1",))
POD_VOLUMES = Resource("podvolumebackups", "velero.io", ("v1",))
UPLOADS = Resource("datauploads", "velero.io", ("v2alpha1", "v1"))
SNAPSHOTS = Resource("volumesnapshots", "snapshot.storage.k8s.io", ("v1",))
CONTENTS = Resource("volumesnapshotcontents", "snapshot.storage.k8s.io", ("v1",))
CLASSES = Resource("volumesnapshotclasses", "snapshot.storage.k8s.io", ("v1",))
ETCD = Resource("etcdsnapshotfiles", "k3s.cattle.io", ("v1",))

ALL = (
    NAMESPACES,
    CLAIMS,
    BACKUPS,
    SCHEDULES,
    RESTORES,
    STORAGE,
    POD_VOLUMES,
    UPLOADS,
    SNAPSHOTS,
    CONTENTS,
    CLASSES,
    ETCD,
)


@dataclass(slots=True)
class Found:
    """The objects of one resource."""

    items: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    """Why objects may be missing."""
    installed: bool = True
    """False when the cluster has no such resource."""
    denied: bool = False


@dataclass(slots=True)
class Cluster:
    """Everything that was told of a cluster."""

    source: str
    """`asked` or `file`."""
    version: Cell
    now: str = ""
    """The cluster's clock; empty when it did not say."""
    collected_at: str = ""
    asked: str = ""
    lists: dict[Resource, Found] = field(default_factory=dict)
    gap: Gap | None = None
    """Why nothing is known at all."""

    def of(self, resource: Resource) -> Found:
        """Give the list of a resource; one that was not asked is empty and not installed."""
        return self.lists.get(resource) or Found(installed=False)


class Source(Protocol):
    """A way to a cluster."""

    def cluster(self) -> Cluster:
        """Ask for everything; raises a CollectionError when it is out of reach."""
