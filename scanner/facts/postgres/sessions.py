"""Facts about who is connected to a PostgreSQL server, and how."""

from __future__ import annotations

from scanner.facts.postgres.server_state import MONITOR
from scanner.model.fact import BOOL, INT, TEXT, TIME, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="postgres.session",
        says="Sessions of clients and standbys at this moment, our own among them, with their encryption.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("pid",),
        needs=(MONITOR,),
        fields=(
            Field("pid", INT, "Process of the session."),
            Field("kind", TEXT, "`client backend`, or `walsender` for a standby or a backup."),
            Field("user", TEXT, "Role that is connected; absent while it logs in."),
            Field("database", TEXT, "Database it is in; absent for replication."),
            Field("application", TEXT, "What the client calls itself; empty when it does not."),
            Field("address", TEXT, "Where the client comes from; absent for the Unix-domain socket."),
            Field("over", enum("socket", "loopback", "network"), "Way that the connection takes."),
            Field("encrypted", BOOL, "True when it is encrypted by TLS or GSSAPI."),
            Field("tls_version", TEXT, "Such as `TLSv1.3`; absent without TLS."),
            Field("cipher", TEXT, "Cipher in use; absent without TLS."),
            Field("client_subject", TEXT, "Subject of the client's certificate; absent when it showed none."),
            Field("started", TIME, "When it was opened."),
        ),
        example={
            "pid": 4711,
            "kind": "client backend",
            "user": "sky_app",
            "database": "sky",
            "address": "192.0.2.7",
            "over": "network",
            "encrypted": True,
            "tls_version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
        },
    ),
)
