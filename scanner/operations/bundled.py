"""What goes into a bundle beside reports: the run, its evidence, and everything that it was judged by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from scanner import content
from scanner.model.errors import ReportError
from scanner.model.inventory import Inventory
from scanner.model.report import Report
from scanner.operations.prepare import WAIVERS_PROFILE, Prepared
from scanner.operations.request import Files
from scanner.store import folders
from scanner.store.evidence import snapshot_name
from scanner.store.runs import RESULTS_FILE, RUN_FILE


@dataclass(frozen=True, slots=True)
class File:
    """A file to copy, and the hash that it must have (empty for any)."""

    path: Path
    sha256: str = ""


Source: TypeAlias = File | bytes


def bundled_files(run: Path, report: Report, prepared: Prepared) -> dict[str, Source]:
    """Give path in the bundle > where it comes from."""
    return {
        RUN_FILE: File(run / RUN_FILE),
        RESULTS_FILE: File(run / RESULTS_FILE),
        **dict(_evidence(run, report)),
        **dict(_policy(report, prepared)),
        "inventory/inventory.json": inventory_document(prepared.inventory),
        **dict(_registers(prepared)),
    }


def _evidence(run: Path, report: Report) -> Iterator[tuple[str, Source]]:
    for info in report.targets.values():
        if info.evidence_sha256:
            name = f"{folders.EVIDENCE}/{snapshot_name(info.id)}"
            yield name, File(run / name, info.evidence_sha256)


def _policy(report: Report, prepared: Prepared) -> Iterator[tuple[str, Source]]:
    """Give the files of rules, profiles and catalogues in force."""
    loaded, asked = prepared.content, prepared.request.files
    own = {"rules": asked.folders.rules, "profiles": asked.folders.profiles, "catalogues": asked.folders.catalogues}
    for name in report.rules:
        rule = loaded.rules.get(name)
        if rule is not None:
            yield _located("rules", rule.path, own["rules"], asked)
    waiting = [*report.header.profiles, *([WAIVERS_PROFILE] if WAIVERS_PROFILE in prepared.profiles else [])]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in loaded.profiles and name not in seen:
            seen.add(name)
            waiting += loaded.profiles[name].file.extends or ()
            yield _located("profiles", loaded.profiles[name].document.path, own["profiles"], asked)
    for catalogue in report.catalogues:
        if catalogue.id in loaded.catalogues:
            path = loaded.catalogues.documents[catalogue.id].path
            yield _located("catalogues", path, own["catalogues"], asked)
    if asked.configuration is not None:
        yield "policy/controlproof.yaml", File(asked.configuration)


def _located(kind: str, shown: str, own: Iterable[Path], files: Files) -> tuple[str, Source]:
    """Give a content file's path in the bundle and its bytes; `shown` is what problems call it."""
    real = files.real(shown)
    for number, folder in enumerate(own, 1):
        if real.is_relative_to(folder) and real.is_file():
            return f"policy/own-{kind}-{number}/{_safe(real.relative_to(folder).as_posix())}", File(real)
    top, _, rest = shown.partition("/")
    try:
        place = content.folder(top) if top in ("rules", "profiles") else None
        for part in PurePosixPath(rest).parts if place is not None else ():
            place = place / part if place is not None else None
        if place is not None and place.is_file() and not Path(shown).is_absolute():
            return f"policy/{shown}", place.read_bytes()
    except OSError as problem:
        raise ReportError(f"{shown}: cannot be read any more: {problem.strerror} (bundle it again)") from problem
    return f"policy/own-{kind}/{_safe(real.name)}", File(real)


def _safe(path: str) -> str:
    """Give a path that a bundle may hold."""
    return "".join(each if each.isprintable() and each not in "\\:" else "_" for each in path)


def inventory_document(inventory: Inventory) -> bytes:
    """Give what was read from an inventory: references to secrets, and nothing that was left unread.

    The file itself stays out: comments and an Ansible inventory's variables may hold what nobody should pass on.
    """
    document = {
        "read_from": inventory.path,
        "sha256": inventory.sha256,
        "targets": [asdict(each) for each in sorted(inventory.targets, key=lambda each: each.id)],
        "assets": [asdict(each) for each in sorted(inventory.assets, key=lambda each: each.id)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _registers(prepared: Prepared) -> Iterator[tuple[str, Source]]:
    files = prepared.request.files
    kinds = (("waivers", files.waivers), ("attestations", files.attestations), ("claims", files.claims))
    for kind, paths in kinds:
        for number, path in enumerate(paths, 1):
            yield f"{kind}/{number}-{_safe(path.name)}", File(path)
    if files.recovery_policy is not None:
        yield "recovery-policy/recovery-policy.yaml", File(files.recovery_policy)
    for attestation in prepared.files.attestations:
        if attestation.attachment:
            path = files.real(attestation.attachment).expanduser()
            name = f"attestations/attachments/{attestation.attachment_sha256[:16]}-{_safe(path.name)}"
            yield name, File(path, attestation.attachment_sha256)
