"""Collects what kind of system a host is: os-release(5), uname(1), container, init system."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, Files, FileText, State, read_files, unreadable
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.system",)

_ASKED = (
    "cat /etc/os-release || cat /usr/lib/os-release; uname -nrm; systemd-detect-virt --container; "
    "readlink /proc/self/ns/pid; test -d /run/systemd/system"
)
_FIRST_PIDS = "pid:[4026531836]"
"""The namespace in which the kernel starts process 1; the number is the same in every kernel since 3.8."""

_SCRIPT = (
    SHOW
    + r"""
printf 'uname %s\n' "$(uname -nrm)"
if [ -d /run/systemd/system ]; then echo 'systemd yes'; else echo 'systemd no'; fi
if command -v systemd-detect-virt >/dev/null; then
  printf 'virt %s\n' "$(systemd-detect-virt --container)"
elif [ -r /run/systemd/container ]; then
  printf 'virt %s\n' "$(cat /run/systemd/container)"
elif [ -e /.dockerenv ]; then
  echo 'virt docker'
elif [ -e /run/.containerenv ]; then
  echo 'virt podman'
elif [ -r /proc/1/environ ]; then
  kind=$(tr '\000' '\n' </proc/1/environ | sed -n 's/^container=//p')
  printf 'virt %s\n' "${kind:-none}"
else
  echo 'virt denied'
fi
# A chroot is no container to systemd-detect-virt. Whoever sees no mount of his own root is in one; the root of
# process 1, which only root may look at, tells of a chroot into a mount point.
if [ ! -r /proc/self/mountinfo ]; then
  echo 'root unmounted'
elif [ -z "$(awk '$5 == "/" { print; exit }' /proc/self/mountinfo)" ]; then
  echo 'root chroot'
else
  theirs=$(stat -Lc %d:%i /proc/1/root/. 2>/dev/null)
  if [ -n "$theirs" ] && [ "$theirs" != "$(stat -Lc %d:%i /.)" ]; then echo 'root chroot'; else echo 'root own'; fi
fi
printf 'pids %s\n' "$(readlink /proc/self/ns/pid)"
if [ -e /etc/os-release ] || [ -L /etc/os-release ]; then show /etc/os-release; else show /usr/lib/os-release; fi
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe("linux.system", _SCRIPT, limit=64 * 1024, cost=0)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row; a part that did not come is a gap of its cells alone."""
    output = output_of(outputs, "linux.system")
    provenance = session.provenance(_ASKED)
    if output.gap:
        return [Evidence(query, gap=output.gap, provenance=provenance) for query in queries]
    row = _row(read_files(output.stdout), session)
    return [Evidence(query, rows=(row,), provenance=provenance) for query in queries]


def _row(shown: Files, session: Session) -> Row:
    said = {word: rest for word, _, rest in (line.partition(" ") for line in shown.others)}
    # The node name may hold anything, release and machine hold no blanks.
    names = said.get("uname", "").rsplit(" ", 2)
    hostname, kernel, machine = names if len(names) == 3 else (error("uname did not answer"),) * 3
    systemd = said.get("systemd")
    return {
        **_release(shown.files[-1] if shown.files else None, session),
        "kernel": kernel,
        "architecture": machine,
        "hostname": hostname,
        "container": _container(said.get("virt", ""), said.get("root", ""), said.get("pids", "")),
        "systemd": systemd == "yes" if systemd in ("yes", "no") else error("the init system was not told"),
    }


def _container(kind: str, root: str, pids: str) -> Cell:
    """Give the kind of container; namespaces and the root directory tell of those that hide theirs.

    systemd-detect-virt(1) says `none` in a chroot, and where a container's runtime leaves no mark.
    """
    if kind in ("none", "denied", ""):
        if root in ("chroot", "unmounted"):
            return "chroot"
        if pids and pids != _FIRST_PIDS:
            return "container-other"
    if kind == "none":
        return ABSENT
    if kind == "denied":
        return unknown("the environment of process 1 may not be read", needs="root")
    return kind or error("systemd-detect-virt did not answer")


def _release(file: FileText | None, session: Session) -> dict[str, Cell]:
    fields = {
        "distribution": "ID",
        "version": "VERSION_ID",
        "codename": "VERSION_CODENAME",
        "name": "PRETTY_NAME",
        "like": "ID_LIKE",
    }
    gap: Gap | None = None
    if file is None:
        gap = error("os-release was not shown")
    elif file.state is State.UNREADABLE:
        gap = unreadable(file.path, session)
    if gap or file is None:
        return dict.fromkeys(fields, gap or ABSENT)
    values = _assignments(file.lines)
    cells: dict[str, Cell] = {name: values.get(variable) or ABSENT for name, variable in fields.items()}
    like = values.get("ID_LIKE", "")
    return {**cells, "like": like.split() if like else ABSENT}


def _assignments(lines: Sequence[str]) -> dict[str, str]:
    """Read shell-like assignments as os-release(5) allows them; a line that is none is skipped."""
    values: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            words = [value]
        values[name] = words[0] if words else ""
    return values
