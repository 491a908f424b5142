"""Asks a backup tool everything in one run of a shell, and makes evidence of what its reader found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from scanner.collection.answer import Answer, nothing
from scanner.collection.linux import stream
from scanner.collection.linux.probe import Output, Probe, Session
from scanner.collection.linux.script import Script, assemble
from scanner.collection.linux.text import quotable, tail
from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Gap, Provenance, Query, Row, error, unknown
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

HOME = r"""
HOME=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
export HOME="${HOME:-/}"
"""
"""First lines of a probe whose tool keeps its settings in the home of the account."""

NEAR = r"""
near() {
  case $1 in /*) ;; *) return ;; esac
  at=$1
  while [ ! -e "$at" ] && [ "$at" != / ]; do at=$(dirname "$at"); done
  if [ -x "$at" ] && { [ ! -d "$1" ] || [ -r "$1" ]; }; then return; fi
  [ -d "$at" ] || return
  echo "$at: Permission denied" >&2
  exit 126
}
"""
"""A function for probes of folders: `near FOLDER` ends one whose folder may be there, but not for this account."""

LOUD = r"""
ask() { printf '#%s\n' "$1"; shift; { "$@" 2>&1; printf '\n%s\n' "$?"; } | sed 's/^/|/'; }
"""
"""A function for probes that call a tool several times: `ask 'what it is' words…`; `sections` reads it back."""

_DENIED = re.compile(
    r"permission denied|operation not permitted|not permitted|access ?denied|forbidden|unauthorized|not authorized"
    r"|\[13\]|EACCES|must be run as|please run barman as|authentication failed",
    re.IGNORECASE,
)
_UNREADABLE = re.compile(
    r"wrong pass(word|phrase)|passphrase supplied|no key file for|CryptoError|cipher header|decrypt", re.IGNORECASE
)
PASSPHRASE = "the passphrase of the repository"
_MAX_SECTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool told of one fact."""

    rows: tuple[Row, ...] = ()
    gap: Gap | None = None


Reader = Callable[[Mapping[str, Output], Session], Mapping[str, Found]]
"""Makes a fact's name > what was told of it, from the outputs of the probes."""


def describe(probes: Callable[[Mapping[str, str]], Sequence[Probe]], settings: Mapping[str, str]) -> Script:
    """Give the script that asks a tool; pure. Raises ValueError for settings that fit in no script."""
    for name, value in settings.items():
        if not quotable(value):
            raise ValueError(f"{name}: it holds a NUL, or has no UTF-8 form")
    return assemble(probes(settings))


def collect(
    queries: Sequence[Query],
    tool: Tool,
    limits: Limits,
    probes: Callable[[Mapping[str, str]], Sequence[Probe]],
    read: Callable[[Mapping[str, str]], Reader],
) -> Answer:
    """Run the script and read its answer; whatever goes wrong becomes gaps, never an exception."""
    try:
        script = describe(probes, tool.settings)
    except ValueError as problem:
        gap = error(f"the tool could not be asked: {tail(str(problem))}")
        return Answer(tuple(Evidence(query, gap=gap) for query in queries), gap=gap)
    try:
        told = tool.shell.run(script.text, script.words, limits)
    except CollectionError as problem:
        return nothing(queries, problem)
    reading = stream.read(told.stdout, script, cut=told.cut, stderr=told.stderr, status=told.status)
    found: Mapping[str, Found] = {}
    lost = reading.gap
    if reading.started:
        try:
            found = read(tool.settings)(reading.outputs, reading.session)
            lost = error("this tool does not tell this fact")
        except Exception as problem:
            lost = error(f"our collector stumbled over the answer: {type(problem).__name__}: {tail(str(problem))}")
    asked = ", ".join(probe.name for probe in script.probes)
    provenance = reading.session.provenance(asked)
    return Answer(
        evidence=tuple(_evidence(query, found, lost, provenance) for query in queries),
        now=reading.session.now,
        notes=reading.notes,
        gap=reading.gap,
        started=reading.started,
        identity=told.identity,
        clock_offset=_offset(reading.session.now, told.started_at),
    )


def _evidence(query: Query, found: Mapping[str, Found], lost: Gap | None, provenance: Provenance) -> Evidence:
    one = found.get(query.fact)
    if one is None:
        return Evidence(query, gap=lost or error("this was not asked"), provenance=provenance)
    return Evidence(query, one.rows, one.gap, provenance)


def _offset(theirs: str, ours: str) -> float | None:
    try:
        return (datetime.fromisoformat(theirs) - datetime.fromisoformat(ours)).total_seconds()
    except (ValueError, TypeError):
        return None


def failure(name: str, output: Output, needs: str) -> Gap | None:
    """Give why a probe's tool could not tell; None when it ended well. What was refused is unknown, and `needs` that."""
    if output.gap is not None or output.status == 0:
        return output.gap
    if output.status == 127:
        return error(f"{name} is not on the PATH of the host (install it, or name the host it runs on)")
    said = output.stderr + decoded_end(output)
    return refused(name, said, output.status, needs)


def refused(name: str, said: str, status: int | None, needs: str) -> Gap:
    """Give the gap of a tool that ended badly: unknown where its words speak of a refusal, else an error."""
    words = tail(said, 300)
    reason = f"{name} failed (exit status {status}{': ' + words if words else ''})"
    return denial(reason, needs) or (unknown(reason, needs) if status == 126 else error(reason))


def denial(reason: str, needs: str) -> Gap | None:
    """Give the gap of words that speak of a refusal, or of a passphrase that does not fit; None when they do not."""
    if _UNREADABLE.search(reason):
        return unknown(reason, PASSPHRASE)
    return unknown(reason, needs) if _DENIED.search(reason) else None


def decoded_end(output: Output) -> str:
    """Give the end of what a probe wrote, for messages."""
    return output.stdout[-500:].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Section:
    """One call of a tool within a probe: what was asked, what it wrote (both streams), and its exit status."""

    label: str
    body: bytes
    status: int | None
    """None where the call did not end within the probe."""

    @property
    def text(self) -> str:
        """What it wrote, as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class _Open:
    label: str
    lines: list[bytes] = field(default_factory=list)


def sections(output: Output) -> list[Section]:
    """Take apart what `ask` of `LOUD` wrote; lines that are neither label nor payload are ignored."""
    opened: list[_Open] = []
    for line in output.stdout.split(b"\n"):
        if line.startswith(b"#"):
            if len(opened) >= _MAX_SECTIONS:
                break
            opened.append(_Open(line[1:].decode("utf-8", "replace")))
        elif line.startswith(b"|") and opened:
            opened[-1].lines.append(line[1:])
    return [_closed(each) for each in opened]


def _closed(each: _Open) -> Section:
    last = each.lines[-1] if each.lines else b""
    if not re.fullmatch(rb"[0-9]{1,3}", last):
        return Section(each.label, b"\n".join(each.lines), None)
    return Section(each.label, b"\n".join(each.lines[:-1]).removesuffix(b"\n"), int(last))


def first(*gaps: Gap | None) -> Gap | None:
    """Give the first gap that is one; an error goes before what is merely unknown."""
    real = [gap for gap in gaps if gap is not None]
    return min(real, key=lambda gap: gap.needs is not None, default=None)
