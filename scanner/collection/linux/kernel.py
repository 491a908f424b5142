"""Collects running kernel parameters below /proc/sys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import decoded, quotable, quoted
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.sysctl",)

NO_PROC = 97
"""Exit status of the fragment where there is no /proc/sys."""
_CHROOT = 98
"""And in a chroot, which has no mount of its own root."""

# What is readable goes through one grep, which prints `path:value` per line of the value.
_SCRIPT = r"""
[ -d /proc/sys/kernel ] || exit %d
[ ! -r /proc/self/mountinfo ] || [ -n "$(awk '$5 == "/" { print; exit }' /proc/self/mountinfo)" ] || exit %d
ask() {
  for path in "$@"; do
    shift
    if [ -r "$path" ] && [ -f "$path" ]; then
      set -- "$@" "$path"
    elif [ -e "$path" ] && [ ! -d "$path" ]; then
      printf '!%%s\n' "$path"
    else
      printf -- '-%%s\n' "$path"
    fi
  done
  [ "$#" -eq 0 ] || grep -H '' "$@"
  true
}
ask \
  %s
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe for all names that can be parameters."""
    paths = sorted({path for path in map(_path, queries) if path})
    if not paths:
        return []
    return [Probe("linux.sysctl", asking(quoted(path) for path in paths))]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: blanks of values folded; what may not be read is unknown, what cannot be read an error."""
    output = output_of(outputs, "linux.sysctl")
    lost = failed(output)
    answers = []
    for query in queries:
        path = _path(query)
        gap = lost if path else error(f"{_name(query)!r} is not the name of a kernel parameter")
        rows = () if gap else (_row(_name(query), path, output.stdout, session),)
        answers.append(Evidence(query, rows, gap, session.provenance(f"cat {path}" if path else "")))
    return answers


def asking(words: Iterable[str]) -> str:
    """Give the fragment that prints files below /proc/sys; `words` are paths or patterns as the shell reads them."""
    return (_SCRIPT % (NO_PROC, _CHROOT, " \\\n  ".join(words))).strip()


def failed(output: Output) -> Gap | None:
    """Give why the fragment read nothing; None when it ran to its end."""
    if output.status == NO_PROC:
        return error("/proc/sys is not there")
    if output.status == _CHROOT:
        return unknown("this is a chroot: the running kernel has the parameters of another system")
    return output.gap or (output.failure("reading /proc/sys failed") if output.status != 0 else None)


def dotted(name: str) -> str:
    """Give the form of a parameter's name that is split by dots, as sysctl.d(5) reads it.

    Where the first separator is a slash, slashes split and dots belong to the parts: the two change places.
    """
    first = next((letter for letter in name if letter in "./"), ".")
    return name if first == "." else name.translate(_SWAP)


_SWAP = str.maketrans("./", "/.")


def _name(query: Query) -> str:
    return str(query.parameters.get("name", ""))


def _path(query: Query) -> str:
    parts = dotted(_name(query)).translate(_SWAP).split("/")
    odd = any(part in ("", ".", "..") or "\n" in part for part in parts)
    return "" if odd or not quotable(_name(query)) else "/proc/sys/" + "/".join(parts)


def _row(name: str, path: str, stdout: bytes, session: Session) -> Row:
    raw = path.encode()
    lines = stdout.split(b"\n")
    if b"-" + raw in lines:
        return {"name": name, "present": False, "value": ABSENT}
    if b"!" + raw in lines:
        return {"name": name, "present": True, "value": _denied(path, session)}
    found = [line[len(raw) + 1 :] for line in lines if line.startswith(raw + b":")]
    value: Cell = " ".join(decoded(b" ".join(found)).split()) if found else error(f"{path} could not be read")
    return {"name": name, "present": True, "value": value}


def _denied(path: str, session: Session) -> Gap:
    if session.root:
        return error(f"{path} cannot be read, not even by root")
    return unknown(f"{path} may not be read by {session.user or 'this user'}", needs="root")
