"""A run bundled: its files, all it was judged by, reports, and a seal, whole under its name or not there at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from scanner.model.errors import ConfigurationError, ReportError
from scanner.model.report import Report
from scanner.operations.bundled import Source, bundled_files
from scanner.operations.prepare import Prepared, prepare
from scanner.operations.reporting import open_formats, write_reports
from scanner.operations.request import Request, Sealing
from scanner.sealing import sshsig
from scanner.sealing.agent import open_agent
from scanner.sealing.archive import pack
from scanner.sealing.keys import Signer, open_private
from scanner.sealing.manifest import DIGEST, MANIFEST, MAX_BYTES, SIGNATURE, SUMS, Entry, Manifest, decode, digest_line
from scanner.sealing.places import FolderPlace, entry_of, open_place, read_small
from scanner.secrets import Secrets
from scanner.store import atomic
from scanner.store.runs import read_run

PAGE = "VERIFY.txt"
ALWAYS = "html"
"""The format that no bundle goes without."""
_AGENT = "agent:"


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a bundle goes, who signs it (None: nobody), and the manifest that it follows."""

    path: Path
    signer: Signer | None
    previous: str = ""
    previous_run: str = ""


def open_seal(request: Request) -> Seal | None:
    """Open the key and find the bundle before, ahead of the work; None when no bundle is asked for.

    Raises ConfigurationError and ReportError.
    """
    asked = request.output.sealing
    if asked.bundle is None:
        if asked.key or asked.after or asked.passphrase:
            raise ConfigurationError("--sign-key, --sign-passphrase, --bundle-after: nothing is sealed (add --bundle)")
        return None
    try:
        taken = asked.bundle.exists() and not (asked.bundle.is_dir() and not any(asked.bundle.iterdir()))
    except OSError as problem:
        raise ConfigurationError(f"{asked.bundle}: cannot be written: {problem.strerror} (name another)") from None
    if taken:
        raise ConfigurationError(f"{asked.bundle}: it is there already (name another bundle, or remove it)")
    atomic.make_folder(asked.bundle.absolute().parent)
    signer = _signer(asked, request) if asked.key else None
    previous, run = _previous(asked.after) if asked.after else ("", "")
    return Seal(asked.bundle, signer, previous, run)


def _signer(asked: Sealing, request: Request) -> Signer:
    reaching = request.reaching
    if asked.key.startswith(_AGENT):
        wanted = asked.key.removeprefix(_AGENT).strip()
        if wanted.endswith(".pub"):
            try:
                wanted = Path(wanted).read_text().strip()
            except (OSError, ValueError):
                raise ConfigurationError(f"{wanted}: cannot be read (name a public key's file)") from None
        return open_agent(wanted, reaching.environment.get("SSH_AUTH_SOCK", ""))
    secrets = Secrets(allow_commands=reaching.command_references, environ=reaching.environment)
    passphrase = secrets.resolve(asked.passphrase) if asked.passphrase else ""
    return open_private(secrets.resolve(asked.key), passphrase, asked.key)


def _previous(place: Path) -> tuple[str, str]:
    """Give hash and run of the manifest to follow: that of a bundle, or of the newest bundle in a folder of them."""
    candidates = [place]
    with suppress(OSError):
        # What cannot be read is said when it is opened.
        if place.is_dir() and not (place / MANIFEST).exists():
            found = (each for each in place.iterdir() if not each.name.startswith("."))
            candidates = sorted(each for each in found if each.suffix == ".zip" or (each / MANIFEST).is_file())
    manifests = [_manifest_of(each) for each in candidates]
    if not manifests:
        return "", ""
    newest = max(manifests, key=lambda found: (found[0].ended, found[0].run_id))
    return newest[1], newest[0].run_id


def _manifest_of(path: Path) -> tuple[Manifest, str]:
    with open_place(path) as place:
        data = read_small(place, MANIFEST, MAX_BYTES)
    return decode(data, f"{path}: {MANIFEST}"), digest_line(data).split()[0].decode()


def seal_run(seal: Seal | None, run: Path, prepared: Prepared) -> tuple[Path, ...]:
    """Write the bundle of the finished run in a folder; gives its path, or nothing when none is asked for.

    Raises ReportError when it cannot be written, and when the run was changed since.
    """
    if seal is None:
        return ()
    path, report = seal.path, read_run(run)
    parent = path.absolute().parent
    work: Path | None = None
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{path.name[:100]}.", dir=parent))
        whole = work / "bundle"
        _fill(whole, bundled_files(run, report, prepared))
        formats = dict.fromkeys((*prepared.request.output.formats, ALWAYS))
        write_reports(report, formats, whole, 0o600)
        _close(whole, seal, report, {name: found.FILE for name, found in open_formats(formats).items()})
        if path.suffix == ".zip":
            atomic.write_with(path, lambda out: _zip(whole, out), prepared.request.output.file_mode or 0o600)
        else:
            _settle(whole, path)
        _sync(parent)
    except OSError as problem:
        raise ReportError(f"{path}: cannot be written: {problem.strerror} (make room, or name another)") from problem
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
    return (path,)


