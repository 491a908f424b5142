"""Resolves PAM configuration: which file serves a service, and the modules of its stacks after all inclusions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.pam_lines import TYPES, Line, actions_of, bare, logical_lines
from scanner.collection.linux.sections import Files, FileText, State
from scanner.model.evidence import Gap, error

ETC, VENDOR, SINGLE = "/etc/pam.d", "/usr/lib/pam.d", "/etc/pam.conf"

_DEEPEST_SUBSTACK = 16
_DEEPEST_INCLUDE = 32
_MOST_MODULES = 60
_MOST_LINES = 3_000
_LEFT_OVER = (".pam-old", ".bak", ".orig", ".save", ".swp", "~")
_LEFT_OVER_INNER = (".dpkg-", ".ucf-", ".rpm")


@dataclass(frozen=True, slots=True)
class Handler:
    """One module of a stack, or the mark of a substack (`module` empty), whose modules follow one level deeper."""

    module: str
    control: str
    actions: Mapping[str, str]
    arguments: tuple[str, ...]
    level: int
    path: str
    line: int


@dataclass(slots=True)
class Service:
    """The stacks that a service has of its own, by type; a gap where Linux-PAM could not build one, or we not read it."""

    name: str
    stacks: dict[str, list[Handler]] = field(default_factory=dict)
    broken: dict[str, Gap] = field(default_factory=dict)
    lines: int = 0
    """Lines read for it so far, inclusions counted as often as they come."""


class Resolver:
    """Builds the stacks of services from the files as shown by the probe."""

    def __init__(self, files: Files, denied: Callable[[str], Gap]) -> None:
        self._files = {file.path: file for file in files.files}
        self._denied = denied

    def services(self, folders: Sequence[str]) -> Iterator[Service]:
        """Give all services; `folders` are those of /etc/pam.d and /usr/lib/pam.d that exist.

        /etc/pam.conf counts only where neither exists. Parts that others include (`common-*`) and left-over copies
        of files are no services. Source: pam.d(5).
        """
        if not folders:
            yield from self._of_single_file()
            return
        names = {path.rpartition("/")[2] for path in self._files if path.rpartition("/")[0] in folders}
        for name in sorted(name for name in names if is_service(name)):
            service = Service(name)
            file = next((found for found in map(self._file, (f"{ETC}/{name}", f"{VENDOR}/{name}")) if found), None)
            if file is not None:
                self._add_file(service, file, None, 0, 0)
                yield service

    def _file(self, path: str) -> FileText | None:
        """Give a file that fopen(3) would open; one that is not there, or a link to nowhere, gives None."""
        file = self._files.get(path)
        return None if file is None or file.state is State.MISSING else file

    def _of_single_file(self) -> Iterator[Service]:
        found: dict[str, Service] = {}
        file = self._file(SINGLE)
        if file is None:
            return
        if file.state is State.UNREADABLE:
            yield Service("other", broken=dict.fromkeys(TYPES, self._denied(SINGLE)))
            return
        for line in logical_lines(file.lines):
            if isinstance(line, str):
                for service in found.values():
                    _break(service, None, f"{SINGLE}: {line}")
                break
            name = line.words[0].lower()
            service = found.setdefault(name, Service(name))
            self._add_line(service, Line(line.number, line.words[1:]), SINGLE, None, 0, 0)
        yield from found.values()

    def _add_file(self, service: Service, file: FileText, kind: str | None, level: int, depth: int) -> None:
        if file.state is State.UNREADABLE:
            _lack(service, kind, self._denied(file.path))
            return
        if file.state is State.MASKED:
            return
        for line in logical_lines(file.lines):
            if isinstance(line, str):
                _break(service, kind, f"{file.path}: {line}")
                return
            self._add_line(service, line, file.path, kind, level, depth)

    def _add_line(self, service: Service, line: Line, path: str, kind: str | None, level: int, depth: int) -> None:
        """Add one line; `kind` is the type that an inclusion asked for, None for all."""
        place = f"{path}:{line.number}"
        service.lines += 1
        if service.lines > _MOST_LINES:
            _break(service, None, f"{place}: more than {_MOST_LINES} lines make up the service")
            return
        first = bare(line.words[0]).removeprefix("-").lower() if line.words else ""
        if first == "@include":
            self._include(service, line.words[1:2], place, kind, level, depth)
            return
        if first not in TYPES:
            _break(service, kind or "auth", f"{place}: {first[:40]!r} is no type of PAM module")
            return
        if kind not in (None, first):
            return
        control = line.words[1] if len(line.words) > 1 else ""
        if bare(control).lower() in ("include", "substack"):
            sub = bare(control).lower() == "substack"
            if sub:
                mark = Handler("", control, {}, (), level, path, line.number)
                service.stacks.setdefault(first, []).append(mark)
            self._include(service, line.words[2:3], place, first, level + sub, depth)
        elif len(line.words) < 3:
            _break(service, first, f"{place}: the line names no module")
        elif first not in service.broken:
            module, *arguments = map(bare, line.words[2:])
            handler = Handler(module, control, actions_of(control), tuple(arguments), level, path, line.number)
            service.stacks.setdefault(first, []).append(handler)
            if len(service.stacks[first]) > _MOST_MODULES:
                _break(service, first, f"{place}: the stack is too long")

    def _include(
        self, service: Service, words: Sequence[str], place: str, kind: str | None, level: int, depth: int
    ) -> None:
        target = bare(words[0]) if words else ""
        path = target if target.startswith("/") else f"{ETC}/{target}"
        file = self._file(path)
        if kind in service.broken or service.lines > _MOST_LINES:
            return
        if level >= _DEEPEST_SUBSTACK or depth >= _DEEPEST_INCLUDE:
            _break(service, kind, f"{place}: files include each other too deeply")
        elif file is None:
            beside = f" (only {VENDOR}/{target} exists)" if self._file(f"{VENDOR}/{target}") else ""
            _break(service, kind, f"{place}: {path} is included and does not exist{beside}")
        else:
            self._add_file(service, file, kind, level, depth + 1)


def is_service(name: str) -> bool:
    """True for the name of a service; false for parts that are only included, and for left-over copies of files."""
    left_over = name.endswith(_LEFT_OVER) or any(part in name for part in _LEFT_OVER_INNER)
    return not (name.startswith((".", "common-")) or left_over)


def _break(service: Service, kind: str | None, why: str) -> None:
    _lack(service, kind, error(why))


def _lack(service: Service, kind: str | None, gap: Gap) -> None:
    for each in (kind,) if kind else TYPES:
        service.broken.setdefault(each, gap)
