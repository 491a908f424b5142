"""Servers of MariaDB and MongoDB joined with their hosts, by the same rules as those of PostgreSQL."""

from __future__ import annotations

import pytest

from scanner.derivation.mariadb import host as mariadb
from scanner.derivation.mongodb import host as mongodb
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, unknown
from tests.collection.parity import check

AT = "2026-11-20T00:00:00Z"
HIDDEN = unknown("hidden", "root")
DIRECTORY = "/var/lib/data"


def _row(fact: str, **cells: object) -> Row:
    return {**{field.name: ABSENT for field in builtin()[fact].fields}, **cells}  # type: ignore[dict-item]


def _inputs(engine: str, port: int = 1, gap: Gap | None = None) -> dict[Query, Evidence]:
    """Give what the derivations of an engine take: one server, its files, and open passwords of several engines."""
    known = {"data_directory": DIRECTORY, "real_directory": DIRECTORY, "port": port, "running": True, "uid": 5}
    directory = {"mariadb": "datadir", "mongodb": "db_path"}[engine]
    given: dict[str, tuple[Row, ...]] = {
        f"{engine}.server": ({"managed": False, "port": 1, directory: f"{DIRECTORY}/"},),
        f"linux.{engine}_instance": (_row(f"linux.{engine}_instance", **known, user="db", container=False),),
        "linux.user": (_row("linux.user", name="db", uid=5, login=False),),
        "linux.shadow": (_row("linux.shadow", name="db", password="locked"),),
        "linux.database_file": (
            _row("linux.database_file", engine=engine, data_directory=DIRECTORY, kind="key", path="/k"),
            _row("linux.database_file", engine=engine, data_directory="/other", kind="key", path="/l"),
        ),
    }
    gaps = {f"linux.{engine}_instance": gap}
    return {Query.of(fact): Evidence(Query.of(fact), rows, gaps.get(fact)) for fact, rows in given.items()}


@pytest.mark.parametrize(("engine", "module"), [("mariadb", mariadb), ("mongodb", mongodb)])
def test_a_server_is_joined_by_port_and_directory(engine: str, module: object) -> None:
    query = Query.of(f"{engine}.host")
    found = module.host(query, _inputs(engine), AT)  # type: ignore[attr-defined]
    check(found)
    (row,) = found.rows
    assert (row["account_login"], row["account_password"]) == (False, "locked")
    for inputs in (_inputs(engine, port=2), _inputs(engine, gap=HIDDEN), {}):
        missed = module.host(query, inputs, AT)  # type: ignore[attr-defined]
        assert missed.gap is not None
        assert missed.rows == ()


@pytest.mark.parametrize(("engine", "module"), [("mariadb", mariadb), ("mongodb", mongodb)])
def test_files_are_those_of_the_server(engine: str, module: object) -> None:
    query = Query.of(f"{engine}.host_file")
    found = module.host_file(query, _inputs(engine), AT)  # type: ignore[attr-defined]
    check(found)
    assert [row["path"] for row in found.rows] == ["/k"]
    assert module.host_file(query, _inputs(engine, port=2), AT).gap is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "source", "field", "own", "other"),
    [
        ("client_history", "linux.client_history", "client", "mysql", "psql"),
        ("environment_secret", "linux.environment_secret", "name", "MYSQL_PWD", "PGPASSWORD"),
        ("command_line_secret", "linux.command_line_secret", "engine", "mariadb", "postgres"),
        ("option_file_secret", "linux.service_file_secret", "kind", "option_file", "pg_service"),
    ],
)
def test_rows_of_other_databases_are_left_out_and_gaps_kept(
    function: str, source: str, field: str, own: str, other: str
) -> None:
    keys = builtin()[source].example
    rows = tuple(_row(source, **{**keys, field: value}) for value in (own, other))
    query = Query.of(f"mariadb.{function}")
    found = getattr(mariadb, function)(query, {Query.of(source): Evidence(Query.of(source), rows, HIDDEN)}, AT)
    check(found)
    assert len(found.rows) == 1
    assert found.gap == HIDDEN
