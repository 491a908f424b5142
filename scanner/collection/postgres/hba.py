"""Collects the rules of pg_hba.conf and pg_ident.conf through the server's views of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.postgres.hba_address import folded, numeric
from scanner.collection.postgres.hba_options import masked, masked_error
from scanner.collection.sql.results import Results, Session, gap_of, listed, text, texts, whole
from scanner.facts.postgres.hba import TYPES
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = ("postgres.hba_rule", "postgres.ident_rule")

# The views give their rows in the order of the file; a column that could be sorted by is empty for refused lines.
HBA = Statement(
    "hba_rules",
    """
    SELECT rule_number AS number, file_name AS path, line_number AS line, type, database, user_name, address, netmask,
           auth_method, options, error
    FROM pg_hba_file_rules
    """,
    since=160000,
)
HBA_15 = Statement(
    "hba_rules",
    """
    SELECT NULL AS number, (SELECT setting FROM pg_settings WHERE name = 'hba_file') AS path, line_number AS line,
           type, database, user_name, address, netmask, auth_method, options, error
    FROM pg_hba_file_rules
    """,
    until=160000,
)
IDENT = Statement(
    "ident_rules",
    """
    SELECT map_number AS number, file_name AS path, line_number AS line, map_name, sys_name, pg_username, error
    FROM pg_ident_file_mappings
    """,
    since=160000,
)
IDENT_15 = Statement(
    "ident_rules",
    """
    SELECT NULL AS number, (SELECT setting FROM pg_settings WHERE name = 'ident_file') AS path, line_number AS line,
           map_name, sys_name, pg_username, error
    FROM pg_ident_file_mappings
    """,
    until=160000,
)
NEEDS = {
    "postgres.hba_rule": "the grants on pg_hba_file_rules",
    "postgres.ident_rule": "the grants on pg_ident_file_mappings",
}
_STATEMENTS = {"postgres.hba_rule": (HBA, HBA_15), "postgres.ident_rule": (IDENT, IDENT_15)}
_UNTOLD = "the server takes no rule from this line, and does not say why (its log does at the next reload)"
_KEYWORDS = {
    "database": ("all", "sameuser", "samerole", "samegroup", "replication"),
    "user_name": ("all",),
    "address": ("all", "samehost", "samenet"),
}


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    return [each for fact, both in _STATEMENTS.items() if fact in facts for each in both]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: a list that was denied is a gap; one that is empty means that the file has no line."""
    read = {"postgres.hba_rule": _hba_rows, "postgres.ident_rule": _ident_rows}
    found = []
    for query in queries:
        asked = _STATEMENTS[query.fact]
        reply = results.one(asked[0].name)
        rows = read[query.fact](list(reply.dicts))
        found.append(listed(query, rows, gap_of(reply, NEEDS[query.fact]), session, *asked))
    return found


def _hba_rows(told: Sequence[Mapping[str, Plain]]) -> list[Row]:
    rows: list[Row] = []
    count = 0
    for position, row in enumerate(told, 1):
        refused = row["type"] is None
        wrong = row["error"] or (_UNTOLD if refused else None)
        count += not wrong
        rows.append(
            {
                **_place(row, position, bool(wrong), count),
                **_matching(row, refused),
                "rule": masked_error(str(wrong)) if refused else rule_text(row),
                "error": masked_error(str(wrong)) if wrong else ABSENT,
                "ambiguous": [] if refused else ambiguous(row),
            }
        )
    return rows


def _place(row: Mapping[str, Plain], position: int, wrong: bool, count: int) -> dict[str, Cell]:
    number = whole(row["number"])
    return {
        "position": position,
        "number": ABSENT if wrong else count if number is ABSENT else number,
        "path": text(row["path"]),
        "line": whole(row["line"]),
    }


def _matching(row: Mapping[str, Plain], refused: bool) -> dict[str, Cell]:
    if refused:
        names = ("type", "databases", "users", "address", "network", "method", "options")
        return dict.fromkeys(names, ABSENT)
    address, network = _address(row)
    options = row["options"] if isinstance(row["options"], list) else []
    return {
        "type": _type(str(row["type"])),
        "databases": texts(row["database"]),
        "users": texts(row["user_name"]),
        "address": address,
        "network": network,
        "method": text(row["auth_method"]),
        "options": masked(dict(option.partition("=")[::2] for option in options)),
    }


def _type(told: str) -> Cell:
    return told if told in TYPES else error(f"the server names a type of connections that is not known: {told:.60}")


def _address(row: Mapping[str, Plain]) -> tuple[Cell, Cell]:
    """Give the address, and the network if it is one; a mask with holes stands behind its address."""
    if row["address"] is None:
        return ABSENT, ABSENT
    told, mask = str(row["address"]), row["netmask"]
    if mask is None:
        return told, ABSENT
    address, ones = numeric(told), numeric(str(mask))
    network = folded(address, ones) if address and ones else None
    return (network, network) if network else (f"{told} {mask}", ABSENT)


def rule_text(row: Mapping[str, Plain]) -> str:
    """Name a rule by what it matches."""
    words = [str(row["type"]), _joined(row["database"]), _joined(row["user_name"])]
    address, _ = _address(row)
    return " ".join([*words, *([address] if isinstance(address, str) else [])])


def _joined(value: Plain) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def ambiguous(row: Mapping[str, Plain]) -> list[str]:
    """Give the words that are keywords unless they stand in quotes, which the view does not tell."""
    found: list[str] = []
    for column, keywords in _KEYWORDS.items():
        value = row[column]
        words = value if isinstance(value, list) else [] if value is None or row["netmask"] else [str(value)]
        found += [word for word in words if word in keywords or (column == "user_name" and word.startswith("+"))]
    return list(dict.fromkeys(found))


def _ident_rows(told: Sequence[Mapping[str, Plain]]) -> list[Row]:
    rows: list[Row] = []
    count = 0
    for position, row in enumerate(told, 1):
        wrong = row["error"] or (_UNTOLD if row["map_name"] is None else None)
        count += not wrong
        names = [str(row[name]) for name in ("map_name", "sys_name", "pg_username")]
        rows.append(
            {
                **_place(row, position, bool(wrong), count),
                "rule": str(wrong) if wrong else " ".join(names),
                "map": ABSENT if wrong else names[0],
                "system_user": ABSENT if wrong else names[1],
                "role": ABSENT if wrong else names[2],
                "error": str(wrong) if wrong else ABSENT,
            }
        )
    return rows
