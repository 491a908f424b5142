"""What PostgreSQL and libpq say when a session does not come about."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import AuthenticationError, CollectionError, HostKeyError, UnreachableError
from scanner.model.outcome import Outcome
from scanner.transport.postgres_errors import refused

GIVEN = {"host": "db01", "port": "5433", "dbname": "sky"}
BEGIN = 'connection failed: connection to server at "192.0.2.1", port 5433 failed: '


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            'FATAL:  password authentication failed for user "scan"',
            AuthenticationError,
            'password authentication failed for user "scan" (check user and password)',
        ),
        ("fe_sendauth: no password supplied", AuthenticationError, "no password supplied (check user and password)"),
        ('FATAL:  Peer authentication failed for user "scan"', AuthenticationError, "check user and password"),
        (
            'FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "scan", database "sky", no encryption',
            AuthenticationError,
            "lets this user in from here only",
        ),
        ('FATAL:  role "nobody" does not exist', AuthenticationError, "(check user)"),
        ("SSL error: certificate verify failed", HostKeyError, "(give ca_file,"),
        (
            'server certificate for "localhost" does not match host name "db01"',
            HostKeyError,
            "does not match host name",
        ),
        ('root certificate file "/x" does not exist', HostKeyError, "give ca_file"),
        ("server does not support SSL, but SSL was required", HostKeyError, "say sslmode: disable"),
        ("Connection refused\n\tIs the server running on that host?", UnreachableError, "Connection refused"),
        ('could not translate host name "db01" to address', UnreachableError, "could not translate"),
        ("timeout expired", UnreachableError, "timeout expired"),
        ("something that nobody knows", UnreachableError, "something that nobody knows"),
        ("FATAL:  sorry, too many clients already", CollectionError, "sorry, too many clients already"),
        ('FATAL:  database "sky" is not accepting connections', CollectionError, "is not accepting connections"),
    ],
)
def test_a_session_that_did_not_come_about(said: str, kind: type[CollectionError], sentence: str):
    found = refused(psycopg.OperationalError(BEGIN + said), GIVEN)

    assert type(found) is kind
    assert found.reason.startswith("db01:5433: ")
    assert sentence in found.reason
    assert "connection to server" not in found.reason
    assert "\n" not in found.reason


def test_a_database_that_is_closed_to_us_is_unknown():
    problem = psycopg.OperationalError(
        'FATAL:  permission denied for database "sky"\nDETAIL:  User does not have CONNECT'
    )
    found = refused(problem, GIVEN)

    assert (found.kind, found.needs) == (Outcome.UNKNOWN, "CONNECT on database sky")


@pytest.mark.parametrize(
    ("given", "place"),
    [({}, "PostgreSQL here"), ({"service": "main"}, "service main"), ({"host": "/run/postgresql"}, "/run/postgresql")],
)
def test_the_place_is_what_was_given(given: dict[str, str], place: str):
    assert refused(psycopg.OperationalError("timeout expired"), given).reason == f"{place}: timeout expired"


def test_an_error_without_words_has_its_name():
    assert refused(psycopg.OperationalError(""), GIVEN).reason == "db01:5433: OperationalError"


@given(st.text(), st.dictionaries(st.sampled_from(["host", "port", "dbname", "service"]), st.text()))
def test_any_words_give_an_error_of_ours(said: str, given: dict[str, str]):
    assert isinstance(refused(psycopg.OperationalError(said), given), CollectionError)
