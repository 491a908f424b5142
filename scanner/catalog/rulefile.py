"""One rule file, read and checked completely: head, values, `when`, check and cases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from scanner.catalog.cases import read_cases
from scanner.catalog.checks import read_check
from scanner.catalog.context import Context
from scanner.catalog.nodes import quoted, read
from scanner.catalog.soundness import judge_assertion, judge_whole
from scanner.catalog.source import Place, Source
from scanner.catalog.valuetypes import read_values
from scanner.model.errors import Problem
from scanner.model.fact import Vocabulary
from scanner.model.outcome import Severity
from scanner.model.profile import Catalogue
from scanner.model.rule import Check, FactSubject, Rule, ValueSubject, assertions

MANUAL = "manual"
SCOPES = ("target", "estate")
SEVERITIES = tuple(severity.value for severity in Severity)
REQUIRED = ("id", "revision", "title", "severity", "platforms", "rationale", "remediation", "check")
OPTIONAL = ("controls", "values", "when", "cases", "scope", "labels", "formerly", "evidence")
KEYS = frozenset((*REQUIRED, *OPTIONAL))

_LAST_CASES = re.compile(rb"^cases:(?:[^\n]*\n(?=[ \t\r\n#-]|\Z))*[^\n]*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class World:
    """What rules may refer to; made once for all of them."""

    vocabulary: Vocabulary
    controls: Mapping[str, frozenset[str]]
    """Catalogue > the numbers of its controls."""
    platforms: frozenset[str]

    @classmethod
    def of(cls, vocabulary: Vocabulary, catalogues: Mapping[str, Catalogue]) -> World:
        """Gather what a vocabulary and catalogues offer."""
        controls = {name: frozenset(control.id for control in each.controls) for name, each in catalogues.items()}
        platforms = frozenset(platform for name in vocabulary for platform in vocabulary[name].platforms)
        return cls(vocabulary, controls, platforms)


def read_rule(
    path: str, data: bytes, world: World, problems: list[Problem], *, cases: bool = True, sound: bool = True
) -> Rule | None:
    """Read a rule file; its problems are appended, and with any of them there is no rule.

    `path` names the file in problems and in the rule; its stem must be the rule's id. With `cases` False they are not
    even parsed when nothing follows them, and the rule has none; with `sound` False its check is not searched for
    what can never, or can only, hold: for files of which both was proven before.
    """
    before = len(problems)
    document = read(path, data if cases else _without_cases(data), problems)
    if document is None:
        return None
    rule = _Reader(Source(document, problems), world, cases=cases, sound=sound).rule(PurePosixPath(path).stem)
    if rule is None or len(problems) > before:
        return None
    return replace(rule, sha256=hashlib.sha256(data).hexdigest())


def _without_cases(data: bytes) -> bytes:
    """Cut the cases off where they are the last key of the file."""
    found = _LAST_CASES.search(data)
    return data[: found.start()] if found else data


class _Reader:
    """Reads the document of one rule."""

    def __init__(self, source: Source, world: World, *, cases: bool, sound: bool) -> None:
        self.source = source
        self.world = world
        self.cases, self.sound = cases, sound

    def rule(self, stem: str) -> Rule | None:
        """Give the rule as far as it could be read; None when too little is there to go on."""
        source = self.source
        raw = source.table((), source.document.value, "a rule", KEYS, REQUIRED)
        if raw is None:
            return None
        rule = self._head(raw, stem)
        context = Context(source, self.world.vocabulary, rule.platforms, rule.scope, rule.values, self._declared(raw))
        if "when" in raw:
            rule = replace(rule, when=read_check(context, ("when",), raw["when"]))
        if "check" not in raw:
            return None
        if raw["check"] == MANUAL:
            return self._manual(rule, raw, context)
        if isinstance(raw["check"], str):
            source.unknown(("check",), "word for a check:", raw["check"], (MANUAL,), "write an assertion, or manual")
            return None
        rule = replace(rule, check=read_check(context, ("check",), raw["check"]))
        return self._automated(rule, raw, context)

    @staticmethod
    def _declared(raw: Mapping[str, Any]) -> frozenset[str]:
        values = raw.get("values")
        return frozenset(values) if isinstance(values, dict) else frozenset()

    def _head(self, raw: dict[str, Any], stem: str) -> Rule:
        """Read everything but `when`, check and cases; what is wrong or missing stays empty."""
        source = self.source

        def text(key: str, *, one_line: bool = False) -> str:
            return source.text((key,), raw[key], f"'{key}'", one_line=one_line) if key in raw else ""

        def word(key: str, known: tuple[str, ...], otherwise: str) -> str:
            return source.word((key,), raw[key], f"'{key}'", known) or otherwise if key in raw else otherwise

        return Rule(
            id=self._id(raw, stem),
            revision=self._revision(raw),
            title=text("title", one_line=True),
            severity=Severity(word("severity", SEVERITIES, "low")),
            platforms=self._platforms(raw),
            rationale=text("rationale"),
            remediation=text("remediation"),
            check=None,
            evidence=text("evidence"),
            controls=self._controls(raw["controls"]) if "controls" in raw else {},
            values=read_values(source, ("values",), raw["values"]) if "values" in raw else {},
            scope=word("scope", SCOPES, "target"),
            labels=self._names(raw, "labels", "a label"),
            formerly=self._names(raw, "formerly", "a former id"),
            path=source.path,
            line=source.line(("id",)),
        )

    def _id(self, raw: dict[str, Any], stem: str) -> str:
        written = self.source.identifier(("id",), raw["id"], "the id") if "id" in raw else ""
        if written and written != stem:
            what = f"the id {quoted(written)} is not the name of the file"
            self.source.complain(("id",), what, f"write id: {stem}, or rename the file")
        return written

    def _revision(self, raw: dict[str, Any]) -> int:
        revision = raw.get("revision", 1)
        if type(revision) is int and revision >= 1:
            return revision
        self.source.complain(("revision",), "'revision' is no number from 1 on", "write 1, and raise it with the check")
        return 1

    def _platforms(self, raw: dict[str, Any]) -> tuple[str, ...]:
        if "platforms" not in raw:
            return ()
        return self.source.words(("platforms",), raw["platforms"], "'platforms'", self.world.platforms)

    def _names(self, raw: dict[str, Any], key: str, says: str) -> tuple[str, ...]:
        if key not in raw:
            return ()
        names = self.source.words((key,), raw[key], f"'{key}'")
        for name in names:
            self.source.identifier((key,), name, says)
        return names

    def _controls(self, raw: object) -> dict[str, tuple[str, ...]]:
        source = self.source
        if not isinstance(raw, dict):
            source.complain(("controls",), "'controls' is not a map", 'write {catalogue: ["number"]}')
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for catalogue, written in raw.items():
            place: Place = ("controls", catalogue)
            numbers = source.words(place, written, f"controls of {catalogue}")
            if catalogue not in self.world.controls:
                source.unknown(place, "catalogue", catalogue, self.world.controls)
                continue
            known = self.world.controls[catalogue]
            for number in numbers:
                if number not in known:
                    source.unknown(
                        place, f"control of {catalogue}:", number, known, "look it up in the catalogue's file"
                    )
            found[catalogue] = numbers
        return found

    def _manual(self, rule: Rule, raw: dict[str, Any], context: Context) -> Rule:
        """Check what belongs to a rule that a person answers."""
        if "evidence" not in raw:
            self.source.complain(("check",), "a manual rule lacks 'evidence'", "write what a person must give")
        if "cases" in raw:
            self.source.complain(("cases",), "a manual rule has no cases", "remove them")
        self._unused(rule, context)
        return rule

    def _automated(self, rule: Rule, raw: dict[str, Any], context: Context) -> Rule | None:
        """Check what belongs to a rule that is measured; `check` and `when` are judged when they could be read."""
        source = self.source
        if "evidence" in raw:
            source.complain(("evidence",), "'evidence' belongs to manual rules", "remove it, or write check: manual")
        if rule.check is None or ("when" in raw and rule.when is None):
            return None
        self._unused(rule, context)
        if self.sound:
            self._sound(rule, rule.check, context)
        if not self.cases:
            return rule
        if "cases" not in raw:
            source.complain(("check",), "the rule has no cases", "add some that show pass, fail and unknown")
            return None
        return replace(rule, cases=read_cases(source, ("cases",), raw["cases"], rule, context.facts))

    def _unused(self, rule: Rule, context: Context) -> None:
        for name in rule.values:
            if name not in context.used:
                what = f"the value {quoted(name)} is declared and never used"
                self.source.complain(("values", name), what, f"refer to it as {{value: {name}}}, or remove it")

    def _sound(self, rule: Rule, check: Check, context: Context) -> None:
        """Complain about what can never, or can only, hold."""

        def complain(line: int, what: str, remedy: str) -> None:
            self.source.problems.append(Problem(self.source.path, line, what, remedy))

        if not any(isinstance(each.subject, FactSubject) for each in assertions(check)):
            complain(self.source.line(("check",)), "the check asks the target nothing", "name a fact")
        for each in rule.assertions():
            subject = each.subject
            about = rule.values[subject.name].type if isinstance(subject, ValueSubject) else context.facts[subject.fact]
            judge_assertion(each, about, complain)
        judge_whole(rule.when, check, complain)
