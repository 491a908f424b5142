"""Accounts, tokens and groups of both products: what roles let them do with backups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.collection.proxmox.asking import Listing, joined
from scanner.collection.proxmox.seen import Seen
from scanner.collection.proxmox.words import JsonRow, moment, seconds, truth, word
from scanner.model.evidence import ABSENT, Cell, Gap, error, unknown

Privileges = frozenset[str]
Grant = tuple[str, str]
"""Role and path."""
SUPERUSER = "root@pam"


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that the server says of accounts."""

    system: str
    grants: Mapping[str, tuple[Grant, ...]]
    """Account, token or group > its own grants."""
    roles: Mapping[str, Privileges] | Gap
    factors: Mapping[str, bool] | Gap
    """User > whether a second factor is set up."""
    outside: frozenset[str]
    """Realms whose provider asks for the second factor, or does not."""
    deletes: Callable[[Privileges], bool]
    now: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as both products have it."""

    name: str
    kind: str
    enabled: bool | Gap
    expires: int | Gap
    """Unix seconds; 0 for never."""
    grants: tuple[Grant, ...]
    owner: Account | None = None
    """The user of a token."""
    bounded: bool = True
    """Whether a token has grants of its own, within its user's."""


def row(account: Account, directory: Directory) -> dict[str, Cell]:
    """Give the row of an account."""
    return {
        "system": directory.system,
        "account": account.name,
        "kind": account.kind,
        "enabled": _usable(account, directory.now),
        "expires_at": _until(account),
        "roles": [f"{role} {path}" for role, path in _shown(account)],
        "may_delete": _may(account, directory, _deletes),
        "administrator": _may(account, directory, _rules),
        "second_factor": _factor(account, directory),
    }


def _shown(account: Account) -> tuple[Grant, ...]:
    return account.owner.grants if account.owner is not None and not account.bounded else account.grants


def _usable(account: Account, now: int) -> bool | Gap:
    for each in (account, account.owner):
        if each is None:
            continue
        if isinstance(each.enabled, Gap):
            return each.enabled
        if isinstance(each.expires, Gap):
            return each.expires
        if not each.enabled or (each.expires and each.expires <= now):
            return False
    return True


def _until(account: Account) -> Cell:
    """Tell when an account ends; a token ends with its user at the latest."""
    ends = [each.expires for each in (account, account.owner) if each is not None and each.expires]
    odd = next((each for each in ends if isinstance(each, Gap)), None)
    return odd or moment(min((each for each in ends if isinstance(each, int)), default=None))


def _may(
    account: Account, directory: Directory, judge: Callable[[Account, Mapping[str, Privileges], Directory], bool]
) -> Cell:
    if isinstance(directory.roles, Gap):
        return directory.roles
    unknown_role = next((role for role, _ in _shown(account) if role not in directory.roles), "")
    if unknown_role:
        return error(f"what the role {unknown_role} allows is not listed")
    if account.owner is None:
        return judge(account, directory.roles, directory)
    if not account.bounded:
        return judge(account.owner, directory.roles, directory)
    missing = next((role for role, _ in account.owner.grants if role not in directory.roles), "")
    if missing:
        return error(f"what the role {missing} allows is not listed")
    return all(judge(each, directory.roles, directory) for each in (account, account.owner))


def _deletes(account: Account, roles: Mapping[str, Privileges], directory: Directory) -> bool:
    """Tell whether any of its roles, anywhere, lets it remove backups."""
    held = frozenset(each for role, _ in account.grants for each in roles[role])
    return account.name == SUPERUSER or directory.deletes(held)


def _rules(account: Account, roles: Mapping[str, Privileges], directory: Directory) -> bool:
    """Tell whether it may hand out privileges, and so has all of them."""
    del directory
    over_all = [role for role, path in account.grants if path == "/" or path.startswith("/access")]
    return account.name == SUPERUSER or any("Permissions.Modify" in roles[role] for role in over_all)


