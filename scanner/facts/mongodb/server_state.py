"""Facts about a MongoDB server as a whole."""

from __future__ import annotations

from scanner.facts.mongodb.needs import MONITOR
from scanner.model.fact import BOOL, INT, TEXT, TIME, VERSION, FactSpec, Field, Input, Shape, enum

SPECS = (
    FactSpec(
        name="mongodb.server",
        says="The server that answers: what it is, where it runs, and as whom we are there.",
        shape=Shape.ONE,
        platforms=("mongodb",),
        needs=(MONITOR,),
        fields=(
            Field("version", VERSION, "Version such as `7.0.30`."),
            Field("major", INT, "Major version such as 7."),
            Field("series", TEXT, "Release series such as `7.0`."),
            Field(
                "edition",
                enum("community", "enterprise", "percona", "other"),
                "What was built: `enterprise` by its modules, `percona` for Percona Server, `other` for what only speaks the same protocol.",
            ),
            Field(
                "managed",
                BOOL,
                "True for a service without a host behind it that its customer could reach: the inventory says `managed: true`, or the server's names are a provider's.",
            ),
            Field("provider", TEXT, "Provider of a managed service as names tell, absent when none is known."),
            Field("port", INT, "Port that the server listens on; unknown without clusterMonitor."),
            Field("db_path", TEXT, "Directory of the data files; absent for mongos, unknown without clusterMonitor."),
            Field("topology", enum("standalone", "replica set", "mongos"), "How it stands among others."),
            Field(
                "cluster_role",
                TEXT,
                "`shardsvr` or `configsvr` in a sharded cluster; absent outside, unknown without clusterMonitor.",
            ),
            Field("replica_set", TEXT, "Name of its replica set; absent when it has none."),
            Field("user", TEXT, "Login that we are, such as `admin.scanner`; absent without a login."),
            Field("encrypted", BOOL, "True when our own connection is encrypted."),
        ),
        example={
            "version": "7.0.30",
            "major": 7,
            "edition": "community",
            "managed": False,
            "port": 27017,
            "db_path": "/var/lib/mongodb",
            "topology": "replica set",
        },
    ),
    FactSpec(
        name="mongodb.release",
        says="The server's release beside a dated table of releases, judged at the time of the evidence.",
        shape=Shape.ONE,
        platforms=("mongodb",),
        inputs=(Input("mongodb.server"),),
        fields=(
            Field("version", VERSION, "Version such as `7.0.30`."),
            Field("series", TEXT, "Release series such as `7.0`."),
            Field("table_date", TIME, "Day on which the table was made."),
            Field(
                "supported_until",
                TIME,
                "Last day of support of the series; unknown for a series that is not in the table.",
            ),
            Field(
                "supported",
                BOOL,
                "True while the series is supported; unknown once the table is more than 400 days old.",
            ),
            Field(
                "fixed_in",
                TEXT,
                "First release of the series without the hole CVE-2025-14847, which lets anybody read memory; absent when none was made.",
            ),
            Field("fixed", BOOL, "True when the release is that one or later."),
        ),
        example={"version": "7.0.30", "series": "7.0", "supported": True, "fixed_in": "7.0.28", "fixed": True},
    ),
    FactSpec(
        name="mongodb.startup_warning",
        says="Warnings that the server wrote into its log when it started.",
        shape=Shape.LIST,
        platforms=("mongodb",),
        keys=("id", "message"),
        needs=(MONITOR,),
        fields=(
            Field("id", INT, "Number of the message, the same in all releases; 0 where it has none."),
            Field("component", TEXT, "Part of the server that warns, such as `CONTROL`."),
            Field("message", TEXT, "Text of the warning."),
        ),
        example={
            "id": 22120,
            "component": "CONTROL",
            "message": "Access control is not enabled for the database. Read and write access to data and configuration is unrestricted",
        },
    ),
)
