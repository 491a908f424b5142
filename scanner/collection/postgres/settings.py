"""Collects settings as they are in force, their overrides, and what files hold that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.postgres.setting_values import items, typed
from scanner.collection.sql.results import Results, Session, gap_of, text, truth, whole
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown
from scanner.transport.sql import Plain, Statement

FACTS: tuple[str, ...] = (
    "postgres.setting",
    "postgres.setting_changed",
    "postgres.setting_override",
    "postgres.setting_file",
)


_SECRET = "[.]([^.]*_)?(secret|password|passphrase|token|salt|api_?key)$"
_VALUE = "(''([^'']|'''')*''|[^[:space:]]+)"
_MASKS = (
    (f"password[[:space:]]*=[[:space:]]*{_VALUE}", "password=(hidden)"),
    (f"((secret|token|passphrase|passwd|api_?key)[a-z_]*[[:space:]]*=[[:space:]]*){_VALUE}", "\\1(hidden)"),
    (f"(--[a-z-]*(password|passphrase|token|secret)[[:space:]]+){_VALUE}", "\\1(hidden)"),
    ("((^|[[:space:]])(-u|--user|--proxy-user)[[:space:]=]*[^:[:space:]]+:)[^[:space:]]+", "\\1(hidden)"),
    ("(://[^:/@[:space:]]*:)[^@/[:space:]]+@", "\\1(hidden)@"),
)
"""Pattern > what stands in its place: connection strings, environments of commands, options, and URLs."""


def _masking(sql: str, *columns: str) -> str:
    """Put the masking of secrets in the place of `masked(column)`, so that no secret leaves the server.

    Secrets are what a connection string, a URL or an archiving command calls password or the like, the command that
    prints a key's passphrase, and settings of applications that bear such a name.
    """
    for column in columns:
        rest = column
        for pattern, instead in _MASKS:
            rest = f"regexp_replace({rest}, '{pattern}', '{instead}', 'gi')"
        mask = (
            f"CASE WHEN {column} <> '' AND (name ~* '{_SECRET}' OR lower(name) = 'ssl_passphrase_command')"
            f" THEN '(hidden)' ELSE {rest} END"
        )
        sql = sql.replace(f"masked({column})", mask)
    return sql


SETTINGS = Statement(
    "settings",
    _masking(
        """
    SELECT name, masked(setting) AS setting, masked(reset_val) AS reset_val,
           boot_val, unit, vartype, context, source, sourcefile, sourceline, pending_restart
    FROM pg_settings ORDER BY name
    """,
        "setting",
        "reset_val",
    ),
)
OVERRIDES = Statement(
    "setting_overrides",
    _masking(
        """
    SELECT database, role, for_database, for_role, name, masked(value) AS value
    FROM (
        SELECT d.datname::text AS database, r.rolname::text AS role, s.setdatabase <> 0 AS for_database,
               s.setrole <> 0 AS for_role, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
        FROM pg_db_role_setting AS s CROSS JOIN LATERAL unnest(s.setconfig) AS c
        LEFT JOIN pg_database AS d ON d.oid = s.setdatabase LEFT JOIN pg_roles AS r ON r.oid = s.setrole
    ) AS given ORDER BY database, role, name
    """,
        "value",
    ),
)
FILES = Statement(
    "setting_files",
    _masking(
        """
    SELECT sourcefile, sourceline, seqno, name, masked(setting) AS setting, applied, error
    FROM pg_file_settings ORDER BY seqno
    """,
        "setting",
    ),
)
NEEDS = "role pg_read_all_settings"
NEEDS_FILES = "the grants on pg_file_settings"
_HIDDEN = unknown("the server has no such setting, or hides it from this role", NEEDS)
_HIDDEN_ONES = unknown("settings that are hidden from this role are not listed", NEEDS)
_BUILT_IN = frozenset({"default", "override"})
"""Sources of what nobody set: the server chose it when it started."""
_OURS = frozenset({"session", "interactive"})
_OVERRIDDEN = frozenset({"database", "user", "database user", "global", "client"})
"""Sources above the server's own value and below SET; `client` is what our connection was opened with."""


