"""Reads shadow(5): the password is reduced to its kind on the host, before anything leaves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from scanner.collection.linux.accounts_table import Entry, read_table, table_script
from scanner.collection.linux.probe import Output, Probe, output_of
from scanner.facts.linux.accounts import PASSWORD_KINDS
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_FIELDS = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?[0-9]{1,9}")

# Thirteen characters of crypt's alphabet are a traditional hash; whatever crypt(5) cannot read lets nobody in.
_KIND = """
h = $2
k = "disabled"
if (h == "") k = "empty"
else if (h ~ /^!/) k = "locked"
else if (h ~ /^[$]y[$]/) k = "yescrypt"
else if (h ~ /^[$]6[$]/) k = "sha512"
else if (h ~ /^[$]5[$]/) k = "sha256"
else if (h ~ /^[$]2[abxy]?[$]/) k = "bcrypt"
else if (h ~ /^[$]1[$]/) k = "md5"
else if (h ~ /^[$_]/) k = "other"
else if (length(h) == 13 && h ~ /^[.\\/0-9A-Za-z]+$/) k = "des"
"""

SHADOW = Probe(
    "accounts.shadow",
    table_script("/etc/shadow", _FIELDS, _KIND, "$1 k $3 $4 $5 $6 $7 $8"),
    limit=8 * 2**20,
    cost=0,
)


def entries(outputs: Mapping[str, Output]) -> tuple[list[Row], Gap | None]:
    """Give the rows of linux.shadow; a file that may not be read is unknown and needs root."""
    table = read_table(output_of(outputs, SHADOW.name), "/etc/shadow", _FIELDS, _FIELDS - 1)
    odd: list[tuple[int, str]] = []
    rows: list[Row] = []
    for entry in table.entries:
        row = _row(entry)
        if row is None:
            odd.append((entry.line, "a day in it is not a number"))
        else:
            rows.append(row)
    return rows, table.gap(odd)


def _row(entry: Entry) -> Row | None:
    name, kind, *days = entry.texts
    if any(text and not _NUMBER.fullmatch(text) for text in days):
        return None
    last, minimum, maximum, warn, inactive, expires = (int(text) if text else None for text in days)
    return {
        "name": name,
        "password": kind if kind in PASSWORD_KINDS else error("the probe named no kind that is known"),
        "last_change": _date(last),
        "must_change": last == 0,
        "min_days": _limit(minimum),
        "max_days": _limit(maximum),
        "warn_days": _limit(warn),
        "inactive_days": _limit(inactive),
        "expires": _date(expires),
    }


def _limit(days: int | None) -> Cell:
    """Give a number of days; a negative one means no limit, like an empty field."""
    return ABSENT if days is None or days < 0 else days


def _date(days: int | None) -> Cell:
    if days is None or days < 0:
        return ABSENT
    try:
        return (_EPOCH + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return error(f"day {days} lies beyond the calendar")
