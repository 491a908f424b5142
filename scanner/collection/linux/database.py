"""Collects the database servers of a host, as its processes and files show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux import (
    database_mariadb,
    database_mongodb,
    database_package,
    database_postgres,
    database_read,
    database_storage,
)
from scanner.collection.linux.database_read import File, Server
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.postgres_cluster", "linux.mariadb_instance", "linux.mongodb_instance", "linux.database_file")

ENGINES = ("postgres", "mariadb", "mongodb")


@dataclass(frozen=True, slots=True)
class _Engine:
    """How the servers of one kind are asked and read; `process` is their name for a person."""

    probe: Probe
    process: str
    own_cells: Callable[[Server], Row]
    data_directory: Callable[[Server], str]
    version: Callable[[Server], str] | None = None


_ENGINES = {
    "postgres": _Engine(
        database_postgres.PROBE,
        "postgres",
        database_postgres.own_cells,
        database_postgres.data_directory,
        database_postgres.version,
    ),
    "mariadb": _Engine(
        database_mariadb.PROBE,
        "mariadbd",
        database_mariadb.own_cells,
        database_mariadb.data_directory,
        database_mariadb.version,
    ),
    "mongodb": _Engine(database_mongodb.PROBE, "mongod", database_mongodb.own_cells, database_mongodb.data_directory),
}
_BY_FACT = {
    "linux.postgres_cluster": "postgres",
    "linux.mariadb_instance": "mariadb",
    "linux.mongodb_instance": "mongodb",
}


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give one probe per kind of server that is asked for; it answers for its files too."""
    asked = {_engine(query) for query in queries}
    return [_ENGINES[name].probe for name in ENGINES if name in asked]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read them: a row per server, or per file of a server."""
    answers = []
    for query in queries:
        name = _engine(query)
        if name not in _ENGINES:
            answers.append(Evidence(query, (), error(f"{name!r} is not one of {', '.join(ENGINES)}")))
            continue
        engine = _ENGINES[name]
        found = database_read.read(output_of(outputs, engine.probe.name), session)
        servers = [(server, engine.data_directory(server)) for server in _once(found.servers)]
        gap = found.gap or _nameless(servers, engine)
        if query.fact == "linux.database_file":
            listed = [server for server, directory in servers if directory and server.running]
            rows = [row for server in listed for row in _files(server, engine)]
            gap = gap or next((lost for server in listed if (lost := _lost_files(server))), None)
        else:
            rows = [_row(server, directory, engine, found) for server, directory in servers if directory]
        asked = f"ps -C {engine.process} -o pid,user,args; stat of its files; /proc/PID"
        answers.append(Evidence(query, tuple(rows), gap, session.provenance(asked)))
    return answers


def _engine(query: Query) -> str:
    return _BY_FACT.get(query.fact) or str(query.parameters.get("engine", ""))


def _once(servers: Sequence[Server]) -> list[Server]:
    """Leave out the directories that are listed as not running, but are served after all."""
    whole = [server for server in servers if server.whole]
    served = {_real(server) for server in whole if server.running and server.word("container") != "yes"}
    return [server for server in whole if server.running or _real(server) not in served]


def _real(server: Server) -> str:
    return server.word("real") or server.word("directory")


def _nameless(servers: Sequence[tuple[Server, str]], engine: _Engine) -> Gap | None:
    """Give the gap for a server whose data directory could not be told: it has no row."""
    lost = next((server for server, directory in servers if not directory), None)
    if lost is None:
        return None
    return lost.denied(f"the data directory of {engine.process} (process {lost.pid}) is not told")


def _row(server: Server, directory: str, engine: _Engine, found: database_read.Servers) -> Row:
    version = engine.version(server) if engine.version else ""
    hidden = server.unseen("exe")
    return {
        "data_directory": directory,
        "real_directory": _real(server),
        **database_read.common_cells(server),
        "version": version or hidden or ABSENT,
        **database_package.cells(server),
        **database_read.data_cells(server),
        **database_storage.cells(server, found.blocks, found.datasets),
        **engine.own_cells(server),
    }


def _files(server: Server, engine: _Engine) -> list[Row]:
    rows: dict[tuple[str, str], Row] = {}
    for file in server.files:
        if file.present and file.path:
            cells: dict[str, Cell] = {name: file.cells[name] for name in ("mode", "owner", "group")}
            rows.setdefault(
                (file.kind, file.path),
                {
                    "engine": next(name for name, each in _ENGINES.items() if each is engine),
                    "data_directory": engine.data_directory(server),
                    "kind": file.kind,
                    "path": file.path,
                    **cells,
                    "owned": database_read.owned(server, file),
                    "root_owned": file.gap or file.cells["uid"] == 0,
                },
            )
    return list(rows.values())


def _lost_files(server: Server) -> Gap | None:
    """Give why a server may have files that are not listed."""
    if server.flag("closed"):
        return server.denied(f"{server.lines('closed')[0]} may not be read, so not all files of the server are known")
    odd: list[File] = [file for file in server.files if file.gap and not file.path]
    if odd:
        return odd[0].gap
    if server.flag("odd"):
        return error(f"a path or setting could not be read ({server.lines('odd')[0]})")
    hidden = server.hidden_files()
    return hidden or (
        None if server.word("exe") else unknown("the program of the server may not be seen", needs="root")
    )
