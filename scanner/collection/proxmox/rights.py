"""What our own account may see: Proxmox leaves out what it may not, so this is looked at before anything is believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collection.proxmox.asking import Asker, Listing
from scanner.model.evidence import Gap, error, unknown
from scanner.transport.errors import plain


@dataclass(frozen=True, slots=True)
class Wanted:
    """A privilege that must hold on a path and on everything below it."""

    privilege: str
    path: str
    role: str
    """What to grant, as it stands in `needs`."""

    def __str__(self) -> str:
        """Render as it stands in `blind`."""
        return f"{self.privilege} on {self.path}"


@dataclass(frozen=True, slots=True)
class Rights:
    """Our privileges by path, as the server gives them."""

    by_path: Mapping[str, Mapping[str, bool]]
    """Path > privilege > whether it holds below, too."""
    others: tuple[str, ...] = ()
    """All paths that somebody was granted something on; what holds above may be taken away there."""
    gap: Gap | None = None

    def lacking(self, wanted: Wanted) -> list[str]:
        """Name the places where a privilege does not hold."""
        top = self._at(wanted.path)
        missing = [] if top.get(wanted.privilege) else [str(wanted)]
        # What concerns the cluster itself hangs on its nodes, not on each guest and storage.
        below = "/nodes/" if wanted.path == "/" else f"{wanted.path}/"
        missing += [
            f"{wanted.privilege} on {plain(path, 200)}"
            for path in self.others
            if path.startswith(below) and wanted.privilege not in self._at(path)
        ]
        return list(dict.fromkeys(missing))

    def _at(self, path: str) -> Mapping[str, bool]:
        """Give what holds on a path; one of which the server says nothing has what its parent hands down."""
        if path in self.by_path or path in self.others or path in _ALWAYS:
            return self.by_path.get(path, {})
        if path == "/":
            return {}
        above = self._at(path.rpartition("/")[0] or "/")
        return {name: True for name, hands_down in above.items() if hands_down}


_ALWAYS = frozenset({"/", "/access", "/datastore", "/remote", "/system", "/storage", "/vms"})
"""Paths that the server always lists where we have any privilege."""


def read_rights(asker: Asker, grants: Listing) -> Rights:
    """Ask for our own privileges; `grants` is the list of everybody's, which names the paths to look at."""
    data, gap = asker.data("access/permissions")
    if gap is not None:
        return Rights({}, gap=gap)
    if not isinstance(data, dict):
        return Rights({}, gap=error("GET access/permissions: the answer is no map"))
    by_path = {str(path): _privileges(told) for path, told in list(data.items())[:10_000]}
    paths = dict.fromkeys(row["path"] for row in grants.rows if isinstance(row.get("path"), str))
    return Rights(by_path, tuple(paths), grants.gap)


def _privileges(told: Any) -> dict[str, bool]:
    if not isinstance(told, dict):
        return {}
    return {str(name): value in (1, True, "1") for name, value in list(told.items())[:500]}


def hidden(rights: Rights, wanted: Iterable[Wanted]) -> Gap | None:
    """Give why a listing that takes these privileges may lack rows; None when it does not."""
    needed: Sequence[Wanted] = tuple(wanted)
    if rights.gap is not None:
        return Gap(rights.gap.kind, f"whether everything is seen is not known: {rights.gap.reason}", rights.gap.needs)
    lacking = [(each, place) for each in needed for place in rights.lacking(each)]
    if not lacking:
        return None
    places = ", ".join(place for _, place in lacking[:5]) + (", …" if len(lacking) > 5 else "")
    roles = ", ".join(dict.fromkeys(each.role for each, _ in lacking))
    return unknown(f"the server leaves out what our account may not see, and it lacks {places}", roles)
