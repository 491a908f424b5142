"""Inheritance in an inventory: what a target says itself, over what its groups say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scanner.catalog.files.base import Shape
from scanner.catalog.files.inventory import Group, InventoryFile, Ssh, Target
from scanner.catalog.nodes import Document
from scanner.catalog.source import remedy
from scanner.model.errors import Problem

WAYS = ("transport", "command", "local", "replay")
"""Keys that choose the transport: an entry that sets one drops the others of its groups."""


def merge(
    file: InventoryFile, document: Document, broken: frozenset[str], problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Give the settings in force for every target, by its id; contradictions are appended to `problems`.

    Targets of a group that is `broken` are left out: nobody knows what holds for them.

    Later groups win over earlier ones and the target over all; labels and `ssh` are merged key by key. Profiles of
    several groups are joined, and replaced by the target's own. `groups` holds the names of its groups.
    """
    for name, group in file.groups.items():
        if group is not None:
            _check_entry(group, document, ("groups", name), problems)
    targets = {name: entry or Target() for name, entry in file.targets.items()}
    return {
        name: _target(name, entry, file, document, problems)
        for name, entry in targets.items()
        if broken.isdisjoint(_groups(entry))
    }


def _groups(entry: Target) -> list[str]:
    return [*([entry.group] if entry.group else []), *(entry.groups or [])]


def _target(
    name: str, entry: Target, file: InventoryFile, document: Document, problems: list[Problem]
) -> dict[str, Any]:
    place = ("targets", name)
    _check_entry(entry, document, place, problems)
    names = _groups(entry)
    settings: dict[str, Any] = {}
    profiles: dict[str, None] = {}
    for group in dict.fromkeys(names):
        if group in file.groups:
            shared = file.groups[group] or Group()
            _lay_over(settings, shared)
            profiles.update(dict.fromkeys(shared.profiles or ()))
        else:
            line = document.line(*place, "group" if group == entry.group else "groups")
            todo = remedy(group, file.groups, "write it under groups:")
            problems.append(Problem(document.path, line, f"{name}: no group is called '{group}'", todo))
    _lay_over(settings, entry)
    settings["profiles"] = list(profiles) if entry.profiles is None else entry.profiles
    settings["groups"] = list(dict.fromkeys(names))
    return settings


def _lay_over(settings: dict[str, Any], entry: Shape) -> None:
    said = {name: getattr(entry, name) for name in entry.model_fields_set}
    said = {name: value for name, value in said.items() if value is not None}
    if any(way in said for way in WAYS):
        for way in WAYS:
            settings.pop(way, None)
    if "owner" in said:
        said["labels"] = {**said.get("labels", {}), "owner": said.pop("owner")}
    for name, value in said.items():
        if name == "labels":
            settings["labels"] = {**settings.get("labels", {}), **value}
        elif isinstance(value, Ssh):
            own = {key: getattr(value, key) for key in value.model_fields_set}
            settings["ssh"] = {**settings.get("ssh", {}), **own}
        elif name not in ("group", "groups", "profiles"):
            settings[name] = value


def _check_entry(entry: Group, document: Document, place: Sequence[str], problems: list[Problem]) -> None:
    """Refuse what contradicts itself inside one entry."""
    chosen = [way for way in WAYS if getattr(entry, way, None)]
    if "transport" in chosen and entry.transport in chosen:
        chosen.remove("transport")
    if len(chosen) > 1:
        what = f"{place[-1]}: {' and '.join(chosen)} exclude each other"
        problems.append(Problem(document.path, document.line(*place, chosen[1]), what, "keep one of them"))
    if entry.owner and entry.labels and entry.labels.get("owner", entry.owner) != entry.owner:
        what = f"{place[-1]}: owner and the label owner differ"
        problems.append(Problem(document.path, document.line(*place, "labels", "owner"), what, "keep one of them"))
