"""Reads one audit rule, as auditctl(8) takes it from a file and as `auditctl -l` prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ALL = "all"
_LISTS = ("exit", "task", "user", "exclude", "filesystem", "io_uring")
_ACTIONS = ("always", "never")
_TAKES_VALUE = "CefrbaAdSFmRwWkpq"
_ALONE = "hicslDvt"
_LONG = {
    "loginuid-immutable": False,
    "backlog_wait_time": True,
    "reset-lost": False,
    "reset_backlog_wait_time_actual": False,
    "signal": True,
}
_FIELD = re.compile(r"([a-z0-9_]+)(!=|>=|<=|&=|=|>|<|&)(.*)", re.DOTALL)
_IDS = frozenset(
    ("auid", "loginuid", "uid", "euid", "suid", "fsuid", "obj_uid", "gid", "egid", "sgid", "fsgid", "obj_gid")
)
_B64 = frozenset(("b64", "x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64"))
_B32 = frozenset(("b32", "i386", "i486", "i586", "i686", "arm", "armeb", "armv5tejl", "armv7l", "ppc", "s390"))
# As audit.h of the kernel numbers them: auditctl lists names, and files may hold either.
_MESSAGES = {
    "SYSCALL": 1300,
    "PATH": 1302,
    "CONFIG_CHANGE": 1305,
    "SOCKADDR": 1306,
    "CWD": 1307,
    "EXECVE": 1309,
    "EOE": 1320,
    "BPRM_FCAPS": 1321,
    "PROCTITLE": 1327,
    "AVC": 1400,
}
_ERRNO = {1: "EPERM", 13: "EACCES"}
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the kernel; conditions in a common form, in the order in which they are written."""

    kernel_list: str
    action: str
    arch: str = ""
    syscalls: tuple[str, ...] = (ALL,)
    conditions: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    path: str = ""
    permissions: str = ""
    keys: tuple[str, ...] = ()
    exact: bool = field(default=False, compare=False)
    """True for `-F path=`, which never reaches what lies below a directory."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line does: `append`, `prepend` or `delete` a rule, `clear` them, set `enabled`, go on after errors, or none of these."""

    verb: str
    rule: Rule | None = None
    value: str = ""


@dataclass(slots=True)
class _Draft:
    verb: str = ""
    kernel_list: str = ""
    action: str = ""
    arch: str = ""
    syscalls: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    comparisons: list[str] = field(default_factory=list)
    path: str = ""
    permissions: str = ""
    keys: list[str] = field(default_factory=list)
    value: str = ""
    watch: bool = False
    exact: bool = False


class _RefusedError(Exception):
    """Why auditctl would refuse the line."""


def parse(text: str) -> Line | str:
    """Give what a line does, or why auditctl refuses it. Blank lines and comments are not passed here."""
    draft = _Draft()
    try:
        for option, value in _options(_words(text)):
            _take(draft, option, value)
        return _finished(draft)
    except _RefusedError as wrong:
        return str(wrong)


def _words(text: str) -> list[str]:
    """Split at blanks only: a tab is part of its word, and a backslash keeps the blank behind it."""
    parts = re.split(r"(?<!\\) +", text.strip(" "))
    return [re.sub(r"\\([ \\])", r"\1", part) for part in parts]


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Take the words apart as getopt(3) does."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--") and len(word) > 2:
            name, mark, value = word[2:].partition("=")
            if name not in _LONG:
                raise _RefusedError(f"{word} is not an option")
            if _LONG[name] and not mark:
                value = _next(rest, word)
            yield name, value
            continue
        if not word.startswith("-") or len(word) < 2:
            raise _RefusedError(f"{word!r} stands there without an option")
        yield from _short(word[1:], rest)


def _short(cluster: str, rest: list[str]) -> Iterator[tuple[str, str]]:
    while cluster:
        letter, cluster = cluster[0], cluster[1:]
        if letter in _TAKES_VALUE:
            yield letter, cluster or _next(rest, f"-{letter}")
            return
        if letter not in _ALONE:
            raise _RefusedError(f"-{letter} is not an option")
        yield letter, ""


def _next(rest: list[str], option: str) -> str:
    if not rest:
        raise _RefusedError(f"{option} lacks its value")
    return rest.pop(0)


def _take(draft: _Draft, option: str, value: str) -> None:
    if option in "aAd" and len(option) == 1:
        _add(draft, {"a": "append", "A": "prepend", "d": "delete"}[option], value)
    elif option in ("w", "W"):
        if draft.kernel_list:
            raise _RefusedError("a watch stands beside another rule")
        if not value.startswith("/"):
            raise _RefusedError("the path of a watch must begin with a slash")
        draft.verb, draft.kernel_list, draft.action = ("append" if option == "w" else "delete"), "exit", "always"
        draft.path, draft.watch = _trimmed(value), True
    elif option == "S":
        draft.syscalls += [name for name in value.split(",") if name]
    elif option == "F":
        _condition(draft, value)
    elif option == "C":
        draft.comparisons.append(_comparison(value))
    elif option == "k":
        draft.keys.append(value)
    elif option == "p":
        if not draft.kernel_list:
            raise _RefusedError("-p stands before the watch")
        draft.permissions = _permissions(value)
    else:
        _setting(draft, option, value)


