"""The checks of a bundle: nothing missing, added or changed; the signature; the chain of bundles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from scanner.model.errors import ReportError
from scanner.sealing import sshsig
from scanner.sealing.keys import fingerprint
from scanner.sealing.manifest import (
    DIGEST,
    MANIFEST,
    MAX_BYTES,
    SEALS,
    SIGNATURE,
    SUMS,
    Manifest,
    decode,
    digest_line,
)
from scanner.sealing.places import Place, entry_of, read_small
from scanner.sealing.signers import Allowed, identify


@dataclass(frozen=True, slots=True)
class Demand:
    """Who must have signed, and when the key must have been valid; without `allowed` any key will do, and none too."""

    allowed: tuple[Allowed, ...] | None
    identity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest that holds, its hash, and who sealed it (empty without a signature)."""

    shown: str
    manifest: Manifest
    sha256: str
    signer: str
    """Whose signature it is; empty when that was not asked."""
    key: str
    """Fingerprint of the key; empty without a signature."""


def check_seal(place: Place, demand: Demand) -> Sealed:
    """Check manifest and signature of a bundle, not its files; raises ReportError."""
    data = read_small(place, MANIFEST, MAX_BYTES)
    manifest = decode(data, f"{place.shown}: {MANIFEST}")
    if read_small(place, DIGEST, 200) != digest_line(data):
        raise ReportError(
            f"{place.shown}: {MANIFEST} is not the one that {DIGEST} is of (one of them was changed; do not trust it)"
        )
    shown = f"{place.shown}: {SIGNATURE}"
    signer = key = ""
    if SIGNATURE in place.sizes:
        signature = sshsig.read(read_small(place, SIGNATURE, sshsig.MAX_BYTES), shown)
        sshsig.verify(data, signature, shown)
        key = fingerprint(signature.public)
        if demand.allowed is not None:
            signer = identify(demand.allowed, signature.public, demand.identity, sshsig.NAMESPACE, demand.at, shown)
    elif demand.allowed is not None:
        raise ReportError(f"{place.shown}: it is not signed ({SIGNATURE} is missing; do not trust this bundle)")
    return Sealed(place.shown, manifest, hashlib.sha256(data).hexdigest(), signer, key)


def check_files(place: Place, manifest: Manifest) -> list[str]:
    """Say which files are missing, added or changed; a sentence each."""
    listed = {each.path: each for each in manifest.files}
    there = {name for name in place.sizes if name not in SEALS}
    wrong = [f"{place.shown}: {name} is missing (it was taken out)" for name in sorted(listed.keys() - there)]
    wrong += [
        f"{place.shown}: {name[:200]!r} is not in the manifest (it was added)" for name in sorted(there - listed.keys())
    ]
    for name in sorted(listed.keys() & there):
        entry = listed[name]
        found = entry_of(place, name, limit=entry.size)
        if found != entry:
            size = f", {place.sizes[name]} bytes instead of {entry.size}" if place.sizes[name] != entry.size else ""
            wrong.append(f"{place.shown}: {name} was changed{size} (its hash is not the manifest's)")
    sums = manifest.find(SUMS)
    expected = manifest.sums()
    if sums is None or (sums.size, sums.sha256) != (len(expected), hashlib.sha256(expected).hexdigest()):
        wrong.append(f"{place.shown}: {SUMS} does not list the manifest's files (do not trust this bundle)")
    return wrong


def check_chain(seals: Sequence[Sealed]) -> list[str]:
    """Say where the chain of bundles, the oldest first, breaks; a sentence each."""
    wrong = []
    for before, after in pairwise(seals):
        if after.manifest.previous != before.sha256:
            said = f"names {after.manifest.previous_run or 'none'}" if after.manifest.previous else "begins a chain"
            wrong.append(
                f"{after.shown}: it does not follow {before.shown}: as its predecessor it {said} "
                "(a bundle is missing, changed, or out of order; give them oldest first)"
            )
        elif before.manifest.ended > after.manifest.ended:
            wrong.append(
                f"{after.shown}: its run ended {after.manifest.ended}, before that of its predecessor, "
                f"{before.manifest.ended} (a clock was wrong, or it is back-dated)"
            )
    return wrong
