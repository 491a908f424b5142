"""What controlproof.yaml says, under the names that requests use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.catalog.files.configuration import Configuration, find_configuration
from scanner.matching.units import duration


def settings_from(start: Path) -> dict[str, Any]:
    """Give the settings of the nearest controlproof.yaml at or above `start`; empty without one.

    Only what the file says is in the result. Raises ContentError.
    """
    found = find_configuration(start)
    return _settings(found) if found else {}


def _settings(found: Configuration) -> dict[str, Any]:
    said: dict[str, Any] = {
        "configuration": found.path,
        "inventory": found.inventory,
        "default_profiles": found.profiles,
        "rule_folders": found.rules,
        "catalogue_folders": found.catalogues,
        "waivers": found.waivers,
        "attestations": found.attestations,
        "claims": found.claims,
        "recovery_policy": found.recovery_policy,
        "frameworks": found.frameworks,
        "output": str(found.output) if found.output else None,
        "formats": found.formats,
        "runs": found.runs,
        "keep": found.keep,
        "baseline": found.baseline,
        "fail_on": found.fail_on,
        "fail_on_new": found.fail_on_new,
        "undecided_at": found.undecided_at,
        "allow_undecided": found.allow_undecided,
        "require_attestations": found.require_attestations,
        "max_evidence_age": duration(found.max_evidence_age) if found.max_evidence_age else None,
        "no_command_refs": not found.command_refs if found.command_refs is not None else None,
        "file_mode": int(found.file_mode, 8) if found.file_mode else None,
    }
    return {name: value for name, value in said.items() if value not in (None, "", ())}
