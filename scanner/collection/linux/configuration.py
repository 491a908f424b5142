"""Directives of configuration files and their drop-ins: how the files are found and printed on the host."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux.configuration_lines import Style, rows_of
from scanner.collection.linux.plainfile import denial, is_denied, is_missing
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.secret_words import SHOW_LINES
from scanner.collection.linux.text import decoded, quotable, quoted, tail
from scanner.model.evidence import Evidence, Gap, Provenance, Query, error

FACTS: tuple[str, ...] = ("linux.file_line",)

_GLOB = frozenset("*?[")
_SYSTEMD = "/etc/systemd/"
# Where systemd looks, first found wins; /lib is a place of its own only where /usr is not merged.
_ROOTS = "/etc /run /usr/local/lib /usr/lib /lib"

# Prints `>PATH`, the lines as `=LINE`, then `.` for a whole file or `!WHY`; `>PATH` and `!WHY` for a closed directory.
_SHOW = (
    """exec 3>&1
newline='
'
lines='"""
    + SHOW_LINES
    + """'
show() {
  case $1 in *"$newline"*)
    printf '>%s\\n!%s\\n' "${1%%"$newline"*}" 'a newline stands in the name of a file here'
    return ;;
  esac
  printf '>%s\\n' "$1"
  # GNU awk takes a directory for an empty file.
  if [ -d "$1" ]; then
    printf '!%s\\n' 'Is a directory'
    return
  fi
  if said=$( { awk "$lines" <"$1"; } 2>&1 >&3 ); then
    echo .
  else
    printf '!%s\\n' "$said" | tr '\\n' ' '
    echo
  fi
}
search() {
  if said=$(ls -d -- "$1/." 2>&1); then
    [ -r "$1" ] || printf '>%s\\n!%s\\n' "$1" 'Permission denied'
  else
    case $said in *'o such file'* | *'ot a directory'*) ;; *) printf '>%s\\n!%s\\n' "$1" "$said" ;; esac
  fi
}
files() {
  IFS=
  for file in "$1"/$pattern; do
    if [ -e "$file" ] || [ -L "$file" ]; then
      [ -d "$file" ] || "$2" "$file"
    fi
  done
}
"""
)

_PLAIN = """main=@main@ directory=@directory@ pattern=@pattern@
show "$main"
[ -n "$pattern" ] || exit 0
search "$directory"
files "$directory" show
"""

# One file per name, that of the first root which has it (a link to /dev/null has no lines); sorted over all roots.
_LAYERED = """main=@main@ directory=@directory@ pattern=@pattern@
found=/etc
for root in @roots@; do
  search "$root/${main%/*}"
  search "$root/$directory"
done
for root in @roots@; do
  if [ -e "$root/$main" ] || [ -L "$root/$main" ]; then
    found=$root
    break
  fi
done
show "$found/$main"
name() {
  case ${1##*/} in *"$newline"*) echo / ;; *) printf '%s\\n' "${1##*/}" ;; esac
}
names=$(for root in @roots@; do files "$root/$directory" name; done | sort -u)
set -f
IFS=$newline
for name in $names; do
  [ "$name" = / ] && show "/etc/$directory/$newline"
  for root in @roots@; do
    file=$root/$directory/$name
    if [ -e "$file" ] || [ -L "$file" ]; then
      show "$file"
      break
    fi
  done
done
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give one probe per pair of main file and drop-ins; queries that differ in style share it."""
    wanted: dict[str, Probe] = {}
    for query in queries:
        path, drop_ins = _asked(query)
        if _unfit(path, drop_ins) is None:
            name = _name(path, drop_ins)
            wanted[name] = Probe(name, _script(path, drop_ins), limit=2 * 2**20)
    return list(wanted.values())


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read the files: one Evidence per query; a file that may not be read is a gap that names it."""
    return [_evidence(query, outputs, session) for query in queries]


def _asked(query: Query) -> tuple[str, str]:
    parameters = query.parameters
    return str(parameters.get("path", "")), str(parameters.get("drop_ins", ""))


def _name(path: str, drop_ins: str) -> str:
    return "configuration." + hashlib.sha256(f"{path}\0{drop_ins}".encode()).hexdigest()[:12]


def _unfit(path: str, drop_ins: str) -> Gap | None:
    if not path.startswith("/") or (drop_ins and not drop_ins.startswith("/")):
        return error(f"{path} {drop_ins}: paths must be absolute")
    if not quotable(path) or not quotable(drop_ins) or "\n" in path + drop_ins:
        return error("the path cannot stand in a shell script")
    if _GLOB & set(drop_ins.rpartition("/")[0]):
        return error(f"{drop_ins}: wildcards may stand in the last part only")
    return None


def _layered(path: str, drop_ins: str) -> bool:
    return drop_ins.startswith(_SYSTEMD) and path.startswith(_SYSTEMD)


def _script(path: str, drop_ins: str) -> str:
    directory, _, pattern = drop_ins.rpartition("/")
    layered = _layered(path, drop_ins)
    text = _SHOW + (_LAYERED if layered else _PLAIN)
    if layered:
        path, directory = path.removeprefix("/etc/"), directory.removeprefix("/etc/")
    words = {"main": quoted(path), "directory": quoted(directory), "pattern": quoted(pattern), "roots": _ROOTS}
    return re.sub(r"@(\w+)@", lambda match: words[match.group(1)], text)


def _evidence(query: Query, outputs: Mapping[str, Output], session: Session) -> Evidence:
    path, drop_ins = _asked(query)
    unfit = _unfit(path, drop_ins)
    if unfit is not None:
        return Evidence(query, gap=unfit, provenance=Provenance(as_user=session.user))
    provenance = session.provenance(f"cat {path} {drop_ins}".rstrip())
    output = output_of(outputs, _name(path, drop_ins))
    if output.gap is not None:
        return Evidence(query, gap=output.gap, provenance=provenance)
    files, gap = _files(output)
    if gap is None and output.status != 0:
        gap = output.failure("the files could not be read")
    style = Style(str(query.parameters.get("style", Style.SPACE)))
    return Evidence(query, tuple(rows_of(files, style, gap)), gap, provenance)


def _files(output: Output) -> tuple[list[tuple[str, list[str]]], Gap | None]:
    """Give the files that were read with their lines, and why some were not."""
    files: list[tuple[str, list[str]]] = []
    gaps: list[Gap] = []
    path, lines, whole = "", list[str](), True
    for raw in output.stdout.removesuffix(b"\n").split(b"\n"):
        mark, text = raw[:1], decoded(raw[1:])
        if mark == b">":
            if not whole:
                break
            path, lines, whole = text, [], False
        elif mark == b"=":
            lines.append(text)
        elif mark == b".":
            files.append((path, lines))
            whole = True
        elif mark == b"!":
            whole = True
            if (gap := _failure(path, text)) is not None:
                gaps.append(gap)
    if not output.stdout.startswith(b">"):
        gaps.append(error("the probe printed nothing"))
    if not whole:
        gaps.append(error(f"{path} was not read to its end"))
    return files, gaps[0] if gaps else None


def _failure(path: str, said: str) -> Gap | None:
    if is_denied(said):
        return denial(path)
    return None if is_missing(said) else error(f"{path}: {tail(said)}")
