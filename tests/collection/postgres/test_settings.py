"""Settings of a PostgreSQL server: its own value, what overrides it, what is hidden, and what files hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.postgres import settings
from scanner.collection.sql.results import Results, Session
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.sql import Reply
from tests.collection.parity import check
from tests.collection.postgres.replies import DENIED, LINE, LOST, OVERRIDE, SETTING, reply, session

READER = session("pg_read_all_settings")
BARE = session()
CONNECTIONS = {"name": "log_connections", "vartype": "bool", "boot_val": "off", "context": "superuser-backend"}
PGAUDIT = {"name": "pgaudit.log", "boot_val": "none", "context": "superuser"}
BOB = {"role": "bob", "for_role": True}
SKY = {"database": "sky", "for_database": True}


def setting(**more: Any) -> dict[str, Any]:
    value = more.get("setting", "")
    return {"reset_val": value, "boot_val": value, **more}


def ask(
    query: Query,
    *rows: dict[str, Any],
    overrides: Any = (),
    lines: Any = (),
    who: Session = READER,
    **replaced: Reply,
) -> Evidence:
    replies = {
        "settings": reply(SETTING, *rows),
        "setting_overrides": reply(OVERRIDE, *overrides),
        "setting_files": reply(LINE, *lines),
        **replaced,
    }
    [found] = settings.answer([query], Results(replies), who)
    check(found)
    assert found.provenance.as_user == "scan"
    return found


def of(name: str) -> Query:
    return Query.of("postgres.setting", {"name": name})


CHANGED = Query.of("postgres.setting_changed")
OVERRIDES = Query.of("postgres.setting_override")
FILES = Query.of("postgres.setting_file")


def asked(*queries: Query) -> set[str]:
    return {statement.name for statement in settings.statements(queries)}


def test_only_what_is_needed_is_asked():
    assert asked(of("a"), of("b")) == {"settings", "setting_overrides", "setting_files"}
    assert asked(CHANGED) == {"settings", "setting_overrides", "setting_files"}
    assert asked(OVERRIDES) == {"settings", "setting_overrides"}
    assert asked(FILES) == {"setting_files"}
    assert asked() == set()


@pytest.mark.parametrize("statement", settings.statements([of("a"), FILES]), ids=lambda each: each.name)
def test_no_password_leaves_the_server(statement: Any):
    assert "masked(" not in statement.sql
    assert "(hidden)" in statement.sql


class TestOwnValue:
    def test_as_it_is_in_force(self):
        row = setting(**CONNECTIONS, setting="on", source="configuration file", sourcefile="/c", sourceline=7)
        found = ask(of("log_connections"), row)

        [own] = found.rows
        assert (own["scope"], own["present"], own["value"], own["enabled"]) == ("server", True, "on", True)
        assert (own["file"], own["line"], own["context"]) == ("/c", 7, "superuser-backend")
        assert found.gap is None

    def test_names_are_the_same_in_any_case(self):
        assert ask(of("timezone"), setting(name="TimeZone", setting="UTC")).rows[0]["value"] == "UTC"

    def test_a_file_that_is_hidden(self):
        [own] = ask(of("x"), setting(setting="1", source="configuration file"), who=BARE).rows

        assert isinstance(own["file"], Gap)
        assert isinstance(own["line"], Gap)
        assert own["file"].needs == "role pg_read_all_settings"

    def test_a_value_that_waits_for_a_restart(self):
        assert ask(of("x"), setting(pending_restart=True)).rows[0]["pending_restart"] is True

    @pytest.mark.parametrize("who", [READER, session(superuser=True)])
    def test_no_such_setting(self, who: Session):
        [own] = ask(of("pgaudit.log"), who=who).rows

        assert own["present"] is False
        assert own["value"] is ABSENT

    def test_what_may_be_hidden_is_not_taken_for_missing(self):
        [own] = ask(of("ssl_ciphers"), who=BARE).rows

        assert {own[name].kind for name in ("present", "value", "items", "pending_restart")} == {Outcome.UNKNOWN}

    @pytest.mark.parametrize(("lost", "kind"), [(DENIED, Outcome.UNKNOWN), (LOST, Outcome.ERROR)])
    def test_settings_that_were_not_read(self, lost: Reply, kind: Outcome):
        found = ask(of("x"), settings=lost)

        assert (found.rows, found.gap.kind) == ((), kind)

    def test_a_cut_list_is_no_proof_of_absence(self):
        assert ask(of("x"), settings=reply(SETTING, cut="more than 3 rows")).gap.kind is Outcome.ERROR


class TestOverrides:
    def test_each_is_a_row_with_the_name_of_whom_it_is_for(self):
        overrides = [
            {**BOB, **CONNECTIONS, "value": "0"},
            {**SKY, "name": "log_connections", "value": "no"},
            {**BOB, **SKY, "name": "log_connections", "value": "Off"},
            {"name": "log_connections", "value": "off"},
            {**BOB, "name": "work_mem", "value": "1GB"},
        ]
        overrides = [{name: each[name] for name in OVERRIDE if name in each} for each in overrides]
        found = ask(of("log_connections"), setting(**CONNECTIONS, setting="on"), overrides=overrides)

        assert [(row["scope"], row["value"], row["enabled"]) for row in found.rows] == [
            ("server", "on", True),
            ("role bob", "off", False),
            ("database sky", "off", False),
            ("role bob in database sky", "off", False),
            ("every role", "off", False),
        ]
        assert {row["present"] for row in found.rows} == {True}

    def test_of_a_setting_that_is_not_there(self):
        found = ask(of("pgaudit.log"), overrides=[{**BOB, "name": "pgaudit.log", "value": "none"}])

        assert [(row["present"], row["value"], row["items"]) for row in found.rows] == [
            (False, ABSENT, ABSENT),
            (False, "none", ["none"]),
        ]

    def test_of_a_setting_that_may_be_hidden(self):
        override = {**BOB, "name": "pgaudit.log", "value": "none"}
        found = ask(of("pgaudit.log"), overrides=[override], who=BARE)

        assert found.rows[1]["present"].kind is Outcome.UNKNOWN

    def test_of_roles_and_databases_that_are_gone(self):
        found = ask(OVERRIDES, overrides=[{"for_role": True, "for_database": True, "name": "a", "value": None}])

        [row] = found.rows
        assert row["scope"] == "role (dropped) in database (dropped)"
        assert row["assignment"] == "a= for role (dropped) in database (dropped)"

    def test_that_were_not_read_leave_the_list_open(self):
        found = ask(of("log_connections"), setting(**CONNECTIONS, setting="on"), setting_overrides=LOST)

        assert len(found.rows) == 1
        assert found.gap.kind is Outcome.ERROR

    def test_all_of_them(self):
        found = ask(
            OVERRIDES, setting(**PGAUDIT, setting="all"), overrides=[{**SKY, "name": "pgaudit.log", "value": "none"}]
        )

        [row] = found.rows
        assert row["assignment"] == "pgaudit.log=none for database sky"
        assert (row["context"], row["database"], row["role"]) == ("superuser", "sky", ABSENT)


class TestValueBehindOurs:
    """Our own session may see another value than the server's."""

    def value(self, lines: Any = (), overrides: Any = (), **row: Any) -> Any:
        known = setting(**{**CONNECTIONS, "setting": "on", **row})
        found = ask(of("log_connections"), known, overrides=overrides, lines=lines)
        return found.rows[0]["value"]

    def test_what_we_set_for_the_session_does_not_count(self):
        assert self.value(source="session", reset_val="off") == "off"

    @pytest.mark.parametrize("source", ["database", "user", "database user", "global", "client"])
    def test_what_our_role_or_database_got_does_not_count(self, source: str):
        line = {"name": "Log_Connections", "setting": "off"}
        assert self.value([line], source=source) == "off"

    def test_what_no_file_sets_is_as_it_is_built_in(self):
        assert self.value(source="user") == "off"

    def test_a_session_of_ours_over_an_override(self):
        override = {**SKY, "name": "log_connections", "value": "on"}
        assert self.value(overrides=[override], source="session", reset_val="on") == "off"

    def test_without_the_files_it_is_not_known(self):
        row = setting(**CONNECTIONS, setting="on", source="user")
        [own] = ask(of("log_connections"), row, setting_files=DENIED).rows

        assert own["value"].kind is Outcome.UNKNOWN
        assert own["enabled"].needs == "the grants on pg_file_settings"


