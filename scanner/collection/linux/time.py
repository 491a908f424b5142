"""Collects the directives that chronyd reads: its main file and all that this one includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, FileText, State, unreadable, whole
from scanner.model.evidence import ABSENT, Evidence, Query, Row

FACTS = ("linux.chrony_directive",)

_NAME = "linux.chrony_directive"

# chronyd reads an included file where its line stands; order matters little here, so each file is shown after its own.
_SCRIPT = (
    SHOW
    + r"""
newline='
'
read_in() { # path, depth
  if [ "$2" -gt 9 ]; then
    printf '?too deep %s\n' "$1"
    return
  fi
  show "$1"
  [ -f "$1" ] && [ -r "$1" ] || return
  awk '{ word = tolower($1) } word ~ /^(include|confdir|sourcedir)$/ { for (i = 2; i <= NF; i++) print word, $i }' "$1" |
    while read -r word place; do
      case $word in
      # shellcheck disable=SC2086 # a pattern of files
      include) each "$2" $place ;;
      confdir) folder "$2" "$place" .conf ;;
      sourcedir) folder "$2" "$place" .sources ;;
      esac
    done
}
folder() { # depth, directory, suffix
  if [ -d "$2" ] && { [ ! -r "$2" ] || [ ! -x "$2" ]; }; then
    printf '!%s\n' "$2"
  else
    case $(ls -d "$2/." 2>&1) in *'Permission denied') printf '!%s\n' "$2" ;; esac
  fi
  each "$1" "$2"/*"$3"
}
each() { # depth, paths
  depth=$1
  shift
  for file; do
    case $file in *"$newline"*) printf '?odd name\n' ;; *) [ ! -e "$file" ] && [ ! -L "$file" ] || (read_in "$file" $((depth + 1))) ;; esac
  done
}
read_in /etc/chrony/chrony.conf 0
echo '?end'
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, limit=512 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per directive; a file that may not be read makes the list incomplete."""
    shown, gap = whole(output_of(outputs, _NAME), "chrony")
    closed = [file for file in shown.files if file.state is State.UNREADABLE]
    if closed:
        gap = gap or unreadable(closed[0].path, session)
    files = {file.path: file for file in shown.files if file.state is State.SHOWN}
    rows = tuple(row for file in files.values() for row in _directives(file))
    provenance = session.provenance("cat /etc/chrony/chrony.conf and the files it includes")
    return [Evidence(query, rows, gap, provenance) for query in queries]


def _directives(file: FileText) -> Iterator[Row]:
    for number, line in enumerate(file.lines, 1):
        words = line.split()
        if words and words[0][0] not in "!;#%":
            yield {
                "name": words[0].lower(),
                "argument": words[1] if len(words) > 1 else ABSENT,
                "options": " ".join(words[2:]) or ABSENT,
                "path": file.path,
                "line": number,
            }
