"""Several files in one probe's output: the shell function that shows them, and its reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.text import decoded, shown, tail
from scanner.model.evidence import Gap, error, unknown

SHOW = r"""
show() { # path: =path, >real path, lines prefixed by a blank; or 0path masked, !path unreadable, -path missing
  if [ -f "$1" ] && [ -r "$1" ]; then
    printf '=%s\n' "$1"
    if [ -L "$1" ]; then printf '>%s\n' "$(readlink -f "$1")"; fi
    sed 's/^/ /' "$1" || printf '!%s\n' "$1"
    echo
  elif [ -L "$1" ] && [ "$(readlink -f "$1")" = /dev/null ]; then
    printf '0%s\n' "$1"
  elif [ -e "$1" ]; then
    printf '!%s\n' "$1"
  else
    case $(ls -dL "$1" 2>&1) in
    *'Permission denied') printf '!%s\n' "$1" ;;
    *) printf -- '-%s\n' "$1" ;;
    esac
  fi
}
"""


class State(Enum):
    """What became of a file that was to be shown."""

    SHOWN = "="
    MASKED = "0"
    UNREADABLE = "!"
    MISSING = "-"


@dataclass(slots=True)
class FileText:
    """A file as shown: its path, the path behind symbolic links (empty for none), and its lines."""

    path: str
    state: State
    real: str = ""
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Files:
    """All files of an output, in order, and lines of other kinds that the probe printed besides."""

    files: list[FileText]
    others: list[str]

    def get(self, path: str) -> FileText:
        """Give the last file of that path; one that was not shown counts as unreadable."""
        found = [file for file in self.files if file.path == path]
        return found[-1] if found else FileText(path, State.UNREADABLE)


def read_files(stdout: bytes) -> Files:
    """Take the output of `show` apart. Never raises; what it does not know comes back in `others`."""
    files: list[FileText] = []
    others: list[str] = []
    for line in stdout.split(b"\n"):
        tag, rest = line[:1], line[1:]
        if tag == b" " and files:
            files[-1].lines.append(decoded(rest))
        elif tag == b">" and files:
            files[-1].real = shown(rest)
        elif tag in (b"=", b"0", b"!", b"-"):
            _open(files, FileText(shown(rest), State(tag.decode())))
        elif line:
            others.append(decoded(line))
    return Files(files, others)


def whole(output: Output, what: str) -> tuple[Files, Gap | None]:
    """Read the output of a probe that ends with `?end` and tells what it left out in lines `?…`.

    Gives the files, and why these may not be all.
    """
    read = read_files(output.stdout)
    gap = output.gap or (None if "?end" in read.others else output.failure(f"the probe of {what} did not end"))
    odd = [line for line in read.others if line != "?end"]
    if odd:
        gap = gap or error(f"not everything was read: {tail(odd[0])}")
    return read, gap


def unreadable(path: str, session: Session) -> Gap:
    """Give the gap for a file or directory that could not be read: denied, unless we were root."""
    if session.root:
        return error(f"{path} could not be read")
    return unknown(f"{path} may not be read by {session.user or 'this user'}", needs="root")


def _open(files: list[FileText], file: FileText) -> None:
    if files and files[-1].path == file.path and file.state is State.UNREADABLE:
        files[-1].state = State.UNREADABLE
    else:
        files.append(file)