class TestChanged:
    def names(self, *rows: dict[str, Any], **more: Any) -> list[object]:
        return [row["name"] for row in ask(CHANGED, *rows, **more).rows]

    def test_what_somebody_set(self):
        port = setting(name="port", setting="5433", boot_val="5432", context="postmaster", source="command line")
        found = ask(CHANGED, {**port, "boot_val": "5432"}, setting(name="same", setting="1", source="session"))

        [row] = found.rows
        assert (row["assignment"], row["context"]) == ("port=5433", "postmaster")
        assert found.gap is None

    @pytest.mark.parametrize("source", ["default", "override"])
    def test_what_the_server_chose_itself_is_no_change(self, source: str):
        assert self.names({**setting(name="wal_buffers", setting="512", source=source), "boot_val": "-1"}) == []

    def test_what_cannot_be_set_is_no_change(self):
        row = setting(name="block_size", setting="1", context="internal", source="session")
        assert self.names({**row, "boot_val": "2"}) == []

    def test_what_waits_for_a_restart_counts_whatever_is_in_force(self):
        assert self.names(setting(name="shared_buffers", setting="1", pending_restart=True)) == ["shared_buffers"]

    def test_an_unknown_value_may_be_a_change(self):
        row = setting(name="a", setting="1", source="user")
        found = ask(CHANGED, row, setting_files=DENIED)

        assert found.rows[0]["assignment"].kind is Outcome.UNKNOWN

    def test_hidden_settings_leave_the_list_open(self):
        assert ask(CHANGED, who=BARE).gap.needs == "role pg_read_all_settings"
        assert ask(CHANGED, settings=LOST).gap.kind is Outcome.ERROR


