"""Judges the rules of pg_hba.conf: which of them decide a connection, and whom they let in how."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, single, source
from scanner.derivation.postgres.hba_cover import (
    CHANNELS_OF,
    LOOPBACK,
    Before,
    Earlier,
    Names,
    Reach,
    Roles,
    Rule,
    Sure,
    left,
)
from scanner.facts.postgres.hba import CHANNELS
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

_KEYS = ("type", "databases", "users", "address", "network", "method", "options", "error", "ambiguous")
_CARRIED = ("rule", "position", "path", "line", *_KEYS[:-1])
_KEYWORDS = {
    "databases": re.compile(r"(?:all|sameuser|samerole|samegroup|replication)$"),
    "users": re.compile(r"(?:all$|\+)"),
    "address": re.compile(r"(?:all|samehost|samenet)$"),
}
_EVERY_NAME = re.compile(r"/\^?(?:\.[*+]?|\(\.[*+]?\))?\$?|/\^?\(\?:\.[*+]?\)\$?")
_QUOTED = unknown(
    "it hangs on whether a word was quoted, which the server's view does not tell",
    "the file itself, from the host behind the server (runs_on)",
)
_TEXT_FACT = "linux.postgres_hba_line"
_FILE_FACT = "linux.database_file"
_UNWRITTEN = unknown("SQL does not tell when the file was written", "the host behind the server (runs_on)")


def hba_state(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.hba_state.

    Where a fact of the host tells when the file was written (linux.database_file with a cell `modified`), the
    load is held against it; both are full seconds, so a file of the same second is not decided.
    """
    lines = source(inputs, "postgres.hba_rule")
    gap = first_gap(lines.gap, gap_in(lines.rows, ("type", "error")))
    refused = [row for row in lines.rows if row["type"] is ABSENT] if gap is None else []
    wrong = [row for row in lines.rows if row["error"] is not ABSENT] if gap is None else []
    loaded = cell(single(source(inputs, "postgres.server")), "configuration_loaded")
    written = _written(inputs, lines)
    row: Row = {
        "rules": gap or len(lines.rows) - len(refused),
        "refused": gap or len(refused),
        "errors": gap or len(wrong),
        "loaded_at": loaded,
        "written_at": written,
        "changed_since_load": _later(written, loaded),
    }
    return derived(query, [row], None, inputs, taken_at)


def _written(inputs: Mapping[Query, Evidence], lines: Evidence) -> Cell:
    paths = {row.get("path") for row in lines.rows}
    files = [row for query, evidence in inputs.items() if query.fact == _FILE_FACT for row in evidence.rows]
    times = [row.get("modified", ABSENT) for row in files if row.get("kind") == "hba" and row.get("path") in paths]
    known = [time for time in times if isinstance(time, str)]
    return known[0] if len(known) == 1 else _UNWRITTEN


def _later(written: Cell, loaded: Cell) -> Cell:
    for told in (written, loaded):
        if isinstance(told, Gap):
            return told
    if written == loaded:
        return error("the file was written in the very second of the last load (reload once more)")
    return str(written) > str(loaded)


