"""What MongoDB servers would answer, weak and hardened, modelled on the documented outputs of the commands.

None of it was recorded: MongoDB itself was not at hand. Shapes and field names are those of the manual's pages on
`hello`, `buildInfo`, `connectionStatus`, `getCmdLineOpts`, `getParameter`, `getLog`, `usersInfo`, `replSetGetConfig`,
`replSetGetStatus`, `getAuditConfig` and of the collection `system.roles`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.databases.mongodb import Script, User, denied, failing

PASSWORDS = {"controlproof": "Kx9, long/p@ss:word", "bare": "Kx9-bare", "root": "Kx9-root"}
NOW = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)

READ = frozenset({"getCmdLineOpts", "getParameter", "getLog", "replSetGetConfig", "replSetGetStatus", "listDatabases"})
"""What clusterMonitor allows of what is asked."""
MANAGED = frozenset({"usersInfo", "find"})
"""What the custom role beside it allows."""

_MONITOR = {"role": "clusterMonitor", "db": "admin"}
_READER = {"role": "controlproofReader", "db": "admin"}
_PRIVILEGES = (
    {
        "resource": {"cluster": True},
        "actions": ["viewUser", "getCmdLineOpts", "getParameter", "getLog", "serverStatus"],
    },
    {"resource": {"db": "", "collection": ""}, "actions": ["viewUser", "collStats"]},
    {"resource": {"db": "admin", "collection": "system.roles"}, "actions": ["find"]},
)
LOGINS = {
    "controlproof": User(PASSWORDS["controlproof"], READ | MANAGED, (_MONITOR, _READER), _PRIVILEGES),
    "bare": User(PASSWORDS["bare"]),
    "monitor": User("Kx9-monitor", READ, (_MONITOR,), _PRIVILEGES[:0]),
}


def build(version: str, *modules: str) -> dict[str, Any]:
    """Give buildInfo of a version."""
    parts = [int(part) for part in version.split(".")]
    return {
        "version": version,
        "gitVersion": "0" * 40,
        "modules": list(modules),
        "allocator": "tcmalloc-google",
        "javascriptEngine": "mozjs",
        "versionArray": [*parts, 0],
        "openssl": {"running": "OpenSSL 3.0.13 30 Jan 2024", "compiled": "OpenSSL 3.0.2 15 Mar 2022"},
        "bits": 64,
        "debug": False,
        "maxBsonObjectSize": 16777216,
        "storageEngines": ["devnull", "wiredTiger"],
    }


def options(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Give getCmdLineOpts of options."""
    return {
        "argv": ["/usr/bin/mongod", "--config", "/etc/mongod.conf"],
        "parsed": {"config": "/etc/mongod.conf", **parsed},
    }


def user(
    name: str, roles: list[tuple[str, str]], database: str = "admin", mechanisms: tuple[str, ...] = ("SCRAM-SHA-256",)
) -> dict[str, Any]:
    """Give a user as usersInfo shows it."""
    shown = {} if database == "$external" else {"mechanisms": list(mechanisms)}
    return {
        "_id": f"{database}.{name}",
        "user": name,
        "db": database,
        "roles": [{"role": role, "db": of} for role, of in roles],
        **shown,
    }


def users(*everybody: dict[str, Any]) -> dict[str, Any]:
    """Give usersInfo of these users."""
    return {"users": list(everybody)}


def roles(*made: dict[str, Any]) -> dict[str, Any]:
    """Give the answer of a find on system.roles."""
    return {"cursor": {"id": 0, "ns": "admin.system.roles", "firstBatch": list(made)}}


def role(
    name: str, database: str, privileges: list[dict[str, Any]], inherits: tuple[tuple[str, str], ...] = ()
) -> dict[str, Any]:
    """Give a role as it is stored."""
    return {
        "_id": f"{database}.{name}",
        "role": name,
        "db": database,
        "privileges": privileges,
        "roles": [{"role": each, "db": of} for each, of in inherits],
    }


def parameters(**known: Any) -> Any:
    """Give getParameter over known parameters: unknown names are left out, and none known is an error."""

    def reply(command: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: known[name] for name in command if name in known}
        if not found:
            return {"ok": 0, "errmsg": "no option found to get", "code": 72, "codeName": "InvalidOptions"}
        return {**found, "ok": 1}

    return reply


def warnings(*lines: tuple[int, str]) -> dict[str, Any]:
    """Give getLog of the warnings at the start."""
    log = [
        json.dumps(
            {
                "t": {"$date": "2026-11-19T22:00:00.000+00:00"},
                "s": "W",
                "c": "CONTROL",
                "id": number,
                "ctx": "initandlisten",
                "msg": text,
                "tags": ["startupWarnings"],
            }
        )
        for number, text in lines
    ]
    return {"totalLinesWritten": len(log), "log": log}


