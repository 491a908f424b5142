"""Collects named files with one stat(1); what is not there is told apart from what may not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux import stat
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import decoded, quotable, quoted, tail
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.file",)

_MAX_WORDS = 40_000

# Line N of the first part says whether path N is there; stat then answers for those that are, in order,
# and says of each of the others, in order, why not.
_SCRIPT = """
sort_out() {
  for path in "$@"; do
    if [ -e "$path" ]; then echo yes; else echo no; fi
  done
  for path in "$@"; do
    shift
    if [ -e "$path" ]; then set -- "$@" "$path"; fi
  done
  [ "$#" -eq 0 ] || stat -L -c '@format@' -- "$@"
}
refused() {
  for path in "$@"; do
    shift
    if [ ! -e "$path" ]; then set -- "$@" "$path"; fi
  done
  [ "$#" -eq 0 ] || stat -L -c '' -- "$@" 2>&1
}
set -- \\
  @words@
echo files
sort_out "$@"
echo refused
refused "$@"
echo end
""".replace("@format@", stat.FORMAT)

_NOT_THERE = ("No such file or directory", "Not a directory")


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give one probe per forty thousand letters of paths."""
    return [
        Probe(_probe_name(number), _SCRIPT.replace("@words@", " \\\n  ".join(map(quoted, paths))).strip())
        for number, paths in enumerate(_portions(queries))
    ]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per query; a path that may not be searched is unknown and needs root."""
    rows: dict[str, Row] = {}
    lost: dict[str, Gap] = {}
    for number, paths in enumerate(_portions(queries)):
        output = output_of(outputs, _probe_name(number))
        if output.gap:
            lost.update(dict.fromkeys(paths, output.gap))
        else:
            rows.update(zip(paths, _rows(paths, output, session), strict=True))
    answers = []
    for query in queries:
        path = _path(query)
        gap = lost.get(path) if path else error(f"{query.parameters.get('path', '')!r} is not an absolute path")
        found = () if gap else (rows[path],)
        answers.append(Evidence(query, found, gap, session.provenance(f"stat -L {path}" if path else "")))
    return answers


def _probe_name(number: int) -> str:
    return f"linux.file.{number}"


def _path(query: Query) -> str:
    path = str(query.parameters.get("path", ""))
    return path if path.startswith("/") and quotable(path) else ""


def _portions(queries: Sequence[Query]) -> Iterator[list[str]]:
    """Deal the paths out so that no fragment grows too long; the same queries are dealt out the same way."""
    portion: list[str] = []
    length = 0
    for path in sorted({path for path in map(_path, queries) if path}):
        if portion and length + len(path.encode()) > _MAX_WORDS:
            yield portion
            portion, length = [], 0
        portion.append(path)
        length += len(path.encode()) + 4
    if portion:
        yield portion


def _rows(paths: Sequence[str], output: Output, session: Session) -> list[Row]:
    lines = output.stdout.split(b"\n")
    there, rest = lines[1 : len(paths) + 1], lines[len(paths) + 1 :]
    whole = lines[0] == b"files" and set(there) <= {b"yes", b"no"} and b"refused" in rest and b"end" in rest
    if not whole:
        return [_gap_row(path, output.failure("stat did not answer for this file")) for path in paths]
    middle = rest.index(b"refused")
    told, refusals = rest[:middle], rest[middle + 1 : len(rest) - 1 - rest[::-1].index(b"end")]
    # A file that came or went while we looked shifts the lines: then none of them can be trusted.
    if len(told) != there.count(b"yes") or len(refusals) != there.count(b"no"):
        return [_gap_row(path, error("a file came or went while it was looked at")) for path in paths]
    seen, refused = iter(told), iter(refusals)
    return [
        _present(path, next(seen)) if known == b"yes" else _refused(path, decoded(next(refused)), session)
        for path, known in zip(paths, there, strict=True)
    ]


def _present(path: str, raw: bytes) -> Row:
    cells = stat.cells(raw)
    return {"path": path, "present": True, **(cells or stat.every(error("stat did not answer in its form")))}


def _refused(path: str, reason: str, session: Session) -> Row:
    if reason.endswith(_NOT_THERE):
        return {"path": path, "present": False, **stat.every(ABSENT)}
    if reason.endswith("Permission denied") and not session.root:
        return _gap_row(path, unknown(f"{path} may not be seen by {session.user or 'this user'}", needs="root"))
    return _gap_row(path, error(f"stat failed: {tail(reason)}"))


def _gap_row(path: str, gap: Gap) -> Row:
    return {"path": path, "present": gap, **stat.every(gap)}
