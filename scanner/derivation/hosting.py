"""Joins a database server, as it answers for itself, with what its host knows of the servers that run there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, single, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown

Inputs = Mapping[Query, Evidence]
ACCOUNT = ("account_shell", "account_login", "account_password")


@dataclass(frozen=True, slots=True)
class Joint:
    """Which facts are joined, and the field in which the server itself names its data directory."""

    server: str
    instances: str
    directory: str


def matched(joint: Joint, inputs: Inputs) -> Row | Gap:
    """Give the one running server of the host that has the same port and data directory.

    Where the server hides its directory the port alone decides, and only if one server has it. Nothing matched, or
    several, is unknown: another server's host is no answer.
    """
    server = single(source(inputs, joint.server))
    if isinstance(server, Gap):
        return server
    if cell(server, "managed") is True:
        return unknown("the server is a managed service, without a host that could be asked")
    found = source(inputs, joint.instances)
    running = [row for row in found.rows if cell(row, "running") is True]
    port, directory = cell(server, "port"), cell(server, joint.directory)
    lost = first_gap(found.gap, gap_in(running, ("port",)), port if isinstance(port, Gap) else None)
    if lost:
        return lost
    fitting = [row for row in running if cell(row, "port") == port]
    named = isinstance(directory, str)
    if isinstance(directory, str):
        own = directory.rstrip("/") or "/"
        fitting = [row for row in fitting if own in (cell(row, "data_directory"), cell(row, "real_directory"))]
    if len(fitting) == 1:
        return fitting[0]
    which = f"port {port} and data directory {directory}" if named else f"port {port} (its data directory is hidden)"
    number = f"{len(fitting)} servers" if fitting else "no running server"
    return unknown(f"{number} on the host named by runs_on has {which}")


def host(
    joint: Joint, query: Query, inputs: Inputs, taken_at: str, more: Callable[[Row, Row], Mapping[str, Cell]]
) -> Evidence:
    """Give what the host knows of the server, with its account; `more` computes cells from that and the server's row."""
    row = matched(joint, inputs)
    if isinstance(row, Gap):
        return derived(query, (), row, inputs, taken_at)
    server = single(source(inputs, joint.server))
    own = {name: value for name, value in row.items() if name != "running"}
    told = {} if isinstance(server, Gap) else server
    return derived(query, [{**own, **_account(row, inputs), **more(row, told)}], None, inputs, taken_at)


def files(joint: Joint, query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give the files of the server that was matched."""
    row = matched(joint, inputs)
    found = source(inputs, "linux.database_file")
    if isinstance(row, Gap):
        return derived(query, (), row, inputs, taken_at)
    own = [
        {name: value for name, value in each.items() if name not in ("engine", "data_directory")}
        for each in found.rows
        if cell(each, "data_directory") == cell(row, "data_directory")
    ]
    return derived(query, own, first_gap(found.gap, gap_in(found.rows, ("data_directory",))), inputs, taken_at)


def passed_on(
    query: Query,
    inputs: Inputs,
    taken_at: str,
    keep: Callable[[Row], bool] = lambda row: True,
    without: Sequence[str] = (),
) -> Evidence:
    """Give the rows of the one input that `keep` wants, without some fields; a fact of one row stays one."""
    found = next(iter(inputs.values()), Evidence(query, gap=unknown("nothing was asked of the host")))
    rows = [{name: value for name, value in row.items() if name not in without} for row in found.rows if keep(row)]
    return derived(query, rows, found.gap, inputs, taken_at)


def below(path: Cell, directory: Cell) -> Cell:
    """Tell whether a path lies in a directory or below it; what is absent or not known stays so."""
    for each in (path, directory):
        if not isinstance(each, str):
            return each if isinstance(each, Gap) else ABSENT
    return f"{path}/".startswith(f"{str(directory).rstrip('/')}/")


def _account(row: Row, inputs: Inputs) -> dict[str, Cell]:
    """Give shell and password of the account that the server runs as; that of a container is not the host's."""
    container, uid, name = (cell(row, field) for field in ("container", "uid", "user"))
    lost = first_gap(*(each for each in (container, uid) if isinstance(each, Gap)))
    if container is True:
        lost = unknown("the server runs in a container, whose accounts are its own")
    if lost:
        return dict.fromkeys(ACCOUNT, lost)
    users, shadow = source(inputs, "linux.user"), source(inputs, "linux.shadow")
    user = next((each for each in users.rows if cell(each, "uid") == uid), None)
    entry = next((each for each in shadow.rows if cell(each, "name") == name), None)
    return {
        "account_shell": cell(user, "shell") if user else users.gap or ABSENT,
        "account_login": cell(user, "login") if user else users.gap or ABSENT,
        "account_password": cell(entry, "password") if entry else shadow.gap or ABSENT,
    }
