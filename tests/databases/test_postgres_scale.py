"""Many tables: lists stay whole as far as they are bounded, and are cut with a reason beyond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from scanner.collection.postgres import row_security
from scanner.model.outcome import Outcome
from tests.databases.postgres import Cluster, cluster
from tests.databases.verdicts import ask, verdicts

pytestmark = pytest.mark.server

TABLES = 6_000
MAKE = f"""
    DO $$ BEGIN
      FOR i IN 1..{TABLES} LOOP
        EXECUTE format('CREATE TABLE public.t%s (id int)', i);
        IF i % 1000 = 0 THEN COMMIT; END IF;
      END LOOP;
    END $$
"""
QUICK = dict.fromkeys(
    ("ignore_system_indexes", "debug_print_parse", "debug_print_rewritten", "debug_print_plan"), "off"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    more = {**QUICK, "fsync": "off", "synchronous_commit": "off"}
    with cluster("16", "weak", settings=more) as running:
        running.sql("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO intern")
        running.sql(MAKE)
        yield running


def test_many_tables_are_all_told(server: Cluster) -> None:
    grants, tables = ask(server, "bare", "postgres.grant", "postgres.table_security")
    assert grants.complete
    assert tables.complete
    assert len(tables.rows) == TABLES + 1
    assert len([row for row in grants.rows if row["grantee"] == "intern" and row["kind"] == "table"]) == TABLES
    assert verdicts(server, "bare", ["postgres_classified_tables_row_secured"]) == {
        "postgres_classified_tables_row_secured": "fail"
    }


def test_more_rows_than_are_read_are_no_whole_list(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_security, "TABLES", replace(row_security.TABLES, limit=1000))
    [tables] = ask(server, "bare", "postgres.table_security")
    assert len(tables.rows) == 1001  # the other database's one besides
    assert tables.gap is not None
    assert tables.gap.kind is Outcome.ERROR
    assert tables.gap.reason == "database postgres: the list was cut: more than 1000 rows"
