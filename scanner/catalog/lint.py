"""Linting users' files without a network: each by its kind, then all against each other; and their JSON Schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from scanner.catalog.catalogues import Catalogues, check_catalogues, read_catalogue
from scanner.catalog.files.ansible import from_ansible
from scanner.catalog.files.attestations import AttestationsFile, check_attachments, read_attestations
from scanner.catalog.files.base import Shape
from scanner.catalog.files.catalogue import CatalogueFile
from scanner.catalog.files.claims import ClaimsFile, read_claims
from scanner.catalog.files.configuration import ConfigurationFile, missing_files, read_configuration
from scanner.catalog.files.folders import SUFFIXES
from scanner.catalog.files.header import KINDS, VERSION, bytes_of, kind_of
from scanner.catalog.files.inventory import InventoryFile
from scanner.catalog.files.profile import ProfileFile
from scanner.catalog.files.recovery import read_recovery_policy
from scanner.catalog.files.recoveryshapes import RecoveryPolicyFile
from scanner.catalog.files.targets import read_inventory
from scanner.catalog.files.waivers import WaiversFile, read_waivers
from scanner.catalog.nodes import Document, quoted, read
from scanner.catalog.profiles import RawProfile, read_profile
from scanner.catalog.resolution import resolve
from scanner.catalog.rulefile import World, read_rule
from scanner.catalog.source import remedy
from scanner.catalog.userfiles import UserFiles, check_references, repeated_waivers
from scanner.model.errors import ContentError, Problem, near
from scanner.model.fact import Vocabulary
from scanner.model.inventory import Inventory
from scanner.model.profile import Catalogue
from scanner.model.recovery import RecoveryPolicy
from scanner.model.rule import Rule
from scanner.model.suppression import Attestation, Claim, Suppression

Reader: TypeAlias = Callable[[str, bytes, list[Problem]], object]
"""Reads a file's bytes, called by its path; what is wrong is appended to the list."""
_RULE = "rule"
"""The kind of files that have no `schema`, but an `id` and a `check`."""
_SHAPES: Mapping[str, type[Shape]] = {
    "inventory": InventoryFile,
    "profile": ProfileFile,
    "catalogue": CatalogueFile,
    "waivers": WaiversFile,
    "attestations": AttestationsFile,
    "claims": ClaimsFile,
    "recovery-policy": RecoveryPolicyFile,
    "config": ConfigurationFile,
}


@dataclass(frozen=True, slots=True)
class Shipped:
    """What users' files may refer to."""

    rules: Mapping[str, Rule]
    catalogues: Catalogues
    profiles: Mapping[str, RawProfile]
    vocabulary: Vocabulary


def schemas() -> dict[str, dict[str, Any]]:
    """Give the JSON Schema (2020-12) of every kind of user file, for editors."""
    return {
        kind: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **shape.model_json_schema(by_alias=True),
            "title": f"Controlproof {kind}/{VERSION}",
        }
        for kind, shape in _SHAPES.items()
    }


def lint_paths(
    paths: Iterable[Path], shipped: Shipped, *, readers: Mapping[str, Reader] | None = None
) -> list[Problem]:
    """Check files, and all YAML and JSON files below folders; gives every problem, sorted by place.

    Kinds are told by `schema:`, rule files by their `id` and `check`; `readers` adds readers of further kinds. In
    folders, files that are none of ours are passed over; a file named outright must be one. References to rules,
    controls and profiles are checked against what is shipped and linted, those to targets against the inventory
    when exactly one is linted, and the classes of its entries against the one recovery policy.
    """
    linter = _Linter(dict(readers or {}))
    for path, named in _files(paths, linter.problems):
        linter.lint(path, named=named)
    linter.check_together(shipped)
    return sorted(set(linter.problems))


def _files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[tuple[Path, bool]]:
    """Give (file, named outright) for all files that the paths mean."""
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if not hidden and file.suffix in (*SUFFIXES, ".json") and file.is_file():
                    yield file, False
        elif path.exists():
            yield path, True
        else:
            problems.append(Problem(str(path), 0, "there is no such file or folder", "check the path"))


