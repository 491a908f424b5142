"""Reads what Iperius Backup leaves behind: the log of each job's last run, and the files in its destination."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.exported.freshness import stale
from scanner.collection.exported.listing import Told, answered, joined
from scanner.collection.iperius.files import LOCATION, Naming, point_rows
from scanner.collection.iperius.log import Log, read_log
from scanner.model.evidence import ABSENT, Cell, Gap, Identity, Query, Row, error, unknown
from scanner.transport.dropped import Dropped, Folder
from scanner.transport.shell import Limits, Stopwatch

FACTS = ("backup.server", "backup.restore_point", "backup.run", "backup.location")
LOGS = ("*/LogFile.htm", "Logs/*/LogFile.htm")
FILES = (f"{LOCATION}/**",)


def describe(_queries: Sequence[Query]) -> Asked:
    """Give what is read and listed."""
    return Asked((*(f"read {each}" for each in LOGS), *(f"list {each}" for each in FILES)))


def collect(queries: Sequence[Query], client: Folder, limits: Limits, now: str = "") -> Answer:
    """Read the folder; whatever goes wrong becomes gaps, never an exception.

    `now` is our clock; the time of the call when left out.
    """
    begun = now or Stopwatch().started_at
    identity = Identity(address=client.settings.get("folder", ""))
    return answered(queries, FACTS, begun, lambda: told(client, begun), lambda: identity)


def told(folder: Folder, now: str) -> Told:
    """Turn logs and listing into facts."""
    found = Told(asked=f"read the logs and list the destination in {folder.settings.get('folder', 'the folder')}")
    logs = folder.files(LOGS)
    runs: dict[str, tuple[Cell, str]] = {}
    newest: tuple[str, str] = ("", "")
    for file in logs:
        gap, log = _read(file, now, folder)
        found.lost(("backup.run",), gap)
        if log is None:
            continue
        job = file.name.split("/")[-2]
        runs[job] = (log.status, file.modified_at)
        newest = max(newest, (file.modified_at, log.version))
        if gap is None:
            found.of("backup.run").rows.append(_run(job, file, log))
    if not logs:
        found.lost(("backup.run",), error(f"there is no log in the folder (no {LOGS[0]}: is it the folder Logs?)"))
    version: Cell = newest[1] or unknown("no log tells the version")
    found.of("backup.server").rows.append(
        {
            "name": f"Iperius Backup {newest[1]}".strip(),
            "version": version,
            "blind": sorted({gap.needs for gap in found.of("backup.run").gaps if gap.needs}),
            "source": "file",
            "collected_at": newest[0] or unknown("there is no log"),
        }
    )
    _destination(found, folder, runs, now)
    return found


def _read(file: Dropped, now: str, folder: Folder) -> tuple[Gap | None, Log | None]:
    if file.failure:
        reason = f"{file.name}: {file.failure}"
        return unknown(reason, f"the right to read {file.name}") if file.denied else error(reason), None
    log = read_log(file.data, folder.settings.get("language", ""))
    return stale(file.name, file.modified_at, now, folder.settings), log


def _run(job: str, file: Dropped, log: Log) -> Row:
    return {
        "system": "iperius",
        "run": f"{job}@{file.modified_at}",
        "job": job,
        "kind": "backup",
        "asset_keys": [f"iperius:{job}"],
        "started_at": unknown("the log is not read for the beginning of the run"),
        # The last run rewrites the log, so that its file is as old as the end of the run.
        "ended_at": file.modified_at,
        "status": log.status,
        "message": log.message or ABSENT,
        "size": ABSENT,
        "user": ABSENT,
    }


def _destination(found: Told, folder: Folder, runs: dict[str, tuple[Cell, str]], now: str) -> None:
    both = ("backup.restore_point", "backup.location")
    naming = Naming.of(folder.settings)
    if isinstance(naming, Gap):
        found.lost(both, naming)
        return
    files = folder.files(FILES, read=False)
    if not files:
        reason = f"logs do not list restore points, and there is nothing in {LOCATION}/ (mount the destination there)"
        found.lost(both, unknown(reason, "the listing of the destination"))
        return
    rows, gaps = point_rows(files, naming, runs, now)
    found.of("backup.restore_point").rows += rows
    found.lost(both, joined(gaps))
    if gaps and not rows:
        return
    found.of("backup.location").rows.append(
        {
            "system": "iperius",
            "location": LOCATION,
            "kind": "folder",
            "usable": True,
            "message": ABSENT,
            "total": ABSENT,
            "used": joined(gaps) or sum(each.size for each in files),
            "encryption": ABSENT,
            "storage_class": ABSENT,
            "immutable": ABSENT,
            "transport": ABSENT,
        }
    )
