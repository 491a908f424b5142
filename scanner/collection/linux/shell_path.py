"""Takes search paths apart, and says of each directory whether it is there and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux import stat
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.shell_startup import StartupFile, Step, assigned
from scanner.collection.linux.shell_umask import hides
from scanner.collection.linux.sudo_files import Policy
from scanner.collection.linux.sudo_grammar import Default
from scanner.collection.linux.text import decoded
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_ITSELF = re.compile(r"\$PATH|\$\{PATH(?::?[-+][^}]*)?\}")
# The path itself with a colon, where it is not empty: `${PATH:+$PATH:}/opt/bin`.
_JOINED = re.compile(r"\$\{PATH:?\+(?:(?:\$PATH|\$\{PATH\}):|:(?:\$PATH|\$\{PATH\}))\}")
_HOME = re.compile(r"\$HOME\b|\$\{HOME\}|^~(?=/|$)")
_CELLS = ("directory", "owner", "uid", "mode")


@dataclass(frozen=True, slots=True)
class SearchPath:
    """A search path as a file sets it; `value` is a gap where it cannot be read."""

    file: str
    line: int
    value: str | Gap


@dataclass(slots=True)
class Places:
    """What the probe saw of the directories, and why it may not have seen all."""

    found: dict[str, Mapping[str, Cell]] = field(default_factory=dict)
    rest: Gap = field(default_factory=lambda: error("it was not looked at"))


def places(output: Output, session: Session) -> Places:
    """Read the probe of directories."""
    seen = Places()
    if output.gap is not None:
        seen.rest = output.gap
    for raw in output.stdout.split(b"\n"):
        mark, text = raw[:1], raw[1:]
        if mark == b"d":
            *told, name = text.split(b"\t", 7)
            cells = stat.cells(b"\t".join(told))
            if cells is not None:
                seen.found[decoded(name)] = _directory(cells)
        elif mark == b"m":
            seen.found[decoded(text)] = _nothing()
        elif mark == b"c":
            seen.found[decoded(text)] = dict.fromkeys(_CELLS, unreadable(decoded(text), session))
    return seen


def _directory(cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
    if cells["kind"] != "directory":
        return _nothing()
    return {"directory": True, **{name: cells[name] for name in _CELLS[1:]}}


def _nothing() -> Mapping[str, Cell]:
    return {"directory": False, **dict.fromkeys(_CELLS[1:], ABSENT)}


def of_steps(steps: Sequence[Step]) -> Iterator[SearchPath]:
    """Give the paths that startup files set for root."""
    for step in steps:
        value, _ = assigned(step.words, "PATH")
        if step.scope != "users" and value is not None:
            yield SearchPath(step.file, step.line, value)
        elif step.scope != "users" and hides(step, "PATH"):
            yield SearchPath(
                step.file, step.line, error(f"{step.file}:{step.line}: it names PATH in a way that is not read here")
            )


def of_files(files: Mapping[str, StartupFile]) -> Iterator[SearchPath]:
    """Give ENV_SUPATH of login.defs(5), PATH of /etc/environment, and a PATH of pam_env.conf(5), which is not read here."""
    for path, pattern in (
        ("/etc/login.defs", r"\s*ENV_SUPATH\s+(?:PATH=)?(\S*).*"),
        ("/etc/environment", r"\s*(?:export\s+)?PATH=(.*)"),
        ("/etc/security/pam_env.conf", r"\s*PATH\s+(.*)"),
    ):
        shown = files.get(path)
        lines = shown.lines if shown is not None else ()
        found = [(number, match[1]) for number, line in enumerate(lines, 1) if (match := re.fullmatch(pattern, line))]
        if shown is not None and shown.gap is not None:
            yield SearchPath(path, 1, shown.gap)
        elif found and path.endswith("pam_env.conf"):
            yield SearchPath(path, found[-1][0], error(f"{path} sets PATH in a way that is not read here"))
        elif found:
            yield SearchPath(path, found[-1][0], found[-1][1].strip().strip("\"'"))


def of_sudo(policy: Policy) -> Iterator[SearchPath]:
    """Give the secure_path settings of sudo."""
    for placed in policy.entries:
        entry = placed.entry
        if isinstance(entry, Default) and entry.name == "secure_path" and entry.operator == "=":
            yield SearchPath(placed.file, entry.line, entry.value)


def rows(paths: Sequence[SearchPath], home: str, seen: Places) -> Iterator[Row]:
    """Give a row per entry; the path itself within a path (`$PATH:…`) stands for what is listed elsewhere."""
    for path in paths:
        if isinstance(path.value, Gap):
            yield {
                "file": path.file,
                "line": path.line,
                "entry": "?",
                **dict.fromkeys(("absolute", *_CELLS), path.value),
            }
            continue
        for entry in dict.fromkeys(_split(path.value)):
            if not _ITSELF.fullmatch(entry):
                yield {"file": path.file, "line": path.line, **_entry(_HOME.sub(lambda _: home, entry), seen)}


def _split(value: str) -> list[str]:
    """Split at colons, but not within `${…}`."""
    found, depth, before = [""], 0, ""
    for letter in _JOINED.sub("", value):
        if letter == "{" and before == "$":
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        if letter == ":" and not depth:
            found.append("")
        else:
            found[-1] += letter
        before = letter
    return found


def _entry(entry: str, seen: Places) -> dict[str, Cell]:
    if "$" in entry or "`" in entry:
        doubt = error(f"{entry[:60]} depends on a variable that is not known here")
        return {"entry": entry, "absolute": doubt, **dict.fromkeys(_CELLS, doubt)}
    if not entry.startswith("/"):
        return {"entry": entry, "absolute": False, **dict.fromkeys(_CELLS, ABSENT)}
    return {"entry": entry, "absolute": True, **seen.found.get(entry, dict.fromkeys(_CELLS, seen.rest))}
