"""What documents claim: read out of Markdown, checked against the catalogues, set beside a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from scanner.catalog.catalogues import control_ids, unknown_control
from scanner.catalog.files.claimtables import claims_in
from scanner.catalog.files.platforms import PLATFORMS as SYSTEMS
from scanner.catalog.numbering import misnumbered
from scanner.catalog.userfiles import load_user_files
from scanner.collection.table import PLATFORMS
from scanner.comparison.claims import Reach, against_claims
from scanner.model.errors import ConfigurationError, Problem, near
from scanner.model.report import TargetInfo
from scanner.model.suppression import Claim
from scanner.operations.content import load_content
from scanner.operations.request import Folders
from scanner.plugins import plugins
from scanner.store.runs import read_run

_LARGEST = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Imported:
    """Claims of documents as a file of claims, and the rows that could not be read."""

    text: str
    claims: int
    problems: tuple[Problem, ...]


def import_claims(paths: Iterable[Path], catalogue: str, folders: Folders, system: str = "") -> Imported:
    """Read the tables of Markdown documents, whose claims are about a system when one is named.

    Raises ConfigurationError for a file, catalogue or platform that is not there.
    """
    if system and system not in SYSTEMS:
        hint = near(system, SYSTEMS) or f" (known are {', '.join(SYSTEMS)})"
        raise ConfigurationError(f"--system {system}: no platform is called so{hint}")
    known = load_content(folders, cases=False).catalogues
    if catalogue not in known:
        raise ConfigurationError(f"--catalogue {catalogue}: there is none of that name{near(catalogue, known)}")
    problems: list[Problem] = []
    claims = [
        replace(claim, system=system)
        for path in paths
        for claim in claims_in(str(path), _text(path), catalogue, problems)
    ]
    return Imported(_written(claims), len(claims), tuple(problems))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigurationError(f"{path}: larger than any document of claims (is it the right file?)")
        return path.read_text("utf-8-sig")
    except OSError as problem:
        raise ConfigurationError(f"{path}: cannot be read: {problem.strerror} (check the path)") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text (name a Markdown document)") from None


def _written(claims: Sequence[Claim]) -> str:
    entries = []
    for claim in claims:
        entry: dict[str, Any] = {"control": claim.control, "status": claim.status, "source": claim.source}
        entry.update({"title": claim.title} if claim.title else {})
        entry.update({"system": claim.system} if claim.system else {})
        entry["date"] = claim.date or None
        entry.update({"date_text": claim.date_text} if claim.date_text else {})
        entries.append(entry)
    body = yaml.safe_dump({"claims": entries}, sort_keys=False, allow_unicode=True, width=200)
    return f"schema: claims/1\n{body}"


def lint_claims(paths: Sequence[Path], folders: Folders) -> tuple[int, tuple[Problem, ...]]:
    """Give how many claims there are, and those whose number does not exist or does not fit their title.

    Raises ContentError for files that cannot be read as claims.
    """
    claims = load_user_files(claims=paths).claims
    catalogues = load_content(folders, cases=False).catalogues
    ids = control_ids(catalogues)
    problems = [
        Problem(claim.path, claim.line, *said) for claim in claims if (said := unknown_control(claim.control, ids))
    ]
    return len(claims), tuple(sorted([*problems, *misnumbered(claims, catalogues)]))


def reach_of(targets: Iterable[TargetInfo]) -> Reach:
    """Give the platforms that collectors read, and those of the targets that were assessed."""
    collected = {*PLATFORMS, *plugins("collectors")}
    return Reach(collected, {info.platform for info in targets if info.state == "assessed"})


def check_claims(run: Path, paths: Sequence[Path]) -> tuple[dict[str, Any], ...]:
    """Set claims beside a run: those of the files, or the run's own without any; rows as in the report.

    Raises ContentError for files that cannot be read, ReportError for a run that cannot, and ConfigurationError when
    there are no claims at all.
    """
    report = read_run(run)
    if paths:
        reach = reach_of(report.targets.values())
        rows, _ = against_claims(load_user_files(claims=paths).claims, report.catalogues, report.results, reach)
    else:
        rows = tuple(dict(row) for row in report.claims)
    if not rows:
        raise ConfigurationError("no claims are given (name a file with --claims)")
    return rows
