"""A visit to a PostgreSQL server: who we are, what it is, which databases may be entered, and what to grant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scanner.collection.postgres import grants, server, server_state
from scanner.collection.sql.results import Results, Session
from scanner.facts.postgres.server_state import CONNECT, MONITOR, SETTINGS
from scanner.facts.postgres.settings import FILES
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.fact import Need
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from scanner.transport.sql import Reply, SqlAnswer, Statement
from tests.collection.parity import check
from tests.collection.postgres.replies import DENIED, LOST, reply, session

WHO = {"user": "scan", "database": "postgres", "now": "2026-11-21T08:00:05Z", "superuser": False, "roles": ["scan"]}
DATABASE = {
    "name": "sky",
    "owner": "sky_owner",
    "open": True,
    "template": False,
    "connection_limit": -1,
    "may_connect": True,
    "public_connect": False,
    "public_temporary": True,
}
STATE = {
    "version": "16.3 (Debian 16.3-1)",
    "standby": False,
    "port": 5432,
    "data_directory": "/data",
    "data_checksums": True,
    "started": "2026-11-20T00:00:00Z",
    "configuration_loaded": "2026-11-20T00:00:01Z",
    "encrypted": True,
    "over_socket": False,
    "providers": [],
}


class Client:
    """A server that answers from a book."""

    def __init__(self, replies: dict[str, Reply], options: dict[str, str] | None = None) -> None:
        self.replies = replies
        self.options = options or {}
        self.asked: list[str] = []

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        self.asked.append(database)
        assert limits.run > 0
        return SqlAnswer(self.replies, 160003, started_at="2026-11-21T08:00:00Z")

    def close(self) -> None: ...


ORDINARY = session()


def state(who: Session = ORDINARY, **row: Any) -> Evidence:
    [found] = server_state.answer([Query.of("postgres.server")], Results({"server": reply(STATE, row)}), who)
    check(found)
    return found


class TestSession:
    def test_what_the_server_says_of_us(self):
        found = server.session({"who": reply(WHO, {"roles": ["scan", "pg_monitor"]})}, 160003, {"managed": "true"})

        assert (found.user, found.database, found.now) == ("scan", "postgres", "2026-11-21T08:00:05Z")
        assert found.has("pg_monitor")
        assert not found.has("pg_read_all_settings")
        assert found.options == {"managed": "true"}

    @pytest.mark.parametrize("replies", [{}, {"who": LOST}, {"who": reply(WHO, {"roles": None, "superuser": None})}])
    def test_what_it_does_not_say_is_no_privilege(self, replies: dict[str, Reply]):
        found = server.session(replies, 160003, {})
        assert not found.superuser
        assert not found.has("pg_monitor")


class TestDatabases:
    def databases(self, *rows: dict[str, Any], wanted: str = "") -> tuple[list[str], dict[str, Gap]]:
        options = {"databases": wanted} if wanted else {}
        return server.databases({"databases": reply(DATABASE, *rows)}, session(options=options))

    def test_all_others_that_are_open_are_entered(self):
        inside, closed = self.databases({}, {"name": "postgres"}, {"name": "template0", "open": False})
        assert (inside, closed) == (["sky"], {})

    def test_those_that_are_closed_to_us_are_named(self):
        inside, closed = self.databases({}, {"name": "secret", "may_connect": False})
        assert inside == ["sky"]
        assert closed["secret"].kind is Outcome.UNKNOWN
        assert closed["secret"].needs == "CONNECT on database secret"

    def test_a_wish_narrows_them(self):
        inside, closed = self.databases({}, {"name": "b", "may_connect": False}, {"name": "c"}, wanted="c,nowhere")
        assert inside == ["c"]
        assert list(closed) == ["nowhere"]
        assert closed["nowhere"].kind is Outcome.ERROR

    @pytest.mark.parametrize(("replies", "kind"), [({}, Outcome.ERROR), ({"databases": DENIED}, Outcome.UNKNOWN)])
    def test_a_list_that_is_not_there_leaves_all_open(self, replies: dict[str, Reply], kind: Outcome):
        inside, closed = server.databases(replies, session())
        assert inside == []
        assert [gap.kind for gap in closed.values()] == [kind]


class TestServerState:
    def test_what_it_says_of_itself(self):
        [row] = state().rows
        assert (row["version"], row["major"], row["port"]) == ("16.3", 16, 5432)
        assert (row["managed"], row["provider"], row["encrypted"]) == (False, ABSENT, True)

    @pytest.mark.parametrize(
        ("providers", "said", "managed"),
        [
            (["rds_superuser"], "", True),
            ([], "true", True),
            (["rds_superuser"], "false", False),
            (["newcomer"], "", True),
        ],
    )
    def test_a_managed_service(self, providers: list[str], said: str, managed: bool):
        [row] = state(session(options={"managed": said} if said else {}), providers=providers).rows
        assert row["managed"] is managed
        assert row["provider"] == {"rds_superuser": "Amazon RDS", "newcomer": "newcomer"}.get(
            "".join(providers), ABSENT
        )

    def test_a_hidden_directory(self):
        [row] = state(data_directory=None).rows
        assert row["data_directory"].needs == "role pg_read_all_settings"

    def test_odd_values_are_gaps(self):
        [row] = state(port="many", standby="maybe", encrypted=None, providers=None).rows
        assert (row["port"].kind, row["standby"].kind) == (Outcome.ERROR, Outcome.ERROR)
        assert (row["encrypted"], row["provider"]) == (ABSENT, ABSENT)

    @pytest.mark.parametrize("lost", [LOST, Reply(tuple(STATE))])
    def test_no_row_is_an_error(self, lost: Reply):
        [found] = server_state.answer([Query.of("postgres.server")], Results({"server": lost}), session())
        assert found.gap is not None
        assert found.gap.kind is Outcome.ERROR

    def test_the_list_of_databases(self):
        rows = [{}, {"name": "no", "may_connect": False}, {"name": "template0", "open": False}]
        [found] = server_state.answer(
            [Query.of("postgres.database")], Results({"databases": reply(DATABASE, *rows)}), session()
        )
        check(found)
        assert [row["database"] for row in found.rows] == ["sky", "no", "template0"]
        assert found.rows[0]["entered"] is True
        assert found.rows[1]["entered"].needs == "CONNECT on database no"
        assert found.rows[2]["entered"] is ABSENT

    def test_the_state_is_asked_where_it_is_wanted(self):
        assert server_state.statements([Query.of("postgres.database")]) == []
        assert [each.name for each in server_state.statements([Query.of("postgres.server")])] == ["server"]


class TestVisit:
    def test_one_session_answers_what_is_asked_once(self):
        client = Client({"who": reply(WHO, {}), "server": reply(STATE, {}), "databases": reply(DATABASE, {})})
        queries = [Query.of("postgres.server"), Query.of("postgres.database")]
        found = server.collect(queries, client, Limits())

        assert client.asked == [""]
        assert [each.query for each in found.evidence] == queries
        assert (found.now, found.clock_offset, found.identity.privilege) == ("2026-11-21T08:00:05Z", 5.0, "scan")

    def test_statements_are_printed_as_they_are_sent(self):
        text = server.describe([Query.of("postgres.server")]).text.decode()
        assert "-- who: once, at most 20000 rows\n" in text
        assert "pg_is_in_recovery()" in text


class TestGrants:
    def test_just_what_facts_need(self):
        needs = [SETTINGS, FILES, CONNECT, Need("superuser", "superuser", "hashes are shown to nobody else"), FILES]
        assert grants.grants(needs, 'o"dd') == [
            'CREATE ROLE "o""dd" LOGIN CONNECTION LIMIT 3;  -- then: \\password "o""dd"',
            'GRANT pg_read_all_settings TO "o""dd";',
            'GRANT SELECT ON pg_file_settings TO "o""dd";',
            'GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO "o""dd";',
            '-- for each database: GRANT CONNECT ON DATABASE … TO "o""dd";',
            "-- superuser: hashes are shown to nobody else",
        ]

    def test_a_role_that_holds_another_is_enough(self):
        assert grants.grants([SETTINGS, MONITOR])[1:] == ['GRANT pg_monitor TO "controlproof";']

    def test_other_grants_are_given_as_they_are_named(self):
        assert 'GRANT SELECT ON a.b TO "controlproof";' in grants.grants([Need("grant", "SELECT ON a.b", "why")])
