"""Roles, rights and objects of real PostgreSQL servers: what is found there, and what rules make of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from scanner.operations.content import load_content
from tests.databases.postgres import VERSIONS, Cluster, cluster
from tests.databases.verdicts import Values, ask, verdicts

pytestmark = pytest.mark.server
Servers = Callable[[str, str], Cluster]

WEAKER = """
    CREATE EXTENSION file_fdw;
    CREATE FOREIGN DATA WRAPPER plain;
    CREATE SERVER archive FOREIGN DATA WRAPPER plain;
    CREATE USER MAPPING FOR PUBLIC SERVER archive OPTIONS (user 'x', password 'planted-secret');
    CREATE LANGUAGE unbound HANDLER plpgsql_call_handler;
    GRANT SET ON PARAMETER log_statement TO intern;
    GRANT pg_read_all_data TO intern;
"""
EXPIRING = """
    DO $$ DECLARE r text; BEGIN
      FOR r IN SELECT rolname FROM pg_roles WHERE rolcanlogin LOOP
        EXECUTE format('ALTER ROLE %I VALID UNTIL %L', r, now() + interval '90 days');
      END LOOP;
    END $$;
"""
APPROVED: Values = {
    "postgres_write_grantees_approved": {"approved": ["sky_app"]},
    "postgres_classified_grantees_approved": {"approved": ["sky_app"]},
    "postgres_classified_rights_by_group": {"accepted": ["sky_app"]},
    "postgres_monitoring_roles_approved": {"approved": ["monitor", "scanner", "settings"]},
    "postgres_personal_columns_masked": {"columns": "app.target.pii", "approved": ["sky_app"]},
}
DECLARED: Values = {"postgres_personal_columns_masked": {"columns": "public.target.pii"}}
FOLDERS = ("roles", "rights", "objects", "data-protection")
SERVER_WIDE = {"postgres.role", "postgres.password", "postgres.database", "postgres.database_owner"}
"""Facts that any login may see whole."""


def own_rules() -> dict[str, set[str]]:
    """Give the rules of this subject with the facts that they speak of."""
    return {
        rule.id: {each.subject.fact for each in rule.assertions() if hasattr(each.subject, "fact")}
        for rule in load_content().rules.values()
        if not rule.manual
        and any(f"postgres/{folder}/" in rule.path for folder in FOLDERS)
        and {each.subject.fact for each in rule.assertions() if hasattr(each.subject, "fact")} <= FACTS | SERVER_WIDE
    }


FACTS = {
    "postgres.setting",
    "postgres.grant",
    "postgres.default_privilege",
    "postgres.schema",
    "postgres.function",
    "postgres.table_security",
    "postgres.declared_column",
    "postgres.extension",
    "postgres.language",
    "postgres.foreign_secret",
}
RULES = own_rules()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with contextlib.ExitStack() as stack:
        running: dict[tuple[str, str], Cluster] = {}

        def given(version: str, flavour: str) -> Cluster:
            if (version, flavour) not in running:
                more = [("sky", WEAKER)] if flavour == "weak" else [("postgres", EXPIRING)]
                running[version, flavour] = stack.enter_context(cluster(version, flavour, sql=more))
            return running[version, flavour]

        yield given


def rows(evidence: Evidence, **wanted: object) -> list[Row]:
    return [row for row in evidence.rows if all(row[name] == value for name, value in wanted.items())]


def test_there_are_rules_to_judge() -> None:
    assert len(RULES) > 30


@pytest.mark.parametrize("version", VERSIONS)
def test_weak_servers_fail_every_rule(servers: Servers, version: str) -> None:
    server = servers(version, "weak")
    found = verdicts(server, "scanner", RULES, DECLARED)
    hidden = {"postgres_passwords_hashed_with_scram", "postgres_foreign_passwords_not_stored"}
    assert {name for name, outcome in found.items() if outcome != "fail"} == hidden
    assert {found[name] for name in hidden} == {"unknown"}
    with server.superuser() as role:
        assert set(verdicts(server, role, hidden).values()) == {"fail"}


@pytest.mark.parametrize("version", VERSIONS)
def test_hardened_servers_pass_every_rule(servers: Servers, version: str) -> None:
    server = servers(version, "hardened")
    found = verdicts(server, "scanner", RULES, APPROVED)
    other = {name: outcome for name, outcome in found.items() if outcome != "pass"}
    # set_user is packaged for 15 alone.
    lacking = {} if version == "15" else {"postgres_superuser_login_closed": "fail"}
    assert other == {"postgres_passwords_hashed_with_scram": "unknown", **lacking}
    with server.superuser() as role:
        assert set(verdicts(server, role, ["postgres_passwords_hashed_with_scram"]).values()) == {"pass"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plain_login_never_gets_a_pass_over_what_it_may_not_enter(servers: Servers, version: str) -> None:
    server = servers(version, "hardened")
    found = verdicts(server, "bare", RULES, APPROVED)
    inside = {name for name, facts in RULES.items() if not facts <= SERVER_WIDE}
    assert {name: found[name] for name in inside} == dict.fromkeys(inside, "unknown")
    [evidence] = ask(server, "bare", "postgres.grant")
    assert isinstance(evidence.gap, Gap)
    assert evidence.gap.kind is Outcome.UNKNOWN
    assert "database sky: bare may not connect to it" in evidence.gap.reason
    assert evidence.gap.needs == "CONNECT on database sky"


@pytest.mark.parametrize("version", VERSIONS)
def test_hashes_and_foreign_secrets_stay_where_they_are(servers: Servers, version: str) -> None:
    server = servers(version, "weak")
    with server.superuser() as role:
        passwords, secrets = ask(server, role, "postgres.password", "postgres.foreign_secret")
    assert {str(row["kind"]) for row in passwords.rows} == {"md5", "none"}
    assert [row["secret_stored"] for row in secrets.rows] == [True]
    shown = repr((passwords, secrets))
    assert "planted-secret" not in shown
    hashes = [text for (text,) in server.sql("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")]
    assert not any(text in shown or text[3:20] in shown for text in hashes)
    [denied] = ask(server, "scanner", "postgres.password")
    assert isinstance(denied.gap, Gap)
    assert (denied.rows, denied.gap.kind, denied.gap.needs) == ((), Outcome.UNKNOWN, "superuser")


def test_what_servers_grant_of_themselves_is_no_row(servers: Servers) -> None:
    for version in VERSIONS:
        [grants] = ask(servers(version, "hardened"), "scanner", "postgres.grant")
        assert {(row["grantee"], row["schema"]) for row in grants.rows} == {
            ("PUBLIC", ABSENT),
            ("monitor", ABSENT),
            ("scanner", ABSENT),
            ("settings", ABSENT),
            ("sky_app", ABSENT),
            ("sky_app", "app"),
            ("scanner", "pg_catalog"),
        }, version
        assert [row["object"] for row in rows(grants, public=True)] == ["temp_ts"]


def test_a_grant_on_a_catalogue_is_a_row() -> None:
    changes = """
        GRANT SELECT (rolpassword) ON pg_authid TO PUBLIC;
        GRANT EXECUTE ON FUNCTION pg_read_file(text) TO intern;
        GRANT USAGE ON SCHEMA pg_catalog TO intern WITH GRANT OPTION;
        CREATE SEQUENCE ids; GRANT UPDATE ON SEQUENCE ids TO intern;
        SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO intern;
        CREATE PROCEDURE tidy(a int) LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON PROCEDURE tidy(int) TO intern;
        CREATE TYPE mood AS ENUM ('a'); GRANT USAGE ON TYPE mood TO intern;
        CREATE TABLE "a.b" ("c, d" int); GRANT SELECT ("c, d") ON "a.b" TO intern;
    """
    with cluster("16", "weak", sql=[("sky", changes)]) as server:
        [grants] = ask(server, "scanner", "postgres.grant")
        [shown] = rows(grants, public=True, column="rolpassword")
        assert (shown["relation"], shown["privileges"]) == ("pg_catalog.pg_authid", ["SELECT"])
        assert {(row["kind"], row["object"], row["writes"]) for row in rows(grants, grantee="intern")} == {
            ("function", "pg_read_file(text)", False),
            ("schema", "pg_catalog", False),
            ("sequence", "ids", True),
            ("large object", "4711", False),
            ("procedure", "tidy(IN a integer)", False),
            ("type", "mood", False),
            ("column", "a.b", False),
        }
        assert [row["grantable"] for row in rows(grants, grantee="intern", kind="schema")] == [["USAGE"]]
        # Here everybody may read hashes, which takes more than that one column.
        [passwords] = ask(server, "bare", "postgres.password")
        assert not passwords.complete


def test_row_security_of_partitions_and_policies() -> None:
    changes = """
        CREATE TABLE log (day date) PARTITION BY RANGE (day);
        CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        ALTER TABLE log ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everyone ON log USING (true);
        CREATE POLICY narrower ON log AS RESTRICTIVE USING (true);
        CREATE POLICY certain ON log TO intern USING (true);
        CREATE POLICY mine ON log USING (current_user = 'intern');
        CREATE FOREIGN DATA WRAPPER plain;
        CREATE SERVER archive FOREIGN DATA WRAPPER plain;
        CREATE FOREIGN TABLE far (id int) SERVER archive;
    """
    with cluster("16", "weak", sql=[("sky", changes)]) as server:
        [tables] = ask(server, "bare", "postgres.table_security")
        found = {row["table"]: row for row in rows(tables, database="sky")}
        assert [found["log"][name] for name in ("kind", "enabled", "forced", "policies", "open_policies")] == [
            "partitioned table",
            True,
            False,
            4,
            1,
        ]
        assert (found["log_2026"]["partition"], found["log_2026"]["enabled"]) == (True, False)
        assert found["far"]["kind"] == "foreign table"


def test_functions_and_their_search_paths() -> None:
    changes = """
        CREATE SCHEMA "Own, one"; CREATE SCHEMA postgres; GRANT CREATE ON SCHEMA postgres TO PUBLIC;
        CREATE FUNCTION safe() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = "Own, one", pg_temp AS 'SELECT 1';
        CREATE FUNCTION open() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = "Own, one", public AS 'SELECT 1';
        CREATE FUNCTION owner() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = "$user", pg_temp AS 'SELECT 1';
        CREATE FUNCTION nowhere() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
        CREATE FUNCTION set(a int) RETURNS int LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1';
        REVOKE EXECUTE ON FUNCTION safe() FROM PUBLIC;
    """
    with cluster("16", "weak", sql=[("sky", changes)]) as server:
        [functions] = ask(server, "bare", "postgres.function")
        found = {
            str(row["function"]): (row["search_path"], row["search_path_writable"], row["temporary_last"])
            for row in functions.rows
        }
        assert found == {
            "safe()": (["Own, one", "pg_temp"], False, True),
            "open()": (["Own, one", "public"], True, False),
            "owner()": (["$user", "pg_temp"], True, True),
            "nowhere()": ([], False, False),
            "set(a integer)": (ABSENT, ABSENT, ABSENT),
            "root_exec()": (ABSENT, ABSENT, ABSENT),
        }
        assert [row["public_execute"] for row in rows(functions, function="safe()")] == [False]
        assert [row["security_definer"] for row in rows(functions, function="set(a integer)")] == [False]


def test_available_is_not_installed(servers: Servers) -> None:
    [extensions] = ask(servers("16", "weak"), "bare", "postgres.extension")
    [crypto] = rows(extensions, database="sky", extension="pgcrypto")
    assert (crypto["installed"], crypto["version"]) == (False, ABSENT)
    assert crypto["available_version"] is not ABSENT
    [installed] = rows(extensions, database="sky", extension="file_fdw")
    assert installed["installed"] is True


def test_masks_of_a_library_that_is_not_loaded_are_not_taken_for_granted() -> None:
    labels = """
        ALTER TABLE target ADD name text;
        REVOKE ALL ON target FROM PUBLIC; GRANT SELECT ON target TO intern, reporting;
        GRANT SELECT (name) ON target TO bare;
        SET allow_system_table_mods = on;
        INSERT INTO pg_seclabel
          SELECT 'public.target'::regclass, 'pg_class'::regclass, attnum, 'anon', 'MASKED WITH VALUE NULL'
          FROM pg_attribute WHERE attrelid = 'public.target'::regclass AND attname = 'pii';
        INSERT INTO pg_shseclabel VALUES ('reporting'::regrole, 'pg_authid'::regclass, 'anon', 'MASKED');
        ALTER DATABASE sky SET anon.transparent_dynamic_masking = on;
    """
    query = Query.of("postgres.declared_column", {"columns": "public.target.pii, public.target.name,app.none.x"})
    with cluster("16", "weak", sql=[("sky", labels)]) as server:
        [columns] = ask(server, "scanner", query)
        found = {str(row["column"]): row for row in columns.rows}
        assert columns.complete
        assert found["public.target.pii"]["readers"] == ["intern", "reporting"]
        assert found["public.target.pii"]["mask"] == "MASKED WITH VALUE NULL"
        assert isinstance(found["public.target.pii"]["unmasked_readers"], Gap)
        assert found["public.target.name"]["unmasked_readers"] == ["bare", "intern", "reporting"]
        assert found["app.none.x"]["present"] is False
