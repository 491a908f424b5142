"""Roles, grants, functions, tables and the like, read from replies made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given

from scanner.collection.postgres import extensions, functions, masking, objects, rights, roles, row_security
from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.sql import Plain, Reply
from tests.collection.parity import check
from tests.collection.postgres.handmade import (
    BROKEN,
    CLOSED,
    DENIED,
    ROOT,
    SESSION,
    cells,
    hostile,
    reply,
    results,
)

ROLE: dict[str, Plain] = {
    "role": "ann",
    "predefined": False,
    "superuser": False,
    "can_login": True,
    "create_role": False,
    "create_db": False,
    "replication": False,
    "bypass_rls": False,
    "inherit": True,
    "connection_limit": -1,
    "valid_now": True,
    "valid_until": None,
    "days_left": None,
}
MEMBER: dict[str, Plain] = {
    "role": "postgres",
    "member": "ann",
    "admin": False,
    "inherit": True,
    "may_set": True,
    "grantor": "postgres",
    "member_can_login": True,
    "predefined": False,
}
GRANT: dict[str, Plain] = {
    "kind": "table",
    "schema": "app",
    "object": "target",
    "column": None,
    "owner": "sky_owner",
    "grantee": "sky_app",
    "public": False,
    "grantee_can_login": True,
    "privileges": ["INSERT", "SELECT"],
    "grantable": None,
}
FUNCTION: dict[str, Plain] = {
    "schema": "app",
    "name": "f",
    "function": "f()",
    "owner": "sky_owner",
    "owner_superuser": False,
    "security_definer": True,
    "search_path": '"Own, one", app, pg_temp',
    "public_execute": True,
    "extension": None,
    "language": "sql",
}
SCHEMA: dict[str, Plain] = {
    "schema": "app",
    "owner": "sky_owner",
    "system": False,
    "public_create": False,
    "public_usage": False,
}
COLUMN: dict[str, Plain] = {
    "column": "app.target.pii",
    "owner": "sky_owner",
    "readers": ["auditors", "reporting"],
    "mask": "MASKED WITH VALUE NULL",
    "masked_roles": ["reporting"],
    "masking": True,
}
EVERYWHERE: Mapping[str, Mapping[str, Plain]] = {
    "grants": GRANT,
    "functions": FUNCTION,
    "schemas": SCHEMA,
    "default_privileges": {
        "role": "a",
        "schema": None,
        "kind": "tables",
        "grantee": "b",
        "public": False,
        "privileges": ["SELECT"],
    },
    "tables": {
        "schema": "app",
        "table": "target",
        "kind": "table",
        "partition": False,
        "owner": "sky_owner",
        "enabled": True,
        "forced": True,
        "policies": 1,
        "open_policies": 0,
        "extension": None,
    },
    "extensions": {"extension": "pgcrypto", "version": None, "available_version": "1.3", "trusted": True},
    "languages": {"language": "sql", "builtin": True, "trusted": True, "public_usage": True, "owner": "postgres"},
    "user_mappings": {"server": "archive", "role": "PUBLIC", "hidden": False, "secret": True},
    "declared_columns": COLUMN,
}
ONCE: Mapping[str, Mapping[str, Plain]] = {
    "roles": ROLE,
    "memberships": MEMBER,
    "password_kinds": {"role": "ann", "can_login": True, "kind": "md5"},
    "shared_grants": {**GRANT, "database": "sky"},
    "tablespaces": {"tablespace": "t", "owner": "postgres", "location": None, "options": None, "public_create": True},
}
MODULES = (extensions, functions, masking, objects, rights, roles, row_security)
SERVER_WIDE = {"postgres.role", "postgres.password", "postgres.membership", "postgres.tablespace"}
ASKED = {
    fact: (module, Query.of(fact, {"columns": "app.target.pii, x"} if module is masking else {}))
    for module in MODULES
    for fact in module.FACTS
}


def answer(module: ModuleType, query: Query, found: Results, session: Session = SESSION) -> Evidence:
    [evidence] = module.answer([query], found, session)
    check(evidence)
    return evidence


def whole() -> Results:
    return results(
        {name: reply(row) for name, row in ONCE.items()},
        {"sky": {name: reply(row) for name, row in EVERYWHERE.items()}},
    )


@pytest.mark.parametrize("fact", ASKED)
def test_each_fact_is_asked_and_answered(fact: str) -> None:
    module, query = ASKED[fact]
    asked = {statement.name: statement for statement in module.statements([query])}
    assert asked.keys() <= ONCE.keys() | EVERYWHERE.keys()
    assert all(statement.everywhere == (name in EVERYWHERE) for name, statement in asked.items())
    assert module.statements([]) == []
    evidence = answer(module, query, whole())
    assert evidence.complete
    assert evidence.rows


@pytest.mark.parametrize("fact", ASKED)
def test_what_was_denied_or_lost_is_never_an_empty_list(fact: str) -> None:
    module, query = ASKED[fact]
    for bad, kind in (
        (DENIED, Outcome.UNKNOWN),
        (BROKEN, Outcome.ERROR),
        (reply(cut="more than 5 rows"), Outcome.ERROR),
    ):
        lost = answer(module, query, results(dict.fromkeys(ONCE, bad), {"sky": dict.fromkeys(EVERYWHERE, bad)}))
        assert lost.gap is not None
        assert lost.gap.kind is kind
    nothing = answer(module, query, results({}, {"sky": {}}))
    assert nothing.gap is not None


@pytest.mark.parametrize(
    "fact",
    [fact for fact, (module, _) in ASKED.items() if fact not in SERVER_WIDE],
)
def test_databases_that_are_closed_are_named(fact: str) -> None:
    module, query = ASKED[fact]
    found = whole()
    evidence = answer(module, query, results(found.once, found.everywhere, {"sea": CLOSED}))
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "CONNECT on database sea")
    assert "database sea: scanner may not connect" in evidence.gap.reason
    assert evidence.rows


@given(hostile({name: tuple(row) for name, row in (ONCE | EVERYWHERE).items()}))
def test_odd_values_never_raise(found: dict[str, Reply]) -> None:
    for module, query in ASKED.values():
        for session in (SESSION, ROOT):
            module.answer([query], results(found, {"sky": found}), session)


def test_the_kind_of_a_password_is_unknown_to_all_but_superusers() -> None:
    query = Query.of("postgres.password")
    assert cells(answer(roles, query, whole(), ROOT).rows, "role", "kind") == [("ann", "md5")]
    denied = answer(roles, query, results({"password_kinds": DENIED}))
    assert denied.rows == ()
    assert denied.gap is not None
    assert (denied.gap.kind, denied.gap.needs) == (Outcome.UNKNOWN, "superuser")
    assert roles.PASSWORDS not in roles.statements([Query.of("postgres.role"), Query.of("postgres.membership")])


def test_no_statement_reads_a_hash_or_an_option() -> None:
    text = " ".join(roles.PASSWORDS.sql.split())
    assert text.startswith(
        "SELECT rolname::text AS role, rolcanlogin AS can_login, CASE WHEN rolpassword IS NULL THEN 'none'"
    )
    assert text.count("END AS kind FROM pg_authid") == 1
    assert "umoptions AS" not in objects.MAPPINGS.sql


def test_memberships_that_did_not_come_make_chains_unknown() -> None:
    for bad, kind in ((DENIED, Outcome.UNKNOWN), (BROKEN, Outcome.ERROR), (reply(cut="more"), Outcome.ERROR)):
        found = answer(roles, Query.of("postgres.role"), results({**whole().once, "memberships": bad}))
        [row] = found.rows
        for name in ("member_of", "all_roles", "usable_roles", "powers", "becomes_superuser", "way_to_superuser"):
            assert row[name].kind is kind
        assert row["can_login"] is True


def test_createrole_counts_as_any_role_before_16_alone() -> None:
    maker = {**ROLE, "create_role": True}
    file = {**ROLE, "role": "pg_write_server_files", "can_login": False, "predefined": True}
    found = results({**whole().once, "roles": reply(maker, file), "memberships": reply()})
    for version, usable in ((150020, ["pg_write_server_files"]), (160003, [])):
        session = Session(user="scanner", version=version)
        evidence = answer(roles, Query.of("postgres.role"), found, session)
        assert evidence.rows[0]["usable_roles"] == usable


def test_a_password_that_ran_out_closes_the_role_for_now() -> None:
    old = {**ROLE, "valid_now": False, "valid_until": "2026-01-01T00:00:00Z", "days_left": -300}
    [row] = answer(roles, Query.of("postgres.role"), results({**whole().once, "roles": reply(old)})).rows
    assert (row["can_login"], row["can_login_now"], row["days_left"]) == (True, False, -300)


def test_grants_know_what_writes() -> None:
    writing = [
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
        "CREATE",
        "SET",
        "ALTER SYSTEM",
    ]
    for privilege, writes in [
        *((each, True) for each in writing),
        ("SELECT", False),
        ("USAGE", False),
        ("EXECUTE", False),
    ]:
        row = {**GRANT, "privileges": [privilege]}
        found = answer(
            rights, Query.of("postgres.grant"), results({"shared_grants": reply()}, {"sky": {"grants": reply(row)}})
        )
        assert cells(found.rows, "writes", "relation", "database") == [(writes, "app.target", "sky")], privilege


def test_both_halves_of_grants_are_needed() -> None:
    found = answer(rights, Query.of("postgres.grant"), results({"shared_grants": DENIED}, {"sky": {"grants": BROKEN}}))
    assert found.gap is not None
    assert found.gap.kind is Outcome.ERROR
    assert "permission denied; database sky: the connection was lost" in found.gap.reason


@pytest.mark.parametrize(
    ("stored", "path", "writable", "last"),
    [
        (None, ABSENT, ABSENT, ABSENT),
        ('""', [], False, False),
        ("app, pg_temp", ["app", "pg_temp"], False, True),
        ("pg_temp, app", ["pg_temp", "app"], False, False),
        ('"Own, one", app', ["Own, one", "app"], True, False),
        ('"say ""hi""",pg_temp', ['say "hi"', "pg_temp"], False, True),
        ('"$user", pg_temp', ["$user", "pg_temp"], True, True),
        ("APP,pg_temp", ["app", "pg_temp"], False, True),
    ],
)
def test_search_paths(stored: str | None, path: Any, writable: Any, last: Any) -> None:
    open_to_all = [{**SCHEMA, "schema": name, "public_create": True} for name in ("Own, one", "sky_owner")]
    found = results(
        {}, {"sky": {"functions": reply({**FUNCTION, "search_path": stored}), "schemas": reply(SCHEMA, *open_to_all)}}
    )
    evidence = answer(functions, Query.of("postgres.function"), found)
    assert cells(evidence.rows, "search_path", "search_path_writable", "temporary_last") == [(path, writable, last)]


