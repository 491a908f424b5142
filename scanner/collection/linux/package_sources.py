"""Collects the sources of apt from its one-line and deb822 files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, FileText, State, read_files, unreadable
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.package_source",)

_NAME = "linux.package_source"
_YES = frozenset({"yes", "true", "1", "with", "on", "enable"})
_LOOSE = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_GLOBAL = re.compile(
    r'(APT::Get::AllowUnauthenticated|Acquire::Allow(?:Insecure|Weak|DowngradeToInsecure)Repositories) "([^"]*)";'
)
_ONE_LINE = re.compile(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?([^\s\[]\S*)\s+(\S+)\s*(.*)")

# apt itself skips files whose names have other letters or endings; what stands before @ in an address is a secret.
_SCRIPT = (
    SHOW
    + r"""
{
  show /etc/apt/sources.list
  directory=/etc/apt/sources.list.d
  if [ -d "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then printf '!%s\n' "$directory"; fi
  for file in "$directory"/*.list "$directory"/*.sources; do
    case ${file##*/} in *[!A-Za-z0-9._-]*) continue ;; esac
    [ -e "$file" ] || [ -L "$file" ] || continue
    show "$file"
  done
} | sed 's/:\/\/[^/[:blank:]]*@/:\/\/***@/g'
if command -v apt-config >/dev/null; then
  apt-config dump | sed -n '/^\(APT::Get::AllowUnauthenticated\|Acquire::Allow[A-Za-z]*Repositories\) /s/^/~/p'
  echo '~end'
fi
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, limit=512 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per source and address; a file that may not be read makes the list incomplete."""
    output = output_of(outputs, _NAME)
    rows, gap = _read(output, session)
    provenance = session.provenance("cat /etc/apt/sources.list /etc/apt/sources.list.d/*; apt-config dump")
    return [Evidence(query, rows, gap, provenance) for query in queries]


@dataclass(frozen=True, slots=True)
class _Source:
    path: str
    line: int
    format: str
    enabled: bool
    types: list[str]
    uris: list[str]
    suites: list[str]
    components: list[str]
    options: Mapping[str, str]


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    shown = read_files(output.stdout)
    told = [line[1:] for line in shown.others if line[:1] == "~"]
    gap = output.gap or (None if "end" in told else output.failure("apt did not tell its configuration"))
    settings = [found.group(2).lower() for found in map(_GLOBAL.fullmatch, told) if found]
    loose = any(value in _YES for value in settings)
    rows: list[Row] = []
    for file in shown.files:
        if file.state is State.UNREADABLE:
            gap = gap or unreadable(file.path, session)
        elif file.state is State.SHOWN:
            sources, odd = _sources(file)
            if odd:
                gap = gap or error(f"{file.path} holds a source that is not understood (line {odd})")
            for source in sources:
                rows += _rows(source, loose)
    return tuple(rows), gap


def _rows(source: _Source, loose: bool) -> Iterator[Row]:
    allows = any(source.options.get(name, "no").lower() in _YES for name in _LOOSE)
    signed = source.options.get("signed-by", "").strip()
    key: Cell = "embedded" if "BEGIN PGP" in signed else signed or ABSENT
    for uri in source.uris:
        yield {
            "path": source.path,
            "entry": str(source.line),
            "format": source.format,
            "enabled": source.enabled,
            "types": source.types,
            "uri": uri,
            "suites": source.suites,
            "components": source.components,
            "signed_by": key,
            "verified": not loose and not allows,
        }


def _sources(file: FileText) -> tuple[list[_Source], int]:
    """Give the sources of a file, and the line of one that is not understood (0 for none)."""
    return _of_stanzas(file) if file.path.endswith(".sources") else _of_lines(file)


def _of_lines(file: FileText) -> tuple[list[_Source], int]:
    sources: list[_Source] = []
    odd = 0
    for number, line in enumerate(file.lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        found = _ONE_LINE.fullmatch(text)
        if found is None:
            odd = odd or number
            continue
        kind, options, uri, suite, components = found.groups()
        pairs = (pair.partition("=") for pair in (options or "").split())
        known = {name.lower().rstrip("+-"): value for name, _, value in pairs}
        parts = components.split()
        sources.append(_Source(file.path, number, "one-line", True, [kind], [uri], [suite], parts, known))
    return sources, odd


def _of_stanzas(file: FileText) -> tuple[list[_Source], int]:
    sources: list[_Source] = []
    odd = 0
    for start, fields in _stanzas(file.lines):
        words = {name: fields.get(name, "").split() for name in ("types", "uris", "suites", "components")}
        if not (words["types"] and words["uris"] and words["suites"]):
            odd = odd or start
            continue
        enabled = fields.get("enabled", "yes").strip().lower() not in ("no", "false", "0", "without", "off", "disable")
        sources.append(_Source(file.path, start, "deb822", enabled, **words, options=fields))
    return sources, odd


def _stanzas(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    fields: dict[str, str] = {}
    start, name = 0, ""
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield start, fields
            fields, name = {}, ""
        elif line[0] in " \t":
            fields[name] = fields.get(name, "") + "\n" + line.strip()
        else:
            start = start if fields else number
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
