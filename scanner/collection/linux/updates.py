"""Collects the fetched package lists, and the updates that they hold for installed packages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.package_list", "linux.package_update")

_LISTS = "/var/lib/apt/lists"
_UPDATE = re.compile(r"(\S+)/(\S+) (\S+) (\S+) \[upgradable from: ([^\]\s]+)\]")
_FIELDS = {"Origin": "origin", "Suite": "suite", "Codename": "codename"}

# The list names itself in lines before the first one that is empty or of another field.
_SHOW_LISTS = r"""
directory=/var/lib/apt/lists
if [ -e "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then echo 'closed'; fi
for file in "$directory"/*_InRelease "$directory"/*_Release; do
  [ -f "$file" ] || continue
  printf '=%s\n' "$file"
  sed -n -e '/^\(SHA256\|SHA1\|MD5Sum\):/q' -e 's/^\(Origin\|Suite\|Codename\|Date\):/ &/p' "$file" 2>&1 || echo '!'
done
echo 'end'
"""

# As an ordinary user apt finds its cache of the lists valid or makes one in memory, but cannot write it.
_ASK_APT = r"""
command -v apt >/dev/null || exit 97
ask='
for file in /var/lib/apt/lists/*_Packages*; do
  [ -e "$file" ] || { echo "no lists"; exit; }
  [ -r "$file" ] || { echo "closed"; exit; }
done
apt list --upgradable 2>/dev/null && echo end'
if [ "$(id -u)" = 0 ]; then
  setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs sh -c "$ask"
else
  sh -c "$ask"
fi
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give a probe per fact that is asked."""
    asked = {query.fact for query in queries}
    found = []
    if "linux.package_list" in asked:
        found.append(Probe("linux.package_list", _SHOW_LISTS, limit=256 * 1024))
    if "linux.package_update" in asked:
        found.append(Probe("linux.package_update", _ASK_APT, timeout=60, cost=8))
    return found


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: without lists updates are not known, which is an error and never an empty list."""
    answers = []
    for query in queries:
        output = output_of(outputs, query.fact)
        if query.fact == "linux.package_list":
            rows, gap = _lists(output, session)
            provenance = session.provenance(f"head {_LISTS}/*Release")
        else:
            rows, gap = _updates(output, session)
            provenance = session.provenance("apt list --upgradable")
        answers.append(Evidence(query, rows, gap, provenance))
    return answers


def _lists(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    lines = output.stdout.split(b"\n")
    gap = output.gap or (None if b"end" in lines else output.failure("the probe of package lists did not end"))
    if b"closed" in lines:
        gap = gap or unreadable(_LISTS, session)
    files: dict[str, dict[str, Cell]] = {}
    path = ""
    for line in lines:
        if line[:1] == b"=":
            path = shown(line[1:])
            files[path] = {"path": path, "origin": ABSENT, "suite": ABSENT, "codename": ABSENT, "date": ABSENT}
        elif line[:1] == b" " and path:
            name, _, value = shown(line[1:]).partition(":")
            if name in _FIELDS:
                files[path][_FIELDS[name]] = value.strip()
            elif name == "Date":
                files[path]["date"] = _date(value.strip())
        elif line == b"!" and path:
            files[path].update(dict.fromkeys(("origin", "suite", "codename", "date"), unreadable(path, session)))
    return tuple(files.values()), gap


def _date(text: str) -> Cell:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year > 1970 else error("no such date")
    except (ValueError, TypeError, OverflowError, IndexError):
        return error("the date of the list is not understood")


def _updates(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    lines = [shown(line) for line in output.stdout.split(b"\n")]
    if output.status == 97:
        return (), error("apt is not installed there")
    if output.gap:
        return (), output.gap
    if "no lists" in lines:
        return (), error("apt has no package lists, so that updates are not known (run apt-get update)")
    if "closed" in lines:
        return (), unreadable(_LISTS, session)
    gap = None if "end" in lines else output.failure("apt did not list the updates")
    rows = tuple(_rows(lines))
    odd = [line for line in lines if line and line not in ("end", "Listing...") and not _UPDATE.fullmatch(line)]
    if odd:
        gap = gap or error(f"apt said something that is not understood: {odd[0][:200]}")
    return rows, gap


def _rows(lines: Sequence[str]) -> Iterator[Row]:
    for found in filter(None, map(_UPDATE.fullmatch, lines)):
        name, suites, candidate, architecture, installed = found.groups()
        names = suites.split(",")
        yield {
            "name": name,
            "architecture": architecture,
            "installed": installed,
            "candidate": candidate,
            "suites": names,
            "security": any(suite.endswith("-security") for suite in names),
        }
