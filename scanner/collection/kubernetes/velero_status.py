"""What the phase of a Velero backup is worth, and which namespaces it holds: Completed is needed, not enough."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from scanner.collection.exported.values import at, moment, whole, word, words
from scanner.collection.kubernetes.objects import labels, name, namespace, uid
from scanner.collection.kubernetes.resources import CLAIMS, NAMESPACES, POD_VOLUMES, UPLOADS, Cluster
from scanner.model.evidence import ABSENT, Cell, Gap, error, unknown

PHASES = {
    "New": "running",
    "Queued": "running",
    "ReadyToStart": "running",
    "FailedValidation": "failed",
    "InProgress": "running",
    "WaitingForPluginOperations": "running",
    "WaitingForPluginOperationsPartiallyFailed": "running",
    "Finalizing": "running",
    "FinalizingPartiallyFailed": "running",
    "Completed": "ok",
    "PartiallyFailed": "partial",
    "Failed": "failed",
    "FailedPartially": "partial",
    "Deleting": "failed",
}
_PAIRS = (
    ("volumeSnapshotsAttempted", "volumeSnapshotsCompleted"),
    ("csiVolumeSnapshotsAttempted", "csiVolumeSnapshotsCompleted"),
    ("backupItemOperationsAttempted", "backupItemOperationsCompleted"),
)
_HARMLESS = frozenset(
    {"events", "nodes", "backups", "restores", "resticrepositories", "backuprepositories", "podmetrics"}
)
"""Kinds that a restore does not need."""
_LEFT_OUT = "velero.io/exclude-from-backup"


def phase_status(raw: Any) -> Cell:
    """Give the status that phase, counts, hooks and selections of a backup amount to."""
    phase = word(at(raw, "status", "phase"))
    if not phase:
        return "running"
    if phase not in PHASES:
        return error(f"phase {phase[:60]!r} is not known")
    status = PHASES[phase]
    if status != "ok":
        return status
    counts = [(_count(raw, begun), _count(raw, done)) for begun, done in _PAIRS]
    bad = [_count(raw, "errors"), _count(raw, "backupItemOperationsFailed"), _hooks(raw)]
    gap = next((each for pair in counts for each in pair if isinstance(each, Gap)), None)
    gap = gap or next((each for each in bad if isinstance(each, Gap)), None)
    if any(isinstance(done, int) and isinstance(begun, int) and done < begun for begun, done in counts) or any(
        bad_one for bad_one in bad if isinstance(bad_one, int)
    ):
        return "partial"
    if gap is not None:
        return gap
    if selective(raw):
        return "partial"
    return "warning" if _count(raw, "warnings") else "ok"


def _count(raw: Any, key: str) -> int | Gap:
    """Give a count; Velero leaves out what is nought."""
    found = whole(at(raw, "status", key), key)
    return found if isinstance(found, int | Gap) else 0


def _hooks(raw: Any) -> int | Gap:
    found = whole(at(raw, "status", "hookStatus", "hooksFailed"), "hooksFailed")
    return found if isinstance(found, int | Gap) else 0


def selective(raw: Any) -> bool:
    """Tell whether a backup leaves out objects of its namespaces, by kind or label."""
    spec = at(raw, "spec")
    chosen = [*words(at(spec, "includedResources")), *words(at(spec, "includedNamespaceScopedResources"))]
    left_out = [*words(at(spec, "excludedResources")), *words(at(spec, "excludedNamespaceScopedResources"))]
    return (
        any(each != "*" for each in chosen)
        or any(each.partition(".")[0].casefold() not in _HARMLESS for each in left_out)
        or bool(at(spec, "labelSelector"))
        or bool(at(spec, "orLabelSelectors"))
    )


def takes_all(spec: Any) -> bool:
    """Tell whether a backup is of all namespaces that it does not leave out."""
    included = words(at(spec, "includedNamespaces"))
    return not included or "*" in included


def namespaces(spec: Any, started: Cell, cluster: Cluster) -> tuple[list[str], Gap | None]:
    """Give the namespaces that a backup holds, and why they may not be all.

    Of a backup of everything those count that were there when it began.
    """
    left_out = words(at(spec, "excludedNamespaces"))
    included = words(at(spec, "includedNamespaces"))
    patterns = [each for each in included if "*" in each or "?" in each] if included else ["*"]
    found = {each for each in included if each not in patterns}
    gap = None
    if patterns:
        listed = cluster.of(NAMESPACES)
        gap = listed.gaps[0] if listed.gaps else None
        everything = {**{namespace(each): "" for each in cluster.of(CLAIMS).items}} if gap else {}
        for each in listed.items:
            made = moment(at(each, "metadata", "creationTimestamp"))
            everything[name(each)] = made if isinstance(made, str) else ""
        old = {each for each, made in everything.items() if not (isinstance(started, str) and made > started)}
        found |= {each for each in old if each and any(fnmatchcase(each, pattern) for pattern in patterns)}
    return sorted(each for each in found if not any(fnmatchcase(each, out) for out in left_out)), gap


class Volumes:
    """Which claims there are, and how many volumes each backup saved: skipped ones leave no trace in its phase."""

    def __init__(self, cluster: Cluster) -> None:
        listed = cluster.of(CLAIMS)
        self._claims = [
            each
            for each in listed.items
            if labels(each).get(_LEFT_OUT) != "true" and at(each, "status", "phase") != "Pending"
        ]
        self._unknown = listed.gaps[0] if listed.gaps else None
        self._by_pods: dict[str, set[str]] = {}
        self._uploaded: dict[str, set[str]] = {}
        self._doubt = next(
            (gap for each in (POD_VOLUMES, UPLOADS) for gap in cluster.of(each).gaps),
            None,
        )
        for each in cluster.of(POD_VOLUMES).items:
            claim = labels(each).get("velero.io/pvc-uid") or word(at(each, "spec", "tags", "pvc-uid"))
            if claim and word(at(each, "status", "phase")) == "Completed":
                self._by_pods.setdefault(backup_of(each), set()).add(claim)
        for each in cluster.of(UPLOADS).items:
            if word(at(each, "status", "phase")) == "Completed":
                source = f"{word(at(each, 'spec', 'sourceNamespace'))}/{word(at(each, 'spec', 'sourcePVC'))}"
                self._uploaded.setdefault(backup_of(each), set()).add(source)

    def missed(self, backup: Any, covered: list[str], started: Cell) -> Cell:
        """Tell whether a backup saved fewer volumes than its namespaces had claims when it began: a bool, or a gap."""
        claims = [each for each in self._claims if namespace(each) in covered and _before(each, started)]
        if self._unknown is not None and covered:
            return unknown(
                f"which volumes it ought to have saved is not known: {self._unknown.reason}", self._unknown.needs
            )
        own = name(backup)
        pods, uploads = self._by_pods.get(own, set()), self._uploaded.get(own, set())
        snapshots = max(_whole(backup, "csiVolumeSnapshotsCompleted"), len(uploads))
        saved = snapshots + _whole(backup, "volumeSnapshotsCompleted") + len(pods & {uid(each) for each in claims})
        if saved >= len(claims):
            return False
        return self._doubt or True


def _whole(raw: Any, key: str) -> int:
    found = _count(raw, key)
    return found if isinstance(found, int) else 0


def _before(raw: Any, started: Cell) -> bool:
    made = moment(at(raw, "metadata", "creationTimestamp"))
    return not (isinstance(started, str) and isinstance(made, str) and made > started)


def backup_of(raw: Mapping[str, Any]) -> str:
    """Give the backup that a volume's copy belongs to."""
    return labels(raw).get("velero.io/backup-name", "")


def times(raw: Any) -> tuple[Cell, Cell]:
    """Give when something of Velero began and ended."""
    begun, done = at(raw, "status", "startTimestamp"), at(raw, "status", "completionTimestamp")
    return moment(begun, "startTimestamp"), moment(done, "completionTimestamp") if done else ABSENT
