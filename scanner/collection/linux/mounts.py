"""Collects mount points: now from /proc/self/mountinfo, at boot from fstab(5), mount units and the init system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.linux import mountinfo, mountunits
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, Files, State, read_files, unreadable
from scanner.collection.linux.text import quotable, quoted, shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.mount",)

_FSTAB = "/etc/fstab"

_SCRIPT = (
    SHOW
    + r"""
sed 's/^/mount /' /proc/self/mountinfo
if [ -d /run/systemd/system ]; then echo 'systemd yes'; else echo 'systemd no'; fi
show /etc/fstab
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; it shows the mount units of the asked paths alone."""
    paths = sorted({path for path in map(_path, queries) if path})
    if not paths:
        return []
    units = " \\\n  ".join(quoted(mountunits.unit_name(path)) for path in paths)
    script = f"{_SCRIPT}set -- \\\n  {units}\n{mountunits.SCRIPT}\necho end"
    return [Probe("linux.mount", script.strip())]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: the topmost mount of exactly that path, and what would mount it at the next boot."""
    output = output_of(outputs, "linux.mount")
    files = read_files(output.stdout)
    lost = output.gap
    if not lost and "end" not in files.others:
        lost = output.failure("the probe of mounts failed")
    mounts = mountinfo.read(line.removeprefix("mount ") for line in files.others if line.startswith("mount "))
    if not lost and not mounts:
        lost = error("/proc/self/mountinfo could not be read")
    if not lost and not mountinfo.topmost(mounts, b"/"):
        lost = unknown("this is a chroot: what is mounted there says nothing of the system when it runs")
    answers = []
    for query in queries:
        path = _path(query)
        asked = f"findmnt --mountpoint {path}; grep {path} /etc/fstab; systemctl cat {mountunits.unit_name(path)}"
        gap = lost if path else error(f"{query.parameters.get('path', '')!r} is not an absolute path")
        rows = () if gap else ({"path": query.parameters["path"], **_row(path, mounts, files, session)},)
        answers.append(Evidence(query, rows, gap, session.provenance(asked if path else "")))
    return answers


def _path(query: Query) -> str:
    path = str(query.parameters.get("path", ""))
    if not path.startswith("/") or "\n" in path or not quotable(path):
        return ""
    return "/" + "/".join(part for part in path.split("/") if part)


def _row(path: str, mounts: Sequence[mountinfo.Mount], files: Files, session: Session) -> Row:
    mount = mountinfo.topmost(mounts, path.encode())
    running = "systemd yes" in files.others
    fstab = files.get(_FSTAB)
    row: dict[str, Cell] = {
        "present": mount is not None,
        "source": shown(mount.source) if mount else ABSENT,
        "filesystem": mount.filesystem if mount else ABSENT,
        "options": list(mount.options) if mount else ABSENT,
    }
    if fstab.state is State.UNREADABLE:
        return row | _persistence(unreadable(_FSTAB, session))
    unit = mountunits.read(path, files)
    if unit.gap:
        return row | _persistence(unreadable(unit.gap, session))
    entry = mountunits.fstab_entry(path, fstab.lines)
    found = mountunits.persistent(path, entry, unit, booted=running)
    if found:
        return row | _persistence(True, mountunits.effective(found.options), found.source)
    return row | _persistence(_none(mount, running=running) or False)


def _none(mount: mountinfo.Mount | None, *, running: bool) -> Gap | None:
    """Say why a mount that nobody seems to repeat at boot may come back all the same."""
    if mount and mount.filesystem == "zfs":
        return error("zfs mounts its datasets by its own properties, which are not asked")
    if mount and not running:
        return error("systemd does not run there, so what mounts it at boot is not known")
    return None


def _persistence(persistent: bool | Gap, options: Sequence[str] | None = None, source: str = "") -> dict[str, Cell]:
    if isinstance(persistent, Gap):
        return {"persistent": persistent, "persistent_options": persistent, "persistent_source": persistent}
    return {
        "persistent": persistent,
        "persistent_options": list(options) if options is not None else ABSENT,
        "persistent_source": source or ABSENT,
    }
