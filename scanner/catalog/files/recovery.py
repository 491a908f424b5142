"""Recovery policies: what is demanded of backups and restores, read with the source of every value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from scanner import content
from scanner.catalog.files.base import Shape
from scanner.catalog.files.header import bytes_of, check_header
from scanner.catalog.files.recoveryleaves import Steps, Unwrapped, shown, unwrap
from scanner.catalog.files.recoveryshapes import (
    LEAVES,
    BindingShape,
    EstateDemands,
    GenerationsShape,
    KeepShape,
    RecoveryPolicyFile,
)
from scanner.catalog.files.translate import validate
from scanner.catalog.nodes import Document, read
from scanner.catalog.source import remedy
from scanner.model.errors import ContentError, Problem
from scanner.model.inventory import Inventory
from scanner.model.recovery import Binding, Generations, Keep, Leaf, Place, RecoveryPolicy, Section

KIND = "recovery-policy"
SHIPPED = "recovery-policy.yaml"
_NAMED = {"defaults": 0, "classes": 1, "profiles": 1, "services": 1, "places": 1, "estate": 0}
"""Keys below which leaves stand > how many names lie in between."""
_PATHS = frozenset(LEAVES.values())
_ESTATE = {name: (name,) for name in EstateDemands.model_fields}


def load_recovery_policy(path: Path) -> RecoveryPolicy:
    """Read a recovery policy. Raises ContentError with every problem found."""
    problems: list[Problem] = []
    data = bytes_of(path, problems)
    policy = read_recovery_policy(str(path), data, problems) if data is not None else None
    if problems or policy is None:
        raise ContentError(problems)
    return policy


@cache
def shipped_recovery_policy() -> RecoveryPolicy:
    """Read the policy that comes with Controlproof, for runs that name none."""
    shown_as, data = shipped_bytes()
    problems: list[Problem] = []
    policy = read_recovery_policy(shown_as, data, problems)
    if problems or policy is None:
        raise ContentError(problems)
    return policy


def shipped_bytes() -> tuple[str, bytes]:
    """Give what problems call the shipped policy, and its bytes."""
    return f"profiles/{SHIPPED}", content.folder("profiles").joinpath(SHIPPED).read_bytes()


def read_recovery_policy(path: str, data: bytes, problems: list[Problem]) -> RecoveryPolicy | None:
    """Read a recovery policy from bytes; what is wrong is appended to `problems`, and then it is None."""
    before = len(problems)
    document = read(path, data, problems)
    if document is None or not check_header(document, KIND, problems):
        return None
    unwrapped = unwrap(document, _NAMED, problems)
    file = validate(RecoveryPolicyFile, unwrapped.document, problems)
    others = _others(unwrapped, problems)
    if file is None:
        return None
    builder = _Builder(file, unwrapped, others)
    _check_names(file, unwrapped.document, problems)
    policy = builder.policy(hashlib.sha256(data).hexdigest())
    return policy if len(problems) == before else None


def unknown_classes(policy: RecoveryPolicy, inventory: Inventory) -> list[Problem]:
    """Find targets and assets of a class that the policy does not know: nothing of a class would be demanded of them."""
    named = [(each.path, each.line, each.id, each.service_class) for each in inventory.targets]
    named += [(each.path, each.line, each.id, each.service_class) for each in inventory.assets]
    return [
        Problem(
            path,
            line,
            f"{name}: no class of {policy.path} is called '{service_class}'",
            remedy(service_class, policy.classes, "write it under classes:"),
        )
        for path, line, name, service_class in named
        if service_class and service_class not in policy.classes
    ]


def _others(unwrapped: Unwrapped, problems: list[Problem]) -> dict[Steps, list[Leaf]]:
    """Read what other documents say: each value alone in a policy of its own."""
    found: dict[Steps, list[Leaf]] = {}
    for other in unwrapped.others:
        if not _single(other.steps):
            what = f"another document's value stands beside {'.'.join(str(step) for step in other.steps)}, a map of several"
            problems.append(Problem(unwrapped.document.path, other.line, what, "write it beside a single value"))
            continue
        nested: Any = other.value
        for step in reversed(other.steps):
            nested = {step: nested} if isinstance(step, str) else [nested]
        value = {"schema": f"{KIND}/1", **nested}
        document = Document(unwrapped.document.path, value, {(): other.line})
        wrong: list[Problem] = []
        file = validate(RecoveryPolicyFile, document, wrong)
        problems += [replace(each, line=other.line) for each in wrong]
        part = _at(file, other.steps) if file is not None else None
        if part is not None:
            place = ".".join(str(step) for step in other.steps)
            leaf = Leaf(place, _value(part), shown(other.value), other.source, other.line)
            found.setdefault(other.steps, []).append(leaf)
    return found


def _single(steps: Steps) -> bool:
    """True when the steps lead to one leaf."""
    if steps[0] == "estate":
        return len(steps) == 2
    return steps[0] in ("defaults", "classes", "profiles", "services") and steps[1 + _NAMED[steps[0]] :] in _PATHS


def _at(shape: Any, steps: Iterable[Any]) -> Any:
    for step in steps:
        if isinstance(shape, dict):
            shape = shape.get(step)
        elif isinstance(shape, list):
            shape = shape[0] if shape else None
        else:
            shape = getattr(shape, str(step), None)
    return shape


def _raw_at(raw: Any, steps: Steps) -> Any:
    for step in steps:
        raw = raw[step]
    return raw


def _value(part: Any) -> object:
    """Give a validated leaf as `Demand` has it."""
    if isinstance(part, GenerationsShape):
        return Generations(part.daily, part.weekly, part.monthly, part.yearly, part.anchor)
    if isinstance(part, KeepShape):
        return Keep(part.last, part.hourly, part.daily, part.weekly, part.monthly, part.yearly, part.within)
    return tuple(part) if isinstance(part, list) else part


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds the policy of a sound file."""

    file: RecoveryPolicyFile
    unwrapped: Unwrapped
    others: Mapping[Steps, list[Leaf]]

    def policy(self, sha256: str) -> RecoveryPolicy:
        """Build it."""
        file = self.file
        return RecoveryPolicy(
            path=self.unwrapped.document.path,
            sha256=sha256,
            title=file.title or "",
            timezone=file.timezone,
            defaults=self._section(file.defaults, ("defaults",), LEAVES),
            classes=self._sections(file.classes, "classes"),
            profiles=self._sections(file.profiles, "profiles"),
            services=self._sections(file.services, "services"),
            bindings=tuple(self._binding(each, at) for at, each in enumerate(file.bindings)),
            places=tuple(
                Place(
                    each.location,
                    each.site or "",
                    each.medium or "",
                    each.domain or "",
                    each.offline,
                    each.retrieval or 0.0,
                    each.rate,
                )
                for each in file.places
            ),
            estate=self._section(file.estate, ("estate",), _ESTATE),
        )

    def _sections(self, shapes: Mapping[str, Shape], root: str) -> dict[str, Section]:
        return {name: self._section(shape, (root, name), LEAVES) for name, shape in shapes.items()}

    def _section(self, shape: Shape, steps: Steps, paths: Mapping[str, tuple[str, ...]]) -> Section:
        leaves = {}
        for name, path in paths.items():
            part = _at(shape, path)
            if part is not None:
                leaves[name] = self._leaf(name, part, (*steps, *path))
        return Section(
            name=str(steps[-1]),
            leaves=leaves,
            service_class=getattr(shape, "service_class", None) or "",
            profile=getattr(shape, "profile", None) or "",
            line=self.unwrapped.document.line(*steps),
        )

    def _leaf(self, name: str, part: Any, steps: Steps) -> Leaf:
        document = self.unwrapped.document
        line = document.line(*steps)
        also = [replace(each, value=_meant(name, each.value)) for each in self.others.get(steps, ())]
        return Leaf(
            place=".".join(str(step) for step in steps),
            value=_meant(name, _value(part)),
            written=shown(_raw_at(document.value, steps)),
            source=self.unwrapped.source(steps) or f"{document.path}:{line}",
            line=line,
            also=tuple(also),
        )

    def _binding(self, shape: BindingShape, at: int) -> Binding:
        return Binding(
            kinds=tuple(shape.kinds or ()),
            platforms=tuple(shape.platforms or ()),
            assets=tuple(shape.assets or ()),
            labels=shape.labels or {},
            profile=shape.profile or "",
            service_class=shape.service_class or "",
            service=shape.service or "",
            line=self.unwrapped.document.line("bindings", at),
        )


