"""From the inventory file's entries to targets and assets, with every reference between them checked."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from scanner.catalog.files.ansible import from_ansible
from scanner.catalog.files.endpoints import Hops, endpoint, own_settings
from scanner.catalog.files.header import bytes_of, check_header
from scanner.catalog.files.inventory import InventoryFile
from scanner.catalog.files.merging import merge
from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.files.translate import sound_part, validate
from scanner.catalog.nodes import Document, read
from scanner.catalog.source import remedy
from scanner.facts.backup.platforms import KEYS
from scanner.model.errors import ContentError, Problem
from scanner.model.inventory import ESTATE, Asset, Exclusion, Inventory, Target


def load_inventory(path: Path) -> Inventory:
    """Read an inventory file, Controlproof's own or the JSON of `ansible-inventory --list`.

    Raises ContentError with every problem found.
    """
    problems: list[Problem] = []
    data = bytes_of(path, problems)
    inventory = read_inventory(str(path), data, problems) if data is not None else None
    if problems or inventory is None:
        raise ContentError(problems)
    return inventory


def read_inventory(path: str, data: bytes, problems: list[Problem]) -> Inventory | None:
    """Read an inventory from bytes; relative paths in it are seen from the folder of `path`.

    What is wrong is appended to `problems`; then the inventory is None.
    """
    before = len(problems)
    document = from_ansible(path, data, problems) or read(path, data, problems)
    if document is None or not check_header(document, "inventory", problems):
        return None
    file, broken = validate(InventoryFile, document, problems), frozenset[str]()
    if file is None:
        file, broken = sound_part(InventoryFile, document)
    settings = merge(file, document, broken, problems)
    builder = _Builder(file, document, settings, broken | (file.targets.keys() - settings.keys()), problems)
    targets = tuple(builder.target(name) for name in builder.settings)
    builder.check_runs_on()
    inventory = Inventory(targets, builder.assets(), path, hashlib.sha256(data).hexdigest())
    return inventory if len(problems) == before else None


@dataclass(slots=True)
class _Builder:
    """Builds targets and assets of one file."""

    file: InventoryFile
    document: Document
    settings: Mapping[str, dict[str, Any]]
    broken: frozenset[str]
    """Names of entries that are there, but cannot be read."""
    problems: list[Problem]

    def complain(self, name: str, key: str, what: str, todo: str) -> None:
        """Record a problem where a key in force for a target was written: by itself, or once by its group."""
        writers = [("targets", name), *(("groups", group) for group in reversed(self.settings[name]["groups"]))]
        place = next((writer for writer in writers if (*writer, key) in self.document.lines), writers[0])
        problem = Problem(self.document.path, self.document.line(*place, key), f"{place[1]}: {what}", todo)
        if problem not in self.problems:
            self.problems.append(problem)

    def target(self, name: str) -> Target:
        """Build one target."""
        said = self.settings[name]
        if name == ESTATE:
            self.complain(
                name, "", f"'{ESTATE}' is the name of the whole inventory in reports", "give the target another name"
            )
        folder = PurePath(self.document.path).parent
        platform = said.get("platform", "")
        if not platform and all(group in self.file.groups for group in said["groups"]):
            self.complain(name, "platform", "no platform is named", "add platform: linux to it or to its group")
        extra = own_settings(said, folder)
        known = PLATFORMS[platform].settings if platform else extra
        for key in extra:
            if key not in known:
                self.complain(name, key, f"'{key}' means nothing to platform {platform}", "remove it")
        if not said.get("replay"):
            for key in PLATFORMS[platform].needs if platform else ():
                if key not in extra:
                    self.complain(name, "", f"platform {platform} without '{key}'", f"add {key}:")
        if "become_password" in said and not said.get("become"):
            self.complain(name, "become_password", "'become_password' without become", "add become: [sudo, -n]")
        hops = Hops(self.settings, self.broken, lambda target, what, todo: self.complain(target, "ssh", what, todo))
        return Target(
            id=name,
            platform=platform,
            endpoint=endpoint(name, said, extra, folder, self._host(name), hops.of(name)),
            labels=said.get("labels", {}),
            profiles=tuple(_profile(folder, profile) for profile in said["profiles"]),
            service_class=said.get("service_class", ""),
            runs_on=said.get("runs_on", ""),
            groups=tuple(said["groups"]),
            exclusion=self._exclusion(name, said),
            path=self.document.path if self.document.lines.get(("targets", name)) else "",
            line=self.document.lines.get(("targets", name), 0),
            extra=extra,
            ids=self._ids("targets", name, said.get("ids", {})),
        )

    def _ids(self, section: str, name: str, ids: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """Give the keys of backup systems; a kind that is nearly one of theirs is misspelt, others are let be."""
        for kind in ids:
            if kind not in KEYS and difflib.get_close_matches(kind, KEYS, n=1, cutoff=0.75):
                line = self.document.line(section, name, "ids", kind)
                what = f"{name}: restore points carry no keys of the kind '{kind[:40]}'"
                self.problems.append(Problem(self.document.path, line, what, remedy(kind, KEYS, "")))
        return {kind: tuple(dict.fromkeys(keys)) for kind, keys in ids.items()}

    def _host(self, name: str) -> str:
        """Give the address of the host that a target runs on; empty when it names none."""
        host = self.settings[name].get("runs_on", "")
        if host not in self.settings:
            return ""
        return str(self.settings[host].get("address", "localhost" if self.settings[host].get("local") else host))

    def _exclusion(self, name: str, said: Mapping[str, Any]) -> Exclusion | None:
        state = said.get("state")
        given = [key for key in ("reason", "approver", "until") if key in said]
        if state is None:
            for key in given:
                self.complain(name, key, f"'{key}' without a state", "add state: maintenance, or remove it")
            return None
        for key in ("reason", "approver", "until"):
            if key not in said:
                self.complain(name, "state", f"state {state} without '{key}'", f"add {key}:")
        return Exclusion(state, said.get("reason", ""), said.get("approver", ""), said.get("until", ""))

    def check_runs_on(self) -> None:
        """Refuse hosts that do not exist, are no Linux targets, or run on each other in a circle."""
        for name, said in self.settings.items():
            host = said.get("runs_on")
            if host is None or host in self.broken:
                continue
            if host not in self.settings:
                todo = remedy(host, self.settings, "name a Linux target of this inventory")
                self.complain(name, "runs_on", f"runs_on names '{host}', which is no target", todo)
            elif self.settings[host].get("platform", "linux") != "linux":
                platform = self.settings[host]["platform"]
                what = f"runs_on names '{host}', which is scanned as {platform}"
                self.complain(name, "runs_on", what, "name a Linux target")
            elif name in self._hosts_above(name):
                self.complain(name, "runs_on", "it runs on itself in a circle", "break the circle")

    def _hosts_above(self, name: str) -> list[str]:
        above: list[str] = []
        host = str(self.settings[name].get("runs_on", ""))
        while host in self.settings and host not in above:
            above.append(host)
            host = str(self.settings[host].get("runs_on", ""))
        return above

    def assets(self) -> tuple[Asset, ...]:
        """Build the assets."""
        found = []
        for name, asset in self.file.assets.items():
            line = self.document.line("assets", name)
            if name in self.settings:
                what = f"{name}: a target and an asset have this id"
                self.problems.append(Problem(self.document.path, line, what, "rename one of them"))
            labels = asset.labels or {}
            found.append(
                Asset(
                    id=name,
                    kind=asset.kind,
                    service_class=asset.service_class or "",
                    owner=asset.owner or labels.get("owner", ""),
                    labels=labels,
                    ids=self._ids("assets", name, asset.ids or {}),
                    site=asset.site or labels.get("site", ""),
                    created=asset.created or "",
                    path=self.document.path,
                    line=line,
                )
            )
        return tuple(found)


def _profile(folder: PurePath, name: str) -> str:
    """Give a profile's name; one that is a path is seen from the inventory's folder."""
    return str(folder / name) if name.endswith((".yaml", ".yml")) else name
