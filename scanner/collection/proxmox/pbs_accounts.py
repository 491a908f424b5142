"""Accounts and tokens of a Proxmox Backup Server."""

from __future__ import annotations

from scanner.collection.proxmox.accounts import Account, directory_of, expiry, people
from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pbs_seen import ACCESS, AUDIT, Pbs
from scanner.collection.proxmox.words import JsonRow, truth, word


def _deletes(held: frozenset[str]) -> bool:
    """Tell whether privileges suffice to remove or prune backups."""
    return bool(held & {"Datastore.Modify", "Datastore.Prune"})


def pbs_accounts(pbs: Pbs) -> Told:
    """Give users and tokens."""
    hidden = pbs.hidden(*ACCESS)
    users = pbs.asker.rows("access/users", {"include_tokens": "1"}, needs=AUDIT)
    directory = directory_of(pbs, "pbs", "ugid_type", _deletes, hidden)

    def account(raw: JsonRow, name: str, kind: str = "user", owner: Account | None = None) -> Account:
        enabled = truth(raw.get("enable"), default=True)
        return Account(name, kind, enabled, expiry(raw.get("expire")), directory.grants.get(name, ()), owner)

    def token(raw: JsonRow, owner: Account) -> Account:
        return account(raw, word(raw["tokenid"]), "token", owner)

    rows, lost = people(users, directory, account, token)
    return rows, joined(hidden, users.gap, pbs.grants.gap, lost)
