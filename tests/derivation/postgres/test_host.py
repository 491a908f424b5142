"""What hosts know of PostgreSQL servers: joined by port and directory, unknown without a unique match."""

from __future__ import annotations

import pytest

from scanner.derivation.table import derive
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.planning.expand import inputs_of
from tests.collection.parity import check

VOCABULARY = builtin()
AT = "2026-11-20T00:00:00Z"
DIRECTORY = "/var/lib/postgresql/16/main"
SERVER: Row = {"managed": False, "port": 5432, "data_directory": DIRECTORY, "major": 16}


def row(fact: str, **cells: Cell) -> Row:
    """Give a row with every field of a fact, absent but for these."""
    return {**{field.name: ABSENT for field in VOCABULARY[fact].fields}, **cells}


def cluster(**cells: Cell) -> Row:
    known = {"data_directory": DIRECTORY, "real_directory": DIRECTORY, "running": True, "port": 5432, "uid": 105}
    return row(
        "linux.postgres_cluster", **{**known, "user": "postgres", "container": False, "data_version": "16", **cells}
    )


def ask(fact: str, given: dict[str, tuple[Row, ...] | Gap | tuple[tuple[Row, ...], Gap]]) -> Evidence:
    """Derive a fact from these inputs; those that are not given are empty lists."""
    query = Query.of(fact)
    inputs = {}
    for needed in inputs_of(query, VOCABULARY):
        told = given.get(needed.fact, ())
        if isinstance(told, Gap):
            inputs[needed] = Evidence(needed, (), told)
        elif told and isinstance(told[-1], Gap):
            inputs[needed] = Evidence(needed, told[0], told[-1])  # type: ignore[arg-type]
        else:
            inputs[needed] = Evidence(needed, told)  # type: ignore[arg-type]
    found = derive(query, inputs, AT)
    check(found)
    return found


def host(*clusters: Row, server: Row | Gap = SERVER) -> Evidence:
    return ask(
        "postgres.host",
        {"postgres.server": server if isinstance(server, Gap) else (server,), "linux.postgres_cluster": clusters},
    )


def test_the_cluster_of_that_port_and_directory_is_the_server() -> None:
    other = cluster(data_directory="/srv/b", real_directory="/srv/b", port=5433, data_mode="0777")
    (found,) = host(other, cluster(data_mode="0700")).rows
    assert found["data_mode"] == "0700"
    assert found["major_matches"] is True
    assert "running" not in found


def test_a_directory_behind_a_link_is_the_same() -> None:
    (found,) = host(cluster(data_directory="/srv/link", real_directory=DIRECTORY)).rows
    assert found["data_directory"] == "/srv/link"


@pytest.mark.parametrize(
    "clusters",
    [
        (),
        (cluster(port=5433),),
        (cluster(data_directory="/srv/b", real_directory="/srv/b"),),
        (cluster(running=False),),
        (cluster(), cluster(container=True)),
    ],
)
def test_no_match_and_several_are_unknown(clusters: tuple[Row, ...]) -> None:
    gap = host(*clusters).gap
    assert gap is not None
    assert gap == unknown(gap.reason)


def test_with_a_hidden_directory_the_port_alone_decides_when_it_is_the_only_one() -> None:
    hidden = {**SERVER, "data_directory": unknown("hidden", "role pg_read_all_settings")}
    assert host(cluster(), server=hidden).gap is None
    assert host(cluster(), cluster(data_directory="/b", real_directory="/b"), server=hidden).gap is not None
    assert host(cluster(port=5433), server=hidden).gap is not None


@pytest.mark.parametrize("gap", [unknown("hidden", "root"), error("cut")])
def test_what_may_be_missing_matches_nothing(gap: Gap) -> None:
    base = {"postgres.server": (SERVER,)}
    assert ask("postgres.host", {**base, "linux.postgres_cluster": gap}).gap == gap
    assert ask("postgres.host", {**base, "linux.postgres_cluster": ((cluster(),), gap)}).gap == gap
    assert host(cluster(), cluster(port=gap, data_directory="/b", real_directory="/b")).gap == gap
    assert host(cluster(), server=gap).gap == gap


def test_a_managed_service_has_no_host() -> None:
    assert host(cluster(), server={**SERVER, "managed": True}).gap is not None


