"""Reads login.defs(5) and the defaults of useradd(8)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.collection.linux.plainfile import missing, trouble
from scanner.collection.linux.probe import Output, Probe, output_of
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

LOGIN_DEFS = Probe("accounts.login_defs", "cat </etc/login.defs", cost=0)
USERADD = Probe("accounts.useradd", "cat </etc/default/useradd", cost=0)

_UID_MIN = 1000
_UID_MAX = 60000
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")
_LINE = re.compile(r"[ \t]*([^ \t]+)[ \t](.*)")


def settings(outputs: Mapping[str, Output]) -> tuple[list[Row], Gap | None]:
    """Give the one row of linux.login_defs; a file that may not be read leaves its own cells unknown."""
    output = output_of(outputs, LOGIN_DEFS.name)
    gap = trouble(output, "/etc/login.defs")
    defs = {} if gap or missing(output) else _definitions(output)
    useradd = output_of(outputs, USERADD.name)
    row: dict[str, Cell] = {
        "pass_max_days": _days(defs, "PASS_MAX_DAYS"),
        "pass_min_days": _days(defs, "PASS_MIN_DAYS"),
        "pass_warn_age": _days(defs, "PASS_WARN_AGE"),
        "uid_min": _whole(defs, "UID_MIN", _UID_MIN),
        "uid_max": _whole(defs, "UID_MAX", _UID_MAX),
        "encrypt_method": defs["ENCRYPT_METHOD"].lower() if "ENCRYPT_METHOD" in defs else ABSENT,
        "umask": defs.get("UMASK", ABSENT),
    }
    if gap is not None:
        row = dict.fromkeys(row, gap)
    row["inactive"] = trouble(useradd, "/etc/default/useradd") or _inactive(useradd)
    return [row], None


def uid_min(output: Output) -> int | Gap:
    """Give UID_MIN of the login.defs probe's output: 1000 when it is not set."""
    gap = trouble(output, "/etc/login.defs")
    if gap is not None:
        return gap
    return _whole({} if missing(output) else _definitions(output), "UID_MIN", _UID_MIN)


def _definitions(output: Output) -> dict[str, str]:
    # As libshadow reads it: a name, blanks, then a value that ends at a quote; the last of a name wins.
    found: dict[str, str] = {}
    for line in output.lines:
        match = _LINE.match(line.rstrip())
        if match and not match.group(1).startswith("#"):
            found[match.group(1)] = match.group(2).lstrip(' \t"').partition('"')[0]
    return found


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text.strip())
    if match is None:
        return None
    sign, hexadecimal, octal, decimal = match.groups()
    digits, base = (hexadecimal, 16) if hexadecimal else (octal, 8) if octal else (decimal, 10)
    value = int(digits[:20], base)
    return -value if sign == "-" else value


def _unreadable(name: str, text: str) -> Gap:
    return error(f"{name} is {text[:40]!r}, which is not a number")


def _days(defs: Mapping[str, str], name: str) -> Cell:
    """Give a number of days; a negative one switches the limit off, as if it were not set."""
    if name not in defs:
        return ABSENT
    value = _integer(defs[name])
    if value is None:
        return _unreadable(name, defs[name])
    return value if value >= 0 else ABSENT


def _whole(defs: Mapping[str, str], name: str, default: int) -> int | Gap:
    if name not in defs:
        return default
    value = _integer(defs[name])
    return _unreadable(name, defs[name]) if value is None else value


def _inactive(output: Output) -> Cell:
    lines = [] if missing(output) else output.lines
    values = [line.partition("=")[2].strip() for line in lines if line.startswith("INACTIVE=")]
    if not values:
        return ABSENT
    value = _integer(values[-1])
    return _unreadable("INACTIVE", values[-1]) if value is None else max(value, -1)