def _factor(account: Account, directory: Directory) -> Cell:
    if account.kind != "user":
        return ABSENT
    realm = account.name.rpartition("@")[2]
    if realm in directory.outside:
        return unknown(f"whether realm {realm} asks for a second factor is its provider's affair")
    if isinstance(directory.factors, Gap):
        return directory.factors
    return directory.factors.get(account.name, False)


def expiry(value: object) -> int | Gap:
    """Give when an account ends; nothing and 0 are never."""
    if value in (None, 0, "0", ""):
        return 0
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else value
    return seconds(number) or error("when it ends cannot be read")


def grants_of(rows: Sequence[JsonRow], kind: str) -> dict[str, tuple[Grant, ...]]:
    """Sort grants by whom they are for; `kind` names the field that tells users from groups. Groups get an `@`."""
    found: dict[str, list[Grant]] = defaultdict(list)
    for each in rows:
        name, role, path = word(each.get("ugid")), word(each.get("roleid")), word(each.get("path"))
        if name and role and path:
            found[f"@{name}" if each.get(kind) == "group" else name].append((role, path))
    return {name: tuple(sorted(set(grants))) for name, grants in found.items()}


def roles_of(listing: Listing) -> Mapping[str, Privileges] | Gap:
    """Give the privileges of each role."""
    if listing.gap is not None:
        return listing.gap
    return {word(each.get("roleid")): frozenset(_words(each.get("privs"))) for each in listing.rows}


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (each for each in value[:1000] if isinstance(each, str))
    elif isinstance(value, str):
        yield from value.replace(",", " ").split()


def factors_of(listing: Listing, complete: Gap | None) -> Mapping[str, bool] | Gap:
    """Give who has a second factor set up; recovery codes alone are none."""
    gap = joined(listing.gap, complete)
    if gap is not None:
        return gap
    found: dict[str, bool] = {}
    for each in listing.rows:
        entries = each.get("entries")
        found[word(each.get("userid"))] = any(
            isinstance(entry, dict)
            and word(entry.get("type")) not in ("", "recovery")
            and truth(entry.get("enable"), default=True) is True
            for entry in (entries[:1000] if isinstance(entries, list) else ())
        )
    return found


def outside_of(listing: Listing) -> frozenset[str]:
    """Name the realms that log in elsewhere."""
    return frozenset(word(each.get("realm")) for each in listing.rows if word(each.get("type")) == "openid")


def directory_of(
    seen: Seen, system: str, kind: str, deletes: Callable[[Privileges], bool], complete: Gap | None
) -> Directory:
    """Ask for everything that the server says of accounts; `kind` names the field that tells users from groups."""
    return Directory(
        system=system,
        grants=grants_of(seen.grants.rows, kind),
        roles=roles_of(seen.asker.rows("access/roles", needs=seen.ROLE)),
        factors=factors_of(seen.asker.rows("access/tfa", needs=seen.ROLE), complete),
        outside=outside_of(seen.asker.rows("access/domains", needs=seen.ROLE)),
        deletes=deletes,
        now=clock(seen.now),
    )


def people(
    users: Listing,
    directory: Directory,
    user: Callable[[JsonRow, str], Account],
    token: Callable[[JsonRow, Account], Account],
) -> tuple[list[dict[str, Cell]], Gap | None]:
    """Give the rows of users, each followed by its tokens, and why some may be missing."""
    rows: list[dict[str, Cell]] = []
    odd = 0
    for each in users.rows:
        name = word(each.get("userid"))
        odd += not name
        owner = user(each, name)
        rows.append(row(owner, directory))
        tokens = each.get("tokens")
        for told in tokens[:1000] if isinstance(tokens, list) else ():
            if isinstance(told, dict) and word(told.get("tokenid")):
                rows.append(row(token(told, owner), directory))
            else:
                odd += 1
    return rows, error(f"{odd} accounts cannot be read") if odd else None


def clock(now: str) -> int:
    """Give a time (RFC 3339) as Unix seconds."""
    return int(datetime.fromisoformat(now).timestamp())
