"""What a target is asked whatever the rules say, to name its system in reports."""

from __future__ import annotations

from scanner.model.evidence import Query, Snapshot

SYSTEM = {"linux": Query.of("linux.system")}
"""Platform > the question."""


def system_name(platform: str, snapshot: Snapshot) -> str:
    """Give the name that a target's system goes by, such as `Debian GNU/Linux 12 (bookworm)`; empty when not known."""
    query = SYSTEM.get(platform)
    rows = snapshot.get(query).rows if query else ()
    name = rows[0].get("name") if rows else None
    return name if isinstance(name, str) else ""
