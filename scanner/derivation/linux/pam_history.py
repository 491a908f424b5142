"""What pam_pwhistory remembers, per service that sets passwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.derivation.inputs import derived, source
from scanner.derivation.linux.pam_stacks import (
    Stack,
    arguments_of,
    guard,
    leading,
    placed,
    settings_of,
    stacks,
    values,
)
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row

_DEFAULTS: Mapping[str, Cell] = {"remember": 10, "enforce_for_root": False}
_CELLS = ("remember", "enforce_for_root", "use_authtok")
_MOST = 400
_FILE = "/etc/security/pwhistory.conf"


def pam_pwhistory(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of the fact.

    Source: pam_pwhistory(8), pwhistory.conf(5) and the module of Linux-PAM 1.5.
    """
    modules, settings = source(inputs, "linux.pam_module"), source(inputs, "linux.pam_setting")
    rows = [_row(stack, settings) for stack in password_stacks(modules)]
    return derived(query, rows, modules.gap, inputs, taken_at)


def password_stacks(modules: Evidence) -> Iterator[Stack]:
    """Give the password stacks that reach pam_unix or are not known, and that of passwd in any case."""
    for stack in stacks(modules, "password", ("passwd",)):
        if stack.service == "passwd" or stack.gap is not None or stack.reaches("pam_unix"):
            yield stack


def _row(stack: Stack, settings: Evidence) -> Row:
    found = guard(stack, "pam_pwhistory", before="pam_unix")
    arguments = arguments_of(found.row) if found.row else []
    path = next((each.removeprefix("conf=") for each in reversed(arguments) if each.startswith("conf=")), _FILE)
    stored = settings_of(settings, "pwhistory", path)
    effective = values(_given(arguments), stored if isinstance(stored, Gap) else _stored(stored), _DEFAULTS)
    effective["use_authtok"] = "use_authtok" in arguments
    return {"service": stack.service, **placed(found, _CELLS, effective)}


def _given(arguments: list[str]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if argument.lower() == "enforce_for_root":
            found["enforce_for_root"] = True
        elif name.lower() == "remember" and "=" in argument:
            found["remember"] = max(0, min(_MOST, leading(value) or 0))
    return found


def _stored(settings: Mapping[str, str]) -> dict[str, Cell]:
    found: dict[str, Cell] = {"enforce_for_root": True} if "enforce_for_root" in settings else {}
    number = leading(settings.get("remember", ""))
    if number is not None:
        found["remember"] = number
    return found