def statements(queries: Sequence[Query]) -> list[Statement]:
    """Give the statements that these queries take."""
    facts = {query.fact for query in queries}
    values = bool(facts & {"postgres.setting", "postgres.setting_changed"})
    wanted = {
        SETTINGS: values or "postgres.setting_override" in facts,
        OVERRIDES: values or "postgres.setting_override" in facts,
        FILES: values or "postgres.setting_file" in facts,
    }
    return [statement for statement, asked in wanted.items() if asked]


def answer(queries: Sequence[Query], results: Results, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    book = _Book.of(results, session)
    found = []
    for query in queries:
        if query.fact == "postgres.setting":
            found.append(book.setting(query))
        elif query.fact == "postgres.setting_changed":
            found.append(book.changed(query))
        elif query.fact == "postgres.setting_override":
            found.append(book.every_override(query))
        else:
            found.append(_files(query, results, session))
    return found


@dataclass(frozen=True, slots=True)
class _Book:
    """All settings and overrides of one server."""

    session: Session
    settings: Mapping[str, Mapping[str, Plain]]
    overrides: Sequence[Mapping[str, Plain]]
    files: Mapping[str, str] | None
    """Name > value of the last line that was applied; None when files cannot be seen."""
    gap: Gap | None
    overrides_gap: Gap | None

    @classmethod
    def of(cls, results: Results, session: Session) -> _Book:
        settings, overrides = results.one(SETTINGS.name), results.one(OVERRIDES.name)
        files = results.one(FILES.name)
        applied = {str(row["name"]).lower(): str(row["setting"]) for row in files.dicts if row["applied"] is True}
        return cls(
            session,
            {str(row["name"]).lower(): row for row in settings.dicts},
            list(overrides.dicts),
            None if gap_of(files) else applied,
            gap_of(settings),
            gap_of(overrides),
        )

    def setting(self, query: Query) -> Evidence:
        """Give a setting's rows: the server's own, then its overrides."""
        name = str(query.parameters["name"])
        provenance = self.session.provenance(SETTINGS, OVERRIDES)
        if self.gap is not None:
            return Evidence(query, (), self.gap, provenance)
        known = self.settings.get(name.lower())
        rows = [self._own(name, known)]
        rows += [self._overridden(name, known, each) for each in self._of(name)]
        return Evidence(query, tuple(rows), self.overrides_gap, provenance)

    def _of(self, name: str) -> Iterator[Mapping[str, Plain]]:
        return (each for each in self.overrides if str(each["name"]).lower() == name.lower())

    def _own(self, name: str, known: Mapping[str, Plain] | None) -> Row:
        if known is None:
            if self.session.has("pg_read_all_settings"):
                return {**_nothing(name, ABSENT), "scope": "server", "present": False}
            return {**_nothing(name, _HIDDEN), "scope": "server", "present": _HIDDEN}
        return {**_row(name, known, self._value(name, known)), "scope": "server", "present": True, **_origin(known)}

    def changed(self, query: Query) -> Evidence:
        """Give the settings that are not as they are built in, or wait for a restart to become something else."""
        rows: list[Row] = []
        for known in self.settings.values():
            name, value = str(known["name"]), self._value(str(known["name"]), known)
            same = value == text(known["boot_val"]) or known["source"] in _BUILT_IN
            if known["context"] == "internal" or (same and known["pending_restart"] is not True):
                continue
            assignment = f"{name}={value}" if isinstance(value, str) else value
            rows.append(
                {
                    "name": name,
                    "value": value,
                    "assignment": assignment,
                    "context": text(known["context"]),
                    **_origin(known),
                }
            )
        hidden = None if self.session.has("pg_read_all_settings") else _HIDDEN_ONES
        return Evidence(query, tuple(rows), self.gap or hidden, self.session.provenance(SETTINGS, OVERRIDES))

    def _value(self, name: str, known: Mapping[str, Plain]) -> Cell:
        """Give the server's own value, where our own session or role sees another one."""
        source = str(known["source"])
        overridden = source in _OVERRIDDEN or (source in _OURS and any(True for _ in self._of(name)))
        if not overridden:
            return text(known["reset_val"] if source in _OURS else known["setting"])
        if self.files is None:
            reason = "what our own role, database or connection was given hides the server's value"
            return unknown(reason, NEEDS_FILES)
        if name.lower() in self.files:
            return self.files[name.lower()]
        return text(known["boot_val"])

    def _overridden(self, name: str, known: Mapping[str, Plain] | None, override: Mapping[str, Plain]) -> Row:
        value: Cell = text(override["value"])
        row = _row(name, known, value) if known is not None else {**_nothing(name, ABSENT), "value": value}
        return {
            **row,
            "items": items(str(override["value"] or "")),
            "scope": scope_of(override),
            "present": known is not None or (False if self.session.has("pg_read_all_settings") else _HIDDEN),
            "source": "override",
            "file": ABSENT,
            "line": ABSENT,
            "pending_restart": False,
        }

    def every_override(self, query: Query) -> Evidence:
        """Give all overrides as rows."""
        rows: list[Row] = [
            {
                "name": str(each["name"]),
                "scope": scope_of(each),
                "assignment": f"{each['name']}={each['value'] or ''} for {scope_of(each)}",
                "database": text(each["database"]),
                "role": text(each["role"]),
                "value": text(each["value"]),
                "context": text(self.settings.get(str(each["name"]).lower(), {}).get("context")),
            }
            for each in self.overrides
        ]
        return Evidence(query, tuple(rows), self.overrides_gap, self.session.provenance(OVERRIDES))


def scope_of(override: Mapping[str, Plain]) -> str:
    """Name whom an override is for."""
    role = f"role {override['role'] or '(dropped)'}" if override["for_role"] is True else ""
    database = f"database {override['database'] or '(dropped)'}" if override["for_database"] is True else ""
    return " in ".join(filter(None, (role, database))) or "every role"


def _row(name: str, known: Mapping[str, Plain], value: Cell) -> dict[str, Cell]:
    return {
        "name": name,
        **typed(value, str(known["vartype"]), str(known["unit"] or "")),
        "default": text(known["boot_val"]),
        "context": text(known["context"]),
    }


def _origin(known: Mapping[str, Plain]) -> dict[str, Cell]:
    """Give where a value comes from: the cells `source file line pending_restart`."""
    place: Cell = text(known["sourcefile"])
    if place is ABSENT and known["source"] == "configuration file":
        place = unknown("the file is hidden from this role", NEEDS)
    return {
        "source": text(known["source"]),
        "file": place,
        "line": place if isinstance(place, Gap) else whole(known["sourceline"]),
        "pending_restart": truth(known["pending_restart"]),
    }


def _nothing(name: str, cell: Cell) -> dict[str, Cell]:
    names = ("value", "enabled", "number", "duration", "size", "items", "default", "context", "source", "file", "line")
    return {"name": name, **dict.fromkeys(names, cell), "pending_restart": cell}


def _files(query: Query, results: Results, session: Session) -> Evidence:
    reply = results.one(FILES.name)
    later: dict[str, int] = {}
    for place, row in enumerate(reply.dicts):
        later[str(row["name"])] = place
    rows: list[Row] = [
        {
            "file": str(row["sourcefile"] or "(no file)"),
            "line": whole(row["sourceline"]),
            "name": text(row["name"]),
            "value": text(row["setting"]),
            "problem": text(row["error"]) if row["error"] else "not applied",
        }
        for place, row in enumerate(reply.dicts)
        # A line that a later one overrules is not applied either, and rightly so.
        if row["error"] or (row["applied"] is not True and later[str(row["name"])] == place)
    ]
    return Evidence(query, tuple(rows), gap_of(reply, NEEDS_FILES), session.provenance(FILES))
