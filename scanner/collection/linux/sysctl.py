"""Collects the assignments of kernel parameters that are applied at boot: sysctl.d(5), and ufw's own file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux.kernel import dotted
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, Files, FileText, State, read_files, unreadable
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error

FACTS = ("linux.sysctl_setting",)

_ASKED = "cat /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf and ufw's IPT_SYSCTL"
_SERVICE = "/etc/systemd/system/systemd-sysctl.service"
_DIRECTORIES = (
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
)
_UFW_DEFAULTS = "/etc/default/ufw"
_UFW_CONF = "/etc/ufw/ufw.conf"

_SCRIPT = (
    SHOW
    + r"""
for directory in @directories@; do
  if [ "$directory" = /lib/sysctl.d ] && [ -L /lib ]; then continue; fi
  if [ -d "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then
    printf '!%s\n' "$directory"
  fi
  for file in "$directory"/*.conf; do
    if [ -e "$file" ] || [ -L "$file" ]; then show "$file"; fi
  done
done
if [ -L @service@ ]; then show @service@; fi
if [ -e /etc/ufw/ufw.conf ]; then
  show /etc/ufw/ufw.conf
  show /etc/default/ufw
  file=$(sed -n 's/^[[:blank:]]*IPT_SYSCTL=//p' /etc/default/ufw | tail -n 1 | tr -d "\"' ")
  case $file in /*) show "$file" ;; esac
fi
""".replace("@directories@", " ".join(_DIRECTORIES)).replace("@service@", _SERVICE)
)

_GLOB = re.compile(r"[*?\[]")
_SHELL_ASSIGNMENT = re.compile(r"""\s*(?:export\s+)?(\w+)=["']?([^"'\s]*)""")


@dataclass(frozen=True, slots=True)
class _Setting:
    name: str
    value: str | None
    path: str
    line: int
    loader: str
    ignore_failure: bool

    @property
    def glob(self) -> bool:
        return bool(_GLOB.search(self.name))


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe: it shows all files, what masks what is decided here."""
    return [Probe("linux.sysctl_setting", _SCRIPT.strip())] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: rows in the order of application, so that of two for one parameter the higher `order` wins.

    Globs come first: systemd-sysctl applies them only to parameters that no line names outright. Where
    systemd-sysctl.service is masked, nothing of sysctl.d(5) is applied and none of it is listed.
    """
    output = output_of(outputs, "linux.sysctl_setting")
    gap = output.gap
    rows: tuple[Row, ...] = ()
    if not gap:
        files = read_files(output.stdout)
        settings = sorted(_systemd(files), key=lambda setting: not setting.glob) + list(_ufw(files))
        rows = tuple(_row(order, setting) for order, setting in enumerate(settings, start=1))
        gap = _gap(files, session)
    provenance = session.provenance(_ASKED)
    return [Evidence(query, rows, gap, provenance) for query in queries]


def _row(order: int, setting: _Setting) -> Row:
    return {
        "name": setting.name,
        "value": ABSENT if setting.value is None else setting.value,
        "path": setting.path,
        "line": setting.line,
        "order": order,
        "loader": setting.loader,
        "glob": setting.glob,
        "ignore_failure": setting.ignore_failure,
    }


def _gap(files: Files, session: Session) -> Gap | None:
    closed = [file.path for file in files.files if file.state is State.UNREADABLE]
    if closed:
        return unreadable(closed[0], session)
    if files.others:
        return error(f"{len(files.others)} lines of the answer are not understood")
    return None


def _systemd(files: Files) -> Iterator[_Setting]:
    if any(file.path == _SERVICE and file.state is State.MASKED for file in files.files):
        return
    winners: dict[str, FileText] = {}
    for directory in _DIRECTORIES:
        for file in files.files:
            place, _, name = file.path.rpartition("/")
            if place == directory and file.state is not State.MISSING:
                winners.setdefault(name, file)
    listed: set[str] = set()
    for name in sorted(winners):
        file = winners[name]
        path = file.real if file.real and file.real not in listed else file.path
        listed.add(path)
        yield from _settings(file, path, "systemd-sysctl")


def _ufw(files: Files) -> Iterator[_Setting]:
    conf = _shell_values(files.get(_UFW_CONF))
    named = _shell_values(files.get(_UFW_DEFAULTS)).get("IPT_SYSCTL", "")
    if conf.get("ENABLED", "").lower() == "yes" and named:
        yield from _settings(files.get(named), named, "ufw")


def _settings(file: FileText, path: str, loader: str) -> Iterator[_Setting]:
    for number, line in enumerate(file.lines, start=1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        key, equals, value = text.partition("=")
        key = key.strip()
        ignore = key.startswith("-")
        # A line without `=` excludes its parameter from globs when it begins with `-`, else it does nothing.
        if equals or ignore:
            name = dotted(key.removeprefix("-").strip())
            yield _Setting(name, value.strip() if equals else None, path, number, loader, ignore)


def _shell_values(file: FileText) -> dict[str, str]:
    found = (_SHELL_ASSIGNMENT.match(line) for line in file.lines)
    return {match.group(1): match.group(2) for match in found if match}
