"""What the stand-in for MongoDB answers, as data: a weak server, a hardened Enterprise one and a Community one.

The documents have the shapes that the manual and the server's source give (getCmdLineOpts shows only what was set;
the values of setParameter there are text). `{address}` stands for host and port, `{folder}` for the certificates'
folder. Nothing here was recorded from a server: tests by it prove how answers are judged, not what servers answer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

NOW = dt.datetime(2026, 11, 1, 12, 0, tzinfo=dt.UTC)

MONITORING = (
    *("getCmdLineOpts", "getParameter", "getLog", "hostInfo", "serverStatus", "listDatabases"),
    *("replSetGetStatus", "replSetGetConfig"),
)
"""The actions on the cluster that the built-in role clusterMonitor has, as far as commands here ask for one."""

VIEWING = ("viewUser", "viewRole")
"""The actions on every database that the scanner's own role adds."""

READING = ("find",)
"""The actions on the collection admin.system.roles that it adds."""

ROLES = {
    "bare": "a login and nothing else",
    "monitor": "clusterMonitor",
    "scanner": "clusterMonitor, and a role of its own with viewUser, viewRole and find on admin.system.roles",
    "superuser": "root",
}
"""The accounts that are ready on every stand-in, with a password each."""

ACTIONS: Mapping[str, frozenset[str]] = {
    "bare": frozenset(),
    "monitor": frozenset(MONITORING),
    "scanner": frozenset((*MONITORING, *VIEWING, *READING)),
    "superuser": frozenset((*MONITORING, *VIEWING, *READING, "auditConfigure")),
}
"""Account > what it may do."""


@dataclass(frozen=True)
class Script:
    """One flavour of server."""

    options: Document
    parameters: Document
    users: Sequence[Document]
    answers: Mapping[str, Document]
    """Command > its document; commands with arguments are answered from the other fields."""
    logs: Mapping[str, Sequence[str]]
    roles: Sequence[Document] = ()
    authorization: bool = True
    tls: str = "requireTLS"
    replica_set: str = ""


def _role(name: str, database: str = "admin") -> Document:
    return {"role": name, "db": database}


def _user(name: str, *roles: Document, database: str = "admin", modern: bool = False) -> Document:
    mechanisms = ["SCRAM-SHA-256"] if modern else ["SCRAM-SHA-1", "SCRAM-SHA-256"]
    return {
        "_id": f"{database}.{name}",
        "user": name,
        "db": database,
        "roles": list(roles),
        "mechanisms": mechanisms,
    }


READY_USERS = (
    _user("bare"),
    _user("monitor", _role("clusterMonitor")),
    _user("scanner", _role("clusterMonitor"), _role("controlproof")),
    _user("superuser", _role("root")),
)

SAFE_USERS = (
    _user("bare", _role("read", "sky"), modern=True),
    _user("monitor", _role("clusterMonitor"), modern=True),
    _user("scanner", _role("clusterMonitor"), _role("controlproof"), modern=True),
    _user("superuser", _role("root"), modern=True),
    _user("reader", _role("reader", "sky"), database="sky", modern=True),
)
"""The same as a careful administrator makes them, and one of an application."""

SCANNER_ROLE: Document = {
    "_id": "admin.controlproof",
    "role": "controlproof",
    "db": "admin",
    "isBuiltin": False,
    "roles": [],
    "inheritedRoles": [],
    "privileges": [
        {"resource": {"cluster": True}, "actions": ["viewUser"]},
        {"resource": {"db": "", "collection": ""}, "actions": list(VIEWING)},
        {"resource": {"db": "admin", "collection": "system.roles"}, "actions": list(READING)},
    ],
}

READER_ROLE: Document = {
    "_id": "sky.reader",
    "role": "reader",
    "db": "sky",
    "isBuiltin": False,
    "roles": [],
    "inheritedRoles": [],
    "privileges": [{"resource": {"db": "sky", "collection": "target"}, "actions": ["find"]}],
    "inheritedPrivileges": [{"resource": {"db": "sky", "collection": "target"}, "actions": ["find"]}],
}

ANYTHING_ROLE: Document = {
    "_id": "admin.everything",
    "role": "everything",
    "db": "admin",
    "isBuiltin": False,
    "roles": [],
    "inheritedRoles": [],
    "privileges": [{"resource": {"anyResource": True}, "actions": ["anyAction"]}],
    "inheritedPrivileges": [{"resource": {"anyResource": True}, "actions": ["anyAction"]}],
}