def bundle_run(request: Request, run: Path) -> tuple[Path, ...]:
    """Bundle an earlier run with today's files, which must be those that it was judged by.

    Raises ConfigurationError when they are not, ReportError and ContentError.
    """
    seal, prepared, header = open_seal(request), prepare(request), read_run(run).header
    for what, then, now in (
        ("rules or profiles", header.rules_sha256, prepared.rules_sha256),
        ("the inventory", header.inventory_sha256, prepared.inventory.sha256),
    ):
        if then != now:
            raise ConfigurationError(
                f"{run}: {what} are not those of the run: {then[:16] or 'none'} then, {now[:16] or 'none'} now "
                "(give the flags of the scan, or bundle with scan --bundle)"
            )
    return seal_run(seal, run if run.is_dir() else run.parent, prepared)


def _fill(folder: Path, files: Mapping[str, Source]) -> None:
    for name, source in files.items():
        place = folder / name
        atomic.make_folder(place.parent)
        if isinstance(source, bytes):
            place.write_bytes(source)
        else:
            try:
                shutil.copyfile(source.path, place)
            except OSError as problem:
                what = problem.strerror or "no file"
                raise ReportError(f"{source.path}: cannot be read any more: {what} (bundle it again)") from problem
            if source.sha256 and _entry(folder, name).sha256 != source.sha256:
                raise ReportError(f"{source.path}: it was changed since the run (scan again)")


def _entry(folder: Path, name: str) -> Entry:
    with (folder / name).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Entry(name, (folder / name).stat().st_size, digest)


def _close(folder: Path, seal: Seal, report: Report, reports: Mapping[str, str]) -> None:
    """Write what seals the files that are there."""
    header = report.header
    (folder / PAGE).write_text(_page(signed=seal.signer is not None))
    place = FolderPlace(folder)
    files = tuple(entry_of(place, name) for name in place.sizes)
    told = (header.run_id, header.tool, version("controlproof"), header.ended)
    sums = Manifest(*told, files).sums()
    (folder / SUMS).write_bytes(sums)
    listed = (*files, _entry(folder, SUMS))
    data = Manifest(*told, listed, seal.previous, seal.previous_run, reports).encode()
    (folder / MANIFEST).write_bytes(data)
    (folder / DIGEST).write_bytes(digest_line(data))
    if seal.signer is not None:
        (folder / SIGNATURE).write_bytes(sshsig.sign(data, seal.signer))


def _zip(folder: Path, out: BinaryIO) -> None:
    place = FolderPlace(folder)
    pack(place.sizes, place.chunks, out)


def _settle(whole: Path, path: Path) -> None:
    """Give a folder its final name when every byte of it is on the disk."""
    for file in whole.rglob("*"):
        file.chmod(0o700 if file.is_dir() else 0o600)
        _sync(file)
    _sync(whole)
    whole.chmod(0o700)
    whole.rename(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _page(*, signed: bool) -> str:
    return _WORDS + (_SIGNED if signed else _UNSIGNED)


_WORDS = f"""\
HOW TO VERIFY THIS BUNDLE

It holds one run of controlproof: what was found (run.json, results.jsonl), what the targets answered (evidence/),
what they were judged by (policy/, inventory/, waivers/, attestations/, claims/, recovery-policy/), and reports made from these.
{MANIFEST} names every file with its size and its SHA-256, and the hash of the manifest of the bundle before.

With controlproof:

    controlproof verify . --allowed-signers ALLOWED_SIGNERS

It compares every hash, checks the signature, checks that the evidence is what the results were judged on, and makes
the reports again from run.json to see that they are the same, byte for byte.

With tools that every system has, in the folder of this file:

    sha256sum -c {DIGEST}
    grep -F "$(sha256sum {SUMS} | cut -d ' ' -f 1)" {MANIFEST}
    sha256sum -c --strict --quiet {SUMS}
    find . ! -type d | wc -l

The second command must print a line, the third must print nothing. The last one must print 3 more than {SUMS} has
lines, and 4 more when there is a {SIGNATURE}: otherwise a file was added.
"""
_SIGNED = f"""
The signature, with OpenSSH 8.1 or newer:

    ssh-keygen -Y verify -f ALLOWED_SIGNERS -I WHO -n {sshsig.NAMESPACE} -s {SIGNATURE} < {MANIFEST}

ALLOWED_SIGNERS is a file that you had before this bundle, never one that came with it, with a line for each signer:
WHO, then the public key (ssh-keygen(1), ALLOWED SIGNERS). Hashes alone show damage; only the signature shows who
vouches, and only the next bundle, or a copy of {DIGEST} elsewhere, shows that nothing was rewritten later.
"""
_UNSIGNED = f"""
This bundle is NOT signed: hashes show damage, but whoever changes a file can compute them again. Compare
{DIGEST} with a copy that was kept elsewhere.
"""
