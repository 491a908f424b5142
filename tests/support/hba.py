"""Texts of pg_hba.conf as rows of facts, and a plain reading of what a server would do with them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from scanner.collection.postgres.hba_file import HbaRule, hba_file
from scanner.collection.postgres.hba_lexer import Files, Word
from scanner.model.evidence import ABSENT, Row

Client: TypeAlias = tuple[str, str, str, str]
"""Channel, database, role, address."""

Members: TypeAlias = Mapping[str, AbstractSet[object]]

PATH = "/pg_hba.conf"
_KEYWORDS = ("all", "sameuser", "samerole", "samegroup", "replication", "samehost", "samenet")
_CHANNELS = {
    "local": ("local",),
    "host": ("plain", "tls", "gss"),
    "hostssl": ("tls",),
    "hostnossl": ("plain", "gss"),
    "hostgssenc": ("gss",),
    "hostnogssenc": ("plain", "tls"),
}


def rows_of(text: str) -> tuple[list[Row], list[Row]]:
    """Give rows of postgres.hba_rule as the server's view has them, and per line the words that stand bare.

    A line that ends in `ERROR` can never match, as the server says of hostssl without TLS.
    """
    marked = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith(" ERROR")}
    files = Files(lambda _path: text.replace(" ERROR", ""), lambda _path: [])
    rules = hba_file(PATH, files, 16).rules
    rows = [_row(rule, position, rule.line in marked) for position, rule in enumerate(rules, 1)]
    return rows, [{"path": PATH, "line": rule.line, "keywords": _bare(rule)} for rule in rules]


def _row(rule: HbaRule, position: int, unmatched: bool) -> Row:
    place: dict[str, object] = {"position": position, "path": PATH, "line": rule.line, "number": ABSENT}
    names = ("type", "databases", "users", "address", "network", "method", "options")
    if rule.error:
        return {**place, **dict.fromkeys(names, ABSENT), "rule": rule.error, "error": rule.error, "ambiguous": []}  # type: ignore[dict-item]
    databases, users = ([word.text for word in words] for words in (rule.databases, rule.users))
    words = (*databases, *users, rule.address)
    looks = [word for word in words if word in _KEYWORDS or word.startswith("+")]
    return {
        **place,  # type: ignore[dict-item]
        "rule": f"{rule.type} {','.join(databases)} {','.join(users)} {rule.address}".rstrip(),
        "type": rule.type,
        "databases": databases,
        "users": users,
        "address": rule.address or ABSENT,
        "network": rule.network or ABSENT,
        "method": rule.method,
        "options": rule.options,
        "error": "can never match" if unmatched else ABSENT,
        "ambiguous": looks,
    }


def _bare(rule: HbaRule) -> list[str]:
    columns = {"databases": rule.databases, "users": rule.users}
    words = [f"{column} {word.text}" for column, words in columns.items() for word in words if not word.quoted]
    return [*words, *([f"address {rule.address}"] if rule.keyword else [])]


def deciding(lines: Sequence[str], clients: Sequence[Client], roles: Sequence[Row]) -> list[int]:
    """Give the position of the rule that decides each client; 0 for none."""
    rules = hba_file(PATH, Files(lambda _path: "\n".join(lines), lambda _path: []), 16).rules
    members = {str(row["role"]): {row["role"], *row["all_roles"]} for row in roles}  # type: ignore[misc]
    numbered = list(enumerate(rules, 1))
    return [
        next((place for place, rule in numbered if not rule.error and _takes(rule, client, members)), 0)
        for client in clients
    ]


def _takes(rule: HbaRule, client: Client, members: Members) -> bool:
    channel, database, user, address = client
    return (
        channel in _CHANNELS[rule.type]
        and (channel == "local" or _from(rule, address))
        and any(_database(word, database, user, members) for word in rule.databases)
        and any(_user(word, user, members) for word in rule.users)
    )


def _from(rule: HbaRule, address: str) -> bool:
    if rule.keyword:
        return rule.address == "all" or address == "127.0.0.1"
    return bool(rule.network) and ipaddress.ip_address(address) in ipaddress.ip_network(rule.network)


def _database(word: Word, database: str, user: str, members: Members) -> bool:
    if database == "(physical)":
        return word.is_keyword("replication")
    if word.is_keyword("all"):
        return True
    if word.is_keyword("sameuser"):
        return database == user
    if word.is_keyword("samerole") or word.is_keyword("samegroup"):
        return database in members.get(user, ())
    if word.is_keyword("replication"):
        return False
    if word.text.startswith("/"):
        return bool(re.search(word.text[1:], database))
    return word.text == database


def _user(word: Word, user: str, members: Members) -> bool:
    if not word.quoted and word.text.startswith("+"):
        return word.text[1:] in members.get(user, ())
    if word.text.startswith("/"):
        return bool(re.search(word.text[1:], user))
    return word.is_keyword("all") or word.text == user
