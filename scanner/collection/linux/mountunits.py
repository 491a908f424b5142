"""What mounts a path at boot: fstab(5), systemd.mount(5) units with their drop-ins, systemd itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux.mountinfo import unescaped
from scanner.collection.linux.sections import Files, FileText, State

_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
"""In order of precedence. /run/systemd/system is not among them: it is empty after a boot."""

_BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "/proc": ("nosuid", "nodev", "noexec"),
    "/sys": ("nosuid", "nodev", "noexec"),
    "/dev": ("nosuid", "mode=0755"),
    "/dev/shm": ("nosuid", "nodev", "mode=01777"),
    "/dev/pts": ("nosuid", "noexec", "mode=0620"),
    "/run": ("nosuid", "nodev", "mode=0755"),
    "/sys/fs/cgroup": ("nosuid", "nodev", "noexec"),
}
"""What systemd mounts by itself before it reads any unit, with the options that it gives (mount-setup.c)."""

# `pull` lines name the links by which something wants the unit, or its automount, at boot; `generated` lines those that
# a generator made.
SCRIPT = r"""
for unit in "$@"; do
  for directory in @directories@; do
    if [ "$directory" = /lib/systemd/system ] && [ -L /lib ]; then continue; fi
    if [ -e "$directory/$unit" ] || [ -L "$directory/$unit" ]; then show "$directory/$unit"; fi
    for file in "$directory/$unit.d"/*.conf; do
      if [ -e "$file" ] || [ -L "$file" ]; then show "$file"; fi
    done
    for pull in "$directory"/*.wants/"$unit" "$directory"/*.requires/"$unit" \
      "$directory"/*.wants/"${unit%.mount}.automount" "$directory"/*.requires/"${unit%.mount}.automount"; do
      if [ ! -L "$pull" ] && [ ! -e "$pull" ]; then continue; fi
      case $directory in
      */generator*) printf 'generated %s\n' "$unit" ;;
      *) printf 'pull %s\n' "$unit" ;;
      esac
    done
  done
done
""".replace("@directories@", " ".join(_DIRECTORIES)).strip()


_OPPOSITES = {word: f"no{word}" for word in ("dev", "suid", "exec")} | {
    f"no{word}": word for word in ("dev", "suid", "exec")
}
_IMPLIED = {
    "user": ("noexec", "nosuid", "nodev"),
    "users": ("noexec", "nosuid", "nodev"),
    "owner": ("nosuid", "nodev"),
    "group": ("nosuid", "nodev"),
}
"""What mount(8) adds to these, unless a later option takes it back."""


@dataclass(frozen=True, slots=True)
class Persistent:
    """What mounts a path at boot."""

    options: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A mount unit as merged: no path when there is none in force."""

    path: str = ""
    masked: bool = False
    options: tuple[str, ...] = ()
    dropped: bool = False
    """True when a drop-in gives the options."""
    pulled: bool = False
    gap: str = ""
    """A file of it that could not be read."""


def unit_name(path: str) -> str:
    r"""Give the name of a path's mount unit: `/dev/shm` > `dev-shm.mount`, other letters as `\xNN`."""
    inner = "/".join(part for part in path.split("/") if part)
    if not inner:
        return "-.mount"
    kept = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_."
    letters = []
    for place, byte in enumerate(inner.encode("utf-8", "surrogateescape")):
        if byte == ord("/"):
            letters.append("-")
        elif byte in kept and not (place == 0 and byte == ord(".")):
            letters.append(chr(byte))
        else:
            letters.append(f"\\x{byte:02x}")
    return "".join(letters) + ".mount"


def fstab_entry(path: str, lines: Sequence[str]) -> Persistent | None:
    """Give the first line of fstab(5) that mounts the path; systemd refuses a second one."""
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        point = unescaped(fields[1])
        if (point.rstrip(b"/") or b"/") == path.encode():
            options = fields[3] if len(fields) > 3 else "defaults"
            return Persistent(tuple(option for option in options.split(",") if option), f"/etc/fstab:{number}")
    return None


