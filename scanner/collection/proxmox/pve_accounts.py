"""Accounts, tokens and groups of a Proxmox VE cluster."""

from __future__ import annotations

from scanner.collection.proxmox.accounts import (
    Account,
    Directory,
    Grant,
    clock,
    expiry,
    factors_of,
    grants_of,
    outside_of,
    roles_of,
    row,
)
from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pve_seen import ACCESS, AUDITOR, CLUSTER, Pve
from scanner.collection.proxmox.words import truth, word
from scanner.model.evidence import Cell, error


def _deletes(held: frozenset[str]) -> bool:
    """Tell whether privileges suffice to remove backup files."""
    return "Datastore.Allocate" in held or {"Datastore.AllocateSpace", "VM.Backup"} <= held


def pve_accounts(pve: Pve) -> Told:
    """Give users with what their groups may do, their tokens, and groups."""
    hidden = pve.hidden(*ACCESS, *CLUSTER)
    users = pve.asker.rows("access/users", {"full": "1"}, needs=AUDITOR)
    directory = Directory(
        system="pve",
        grants=grants_of(pve.grants.rows, "type"),
        roles=roles_of(pve.asker.rows("access/roles", needs=AUDITOR)),
        factors=factors_of(pve.asker.rows("access/tfa", needs=AUDITOR), hidden),
        outside=outside_of(pve.asker.rows("access/domains", needs=AUDITOR)),
        deletes=_deletes,
        now=clock(pve.now),
    )
    rows: list[dict[str, Cell]] = []
    odd = 0
    for each in users.rows:
        name = word(each.get("userid"))
        odd += not name
        groups = [f"@{group}" for group in word(each.get("groups"), 2000).replace(",", " ").split()]
        grants: set[Grant] = {grant for holder in (name, *groups) for grant in directory.grants.get(holder, ())}
        enabled = truth(each.get("enable"), default=True)
        user = Account(name, "user", enabled, expiry(each.get("expire")), tuple(sorted(grants)))
        rows.append(row(user, directory))
        tokens = each.get("tokens")
        for token in tokens[:1000] if isinstance(tokens, list) else ():
            if not isinstance(token, dict) or not word(token.get("tokenid")):
                odd += 1
                continue
            full = f"{name}!{word(token['tokenid'])}"
            bounded = truth(token.get("privsep"), default=True) is not False
            own = directory.grants.get(full, ())
            rows.append(row(Account(full, "token", True, expiry(token.get("expire")), own, user, bounded), directory))
    for name, held in directory.grants.items():
        if name.startswith("@"):
            rows.append(row(Account(name, "group", True, 0, held), directory))
    lost = error(f"{odd} accounts cannot be read") if odd else None
    return rows, joined(hidden, users.gap, pve.grants.gap, lost)