def test_a_path_is_not_safe_while_schemas_are_not_known() -> None:
    found = results({}, {"sky": {"functions": reply(FUNCTION), "schemas": BROKEN}})
    [row] = answer(functions, Query.of("postgres.function"), found).rows
    assert isinstance(row["search_path_writable"], Gap)


def test_an_extension_whose_files_are_gone_is_a_row_of_each_database() -> None:
    gone = {"extension": "postgis", "version": "3.3", "available_version": None, "trusted": None}
    found = results({}, {"sky": {"extensions": reply(gone)}, "sea": {"extensions": reply(EVERYWHERE["extensions"])}})
    evidence = answer(extensions, Query.of("postgres.extension"), found)
    assert cells(evidence.rows, "database", "extension", "installed") == [
        ("sky", "pgcrypto", False),
        ("sky", "postgis", True),
        ("sea", "pgcrypto", False),
        ("sea", "postgis", False),
    ]


@pytest.mark.parametrize(
    ("hidden", "secret", "superuser", "plain"),
    [(False, True, False, True), (False, False, False, False), (True, False, True, False)],
)
def test_secrets_of_mappings(hidden: bool, secret: bool, superuser: bool, plain: bool) -> None:
    row = {"server": "archive", "role": "ann", "hidden": hidden, "secret": secret}
    found = results({}, {"sky": {"user_mappings": reply(row)}})
    evidence = answer(objects, Query.of("postgres.foreign_secret"), found, ROOT if superuser else SESSION)
    assert cells(evidence.rows, "secret_stored") == [(plain,)]