def _line(severity: str, component: str, number: int, message: str) -> str:
    """Give a line of the server's structured log."""
    when = {"$date": NOW.isoformat(timespec="milliseconds")}
    return json.dumps({"t": when, "s": severity, "c": component, "id": number, "ctx": "initandlisten", "msg": message})


def build(version: str, *modules: str) -> Document:
    """Give the answer of buildInfo for a version and its modules (`enterprise`, or none)."""
    return {
        "version": version,
        "gitVersion": "0" * 40,
        "modules": list(modules),
        "allocator": "tcmalloc",
        "javascriptEngine": "mozjs",
        "sysInfo": "deprecated",
        "versionArray": [*map(int, version.split(".")), 0],
        "openssl": {"running": "OpenSSL 3.0.17 1 Jul 2025", "compiled": "OpenSSL 3.0.15 3 Sep 2024"},
        "buildEnvironment": {
            "distmod": "debian12",
            "distarch": "x86_64",
            "cc": "/opt/mongodbtoolchain/v4/bin/gcc: gcc (GCC) 11.3.0",
            "target_arch": "x86_64",
            "target_os": "linux",
        },
        "bits": 64,
        "debug": False,
        "maxBsonObjectSize": 16777216,
        "storageEngines": ["devnull", "inMemory", "wiredTiger"] if modules else ["devnull", "wiredTiger"],
    }


def _status(version: str, **more: object) -> Document:
    return {
        "host": "db01",
        "version": version,
        "process": "mongod",
        "service": ["mongod"],
        "pid": 811,
        "uptime": 86400.0,
        "uptimeMillis": 86400000,
        "localTime": NOW,
        "connections": {"current": 4, "available": 51196, "totalCreated": 60, "rejected": 0, "active": 2},
        "security": {"authentication": {"saslSupportedMechsReceived": 12, "mechanisms": {}}},
        "storageEngine": {
            "name": "wiredTiger",
            "supportsCommittedReads": True,
            "supportsPendingDrops": True,
            "supportsSnapshotReadConcern": True,
            "readOnly": False,
            "persistent": True,
            "backupCursorOpen": False,
        },
        "transportSecurity": {"1.0": 0, "1.1": 0, "1.2": 0, "1.3": 60, "unknown": 0},
        **more,
    }


_HOST: Document = {
    "system": {
        "currentTime": NOW,
        "hostname": "db01",
        "cpuAddrSize": 64,
        "memSizeMB": 7936,
        "memLimitMB": 7936,
        "numCores": 4,
        "numCoresAvailableToProcess": 4,
        "numPhysicalCores": 2,
        "numCpuSockets": 1,
        "cpuArch": "x86_64",
        "numaEnabled": False,
    },
    "os": {
        "type": "Linux",
        "name": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
        "version": "Kernel 6.1.0-28-amd64",
    },
    "extra": {"versionString": "Linux version 6.1.0-28-amd64", "libcVersion": "2.36", "maxOpenFiles": 64000},
}

_DATABASES: Document = {
    "databases": [
        {"name": "admin", "sizeOnDisk": 135168, "empty": False},
        {"name": "config", "sizeOnDisk": 110592, "empty": False},
        {"name": "local", "sizeOnDisk": 73728, "empty": False},
        {"name": "sky", "sizeOnDisk": 8192, "empty": False},
    ],
    "totalSize": 327680,
    "totalSizeMb": 0,
}

_REPLICATION: Mapping[str, Document] = {
    "replSetGetStatus": {
        "set": "rs0",
        "date": NOW,
        "myState": 1,
        "term": 3,
        "syncSourceHost": "",
        "syncSourceId": -1,
        "heartbeatIntervalMillis": 2000,
        "majorityVoteCount": 1,
        "writeMajorityCount": 1,
        "votingMembersCount": 1,
        "writableVotingMembersCount": 1,
        "members": [
            {
                "_id": 0,
                "name": "{address}",
                "health": 1.0,
                "state": 1,
                "stateStr": "PRIMARY",
                "uptime": 86400,
                "optimeDate": NOW,
                "electionDate": NOW,
                "configVersion": 1,
                "configTerm": 3,
                "self": True,
            }
        ],
    },
    "replSetGetConfig": {
        "config": {
            "_id": "rs0",
            "version": 1,
            "term": 3,
            "members": [{"_id": 0, "host": "{address}", "arbiterOnly": False, "hidden": False, "votes": 1}],
            "protocolVersion": 1,
            "writeConcernMajorityJournalDefault": True,
            "settings": {"chainingAllowed": True, "heartbeatIntervalMillis": 2000, "electionTimeoutMillis": 10000},
        }
    },
}

