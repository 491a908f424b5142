"""Joins what backup systems hold with the assets of the inventory, by stable keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.model.evidence import Cell, Evidence, Row
from scanner.model.recovery import Protected
from scanner.model.value import value

_LOGS = ("pgbackrest", "barman", "walg")
HOLDERS: Mapping[str, tuple[str, ...]] = {
    "pbs": ("pbs",),
    "pve": ("pve", "pbs", "veeam"),
    "veeam": ("veeam",),
    "iperius": ("iperius",),
    "pgbackrest": ("pgbackrest",),
    "barman": ("barman",),
    "wal-g": ("walg",),
    "postgres": _LOGS,
    "restic": ("restic",),
    "borg": ("borg",),
    "rclone": ("rclone",),
    "pbm": ("pbm",),
    "k8s": ("kubernetes",),
    "velero": ("kubernetes",),
    "etcd": ("kubernetes",),
    "csi-snapshot": ("kubernetes",),
    "etcd-snapshot": ("kubernetes",),
    "git": ("git",),
    "arn": ("aws",),
    "aws": ("aws",),
    "aws-backup": ("aws",),
    "s3": ("aws", "rclone"),
    "ebs": ("aws",),
    "rds": ("aws",),
}
"""Kind of a key, or system > platforms that can hold points of it; any other kind may be held by each."""
WHOLES = ("velero", "etcd", "postgres", "pgbackrest", "barman", "wal-g", "pbm", "iperius")
"""Kinds of keys that name a whole with many parts: its points belong to all assets that have the key."""


@value(frozen=True, slots=True)
class Owners:
    """Whose something is: assets by their place in the scene, or those that claim it alike."""

    assets: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()
    """Assets that share the very key, so that it is not known whose it is."""


class Claims:
    """The keys of all assets; made once, asked for every object."""

    def __init__(self, assets: Sequence[Protected]) -> None:
        self._claims: dict[str, set[int]] = {}
        self._kinds = [{key.partition(":")[0] for key in asset.keys} for asset in assets]
        self._learnt: dict[str, set[int]] = {}
        self._contested: set[str] = set()
        for number, asset in enumerate(assets):
            for key in asset.keys:
                self._claims.setdefault(key, set()).add(number)
        self._known: dict[tuple[str, tuple[str, ...]], Owners] = {}

    def learn(self, objects: Iterable[tuple[str, Row]]) -> list[tuple[int, str, Row]]:
        """Take over keys from what names them together; give the objects (target, row) that belong to assets.

        A guest that the inventory knows by its cluster is thus found by its name in a backup server, too. Only keys
        of other kinds than the asset's own are learnt: the same number in another cluster is another guest. What
        an object of no asset has too is contested.
        """
        found, strange = [], []
        for target, row in objects:
            keys = keys_of(row) or []
            owned = self.owners(target, keys).assets
            found += [(number, target, row) for number in owned]
            if not owned:
                strange.append(keys)
        for number, _, row in found:
            for key in keys_of(row) or ():
                if key.partition(":")[0] not in self._kinds[number]:
                    self._learnt.setdefault(key, set()).add(number)
        self._contested = {key for keys in strange for key in keys}
        self._known.clear()
        return found

    def owners(self, target: str, keys: Iterable[str]) -> Owners:
        """Give whose the object with these keys is, as this target lists it.

        A key counts as it is and with the target's id in front of its value, which is the narrower one. An object
        belongs to every asset that alone claims one of its keys, or that names a whole it is of; only if there is
        none, several that share a key are rivals.
        """
        asked = (target, tuple(keys))
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._look(*asked)
        return found

    def _look(self, target: str, keys: tuple[str, ...]) -> Owners:
        claims = [(key, self._claims.get(narrow(key, target)) or self._claims.get(key, set())) for key in keys]
        surely = {
            number for key, claim in claims if len(claim) == 1 or key.partition(":")[0] in WHOLES for number in claim
        }
        learnt = [self._learnt.get(key, set()) for key in keys]
        if not surely and not any(claim for _, claim in claims):
            surely = {
                number
                for key, claim in zip(keys, learnt, strict=True)
                if len(claim) == 1 and key not in self._contested
                for number in claim
            }
        if surely:
            return Owners(tuple(sorted(surely)))
        return Owners(
            rivals=tuple(sorted({number for claim in (*learnt, *(each for _, each in claims)) for number in claim}))
        )


def narrow(key: str, target: str) -> str:
    """Give the key with the target's id in front of its value: `pbs:pbs01/store1/vm/101`."""
    kind, _, rest = key.partition(":")
    return f"{kind}:{target}/{rest}"


def keys_of(row: Row) -> list[str] | None:
    """Give the stable keys of a row; None where they are not known."""
    cell: Cell | None = row.get("asset_keys")
    return [key for key in cell if isinstance(key, str)] if isinstance(cell, list) else None


def holders(asset: Protected) -> frozenset[str] | None:
    """Give the platforms that could hold points of an asset; None for any.

    They follow from its keys, and from the systems that may protect it.
    """
    kinds = [*(key.partition(":")[0] for key in asset.keys), *asset.demand.systems]
    if not all(kind in HOLDERS for kind in kinds):
        return None
    return frozenset(platform for kind in kinds for platform in HOLDERS[kind])


def unclaimed(assets: Sequence[Protected], objects: Iterable[tuple[str, Evidence]]) -> list[tuple[str, Row]]:
    """Give the objects of backup systems (`backup.object` by target) that no asset claims, each once.

    Two targets that see the same object, such as nodes of one cluster, name it once. Templates are left to the
    caller.
    """
    claims = Claims(assets)
    found: list[tuple[str, Row]] = []
    seen: set[str] = set()
    for target, evidence in objects:
        for row in evidence.rows:
            keys = keys_of(row)
            if not keys or claims.owners(target, keys) != Owners():
                continue
            if keys[0] not in seen:
                found.append((target, row))
            seen.add(keys[0])
    return found