def _meant(name: str, value: object) -> object:
    """Give a leaf's value as `Demand` means it: an algorithm is a demand for encryption."""
    return value != "none" if name == "encrypted" else value


def _check_names(file: RecoveryPolicyFile, document: Document, problems: list[Problem]) -> None:
    """Check that classes, profiles and services that are named are there."""
    said: list[tuple[Steps, str, str, Iterable[str]]] = []
    for root, sections in (("profiles", file.profiles), ("services", file.services)):
        for name, section in sections.items():
            said.append(((root, name, "class"), "class", section.service_class or "", file.classes))
            said.append(((root, name, "profile"), "profile", getattr(section, "profile", None) or "", file.profiles))
    for at, binding in enumerate(file.bindings):
        said.append((("bindings", at, "class"), "class", binding.service_class or "", file.classes))
        said.append((("bindings", at, "profile"), "profile", binding.profile or "", file.profiles))
        said.append((("bindings", at, "service"), "service", binding.service or "", file.services))
    plural = {"class": "classes", "profile": "profiles", "service": "services"}
    for steps, what, name, known in said:
        if name and name not in known:
            todo = remedy(name, known, f"write it under {plural[what]}:")
            problems.append(Problem(document.path, document.line(*steps), f"no {what} is called '{name}'", todo))


def leaf_steps(policy: RecoveryPolicy, place: str) -> tuple[str, ...]:
    """Give the keys that a leaf's place names; names in it may hold dots themselves."""
    root, _, rest = place.partition(".")
    groups: dict[str, Mapping[str, Section]] = {
        "classes": policy.classes,
        "profiles": policy.profiles,
        "services": policy.services,
    }
    for name in groups.get(root, {}):
        path = tuple(rest.removeprefix(f"{name}.").split("."))
        if rest.startswith(f"{name}.") and path in _PATHS:
            return (root, name, *path)
    return (root, *rest.split("."))