_PARAMETERS: Document = {
    "enableLocalhostAuthBypass": True,
    "authenticationMechanisms": ["MONGODB-X509", "SCRAM-SHA-1", "SCRAM-SHA-256"],
    "auditAuthorizationSuccess": False,
    "clusterAuthMode": "undefined",
    "featureCompatibilityVersion": {"version": "8.0"},
    "logLevel": 0,
    "opensslCipherConfig": "",
    "quiet": False,
    "saslHostName": "db01",
    "scramIterationCount": 10000,
    "scramSHA256IterationCount": 15000,
    "sslMode": "disabled",
    "tlsMode": "disabled",
}

_STARTED = _line("I", "CONTROL", 23403, "Build Info")
_FIPS = _line("I", "NETWORK", 23172, "FIPS 140-2 mode activated")
_OPEN = _line(
    "W",
    "CONTROL",
    22120,
    "Access control is not enabled for the database. Read and write access to data and configuration is unrestricted",
)

WEAK = Script(
    options={
        "config": "/etc/mongod.conf",
        "net": {"bindIp": "0.0.0.0"},
        "processManagement": {"timeZoneInfo": "/usr/share/zoneinfo"},
        "storage": {"dbPath": "/var/lib/mongodb"},
        "systemLog": {"destination": "file", "path": "/var/log/mongodb/mongod.log", "quiet": True},
    },
    parameters={**_PARAMETERS, "quiet": True, "featureCompatibilityVersion": {"version": "6.0"}},
    users=(
        *READY_USERS,
        _user("app", _role("root")),
        _user("intern", _role("userAdminAnyDatabase"), _role("dbOwner")),
        _user("idle", database="sky"),
    ),
    roles=(SCANNER_ROLE, ANYTHING_ROLE),
    answers={
        "buildInfo": build("6.0.9"),
        "serverStatus": _status("6.0.9"),
        "hostInfo": _HOST,
        "listDatabases": _DATABASES,
    },
    logs={"global": (_STARTED,), "startupWarnings": (_OPEN,)},
    authorization=False,
    tls="",
)

COMMUNITY = Script(
    options={
        "config": "/etc/mongod.conf",
        "net": {
            "bindIp": "127.0.0.1",
            "port": 27117,
            "tls": {
                "CAFile": "{folder}/ca.crt",
                "allowConnectionsWithoutCertificates": True,
                "certificateKeyFile": "{folder}/localhost.pem",
                "clusterFile": "{folder}/localhost.pem",
                "disabledProtocols": "TLS1_0,TLS1_1",
                "mode": "requireTLS",
            },
        },
        "processManagement": {"timeZoneInfo": "/usr/share/zoneinfo"},
        "replication": {"replSetName": "rs0"},
        "security": {"authorization": "enabled", "clusterAuthMode": "x509", "javascriptEnabled": False},
        "setParameter": {"enableLocalhostAuthBypass": "false"},
        "storage": {"dbPath": "/var/lib/mongodb"},
        "systemLog": {"destination": "file", "logAppend": True, "path": "/var/log/mongodb/mongod.log"},
    },
    parameters={
        **_PARAMETERS,
        "enableLocalhostAuthBypass": False,
        "clusterAuthMode": "x509",
        "sslMode": "requireSSL",
        "tlsMode": "requireTLS",
    },
    users=SAFE_USERS,
    roles=(SCANNER_ROLE, READER_ROLE),
    answers={
        "buildInfo": build("8.0.20"),
        "serverStatus": _status("8.0.20"),
        "hostInfo": _HOST,
        "listDatabases": _DATABASES,
        **_REPLICATION,
    },
    logs={"global": (_STARTED,), "startupWarnings": ()},
    replica_set="rs0",
)

