"""Reads what the probes of database servers print: one object per server, and the cells that all servers have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux import stat
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error, unknown

UNLIMITED = 2**53 - 1
"""Stands for a resource without limit; JSON and YAML carry no greater number surely."""

_NUMBER = re.compile(r"[0-9]{1,10}")
_UMASK = re.compile(r"[0-7]{1,4}")
_TOLD = ("file", "denied", "missing", "failed")
_ENABLED = frozenset({"enabled", "enabled-runtime", "alias"})
_OFF = frozenset({"", "no"})
_STATES = frozenset({"Id", "LoadState", "UnitFileState", "WantedBy", "RequiredBy", "UpheldBy"})
_LIMIT = re.compile(r"(Max [a-z ]+?) {2,}(\S+) +(\S+)")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was found: its cells, or a gap; `cells` are all ABSENT for one that is not there."""

    kind: str
    path: str
    cells: Mapping[str, Cell]
    present: bool = True
    gap: Gap | None = None


@dataclass(slots=True)
class Server:
    """What the probe printed about one server, keyed by the first word of each line."""

    pid: str
    session: Session
    told: dict[str, list[str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    whole: bool = False

    @property
    def running(self) -> bool:
        """True for a process, false for a data directory that nobody serves."""
        return self.pid != "-"

    def word(self, key: str) -> str:
        """Give the value of a key that is told once; empty when it is not there."""
        return self.told.get(key, [""])[-1]

    def lines(self, key: str) -> list[str]:
        """Give all values of a key."""
        return self.told.get(key, [])

    def flag(self, key: str) -> bool:
        """True when the key was told."""
        return key in self.told

    def file(self, kind: str) -> File | None:
        """Give the file of a kind that is there, else the one that is not, else None."""
        found = [file for file in self.files if file.kind == kind]
        return next((file for file in found if file.present), found[0] if found else None)

    def trouble(self, kind: str) -> Gap | None:
        """Give why a file could not be looked at."""
        found = self.file(kind)
        return found.gap if found else None

    def denied(self, reason: str) -> Gap:
        """Give the gap for what this session could not see: root is refused for other reasons than its rights."""
        return _denied(reason, self.session)

    def unseen(self, key: str) -> Gap | None:
        """Give why a link below /proc was not told; None when it was."""
        if self.word(key) or not self.running:
            return None
        if self.session.root:
            return error(f"what /proc/PID/{key} leads to was not told")
        return unknown(
            f"/proc/PID/{key} of a process of {self.word('user') or 'another'} may not be read", needs="root"
        )

    def hidden_files(self) -> Gap | None:
        """Give why it is not known which files the server holds open; None when it is."""
        if not self.flag("nofds"):
            return None
        reason = "which files the server holds open may not be seen"
        return error(reason) if self.session.root else unknown(reason, needs="root")


@dataclass(frozen=True, slots=True)
class Servers:
    """All servers of a kind, the devices below them, and why there may be more than these."""

    servers: tuple[Server, ...]
    blocks: tuple[str, ...]
    datasets: Mapping[str, str]
    gap: Gap | None


def read(output: Output, session: Session) -> Servers:
    """Take a probe's output apart. Never raises."""
    servers: list[Server] = []
    others: dict[str, list[str]] = {}
    for raw in output.stdout.split(b"\n"):
        key, _, value = raw.partition(b"\t")
        word = key.decode("ascii", "replace")
        if word == "instance":
            servers.append(Server(shown(value), session))
        elif word == "done" and servers:
            servers[-1].whole = True
        elif servers and not servers[-1].whole:
            _add(servers[-1], word, value)
        elif word:
            others.setdefault(word, []).append(value.decode("utf-8", "replace"))
    gap = output.gap
    if not gap and ("end" not in others or not all(server.whole for server in servers)):
        gap = output.failure("the probe of database servers did not end")
    if not gap and "many" in others:
        gap = error("more than 20 database servers run there, and the rest was not asked")
    if not gap and "hidden" in others:
        gap = unknown("processes of others are hidden", needs="root")
    if not gap and "shut" in others:
        gap = _denied(f"{shown(others['shut'][0].encode())} may not be listed", session)
    datasets = dict(pair for line in others.get("zfs", ()) if (pair := _pair(line)))
    return Servers(tuple(servers), tuple(others.get("block", ())), datasets, gap)


def common_cells(server: Server) -> Row:
    """Give the cells of the process, its account, its unit and its limits."""
    if not server.running:
        cells: dict[str, Cell] = dict.fromkeys(_PROCESS, ABSENT)
        return cells | {"running": False}
    uid, umask = server.word("uid"), server.word("umask")
    container = {"yes": True, "no": False}.get(server.word("container"))
    exe = server.word("exe")
    return {
        "running": True,
        "pid": int(server.pid) if _NUMBER.fullmatch(server.pid) else error("the id of the process is not a number"),
        "user": server.word("user") or ABSENT,
        "uid": int(uid) if _NUMBER.fullmatch(uid) else error("the process's user was not told"),
        "umask": umask.zfill(4) if _UMASK.fullmatch(umask) else error("the kernel does not tell the process's umask"),
        "container": container
        if container is not None
        else _denied("the process's root may not be seen", server.session),
        "confinement": server.word("confined") or ABSENT,
        "binary": exe or server.unseen("exe") or ABSENT,
        "binary_replaced": server.flag("replaced") if exe else server.unseen("exe") or ABSENT,
        "parameters": _parameters(server.lines("arg")),
        **_unit(server),
        **_limits(server.lines("limit")),
    }


_PROCESS = (
    "pid",
    "user",
    "uid",
    "umask",
    "container",
    "confinement",
    "binary",
    "binary_replaced",
    "parameters",
    "unit",
    "unit_enabled",
    "unit_state",
    "sandbox",
    "open_files_limit",
    "processes_limit",
    "unlimited",
)


def directory_cells(server: Server, kind: str) -> Row:
    """Give path and mode of a directory of that kind."""
    found = server.file(kind)
    lost = found.gap if found else None
    path: Cell = found.path if found and found.present else lost or ABSENT
    return {f"{kind}_directory": path, f"{kind}_mode": mode_of(found, lost)}


def port_of(server: Server, configured: Cell) -> Cell:
    """Give the port that a server listens on: the configured one unless it is on others alone, as a socket unit says."""
    listens = sorted(int(line) for line in server.lines("listens") if _NUMBER.fullmatch(line))
    return configured if not listens or configured in listens else listens[0]


def data_cells(server: Server) -> Row:
    """Give mode and owner of the data directory."""
    found = server.file("data")
    lost = (found.gap if found else None) or (None if found else error("the data directory was not looked at"))
    if found is None or lost:
        return dict.fromkeys(("data_mode", "data_owner", "data_owned"), lost or ABSENT)
    return {"data_mode": found.cells["mode"], "data_owner": found.cells["owner"], "data_owned": owned(server, found)}


def owned(server: Server, file: File) -> Cell:
    """Tell whether the account that the server runs as owns a file; absent where nothing runs or the file is not there."""
    uid = server.word("uid")
    if file.gap:
        return file.gap
    return ABSENT if not file.present or not uid else str(file.cells["uid"]) == uid


def mode_of(file: File | None, lost: Gap | None) -> Cell:
    """Give the mode of a file that may not be there."""
    return file.cells["mode"] if file else lost or ABSENT


def _add(server: Server, word: str, value: bytes) -> None:
    if word not in _TOLD:
        server.told.setdefault(word, []).append(shown(value))
        return
    kind, _, rest = value.partition(b"\t")
    name = kind.decode("ascii", "replace")
    *told, path = rest.split(b"\t", 7)
    where = shown(path)
    cells = stat.cells(b"\t".join(told)) if word == "file" else None
    gap: Gap | None = None
    if word == "denied":
        gap = _denied(f"{where or f'a file ({name})'} may not be seen", server.session)
    elif word != "missing" and cells is None:
        gap = error(f"stat did not answer for {where or f'a file ({name})'}")
    server.files.append(File(name, where, cells or stat.every(gap or ABSENT), word != "missing", gap))


def _denied(reason: str, session: Session) -> Gap:
    return error(reason) if session.root else unknown(reason, needs="root")


def _pair(line: str) -> tuple[str, str] | None:
    name, tab, value = line.partition("\t")
    return (name, value) if tab else None


def _parameters(args: Sequence[str]) -> dict[str, str]:
    """Give the options of a command line: after each name what follows `=`, or the next word, or nothing."""
    found: dict[str, str] = {}
    waits = ""
    for word in args[1:]:
        if waits == "-c" or word.startswith("--"):
            name, _, value = word.removeprefix("--").partition("=")
            found[name] = value
            waits = "" if "=" in word else name
        elif word.startswith("-") and len(word) > 1:
            found[word[1]] = word[2:]
            waits = "" if word[2:] else word[1] if word != "-c" else "-c"
        elif waits:
            found[waits] = word
            waits = ""
    return {name: value for name, value in found.items() if name != "c"}


def _unit(server: Server) -> dict[str, Cell]:
    names = ("unit", "unit_enabled", "unit_state", "sandbox")
    if not server.flag("systemd"):
        return dict.fromkeys(names, unknown("systemd does not run there, so what starts the server is not told"))
    unit = server.word("service")
    if not unit:
        return dict.fromkeys(names, ABSENT)
    state = dict(line.split("=", 1) for line in server.lines("unit") if "=" in line)
    if not state.get("LoadState"):
        cells: dict[str, Cell] = dict.fromkeys(names, error("systemctl did not tell the unit's state"))
        return cells | {"unit": unit}
    return {
        "unit": unit,
        "unit_enabled": _enabled(state, server.lines("puller")),
        "unit_state": state.get("UnitFileState") or ABSENT,
        "sandbox": sorted(
            f"{name}={value}" for name, value in state.items() if name not in _STATES and value not in _OFF
        ),
    }


def _enabled(unit: Mapping[str, str], pullers: Sequence[str]) -> bool:
    """Tell whether the boot starts a unit: a target wants it, or a unit that is enabled itself (an instance's parent)."""
    wanting = [name for key in ("WantedBy", "RequiredBy", "UpheldBy") for name in unit.get(key, "").split()]
    if any(name.endswith(".target") for name in wanting):
        return True
    states = dict(_states(pullers))
    if wanting:
        return any(states.get(name) in _ENABLED for name in wanting)
    return unit.get("UnitFileState") in _ENABLED


def _states(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        key, _, value = line.partition("=")
        if key == "Id":
            name = value
        elif key == "UnitFileState":
            yield name, value


def _limits(lines: Sequence[str]) -> dict[str, Cell]:
    soft = {match[1].removeprefix("Max "): match[2] for line in lines if (match := _LIMIT.match(line))}
    if not soft:
        return dict.fromkeys(_PROCESS[-3:], error("/proc/PID/limits could not be read"))
    return {
        "open_files_limit": _number(soft.get("open files", "")),
        "processes_limit": _number(soft.get("processes", "")),
        "unlimited": sorted(name for name, value in soft.items() if value == "unlimited"),
    }


def _number(text: str) -> Cell:
    if text == "unlimited":
        return UNLIMITED
    return int(text) if _NUMBER.fullmatch(text) else error("a limit is not a number")
