"""Asks for the PAM configuration of a host: services, modules as they are reached, and the modules' settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from scanner.collection.linux.pam_lines import TYPES, Line, bare, logical_lines
from scanner.collection.linux.pam_settings import (
    FAILLOCK,
    PWHISTORY,
    PWQUALITY,
    PWQUALITY_PARTS,
    Setting,
    faillock,
    is_broken,
    pwhistory,
    pwquality,
)
from scanner.collection.linux.pam_stack import ETC, VENDOR, Handler, Resolver, Service
from scanner.collection.linux.pam_walk import Step, courses
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, Files, State, read_files, unreadable
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.pam_module", "linux.pam_setting")

_ASKED = "cat of /etc/pam.d, /usr/lib/pam.d and the modules' files in /etc/security"
_MOST_SERVICES = 300
_CELLS = (
    *("module", "control", "arguments", "installed", "reached", "bypassed_by", "overridden_by", "catches"),
    *("path", "line"),
)
_STANDARD = re.compile(r"/(?:usr/)?lib(?:/[^/]+)?/security/(?P<name>[^/]+)")

# Files that lines name outright (`include /…`, `conf=/…`) are shown too, those they name in turn up to five deep.
PROBE = Probe(
    "pam",
    SHOW
    + r"""
each() { # directory, then patterns below it
  if [ -d "$1" ] && [ -r "$1" ] && [ -x "$1" ]; then
    printf 'folder %s\n' "$1"
    for file in "$1"/* "$1"/.[!.]*; do
      if [ -d "$file" ]; then continue; fi
      if [ -e "$file" ] || [ -L "$file" ]; then
        case $file in *"$2") show "$file" ;; esac
      fi
    done
  elif [ -d "$1" ]; then
    printf '!%s\n' "$1"
  else
    case $(ls -dL "$1" 2>&1) in *'Permission denied') printf '!%s\n' "$1" ;; esac
  fi
}
named() {
  sed -n -e 's/^[^#]*[[:blank:]][Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:blank:]]\{1,\}\(\/[^[:blank:]#]*\).*/\1/p' \
    -e 's/^[^#]*[[:blank:]][Ss][Uu][Bb][Ss][Tt][Aa][Cc][Kk][[:blank:]]\{1,\}\(\/[^[:blank:]#]*\).*/\1/p' \
    -e 's/^[^#]*@[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:blank:]]\{1,\}\(\/[^[:blank:]#]*\).*/\1/p' \
    -e 's/^[^#]*[[:blank:]]conf=\(\/[^[:blank:]#]*\).*/\1/p' "$@" 2>/dev/null | sort -u
}
each /etc/pam.d ''
each /usr/lib/pam.d ''
show /etc/pam.conf
set -- /etc/pam.d/* /usr/lib/pam.d/* /etc/pam.conf
IFS='
'
seen=' '
for round in 1 2 3 4 5; do
  found=$(named "$@")
  set --
  set -f
  for path in $found; do
    case $seen in *" $path "*) continue ;; esac
    seen="$seen$path "
    [ -d "$path" ] || show "$path"
    set -- "$@" "$path"
  done
  set +f
  [ "$#" -gt 0 ] || break
done
show /etc/security/faillock.conf
show /etc/security/pwhistory.conf
show /etc/security/pwquality.conf
each /etc/security/pwquality.conf.d .conf
for folder in /usr/lib/*/security /usr/lib/security /lib/*/security /lib/security; do
  for module in "$folder"/*.so; do
    if [ -e "$module" ]; then printf 'module %s\n' "${module##*/}"; fi
    case $module in */pam_pwhistory.so)
      if grep -q /pwhistory.conf "$module"; then echo 'reads pwhistory.conf'; fi ;;
    esac
  done
done | sort -u
echo end
""",
    limit=2 * 2**20,
    cost=1,
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe that all facts of PAM share."""
    return [PROBE] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: modules of all services, and settings; what could not be read is a gap of its service or file."""
    output = output_of(outputs, PROBE.name)
    provenance = session.provenance(_ASKED)
    shown = _Shown.of(output, session)
    found: dict[str, tuple[tuple[Row, ...], Gap | None]] = {}
    for fact in {query.fact for query in queries}:
        found[fact] = _modules(shown) if fact == "linux.pam_module" else (tuple(_settings(shown)), shown.settings_gap)
    return [Evidence(query, *found[query.fact], provenance) for query in queries]


@dataclass(frozen=True, slots=True)
class _Shown:
    """The probe's output taken apart."""

    files: Files
    folders: tuple[str, ...]
    modules: frozenset[str]
    reads_pwhistory: bool
    denied: Callable[[str], Gap]
    gap: Gap | None
    """Why services may be missing."""
    settings_gap: Gap | None
    """Why settings may be missing."""

    @classmethod
    def of(cls, output: Output, session: Session) -> _Shown:
        files = read_files(output.stdout)
        words = [line.partition(" ") for line in files.others]
        known = ("folder", "module", "reads", "end")
        lost = output.gap
        if lost is None and (output.status != 0 or ("end", "", "") not in words):
            lost = output.failure("the PAM configuration could not be read")
        if lost is None and any(word not in known for word, _, _ in words):
            lost = error("a part of the answer is not understood (a file name with a newline?)")
        denied = partial(unreadable, session=session)
        return cls(
            files,
            tuple(rest for word, _, rest in words if word == "folder"),
            frozenset(rest for word, _, rest in words if word == "module"),
            any(word == "reads" for word, _, _ in words),
            denied,
            lost or _closed(files, (ETC, VENDOR), denied),
            lost or _closed(files, (PWQUALITY, PWQUALITY_PARTS, FAILLOCK, PWHISTORY), denied),
        )


