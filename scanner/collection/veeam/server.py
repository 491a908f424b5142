"""Asks Veeam Backup & Replication over its REST API, or reads what a scheduled task exported from it."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.answer import Answer
from scanner.collection.exported.asking import Asked
from scanner.collection.exported.listing import Told, asked_or_read
from scanner.collection.veeam import export, rest
from scanner.collection.veeam.jobs import job_rows, run_rows
from scanner.collection.veeam.places import location_rows, usage_rows
from scanner.collection.veeam.points import point_rows
from scanner.collection.veeam.record import Record
from scanner.model.evidence import Query
from scanner.transport.api import Api
from scanner.transport.dropped import Folder
from scanner.transport.shell import Limits

FACTS = (
    "backup.server",
    "backup.restore_point",
    "backup.job",
    "backup.run",
    "backup.location",
    "backup.usage",
)
READS = (export.PATTERN,)
"""Names of files that are read where the target is a folder."""


def describe(_queries: Sequence[Query]) -> Asked:
    """Give the requests that are made."""
    return Asked(tuple(f"GET {path}" for path in rest.PATHS))


def collect(queries: Sequence[Query], client: Api | Folder, limits: Limits, now: str = "") -> Answer:
    """Ask the server or read its export; whatever goes wrong becomes gaps, never an exception.

    `now` is our clock; the time of the call when left out.
    """
    del limits
    return asked_or_read(queries, FACTS, client, now, rest.ask, export.read, told)


def told(record: Record, begun: str) -> Told:
    """Turn a record into facts."""
    found = Told(asked=record.asked, now=record.now, notes=list(record.notes), gap=record.gap)
    if record.gap is not None:
        return found
    found.of("backup.server").rows.append(
        {
            "name": record.name,
            "version": record.version,
            "blind": list(record.blind),
            "source": record.source,
            "collected_at": record.collected_at or record.now or begun,
        }
    )
    sessions = record.lists["sessions"]
    for fact, rows, needed in (
        ("backup.restore_point", point_rows(record), ("restore_points",)),
        ("backup.job", job_rows(record), ("jobs", "configuration_backup")),
        ("backup.run", run_rows(sessions.items), ("sessions",)),
        ("backup.location", location_rows(record), ("repositories",)),
        ("backup.usage", usage_rows(record, begun), ("repositories",)),
    ):
        found.of(fact).rows += rows
        for name in needed:
            found.of(fact).lacks(*record.lists[name].gaps)
    return found
