"""Replays files of audit rules as `auditctl -R` does at boot: deletions, duplicates, and what ends the loading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scanner.collection.linux.audit_line import Line, Rule, parse


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a rules file and where it stands."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule in the order in which the kernel tries it; `refused` says why it does not get there."""

    rule: Rule
    written: Written
    refused: str = ""


@dataclass(slots=True)
class Outcome:
    """What the files make of the kernel: its rules in order, those that it does not get, and the enabled flag (None: not set)."""

    rules: list[Loaded] = field(default_factory=list)
    refused: list[Loaded] = field(default_factory=list)
    enabled: int | None = None
    stopped: str = ""
    """Why loading ended before the end of the file, with the place."""


def merged(lines: Sequence[Written]) -> list[Written]:
    """Order the lines of all files as augenrules(8) writes them: -D, -b and -f first, -e last, of each the last one."""
    first: dict[str, Written] = {}
    rest: list[Written] = []
    last: list[Written] = []
    for line in lines:
        bare = line.text.lstrip(" \t\r\f\v")
        if bare.startswith("-e"):
            last = [line]
        elif bare.rstrip(" \t\r\f\v") == "-D":
            first["-D"] = line
        elif bare.startswith(("-b", "-f")):
            first[bare[:2]] = line
        else:
            rest.append(line)
    return [*(first[option] for option in ("-D", "-b", "-f") if option in first), *rest, *last]


def without_comments(lines: Iterable[Written]) -> list[Written]:
    """Leave out what neither program reads: blank lines and comments."""
    return [line for line in lines if line.text.strip(" ") and not line.text.lstrip(" \t\r\f\v").startswith("#")]


def replay(lines: Iterable[Written], orphans: Mapping[str, str]) -> Outcome:
    """Load the lines one after another. `orphans` are watched paths that cannot be watched, with the reason."""
    state = _State(orphans)
    for line in lines:
        state.take(line)
    return state.outcome


@dataclass(slots=True)
class _State:
    orphans: Mapping[str, str]
    outcome: Outcome = field(default_factory=Outcome)
    lenient: bool = False

    def take(self, line: Written) -> None:
        """Load one line; an error ends all unless -i or -c came before."""
        parsed = parse(line.text)
        why = self.outcome.stopped
        if not why:
            why = parsed if isinstance(parsed, str) else self._load(parsed, line)
            if why and not self.lenient:
                self.outcome.stopped = f"loading ends at {line.place}: {why}"
        if why and isinstance(parsed, Line) and parsed.rule is not None and parsed.verb != "delete":
            self.outcome.refused.append(Loaded(parsed.rule, line, why))

    def _load(self, parsed: Line, line: Written) -> str:
        if self.outcome.enabled == 2:
            return "the rules are locked already"
        if parsed.verb == "enabled":
            self.outcome.enabled = int(parsed.value)
        elif parsed.verb == "ignore":
            self.lenient = True
        elif parsed.verb == "clear":
            kept = [one for one in self.outcome.rules if parsed.value and not _keyed(one.rule, parsed.value)]
            self.outcome.rules = kept
        elif parsed.rule is not None:
            return self._rule(parsed.verb, parsed.rule, line)
        return ""

    def _rule(self, verb: str, rule: Rule, line: Written) -> str:
        known = [one for one in self.outcome.rules if _same(one.rule, rule)]
        if verb == "delete":
            if not known:
                return "the rule that it deletes is not there"
            self.outcome.rules.remove(known[0])
            return ""
        if known:
            return "the same rule is there already"
        if rule.path in self.orphans:
            return self.orphans[rule.path]
        self.outcome.rules.insert(0 if verb == "prepend" else len(self.outcome.rules), Loaded(rule, line))
        return ""


def _keyed(rule: Rule, key: str) -> bool:
    return any(key in own for own in rule.keys)


def _same(one: Rule, other: Rule) -> bool:
    def calls(rule: Rule) -> Rule:
        return replace(rule, syscalls=tuple(sorted(rule.syscalls)))

    return calls(one) == calls(other)
