"""Tells on which mount a data directory lies, and whether all devices below it are encrypted by the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux import mountinfo
from scanner.collection.linux.database_read import Server
from scanner.collection.linux.text import shown
from scanner.model.evidence import Cell, Gap, error, unknown

_VIRTUAL = ("/virtio", "/vbd-", "/vmbus", "/xen")
_MAKERS = ("qemu", "vmware", "msft", "amazon", "google", "virtual", "xen")
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    uuid: str
    place: str
    maker: str
    below: tuple[str, ...]


def cells(server: Server, blocks: Sequence[str], datasets: Mapping[str, str]) -> dict[str, Cell]:
    """Give the cells about the place of the data directory."""
    mounts = mountinfo.read(server.lines("mount"))
    path = server.word("real")
    mount = _mount(mounts, path) if path else None
    if mount is None:
        lost = server.denied("where the data directory really lies may not be seen")
        return {"mount_point": lost, "system_mount": lost, "encrypted": lost}
    table, numbers = _table(blocks)
    return {
        "mount_point": shown(mount.point),
        "system_mount": mount.point == b"/",
        "encrypted": _encrypted(mount, table, numbers, datasets),
    }


def _mount(mounts: Sequence[mountinfo.Mount], path: str) -> mountinfo.Mount | None:
    parts = [part for part in path.encode("utf-8", "replace").split(b"/") if part]
    for count in range(len(parts), -1, -1):
        found = mountinfo.topmost(mounts, b"/" + b"/".join(parts[:count]))
        if found:
            return found
    return None


def _encrypted(
    mount: mountinfo.Mount, table: Mapping[str, _Block], numbers: Mapping[str, str], datasets: Mapping[str, str]
) -> bool | Gap:
    if mount.filesystem == "zfs":
        found = datasets.get(shown(mount.source), "")
        return (
            unknown("zfs does not tell whether the dataset is encrypted", needs="root") if not found else found != "off"
        )
    if mount.filesystem in ("ecryptfs", "fuse.gocryptfs", "fuse.encfs"):
        return True
    name = numbers.get(mount.device) or mount.source.rpartition(b"/")[2].decode("utf-8", "replace")
    if mount.filesystem == "btrfs":
        name = _by_source(mount, table)
        if name and not table[name].below and mount.source.startswith(b"/dev/mapper/"):
            return error("which devices the mapper puts below btrfs was not told")
    if name not in table:
        return unknown(f"what lies below a file system of type {mount.filesystem} is not told by the kernel")
    return _chain(name, table, 0)


def _by_source(mount: mountinfo.Mount, table: Mapping[str, _Block]) -> str:
    name = mount.source.rpartition(b"/")[2].decode("utf-8", "replace")
    return name if name in table else ""


def _chain(name: str, table: Mapping[str, _Block], depth: int) -> bool | Gap:
    """Walk down from a device: encrypted when it, or everything that it lies on, is."""
    block = table.get(name)
    if block is None or depth > _DEEPEST:
        return error(f"the devices below {name} are not told")
    if block.uuid.startswith("CRYPT-"):
        return True
    if block.below:
        found = [_chain(lower, table, depth + 1) for lower in block.below]
        open_ = [each for each in found if each is not True]
        return (
            next((each for each in open_ if isinstance(each, Gap)), False)
            if open_ and False not in open_
            else not open_
        )
    if any(word in block.place for word in _VIRTUAL) or any(word in block.maker.lower() for word in _MAKERS):
        return unknown(f"{name} is a virtual disk, and the host cannot tell whether the one below is encrypted")
    return False


def _table(lines: Sequence[str]) -> tuple[dict[str, _Block], dict[str, str]]:
    table: dict[str, _Block] = {}
    numbers: dict[str, str] = {}
    for line in lines:
        parts = line.split("\t")
        if len(parts) == 6:
            name, number, uuid, place, maker, below = parts
            table[name] = _Block(name, uuid, place, maker, tuple(below.split()))
            numbers[number] = name
    return table, numbers
