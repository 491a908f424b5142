"""What collectors of tools with one repository share: its settings, its name in reports, and how a failure reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.collection.backup import rows, visit
from scanner.collection.backup.visit import Found
from scanner.collection.linux.probe import Output
from scanner.model.evidence import Cell, Gap, Row, error

UNTOLD = "its listing does not tell whether the data are encrypted"

_GONE = re.compile(
    r"does not exist|no such file or directory|is there a repository|is not a valid repository|directory not found",
    re.IGNORECASE,
)
_USER = re.compile(r"//[^/@]*@")


def setting(settings: Mapping[str, str], name: str, tool: str) -> str:
    """Give a setting that a tool cannot do without; raises ValueError where the inventory does not have it."""
    value = settings.get(name, "")
    if not value:
        raise ValueError(f"the inventory names no {name} for {tool} (add {name} to the target)")
    return value


def shown(repository: str) -> str:
    """Give the name of a repository without the account and password that a URL may hold."""
    return _USER.sub("//", repository)


def gone(output: Output, secret: str = "") -> bool:
    """Tell whether a tool says that its repository is not there, rather than a file of its settings."""
    said = output.stderr + visit.decoded_end(output)
    if output.gap is not None or output.status in (0, 127) or (secret and secret in said):
        return False
    return output.status == 10 or _GONE.search(said) is not None


def lost(system: str, location: str, gap: Gap | None, *, missing: bool) -> dict[str, Found]:
    """Give the facts of a repository that was not listed: it is not there, or `gap` says why it could not be read."""
    if missing:
        words = "the repository is not there"
        place = rows.place(system, location, usable=False, message=words, encryption=error(words))
        return {"backup.location": Found((place,)), "backup.restore_point": Found()}
    reason = gap or error("the repository was not listed")
    place = rows.place(system, location, usable=reason, encryption=reason)
    return {"backup.location": Found((place,)), "backup.restore_point": Found(gap=reason)}


def found(place: Row, points: list[Row], gap: Gap | None = None) -> dict[str, Found]:
    """Give the facts of a repository that was listed; `gap` is why not all of its points are here."""
    kept, twice = rows.unlike(points, "object", "location", "point")
    return {"backup.location": Found((place,)), "backup.restore_point": Found(kept, visit.first(gap, twice))}


def earlier(told: str | None, stored: str | None) -> Cell:
    """Give the time that a point claims, but never a later one than that at which it was stored."""
    if told is None:
        return rows.NO_TIME
    return min(told, stored) if stored else told
