"""What pam_faillock does, per service that asks for a password."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import derived, source
from scanner.derivation.linux.pam_stacks import (
    Guard,
    Stack,
    arguments_of,
    guard,
    leading,
    place_of,
    placed,
    settings_of,
    stacks,
    values,
)
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

_FILE = "/etc/security/faillock.conf"
_ACTIONS = ("preauth", "authfail", "authsucc")
_LONGEST = 604_800
_DEFAULTS: Mapping[str, Cell] = {
    "deny": 3,
    "fail_interval": 900,
    "unlock_time": 600,
    "root_unlock_time": ABSENT,
    "even_deny_root": False,
    "local_users_only": False,
}
_TIMES = ("fail_interval", "unlock_time", "root_unlock_time")


def pam_faillock(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of the fact.

    Source: pam_faillock(8), faillock.conf(5) and the module of Linux-PAM 1.5.
    """
    modules, settings = source(inputs, "linux.pam_module"), source(inputs, "linux.pam_setting")
    accounts = {stack.service: stack for stack in stacks(modules, "account")}
    rows = [
        _row(stack, accounts.get(stack.service, accounts.get("other")), settings)
        for stack in stacks(modules, "auth", ("other",))
        if stack.service == "other" or stack.gap is not None or stack.reaches("pam_unix")
    ]
    return derived(query, rows, modules.gap, inputs, taken_at)


def _row(auth: Stack, account: Stack | None, settings: Evidence) -> Row:
    found = _lock(auth)
    effective = _effective(found.row, settings)
    return {
        "service": auth.service,
        "resets": auth.gap or _resets(auth, account),
        **placed(found, tuple(_DEFAULTS), effective),
    }


def _lock(auth: Stack) -> Guard:
    """Find the line that refuses locked accounts, and whether wrong passwords are counted."""
    asking = [row for row in auth.rows if row["module"] != "pam_faillock" or _action(row) == "preauth"]
    found = guard(Stack(auth.service, tuple(asking), auth.gap), "pam_faillock", before="pam_unix")
    if found.active is not True or found.row is None:
        return found
    counting = [row for row in auth.modules("pam_faillock") if _action(row) == "authfail" and row["installed"] is True]
    for unix in auth.modules("pam_unix"):
        if unix["reached"] == "never" or any(unix["order"] in _caught(row) for row in counting):
            continue
        problem = f"{place_of(unix)}: no pam_faillock with authfail counts every password that this line refuses"
        return Guard(False, problem, found.row)
    return found


def _resets(auth: Stack, account: Stack | None) -> bool | Gap:
    lines = [row for row in auth.modules("pam_faillock") if _action(row) == "authsucc"]
    if account is not None and account.gap is not None and not lines:
        return account.gap
    lines += account.modules("pam_faillock") if account is not None else []
    return any(row["reached"] == "always" and row["installed"] is True for row in lines)


def _action(row: Row) -> str:
    """Give what the module does in auth; the last word of its kind counts, and preauth is the default."""
    return next((each for each in reversed(arguments_of(row)) if each in _ACTIONS), "preauth")


def _caught(row: Row) -> list[Cell]:
    caught = row["catches"]
    return [*caught] if isinstance(caught, list) else []


def _effective(row: Row | None, settings: Evidence) -> dict[str, Cell]:
    arguments = arguments_of(row) if row else []
    path = next((each.removeprefix("conf=") for each in reversed(arguments) if each.startswith("conf=")), _FILE)
    stored = settings_of(settings, "faillock", path)
    given: dict[str, Cell] = {}
    for name, _, value in (each.partition("=") for each in arguments):
        given |= _taken(name, value)
    kept: dict[str, Cell] | Gap = stored if isinstance(stored, Gap) else {}
    if not isinstance(stored, Gap):
        kept = {name: value for pair in stored.items() for name, value in _taken(*pair).items()}
    effective = values(given, kept, _DEFAULTS)
    if effective["root_unlock_time"] is ABSENT:
        effective["root_unlock_time"] = effective["unlock_time"]
    return effective


def _taken(name: str, value: str) -> dict[str, Cell]:
    """Give the setting as the module takes it; nothing where it keeps what it had."""
    if name in ("even_deny_root", "local_users_only"):
        return {name: True}
    if name in _TIMES and value == "never" and name != "fail_interval":
        return {name: 0}
    number = leading(value)
    if number is None:
        return {}
    if name == "deny":
        return {name: number % 2**16}
    if name in _TIMES and number % 2**32 <= _LONGEST:
        return {name: number % 2**32}
    return {}
