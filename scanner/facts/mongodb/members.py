"""Facts about the members of a MongoDB replica set."""

from __future__ import annotations

from scanner.facts.mongodb.needs import MONITOR
from scanner.model.fact import BOOL, DURATION, INT, TEXT, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="mongodb.replica_member",
        says="Members of the server's replica set, as configured and as the server sees them; none for a standalone.",
        shape=Shape.LIST,
        platforms=("mongodb",),
        keys=("member",),
        needs=(MONITOR,),
        fields=(
            Field("member", TEXT, "Host and port."),
            Field("arbiter", BOOL, "True for one that votes and holds no data."),
            Field("hidden", BOOL, "True for one that clients do not see."),
            Field("votes", INT, "Votes at elections."),
            Field("delay", DURATION, "How far it stays behind on purpose."),
            Field("state", TEXT, "State such as `PRIMARY`, `SECONDARY` or `(not reachable/healthy)`."),
            Field("healthy", BOOL, "True when the server reaches it."),
            Field("lag", DURATION, "How far its data is behind the newest of all members; absent for arbiters."),
        ),
        example={"member": "db01:27017", "arbiter": False, "votes": 1, "state": "PRIMARY", "healthy": True, "lag": 0},
    ),
)
