"""Collects defaults and locks of dconf keys from the compiled databases of a profile, and from the schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.gvdb import Table, Value, read_gvdb
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, FileText, State, read_files, unreadable
from scanner.collection.linux.text import decoded, quoted, shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.dconf_key",)

_NAME = "linux.dconf_key"
_KEY = re.compile(r"(/[A-Za-z0-9-]+){2,}")
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PLACES = ("/etc/dconf/profile", "/usr/local/share/dconf/profile", "/usr/share/dconf/profile")
_FIELDS = ("present", "value", "number", "locked", "source", "pending")

# Databases are sent as hexadecimal lines. GSettings is asked without a backend: what the schemas alone say.
_SCRIPT = (
    SHOW
    + r"""
profiles=$(
  for profile in @profiles@; do
    for place in @places@; do show "$place/$profile"; done
  done
)
printf '%s\n' "$profiles" 'databases'
printf '%s\n' "$profiles" | sed -n \
  -e 's/^ [[:blank:]]*system-db:\([A-Za-z0-9_.-]\{1,\}\).*/\/etc\/dconf\/db\/\1/p' \
  -e 's/^ [[:blank:]]*file-db:\(\/[^[:blank:]#]*\).*/\1/p' | sort -u |
  while IFS= read -r file; do
    sources=$file.d
    [ "$file" != /var/lib/gdm3/greeter-dconf-defaults ] || sources=/etc/gdm3/greeter.dconf-defaults
    if [ -f "$file" ] && [ -r "$file" ]; then
      printf '=%s\n' "$file"
      head -c 400000 "$file" | od -An -v -tx1
      [ -z "$(find "$sources" -type f -newer "$file" 2>/dev/null | head -n 1)" ] || printf 'pending %s\n' "$file"
    elif [ -e "$file" ]; then
      printf '!%s\n' "$file"
    else
      case $(ls -dL "$file" 2>&1) in *'Permission denied') printf '!%s\n' "$file" ;; *) printf -- '-%s\n' "$file" ;; esac
      [ -z "$(find "$sources" -type f 2>/dev/null | head -n 1)" ] || printf 'pending %s\n' "$file"
    fi
  done
echo 'schemas'
if command -v gsettings >/dev/null; then
  for key in @keys@; do
    schema=$(printf '%s\n' "${key%/*}" | sed 's/^\///; s/\//./g')
    said=$(GSETTINGS_BACKEND=memory gsettings get "$schema" "${key##*/}" 2>&1) && said="=$said"
    printf '%s %s\n' "$key" "$(printf '%s' "$said" | head -n 1)"
  done
else
  echo 'gsettings -'
fi
echo 'end'
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe for all profiles and keys."""
    asked = [_asked(query) for query in queries]
    profiles = sorted({profile for profile, _ in asked if _PROFILE.fullmatch(profile)})
    keys = sorted({key for _, key in asked if _KEY.fullmatch(key)})
    if not profiles or not keys:
        return []
    words = {"profiles": profiles, "keys": keys, "places": _PLACES}
    script = re.sub(r"@(\w+)@", lambda match: " ".join(map(quoted, words[match.group(1)])), _SCRIPT)
    return [Probe(_NAME, script, timeout=20, limit=2 * 2**20, cost=2)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per profile and key; a database that may not be read leaves open what stands in it."""
    output = output_of(outputs, _NAME)
    told = _Told.of(output.stdout)
    lost = output.gap or (None if told.whole else output.failure("the probe of dconf did not end"))
    answers = []
    for query in queries:
        profile, key = _asked(query)
        gap = lost
        if not _KEY.fullmatch(key) or not _PROFILE.fullmatch(profile):
            gap = error(f"{profile} {key}: not a profile and the path of a key")
        rows = () if gap else (_row(told, profile, key, session),)
        answers.append(Evidence(query, rows, gap, session.provenance(f"DCONF_PROFILE={profile} dconf read -d {key}")))
    return answers


def _asked(query: Query) -> tuple[str, str]:
    parameters = query.parameters
    return str(parameters.get("profile", "")), str(parameters.get("key", ""))