@dataclass(slots=True)
class _Linter:
    """Reads files one by one and keeps what must be checked together."""

    readers: Mapping[str, Reader]
    problems: list[Problem] = field(default_factory=list)
    inventories: list[Inventory] = field(default_factory=list)
    waivers: list[Suppression] = field(default_factory=list)
    attestations: list[Attestation] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    policies: list[RecoveryPolicy] = field(default_factory=list)
    profiles: dict[str, RawProfile] = field(default_factory=dict)
    catalogues: dict[str, Catalogue] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    rules: dict[str, bytes] = field(default_factory=dict)

    def lint(self, path: Path, *, named: bool) -> None:
        """Read one file by its kind."""
        data = bytes_of(path, self.problems)
        if data is None:
            return
        shown = str(path)
        if from_ansible(shown, data, []) is not None:
            self._inventory(shown, data)
            return
        unread: list[Problem] = []
        document = read(shown, data, unread)
        if document is None:
            self.problems += unread if named or path.suffix in SUFFIXES else []
            return
        kind = self._kind(document, named=named)
        if kind:
            self._read(kind, path, data)

    def _kind(self, document: Document, *, named: bool) -> str:
        """Tell the kind; empty when it is none of ours, which is a problem of a file that was named or looks like ours."""
        value = document.value
        keys = list(value) if isinstance(value, dict) else []
        kind = _RULE if {"id", "check"} <= set(keys) and "schema" not in keys else kind_of(value)
        known = (*KINDS, _RULE, *self.readers)
        if kind in known:
            return kind
        first = keys[0] if keys else ""
        begin = f"begin the file with schema: KIND/{VERSION}, one of {', '.join(KINDS)}"
        if "schema" in keys and (named or near(kind, known)):
            what = f"{quoted(str(value['schema']))} is no kind of file"
            self.problems.append(Problem(document.path, document.line("schema"), what, remedy(kind, known, begin)))
        elif "schema" not in keys and (named or near(first, ["schema"])):
            self.problems.append(Problem(document.path, 1, "the file does not say of which kind it is", begin))
        return ""

    def _read(self, kind: str, path: Path, data: bytes) -> None:
        shown = str(path)
        if kind in self.readers:
            self.readers[kind](shown, data, self.problems)
        elif kind == _RULE:
            self.rules[shown] = data
        elif kind == "inventory":
            self._inventory(shown, data)
        elif kind == "waivers":
            self.waivers += read_waivers(shown, data, self.problems)
        elif kind == "attestations":
            self.attestations += read_attestations(shown, data, self.problems)
        elif kind == "claims":
            self.claims += read_claims(shown, data, self.problems)
        elif kind == "recovery-policy":
            policy = read_recovery_policy(shown, data, self.problems)
            self.policies += [] if policy is None else [policy]
        elif kind == "config":
            configuration = read_configuration(shown, data, self.problems)
            self.problems += missing_files(configuration) if configuration else []
        elif kind == "profile":
            profile = read_profile(path.stem, shown, data, self.problems)
            self.profiles.update({} if profile is None else {path.stem: profile})
        else:
            catalogue, document = read_catalogue(path.stem, shown, data, self.problems)
            if catalogue is not None and document is not None:
                self.catalogues[path.stem], self.documents[path.stem] = catalogue, document

    def _inventory(self, shown: str, data: bytes) -> None:
        inventory = read_inventory(shown, data, self.problems)
        self.inventories += [] if inventory is None else [inventory]

    def check_together(self, shipped: Shipped) -> None:
        """Check the files against each other and against what is shipped."""
        inventory = self.inventories[0] if len(self.inventories) == 1 else None
        policy = self.policies[0] if len(self.policies) == 1 else None
        files = UserFiles(inventory, tuple(self.waivers), tuple(self.attestations), tuple(self.claims), policy)
        self.problems += repeated_waivers(files.waivers)
        self.problems += check_attachments(files.attestations)
        catalogues = Catalogues(
            {**shipped.catalogues, **self.catalogues}, {**shipped.catalogues.documents, **self.documents}
        )
        profiles = {**shipped.profiles, **self.profiles}
        rules = {**shipped.rules, **self._rules(World.of(shipped.vocabulary, catalogues))}
        self.problems += check_references(
            files, rules=rules, catalogues=catalogues, profiles=profiles, vocabulary=shipped.vocabulary
        )
        if self.catalogues:
            self.problems += check_catalogues(catalogues, rules)
        self.problems += _unresolved(list(self.profiles), profiles, catalogues, rules, shipped.vocabulary)

    def _rules(self, world: World) -> dict[str, Rule]:
        """Read the rule files, now that all catalogues that they may name are known."""
        found = [read_rule(path, data, world, self.problems) for path, data in self.rules.items()]
        return {rule.id: rule for rule in found if rule is not None}


def _unresolved(
    names: Sequence[str],
    profiles: Mapping[str, RawProfile],
    catalogues: Catalogues,
    rules: Mapping[str, Rule],
    vocabulary: Vocabulary,
) -> Sequence[Problem]:
    try:
        resolve(names, profiles, catalogues, rules, vocabulary)
    except ContentError as wrong:
        return wrong.problems
    return ()
