"""Collects the files that patterns name; a directory that may not be listed makes the list incomplete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux import stat
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import quotable, quoted, shown
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error

FACTS = ("linux.file_glob",)

_MAX_WORDS = 40_000

# A bracket expression stays as it is only when nothing in it can mean anything else to the shell.
_WILD = re.compile(r"[*?]|\[!?[A-Za-z0-9_.,:@%+=-]+\]")

# Everything is ended by NUL, for names may hold any other byte. `closed` names directories that hide something.
_HEAD = r"""
try() { # directory, what it takes to see into it: x, or rx
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then return; fi
  if [ ! -e "$1" ]; then
    case $(ls -dL -- "$1" 2>&1) in *'Permission denied') printf 'closed %s\0' "$1" ;; esac
  elif [ ! -d "$1" ]; then
    return
  elif [ ! -x "$1" ] || { [ "$2" = rx ] && [ ! -r "$1" ]; }; then
    printf 'closed %s\0' "$1"
  fi
}
first() { # the directory above the first wildcard: not there, or may it not be seen?
  if [ ! -e "$1" ]; then
    case $(ls -dL -- "$1" 2>&1) in *'Permission denied') printf 'closed %s\0' "$1" ;; esac
  fi
}
list() {
  for path in "$@"; do
    shift
    if [ -e "$path" ]; then
      set -- "$@" "$path"
    elif [ -L "$path" ]; then
      case $(ls -dL -- "$path" 2>&1) in
      *'Permission denied') printf 'hidden %s\0' "$path" ;;
      *) printf 'dangling %s\0' "$path" ;;
      esac
    fi
  done
  [ "$#" -eq 0 ] || stat -L --printf 'file @format@\t%n\0' -- "$@"
}
""".replace("@format@", stat.FORMAT)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give probes that expand the patterns on the host, each below the limit of a fragment."""
    return [
        Probe(_probe_name(number), _HEAD.strip() + "\n" + "".join(map(_fragment, patterns)), limit=4 * 2**20, cost=2)
        for number, patterns in enumerate(_portions(queries))
    ]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: rows in the order of their paths; a link that leads nowhere is a `symlink` without a mode."""
    found: dict[str, tuple[tuple[Row, ...], Gap | None]] = {}
    for number, patterns in enumerate(_portions(queries)):
        output = output_of(outputs, _probe_name(number))
        parts = _by_pattern(output.stdout)
        for place, pattern in enumerate(patterns):
            found[pattern] = _read(parts.get(place), output, session)
    answers = []
    for query in queries:
        pattern = _pattern(query)
        asked = session.provenance(f"stat -L {pattern}" if pattern else "")
        rows, gap = found.get(pattern, ((), error(f"{query.parameters.get('pattern', '')!r} is not an absolute path")))
        answers.append(Evidence(query, rows, gap, asked))
    return answers


def shell_pattern(pattern: str) -> str:
    """Quote a pattern for sh so that its wildcards alone are expanded."""
    words: list[str] = []
    end = 0
    for wild in _WILD.finditer(pattern):
        words += [_quoted(pattern[end : wild.start()]), wild.group()]
        end = wild.end()
    return "".join([*words, _quoted(pattern[end:])])


def _quoted(text: str) -> str:
    return quoted(text) if text else ""


def _probe_name(number: int) -> str:
    return f"linux.file_glob.{number}"


def _pattern(query: Query) -> str:
    pattern = str(query.parameters.get("pattern", ""))
    return pattern if pattern.startswith("/") and quotable(pattern) else ""


def _portions(queries: Sequence[Query]) -> Iterator[list[str]]:
    portion: list[str] = []
    length = 0
    for pattern in sorted({pattern for pattern in map(_pattern, queries) if pattern}):
        size = len(_fragment(pattern).encode())
        if portion and length + size > _MAX_WORDS:
            yield portion
            portion, length = [], 0
        portion.append(pattern)
        length += size
    if portion:
        yield portion


def _fragment(pattern: str) -> str:
    lines = ["printf 'pattern\\0'"]
    parts = pattern.split("/")
    wild = next((place for place, part in enumerate(parts) if _WILD.search(part)), len(parts) - 1)
    lines.append(f"first {_quoted('/'.join(parts[:wild]) or '/')}")
    for place in range(wild, len(parts)):
        above = shell_pattern("/".join(parts[:place]) or "/")
        need = "rx" if _WILD.search(parts[place]) else "x"
        several = bool(_WILD.search("/".join(parts[:place])))
        lines.append(
            f'for directory in {above}; do try "$directory" {need}; done' if several else f"try {above} {need}"
        )
    lines.append(f"list {shell_pattern(pattern)}")
    lines.append("printf 'done\\0'")
    return "\n".join(lines) + "\n"


def _by_pattern(stdout: bytes) -> dict[int, list[bytes]]:
    parts: dict[int, list[bytes]] = {}
    for record in stdout.split(b"\0")[:-1]:
        if record == b"pattern":
            parts[len(parts)] = []
        elif parts and record:
            parts[len(parts) - 1].append(record)
    return parts


def _read(records: list[bytes] | None, output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    if records is None:
        return (), output.gap or output.failure("the probe of patterns failed")
    rows: dict[str, Row] = {}
    gap: Gap | None = None if b"done" in records else output.gap or output.failure("stat did not end its list")
    for record in records:
        word, _, rest = record.partition(b" ")
        if word == b"closed":
            gap = gap or unreadable(shown(rest), session)
        elif word == b"hidden":
            hidden = stat.every(unreadable(shown(rest), session))
            rows[shown(rest)] = {"path": shown(rest), **hidden}
        elif word == b"dangling":
            rows[shown(rest)] = {"path": shown(rest), **stat.every(ABSENT), "kind": "symlink"}
        elif word == b"file":
            row = _file(rest)
            rows[str(row["path"])] = row
        elif record != b"done":
            gap = gap or error("a part of the answer is not understood")
    return tuple(rows[path] for path in sorted(rows)), gap


def _file(raw: bytes) -> Row:
    *told, name = raw.split(b"\t", 7)
    cells = stat.cells(b"\t".join(told))
    return {"path": shown(name), **(cells or stat.every(error("stat did not answer in its form")))}
