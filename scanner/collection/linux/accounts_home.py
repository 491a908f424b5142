"""Reads owners and modes of home directories of accounts that can log in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.collection.linux.accounts_passwd import users, valid_shells
from scanner.collection.linux.plainfile import denial, is_denied, is_missing
from scanner.collection.linux.probe import Output, Probe, output_of
from scanner.collection.linux.text import decoded, tail
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_MODE = re.compile(r"[0-7]{1,4}")

# One line per directory: `=KIND:MODE:UID:OWNER:PATH`, or `?PATH` and `!WHAT stat SAID`.
HOMES = Probe(
    "accounts.homes",
    r"""awk -F: 'NF == 7 && $7 !~ /\/(nologin|false)$/ { print $6 }' </etc/passwd | sort -u |
while IFS= read -r home; do
  if said=$(stat -L -c "%F:%a:%u:%U" -- "$home" 2>&1); then
    printf "=%s:%s\n" "$said" "$home"
  else
    printf "?%s\n!%s\n" "$home" "$said"
  fi
done""",
    timeout=30,
    limit=8 * 2**20,
    cost=2,
)


def homes(outputs: Mapping[str, Output]) -> tuple[list[Row], Gap | None]:
    """Give the rows of linux.account_home; nothing is said where it is not known who can log in."""
    shells = valid_shells(outputs)
    if isinstance(shells, Gap):
        return [], shells
    accounts, gap = users(outputs)
    output = output_of(outputs, HOMES.name)
    found = {} if output.gap else _found(output)
    local = {str(account["name"]) for account in accounts}
    never = output.gap or error("stat did not answer for this directory")
    rows = [
        _row(account, found.get(str(account["home"]), never), local) for account in accounts if account["login"] is True
    ]
    return rows, gap


def _found(output: Output) -> dict[str, tuple[str, ...] | Gap]:
    found: dict[str, tuple[str, ...] | Gap] = {}
    asked = ""
    for raw in output.stdout.split(b"\n"):
        line = decoded(raw)
        if line.startswith("="):
            parts = line[1:].split(":", 4)
            found[parts[-1]] = tuple(parts[:-1])
        elif line.startswith("?"):
            asked = line[1:]
            found[asked] = error("stat did not answer for this directory")
        elif line.startswith("!"):
            found[asked] = _failure(asked, line[1:])
    return found


def _failure(path: str, said: str) -> tuple[str, ...] | Gap:
    if is_denied(said):
        return denial(path)
    return () if is_missing(said) else error(f"stat: {tail(said)}")


def _row(account: Row, stat: tuple[str, ...] | Gap, local: set[str]) -> Row:
    cells: dict[str, Cell]
    if isinstance(stat, Gap):
        cells = {"present": stat, "owner": stat, "owned": stat, "mode": stat}
    elif len(stat) != len(("kind", "mode", "uid", "owner")) or stat[0] != "directory":
        cells = {"present": False, "owner": ABSENT, "owned": ABSENT, "mode": ABSENT}
    else:
        _, mode, uid, owner = stat
        nameless = owner == "UNKNOWN" and owner not in local
        cells = {
            "present": True,
            "owner": ABSENT if nameless else owner,
            "owned": uid == str(account["uid"]),
            "mode": mode.zfill(4) if _MODE.fullmatch(mode) else error("stat printed no mode"),
        }
    return {"name": account["name"], "path": account["home"], **cells}