def members(*states: tuple[str, str, int]) -> dict[str, Any]:
    """Give the replies of both commands about a replica set; a member is (host, state, seconds behind)."""
    config = [
        {"_id": number, "host": host, "arbiterOnly": False, "hidden": False, "votes": 1, "secondaryDelaySecs": 0}
        for number, (host, _, _) in enumerate(states)
    ]
    seen = [
        {
            "_id": number,
            "name": host,
            "health": 0.0 if state.startswith("(") else 1.0,
            "stateStr": state,
            "optimeDate": NOW - dt.timedelta(seconds=behind),
        }
        for number, (host, state, behind) in enumerate(states)
    ]
    return {
        "replSetGetConfig": {"config": {"_id": "rs0", "version": 3, "members": config}},
        "replSetGetStatus": {"set": "rs0", "date": NOW, "myState": 1, "members": seen},
    }


NO_REPLICATION = failing(76, "not running with --replSet")
NO_AUDIT = {"ok": 0, "errmsg": "no such command: 'getAuditConfig'", "code": 59, "codeName": "CommandNotFound"}
AUDITED = [
    "addShard", "applicationMessage", "authenticate", "createCollection", "createDatabase", "createIndex", "createRole",
    "createUser", "dropAllRolesFromDatabase", "dropAllUsersFromDatabase", "dropCollection", "dropDatabase", "dropIndex",
    "dropRole", "dropUser", "enableSharding", "grantPrivilegesToRole", "grantRolesToRole", "grantRolesToUser",
    "importCollection", "removeShard", "renameCollection", "replSetReconfig", "revokePrivilegesFromRole",
    "revokeRolesFromRole", "revokeRolesFromUser", "shardCollection", "shutdown", "updateRole", "updateUser", "authCheck",
]  # fmt: skip

WEAK = Script(
    replies={
        "hello": {"localTime": NOW},
        "buildInfo": build("7.0.5", "enterprise"),
        "getCmdLineOpts": options(
            {
                "net": {
                    "bindIp": "0.0.0.0",
                    "port": 27017,
                    "tls": {
                        "mode": "allowTLS",
                        "certificateKeyFile": "/etc/ssl/mongodb.pem",
                        "allowInvalidCertificates": True,
                    },
                },
                "storage": {"dbPath": "/var/lib/mongodb"},
                "systemLog": {"destination": "file", "path": "/var/log/mongodb/mongod.log", "quiet": True},
            }
        ),
        "getParameter": parameters(
            enableLocalhostAuthBypass=True, authenticationMechanisms=["SCRAM-SHA-1", "SCRAM-SHA-256"]
        ),
        "getLog": warnings(
            (
                22120,
                "Access control is not enabled for the database. Read and write access to data and configuration is unrestricted",
            ),
            (22138, "You are running this process as the root user, which is not recommended"),
        ),
        "usersInfo": users(),
        "find": roles(
            role("everything", "admin", [{"resource": {"anyResource": True}, "actions": ["anyAction"]}]),
        ),
        "replSetGetConfig": NO_REPLICATION,
        "replSetGetStatus": NO_REPLICATION,
        "getAuditConfig": failing(2, "Audit is not enabled"),
        "listDatabases": {"databases": [{"name": "admin"}, {"name": "sky"}], "totalSize": 0},
    },
    authorization=False,
    tls="allowTLS",
)
"""A new server of somebody in a hurry: no access control, no users, plaintext, everything by default."""

CARELESS = replace(
    WEAK,
    replies={
        **WEAK.replies,
        **members(
            ("db01:27017", "PRIMARY", 0),
            ("db02:27017", "SECONDARY", 900),
            ("db03:27017", "(not reachable/healthy)", 9000),
        ),
        "hello": {"localTime": NOW, "setName": "rs0", "hosts": ["db01:27017", "db02:27017"], "me": "db01:27017"},
        "getCmdLineOpts": options(
            {
                "net": {
                    "bindIpAll": True,
                    "tls": {
                        "mode": "preferTLS",
                        "certificateKeyFile": "/etc/ssl/mongodb.pem",
                        "disabledProtocols": "none",
                    },
                },
                "replication": {"replSetName": "rs0"},
                "security": {"keyFile": "/etc/mongodb.key", "transitionToAuth": True},
                "storage": {"dbPath": "/var/lib/mongodb"},
                "systemLog": {"destination": "file", "path": "/var/log/mongodb/mongod.log"},
                "auditLog": {
                    "destination": "file",
                    "format": "JSON",
                    "path": "/a.json",
                    "filter": '{"atype": "authenticate"}',
                },
            }
        ),
        "usersInfo": users(
            user("root", [("root", "admin")], mechanisms=("SCRAM-SHA-1", "SCRAM-SHA-256")),
            user("app", [("everything", "admin")], "sky"),
            user("idle", [], "sky"),
        ),
    },
)
"""A replica set that is on its way to access control and stays there, with too many rights."""

