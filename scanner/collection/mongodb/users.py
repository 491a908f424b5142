"""Collects users and custom roles of all databases."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.collection.mongodb.replies import (
    Replies,
    Session,
    all_documents,
    documents,
    gap_of,
    number,
    strings,
    word,
)
from scanner.facts.mongodb.needs import ROLES, USERS
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error, unknown
from scanner.transport.mongo_commands import Command, MongoReply, Value

FACTS: tuple[str, ...] = ("mongodb.user", "mongodb.role")

ALL_USERS = Command("users", {"usersInfo": {"forAllDBs": True}})
MOST_ROLES = 5_000
ALL_ROLES = Command(
    "roles",
    {
        "find": "system.roles",
        "projection": {"role": 1, "db": 1, "privileges": 1, "roles": 1},
        "limit": MOST_ROLES,
        "batchSize": MOST_ROLES,
    },
)


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give the commands that these queries take."""
    facts = {query.fact for query in queries}
    wanted = {"mongodb.user": ALL_USERS, "mongodb.role": ALL_ROLES}
    return [command for fact, command in wanted.items() if fact in facts]


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"mongodb.user": _users, "mongodb.role": _roles}
    return [read[query.fact](query, replies, session) for query in queries]


def _users(query: Query, replies: Replies, session: Session) -> Evidence:
    reply = replies.one(ALL_USERS.name)
    listed = reply.document.get("users")
    rows = [_user(each) for each in documents(listed)]
    gap = gap_of(reply, str(USERS)) or _odd(listed, "usersInfo")
    gap = gap or _nameless(rows) or _only_us(rows, session)
    named = tuple(row for row in rows if row["name"])
    return Evidence(query, named, gap, session.provenance(ALL_USERS))


def _nameless(rows: Sequence[Row]) -> Gap | None:
    return None if all(row["name"] for row in rows) else error("an entry of the list has no name")


def _only_us(rows: Sequence[Row], session: Session) -> Gap | None:
    """Give the gap of a list that may be short: a login sees itself whatever it may see beside."""
    if session.may("viewUser") or any(row["user"] not in session.logins for row in rows if session.logins):
        return None
    if not session.logins and (session.privileges is not None or len(rows) > 1):
        return None
    return unknown("the list holds no user but our own login, which is always shown to itself", str(USERS))


def _user(found: dict[str, Value]) -> dict[str, Cell]:
    database = word(found.get("db"))
    mechanisms = strings(found.get("mechanisms"))
    told: Cell = mechanisms or error("usersInfo told no mechanisms")
    return {
        "user": f"{database}.{word(found.get('user'))}",
        "name": word(found.get("user")),
        "database": database,
        "roles": _granted(found.get("roles")),
        "mechanisms": ["external"] if database == "$external" else told,
    }


def _granted(value: Value) -> Cell:
    if not all_documents(value):
        return error("the roles cannot be read")
    return [f"{word(each.get('role'))}@{word(each.get('db'))}" for each in documents(value)]


def _odd(listed: Value, what: str) -> Gap | None:
    return None if all_documents(listed) else error(f"{what} told no list that can be read")


def _roles(query: Query, replies: Replies, session: Session) -> Evidence:
    reply = replies.one(ALL_ROLES.name)
    cursor = reply.document.get("cursor")
    batch = cursor.get("firstBatch") if isinstance(cursor, dict) else None
    rows = [_role(each) for each in documents(batch)]
    gap = gap_of(reply, str(ROLES)) or _odd(batch, "find") or _more(reply) or _nameless(rows)
    return Evidence(query, tuple(row for row in rows if row["name"]), gap, session.provenance(ALL_ROLES))


def _more(reply: MongoReply) -> Gap | None:
    cursor = reply.document.get("cursor")
    rest = number(cursor.get("id")) if isinstance(cursor, dict) else None
    batch = cursor.get("firstBatch") if isinstance(cursor, dict) else None
    if rest or (isinstance(batch, list) and len(batch) >= MOST_ROLES):
        return error(f"the list was cut: more than {len(batch) if isinstance(batch, list) else 0} roles")
    return None


def _role(found: dict[str, Value]) -> dict[str, Cell]:
    name, database = word(found.get("role")), word(found.get("db"))
    listed = found.get("privileges")
    privileges = list(documents(listed))
    lost = None if all_documents(listed) else error("the privileges cannot be read")
    lost = lost or _unread(privileges)
    actions = {action for each in privileges for action in strings(each.get("actions"))}
    resources = [each["resource"] for each in privileges if isinstance(each.get("resource"), dict)]
    grants_roles = any("grantRole" in strings(each.get("actions")) and _rules_admin(each) for each in privileges)
    return {
        "role": f"{name}@{database}",
        "name": name,
        "database": database,
        "inherits": _granted(found.get("roles")),
        "any_action": lost or "anyAction" in actions,
        "any_resource": lost or any(_is(resource, "anyResource") for resource in resources),
        "grants_roles": lost or grants_roles,
        "actions": lost or sorted(actions),
        "privileges": lost or len(privileges),
    }


def _rules_admin(privilege: dict[str, Value]) -> bool:
    """Tell whether a privilege is on the database admin, or on all of them."""
    resource = privilege.get("resource")
    if not isinstance(resource, dict):
        return False
    return _is(resource, "anyResource") or resource.get("db") in ("", "admin")


def _is(resource: Value, kind: str) -> bool:
    return isinstance(resource, dict) and resource.get(kind) is True


def _unread(privileges: Sequence[dict[str, Value]]) -> Gap | None:
    sound = all(
        isinstance(each.get("resource"), dict)
        and isinstance(each.get("actions"), list)
        and len(strings(each["actions"])) == len(each["actions"])  # type: ignore[arg-type]
        for each in privileges
    )
    return None if sound else error("a privilege cannot be read")
