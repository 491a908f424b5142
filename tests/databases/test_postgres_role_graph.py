"""What we compute of roles against real servers: their own functions, and a role that tries every way there is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scanner.collection.postgres.role_graph import Graph, Membership
from scanner.model.evidence import Row
from tests.databases.postgres import Cluster, cluster
from tests.databases.verdicts import ask

pytestmark = pytest.mark.server

NAMES = tuple(f"r{number}" for number in range(7))
OTHERS = ("reporting", "postgres")
"""Roles of the cluster that matter besides: the first is a member of the second."""


@pytest.fixture(scope="module", params=["15", "16", "18"])
def server(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with cluster(request.param, "weak") as running:
        yield running


def generate(server: Cluster, seed: int) -> None:
    """Make new roles and memberships; the server itself refuses cycles."""
    chance = random.Random(seed)
    newer = int(server.version) >= 16
    server.sql("".join(f"DROP ROLE IF EXISTS {name};" for name in NAMES))
    for name in NAMES:
        words = [
            "SUPERUSER" if chance.random() < 0.12 else "",
            "CREATEROLE" if chance.random() < 0.15 else "",
            "BYPASSRLS" if chance.random() < 0.2 else "",
            "NOINHERIT" if chance.random() < 0.3 else "",
        ]
        server.sql(f"CREATE ROLE {name} LOGIN {' '.join(words)}")
    for _ in range(9):
        role, member = chance.sample(NAMES, 2)
        options = {name: chance.random() < 0.5 for name in ("ADMIN", "INHERIT", "SET")}
        if newer:
            options["ADMIN"] = options["ADMIN"] and chance.random() < 0.5
            told = " WITH " + ", ".join(f"{name} {str(on).upper()}" for name, on in options.items())
        else:
            told = " WITH ADMIN OPTION" if options["ADMIN"] and chance.random() < 0.4 else ""
        try:
            server.sql(f"GRANT {role} TO {member}{told}")
        except psycopg.errors.InvalidGrantOperation:
            continue


def seen(server: Cluster) -> dict[str, Row]:
    [roles] = ask(server, "bare", "postgres.role")
    assert roles.complete
    return {str(row["role"]): row for row in roles.rows}


def may(server: Cluster, how: str) -> set[tuple[str, str]]:
    """Give the pairs (role, other) that the server's own function affirms."""
    text = "SELECT a, b FROM unnest(%s::name[]) AS a, unnest(%s::name[]) AS b WHERE a <> b AND pg_has_role(a, b, %s)"
    return {(one, other) for one, other in server.sql(text, (list(NAMES), list(NAMES), how))}


@pytest.mark.parametrize("seed", range(3))
def test_memberships_are_those_of_the_server(server: Cluster, seed: int) -> None:
    generate(server, seed)
    roles = seen(server)
    [memberships] = ask(server, "bare", "postgres.membership")
    member, usage = may(server, "MEMBER"), may(server, "USAGE")
    settable = may(server, "SET") if int(server.version) >= 16 else member
    edges = [
        Membership(str(row["role"]), str(row["member"]), False, row["inherit"] is True, row["set"] is True)
        for row in memberships.rows
    ]
    graph = Graph(frozenset(), frozenset(), frozenset(NAMES), edges)
    for name in NAMES:
        # A superuser may do as any role, which no membership tells.
        if roles[name]["superuser"] is True:
            assert roles[name]["becomes_superuser"] is True
            continue
        assert roles[name]["all_roles"] == sorted(other for one, other in member if one == name)
        reach = graph.reach(name)
        assert reach.identities == {name} | {other for one, other in settable if one == name}
        rights = {other for one, other in usage if one in reach.identities}
        if roles[name]["becomes_superuser"] is True:
            continue
        assert reach.usable == (reach.identities | rights) - {name}


@pytest.mark.parametrize("seed", range(3))
def test_a_role_that_tries_everything_gets_what_we_say(server: Cluster, seed: int) -> None:
    generate(server, seed)
    roles = seen(server)
    member = may(server, "MEMBER")
    for name in NAMES:
        if roles[name]["superuser"] is True:
            continue
        reached, superuser = try_everything(server, name, roles)
        assert superuser == (roles[name]["becomes_superuser"] is True), name
        if superuser:
            assert str(roles[name]["way_to_superuser"]).startswith(f"{name} > ")
            continue
        usable = roles[name]["usable_roles"]
        assert isinstance(usable, list)
        assert reached <= {name, *usable}
        # One that is its own member it could take only by way of a third role.
        below = {one for one, other in member if other == name}
        assert {other for other in usable if other in NAMES} - reached - below <= inherited(server, reached, name)


def inherited(server: Cluster, reached: set[str], name: str) -> set[str]:
    """Give the roles whose rights one of the reached has without being able to become them."""
    return {other for one, other in may(server, "USAGE") if one in reached and other != name}


def try_everything(server: Cluster, name: str, roles: dict[str, Row]) -> tuple[set[str], bool]:
    """Be this role, become and grant whatever the server allows, and give what it could be; all is undone."""
    with server.connect("postgres", host=str(server.sockets)) as session:
        session.execute("BEGIN")
        session.execute(f"SET SESSION AUTHORIZATION {name}")
        reached, superuser, tried = {name}, False, set()
        while True:
            before = (len(reached), len(tried))
            for other in (*NAMES, *OTHERS):
                if allowed(session, f"SET ROLE {other}"):
                    superuser = superuser or roles[other]["superuser"] is True
                    reached.add(other)
            for one in [one for one in sorted(reached) if roles[one]["superuser"] is False]:
                for other in (*NAMES, *OTHERS):
                    [held] = session.execute("SELECT pg_has_role(%s::name, %s::name, 'USAGE')", (one, other)).fetchone()
                    superuser = superuser or (held and roles[other]["superuser"] is True)
                    if (one, other) not in tried and other not in reached and allowed(session, f"SET ROLE {one}"):
                        tried.add((one, other))
                        allowed(session, grant(server, other, name))
            session.execute("RESET ROLE")
            if (len(reached), len(tried)) == before:
                return reached, superuser


def grant(server: Cluster, role: str, member: str) -> str:
    return f"GRANT {role} TO {member}" + (" WITH INHERIT TRUE, SET TRUE" if int(server.version) >= 16 else "")


def allowed(session: Any, text: str) -> bool:
    session.execute("SAVEPOINT attempt")
    try:
        session.execute(text)
    except psycopg.Error:
        session.execute("ROLLBACK TO SAVEPOINT attempt")
        return False
    session.execute("RELEASE SAVEPOINT attempt")
    return True
