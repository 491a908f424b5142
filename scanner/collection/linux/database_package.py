"""Reads which package a server's program is of, and which archives offer that package (apt-cache(8) policy)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.collection.linux.database_read import Server
from scanner.model.evidence import ABSENT, Cell, Gap, error

_OFFER = re.compile(r" *-?[0-9]+ (\S+ \S+)(?: \S+)? Packages")
_RELEASE = re.compile(r" +release (.*)")
_VERSION = re.compile(r" (?:\*\*\*|   ) \S+ -?[0-9]+")
_LOCAL = "/var/lib/dpkg/status"


def cells(server: Server) -> dict[str, Cell]:
    """Give package, version and origins of the program."""
    names = ("package", "package_version", "package_origins")
    if not server.running or server.word("container") == "yes":
        return dict.fromkeys(names, ABSENT)
    lost = server.unseen("exe") or (error("dpkg does not manage the packages there") if server.flag("nodpkg") else None)
    if lost:
        return dict.fromkeys(names, lost)
    package = server.word("package")
    if not package:
        return dict.fromkeys(names, ABSENT)
    return {
        "package": package,
        "package_version": server.word("package_version") or error("dpkg-query did not tell the version"),
        "package_origins": _origins(server.lines("apt")),
    }


def _origins(lines: Sequence[str]) -> list[str] | Gap:
    """Give the origins that offer the installed version; where none does any more, those that offer another."""
    middle = lines.index("--") if "--" in lines else len(lines)
    origins = _releases(lines[:middle])
    if not origins:
        return error("apt has no package lists, so where the package is from is not known")
    installed: set[str] = set()
    others: set[str] = set()
    offered = others
    for line in lines[middle:]:
        if _VERSION.fullmatch(line):
            offered = installed if line.startswith(" ***") else others
        elif (offer := _OFFER.fullmatch(line)) is not None and offer[1] in origins:
            offered.add(origins[offer[1]])
    return sorted(installed or others)


def _releases(lines: Sequence[str]) -> dict[str, str]:
    """Give for each archive of `apt-cache policy` its origin, by URL and suite/component."""
    found: dict[str, str] = {}
    archive = ""
    for line in lines:
        if (offer := _OFFER.fullmatch(line)) is not None:
            archive = offer[1]
        elif (release := _RELEASE.fullmatch(line)) is not None and archive:
            told = dict(part.split("=", 1) for part in release[1].split(",") if "=" in part)
            if told.get("o") and not archive.startswith(_LOCAL):
                found[archive] = told["o"]
            archive = ""
    return found