class TestFiles:
    def test_lines_with_mistakes_and_lines_that_wait(self):
        found = ask(
            FILES,
            lines=[
                {"name": "good", "sourceline": 1},
                {"name": "bad", "sourceline": 2, "applied": False, "error": "not a number"},
                {"name": None, "setting": None, "sourceline": 3, "applied": False, "error": "syntax error"},
                {"name": "late", "sourceline": 4, "applied": False},
                {"sourcefile": None, "sourceline": None, "error": "cannot be opened"},
            ],
        )
        assert [(row["line"], row["problem"]) for row in found.rows] == [
            (2, "not a number"),
            (3, "syntax error"),
            (4, "not applied"),
            (ABSENT, "cannot be opened"),
        ]

    def test_a_line_that_a_later_one_overrules_is_no_mistake(self):
        lines = [{"applied": False, "sourceline": 1}, {"applied": True, "sourceline": 9}]
        assert ask(FILES, lines=lines).rows == ()

    def test_the_view_is_closed_by_default(self):
        found = ask(FILES, setting_files=DENIED)
        assert (found.gap.kind, found.gap.needs) == (Outcome.UNKNOWN, "the grants on pg_file_settings")


odd = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(["on", "off", "-1", "1GB", "0600", '"', ",,", "9" * 400])
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["x", "X", "pgaudit.log", "y"]),
            "setting": odd,
            "reset_val": odd,
            "boot_val": odd,
            "unit": st.sampled_from([None, "", "kB", "8kB", "min", "ms", "?", "0kB"]),
            "vartype": st.sampled_from(["bool", "enum", "integer", "real", "string", "?"]),
            "source": st.sampled_from(["default", "session", "user", "configuration file", "client"]),
            "pending_restart": st.booleans(),
        }
    ),
    max_size=4,
)
changes = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["x", "y", "z"]),
            "value": odd,
            "role": odd,
            "database": odd,
            "for_role": st.booleans(),
            "for_database": st.booleans(),
        }
    ),
    max_size=3,
)
lines = st.lists(
    st.fixed_dictionaries({"name": odd, "setting": odd, "sourcefile": odd, "applied": st.booleans(), "error": odd}),
    max_size=3,
)


@given(rows, changes, lines, st.booleans())
def test_whatever_a_server_says_is_of_the_declared_types(rows: Any, changes: Any, lines: Any, reader: bool):
    for query in (of("x"), of("pgaudit.log"), CHANGED, OVERRIDES, FILES):
        ask(query, *rows, overrides=changes, lines=lines, who=READER if reader else BARE)