HARDENED = Script(
    replies={
        **members(("db01:27117", "PRIMARY", 0), ("db02:27117", "SECONDARY", 1), ("db03:27117", "SECONDARY", 2)),
        "hello": {
            "localTime": NOW,
            "setName": "rs0",
            "hosts": ["db01:27117", "db02:27117", "db03:27117"],
            "me": "db01:27117",
        },
        "buildInfo": build("7.0.30", "enterprise"),
        "getCmdLineOpts": options(
            {
                "auditLog": {
                    "destination": "file",
                    "format": "BSON",
                    "path": "/var/log/mongodb/audit.bson",
                    "filter": json.dumps({"atype": {"$in": AUDITED}}),
                },
                "net": {
                    "bindIp": "localhost,10.0.0.5",
                    "port": 27117,
                    "tls": {
                        "mode": "requireTLS",
                        "certificateKeyFile": "/etc/ssl/mongodb.pem",
                        "clusterFile": "/etc/ssl/member.pem",
                        "CAFile": "/etc/ssl/ca.pem",
                        "disabledProtocols": "TLS1_0,TLS1_1",
                        "FIPSMode": True,
                    },
                },
                "replication": {"replSetName": "rs0"},
                "security": {
                    "authorization": "enabled",
                    "clusterAuthMode": "x509",
                    "javascriptEnabled": False,
                    "enableEncryption": True,
                    "kmip": {"serverName": "kmip.example.org"},
                },
                "storage": {"dbPath": "/var/lib/mongodb"},
                "systemLog": {
                    "destination": "file",
                    "logAppend": True,
                    "path": "/var/log/mongodb/mongod.log",
                    "quiet": False,
                },
            }
        ),
        "getParameter": parameters(
            enableLocalhostAuthBypass=False,
            authenticationMechanisms=["SCRAM-SHA-256", "MONGODB-X509"],
            auditAuthorizationSuccess=False,
        ),
        "getLog": warnings(),
        "usersInfo": users(
            user("ada", [("root", "admin")]),
            user("controlproof", [("clusterMonitor", "admin"), ("controlproofReader", "admin")]),
            user("sky_app", [("skyApp", "sky")], "sky"),
            user("CN=reports,O=Example", [("read", "sky")], "$external"),
        ),
        "find": roles(
            role("controlproofReader", "admin", [*_PRIVILEGES[:1], *_PRIVILEGES[1:]]),
            role(
                "skyApp",
                "sky",
                [{"resource": {"db": "sky", "collection": "target"}, "actions": ["find", "insert"]}],
                (("read", "sky"),),
            ),
        ),
        "getAuditConfig": denied("getAuditConfig"),
        "listDatabases": {"databases": [{"name": "admin"}, {"name": "sky"}], "totalSize": 0},
    },
    users=LOGINS,
    tls="requireTLS",
)
"""An Enterprise replica set as the benchmark wants it."""

COMMUNITY = replace(
    HARDENED,
    replies={
        **{name: reply for name, reply in HARDENED.replies.items() if name != "getAuditConfig"},
        "buildInfo": build("7.0.30"),
        "getCmdLineOpts": options(
            {
                **{
                    name: part
                    for name, part in HARDENED.replies["getCmdLineOpts"]["parsed"].items()
                    if name not in ("auditLog", "config", "net", "security")
                },
                "net": {
                    **HARDENED.replies["getCmdLineOpts"]["parsed"]["net"],
                    "tls": {
                        name: part
                        for name, part in HARDENED.replies["getCmdLineOpts"]["parsed"]["net"]["tls"].items()
                        if name != "FIPSMode"
                    },
                },
                "security": {"authorization": "enabled", "clusterAuthMode": "x509", "javascriptEnabled": False},
            }
        ),
        "getParameter": parameters(enableLocalhostAuthBypass=False, authenticationMechanisms=["SCRAM-SHA-256"]),
    },
)
"""The same with the Community build: without auditing, FIPS mode and encryption of its own."""

SCRIPTS = {"weak": WEAK, "careless": CARELESS, "hardened": HARDENED, "community": COMMUNITY}