_AUDITED = (
    *("authenticate", "authCheck", "createUser", "dropUser", "updateUser", "grantRolesToUser", "revokeRolesFromUser"),
    *("createRole", "dropRole", "updateRole", "grantRolesToRole", "revokeRolesFromRole"),
    *("grantPrivilegesToRole", "revokePrivilegesFromRole", "dropCollection", "dropDatabase"),
    *("replSetReconfig", "shutdown"),
)
_FILTER = f"{{ atype: {{ $in: {json.dumps(_AUDITED)} }} }}"

HARDENED = Script(
    options={
        **COMMUNITY.options,
        "auditLog": {
            "destination": "file",
            "filter": _FILTER,
            "format": "JSON",
            "path": "/var/log/mongodb/audit.json",
        },
        "net": {**COMMUNITY.options["net"], "tls": {**COMMUNITY.options["net"]["tls"], "FIPSMode": True}},
        "security": {
            **COMMUNITY.options["security"],
            "enableEncryption": True,
            "kmip": {"serverName": "kmip.example.org", "port": 5696, "serverCAFile": "/etc/mongodb/kmip-ca.pem"},
        },
    },
    parameters={**COMMUNITY.parameters, "auditAuthorizationSuccess": True},
    users=COMMUNITY.users,
    roles=COMMUNITY.roles,
    answers={
        **COMMUNITY.answers,
        "buildInfo": build("8.0.20", "enterprise"),
        "serverStatus": _status(
            "8.0.20",
            encryptionAtRest={
                "encryptionEnabled": True,
                "encryptionKeyId": {"kmip": {"keyId": "1"}},
                "encryptionCipherMode": "AES256-GCM",
            },
        ),
        "getAuditConfig": {
            "generation": "",
            "filter": json.loads('{"atype": "authenticate"}'),
            "auditAuthorizationSuccess": True,
        },
    },
    logs={"global": (_STARTED, _FIPS), "startupWarnings": ()},
    replica_set="rs0",
)

_MEMBERS = (
    ("db01:27017", "PRIMARY", 0),
    ("db02:27017", "SECONDARY", 900),
    ("db03:27017", "(not reachable/healthy)", 9000),
)

CARELESS = Script(
    options={
        "config": "/etc/mongod.conf",
        "auditLog": {
            "destination": "file",
            "filter": '{"atype": "authenticate"}',
            "format": "JSON",
            "path": "/var/log/mongodb/audit.json",
        },
        "net": {
            "bindIpAll": True,
            "tls": {
                "allowInvalidCertificates": True,
                "certificateKeyFile": "{folder}/localhost.pem",
                "disabledProtocols": "none",
                "mode": "preferTLS",
            },
        },
        "replication": {"replSetName": "rs0"},
        "security": {"keyFile": "/etc/mongodb.key", "transitionToAuth": True},
        "storage": {"dbPath": "/var/lib/mongodb"},
        "systemLog": {"destination": "file", "path": "/var/log/mongodb/mongod.log"},
    },
    parameters=_PARAMETERS,
    users=(*READY_USERS, _user("app", _role("everything"), database="sky"), _user("idle", database="sky")),
    roles=(SCANNER_ROLE, ANYTHING_ROLE),
    answers={
        "buildInfo": build("8.0.10", "enterprise"),
        "serverStatus": _status("8.0.10"),
        "hostInfo": _HOST,
        "listDatabases": _DATABASES,
        "replSetGetStatus": {
            "set": "rs0",
            "date": NOW,
            "myState": 1,
            "members": [
                {
                    "_id": number,
                    "name": host,
                    "health": 0.0 if state.startswith("(") else 1.0,
                    "stateStr": state,
                    "optimeDate": NOW - dt.timedelta(seconds=behind),
                }
                for number, (host, state, behind) in enumerate(_MEMBERS)
            ],
        },
        "replSetGetConfig": {
            "config": {
                "_id": "rs0",
                "version": 3,
                "members": [
                    {"_id": number, "host": host, "arbiterOnly": False, "hidden": False, "votes": 1}
                    for number, (host, _, _) in enumerate(_MEMBERS)
                ],
            }
        },
    },
    logs={"global": (_STARTED,), "startupWarnings": ()},
    authorization=False,
    tls="preferTLS",
    replica_set="rs0",
)
"""An Enterprise replica set that is on its way to access control and stays there, with too many rights."""

FLAVOURS: Mapping[str, Script] = {"weak": WEAK, "careless": CARELESS, "hardened": HARDENED, "community": COMMUNITY}
"""Flavour > its script."""
