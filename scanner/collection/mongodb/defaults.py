"""What MongoDB does where an option is not given: the server tells only what it was started with.

The values are those of the manual's page "Self-Managed Configuration File Options" for 6.0, 7.0 and 8.0. `None` says
that the manual knows no default: without the option there is no value. An option that is not in the table has no
known default, which is a gap and never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scanner.transport.mongo_commands import Value

_COMMON: dict[str, Value] = {
    "auditLog.destination": None,
    "auditLog.filter": None,
    "auditLog.format": None,
    "auditLog.path": None,
    "auditLog.runtimeConfiguration": False,
    "net.bindIp": "localhost",
    "net.bindIpAll": False,
    "net.ipv6": False,
    "net.tls.CAFile": None,
    "net.tls.CRLFile": None,
    "net.tls.FIPSMode": False,
    "net.tls.allowConnectionsWithoutCertificates": False,
    "net.tls.allowInvalidCertificates": False,
    "net.tls.allowInvalidHostnames": False,
    "net.tls.certificateKeyFile": None,
    "net.tls.clusterCAFile": None,
    "net.tls.clusterFile": None,
    # Without the option the server leaves out TLS 1.0 alone, where OpenSSL has TLS 1.1 or later.
    "net.tls.disabledProtocols": "TLS1_0",
    "net.tls.mode": "disabled",
    "net.unixDomainSocket.enabled": True,
    "net.unixDomainSocket.filePermissions": "0700",
    "net.unixDomainSocket.pathPrefix": "/tmp",
    "net.wireObjectCheck": True,
    "operationProfiling.mode": "off",
    "processManagement.fork": False,
    "processManagement.pidFilePath": None,
    "replication.replSetName": None,
    "security.authorization": "disabled",
    "security.clusterAuthMode": "keyFile",
    "security.enableEncryption": False,
    "security.encryptionCipherMode": "AES256-CBC",
    "security.encryptionKeyFile": None,
    "security.javascriptEnabled": True,
    "security.keyFile": None,
    "security.kmip.serverName": None,
    "security.redactClientLogData": False,
    "security.transitionToAuth": False,
    "security.vault.serverName": None,
    "sharding.clusterRole": None,
    "storage.directoryPerDB": False,
    "storage.engine": "wiredTiger",
    "systemLog.destination": None,
    "systemLog.logAppend": False,
    "systemLog.logRotate": "rename",
    "systemLog.path": None,
    "systemLog.quiet": False,
    "systemLog.syslogFacility": "user",
    "systemLog.traceAllExceptions": False,
    "systemLog.verbosity": 0,
}
_MONGOD: dict[str, Value] = {"storage.dbPath": "/data/db"}
_MONGOS: dict[str, Value] = {"storage.dbPath": None, "storage.engine": None, "storage.directoryPerDB": None}

DEFAULTS: Mapping[int, Mapping[str, Value]] = MappingProxyType(
    {
        # Journals could be switched off up to 6.0.
        6: MappingProxyType({**_COMMON, "storage.journal.enabled": True}),
        7: MappingProxyType(_COMMON),
        8: MappingProxyType(_COMMON),
    }
)
"""Major version > full name of an option > its default."""
_PORTS = {"shardsvr": 27018, "configsvr": 27019}


def default_of(name: str, major: int, *, role: str = "", mongos: bool = False) -> tuple[bool, Value]:
    """Give whether the default of an option is known, and what it is; the port depends on the role in a cluster."""
    table = DEFAULTS.get(major)
    if table is None:
        return False, None
    if name == "net.port":
        return True, _PORTS.get(role, 27017)
    special = _MONGOS if mongos else _MONGOD
    if name in special:
        return True, special[name]
    return name in table, table.get(name)
