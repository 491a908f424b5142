"""What a target is asked whatever the rules say, to name its system in reports."""

from __future__ import annotations

from scanner.facts.backup.platforms import SERVERS
from scanner.model.evidence import Query, Snapshot

SYSTEM = {
    **dict.fromkeys(SERVERS, Query.of("backup.server")),
    "alertmanager": Query.of("alertmanager.server"),
    "aws": Query.of("aws.account"),
    "grafana": Query.of("grafana.server"),
    "linux": Query.of("linux.system"),
    "mariadb": Query.of("mariadb.server"),
    "mongodb": Query.of("mongodb.server"),
    "postgres": Query.of("postgres.server"),
    "records": Query.of("recovery.drill"),
    "prometheus": Query.of("prometheus.server"),
}
"""Platform > the question."""
_PRODUCTS = {"postgres": "PostgreSQL", "mariadb": "MariaDB", "mongodb": "MongoDB"}
"""Platform > what reports call its servers, where the fact gives a version alone."""


def system_name(platform: str, snapshot: Snapshot) -> str:
    """Give the name that a target's system goes by, such as `Debian GNU/Linux 12 (bookworm)`; empty when not known."""
    query = SYSTEM.get(platform)
    rows = snapshot.get(query).rows if query else ()
    name = rows[0].get("name") if rows else None
    if name is None and rows and platform in _PRODUCTS:
        version = rows[0].get("version")
        product = "MySQL" if rows[0].get("flavour") == "mysql" else _PRODUCTS[platform]
        return f"{product} {version}" if isinstance(version, str) else product
    return name if isinstance(name, str) else ""
