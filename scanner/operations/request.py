"""What a caller asks of a run, with every setting that the command line or a program may give."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scanner.gate import Thresholds
from scanner.model.errors import ConfigurationError

LOCAL_TARGET = "localhost"


def moment_of(text: str, place: str) -> str:
    """Give a time as RFC 3339 in UTC, to the second; raises ConfigurationError for a text that is no time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        pass
    raise ConfigurationError(f"{place}: '{text}' is no time with a zone (write RFC 3339, such as 2026-11-20T01:02:03Z)")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the inventory and of the rules a run covers; empty means all."""

    targets: tuple[str, ...] = ()
    """Target ids or groups."""
    limit: tuple[str, ...] = ()
    """Shell patterns that target ids must match."""
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """`catalogue/number`, or a number that only one of the profile's catalogues has."""

    @property
    def narrows_targets(self) -> bool:
        """True when not every target of the inventory is asked for."""
        return bool(self.targets or self.limit or self.labels)

    @property
    def narrows_rules(self) -> bool:
        """True when not every rule of the profiles is asked for."""
        return bool(self.rules or self.controls)


@dataclass(frozen=True, slots=True)
class Origin:
    """A commit that policy files were taken from, instead of from where they lie."""

    root: Path
    """Folder with what was taken, each file under its path in the repository."""
    top: Path
    """Folder of the repository, seen from the working directory."""
    ref: str
    commit: str
    remarks: tuple[str, ...] = ()
    """What readers of the report must know of it."""

    def shown(self, path: str) -> str:
        """Give what a taken file is called in the repository; any other path as it is."""
        root = f"{self.root}/"
        return os.path.normpath(self.top / path.removeprefix(root)) if path.startswith(root) else path

    def real(self, shown: str) -> Path:
        """Give where a file lies that is called so: among what was taken, else where its path says."""
        inside = os.path.relpath(shown, self.top)
        taken = self.root / inside
        return taken if not inside.startswith("..") and taken.is_file() else Path(shown)


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders of further content, beside the shipped one."""

    rules: tuple[Path, ...] = ()
    profiles: tuple[Path, ...] = ()
    catalogues: tuple[Path, ...] = ()
    origin: Origin | None = None

    def shown(self, path: str) -> str:
        """Give what problems and reports call a file."""
        return self.origin.shown(path) if self.origin else path


@dataclass(frozen=True, slots=True)
class Files:
    """The user's files; None means that there is none."""

    inventory: Path | None = None
    waivers: tuple[Path, ...] = ()
    attestations: tuple[Path, ...] = ()
    claims: tuple[Path, ...] = ()
    recovery_policy: Path | None = None
    """None means the shipped one."""
    folders: Folders = field(default_factory=Folders)
    configuration: Path | None = None

    def real(self, shown: str) -> Path:
        """Give where a file lies that problems and reports call so."""
        return self.folders.origin.real(shown) if self.folders.origin else Path(shown)


@dataclass(frozen=True, slots=True)
class Reaching:
    """How targets are reached: concurrency, time limits in seconds, secrets."""

    jobs: int = 16
    connect: float = 10
    auth: float = 20
    run: float = 300
    accept_new: bool = False
    command_references: bool = True
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Whether and how a run is bundled; keys and passphrases are references, or `agent:KEY`."""

    bundle: Path | None = None
    """A folder, or a file that ends in .zip."""
    after: Path | None = None
    """The bundle that it follows, or a folder with bundles."""
    key: str = ""
    passphrase: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a run goes: one folder, or a folder of runs of which `keep` stay (0: all)."""

    folder: Path | None = None
    runs: Path | None = None
    keep: int = 0
    formats: tuple[str, ...] = ()
    file_mode: int | None = None
    """Permissions of every report; None leaves each format its own."""
    resume: bool = False
    baseline: str = ""
    """A run folder, a baseline file, or `latest`; empty for none."""
    sealing: Sealing = field(default_factory=Sealing)


@dataclass(frozen=True, slots=True)
class Request:
    """A whole run as asked for; `now` is RFC 3339 in UTC, ages are seconds."""

    now: str
    profiles: tuple[str, ...] = ()
    """Profiles that every target must meet, whatever the inventory says."""
    default_profiles: tuple[str, ...] = ()
    """Profiles of targets for which the inventory names none; without them `auto`."""
    frameworks: tuple[str, ...] = ()
    """Catalogues to report besides those of the profiles."""
    local: bool = False
    """Scan this machine without an inventory."""
    selection: Selection = field(default_factory=Selection)
    files: Files = field(default_factory=Files)
    reaching: Reaching = field(default_factory=Reaching)
    output: Output = field(default_factory=Output)
    thresholds: Thresholds = field(default_factory=Thresholds)
    assume_platform: bool = False
    """Judge by the profiles that were named even on systems that they are not for; reports say so."""
    max_evidence_age: float | None = 24 * 3600.0
    """None lifts the limit."""
    scope: str = ""
    """Name of the scope in SARIF categories and headers."""
    operator: str = ""
    host: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
