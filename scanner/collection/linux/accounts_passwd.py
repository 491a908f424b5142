"""Reads passwd(5), group(5) and shells(5)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.collection.linux.accounts_settings import LOGIN_DEFS, uid_min
from scanner.collection.linux.accounts_table import Entry, number_of, read_table, table_script
from scanner.collection.linux.plainfile import missing, trouble
from scanner.collection.linux.probe import Output, Probe, output_of
from scanner.model.evidence import Cell, Gap, Row, error

_LIMIT = 8 * 2**20
_PASSWD_FIELDS = 7
_GROUP_FIELDS = 4
_NOBODY = 65534
_COMMENT = 4

# What is not one of the usual fillers may be a hash, and stays on the host.
_FILLER = '$2 = $2 ~ /^[x*!]?$/ ? $2 : "?"; '

PASSWD = Probe(
    "accounts.passwd",
    table_script("/etc/passwd", _PASSWD_FIELDS, _FILLER, "$1 $2 $3 $4 $5 $6 $7"),
    limit=_LIMIT,
    cost=0,
)
GROUP = Probe("accounts.group", table_script("/etc/group", _GROUP_FIELDS, "", "$1 $3 $4"), limit=_LIMIT, cost=0)
SHELLS = Probe("accounts.shells", "cat </etc/shells", cost=0)

_REFUSING = frozenset(
    f"{place}/{name}" for place in ("/bin", "/sbin", "/usr/bin", "/usr/sbin") for name in ("nologin", "false")
)
_SHELL = re.compile(r"[^#/]*(/[^\s#]*)")


def users(outputs: Mapping[str, Output]) -> tuple[list[Row], Gap | None]:
    """Give the rows of linux.user."""
    table = read_table(
        output_of(outputs, PASSWD.name), "/etc/passwd", _PASSWD_FIELDS, _PASSWD_FIELDS, lenient=(_COMMENT,)
    )
    shells = valid_shells(outputs)
    lowest = uid_min(output_of(outputs, LOGIN_DEFS.name))
    odd: list[tuple[int, str]] = []
    rows: list[Row] = []
    for entry in table.entries:
        row = _user(entry, shells, lowest)
        if row is None:
            odd.append((entry.line, "its uid or gid is not a number"))
        else:
            rows.append(row)
    return rows, table.gap(odd)


def groups(outputs: Mapping[str, Output]) -> tuple[list[Row], Gap | None]:
    """Give the rows of linux.group."""
    table = read_table(output_of(outputs, GROUP.name), "/etc/group", _GROUP_FIELDS, _GROUP_FIELDS - 1)
    odd: list[tuple[int, str]] = []
    rows: list[Row] = []
    for entry in table.entries:
        name, gid, members = entry.texts
        if (number := number_of(gid)) is None:
            odd.append((entry.line, "its gid is not a number"))
            continue
        named = [member.strip() for member in members.split(",")]
        rows.append(
            {"name": name, "gid": number, "members": [member for member in named if member], "line": entry.line}
        )
    return rows, table.gap(odd)


def valid_shells(outputs: Mapping[str, Output]) -> frozenset[str] | Gap:
    """Give the shells of shells(5); a host without the file leaves open which shells let people in."""
    output = output_of(outputs, SHELLS.name)
    if missing(output):
        return error("/etc/shells does not exist, so which shells are login shells is not known")
    if (gap := trouble(output, "/etc/shells")) is not None:
        return gap
    found = (_SHELL.match(line) for line in output.lines)
    return frozenset(match.group(1) for match in found if match)


def _user(entry: Entry, shells: frozenset[str] | Gap, lowest: int | Gap) -> Row | None:
    name, password, uid_text, gid_text, _, home, shell = entry.texts
    uid, gid = number_of(uid_text), number_of(gid_text)
    if uid is None or gid is None:
        return None
    comment = entry.fields[_COMMENT]
    system: Cell = True if uid == _NOBODY else (lowest if isinstance(lowest, Gap) else uid < lowest)
    return {
        "name": name,
        "uid": uid,
        "gid": gid,
        "comment": error("it holds bytes that are not UTF-8") if comment is None else comment,
        "home": home,
        "shell": shell,
        "login": _login(shell, shells),
        "system": system,
        "shadowed": password == "x",
        "passwordless": not password,
        "line": entry.line,
    }


def _login(shell: str, shells: frozenset[str] | Gap) -> bool | Gap:
    # login(1) and sshd(8) start /bin/sh where the field is empty.
    effective = shell or "/bin/sh"
    if effective in _REFUSING:
        return False
    return shells if isinstance(shells, Gap) else effective in shells
