"""A bundle or a run checked again: hashes, signature, chain, evidence, and reports made anew from the run."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, cast

from scanner.model.errors import ConfigurationError, ReportError
from scanner.model.report import Report
from scanner.operations.bundling import PAGE
from scanner.operations.reporting import open_formats
from scanner.reporting import wording
from scanner.reporting.table import PARTS, files, reporters
from scanner.sealing.checking import Demand, Sealed, check_chain, check_files, check_seal
from scanner.sealing.manifest import SEALS, SUMS, Entry
from scanner.sealing.places import Place, entry_of, open_place
from scanner.sealing.signers import read_signers
from scanner.store import folders
from scanner.store.evidence import snapshot_name
from scanner.store.runs import RESULTS_FILE, RUN_FILE, read_run

_ODD = (KeyError, ValueError, TypeError, AttributeError, RecursionError)
"""What a report made from a forged run may stumble over."""


_NAMED = 20
"""Most files that are named; of more the number is told."""


@dataclass(slots=True)
class Verified:
    """What was checked, and what is wrong; good when nothing is."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def demand(allowed: Path | None, identity: str, as_of: str) -> Demand:
    """Give who must have signed, from a file of allowed signers; raises ConfigurationError."""
    at = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    if allowed is None:
        if identity:
            raise ConfigurationError("--signer: nobody's key is known (add --allowed-signers FILE)")
        return Demand(None, "", at)
    try:
        text = allowed.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise ConfigurationError(f"{allowed}: cannot be read: {problem} (name a file of allowed signers)") from None
    return Demand(read_signers(text, str(allowed)), identity, at)


def verify(path: Path, wanted: Demand, previous: Sequence[Path] = ()) -> Verified:
    """Check a bundle, and the ones before it, the oldest first; or a run that is not sealed.

    Raises ConfigurationError when there is nothing to read; whatever else is wrong is in the result.
    """
    found = Verified()
    seals: list[Sealed] = []
    with tempfile.TemporaryDirectory(prefix="controlproof-verify-") as work:
        for each in (*previous, path):
            try:
                with open_place(each) as place:
                    if each is path and not previous and _bare(place):
                        _check_bare(place, wanted, Path(work), found)
                    else:
                        seals.append(_check_bundle(place, wanted, Path(work) if each is path else None, found))
            except ReportError as problem:
                found.problems.append(str(problem))
    if len(seals) == len(previous) + 1:
        found.problems += check_chain(seals)
        found.notes += _chain_told(seals)
    return found


def _bare(place: Place) -> bool:
    """Tell whether this is a run's folder that was never sealed."""
    return RUN_FILE in place.sizes and not {*SEALS, SUMS, PAGE} & place.sizes.keys()


def _check_bundle(place: Place, wanted: Demand, work: Path | None, found: Verified) -> Sealed:
    """Check one bundle; with `work`, its content too."""
    seal = check_seal(place, wanted)
    wrong = check_files(place, seal.manifest)
    found.problems += wrong
    if wrong or work is None:
        return seal
    found.notes.append(f"{len(seal.manifest.files)} files are as the manifest lists them, and no others")
    found.notes.append(_signed(seal, wanted))
    report = _run_of(place, work)
    header, manifest = report.header, seal.manifest
    if (header.run_id, header.tool, header.ended) != (manifest.run_id, manifest.tool, manifest.ended):
        found.problems.append(
            f"{place.shown}: {RUN_FILE} is of another run than the manifest (do not trust this bundle)"
        )
        return seal
    listed = {each.path: each for each in manifest.files}
    _check_evidence(place, report, listed, found)
    extra = {name for name in listed if name.startswith(f"{folders.EVIDENCE}/")} - _evidence_names(report)
    found.problems += [f"{place.shown}: {name} is evidence of no target of the run" for name in sorted(extra)]
    if manifest.version != version("controlproof"):
        found.notes.append(_other_version(manifest.version))
    else:
        _render_again(place, report, {manifest.reports[name]: name for name in manifest.reports}, listed, found)
    return seal


def _signed(seal: Sealed, wanted: Demand) -> str:
    if not seal.key:
        return "NOT SIGNED: hashes show damage, but whoever changed a file could have written them again"
    if wanted.allowed is None:
        return f"signed with {seal.key}; WHOSE key that is was not checked (give --allowed-signers FILE)"
    return f"signed by {seal.signer} with {seal.key}"


