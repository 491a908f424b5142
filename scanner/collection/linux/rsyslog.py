"""Collects the actions of rsyslog from its configuration with everything that this includes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.rsyslog_rules import rows_of
from scanner.collection.linux.sections import SHOW, State, unreadable, whole
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.rsyslog_action",)

_NAME = "linux.rsyslog_action"

# A file is shown after the one that includes it; what looks like a password does not leave the host.
_SCRIPT = (
    SHOW
    + r"""
newline='
'
masked() {
  show "$1" | sed \
    -e 's/\([Pp][Aa][Ss][Ss][A-Za-z]*\|[Pp][Ww][Dd]\)\([[:blank:]]*=[[:blank:]]*\)"[^"]*"/\1\2"***"/g' \
    -e 's/\(:om[A-Za-z]*sql:\|:omlibdbi:\).*/\1***/' -e 's/^\( *\$Action[A-Za-z]*Pass[A-Za-z]*\).*/\1 ***/'
}
read_in() { # path, depth
  if [ "$2" -gt 9 ]; then
    printf '?too deep %s\n' "$1"
    return
  fi
  masked "$1"
  [ -f "$1" ] && [ -r "$1" ] || return
  {
    sed -n 's/^[[:blank:]]*\$[Ii][Nn][Cc][Ll][Uu][Dd][Ee][Cc][Oo][Nn][Ff][Ii][Gg][[:blank:]]\{1,\}\([^[:blank:]#]*\).*/\1/p' "$1"
    sed 's/^[[:blank:]]*#.*//' "$1" | tr '\n' ' ' | grep -oiE '(^|[[:blank:];{}])include\([^)]*\)' |
      sed -e 's/.*[Ff][Ii][Ll][Ee][[:blank:]]*=[[:blank:]]*"\([^"]*\)".*/\1/' -e t -e 's/.*/?an include without a file/'
  } | while IFS= read -r place; do
    case $place in
    '?'*) printf '%s\n' "$place" ;;
    */) each "$2" "$place"* ;;
    *) if [ -d "$place" ]; then each "$2" "$place"/*; else above "$place" && each "$2" $place; fi ;; # shellcheck disable=SC2086
    esac
  done
}
above() { # pattern: may its directory be listed?
  case $(ls -d "${1%/*}/." 2>&1) in *'Permission denied') printf '!%s\n' "${1%/*}"; return 1 ;; esac
  if [ -d "${1%/*}" ] && [ ! -r "${1%/*}" ]; then printf '!%s\n' "${1%/*}"; return 1; fi
}
each() { # depth, paths
  depth=$1
  shift
  for file; do
    case $file in
    *"$newline"*) printf '?odd name\n' ;;
    *) if [ -f "$file" ] || [ -L "$file" ]; then (read_in "$file" $((depth + 1))); fi ;;
    esac
  done
}
read_in /etc/rsyslog.conf 0
echo '?end'
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, limit=512 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per action; a file that may not be read or understood makes the list incomplete."""
    shown, gap = whole(output_of(outputs, _NAME), "rsyslog")
    rows: list[Row] = []
    seen: set[str] = set()
    for file in shown.files:
        if file.state is State.UNREADABLE:
            gap = gap or unreadable(file.path, session)
        elif file.state is State.SHOWN and file.path not in seen:
            seen.add(file.path)
            found, line = rows_of(file.path, file.lines)
            rows += found
            gap = gap or _odd(file.path, line)
    provenance = session.provenance("cat /etc/rsyslog.conf and the files it includes")
    return [Evidence(query, tuple(rows), gap, provenance) for query in queries]


def _odd(path: str, line: int) -> Gap | None:
    return error(f"{path} holds a statement that is not understood (line {line})") if line else None