def test_the_account_is_joined_by_its_id() -> None:
    given = {
        "postgres.server": (SERVER,),
        "linux.postgres_cluster": (cluster(),),
        "linux.user": (row("linux.user", name="postgres", uid=105, shell="/bin/bash", login=True),),
        "linux.shadow": (row("linux.shadow", name="postgres", password="disabled"),),
    }
    (found,) = ask("postgres.host", given).rows
    assert (found["account_shell"], found["account_login"], found["account_password"]) == (
        "/bin/bash",
        True,
        "disabled",
    )
    (found,) = ask("postgres.host", {**given, "linux.shadow": unknown("denied", "root")}).rows
    assert isinstance(found["account_password"], Gap)
    (found,) = ask("postgres.host", {**given, "linux.postgres_cluster": (cluster(container=True),)}).rows
    assert isinstance(found["account_login"], Gap)


@pytest.mark.parametrize(
    ("wal", "outside"),
    [(f"{DIRECTORY}/pg_wal", False), ("/srv/wal", True), (f"{DIRECTORY}-wal", True), (ABSENT, ABSENT)],
)
def test_places_inside_and_outside(wal: Cell, outside: Cell) -> None:
    (found,) = host(cluster(wal_directory=wal)).rows
    assert found["wal_outside"] == outside


def test_files_are_those_of_the_server() -> None:
    def file(directory: str, path: str) -> Row:
        return row("linux.database_file", engine="postgres", data_directory=directory, kind="key", path=path)

    given = {
        "postgres.server": (SERVER,),
        "linux.postgres_cluster": (cluster(),),
        "linux.database_file": (file(DIRECTORY, "/k"), file("/srv/b", "/l")),
    }
    assert [found["path"] for found in ask("postgres.host_file", given).rows] == ["/k"]
    assert ask("postgres.host_file", {**given, "linux.postgres_cluster": ()}).gap is not None
    hidden = unknown("hidden", "root")
    assert ask("postgres.host_file", {**given, "linux.database_file": ((), hidden)}).gap == hidden


@pytest.mark.parametrize(
    ("runas", "listed"),
    [
        ("postgres", True),
        ("ALL:ALL", True),
        ("root,postgres", True),
        ("#105", True),
        ("%dba", True),
        ("DBAS", True),
        ("root", False),
        ("ALL,!root", True),
        ("!postgres", False),
        (ABSENT, False),
    ],
)
def test_sudo_rules_that_reach_the_account(runas: Cell, listed: bool) -> None:
    rule = row("linux.sudo_rule", who="bob", users=["bob"], hosts=["ALL"], runas=runas, command="ALL")
    given = {"postgres.server": (SERVER,), "linux.postgres_cluster": (cluster(),), "linux.sudo_rule": (rule,)}
    assert bool(ask("postgres.sudo_rule", given).rows) is listed
    assert ask("postgres.sudo_rule", {**given, "linux.sudo_rule": unknown("denied", "root")}).gap is not None


def test_stanzas_of_other_clusters_do_not_count_and_those_of_nobody_leave_it_open() -> None:
    def stanza(name: str, directories: Cell) -> Row:
        return row("linux.pgbackrest_stanza", stanza=name, ok=True, data_directories=directories)

    base = {"postgres.server": (SERVER,), "linux.postgres_cluster": (cluster(),)}
    found = ask(
        "postgres.backup_stanza", {**base, "linux.pgbackrest_stanza": (stanza("a", [DIRECTORY]), stanza("b", ["/b"]))}
    )
    assert ([each["stanza"] for each in found.rows], found.gap) == (["a"], None)
    for directories in ([], unknown("closed", "root")):
        found = ask("postgres.backup_stanza", {**base, "linux.pgbackrest_stanza": (stanza("c", directories),)})
        assert found.rows == ()
        assert found.gap is not None


def test_rows_of_the_host_are_passed_on_for_this_database_alone() -> None:
    rows = tuple(
        row("linux.client_history", path=f"/{client}", client=client, kept=True) for client in ("psql", "mysql")
    )
    hidden = unknown("hidden", "root")
    found = ask("postgres.client_history", {"linux.client_history": (rows, hidden)})
    assert [each["path"] for each in found.rows] == ["/psql"]
    assert found.gap == hidden