def _check_bare(place: Place, wanted: Demand, work: Path, found: Verified) -> None:
    if wanted.allowed is not None:
        raise ReportError(f"{place.shown}: it is not sealed, so nobody signed it (bundle runs with --bundle)")
    report = _run_of(place, work)
    found.notes.append("NOT SEALED: a run without a manifest; its results may have been changed together with run.json")
    names = {name for name in _evidence_names(report) if name in place.sizes}
    _check_evidence(place, report, {name: entry_of(place, name) for name in names}, found)
    formats = {entry.file: name for name, entry in reporters().items() if entry.file in place.sizes}
    if report.header.version != version("controlproof"):
        found.notes.append(_other_version(report.header.version))
        return
    _render_again(place, report, formats, {name: entry_of(place, name) for name in formats}, found)


def _other_version(wrote: str) -> str:
    return f"reports were NOT made again: version {wrote} wrote them, and this is {version('controlproof')}"


def _run_of(place: Place, work: Path) -> Report:
    """Copy the run out of the bundle and read it; raises ReportError."""
    for name in (RUN_FILE, RESULTS_FILE):
        if name not in place.sizes:
            raise ReportError(f"{place.shown}: {name} is missing (it was taken out)")
        with (work / name).open("wb") as out:
            entry_of(place, name, out)
    try:
        return read_run(work)
    except RecursionError:
        raise ReportError(f"{place.shown}: {RUN_FILE} is no run (do not trust this bundle)") from None


def _evidence_names(report: Report) -> set[str]:
    return {f"{folders.EVIDENCE}/{snapshot_name(info.id)}" for info in report.targets.values() if info.evidence_sha256}


def _check_evidence(place: Place, report: Report, listed: Mapping[str, Entry], found: Verified) -> None:
    """Compare the evidence of every target with the hash that its results were judged on."""
    number = 0
    for info in report.targets.values():
        if not info.evidence_sha256:
            continue
        number += 1
        name = f"{folders.EVIDENCE}/{snapshot_name(info.id)}"
        if name not in listed:
            found.problems.append(f"{place.shown}: {name} is missing, which {info.id} was judged on")
        elif listed[name].sha256 != info.evidence_sha256:
            found.problems.append(f"{place.shown}: {name} is not what {info.id} was judged on (its hash differs)")
    found.notes.append(f"evidence of {number} target{'s' * (number != 1)} compared with the hashes in {RUN_FILE}")


def _render_again(
    place: Place, report: Report, formats: Mapping[str, str], listed: Mapping[str, Entry], found: Verified
) -> None:
    """Make every report (file > format), with all its further files, again and compare their bytes."""
    same: list[str] = []
    made: set[str] = set()
    known = True
    for file, name in sorted(formats.items()):
        try:
            reporter = open_formats([name])[name]
        except ConfigurationError:
            found.notes.append(f"{file} was NOT made again: the format '{name}' is not installed here")
            known = False
            continue
        try:
            for part, writer in files(reporter, report):
                made.add(part)
                out = _Hashing()
                writer(cast("BinaryIO", out))
                if _is(place, listed, part, Entry(part, out.size, out.digest.hexdigest())):
                    same.append(part)
                else:
                    found.problems.append(
                        f"{place.shown}: {part} is not what {RUN_FILE} gives (one of them was changed)"
                    )
        except _ODD as problem:
            found.problems.append(f"{place.shown}: no {file} can be made from the run: {type(problem).__name__}")
    if known:
        extra = {name for name in listed if name.startswith(f"{PARTS}/")} - made
        found.problems += [f"{place.shown}: {name} is part of no report of the run" for name in sorted(extra)]
    if same:
        found.notes.append(f"made again from the run, byte for byte the same: {wording.shortened(same, _NAMED)}")


def _is(place: Place, listed: Mapping[str, Entry], name: str, made: Entry) -> bool:
    """Compare a file with what was made anew; further files of a run that is not sealed are on no list."""
    there = listed.get(name) or (entry_of(place, name) if name in place.sizes else None)
    return there == made


class _Hashing(io.RawIOBase):
    """A stream that keeps the hash and the size of what is written, and nothing else."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Tell that it takes bytes."""
        return True

    def write(self, data: object) -> int:
        """Take bytes."""
        view = memoryview(data)  # type: ignore[arg-type]
        self.digest.update(view)
        self.size += view.nbytes
        return view.nbytes


def _chain_told(seals: Sequence[Sealed]) -> Iterator[str]:
    if len(seals) > 1:
        yield f"it follows the {len(seals) - 1} before it, without a gap"
    first = seals[0].manifest
    if first.previous:
        yield f"the chain goes on before {first.run_id}: with run {first.previous_run}, which was not given (--previous)"
    with suppress(IndexError):
        yield f"manifest {seals[-1].sha256}"