def hba_effective(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.hba_effective: a rule is left out only where earlier ones surely take all that it matches.

    The server's view leaves quotes out. Where a fact of the host tells which words stand bare in a line
    (linux.postgres_hba_line with `path`, `line` and `keywords` such as `databases all`), that counts; else what
    hangs on it is a gap.
    """
    lines = source(inputs, "postgres.hba_rule")
    gap = first_gap(lines.gap, gap_in(lines.rows, _KEYS), _not_loaded(lines))
    bare = _bare_words(inputs)
    book = _Book.of(source(inputs, "postgres.role"))
    earlier = Earlier()
    rows: list[Row] = []
    for row in lines.rows:
        if row["type"] is ABSENT or gap_in([row], _KEYS):
            continue
        rule = _rule(row, bare)
        before = earlier.before(rule)
        opened = {channel: before.opened(channel) for channel in CHANNELS_OF[rule.type]}
        if max(opened.values()) is not Sure.NO:
            superuser = _superuser(rule, earlier, book) if row["method"] != "reject" else False
            rows.append({**_judged(row, before, opened), "superuser_possible": superuser})
        if row["error"] is ABSENT:
            earlier.add(rule)
    return derived(query, rows, gap, inputs, taken_at)


def _not_loaded(lines: Evidence) -> Gap | None:
    """Say why what lies on disk is not what a reload would bring."""
    if lines.gap:
        return None
    refused = [row for row in lines.rows if row["type"] is ABSENT]
    if refused:
        place = f"{cell(refused[0], 'path')}:{cell(refused[0], 'line')}"
        return error(f"the server refuses {place}, so it keeps the rules that it had before (mend the line, reload)")
    return None if lines.rows else error("the file has no rule; the server refuses it and keeps the rules it had")


def _bare_words(inputs: Mapping[Query, Evidence]) -> dict[tuple[Cell, Cell], frozenset[str]]:
    """Give place > words that stand bare there, as far as the host behind the server tells."""
    told = [row for query, evidence in inputs.items() if query.fact == _TEXT_FACT for row in evidence.rows]
    found: dict[tuple[Cell, Cell], frozenset[str]] = {}
    for row in told:
        path, line, words = row.get("path"), row.get("line"), row.get("keywords")
        if isinstance(path, str) and isinstance(line, int) and isinstance(words, list):
            found[path, line] = frozenset(map(str, words))
    return found


def _rule(row: Row, bare: Mapping[tuple[Cell, Cell], frozenset[str]]) -> Rule:
    doubtful = frozenset(_words(row["ambiguous"]))
    known = bare.get((row.get("path", ABSENT), row.get("line", ABSENT)))

    def names(column: str) -> Names:
        told = row[column]
        words = frozenset([told] if isinstance(told, str) else _words(told))
        meant = frozenset(word for word in words & doubtful if _KEYWORDS[column].match(word))
        if known is None:
            return Names(words, frozenset(), meant)
        return Names(words, frozenset(word for word in meant if f"{column} {word}" in known), frozenset())

    return Rule(str(row["type"]), names("databases"), names("users"), Reach.of(row, names("address")))


def _words(cell: Cell) -> list[str]:
    return [str(word) for word in cell] if isinstance(cell, list) else []


@dataclass(frozen=True, slots=True)
class _Book:
    """The roles, the superusers among them who may log in, and what is not known of them."""

    roles: Roles
    superusers: tuple[str, ...]
    gap: Gap | None

    @classmethod
    def of(cls, evidence: Evidence) -> _Book:
        named = [(str(row["role"]), row) for row in evidence.rows if isinstance(row.get("role"), str)]
        memberships = {name: _memberships(name, cell(row, "all_roles")) for name, row in named}
        able = [name for name, row in named if cell(row, "superuser") is True and cell(row, "can_login") is True]
        gap = first_gap(evidence.gap, gap_in(evidence.rows, ("role", "superuser", "can_login")))
        return cls(Roles(memberships), tuple(able), gap)


def _memberships(name: str, told: Cell) -> frozenset[str] | None:
    """Give a role and all that it is a member of; None where that is not told."""
    return frozenset([name, *_words(told)]) if isinstance(told, list) or told is ABSENT else None


def _judged(row: Row, before: Before, opened: Mapping[str, Sure]) -> Row:
    rule = before.rule
    admits = row["method"] != "reject"
    host_only = _host_only(rule)
    plain: Cell = False
    if admits and not host_only and "plain" in opened:
        plain = _cell(before.opened("plain", LOOPBACK))
    return {
        **{name: cell(row, name) for name in _CARRIED},
        "reachable": _cell(max(opened.values())),
        "admits": admits,
        "channels": _channels(opened),
        "loopback_only": rule.type != "local" and host_only,
        "plaintext_possible": plain,
        "for_cidr_any": rule.type != "local" and _any_address(row),
        "all_databases": _all(rule.databases),
        "all_users": _all(rule.users),
        "replication": _stands("replication", rule.databases),
        "client_certificate": _certificate(row),
    }


def _cell(sure: Sure) -> Cell:
    return {Sure.YES: True, Sure.NO: False}.get(sure, _QUOTED)


def _channels(opened: Mapping[str, Sure]) -> Cell:
    if any(sure not in (Sure.YES, Sure.NO) for sure in opened.values()):
        return _QUOTED
    return [channel for channel in CHANNELS if opened.get(channel) is Sure.YES]


def _host_only(rule: Rule) -> bool:
    """Tell whether only this host can be the client; a name of a host may always mean another one."""
    if rule.reach.text:
        return rule.reach.text == "samehost" and rule.reach.sure is not Sure.NO
    return not left(rule.reach.ranges, LOOPBACK)


def _any_address(row: Row) -> bool:
    network = row["network"]
    if isinstance(network, str):
        return ipaddress.ip_network(network, strict=False).prefixlen == 0
    return row["address"] == "all"


def _all(names: Names) -> bool:
    return _stands("all", names) or any(_EVERY_NAME.fullmatch(word) for word in names.words)


def _stands(word: str, names: Names) -> bool:
    """Tell whether a keyword is there, in doubt yes."""
    return names.keyword(word) is not Sure.NO


def _certificate(row: Row) -> str:
    options = row["options"]
    told = options.get("clientcert", "none") if isinstance(options, dict) else "none"
    return told if told in ("verify-full", "verify-ca") else "none"


def _superuser(rule: Rule, earlier: Earlier, book: _Book) -> Cell:
    """Tell whether one superuser gets in by this rule; in doubt whether `all` was quoted it counts as the keyword."""
    doubt: Gap | None = book.gap
    for role in book.superusers:
        admitted = book.roles.admitted(role, rule.users)
        if admitted is Sure.NO:
            continue
        before = earlier.before(rule, partial(book.roles.admitted, role))
        ways = [before.opened(channel) for channel in CHANNELS_OF[rule.type]]
        if max(ways) is Sure.YES and admitted is not Sure.UNCLEAR:
            return True
        if max(ways) is not Sure.NO:
            doubt = doubt or (
                _QUOTED if admitted is not Sure.UNCLEAR else error(f"it cannot be told whether role {role} is meant")
            )
    return doubt or False
