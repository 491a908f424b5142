"""Works out how sudo behaves globally: the last global setting, else what was compiled in, checked by `sudo -V`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.probe import Output
from scanner.collection.linux.sudo_files import Policy
from scanner.collection.linux.sudo_grammar import Default
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

NAMES = ("use_pty", "logfile", "authenticate", "timestamp_timeout")

_MINUTES = re.compile(r"-?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
_VERSION = re.compile(r"Sudo version ((\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?\S*)")
_PTY_SINCE = (1, 9, 14)


@dataclass(frozen=True, slots=True)
class Program:
    """What sudo says of itself: version, compiled defaults, and (asked by root) the settings in force."""

    version: str | Gap
    options: str = ""
    compiled: dict[str, Cell] = field(default_factory=dict)
    in_force: dict[str, Cell] = field(default_factory=dict)
    path: str = ""


def program(output: Output) -> Program:
    """Read `sudo -V`; without it, or from another implementation, the version is a gap."""
    said = {name: text for name, _, text in (line.partition(": ") for line in output.lines)}
    match = next((found for line in output.lines if (found := _VERSION.match(line))), None)
    if match is None:
        return Program(output.gap or error("sudo -V did not say that it is the sudo whose files are known here"))
    options = said.get("Configure options", "")
    number = tuple(int(part or 0) for part in match.groups()[1:])
    minutes = re.search(r"--with-timeout=(\S+)", options)
    compiled: dict[str, Cell] = {
        "use_pty": number >= _PTY_SINCE,
        "authenticate": True,
        "logfile": ABSENT,
        "timestamp_timeout": seconds(minutes[1] if minutes else "5"),
    }
    if "Sudoers path" not in said:
        return Program(match[1], options, compiled)
    in_force: dict[str, Cell] = {
        "use_pty": any(line.startswith("Always run commands in a pseudo-tty") for line in output.lines),
        "authenticate": any(line.startswith("Require users to authenticate") for line in output.lines),
        "logfile": said.get("Path to log file", ABSENT),
        "timestamp_timeout": seconds(said.get("Authentication timestamp timeout", "").removesuffix(" minutes")),
    }
    return Program(match[1], options, compiled, in_force, said["Sudoers path"])


def seconds(minutes: str) -> Cell:
    """Give a number of minutes as seconds, absent for a negative one, which never ends; a gap for what sudo refuses."""
    if not _MINUTES.fullmatch(minutes.strip()):
        return error(f"{minutes[:40]!r} is not a number of minutes")
    found = float(minutes) * 60
    if found < 0:
        return ABSENT
    return int(found) if found.is_integer() else found


def settings(policy: Policy, sudo: Program) -> Row:
    """Give the row of linux.sudo_settings."""
    if not policy.installed and policy.gap is None:
        return {"installed": False, "version": ABSENT, **dict.fromkeys(NAMES, ABSENT)}
    if not policy.installed:
        return {"installed": policy.gap or False, "version": sudo.version, **dict.fromkeys(NAMES, policy.gap or ABSENT)}
    lacking = policy.gap or (sudo.version if isinstance(sudo.version, Gap) else None)
    defaults = [placed.entry for placed in policy.entries if isinstance(placed.entry, Default)]
    cells = {name: lacking or _cell(name, defaults, sudo) for name in NAMES}
    return {"installed": True, "version": sudo.version, **cells}


def _cell(name: str, defaults: Sequence[Default], sudo: Program) -> Cell:
    named = [one for one in defaults if one.name == name]
    general = [one for one in named if one.scope == "global"]
    found = _set(general[-1]) if general else sudo.compiled[name]
    if isinstance(found, Gap) or name not in sudo.in_force:
        return found
    scoped = any(one.scope not in ("global", "command") for one in named)
    if not scoped and sudo.in_force[name] != found:
        return error(f"sudo -V speaks of another {name} than the files")
    return found


def _set(default: Default) -> Cell:
    if default.name in ("use_pty", "authenticate"):
        return default.operator != "!" if default.operator in ("", "!") else _refused(default)
    if default.operator == "!":
        return 0 if default.name == "timestamp_timeout" else ABSENT
    if default.operator != "=":
        return _refused(default)
    if default.name == "timestamp_timeout":
        return seconds(default.value)
    return default.value if default.value.startswith("/") else _refused(default)


def _refused(default: Default) -> Gap:
    return error(f"{default.name} is set in a way that sudo refuses (line {default.line})")
