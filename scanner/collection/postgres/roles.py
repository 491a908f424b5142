"""Collects roles and their memberships; of a password only the kind of its hash ever leaves the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.postgres.role_graph import Graph, Membership
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, truth, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.role", "postgres.password", "postgres.membership")

ROLES = Statement(
    "roles",
    """
    SELECT rolname::text AS role, oid::int8 < 16384 AND rolname LIKE 'pg\\_%' AS predefined, rolsuper AS superuser,
           rolcanlogin AS can_login, rolcreaterole AS create_role, rolcreatedb AS create_db,
           rolreplication AS replication, rolbypassrls AS bypass_rls, rolinherit AS inherit,
           rolconnlimit AS connection_limit, coalesce(rolvaliduntil > clock_timestamp(), true) AS valid_now,
           to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS valid_until,
           floor(extract(epoch FROM ends - clock_timestamp()) / 86400)::int8 AS days_left
    FROM pg_roles CROSS JOIN LATERAL (
           SELECT CASE WHEN rolvaliduntil <> 'infinity'
                       THEN greatest(least(rolvaliduntil, '9999-12-31 00:00Z'), '0001-01-02 00:00Z') END AS ends) AS v
    ORDER BY rolname
    """,
    limit=100_000,
)
_MEMBERSHIPS = """
    SELECT r.rolname::text AS role, m.rolname::text AS member, a.admin_option AS admin, {inherit} AS inherit,
           {set} AS may_set, g.rolname::text AS grantor, m.rolcanlogin AS member_can_login,
           r.oid::int8 < 16384 AND m.oid::int8 < 16384 AND r.rolname LIKE 'pg\\_%' AND m.rolname LIKE 'pg\\_%' AS predefined
    FROM pg_auth_members AS a JOIN pg_roles AS r ON r.oid = a.roleid JOIN pg_roles AS m ON m.oid = a.member
    LEFT JOIN pg_roles AS g ON g.oid = a.grantor
    ORDER BY 1, 2, 6
    """
MEMBERSHIPS = Statement(
    "memberships",
    _MEMBERSHIPS.format(inherit="a.inherit_option", set="a.set_option"),
    limit=100_000,
    since=160000,
)
MEMBERSHIPS_15 = Statement(
    "memberships",
    _MEMBERSHIPS.format(inherit="m.rolinherit", set="true"),
    limit=100_000,
    until=160000,
)
PASSWORDS = Statement(
    "password_kinds",
    """
    SELECT rolname::text AS role, rolcanlogin AS can_login,
           CASE WHEN rolpassword IS NULL THEN 'none'
                WHEN left(rolpassword, 14) = 'SCRAM-SHA-256$' THEN 'scram-sha-256'
                WHEN left(rolpassword, 3) = 'md5' AND length(rolpassword) = 35 THEN 'md5'
                ELSE 'other' END AS kind
    FROM pg_authid ORDER BY rolname
    """,
    limit=100_000,
)
_ATTRIBUTES = {
    "superuser": "superuser",
    "create_role": "createrole",
    "create_db": "createdb",
    "replication": "replication",
    "bypass_rls": "bypassrls",
}
"""Field of a role > its name among `powers`."""
_GRAPH = ("member_of", "all_roles", "usable_roles", "powers", "becomes_superuser", "way_to_superuser")


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    wanted = {
        ROLES: {"postgres.role"},
        MEMBERSHIPS: {"postgres.role", "postgres.membership"},
        MEMBERSHIPS_15: {"postgres.role", "postgres.membership"},
        PASSWORDS: {"postgres.password"},
    }
    facts = {query.fact for query in queries}
    return [statement for statement, own in wanted.items() if own & facts]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"postgres.role": _roles, "postgres.password": _passwords, "postgres.membership": _memberships}
    return [read[query.fact](query, results, session) for query in queries]


def _memberships(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(MEMBERSHIPS.name)
    rows: list[Row] = [
        {
            "role": str(row["role"]),
            "member": str(row["member"]),
            "grantor": text(row["grantor"]),
            **{name: truth(row[name]) for name in ("admin", "inherit", "member_can_login", "predefined")},
            "set": truth(row["may_set"]),
        }
        for row in reply.dicts
    ]
    return listed(query, rows, gap_of(reply), session, MEMBERSHIPS, MEMBERSHIPS_15)


def _roles(query: Query, results: Results, session: Session) -> Evidence:
    reply, memberships = results.one(ROLES.name), results.one(MEMBERSHIPS.name)
    found = {str(row["role"]): row for row in reply.dicts}
    # A chain may lead through a role or a membership that did not come.
    lost = gap_of(memberships) or gap_of(reply)
    web = _Web(found, _graph(found, memberships.dicts, session), lost)
    rows = [_row(name, row, web) for name, row in found.items()]
    return listed(query, rows, gap_of(reply), session, ROLES, MEMBERSHIPS, MEMBERSHIPS_15)


def _passwords(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(PASSWORDS.name)
    rows: list[Row] = [
        {"role": str(row["role"]), "can_login": truth(row["can_login"]), "kind": text(row["kind"])}
        for row in reply.dicts
    ]
    return listed(query, rows, gap_of(reply, "superuser"), session, PASSWORDS)


def _graph(
    found: Mapping[str, Mapping[str, Plain]], memberships: Iterable[Mapping[str, Plain]], session: Session
) -> Graph:
    makers = frozenset(name for name, row in found.items() if row["create_role"] is True)
    edges = [
        Membership(
            str(row["role"]), str(row["member"]), row["admin"] is True, row["inherit"] is True, row["may_set"] is True
        )
        for row in memberships
    ]
    return Graph(
        superusers=frozenset(name for name, row in found.items() if row["superuser"] is True),
        role_makers=makers if session.version < MEMBERSHIPS.since else frozenset(),
        roles=frozenset(found),
        memberships=edges,
    )


@dataclass(frozen=True, slots=True)
class _Web:
    """The roles and how they hang together."""

    roles: Mapping[str, Mapping[str, Plain]]
    graph: Graph
    lost: Gap | None
    """Why memberships may be missing."""

    def cells(self, role: str) -> dict[str, Cell]:
        """Give what memberships make of a role."""
        if self.lost is not None:
            return dict.fromkeys(_GRAPH, self.lost)
        reach = self.graph.reach(role)
        own = self.roles[role]["superuser"] is True
        powers = {
            word
            for name in reach.identities
            for attribute, word in _ATTRIBUTES.items()
            if self.roles[name][attribute] is True
        }
        return {
            "member_of": [*self.graph.direct(role)],
            "all_roles": [*self.graph.members_of_any(role)],
            "usable_roles": sorted(reach.usable),
            "powers": [word for word in _ATTRIBUTES.values() if word in powers],
            "becomes_superuser": own or bool(reach.superuser_by),
            "way_to_superuser": " > ".join(reach.superuser_by) or ABSENT,
        }


def _row(name: str, row: Mapping[str, Plain], web: _Web) -> Row:
    plain = ("predefined", "superuser", "can_login", "create_role", "create_db", "replication", "bypass_rls", "inherit")
    return {
        "role": name,
        **{each: truth(row[each]) for each in plain},
        "can_login_now": row["can_login"] is True and row["valid_now"] is True,
        "connection_limit": whole(row["connection_limit"]),
        "valid_until": text(row["valid_until"]),
        "days_left": whole(row["days_left"]),
        **web.cells(name),
    }
