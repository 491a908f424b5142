"""Facts about how a MariaDB or MySQL server follows another one."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Need, Shape

MONITOR = Need("privilege", "REPLICA MONITOR", "the state of replication is closed to everybody else")

SPECS = (
    FactSpec(
        name="mariadb.replication",
        says="Connections by which the server follows others; none on a server that is no replica.",
        shape=Shape.LIST,
        platforms=("mariadb",),
        keys=("name",),
        needs=(MONITOR,),
        fields=(
            Field("name", TEXT, "Name of the connection; empty for the default one."),
            Field("host", TEXT, "Host that is followed."),
            Field("port", INT, "Its port."),
            Field("user", TEXT, "User that logs in there."),
            Field("running", BOOL, "True when both threads run."),
            Field("encrypted", BOOL, "True when the connection must use TLS."),
            Field("verified", BOOL, "True when the certificate must be valid and for the name of the host."),
            Field("ca", TEXT, "File or directory of authorities; absent when none is named."),
            Field("client_certificate", BOOL, "True when a certificate and key of the replica are named."),
            Field("ciphers", TEXTS, "Ciphers that are allowed; empty for the library's own choice."),
            Field("lag", INT, "Seconds behind; absent while it does not run."),
        ),
        example={
            "name": "",
            "host": "db1.example.org",
            "port": 3306,
            "user": "replicator",
            "encrypted": True,
            "verified": True,
        },
    ),
)
