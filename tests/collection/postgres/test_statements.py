"""Every statement that any collector of PostgreSQL sends: one SELECT each, calling only functions known to do nothing else.

A read-only transaction does not stop a function from reloading the configuration or ending sessions.
"""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from scanner.collection.postgres.harmless import calls, objection, stripped
from scanner.collection.postgres.server import DIALECT
from scanner.facts.table import builtin
from scanner.model.evidence import Query
from scanner.transport.sql import Statement

HARMLESS = {
    # texts, lists, numbers, times
    *("array_agg", "array_length", "array_position", "array_remove", "array_to_string", "btrim", "cardinality"),
    *("coalesce", "concat", "concat_ws", "count", "extract", "format", "format_type", "greatest", "left", "length"),
    *("least", "lower", "max", "min", "nullif", "quote_ident", "regexp_match", "regexp_matches", "regexp_replace"),
    *("replace", "round", "split_part", "starts_with", "string_agg", "string_to_array", "strpos", "substr"),
    *("substring", "sum", "to_char", "trim", "unnest", "upper", "bool_and", "bool_or", "jsonb_array_elements_text"),
    *("string_to_table", "generate_series", "date_trunc", "floor", "ceil", "to_timestamp", "age", "abs", "lpad"),
    *("row_number", "array_append", "array_cat", "right", "position", "clock_timestamp", "now"),
    # what the server knows of itself
    *("acldefault", "aclexplode", "current_database", "current_setting", "current_schemas", "host", "inet_server_addr"),
    *("inet_server_port", "has_any_column_privilege", "has_column_privilege", "has_database_privilege"),
    *("has_function_privilege", "has_schema_privilege", "has_table_privilege", "has_tablespace_privilege"),
    *("has_foreign_data_wrapper_privilege", "has_language_privilege", "has_parameter_privilege"),
    *("has_sequence_privilege", "has_server_privilege", "has_type_privilege", "obj_description", "shobj_description"),
    *("pg_backend_pid", "pg_conf_load_time", "pg_current_wal_lsn", "pg_describe_object", "pg_encoding_to_char"),
    *("pg_get_expr", "pg_get_function_identity_arguments", "pg_get_userbyid", "pg_get_viewdef", "pg_has_role"),
    *("pg_identify_object", "pg_is_in_recovery", "pg_last_wal_replay_lsn", "pg_last_wal_receive_lsn"),
    *("pg_ls_archive_statusdir", "pg_ls_logdir", "pg_options_to_table", "pg_postmaster_start_time"),
    *(
        "pg_tablespace_location",
        "pg_wal_lsn_diff",
        "row_security_active",
        "pg_size_bytes",
        "pg_control_system",
        "pg_get_constraintdef",
        "version",
    ),
}
"""Functions that read and nothing else, by the manual."""

KEYWORDS = {
    *("all", "and", "any", "array", "as", "by", "case", "cross", "distinct", "else", "except", "exists", "filter"),
    *("from", "in", "intersect", "is", "join", "lateral", "materialized", "not", "on", "or", "order", "over", "row"),
    *("select", "some", "then", "union", "using", "values", "when", "where", "within", "group", "having", "recursive"),
}
"""What stands before a parenthesis without being called."""

SAMPLES = {"text": "log_connections", "int": 1, "bool": True, "duration": 3600, "enum": ""}


def _statements() -> dict[str, Statement]:
    found = {statement.name: statement for statement in DIALECT.opening}
    for name, module in DIALECT.collectors.items():
        queries = [Query.of(name, _parameters(name))]
        for statement in import_module(module).statements(queries):
            found[f"{statement.name} {statement.since} {statement.until}"] = statement
    return found


def _parameters(fact: str) -> dict[str, str | int | bool]:
    spec = builtin()[fact]
    given = {each.name: (each.type.literals or (SAMPLES[each.type.kind.value],))[0] for each in spec.parameters}
    return {**given, "sql": "SELECT 1"} if fact == "postgres.query" else given


STATEMENTS = _statements()
each = pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))


@each
def test_is_one_select(statement: Statement) -> None:
    bare = stripped(statement.sql)
    assert bare is not None
    assert ";" not in bare
    assert re.match(r"\s*(SELECT|WITH)\b", bare)
    words = {word.upper() for word in re.findall(r"(?<!\x01)\b[A-Za-z_]+\b", bare)}
    assert not words & {"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "LOCK", "SET", "CALL", "COPY", "SHARE", "DO"}


@each
def test_calls_only_what_is_known_to_be_harmless(statement: Statement) -> None:
    bare = stripped(statement.sql)
    assert bare is not None
    assert {name.lower() for name in calls(bare)} - KEYWORDS - HARMLESS == set()


@each
def test_is_bounded_and_plain(statement: Statement) -> None:
    assert 0 < statement.limit <= 100_000
    assert statement.sql.isascii()
    assert not re.search(r"(?i)select\s+\*|\.\*", stripped(statement.sql) or ""), "name columns: versions add some"


def test_what_is_called_harmless_is_not_what_queries_are_refused_for() -> None:
    refused = {name for name in HARMLESS if objection(f"SELECT {name}(1)")}
    assert refused <= {"pg_ls_archive_statusdir", "pg_ls_logdir", "pg_current_logfile"}
