"""Facts about the host behind a PostgreSQL server."""

from __future__ import annotations

import re

from scanner.derivation import hosting
from scanner.derivation.hosting import Inputs, Joint
from scanner.derivation.inputs import cell, derived, first_gap, gap_in, source
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, unknown

_JOINT = Joint("postgres.server", "linux.postgres_cluster", "data_directory")
_ALIAS = re.compile(r"[A-Z][A-Z0-9_]*")


def host(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.host."""
    return hosting.host(_JOINT, query, inputs, taken_at, _more)


def host_file(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.host_file."""
    return hosting.files(_JOINT, query, inputs, taken_at)


def host_package(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.host_package."""
    return hosting.passed_on(query, inputs, taken_at)


def host_fips(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.host_fips."""
    return hosting.passed_on(query, inputs, taken_at)


def client_history(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.client_history."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "client") == "psql", ("client",))


def environment_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.environment_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "name") == "PGPASSWORD", ("name",))


def command_line_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.command_line_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "engine") == "postgres", ("engine",))


def service_file_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.service_file_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "kind") == "pg_service", ("kind",))


def sudo_rule(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.sudo_rule: a group or alias among those that may be acted as is taken to hold the account."""
    row = hosting.matched(_JOINT, inputs)
    if isinstance(row, Gap):
        return derived(query, (), row, inputs, taken_at)
    found = source(inputs, "linux.sudo_rule")
    name, uid, container = (cell(row, field) for field in ("user", "uid", "container"))
    lost = first_gap(*(each for each in (name, container) if isinstance(each, Gap)))
    if container is True:
        lost = unknown("the server runs in a container, whose accounts are its own")
    rows = [] if lost else [each for each in found.rows if _acts_as(cell(each, "runas"), str(name), str(uid))]
    gap = first_gap(found.gap, lost, gap_in(found.rows, ("runas",)))
    return derived(query, rows, gap, inputs, taken_at)


def backup_stanza(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give postgres.backup_stanza."""
    row = hosting.matched(_JOINT, inputs)
    if isinstance(row, Gap):
        return derived(query, (), row, inputs, taken_at)
    found = source(inputs, "linux.pgbackrest_stanza")
    own = {cell(row, "data_directory"), cell(row, "real_directory")}
    rows: list[Row] = []
    untold: Gap | None = gap_in(found.rows, ("data_directories",))
    for each in found.rows:
        directories = cell(each, "data_directories")
        if isinstance(directories, list) and not directories:
            untold = untold or unknown(f"the host does not tell which cluster stanza {cell(each, 'stanza')} is of")
        elif isinstance(directories, list) and not own.isdisjoint(directories):
            rows.append(each)
    return derived(query, rows, first_gap(found.gap, untold), inputs, taken_at)


def _more(row: Row, server: Row) -> dict[str, Cell]:
    """Give what takes both sides, or several cells of one."""
    directory = cell(row, "real_directory")
    version, major = cell(row, "data_version"), cell(server, "major")
    lost = first_gap(*(each for each in (version, major) if isinstance(each, Gap)))
    return {
        "major_matches": lost or str(version) == str(major),
        "wal_outside": _outside(cell(row, "wal_directory"), directory),
    }


def _outside(path: Cell, directory: Cell) -> Cell:
    inside = hosting.below(path, directory)
    return not inside if isinstance(inside, bool) else inside


def _acts_as(runas: Cell, name: str, uid: str) -> bool:
    """Tell whether a list of run-as users holds the account; without a list commands run as root alone."""
    if not isinstance(runas, str):
        return False
    users = [word.strip() for word in runas.partition(":")[0].split(",")]
    allowed = [word for word in users if not word.startswith("!")]
    return any(word in (name, f"#{uid}") or word[:1] in "%+" or _ALIAS.fullmatch(word) for word in allowed if word)