@dataclass(slots=True)
class _Told:
    """What the probe said, taken apart."""

    profiles: dict[str, FileText] = field(default_factory=dict)
    databases: dict[str, Table | None] = field(default_factory=dict)
    """A database that is not there is an empty one; None for one that cannot be understood."""
    closed: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    schemas: dict[str, str] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def of(cls, stdout: bytes) -> _Told:
        told = cls()
        first, _, rest = stdout.partition(b"\ndatabases\n")
        told.profiles = {file.path: file for file in read_files(first).files}
        second, _, third = rest.partition(b"\nschemas\n") if not rest.startswith(b"schemas\n") else (b"", b"", rest[8:])
        told._databases(second)
        lines = decoded(third).split("\n")
        told.whole = "end" in lines
        told.schemas = {key: said for key, _, said in (line.partition(" ") for line in lines) if said}
        return told

    def _databases(self, raw: bytes) -> None:
        path, parts = "", dict[str, list[str]]()
        for line in raw.split(b"\n"):
            mark, rest = line[:1], shown(line[1:])
            if mark == b"=":
                path, parts[rest] = rest, []
            elif mark == b"!":
                self.closed.add(rest)
            elif mark == b"-":
                self.databases[rest] = {}
            elif line.startswith(b"pending "):
                self.pending.add(shown(line[8:]))
            elif path:
                parts[path].append(decoded(line))
        for name, lines in parts.items():
            self.databases[name] = _database(" ".join(lines))


def _database(text: str) -> Table | None:
    try:
        return read_gvdb(bytes.fromhex(text))
    except ValueError:
        return None


def _row(told: _Told, profile: str, key: str, session: Session) -> Row:
    row: dict[str, Cell] = {"profile": profile, "key": key}
    found = _sources(told, profile, session)
    if isinstance(found, Gap):
        return row | dict.fromkeys(_FIELDS, found)
    writable, files = found
    tables: list[tuple[str, Table]] = []
    for file in files:
        table = told.databases.get(file)
        if file in told.closed or table is None:
            gap = unreadable(file, session) if file in told.closed else error(f"{file} cannot be understood")
            return row | dict.fromkeys(_FIELDS, gap)
        tables.append((file, table))
    return row | _resolved(tables, key, writable, told) | {"pending": any(file in told.pending for file in files)}


def _sources(told: _Told, profile: str, session: Session) -> tuple[bool, list[str]] | Gap:
    """Give whether users can store values, and the databases below theirs; without a profile there are none."""
    for place in _PLACES:
        file = told.profiles.get(f"{place}/{profile}")
        if file is None or file.state is State.UNREADABLE:
            return unreadable(f"{place}/{profile}", session)
        if file.state is State.SHOWN:
            return _databases(file)
    return profile == "user", []


def _databases(file: FileText) -> tuple[bool, list[str]]:
    lines = [line.partition("#")[0].strip() for line in file.lines]
    kinds = [line.partition(":") for line in lines if line]
    writable = bool(kinds) and kinds[0][0] in ("user-db", "service-db")
    files = [
        f"/etc/dconf/db/{name}" if kind == "system-db" else name
        for kind, _, name in kinds
        if kind in ("system-db", "file-db")
    ]
    return writable, files


def _resolved(tables: Sequence[tuple[str, Table]], key: str, writable: bool, told: _Told) -> dict[str, Cell]:
    """Look a key up as dconf does: of several locks the one of the lowest database counts, and hides those above it."""
    locks = [number for number, (_, table) in enumerate(tables) if _locks(table, key)]
    for file, table in tables[locks[-1] if locks else 0 :]:
        if key in table and not isinstance(table[key], dict):
            return _told_value(table[key], file) | {"locked": bool(locks) or not writable}
    return _of_schema(told, key) | {"locked": bool(locks) or not writable}


def _locks(table: Table, key: str) -> bool:
    locks = table.get(".locks")
    return isinstance(locks, dict) and key in locks


def _of_schema(told: _Told, key: str) -> dict[str, Cell]:
    said = told.schemas.get(key, "")
    if said.startswith("="):
        return _told_value(_parsed(said[1:].strip()), "schema")
    if said.startswith(("No such schema", "No such key")) or (not said and "gsettings" in told.schemas):
        # Programs that use a key need its schema; without the tool that reads schemas the default stays open.
        lacking = error("no database gives a value, and gsettings, which tells the default, is not installed")
        cells: Cell = ABSENT if said else lacking
        return {"present": False if said else lacking, "value": cells, "number": cells, "source": cells}
    return dict.fromkeys(("present", "value", "number", "source"), error("gsettings did not tell the default"))


def _parsed(text: str) -> Value:
    """Read the text form of a GVariant: a number after its type, a quoted text, true or false; None for others."""
    kind, _, rest = text.rpartition(" ")
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?[0-9]{1,20}", rest) and kind in ("", "byte", "int16", "uint16", "uint32", "int64", "uint64"):
        return int(rest)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return None


def _told_value(value: Value | Table, place: str) -> dict[str, Cell]:
    if value is None or isinstance(value, dict):
        strange: Cell = error("the value is of a type that is not read")
        return {"present": True, "value": strange, "number": strange, "source": place}
    text = str(value).lower() if isinstance(value, bool) else str(value)
    number = value if isinstance(value, int) and not isinstance(value, bool) else ABSENT
    return {"present": True, "value": text[:2000], "number": number, "source": place}