def test_hidden_options_of_mappings_are_unknown() -> None:
    row = {"server": "archive", "role": "ann", "hidden": True, "secret": False}
    [found] = answer(
        objects, Query.of("postgres.foreign_secret"), results({}, {"sky": {"user_mappings": reply(row)}})
    ).rows
    assert isinstance(found["secret_stored"], Gap)
    assert found["secret_stored"].needs == "superuser"


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, ["auditors"]),
        ({"masking": False}, ["auditors", "reporting"]),
        ({"mask": None}, ["auditors", "reporting"]),
        ({"masked_roles": []}, ["auditors", "reporting"]),
        ({"masking": None, "masked_roles": []}, ["auditors", "reporting"]),
        ({"masking": None}, None),
    ],
)
def test_masks(changes: dict[str, Plain], seen: list[str] | None) -> None:
    query = Query.of("postgres.declared_column", {"columns": "app.target.pii"})
    [row] = answer(masking, query, results({}, {"sky": {"declared_columns": reply({**COLUMN, **changes})}})).rows
    assert row["unmasked_readers"] == seen if seen is not None else isinstance(row["unmasked_readers"], Gap)


def test_names_of_columns_are_quoted_and_those_that_are_none_never_sent() -> None:
    names = "app.target.pii, o'x.y.z, nonsense, a.b.c\\, app.target.pii"
    [statement] = masking.statements([Query.of("postgres.declared_column", {"columns": names})])
    assert "IN (('app', 'target', 'pii'), ('o''x', 'y', 'z'))" in " ".join(statement.sql.split())
    assert masking.statements([Query.of("postgres.declared_column", {"columns": ""})]) == []
    evidence = answer(
        masking,
        Query.of("postgres.declared_column", {"columns": names}),
        results({}, {"sky": {"declared_columns": reply()}}),
    )
    present = dict(cells(evidence.rows, "column", "present"))
    assert present["app.target.pii"] is False
    assert isinstance(present["nonsense"], Gap)
    assert isinstance(present["a.b.c\\"], Gap)


def test_a_column_may_lie_in_a_database_that_is_closed() -> None:
    query = Query.of("postgres.declared_column", {"columns": "app.target.pii"})
    found = answer(masking, query, results({}, {"sky": {"declared_columns": reply()}}, {"sea": CLOSED}))
    [row] = found.rows
    assert isinstance(row["present"], Gap)
    assert isinstance(row["unmasked_readers"], Gap)
    assert found.gap is not None
