"""The commands of the stand-in for MongoDB that depend on who asks, or on their arguments."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.databases.mongodb_answers import ACTIONS, MONITORING, NOW, READING, VIEWING, Document, Script
from tests.databases.mongodb_wire import Request, Scram


class Refusal(Exception):  # noqa: N818
    """An answer that is an error of the server."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.document = {"ok": 0.0, "errmsg": message, "code": code, "codeName": name}


@dataclass
class Session:
    """One connection."""

    link: socket.socket
    user: str = ""
    login: Scram | None = None


class Server(Protocol):
    """What commands know of the stand-in."""

    @property
    def script(self) -> Script:
        """The script."""
        ...

    @property
    def passwords(self) -> Mapping[str, str]:
        """Account > password."""
        ...

    def may(self, session: Session, action: str) -> bool:
        """Tell whether a session has an action."""
        ...


Command = Callable[[Session, Request], Document]


def commands(server: Server) -> dict[str, Command]:
    """Give name > command."""
    script = server.script

    def greet(_session: Session, request: Request) -> Document:
        found: dict[str, Any] = {
            ("isWritablePrimary" if request.name == "hello" else "ismaster"): True,
            "helloOk": True,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000,
            "localTime": NOW,
            "logicalSessionTimeoutMinutes": 30,
            "connectionId": 1,
            "minWireVersion": 0,
            "maxWireVersion": 25 if str(script.answers["buildInfo"]["version"]) >= "8" else 13,
            "readOnly": False,
        }
        if "saslSupportedMechs" in request.document:
            found["saslSupportedMechs"] = ["SCRAM-SHA-1", "SCRAM-SHA-256"]
        if script.replica_set:
            found |= {"setName": script.replica_set, "setVersion": 1, "secondary": False}
            found |= {"hosts": ["{address}"], "primary": "{address}", "me": "{address}"}
        return found

    def start(session: Session, request: Request) -> Document:
        if request.document.get("mechanism") != "SCRAM-SHA-256":
            raise Refusal(334, "MechanismUnavailable", f"no mechanism {request.document.get('mechanism')} here")
        session.login = Scram(server.passwords)
        payload = session.login.first(request.document["payload"])
        return {"conversationId": 1, "done": False, "payload": payload}

    def go_on(session: Session, request: Request) -> Document:
        payload = session.login.final(request.document["payload"]) if session.login and not session.user else b""
        if session.login is None or payload is None:
            raise Refusal(18, "AuthenticationFailed", "Authentication failed.")
        session.user = session.login.user
        return {"conversationId": 1, "done": True, "payload": payload}

    def leave(session: Session, _request: Request) -> Document:
        session.user, session.login = "", None
        return {}

    def status(session: Session, request: Request) -> Document:
        mine = [user for user in script.users if user["user"] == session.user]
        found = {
            "authenticatedUsers": [{"user": user["user"], "db": user["db"]} for user in mine],
            "authenticatedUserRoles": [role for user in mine for role in user["roles"]],
        }
        if request.document.get("showPrivileges"):
            found["authenticatedUserPrivileges"] = _privileges(session.user)
        return {"authInfo": found}

    def databases(session: Session, _request: Request) -> Document:
        found = script.answers["listDatabases"]
        return found if server.may(session, "listDatabases") else {**found, "databases": [], "totalSize": 0}

    return {
        **dict.fromkeys(("hello", "isMaster", "ismaster"), greet),
        **dict.fromkeys(("ping", "endSessions"), lambda _session, _request: {}),
        "saslStart": start,
        "saslContinue": go_on,
        "logout": leave,
        "connectionStatus": status,
        "listDatabases": databases,
        "getCmdLineOpts": lambda _session, _request: _options(script),
        "getParameter": lambda _session, request: _parameters(script, request.document),
        "getLog": lambda _session, request: _log(script, request.document),
        "usersInfo": lambda _session, request: {"users": _found(script.users, "user", request)},
        "rolesInfo": lambda _session, request: {"roles": _roles(script, request)},
        "find": lambda _session, request: _stored_roles(script, request),
        "replSetGetStatus": lambda _session, _request: _unreplicated(),
        "replSetGetConfig": lambda _session, _request: _unreplicated(),
    }


