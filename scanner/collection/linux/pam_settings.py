"""Reads the configuration files of PAM modules as each module does: which setting of a name is in force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.collection.linux.sections import FileText

PWQUALITY, PWQUALITY_PARTS = "/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d"
FAILLOCK, PWHISTORY = "/etc/security/faillock.conf", "/etc/security/pwhistory.conf"

_NUMBERS = frozenset(
    re.findall(
        r"\w+",
        "difok minlen dcredit ucredit lcredit ocredit minclass maxrepeat maxclassrepeat maxsequence gecoscheck "
        "dictcheck usercheck usersubstr enforcing retry",
    )
)
_OTHERS = frozenset({"badwords", "dictpath", "enforce_for_root", "local_users_only"})
_NUMBER = re.compile(r"\s*[-+]?[0-9]+")
_LARGEST = 2**31 - 1
_LONGEST = 1023
_SPACE = " \t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as written; `read` is false where its module stops before it, or another of the name counts."""

    name: str
    value: str
    path: str
    line: int
    read: bool = True


def pwquality(files: Sequence[FileText]) -> list[Setting]:
    """Give the settings of libpwquality, names in lower case: the last of a name counts, the main file comes last.

    Reading stops for good at the first line that the library does not know. Source: pwquality.conf(5), observed
    with libpwquality 1.4.5.
    """
    found: list[Setting] = []
    stopped = False
    for file in files:
        for number, line in enumerate(file.lines, 1):
            name, value = _split(line)
            if name:
                name = name.lower()
                stopped = stopped or not _pwquality_takes(name, value)
                found.append(Setting(name, value, file.path, number, not stopped))
            stopped = stopped or _too_long(line)
    return _counting(found, last=True)


def faillock(file: FileText) -> list[Setting]:
    """Give the settings of a faillock.conf(5); the last of a name counts."""
    found: list[Setting] = []
    stopped = False
    for number, line in enumerate(file.lines, 1):
        stopped = stopped or _too_long(line)
        name, value = _split(line)
        if name:
            found.append(Setting(name, value, file.path, number, not stopped))
    return _counting(found, last=True)


def pwhistory(file: FileText) -> list[Setting]:
    """Give the settings of a pwhistory.conf(5), names in lower case; the first of a name counts."""
    found: list[Setting] = []
    for number, line in enumerate(file.lines, 1):
        name, value = _split(line)
        if name:
            found.append(Setting(name.lower(), value, file.path, number))
    return _counting(found, last=False)


def is_broken(file: FileText) -> bool:
    """True when a line is so long that pam_faillock refuses to work with the file."""
    return any(map(_too_long, file.lines))


def _split(line: str) -> tuple[str, str]:
    """Take `name = value`, `name value` or `name` apart; a `#` begins a comment anywhere."""
    said = line.partition("#")[0].strip(_SPACE)
    end = next((place for place, letter in enumerate(said) if letter in _SPACE or letter == "="), len(said))
    name, rest = said[:end], said[end:].lstrip(_SPACE)
    return name, rest.removeprefix("=").lstrip(_SPACE)


def _too_long(line: str) -> bool:
    return len(line.encode("utf-8", "replace")) >= _LONGEST


def _pwquality_takes(name: str, value: str) -> bool:
    if name in _NUMBERS:
        return bool(_NUMBER.fullmatch(value)) and abs(int(value[:20])) < _LARGEST
    return name in _OTHERS


def _counting(found: Sequence[Setting], *, last: bool) -> list[Setting]:
    """Mark the one of each name that counts."""
    counts: dict[str, int] = {}
    for place, setting in enumerate(found):
        if setting.read and (last or setting.name not in counts):
            counts[setting.name] = place
    return [
        Setting(one.name, one.value, one.path, one.line, counts.get(one.name) == place)
        for place, one in enumerate(found)
    ]
