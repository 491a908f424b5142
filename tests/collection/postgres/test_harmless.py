"""What speaks against sending somebody else's query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres.harmless import objection, stripped

FINE = (
    "SELECT 1",
    "select count(*) from app.target",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "VALUES (1), (2)",
    "TABLE app.target",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT 'pg_reload_conf()'",
    "SELECT $$pg_reload_conf()$$, $a$ ; $a$",
    "SELECT E'it\\'s; pg_reload_conf()'",
    "SELECT 1 -- pg_reload_conf(); DROP TABLE x",
    "/* one /* two; */ three */ SELECT 1",
    'SELECT "update", "pg_reload_conf" FROM app."into"',
    "SELECT min(created_at) FROM app.applicant HAVING min(created_at) < now() - interval '30 days'",
    "SELECT (SELECT max(at) FROM a.b) AS newest",
    "SELECT offset_at, deleted, updated_at, settings FROM app.x",
    "SELECT a$b$, 'x' FROM t",
)

REFUSED = (
    ("", "empty"),
    ("  \n", "empty"),
    ("SELECT 1; SELECT 2", "one statement"),
    ("SELECT 1; DROP TABLE x", "one statement"),
    ("DROP TABLE x", "begins"),
    ("EXPLAIN ANALYZE SELECT 1", "begins"),
    ("COPY x TO PROGRAM 'id'", "begins"),
    ("SHOW all", "begins"),
    ("SET ROLE postgres", "begins"),
    ("WITH x AS (DELETE FROM t RETURNING 1) SELECT 1", "DELETE"),
    ("SELECT 1 INTO x", "INTO"),
    ("SELECT * FROM x FOR UPDATE", "UPDATE"),
    ("SELECT pg_reload_conf()", "pg_reload_conf"),
    ("SELECT PG_RELOAD_CONF ()", "PG_RELOAD_CONF"),
    ("SELECT pg_catalog . pg_reload_conf\n()", "pg_reload_conf"),
    ('SELECT "pg_reload_conf"()', "pg_reload_conf"),
    ('SELECT "pg_reload_conf"/* */()', "pg_reload_conf"),
    ("SELECT pg_reload_conf/* */()", "pg_reload_conf"),
    ("SELECT pg_reload_conf--\n()", "pg_reload_conf"),
    ("SELECT 1 --\r, pg_reload_conf()", "pg_reload_conf"),
    ("SELECT pg_terminate_backend(1)", "pg_terminate_backend"),
    ("SELECT pg_cancel_backend(1)", "pg_cancel_backend"),
    ("SELECT pg_switch_wal()", "pg_switch_wal"),
    ("SELECT set_config('transaction_read_only', 'off', false)", "set_config"),
    ("SELECT nextval('s')", "nextval"),
    ("SELECT setval('s', 1)", "setval"),
    ("SELECT lo_import('/etc/passwd')", "lo_import"),
    ("SELECT lo_unlink(1)", "lo_unlink"),
    ("SELECT * FROM dblink('', 'x') AS t(a int)", "dblink"),
    ("SELECT dblink_exec('', 'x')", "dblink_exec"),
    ("SELECT pg_read_file('/etc/passwd')", "pg_read_file"),
    ("SELECT pg_read_binary_file('/etc/passwd')", "pg_read_binary_file"),
    ("SELECT pg_ls_dir('/')", "pg_ls_dir"),
    ("SELECT pg_stat_file('/')", "pg_stat_file"),
    ("SELECT pg_advisory_lock(1)", "pg_advisory_lock"),
    ("SELECT pg_try_advisory_lock(1)", "pg_try_advisory_lock"),
    ("SELECT pg_sleep(1)", "pg_sleep"),
    ("SELECT pg_sleep_for('1h')", "pg_sleep_for"),
    ("SELECT pg_stat_reset()", "pg_stat_reset"),
    ("SELECT pg_stat_statements_reset()", "pg_stat_statements_reset"),
    ("SELECT pg_create_restore_point('x')", "pg_create_restore_point"),
    ("SELECT pg_drop_replication_slot('x')", "pg_drop_replication_slot"),
    ("SELECT pg_replication_slot_advance('x', '0/0')", "pg_replication_slot_advance"),
    ("SELECT pg_logical_slot_get_changes('x', NULL, NULL)", "pg_logical_slot_get_changes"),
    ("SELECT pg_backup_start('x')", "pg_backup_start"),
    ("SELECT pg_promote()", "pg_promote"),
    ("SELECT pg_rotate_logfile()", "pg_rotate_logfile"),
    ("SELECT pg_notify('a', 'b')", "pg_notify"),
    ("SELECT query_to_xml('SELECT pg_reload_conf()', true, true, '')", "query_to_xml"),
    ("SELECT * FROM ts_stat('SELECT pg_reload_conf()')", "ts_stat"),
    ("SELECT * FROM crosstab('SELECT 1')", "crosstab"),
    ("SELECT 'open", "does not end"),
    ('SELECT "open', "does not end"),
    ("SELECT $a$ open $b$", "does not end"),
    ("SELECT 1 /* open /* */", "does not end"),
    ('SELECT U&"pg_reload\\005fconf"()', "not supported"),
    ("SELECT foo$x$, pg_reload_conf(), 2 AS bar$x$", "pg_reload_conf"),
    ("SELECT 1" + " " * 30_000, "longer"),
)


@pytest.mark.parametrize("sql", FINE)
def test_queries_that_only_read_are_sent(sql: str) -> None:
    assert objection(sql) is None


@pytest.mark.parametrize(("sql", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_more_is_refused(sql: str, why: str) -> None:
    assert why in (objection(sql) or "")


@given(st.text(alphabet="sSeElLcCtT ;'\"$-/*\\()U&ab_\n\r", max_size=60))
def test_any_text_is_judged(text: str) -> None:
    said = objection(f"SELECT {text}")
    bare = stripped(f"SELECT {text}")
    assert (said is None) <= (bare is not None and ";" not in bare and "'" not in bare and '"' not in bare)


@given(st.text(alphabet="abc$'\"-/* \n", max_size=30))
def test_a_call_behind_anything_that_ends_is_seen(text: str) -> None:
    if stripped(f"SELECT {text}") is not None and "--" not in text.rsplit("\n", 1)[-1]:
        assert objection(f"SELECT {text}\n , pg_reload_conf()") is not None
