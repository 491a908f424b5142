"""Accounts, tokens and groups of a Proxmox VE cluster."""

from __future__ import annotations

from scanner.collection.proxmox.accounts import Account, Grant, directory_of, expiry, people, row
from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pve_seen import ACCESS, AUDITOR, CLUSTER, Pve
from scanner.collection.proxmox.words import JsonRow, truth, word


def _deletes(held: frozenset[str]) -> bool:
    """Tell whether privileges suffice to remove backup files."""
    return "Datastore.Allocate" in held or {"Datastore.AllocateSpace", "VM.Backup"} <= held


def pve_accounts(pve: Pve) -> Told:
    """Give users with what their groups may do, their tokens, and groups."""
    hidden = pve.hidden(*ACCESS, *CLUSTER)
    users = pve.asker.rows("access/users", {"full": "1"}, needs=AUDITOR)
    directory = directory_of(pve, "pve", "type", _deletes, hidden)

    def user(raw: JsonRow, name: str) -> Account:
        groups = [f"@{group}" for group in word(raw.get("groups"), 2000).replace(",", " ").split()]
        grants: set[Grant] = {grant for holder in (name, *groups) for grant in directory.grants.get(holder, ())}
        return Account(
            name, "user", truth(raw.get("enable"), default=True), expiry(raw.get("expire")), tuple(sorted(grants))
        )

    def token(raw: JsonRow, owner: Account) -> Account:
        full = f"{owner.name}!{word(raw['tokenid'])}"
        bounded = truth(raw.get("privsep"), default=True) is not False
        return Account(full, "token", True, expiry(raw.get("expire")), directory.grants.get(full, ()), owner, bounded)

    rows, lost = people(users, directory, user, token)
    for name, held in directory.grants.items():
        if name.startswith("@"):
            rows.append(row(Account(name, "group", True, 0, held), directory))
    return rows, joined(hidden, users.gap, pve.grants.gap, lost)