def _options(script: Script) -> Document:
    return {"argv": ["/usr/bin/mongod", "--config", str(script.options["config"])], "parsed": script.options}


def _parameters(script: Script, asked: Document) -> Document:
    if asked["getParameter"] == "*" or (
        isinstance(asked["getParameter"], Mapping) and asked["getParameter"].get("allParameters")
    ):
        return script.parameters
    found = {name: script.parameters[name] for name in asked if name in script.parameters}
    if not found:
        raise Refusal(72, "InvalidOptions", "no option found to get")
    return found


def _log(script: Script, asked: Document) -> Document:
    which = asked["getLog"]
    if which == "*":
        return {"names": list(script.logs)}
    if which not in script.logs:
        raise Refusal(96, "OperationFailed", f"No log named '{which}'")
    return {"totalLinesWritten": len(script.logs[which]), "log": list(script.logs[which])}


def _found(documents: Sequence[Document], kind: str, request: Request) -> list[Document]:
    """Select users or roles by the command's argument: 1, a name, a document, or a list of such."""
    asked = request.document[request.name]
    if isinstance(asked, Mapping) and "forAllDBs" in asked:
        if kind == "role":
            raise Refusal(9, "FailedToParse", "rolesInfo takes no forAllDBs")
        if request.document.get("showPrivileges"):
            raise Refusal(2, "BadValue", "Privilege details require exact-match usersInfo queries.")
        return list(documents)
    if asked == 1:
        return [one for one in documents if one["db"] == request.database]
    wanted = []
    for one in asked if isinstance(asked, list) else [asked]:
        name, database = (one[kind], one["db"]) if isinstance(one, Mapping) else (one, request.database)
        wanted.append((name, database))
    return [one for one in documents if (one[kind], one["db"]) in wanted]


def _roles(script: Script, request: Request) -> list[Document]:
    found = _found(script.roles, "role", request)
    if request.document.get("showPrivileges"):
        return found
    hidden = ("privileges", "inheritedPrivileges")
    return [{name: value for name, value in role.items() if name not in hidden} for role in found]


def _stored_roles(script: Script, request: Request) -> Document:
    """Give the collection in which roles are kept; no other one is there."""
    if (request.database, request.document["find"]) != ("admin", "system.roles"):
        return {"cursor": {"id": 0, "ns": "none", "firstBatch": []}}
    kept = ("_id", "role", "db", "privileges", "roles")
    stored = [{name: role[name] for name in kept} for role in script.roles]
    return {"cursor": {"id": 0, "ns": "admin.system.roles", "firstBatch": stored}}


def _privileges(user: str) -> list[Document]:
    actions = ACTIONS.get(user, frozenset())
    found: list[Document] = []
    if mine := sorted(actions - {*VIEWING, *READING}):
        found.append(
            {"resource": {"cluster": True}, "actions": [*mine, *(["viewUser"] if "viewUser" in actions else [])]}
        )
    if mine := sorted(actions & {*VIEWING}):
        found.append({"resource": {"db": "", "collection": ""}, "actions": mine})
    if mine := sorted(actions & {*READING}):
        found.append({"resource": {"db": "admin", "collection": "system.roles"}, "actions": mine})
    return found


def _unreplicated() -> Document:
    raise Refusal(76, "NoReplicationEnabled", "not running with --replSet")


def needed(name: str) -> str:
    """Give the action that a command asks for; empty when it is free to every account."""
    action = {"usersInfo": "viewUser", "rolesInfo": "viewRole", "getAuditConfig": "auditConfigure"}.get(name, name)
    # An account that may not list databases is shown those that it has rights to, here none.
    return action if action in (*MONITORING, *VIEWING, *READING, "auditConfigure") and name != "listDatabases" else ""