def _closed(files: Files, paths: Sequence[str], denied: Callable[[str], Gap]) -> Gap | None:
    """Give why one of these, or a file of the drop-ins, is not known."""
    for file in files.files:
        folder = file.path.rpartition("/")[0]
        if file.state is State.UNREADABLE and (file.path in paths or (folder in paths and folder == PWQUALITY_PARTS)):
            return denied(file.path)
    return None


def _modules(shown: _Shown) -> tuple[tuple[Row, ...], Gap | None]:
    folders = [folder for folder in shown.folders if folder in (ETC, VENDOR)]
    services = list(islice(Resolver(shown.files, shown.denied).services(folders), _MOST_SERVICES + 1))
    gap = shown.gap
    if gap is None and len(services) > _MOST_SERVICES:
        gap = error(f"there are more than {_MOST_SERVICES} services")
    return tuple(row for service in services[:_MOST_SERVICES] for row in _of_service(service, shown)), gap


def _of_service(service: Service, shown: _Shown) -> Iterator[Row]:
    for kind in TYPES:
        gap = service.broken.get(kind)
        if gap is not None:
            yield _broken(service, kind, gap)
        elif kind in service.stacks:
            yield from _stack(service, kind, shown)


def _broken(service: Service, kind: str, gap: Gap) -> Row:
    return {"service": service.name, "type": kind, "order": 0, **dict.fromkeys(_CELLS, gap)}


def _stack(service: Service, kind: str, shown: _Shown) -> Iterator[Row]:
    handlers = service.stacks[kind]
    names = [_name(handler) for handler in handlers]
    there = [_installed(handler, shown) for handler in handlers]
    steps = tuple(
        Step(name, tuple(handler.actions.items()), handler.level, installed is not False)
        for handler, name, installed in zip(handlers, names, there, strict=True)
    )
    # Marks of substacks are no modules: they take no number.
    numbers: dict[int, int] = {}
    for place, handler in enumerate(handlers):
        if handler.module:
            numbers[place] = len(numbers) + 1
    for place, course in enumerate(courses(steps, kind)):
        if place in numbers:
            yield {
                "service": service.name,
                "type": kind,
                "order": numbers[place],
                "module": names[place],
                "control": handlers[place].control,
                "arguments": list(handlers[place].arguments),
                "installed": there[place],
                "reached": course.reached,
                "bypassed_by": list(course.bypassed_by),
                "overridden_by": list(course.overridden_by),
                "catches": [numbers[each] for each in course.catches if each in numbers],
                "path": handlers[place].path,
                "line": handlers[place].line,
            }


def _name(handler: Handler) -> str:
    """Give `pam_unix` for a module of the system's folders, the path as written for any other."""
    match = _STANDARD.fullmatch(handler.module)
    name = match["name"] if match else handler.module
    return name if "/" in name else name.removesuffix(".so")


def _installed(handler: Handler, shown: _Shown) -> bool | Gap:
    match = _STANDARD.fullmatch(handler.module)
    name = match["name"] if match else handler.module
    if "/" in name:
        return error(f"{name} lies outside of the system's folders of modules")
    return name in shown.modules


def _settings(shown: _Shown) -> Iterator[Row]:
    shown_whole = [file for file in shown.files.files if file.state is State.SHOWN]
    parts = [file for file in shown_whole if file.path.rpartition("/")[0] == PWQUALITY_PARTS]
    main = [file for file in shown_whole if file.path == PWQUALITY]
    yield from _rows("pwquality", pwquality([*sorted(parts, key=lambda file: os.fsencode(file.path)), *main]))
    for reader, path in sorted({("faillock", FAILLOCK), ("pwhistory", PWHISTORY), *_named(shown)}):
        yield from _own(reader, path, shown)


def _named(shown: _Shown) -> Iterator[tuple[str, str]]:
    """Give reader and path of each `conf=` in the configuration."""
    for file in shown.files.files:
        for line in logical_lines(file.lines):
            words = [bare(word) for word in line.words] if isinstance(line, Line) else []
            readers = {word.rpartition("/")[2].removesuffix(".so").removeprefix("pam_") for word in words}
            for word in words:
                if word.startswith("conf="):
                    path = word.removeprefix("conf=")
                    yield from ((reader, path) for reader in readers & {"faillock", "pwhistory"})


def _own(reader: str, path: str, shown: _Shown) -> Iterator[Row]:
    """Give the settings that pam_faillock or pam_pwhistory reads from this file; `line` 0 where it cannot."""
    file = next((file for file in shown.files.files if file.path == path), None)
    default = path in (FAILLOCK, PWHISTORY)
    if file is None or file.state is State.UNREADABLE:
        gap = shown.denied(path) if file else shown.settings_gap or error(f"{path} was not shown by the probe")
        yield _lost(reader, path, gap)
    elif file.state is State.MISSING:
        if reader == "faillock" and not default:
            yield _lost(reader, path, error(f"{path} does not exist, so that pam_faillock fails"))
    elif reader == "faillock":
        broken = error(f"{path} has a line too long for pam_faillock")
        yield from [_lost(reader, path, broken)] if is_broken(file) else _rows(reader, faillock(file))
    else:
        heeded = shown.reads_pwhistory
        yield from _rows(reader, [replace(one, read=one.read and heeded) for one in pwhistory(file)])


def _rows(reader: str, settings: Sequence[Setting]) -> Iterator[Row]:
    for one in settings:
        yield {
            "reader": reader,
            "name": one.name,
            "value": one.value,
            "path": one.path,
            "line": one.line,
            "counts": one.read,
        }


def _lost(reader: str, path: str, gap: Gap) -> Row:
    return {"reader": reader, "path": path, "line": 0, "name": gap, "value": gap, "counts": gap}
