"""Collects the installed packages of PostgreSQL and of what is made for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import shown
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.postgres_package",)

_NO_DPKG = 97
_PATTERNS = (
    "postgresql*", "postgis*", "patroni*", "pgadmin*", "pgagent*", "pgbackrest*", "pgbadger*", "pgbouncer*", "pgcli*",
    "pgcopydb*", "pgloader*", "pgpool*", "pgtap*", "pgtop*", "pg-*", "pgsql-*", "pgxnclient*", "phppgadmin*", "barman*",
    "repmgr*", "slony*", "timescaledb*", "citus*", "odbc-postgresql*",
)  # fmt: skip

_SCRIPT = (
    f"{{ command -v dpkg-query >/dev/null && [ -s /var/lib/dpkg/status ]; }} || exit {_NO_DPKG}\n"
    "dpkg-query -W -f='${Package}\\t${Status}\\t${Version}\\n' -- "
    + " ".join(f"'{pattern}'" for pattern in _PATTERNS)
    + "\necho end"
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe."""
    return [Probe("linux.postgres_package", _SCRIPT, timeout=30)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: packages that are removed but for their configuration are left out."""
    output = output_of(outputs, "linux.postgres_package")
    rows, gap = _read(output)
    provenance = session.provenance("dpkg-query -W 'postgresql*' 'pg*' …")
    return [Evidence(query, tuple(rows), gap, provenance) for query in queries]


def _read(output: Output) -> tuple[list[Row], Gap | None]:
    if output.status == _NO_DPKG:
        return [], error("dpkg does not manage the packages there, and no other package manager is asked")
    lines = output.lines
    gap = output.gap or (None if "end" in lines else output.failure("dpkg-query failed"))
    rows: dict[str, Row] = {}
    for line in lines:
        name, _, rest = line.partition("\t")
        status, _, version = rest.partition("\t")
        state = status.split(" ")[-1]
        if version and state not in ("config-files", "not-installed", ""):
            name = shown(name.encode("utf-8", "replace"))
            rows[name] = {"name": name, "version": shown(version.encode("utf-8", "replace"))}
    return [rows[name] for name in sorted(rows)], gap
