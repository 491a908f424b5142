"""Which events audit rules record: a rule covers an event when each of its conditions follows from the event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.derivation.linux import audit_calls

UNSET = 2**32 - 1
_MOST = 2**32 - 1
_CONDITION = re.compile(r"([a-z0-9_]+)(!=|>=|<=|&=|=|>|<|&)(.*)", re.DOTALL)
_SYMBOLS = {"unset": UNSET, "-EPERM": 2**32 - 1, "-EACCES": 2**32 - 13}
_EXECUTING = ("execve", "execveat")
_NEEDED_RECORDS = (1300, 1302)
"""SYSCALL and PATH, without which nobody can tell what was done to what."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values that a field of an event can have, as the kernel compares them: unsigned, of 32 bits."""

    low: int = 0
    high: int = _MOST

    def all_meet(self, sign: str, value: int) -> bool:
        """True when every value meets the condition."""
        if sign == "=":
            return self.low == self.high == value
        if sign == "!=":
            return value < self.low or value > self.high
        if sign in (">=", ">"):
            return self.low >= value + (sign == ">")
        if sign in ("<=", "<"):
            return self.high <= value - (sign == "<")
        return False

    def none_meets(self, sign: str, value: int) -> bool:
        """True when no value meets the condition."""
        opposite = {"=": "!=", "!=": "=", ">=": "<", ">": "<=", "<=": ">", "<": ">="}
        return sign in opposite and self.all_meet(opposite[sign], value)


