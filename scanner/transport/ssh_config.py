"""The user's ssh_config, parsed by paramiko after `Include` lines were filled in."""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.model.errors import ConfigurationError
from scanner.transport.errors import because, plain

if TYPE_CHECKING:
    from paramiko import SSHConfig

_INCLUDE = re.compile(r"\s*include(?:\s*=\s*|\s+)(.+)", re.IGNORECASE)
_BLOCK = re.compile(r"\s*(host|match)(?:\s*=\s*|\s+)(.+)", re.IGNORECASE)
_EVERYWHERE = ("host *", "match all")
_CRITERIA = {"all": 0, "canonical": 0, "final": 0, "host": 1, "localuser": 1, "originalhost": 1, "user": 1}
"""Words of a Match line that paramiko judges as ssh does > how many arguments they take."""
_UNSUPPORTED = "ControlproofUnsupported"
"""A keyword of our own: what holds for a host and cannot be honoured is found under it."""
_DEPTH = 16

SYSTEM = "/etc/ssh/ssh_config"


@dataclass(slots=True)
class _Reading:
    """The lines so far, and whether they stand in a block that holds for some hosts only."""

    lines: list[str]
    files: list[Path]
    block: str = "Host *"

    @property
    def conditional(self) -> bool:
        return " ".join(self.block.lower().split()) not in _EVERYWHERE


def _signature(files: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    def one(path: Path) -> tuple[int, int]:
        try:
            about = path.stat()
        except OSError:
            return (0, 0)
        return (about.st_mtime_ns, about.st_size)

    return tuple(one(path) for path in files)


_Cached = tuple[list[Path], tuple[tuple[int, int], ...], "SSHConfig"]
_cache: dict[tuple[tuple[str, ...], str], _Cached] = {}
_lock = threading.Lock()


def lookup(paths: Sequence[str], host: str, user: str = "") -> Mapping[str, str | list[str]]:
    """Give the settings that hold for a host: keyword in lower case > value; the first file and value win.

    `user` is the account that the inventory names: it beats the files, and Match lines see it. A path that is
    not there is empty. Raises ConfigurationError for what cannot be read or is not supported, naming the
    `openssh` transport, which runs the user's own ssh.
    """
    try:
        found: Mapping[str, str | list[str]] = _parsed(tuple(paths), user).lookup(host)
    except ConfigurationError:
        raise
    except Exception as exc:
        # paramiko's parser lets many kinds through: KeyError, ValueError, OSError, its own
        raise _unsupported(paths, f"a setting ({because(exc)})") from None
    missing = found.get(_UNSUPPORTED.lower())
    if isinstance(missing, str):
        raise _unsupported(paths, f"{missing}, which holds for {plain(host, 80)},")
    return found


def _parsed(paths: tuple[str, ...], user: str) -> SSHConfig:
    from paramiko import SSHConfig

    class Config(SSHConfig):
        # identities may name the user, whom the inventory may change; they are expanded by ssh_settings
        TOKENS_BY_CONFIG_KEY = {**SSHConfig.TOKENS_BY_CONFIG_KEY, "identityfile": []}  # noqa: RUF012

    with _lock:
        held = _cache.get((paths, user))
        if held is not None and _signature(held[0]) == held[1]:
            return held[2]
        config = Config()
        files: list[Path] = []
        config.parse(iter([f"User {user}"] if user else []))
        for path in paths:
            reading = _Reading([], files)
            _read(Path(path), _base(path), reading, 0)
            config.parse(iter(reading.lines))
        _cache[paths, user] = (files, _signature(files), config)
        return config


def _base(path: str) -> Path:
    """Give the directory against which ssh_config(5) reads relative Include paths."""
    return Path(SYSTEM).parent if path == SYSTEM else Path("~/.ssh").expanduser()


def _read(path: Path, base: Path, reading: _Reading, depth: int) -> None:
    if depth > _DEPTH:
        raise ConfigurationError(f"{path}: Include lines lead in a circle")
    reading.files.append(path)
    try:
        text = path.read_text("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as exc:
        raise ConfigurationError(f"{path}: cannot be read: {because(exc)}") from None
    outside, conditional = reading.block, reading.conditional
    if depth and conditional and any(_BLOCK.fullmatch(line) for line in text.splitlines()):
        reading.lines.append(f"{_UNSUPPORTED} an Include of blocks inside a block")
        return
    for line in text.splitlines():
        include, block = _INCLUDE.fullmatch(line), _BLOCK.fullmatch(line)
        if include is not None:
            _include(include.group(1), base, reading, depth, path)
        elif block is not None:
            reading.block = line.strip()
            reading.lines += [line] if block.group(1).lower() == "host" else _match(block.group(2))
        else:
            reading.lines.append(line)
    if reading.block != outside:
        reading.block = outside
        reading.lines.append(outside)


def _match(criteria: str) -> list[str]:
    """Write a Match line with what paramiko can judge; what it cannot is marked, for it would take it as true."""
    words, kept, odd = shlex.split(criteria), list[str](), list[str]()
    while words:
        word = words.pop(0)
        name = word.lstrip("!").lower()
        if name not in _CRITERIA:
            odd.append(plain(name, 40))
            del words[:1]
            continue
        kept += [word, *(shlex.quote(argument) for argument in words[: _CRITERIA[name]])]
        del words[: _CRITERIA[name]]
    marks = [f"{_UNSUPPORTED} `Match {' '.join(odd)}`"] if odd else []
    return [f"Match {' '.join(kept) or 'all'}", *marks]


def _include(patterns: str, base: Path, reading: _Reading, depth: int, path: Path) -> None:
    try:
        words = shlex.split(patterns)
    except ValueError as exc:
        raise ConfigurationError(f"{path}: an Include line cannot be read: {exc}") from None
    for word in words:
        pattern = Path(word).expanduser()
        absolute = pattern if pattern.is_absolute() else base / pattern
        for found in sorted(Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor)))):
            _read(found, base, reading, depth + 1)


def _unsupported(paths: Sequence[str], what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{', '.join(paths)}: {plain(what)} is not supported by the ssh transport (use `transport: openssh`)"
    )
