"""Reads the answer of the host script: any bytes give outputs, and what did not arrive is said to be missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from scanner.collection.linux.probe import Output, Probe, Session
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import decoded, tail
from scanner.model.evidence import Gap, error

_TIMED_OUT = (124, 137)
_NOW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_OTHER_START = re.compile(rb"(?m)^@([0-9a-f]{16}) start (\1[0-9a-f]{48})\r?$")
_MAX_NOTES = 20
_MAX_ASIDE = 4_000
"""Bytes of a probe's standard error that are kept; our script sends less."""
_MAX_CONTROL = 1_000
"""Bytes of a control line that are looked at."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer holds: one output per probe of the script, the session, and how whole it is."""

    outputs: Mapping[str, Output]
    session: Session
    started: bool
    gap: Gap | None = None
    """Why the answer is not whole; None when its finishing line came."""
    notes: tuple[str, ...] = ()
    other: str = ""
    """Id of the script that this answers, where it is not ours."""


def read(stdout: bytes, script: Script, *, cut: str = "", stderr: bytes = b"", status: int | None = None) -> Reading:
    """Take an answer apart. Never raises.

    `cut`, `stderr` and `status` are the transport's: why reading stopped, and what was said aside; they only
    explain. Text before the start line (banners, profiles) is ignored.
    """
    start = script.mark.encode() + b" start " + script.id.encode()
    begin = _line_after(stdout, start)
    if begin is None:
        return _not_started(stdout, script, start, cut, stderr, status)
    reader = _Reader(script, script.mark.encode() + b" ")
    # One line at a time: a list of all would take many times the memory of the answer.
    lines = BytesIO(stdout)
    lines.seek(begin)
    for line in lines:
        reader.take(line.removesuffix(b"\n"))
        if reader.finished:
            break
    return reader.close(cut)


def _line_after(stdout: bytes, wanted: bytes) -> int | None:
    """Give where the line after the first `wanted` one begins; None when no line is that."""
    found = re.search(rb"(?m)^" + re.escape(wanted) + rb"$", stdout)
    return found and found.end() + 1


@dataclass(slots=True)
class _Reader:
    script: Script
    mark: bytes
    probe: Probe | None = None
    payload: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)
    closed: bool = False
    odd: str = ""
    finished: bool = False
    ended: int = 0
    """Probes whose end was told."""
    said: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, line: bytes) -> None:
        if line[:1] == b"|" and self.probe is not None and not self.closed:
            # Twice the limit: a broken sed doubles each NUL, and what exceeds the limit must be seen to.
            if len(self.payload) <= 2 * self.probe.limit:
                self.payload += line[1:] + b"\n"
        elif line.startswith(self.mark):
            self._control(decoded(line[len(self.mark) : _MAX_CONTROL]))
        elif self.probe is None:
            if line:
                self._note("text between the probes", line)
        elif line.startswith(b"!"):
            self.errors += line[1:_MAX_ASIDE] + b"\n" if len(self.errors) < _MAX_ASIDE else b""
        elif not line and not self.closed:
            self.closed = True
        elif not self.odd:
            self.odd = f"text that is not ours stands in the answer: {_glimpse(line)}"

    def close(self, cut: str) -> Reading:
        why = f": {cut}" if cut else ""
        if self.probe is not None:
            self._store(None, f"the answer ends within this probe{why}")
        absent = Output(status=None, missing=f"the answer ends before this probe{why}")
        outputs = {probe.name: self.outputs.get(probe.name, absent) for probe in self.script.probes}
        uid = self.said.get("uid", "")
        now = self.said.get("now", "")
        session = Session(
            uid=int(uid) if re.fullmatch(r"[0-9]{1,10}", uid) else None,
            user=self.said.get("user", ""),
            now=now if _NOW.fullmatch(now) else "",
        )
        if not session.now:
            self._note("the host did not tell its time")
        if self.said.get("limiter") == "none":
            self._note("neither timeout nor setsid is installed there: probes ran without a time limit of their own")
        gap = None if self.finished else error(f"the answer has no finishing line{why}")
        return Reading(outputs, session, started=True, gap=gap, notes=tuple(self.notes))

    def _control(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        handler: dict[str, Callable[[str], None]] = {"begin": self._begin, "end": self._end, "finish": self._finish}
        if word in handler:
            handler[word](rest)
        elif word in ("uid", "user", "now", "shell", "limiter", "nul"):
            self.said.setdefault(word, tail(rest, 200))
        else:
            self._note("an unknown control line", text.encode())

    def _begin(self, name: str) -> None:
        if self.probe is not None:
            self._store(None, "the next probe began before this one ended")
        self.probe = next((probe for probe in self.script.probes if probe.name == name), None)
        self.payload, self.errors, self.closed, self.odd = bytearray(), bytearray(), False, ""
        if self.probe is None or name in self.outputs:
            self._note("a probe that was not expected here", name.encode())
            self.probe = None

    def _end(self, text: str) -> None:
        name, _, status = text.partition(" ")
        if self.probe is None or self.probe.name != name:
            self._note("the end of a probe that did not begin", name.encode())
            return
        self.ended += 1
        if re.fullmatch(r"[0-9]{1,3}", status):
            self._store(int(status), self.odd)
        else:
            self._store(None, self.odd or "the probe's exit status did not arrive")

    def _finish(self, count: str) -> None:
        self.finished = self.probe is None and count == str(len(self.script.probes)) == str(self.ended)
        if not self.finished:
            self._note("the finishing line does not fit what arrived")

    def _store(self, status: int | None, missing: str) -> None:
        assert self.probe is not None
        whole = bytes(self.payload if self.closed else self.payload.removesuffix(b"\n"))
        if self.said.get("nul") == "broken":
            whole = whole.replace(b"\0|", b"\0")
        self.outputs[self.probe.name] = Output(
            stdout=whole[: self.probe.limit],
            stderr=decoded(bytes(self.errors.removesuffix(b"\n"))),
            status=status,
            truncated=len(whole) > self.probe.limit,
            timed_out=status in _TIMED_OUT,
            missing=missing,
        )
        self.probe = None

    def _note(self, what: str, seen: bytes = b"") -> None:
        if len(self.notes) < _MAX_NOTES:
            text = f"{what}: {_glimpse(seen)}" if seen else what
            if text not in self.notes:
                self.notes.append(text)


def _glimpse(line: bytes) -> str:
    return tail(decoded(line[-_MAX_CONTROL:]), 100)


def _not_started(stdout: bytes, script: Script, start: bytes, cut: str, stderr: bytes, status: int | None) -> Reading:
    other = ""
    if _line_after(stdout, start + b"\r") is not None:
        reason = "the line endings of the answer were changed on the way (transfer it as it is)"
    elif found := _OTHER_START.search(stdout):
        other = found.group(2).decode()
        reason = f"this is the answer of script {other}, not of ours ({script.id})"
    else:
        said = tail(decoded(stderr[-2000:])) or tail(decoded(stdout[-2000:]))
        parts = [cut, f"exit status {status}" if status is not None else "", said]
        reason = "our script did not start" + "".join(f"; {part}" for part in parts if part)
    gap = error(reason)
    outputs = {probe.name: Output(status=None, missing=reason) for probe in script.probes}
    return Reading(outputs, Session(), started=False, gap=gap, other=other)