@dataclass(frozen=True, slots=True)
class Event:
    """What must be recorded: a use of a system call, or access to a path, on one architecture."""

    arch: str
    machine: str
    native: bool
    syscall: str = ""
    path: str = ""
    permissions: str = ""
    fields: Mapping[str, Range] = field(default_factory=dict)
    differing: frozenset[str] = frozenset()
    """Comparisons that hold for it, such as `euid!=uid`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the kernel, as linux.audit_rule gives it."""

    text: str
    kernel_list: str
    action: str
    arch: str
    syscalls: tuple[str, ...]
    conditions: tuple[str, ...]
    comparisons: tuple[str, ...]
    path: str
    real_path: str
    directory: bool
    permissions: str

    def covers(self, event: Event) -> bool:
        """True when every such event matches the rule."""
        return (
            self._on_arch(event)
            and self._all_calls(event)
            and self._whole_path(event)
            and all(_meets(event, condition) for condition in self.conditions)
            and all(comparison in event.differing for comparison in self.comparisons)
        )

    def touches(self, event: Event) -> bool:
        """True unless no such event can match the rule."""
        return (
            self._on_arch(event)
            and self._some_call(event)
            and self._same_path(event)
            and not any(_contradicts(event, condition) for condition in self.conditions)
            and not any(comparison.replace("=", "!=") in event.differing for comparison in self.comparisons)
        )

    def _on_arch(self, event: Event) -> bool:
        # Calls that are named without an architecture are those of the kernel's own one.
        return self.arch == event.arch or (not self.arch and (event.native or self.syscalls == ("all",)))

    def _names(self, call: str, event: Event) -> bool:
        return call in self.syscalls or audit_calls.number(call, event.machine) in self.syscalls

    def _all_calls(self, event: Event) -> bool:
        if self.syscalls == ("all",):
            return True
        if event.syscall:
            return self._names(event.syscall, event)
        return event.permissions == "x" and all(self._names(call, event) for call in _EXECUTING)

    def _some_call(self, event: Event) -> bool:
        if self.syscalls == ("all",):
            return True
        if event.syscall:
            return self._names(event.syscall, event)
        return event.permissions != "x" or any(self._names(call, event) for call in _EXECUTING)

    def _whole_path(self, event: Event) -> bool:
        if not self.path:
            return not self.permissions or (not event.syscall and set(event.permissions) <= set(self.permissions))
        reached = {self.path, self.real_path} & {event.path} or (
            self.directory and any(_below(event.path, own) for own in (self.path, self.real_path))
        )
        return bool(
            event.path and reached and (not self.permissions or set(event.permissions) <= set(self.permissions))
        )

    def _same_path(self, event: Event) -> bool:
        if event.permissions and self.permissions and not set(event.permissions) & set(self.permissions):
            return False
        if not self.path or not event.path:
            return True
        own = (self.path, self.real_path)
        return event.path in own or any(_below(event.path, one) or _below(one, event.path) for one in own)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an event is recorded, and the rule that leaves it out."""

    recorded: bool
    suppressed_by: str = ""


def judge(rules: Sequence[Rule], event: Event) -> Verdict:
    """Try the rules in their order, as the kernel does: the first match on the exit list decides.

    A rule that leaves out only some of the events counts as leaving them out.
    """
    hiding = next((rule for rule in rules if _hides(rule, event)), None)
    passed: Rule | None = None
    for rule in rules:
        if rule.kernel_list != "exit":
            continue
        if rule.action == "never" and rule.touches(event):
            passed = passed or rule
        if rule.action == "always" and rule.covers(event):
            blocking = hiding or passed
            return Verdict(blocking is None, blocking.text if blocking else "")
    return Verdict(False)


def rules_of(rows: Iterable[Mapping[str, object]]) -> list[Rule]:
    """Read rows of linux.audit_rule, without those that the kernel does not get."""
    found = []
    for row in rows:
        if isinstance(row.get("refused"), str):
            continue
        found.append(
            Rule(
                text=_text(row, "rule"),
                kernel_list=_text(row, "list"),
                action=_text(row, "action"),
                arch=_text(row, "arch"),
                syscalls=_texts(row, "syscalls"),
                conditions=_texts(row, "conditions"),
                comparisons=_texts(row, "comparisons"),
                path=_text(row, "path"),
                real_path=_text(row, "real_path"),
                directory=row.get("directory") is True,
                permissions=_text(row, "permissions"),
            )
        )
    return found


def _text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _texts(row: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = row.get(name)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _below(path: str, directory: str) -> bool:
    return bool(directory) and (directory == "/" or path.startswith(directory + "/"))


def _parts(condition: str) -> tuple[str, str, int | None]:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return condition, "", None
    name, sign, text = match.groups()
    if text in _SYMBOLS:
        return name, sign, _SYMBOLS[text]
    number = re.fullmatch(r"-?[0-9]{1,20}", text)
    return name, sign, int(text) % 2**32 if number else None


def _range(event: Event, name: str) -> Range:
    return event.fields.get(name, Range())


def _meets(event: Event, condition: str) -> bool:
    name, sign, value = _parts(condition)
    return value is not None and _range(event, name).all_meet(sign, value)


def _contradicts(event: Event, condition: str) -> bool:
    name, sign, value = _parts(condition)
    return value is not None and _range(event, name).none_meets(sign, value)


def _hides(rule: Rule, event: Event) -> bool:
    """True for rules of other lists that take the event, or a record that tells of it, away."""
    if rule.kernel_list == "task":
        return rule.action == "never"
    if rule.kernel_list == "filesystem":
        harmless = any(
            re.fullmatch(r"fstype=(tracefs|debugfs|0x74726163|0x64626720|1953653091|1684170528)", one)
            for one in rule.conditions
        )
        return rule.action == "never" and not harmless
    if rule.kernel_list != "exclude":
        return False
    types = [one for one in rule.conditions if one.startswith("msgtype")]
    others = [one for one in rule.conditions if not one.startswith("msgtype")]
    if any(_contradicts(event, one) for one in others):
        return False
    return any(all(_takes_in(one, record) for one in types) for record in _NEEDED_RECORDS)


def _takes_in(condition: str, record: int) -> bool:
    """True unless a condition on the type of messages leaves a record alone; names that are not known are other types."""
    _, sign, value = _parts(condition)
    if value is None:
        return sign != "="
    return not Range(record, record).none_meets(sign, value)
