"""Collects the texts that are shown at login, and which details of the system they give away."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, FileText, State, read_files, unreadable
from scanner.collection.linux.text import tail
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.banner",)

_NAME = "linux.banner"
_MAX_TEXT = 4000
_DYNAMIC = "/run/motd.dynamic"
_ESCAPES = re.compile(r"\\[mrsvS]")
_WORD = "(?<![0-9a-z])%s(?![0-9a-z])"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# `* OCCASION` stands before the files of an occasion. Of several places for one name pam_motd and agetty show the first.
_SCRIPT = (
    SHOW
    + r"""
newline='
'
closed() { # directory that may hide files: ?path
  if [ -d "$1" ]; then [ -r "$1" ] && [ -x "$1" ] || printf '?%s\n' "$1"; fi
}
first() {
  for place; do
    if [ -e "$place" ] || [ -L "$place" ]; then
      show "$place"
      return
    fi
  done
}
parts() { # suffix, then directories: files of the same name in a later one are not shown
  suffix=$1
  shift
  names='|'
  for directory; do
    closed "$directory"
    for file in "$directory"/*"$suffix"; do
      [ -f "$file" ] || [ -L "$file" ] || continue
      case $file in *"$newline"*)
        printf '?%s\n' "$directory"
        continue
        ;;
      esac
      case $names in *"|${file##*/}|"*) continue ;; esac
      names="$names${file##*/}|"
      show "$file"
    done
  done
}
printf '%s\n' "* release $(uname -r)"
first /etc/os-release /usr/lib/os-release
echo '* motd'
first /etc/motd /run/motd /usr/lib/motd
parts '' /etc/motd.d /run/motd.d /usr/lib/motd.d
echo '* console'
first /etc/issue /run/issue /usr/lib/issue
parts .issue /etc/issue.d /run/issue.d /usr/lib/issue.d
echo '* network'
first /etc/issue.net
echo '* dynamic'
closed /etc/update-motd.d
for script in /etc/update-motd.d/*; do
  if [ -f "$script" ] && [ -x "$script" ]; then
    printf '+%s\n' "$script"
  fi
done
grep -hsE '^[^#]*pam_motd[.]so' /etc/pam.d/login /etc/pam.d/sshd | sed 's/^/~/'
show /run/motd.dynamic
echo '* ssh'
for configuration in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*; do
  [ -r "$configuration" ] && sed -n 's/^[[:blank:]]*[Bb][Aa][Nn][Nn][Ee][Rr][[:blank:]=]\{1,\}"\{0,1\}\(\/[^"[:blank:]]*\).*/\1/p' "$configuration"
done | sort -u | while IFS= read -r file; do
  show "$file"
done
echo '* end'
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, limit=512 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per file that is there; a directory that may not be listed makes the list incomplete."""
    output = output_of(outputs, _NAME)
    provenance = session.provenance("cat /etc/motd /run/motd.dynamic /etc/issue /etc/issue.net")
    rows, gap = _read(output, session)
    return [Evidence(query, rows, gap, provenance) for query in queries]


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    sections = _sections(output.stdout)
    gap = output.gap or (None if b"end" in sections else output.failure("the probe of banners did not end"))
    details = _details(sections)
    rows: dict[str, Row] = {}
    for occasion in ("motd", "console", "network", "dynamic", "ssh"):
        files = read_files(sections.get(occasion.encode(), b""))
        if occasion == "dynamic":
            if not _made_at_login(files.others):
                files.files.clear()
            elif all(file.state is State.MISSING for file in files.files if file.path == _DYNAMIC):
                late = error("it is made at login, and nobody has logged in since the last boot")
                rows[_DYNAMIC] = _row(_DYNAMIC, occasion, late, late)
        closed = [line[1:] for line in files.others if line[:1] == "?"]
        if closed:
            gap = gap or unreadable(tail(closed[0]), session)
        for file in files.files:
            if file.state is not State.MISSING or occasion == "ssh":
                rows.setdefault(file.path, _judged(file, occasion, details, session))
    return tuple(rows.values()), gap


def _sections(stdout: bytes) -> dict[bytes, bytes]:
    sections: dict[bytes, bytes] = {}
    name = b""
    for line in stdout.split(b"\n"):
        if line.startswith(b"* release "):
            name = b"release"
            sections[name] = line[10:] + b"\n"
        elif line.startswith(b"* "):
            name = line[2:]
            sections.setdefault(name, b"")
        elif name:
            sections[name] += line + b"\n"
    return sections


def _made_at_login(others: Sequence[str]) -> bool:
    """True when some pam_motd runs the scripts: one line without `noupdate`, and a script to run."""
    runs = any(line[:1] == "~" and "noupdate" not in line for line in others)
    return runs and any(line[:1] == "+" for line in others)


def _details(sections: Mapping[bytes, bytes]) -> list[tuple[str, re.Pattern[str]]] | Gap:
    """Give the words that tell the system, each with a pattern that finds it as a whole word."""
    kernel, _, rest = sections.get(b"release", b"").partition(b"\n")
    files = read_files(rest).files
    if not files or files[0].state is not State.SHOWN:
        return error("os-release was not shown, so that the names of the distribution are not known")
    words = [value for name, value in _assignments(files[0].lines) if name in ("ID", "NAME", "PRETTY_NAME") and value]
    words.append(kernel.decode("utf-8", "replace").strip())
    told: dict[str, str] = {}
    for word in words:
        if len(word) > 1:
            told.setdefault(word.lower(), word)
    return [(word, re.compile(_WORD % re.escape(word), re.IGNORECASE)) for word in told.values()]


def _assignments(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.strip().partition("=")
        try:
            yield name, " ".join(shlex.split(value))
        except ValueError:
            yield name, value


def _judged(file: FileText, occasion: str, details: list[tuple[str, re.Pattern[str]]] | Gap, session: Session) -> Row:
    if file.state is State.UNREADABLE:
        gap = unreadable(file.path, session)
        return _row(file.path, occasion, gap, gap)
    if file.state is State.MISSING:
        return _row(file.path, occasion, ABSENT, ABSENT)
    text = "\n".join(file.lines).rstrip()
    found: Cell = details if isinstance(details, Gap) else _found(text, details)
    shown = _CONTROL.sub(lambda match: tail(match.group()) or " ", text)
    long = error(f"the text is longer than {_MAX_TEXT} characters")
    return _row(file.path, occasion, shown if len(shown) <= _MAX_TEXT else long, found)


def _found(text: str, details: Sequence[tuple[str, re.Pattern[str]]]) -> list[str]:
    return [*dict.fromkeys(_ESCAPES.findall(text)), *(word for word, pattern in details if pattern.search(text))]


def _row(path: str, occasion: str, text: Cell, discloses: Cell) -> Row:
    return {"path": path, "occasion": occasion, "text": text, "discloses": discloses}
