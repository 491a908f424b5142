"""Commands that grant an account of the scanner just what is needed, for the user and for its token."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from scanner.model.fact import Need


def pbs_grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give the commands for root on a backup server; `user` is the token's id."""
    return [
        f"proxmox-backup-manager acl update {path} {role} --auth-id {shlex.quote(who)}"
        for who in _holders(user or "audit@pbs!scan")
        for role, path in _roles(needs)
    ]


def pve_grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give the commands for root on a node of a cluster; `user` is the token's id."""
    return [
        f"pveum acl modify {path} --{'tokens' if '!' in who else 'users'} {shlex.quote(who)} --roles {role}"
        for who in _holders(user or "audit@pve!scan")
        for role, path in _roles(needs)
    ]


def _holders(token: str) -> list[str]:
    """Give the user of a token and the token: it may do at most what both were granted."""
    return list(dict.fromkeys((token.partition("!")[0], token)))


def _roles(needs: Iterable[Need]) -> list[tuple[str, str]]:
    said = [need.name.partition(" on ") for need in needs if need.kind == "role"]
    return sorted({(role, path) for role, _, path in said}, key=lambda pair: pair[1])