def _add(draft: _Draft, verb: str, value: str) -> None:
    words = value.split(",")
    if draft.kernel_list or len(words) != 2:
        raise _RefusedError(f"{value} is not one list and one action")
    lists = [word for word in words if word in (*_LISTS, "entry")]
    actions = [word for word in words if word in (*_ACTIONS, "possible")]
    if len(lists) != 1 or len(actions) != 1 or lists[0] == "entry" or actions[0] == "possible":
        raise _RefusedError(f"{value} is not a list and an action")
    draft.verb, draft.kernel_list, draft.action = verb, lists[0], actions[0]


def _condition(draft: _Draft, text: str) -> None:
    match = _FIELD.fullmatch(text)
    if not draft.kernel_list:
        raise _RefusedError("-F stands before the list")
    if match is None:
        raise _RefusedError(f"{text!r} is not a condition")
    name, sign, value = match.groups()
    if name == "key":
        draft.keys.append(value)
    elif name == "arch" and sign == "=":
        draft.arch = "b64" if value in _B64 else "b32" if value in _B32 else value
    elif name in ("path", "dir") and sign == "=":
        draft.path, draft.exact = _trimmed(value), name == "path"
    elif name == "perm" and sign == "=":
        draft.permissions = _permissions(value)
    else:
        draft.conditions.append(f"{'auid' if name == 'loginuid' else name}{sign}{_value(name, value)}")


def _value(name: str, text: str) -> str:
    number = int(text, 0) if _NUMBER.fullmatch(text) and not re.fullmatch(r"-?0[0-9]+", text) else None
    if name in _IDS or name in ("loginuid", "sessionid"):
        if text == "unset" or number in (-1, 2**32 - 1):
            return "unset"
        if text == "root":
            return "0"
    if name == "exit":
        if number is not None and -number in _ERRNO:
            return f"-{_ERRNO[-number]}"
        return text
    if name == "msgtype":
        return str(_MESSAGES.get(text, text))
    if name == "success":
        return {"yes": "1", "no": "0"}.get(text, text)
    return text if number is None else str(number)


def _comparison(text: str) -> str:
    match = _FIELD.fullmatch(text)
    if match is None or match.group(2) not in ("=", "!="):
        raise _RefusedError(f"{text!r} is not a comparison of fields")
    left, sign, right = match.groups()
    names = sorted("auid" if name == "loginuid" else name for name in (left, right))
    return sign.join(names)


def _permissions(text: str) -> str:
    letters = set(text.lower())
    if not letters <= set("rwxa") or len(text) > 4:
        raise _RefusedError(f"{text!r} are not kinds of access")
    return "".join(letter for letter in "rwxa" if letter in letters)


def _trimmed(path: str) -> str:
    return path.rstrip("/") or "/"


def _setting(draft: _Draft, option: str, value: str) -> None:
    verbs = {"D": "clear", "e": "enabled", "i": "ignore", "c": "ignore"}
    if option in ("R", "h", "v", "l", "s", "m"):
        raise _RefusedError(f"-{option} does not belong into a file of rules")
    if option == "e" and value not in ("0", "1", "2"):
        raise _RefusedError("-e takes 0, 1 or 2")
    if option in ("f", "r", "b") and not value.isdecimal():
        raise _RefusedError(f"-{option} takes a number")
    draft.verb, draft.value = verbs.get(option, "setting"), value


def _finished(draft: _Draft) -> Line:
    if not draft.kernel_list:
        if draft.verb == "clear" and draft.keys:
            return Line("clear", value=draft.keys[0])
        if not draft.verb or draft.syscalls or draft.comparisons or draft.keys:
            raise _RefusedError("no list is named")
        return Line(draft.verb, value=draft.value)
    calls = draft.syscalls or [ALL]
    rule = Rule(
        kernel_list=draft.kernel_list,
        action=draft.action,
        arch=draft.arch,
        syscalls=(ALL,) if ALL in calls else tuple(dict.fromkeys(calls)),
        conditions=tuple(draft.conditions),
        comparisons=tuple(draft.comparisons),
        path=draft.path,
        permissions=draft.permissions or ("rwxa" if draft.watch else ""),
        keys=tuple(draft.keys),
        exact=draft.exact,
    )
    return Line(draft.verb, rule)
