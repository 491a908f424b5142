"""What pam_pwquality demands of new passwords, per service that sets them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from scanner.derivation.inputs import derived, first_gap, source
from scanner.derivation.linux.pam_history import password_stacks
from scanner.derivation.linux.pam_stacks import Stack, arguments_of, guard, placed, settings_of, values
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row

_DEFAULTS: Mapping[str, Cell] = {
    "difok": 1,
    "minlen": 8,
    "dcredit": 0,
    "ucredit": 0,
    "lcredit": 0,
    "ocredit": 0,
    "minclass": 0,
    "maxrepeat": 0,
    "maxsequence": 0,
    "dictcheck": 1,
    "enforcing": 1,
    "enforce_for_root": False,
    "local_users_only": False,
}
_FLAGS = ("enforce_for_root", "local_users_only")
_SWITCHES = ("dictcheck", "enforcing")
_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
_CELLS = (*_DEFAULTS, "shortest", "classes")
_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,12}")
_LARGEST = 2**31 - 1
_SHORTEST, _ALL_CLASSES = 6, 4


def pam_pwquality(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of the fact.

    Source: pam_pwquality(8), pwquality.conf(5) and libpwquality 1.4.5 as observed.
    """
    modules, settings = source(inputs, "linux.pam_module"), source(inputs, "linux.pam_setting")
    stored = settings_of(settings, "pwquality")
    known = stored if isinstance(stored, Gap) else _taken(stored.items())
    rows = [_row(stack, known) for stack in password_stacks(modules)]
    return derived(query, rows, modules.gap, inputs, taken_at)


def _row(stack: Stack, stored: Mapping[str, Cell] | Gap) -> Row:
    found = guard(stack, "pam_pwquality", before="pam_unix")
    arguments = arguments_of(found.row) if found.row else []
    pairs = [(name.lower(), value) for name, _, value in (each.partition("=") for each in arguments)]
    effective = values(_taken(pairs), stored, _DEFAULTS)
    for name in _SWITCHES:
        value = effective[name]
        effective[name] = value if isinstance(value, Gap) else value != 0
    effective["shortest"] = _shortest(effective)
    effective["classes"] = _classes(effective)
    return {"service": stack.service, **placed(found, _CELLS, effective)}


def _taken(pairs: Iterable[tuple[str, str]]) -> dict[str, Cell]:
    """Give the settings that the library takes, the last of a name; one that is no number is left out."""
    found: dict[str, Cell] = {}
    for name, value in pairs:
        if name in _FLAGS:
            found[name] = True
        elif name in _DEFAULTS and _NUMBER.fullmatch(value) and abs(int(value)) < _LARGEST:
            found[name] = _bounded(name, int(value))
    return found


def _bounded(name: str, number: int) -> int:
    if name == "minlen":
        return max(number, _SHORTEST)
    return min(number, _ALL_CLASSES) if name == "minclass" else number


def _shortest(effective: Mapping[str, Cell]) -> Cell:
    lacking = _gap(effective, ("minlen", *_CREDITS))
    if lacking is not None:
        return lacking
    return _int(effective["minlen"]) - sum(max(0, _int(effective[name])) for name in _CREDITS)


def _classes(effective: Mapping[str, Cell]) -> Cell:
    lacking = _gap(effective, ("minclass", *_CREDITS))
    if lacking is not None:
        return lacking
    return max(0, _int(effective["minclass"]), sum(_int(effective[name]) < 0 for name in _CREDITS))


def _gap(effective: Mapping[str, Cell], names: tuple[str, ...]) -> Gap | None:
    return first_gap(*(value for name in names if isinstance(value := effective[name], Gap)))


def _int(value: Cell) -> int:
    return value if isinstance(value, int) else 0
