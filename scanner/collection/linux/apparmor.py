"""Collects what AppArmor says of running programs, beside the profiles that are meant for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import shown
from scanner.matching.patterns import LONGEST, pattern
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error

FACTS = ("linux.apparmor_process",)

_NAME = "linux.apparmor_process"
_LABEL = re.compile(r"(.*) \(([a-z]+)\)")
_VARIABLE = re.compile(r"@\{[^}]*\}")
_POLICY = "/sys/kernel/security/apparmor"

# Kernel threads have no program; a process that ends meanwhile is not told.
_SCRIPT = r"""
enabled=/sys/module/apparmor/parameters/enabled
if [ ! -e "$enabled" ] || [ "$(cat "$enabled")" != Y ]; then
  echo 'off'
  exit 0
fi
cd /sys/kernel/security/apparmor 2>/dev/null || { echo 'no policy'; exit 0; }
cat profiles >/dev/null 2>&1 || { echo 'denied'; exit 0; }
attachments() {
  for folder in "$1"/*/; do
    [ -r "$folder/attach" ] || continue
    printf 'profile %s\t%s\n' "$(cat "$folder/name")" "$(cat "$folder/attach")"
    [ -d "$folder/profiles" ] && (attachments "$folder/profiles")
  done
}
attachments policy/profiles
# Older kernels do not tell the attachment of a profile with a name of its own; its source does.
for source in /etc/apparmor.d/*; do
  [ -f "$source" ] && sed -n 's/^[[:blank:]]*profile[[:blank:]]\{1,\}\(.*\){[[:blank:]]*$/source \1/p' "$source"
done
for kind in attr/apparmor/current attr/current; do
  grep -sH '' /proc/[0-9]*/$kind | sed -n 's/^\/proc\/\([0-9]*\)\/[^:]*:/label \1 /p' | grep . && break
done
find /proc/[0-9]*/exe -prune -printf 'program %h %l\n' 2>/dev/null | sed 's/^program \/proc\//program /'
echo 'end'
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, timeout=90, limit=2**20, cost=3)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per program and label; programs that are not confined only where a profile is meant for them."""
    output = output_of(outputs, _NAME)
    rows, gap = _read(output, session)
    provenance = session.provenance(f"aa-status; cat {_POLICY}/policy/profiles/*/attach /proc/*/attr/current")
    return [Evidence(query, rows, gap, provenance) for query in queries]


@dataclass(slots=True)
class _Told:
    attachments: list[tuple[str | Gap, Any]] = field(default_factory=list)
    """Profile, or why it is not certain that it is meant, and the pattern of programs."""
    sources: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)
    gap: Gap | None = None


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    lines = output.stdout.split(b"\n")
    if output.gap:
        return (), output.gap
    if lines[:1] == [b"off"]:
        return (), None
    if lines[:1] == [b"denied"]:
        return (), unreadable(f"{_POLICY}/profiles", session)
    if b"end" not in lines:
        return (), output.failure("AppArmor did not tell its policy")
    told = _told(lines)
    return tuple(_rows(told)), told.gap


def _told(lines: Sequence[bytes]) -> _Told:
    told = _Told()
    for line in lines:
        word, _, rest = line.partition(b" ")
        if word == b"profile":
            name, _, attachment = rest.partition(b"\t")
            _attach(told, shown(name), shown(attachment))
        elif word == b"source":
            words = shown(rest).replace('"', "").split()
            if len(words) > 1 and words[1][:1] in ("/", "@", "{"):
                told.sources[words[0]] = words[1]
        elif word in (b"label", b"program"):
            pid, _, text = rest.partition(b" ")
            table = told.labels if word == b"label" else told.programs
            table[shown(pid)] = shown(text.rstrip(b"\0"))
    for untold in told.untold:
        _attach_by_source(told, untold)
    if not told.labels:
        told.gap = told.gap or error("no process told its label")
    return told


def _attach(told: _Told, name: str, attachment: str) -> None:
    if attachment != "<unknown>":
        _meant(told, name, name, attachment)
    elif name.startswith("/"):
        _meant(told, name, name, name)
    else:
        told.untold.append(name)


def _attach_by_source(told: _Told, name: str) -> None:
    attachment = told.sources.get(name)
    if attachment is None:
        told.gap = told.gap or error(f"neither the kernel nor /etc/apparmor.d tells for which programs {name} is meant")
    elif "@{" in attachment:
        doubt = error(f"the profile {name} may be meant for it: its attachment holds a variable")
        _meant(told, name, doubt, _VARIABLE.sub("**", attachment))
    else:
        _meant(told, name, name, attachment)


def _meant(told: _Told, name: str, profile: str | Gap, attachment: str) -> None:
    if not attachment.startswith(("/", "{", "**")):
        return
    try:
        told.attachments.append((profile, pattern(pattern_of(attachment))))
    except ValueError:
        told.gap = error(f"the attachment of the profile {name} is not understood")


def _rows(told: _Told) -> Iterator[Row]:
    found: Counter[tuple[str, str]] = Counter()
    for pid, program in told.programs.items():
        if program and pid in told.labels:
            found[program.removesuffix(" (deleted)"), told.labels[pid]] += 1
    for (program, label), number in sorted(found.items()):
        confined = _LABEL.fullmatch(label)
        meant = [name for name, programs in told.attachments if programs.fullmatch(program[:LONGEST])]
        profile = next((name for name in meant if not isinstance(name, Gap)), meant[0] if meant else None)
        if confined is None and profile is None:
            continue
        yield {
            "program": program,
            "label": confined.group(1) if confined else label,
            "mode": confined.group(2) if confined else ABSENT,
            "profile": profile or ABSENT,
            "processes": number,
        }


_PARTS = re.compile(r"\\.|\*\*|\*|\?|\[[^\]/]*\]|[{},]|[^\\*?\[{},]+|.", re.DOTALL)


def pattern_of(attachment: str) -> str:
    """Give the RE2 expression for an attachment, whose wildcards are those of apparmor.d(5); one left open gives none."""
    depth = 0
    parts: list[str] = []
    for part in _PARTS.findall(attachment):
        if part == "**":
            parts.append(".*")
        elif part == "*":
            parts.append("[^/]*")
        elif part == "?":
            parts.append("[^/]")
        elif part == "{":
            depth += 1
            parts.append("(?:")
        elif part == "}" and depth:
            depth -= 1
            parts.append(")")
        elif part == "," and depth:
            parts.append("|")
        elif len(part) > 2 and part[0] == "[":
            parts.append("[" + part[1:-1].replace("\\", "\\\\") + "]")
        else:
            parts.append(re.escape(part.removeprefix("\\") if len(part) > 1 else part))
    return "".join(parts)
