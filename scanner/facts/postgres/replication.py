"""Facts about replication: who follows, what slots hold back, and how a standby reaches its primary."""

from __future__ import annotations

from scanner.facts.postgres.server_state import MONITOR, SETTINGS
from scanner.model.fact import BOOL, DURATION, INT, SIZE, TEXT, TIME, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="postgres.replication",
        says="Standbys, subscribers and backups that receive this server's log now.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("pid",),
        needs=(MONITOR,),
        fields=(
            Field("pid", INT, "Process that sends the log."),
            Field("user", TEXT, "Role that is connected."),
            Field("application", TEXT, "Name of the receiver."),
            Field("address", TEXT, "Where the receiver is; absent for the Unix-domain socket."),
            Field("over", enum("socket", "loopback", "network"), "Way that the connection takes."),
            Field("state", TEXT, "Such as `streaming`, `catchup` or `backup`."),
            Field("sync", TEXT, "Such as `async`, `sync` or `quorum`."),
            Field("lag", DURATION, "Time until what is written here is replayed there; absent when it has caught up."),
            Field("behind", SIZE, "Log that is not replayed there yet; absent before the first report."),
            Field("encrypted", BOOL, "True when the connection is encrypted by TLS or GSSAPI."),
            Field("tls_version", TEXT, "Such as `TLSv1.3`; absent without TLS."),
            Field("client_subject", TEXT, "Subject of the receiver's certificate; absent when it showed none."),
        ),
        example={
            "pid": 4712,
            "user": "replicator",
            "application": "standby1",
            "address": "192.0.2.8",
            "over": "network",
            "state": "streaming",
            "sync": "async",
            "encrypted": True,
            "tls_version": "TLSv1.3",
        },
    ),
    FactSpec(
        name="postgres.replication_slot",
        says="Replication slots, which keep the log for receivers even while these are away.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Name of the slot."),
            Field("kind", TEXT, "`physical` or `logical`."),
            Field("plugin", TEXT, "Output plug-in; absent for physical slots."),
            Field("database", TEXT, "Database of a logical slot; absent for physical ones."),
            Field("active", BOOL, "True while a receiver uses it."),
            Field("temporary", BOOL, "True when it goes with its session."),
            Field("status", TEXT, "`reserved`, `extended`, `unreserved` or `lost`; absent for one that keeps nothing."),
            Field("retained", SIZE, "Log that is kept for it; absent for one that keeps nothing."),
            Field("inactive_since", TIME, "Since when nobody uses it; absent before PostgreSQL 17, and while in use."),
        ),
        example={"name": "standby1", "kind": "physical", "active": True, "temporary": False, "retained": 16777216},
    ),
    FactSpec(
        name="postgres.standby",
        says="How the server reaches the primary that it follows.",
        shape=Shape.ONE,
        platforms=("postgres",),
        needs=(SETTINGS, MONITOR),
        fields=(
            Field("standby", BOOL, "True when the server replays another's log."),
            Field("connection", BOOL, "True when primary_conninfo is set."),
            Field(
                "sslmode",
                TEXT,
                "sslmode in primary_conninfo; absent when it names none, so that libpq's default holds.",
            ),
            Field("receiving", BOOL, "True while a connection to the primary stands."),
            Field("sslmode_in_use", TEXT, "sslmode of that connection, defaults included; absent while there is none."),
            Field("slot", TEXT, "Slot that it uses; absent when it uses none."),
        ),
        example={"standby": True, "connection": True, "sslmode": "verify-full", "receiving": True},
    ),
)
