"""What a server says of itself, its variables, plug-ins, tablespaces, routines and replication, from replies by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scanner.collection.mariadb.grants import grants
from scanner.collection.mariadb.server import collect, describe
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Gap, Query, Snapshot, error, unknown
from scanner.operations.systems import system_name
from scanner.transport.shell import Limits
from scanner.transport.sql import Plain, Reply
from tests.collection.mariadb.replies import COLUMNS, DENIED, MARIADB, MYSQL, Said, account, evidence, reply
from tests.collection.parity import fits

STATE: dict[str, Plain] = {
    "version": "10.11.19-MariaDB",
    "comment": "Debian 12",
    "port": 3306,
    "datadir": "/var/lib/mysql/",
    "socket": "/run/mysqld/mysqld.sock",
    "basedir": "/usr",
    "read_only": 0,
    "host": "10.0.0.9:40000",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "started": "2026-11-01T00:00:00Z",
}


def server(asked_as: int = MARIADB, options: Mapping[str, str] | None = None, **cells: Plain) -> dict[str, Any]:
    found = evidence(
        "mariadb.server", version=asked_as, server=reply("server", {**STATE, **cells}), options=options or {}
    )
    return dict(found.rows[0])


def test_a_server_says_what_it_is() -> None:
    row = server()
    assert (row["version"], row["series"], row["flavour"], row["datadir"]) == ("10.11.19", "10.11", "mariadb", "/var/lib/mysql")  # fmt: skip
    assert (row["managed"], row["provider"], row["encrypted"], row["over_socket"]) == (False, ABSENT, True, False)
    assert (row["user"], row["superuser"], row["read_only"], row["port"]) == ("scan@10.0.0.9", False, False, 3306)
    row = server(MYSQL, host="localhost", cipher="", socket="", read_only="ON")
    assert (row["version"], row["flavour"], row["over_socket"], row["encrypted"]) == ("8.0.36", "mysql", True, False)
    assert (row["socket"], row["read_only"]) == (ABSENT, True)


@pytest.mark.parametrize(
    ("options", "cells", "managed", "provider"),
    [
        ({}, {"basedir": "/rdsdbbin/mariadb-10.11/"}, True, "Amazon RDS"),
        ({}, {"version": "8.0.36-google"}, True, "Google Cloud SQL"),
        ({"managed": "true"}, {}, True, ABSENT),
        ({"managed": "false"}, {"basedir": "/rdsdbbin/x"}, False, "Amazon RDS"),
    ],
)
def test_managed_services(options: dict[str, str], cells: dict[str, Plain], managed: bool, provider: Any) -> None:
    row = server(options=options, **cells)
    assert (row["managed"], row["provider"]) == (managed, provider)


def test_a_server_that_gives_no_row_is_an_error() -> None:
    assert evidence("mariadb.server").gap == error("the server gave no row of itself")
    assert evidence("mariadb.server", server=DENIED).gap == unknown("SELECT command denied")


@pytest.mark.parametrize(("flavour", "name"), [("mariadb", "MariaDB 10.11.19"), ("mysql", "MySQL 10.11.19")])
def test_reports_name_the_product(flavour: str, name: str) -> None:
    query = Query.of("mariadb.server")
    found = evidence("mariadb.server", server=reply("server", STATE))
    row = {**found.rows[0], "flavour": flavour}
    snapshot = Snapshot("db", "2026-11-20T00:00:00Z", {query: type(found)(query, (row,))})
    assert system_name("mariadb", snapshot) == name


SCHEMATA = reply("databases", {"name": "mysql"}, {"name": "sky"})


@pytest.mark.parametrize("right", ["SHOW DATABASES", "SELECT", "DROP"])
def test_databases_are_all_there_with_a_right_to_see_them(right: str) -> None:
    found = evidence("mariadb.database", databases=SCHEMATA, rights=reply("rights", {"privilege": right}))
    assert found.gap is None
    assert [(row["database"], row["system"]) for row in found.rows] == [("mysql", True), ("sky", False)]


def test_databases_are_incomplete_without_one() -> None:
    found = evidence("mariadb.database", databases=SCHEMATA, rights=reply("rights", {"privilege": "USAGE"}))
    assert found.gap == unknown("databases without a grant for scan@10.0.0.9 are hidden", "privilege SHOW DATABASES")
    assert len(found.rows) == 2


def test_rights_of_a_role_count_on_everything_only() -> None:
    def gap(line: str) -> Gap | None:
        roles = reply("role_rights", {"grants for r": line})
        return evidence("mariadb.database", databases=SCHEMATA, role_rights=roles).gap

    assert gap("GRANT PROCESS, SHOW DATABASES ON *.* TO `r`") is None
    assert gap("GRANT ALL PRIVILEGES ON *.* TO `r`") is None
    assert gap("GRANT SELECT ON `sky`.* TO `r`") is not None
    assert gap("GRANT `SELECT ON *.* TO ` TO `r`") is not None


def variable(name: str, version: int = MARIADB, **cells: Plain) -> dict[str, Any]:
    row = {"name": name.upper(), "type": "VARCHAR", "origin": "CONFIG", **cells}
    return dict(evidence("mariadb.variable", {"name": name}, version, variables=reply("variables", row)).rows[0])


@pytest.mark.parametrize(
    ("value", "kind", "enabled", "number"),
    [
        ("ON", "BOOLEAN", True, ABSENT),
        ("OFF", "BOOLEAN", False, ABSENT),
        ("1", "BOOLEAN", True, 1),
        ("DISABLED", "VARCHAR", False, ABSENT),
        ("YES", "VARCHAR", True, ABSENT),
        ("FORCE", "ENUM", ABSENT, ABSENT),
        ("1", "INT UNSIGNED", ABSENT, 1),
        ("-5", "BIGINT", ABSENT, -5),
        ("99999999999999999999999", "BIGINT", ABSENT, ABSENT),
        ("", "VARCHAR", ABSENT, ABSENT),
        (None, "VARCHAR", ABSENT, ABSENT),
    ],
)
def test_values_of_variables(value: Plain, kind: str, enabled: Any, number: Any) -> None:
    row = variable("x", value=value, type=kind)
    assert (row["enabled"], row["number"]) == (enabled, number)
    assert row["value"] == (ABSENT if value is None else value)


def test_lists_are_split_as_their_variable_does() -> None:
    assert variable("sql_mode", value="A, B,,")["items"] == ["A", "B"]
    assert variable("ssl_cipher", value="A:B,C")["items"] == ["A", "B", "C"]
    assert variable("bind_address", value="127.0.0.1,::1")["items"] == ["127.0.0.1", "::1"]


def test_variables_that_there_are_not_and_names_that_cannot_be() -> None:
    row = evidence("mariadb.variable", {"name": "nonsense"}).rows[0]
    assert (row["present"], row["value"]) == (False, ABSENT)
    for name in ("x' OR 1 -- ", "", "x" * 65, "ö"):
        found = evidence("mariadb.variable", {"name": name})
        assert found.gap is not None, name
        assert name not in describe([Query.of("mariadb.variable", {"name": name})]).text.decode() or not name


def test_only_variables_that_were_asked_for_are_read() -> None:
    text = describe([Query.of("mariadb.variable", {"name": "Local-Infile"})]).text.decode()
    assert "VARIABLE_NAME IN ('local_infile')" in text


def test_origins_of_mysql_are_mariadbs() -> None:
    assert variable("x", MYSQL, value="1", origin="DYNAMIC")["origin"] == "sql"
    assert variable("x", MYSQL, value="1", origin="GLOBAL")["origin"] == "config"
    row = dict(zip(("variable_name", "value"), ("x", "ON"), strict=True))
    old = Reply(tuple(row), (tuple(row.values()),))
    found = evidence("mariadb.variable", {"name": "x"}, 50_744, variables=old).rows[0]
    assert (found["enabled"], found["origin"]) == (True, ABSENT)


def test_plugins() -> None:
    row = {"name": "SERVER_AUDIT", "kind": "AUDIT", "status": "ACTIVE", "load_option": "FORCE_PLUS_PERMANENT", "library": "server_audit.so", "maturity": "Stable"}  # fmt: skip
    found = evidence("mariadb.plugin", plugins=reply("plugins", row, {**row, "status": "DISABLED", "load_option": "?"}))
    assert [(each["name"], each["active"]) for each in found.rows] == [("server_audit", True), ("server_audit", False)]
    assert found.rows[0]["load_option"] == "force_plus_permanent"
    assert isinstance(found.rows[1]["load_option"], Gap)


def test_tablespaces() -> None:
    rows = [{"name": "a", "encrypted": 1, "key_id": 2}, {"name": "b", "encrypted": 0, "key_id": 1}, {"name": "c"}]
    found = evidence("mariadb.tablespace", tablespaces=reply("tablespaces", *rows))
    assert [(row["encrypted"], row["key"]) for row in found.rows] == [(True, 2), (False, ABSENT), (False, ABSENT)]
    assert evidence("mariadb.tablespace").gap == error("the server listed no tablespace, not even its own")
    assert evidence("mariadb.tablespace", tablespaces=DENIED).gap == unknown(
        "SELECT command denied", "privilege PROCESS"
    )


def test_routines_and_their_definers() -> None:
    at = {"db": "sky", "kind": "PROCEDURE", "security": "DEFINER"}
    found = evidence(
        "mariadb.routine",
        accounts=reply("accounts", account("boss", access=str(1 << 15)), account("sky")),
        routines=reply(
            "routines",
            {**at, "name": "a", "definer": "boss@localhost"},
            {**at, "name": "b", "definer": "sky@localhost"},
            {**at, "name": "c", "definer": "gone@localhost", "security": "INVOKER"},
        ),
    )
    assert [(row["definer_privileges"], row["security"]) for row in found.rows] == [
        (["SUPER"], "definer"),
        ([], "definer"),
        (ABSENT, "invoker"),
    ]
    denied = evidence(
        "mariadb.routine", accounts=DENIED, routines=reply("routines", {**at, "name": "a", "definer": "x"})
    )
    assert isinstance(denied.rows[0]["definer_privileges"], Gap)
    assert evidence("mariadb.routine", version=MYSQL).gap == unknown(
        "routines without a grant for scan@10.0.0.9 are hidden", "privilege SHOW_ROUTINE"
    )


def test_replication_in_words_of_both() -> None:
    row = {"master_host": "db1", "master_port": 3306, "master_ssl_allowed": "Yes", "master_ssl_verify_server_cert": "Yes", "slave_io_running": "Yes", "slave_sql_running": "Yes", "master_ssl_cipher": "A:B", "master_ssl_cert": "c", "master_ssl_key": "k"}  # fmt: skip
    found = evidence("mariadb.replication", replication=reply("replication", row)).rows[0]
    assert (found["encrypted"], found["verified"], found["running"], found["client_certificate"]) == (True,) * 4
    assert (found["ciphers"], found["ca"], found["lag"]) == (["A", "B"], ABSENT, ABSENT)
    new = {"source_host": "db1", "source_ssl_allowed": "No", "source_ssl_verify_server_cert": "Yes", "replica_io_running": "No"}  # fmt: skip
    other = evidence("mariadb.replication", version=MYSQL, replication=Reply(tuple(new), (tuple(new.values()),))).rows[
        0
    ]
    assert (other["host"], other["encrypted"], other["verified"], other["running"]) == ("db1", False, False, False)
    gap = evidence("mariadb.replication", replication=DENIED).gap
    assert gap == unknown("SELECT command denied", "privilege REPLICA MONITOR")


FACTS = [spec for spec in builtin().values() if "mariadb" in spec.platforms]
QUERIES = [Query.of(spec.name) for spec in FACTS if not spec.parameters] + [
    Query.of("mariadb.variable", {"name": "x"}),
    Query.of("mariadb.probe", {"kind": "plaintext"}),
]
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["1", "ON", "Y", "%", "''"])
)


@settings(derandomize=True, max_examples=40, deadline=None, phases=[Phase.generate])
@given(st.data(), st.sampled_from([MARIADB, MYSQL, 50_744, 100_300, 0]))
def test_no_reply_makes_a_collector_stumble(data: st.DataObject, version: int) -> None:
    replies = {
        name: Reply(tuple(columns), (tuple(data.draw(VALUES) for _ in columns),)) for name, columns in COLUMNS.items()
    }
    answer = collect(QUERIES, Said(replies, version), Limits())
    assert [each.gap for each in answer.evidence if each.gap and "stumbled" in each.gap.reason] == []
    for found in answer.evidence:
        spec = builtin()[found.query.fact]
        for row in found.rows:
            assert set(row) == {field.name for field in spec.fields}, spec.name
            odd = [field.name for field in spec.fields if not fits(row[field.name], field.type)]
            assert odd == [], spec.name


def test_grants_are_just_what_facts_need() -> None:
    needs = [need for spec in FACTS for need in spec.needs]
    lines = grants(dict.fromkeys(needs), "sc'an")
    assert lines[0].startswith("CREATE USER 'sc''an'@'HOST' IDENTIFIED BY 'PASSWORD' REQUIRE SSL")
    assert lines[1] == "GRANT PROCESS, REPLICA MONITOR, SHOW DATABASES ON *.* TO 'sc''an'@'HOST';"
    assert "GRANT SELECT ON mysql.global_priv TO 'sc''an'@'HOST';" in lines
    assert len(lines) == len(set(lines)) == 2 + len({need for need in needs if need.kind == "grant"})


def test_statements_change_nothing() -> None:
    for statement in describe(QUERIES).statements:
        assert statement.sql.split()[0] in ("SELECT", "SHOW"), statement.name
        assert "INTO" not in statement.sql.upper().split(), statement.name
        assert ";" not in statement.sql, statement.name