def effective(options: Sequence[str]) -> tuple[str, ...]:
    """Give the options that count by mount(8): of two opposite ones the later, and what `user` and the like imply."""
    kept: dict[str, None] = {}
    for option in options:
        for word in (option, *_IMPLIED.get(option, ())):
            kept.pop(_OPPOSITES.get(word, ""), None)
            kept.setdefault(word)
    return tuple(kept)


def read(path: str, files: Files) -> Unit:
    """Merge the mount unit of a path with its drop-ins."""
    name = unit_name(path)
    made = [file for file in files.files if _from_fstab(file, name)]
    pulled = f"pull {name}" in files.others or (f"generated {name}" in files.others and not made)
    unit = _first(files, name)
    drops = list(_drop_ins(files, name))
    closed = [file.path for file in (*([unit] if unit else []), *drops) if file.state is State.UNREADABLE]
    if closed:
        return Unit(gap=closed[0])
    dropped = [value for file in drops for value in _options(file)]
    own = list(_options(unit)) if unit else []
    options = (own + dropped)[-1:]
    return Unit(
        path=unit.path if unit else "",
        masked=unit is not None and _masks(unit),
        options=tuple(option for option in options[0].replace("%%", "%").split(",") if option) if options else (),
        dropped=bool(dropped),
        pulled=pulled,
    )


def persistent(path: str, entry: Persistent | None, unit: Unit, *, booted: bool) -> Persistent | None:
    """Decide what mounts the path at boot, by systemd's precedence; None when nothing does.

    A unit below /etc beats fstab, fstab beats the units of packages, and those what systemd does by itself.
    `booted` says whether systemd is the init system.
    """
    own = unit.path.startswith("/etc/")
    if booted and own and unit.masked:
        return None
    wanted = unit.pulled or _automatic(entry)
    if booted and own and wanted:
        return Persistent(unit.options, unit.path)
    if entry and _automatic(entry):
        return Persistent(unit.options if booted and unit.dropped else entry.options, entry.source)
    if booted and unit.path and not unit.masked and unit.pulled:
        return Persistent(unit.options, unit.path)
    if booted and path in _BUILT_IN:
        return Persistent(_BUILT_IN[path], "systemd")
    if path == "/":
        return Persistent((), "kernel")
    return None


def _automatic(entry: Persistent | None) -> bool:
    return entry is not None and ("noauto" not in entry.options or "x-systemd.automount" in entry.options)


def _first(files: Files, name: str) -> FileText | None:
    for directory in _DIRECTORIES:
        for file in files.files:
            if file.path == f"{directory}/{name}" and file.state is not State.MISSING and not _from_fstab(file, name):
                return file
    return None


def _from_fstab(file: FileText, name: str) -> bool:
    """Tell whether systemd made the unit from fstab: it stays until systemd reads that anew, whatever stands there now."""
    return file.path == f"/run/systemd/generator/{name}" and "SourcePath=/etc/fstab" in (
        line.strip() for line in file.lines
    )


def _drop_ins(files: Files, name: str) -> Iterator[FileText]:
    winners: dict[str, FileText] = {}
    for directory in _DIRECTORIES:
        for file in files.files:
            place, _, base = file.path.rpartition("/")
            if place == f"{directory}/{name}.d":
                winners.setdefault(base, file)
    yield from (winners[base] for base in sorted(winners))


def _masks(file: FileText) -> bool:
    return file.state is State.MASKED or not any(line.strip() for line in file.lines)


def _options(file: FileText) -> Iterator[str]:
    section = ""
    for line in file.lines:
        text = line.strip()
        if text.startswith("["):
            section = text
        elif section == "[Mount]" and text.partition("=")[0].strip() == "Options":
            yield text.partition("=")[2].strip()
