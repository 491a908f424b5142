"""The commands that give a scanning login just the privileges that facts need."""

from __future__ import annotations

import json
from collections.abc import Iterable

from scanner.model.fact import Need

_ROLE = "controlproofReader"
_PRIVILEGES: dict[str, list[dict[str, object]]] = {
    "viewUser": [
        {"resource": {"cluster": True}, "actions": ["viewUser"]},
        {"resource": {"db": "", "collection": ""}, "actions": ["viewUser"]},
    ],
    "find on admin.system.roles": [
        {"resource": {"db": "admin", "collection": "system.roles"}, "actions": ["find"]},
    ],
}
"""Action > privileges of the custom role; usersInfo over all databases takes viewUser on the cluster."""
_POWERFUL = {"auditConfigure": "it allows to change the filter too: grant it only where the filter is set at run time"}


def grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give commands for mongosh, to be run by a user administrator; the login is `user`, or `controlproof`."""
    wanted = list(dict.fromkeys(needs))
    roles = sorted({need.name for need in wanted if need.kind == "role"})
    actions = {need.name for need in wanted if need.kind == "action"}
    privileges = [privilege for name, own in _PRIVILEGES.items() if name in actions for privilege in own]
    lines = ["use admin"]
    if privileges:
        lines.append(f'db.createRole({{role: "{_ROLE}", privileges: {json.dumps(privileges)}, roles: []}})')
        roles.append(_ROLE)
    login = json.dumps(user or "controlproof")
    lines.append(
        f"db.createUser({{user: {login}, pwd: passwordPrompt(), roles: {json.dumps(roles)}, "
        'mechanisms: ["SCRAM-SHA-256"]})'
    )
    powerful = [need for need in wanted if need.kind == "action" and need.name in _POWERFUL]
    return [*lines, *(f"// {need}: {need.why}; {_POWERFUL[need.name]}" for need in powerful)]
