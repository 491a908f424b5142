"""pam_unix in every stack, with the hash that new passwords get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.derivation.inputs import cell, derived, gap_in, source
from scanner.derivation.linux.pam_stacks import Stack, arguments_of, leading, stacks
from scanner.facts.linux.pam import KINDS
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

_ALGORITHMS = ("md5", "bigcrypt", "sha256", "sha512", "blowfish", "des", "gost_yescrypt", "yescrypt")
_KEPT = ("installed", "reached", "bypassed_by", "overridden_by", "path", "line")
_CELLS = (*_KEPT, "nullok", "hash", "rounds", "remember", "use_authtok")


def pam_unix(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give the rows of the fact: arguments count by their beginning, as in the module.

    Source: pam_unix(8), Linux-PAM 1.5.
    """
    modules = source(inputs, "linux.pam_module")
    default = _default_hash(source(inputs, "linux.file_line"))
    rows = [
        row
        for kind in KINDS
        for stack in stacks(modules, kind, ("passwd",) if kind == "password" else ())
        for row in _rows(stack, kind, default)
    ]
    return derived(query, rows, modules.gap, inputs, taken_at)


def _rows(stack: Stack, kind: str, default: str | Gap) -> Iterator[Row]:
    lines = stack.modules("pam_unix")
    if not lines:
        lacking: Cell = stack.gap or ABSENT
        present: Cell = stack.gap or False
        yield {
            "service": stack.service,
            "type": kind,
            "order": 0,
            "present": present,
            **dict.fromkeys(_CELLS, lacking),
        }
    for line in lines:
        yield {
            "service": stack.service,
            "type": kind,
            "order": line["order"],
            "present": True,
            **{name: cell(line, name) for name in _KEPT},
            **_effect(arguments_of(line), kind, default),
        }


def _effect(arguments: list[str], kind: str, default: str | Gap) -> dict[str, Cell]:
    chosen = [name for argument in arguments for name in _ALGORITHMS if argument.startswith(name)]
    return {
        "nullok": any(argument.startswith("nullok") for argument in arguments),
        "hash": ABSENT if kind != "password" else chosen[-1] if chosen else default,
        "rounds": _number(arguments, "rounds="),
        "remember": _number(arguments, "remember="),
        "use_authtok": any(argument.startswith("use_authtok") for argument in arguments),
    }


def _number(arguments: list[str], name: str) -> Cell:
    given = [argument.removeprefix(name) for argument in arguments if argument.startswith(name)]
    return (leading(given[-1]) or 0) if given else ABSENT


def _default_hash(login_defs: Evidence) -> str | Gap:
    """Give the algorithm by ENCRYPT_METHOD: the module takes the first such line, and des without one."""
    gap = login_defs.gap or gap_in(login_defs.rows, ("name", "value"))
    if gap is not None:
        return gap
    for row in login_defs.rows:
        name, _, joined = str(row["name"]).partition("=")
        if name.lower() == "encrypt_method":
            value = (joined or ("" if row["value"] is ABSENT else str(row["value"]))).lstrip("= \t").lower()
            return next((each for each in _ALGORITHMS if value.startswith(each)), "des")
    return "des"
