"""Backup servers: what they are, what room they have, who may do what there."""

from __future__ import annotations

from scanner.facts.backup.platforms import APIS, FILES, SERVERS, SHELL_TOOLS
from scanner.facts.backup.points import SYSTEM
from scanner.model.fact import (
    ADDRESS,
    BOOL,
    DURATION,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    FactSpec,
    Field,
    Input,
    Parameter,
    Shape,
    enum,
)

SPECS = (
    FactSpec(
        name="backup.server",
        says="The system that was asked: product, version, clock, and what our account may see of it.",
        shape=Shape.ONE,
        platforms=SERVERS,
        fields=(
            Field("name", TEXT, "Product with version, as reports name it."),
            Field("version", VERSION, "Version; absent where it is not told."),
            Field("blind", TEXTS, "Privileges that our account lacks to see everything; empty when it sees all."),
            Field("source", enum("asked", "file"), "Whether it was asked itself, or a file that it left was read."),
            Field("collected_at", TIME, "When the answer was true: now, or when the file was made."),
        ),
        example={"name": "Proxmox Backup Server 3.2.4", "version": "3.2.4", "blind": [], "source": "asked"},
        unused="releases are judged by it, and evidence keeps what our account could not see",
    ),
    FactSpec(
        name="backup.release",
        says="The server's release beside a dated table of releases that comes with Controlproof.",
        shape=Shape.ONE,
        platforms=("pbs", "pve", "veeam", "iperius"),
        inputs=(Input("backup.server"),),
        parameters=(
            Parameter("table_age", DURATION, "How old a line of the table may be before it no longer shows good news."),
        ),
        fields=(
            Field("version", VERSION, "Version that runs."),
            Field("supported_until", TIME, "From when on its series gets no updates; absent where none is published."),
            Field("supported", BOOL, "True before that time; absent where the vendor publishes no lifetimes."),
            Field(
                "fixed_in", VERSION, "First release of its series without known holes; absent where none is tracked."
            ),
            Field("fixed", BOOL, "True for that or a later one; unknown when the table's line is too old."),
            Field("checked", TIME, "Date of the newest source that the table's line was compared with."),
            Field("source", TEXT, "Pages of the vendor, or advisories, that the line rests on."),
        ),
        example={"version": "3.4.2", "supported": False, "checked": "2026-08-20T00:00:00Z"},
    ),
    FactSpec(
        name="backup.location",
        says="Places that hold backups: datastores, repositories, buckets.",
        shape=Shape.LIST,
        platforms=(*SHELL_TOOLS, *APIS, *FILES),
        keys=("system", "location"),
        fields=(
            SYSTEM,
            Field("location", TEXT, "Id of the place, as restore points name it."),
            Field("kind", TEXT, "Kind: `datastore`, `repository`, `bucket`, `folder`, `pool`."),
            Field("usable", BOOL, "True when it can be read now."),
            Field("message", TEXT, "What the system says when it cannot, or that it is in maintenance; absent else."),
            Field("total", SIZE, "Bytes of room; absent where it has no limit or none is told."),
            Field("used", SIZE, "Bytes taken; absent where it is not told."),
            Field("encryption", enum("encrypted", "plain"), "Whether the place encrypts; absent where it is not told."),
            Field("storage_class", TEXT, "Storage class of an object store; absent elsewhere."),
            Field("immutable", BOOL, "True when the place itself refuses deletions; absent where it is not told."),
            Field("transport", enum("tls", "ssh", "local", "plain"), "How data reach it; absent where not told."),
        ),
        example={"system": "pbs", "location": "store1", "kind": "datastore", "usable": True},
    ),
    FactSpec(
        name="backup.network",
        says="Addresses of a backup server, or of the nodes of a cluster, as their network configuration has them.",
        shape=Shape.LIST,
        platforms=("pbs", "pve"),
        keys=("node", "interface", "address"),
        fields=(
            Field("node", TEXT, "Node; `localhost` for a server that is alone."),
            Field("interface", TEXT, "Name of the interface."),
            Field("address", ADDRESS, "The address."),
            Field("network", TEXT, "Network that it lies in, such as `10.20.0.0/24`."),
            Field("gateway", BOOL, "True when the way to everywhere leads over this interface."),
        ),
        example={"node": "pve1", "interface": "vmbr1", "address": "10.20.0.11", "network": "10.20.0.0/24"},
        unused="used by the estate's facts of recovery",
    ),
    FactSpec(
        name="backup.usage",
        says="Room taken in places that hold backups, over time.",
        shape=Shape.LIST,
        platforms=("pbs", "pve", "veeam"),
        keys=("system", "location", "at"),
        fields=(
            SYSTEM,
            Field("location", TEXT, "Id of the place."),
            Field("at", TIME, "Moment of the measurement."),
            Field("used", SIZE, "Bytes taken then."),
            Field("total", SIZE, "Bytes of room then; absent where it is not told."),
        ),
        example={"system": "pbs", "location": "store1", "used": 1099511627776},
        unused="used by the estate's recovery facts",
    ),
    FactSpec(
        name="backup.access",
        says="Accounts and tokens that may do something with backups.",
        shape=Shape.LIST,
        platforms=("pbs", "pve"),
        keys=("system", "account"),
        fields=(
            SYSTEM,
            Field("account", TEXT, "Account, token or group."),
            Field("kind", enum("user", "token", "group"), "What it is."),
            Field("enabled", BOOL, "True when it can be used."),
            Field("expires_at", TIME, "When it ends; absent when never."),
            Field("roles", TEXTS, "Roles with the paths they hold on, as `role path`."),
            Field("may_delete", BOOL, "True when a role lets it remove or prune backups."),
            Field("administrator", BOOL, "True when a role lets it do everything."),
            Field("second_factor", BOOL, "True when it has a second factor; absent for tokens and groups."),
        ),
        example={"system": "pbs", "account": "backup@pbs!pve", "kind": "token", "enabled": True, "may_delete": False},
    ),
)
