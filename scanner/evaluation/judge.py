"""Rules on evidence: compiled once per set of values, then judged per target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scanner.evaluation.answer import Answer, Scene, Telling, why
from scanner.evaluation.check import compile_check
from scanner.evaluation.findings import join, merge
from scanner.model.evidence import Evidence, Query
from scanner.model.fact import FactSpec
from scanner.model.outcome import Outcome
from scanner.model.result import Result
from scanner.model.rule import Check, Rule

Answers = Callable[[Query], Evidence]
"""Gives the evidence of a query: a snapshot's `get`."""

_HOLDS = (Outcome.PASS, Outcome.NOTAPPLICABLE)


class Judge:
    """A rule with its values in force, ready to be asked about any number of targets. Holds no state between them."""

    def __init__(self, rule: Rule, values: Mapping[str, Any], vocabulary: Mapping[str, FactSpec]) -> None:
        defaults = {name: value.default for name, value in rule.values.items()}
        types = {name: value.type for name, value in rule.values.items()}
        self.rule = rule
        self.values = {**defaults, **values}
        self._when = compile_check(rule.when, self.values, types, vocabulary) if rule.when else None
        self._check = compile_check(rule.check, self.values, types, vocabulary) if rule.check else None

    def __call__(self, evidence: Answers, target: Mapping[str, Any], profiles: tuple[str, ...] = ()) -> Result:
        """Judge the rule. `target` is what `{target: NAME}` may name, `id` among it (see `Target.fields`)."""
        scene = Scene(self.rule.id, target, evidence)
        gate = self._when.answer(scene) if self._when else None
        if gate is not None and gate.outcome is Outcome.FAIL:
            return self._result(scene, Outcome.NOTAPPLICABLE, profiles, reason=_not_met(gate.tell()))
        if gate is not None and gate.outcome not in _HOLDS:
            return self._result(scene, gate.outcome, profiles, gate)
        if self._check is None:
            reason = join(("this rule is answered by a person", self.rule.evidence))
            return self._result(scene, Outcome.NOTCHECKED, profiles, reason=reason)
        answer = self._check.answer(scene)
        return self._result(scene, answer.outcome, profiles, answer)

    def _result(
        self, scene: Scene, outcome: Outcome, profiles: tuple[str, ...], answer: Answer | None = None, reason: str = ""
    ) -> Result:
        findings = tuple(merge(answer.findings())) if answer else ()
        if outcome is Outcome.NOTAPPLICABLE and answer is not None:
            reason = join(each.reason for each in findings)
        return Result(
            self.rule.id,
            str(scene.target["id"]),
            outcome,
            reason,
            findings,
            self.values,
            profiles,
            passing=len([each for each in findings if each.outcome is Outcome.PASS]),
        )


def compile_rule(rule: Rule, values: Mapping[str, Any], vocabulary: Mapping[str, FactSpec]) -> Judge:
    """Compile a rule; `values` in evidence form override its defaults."""
    return Judge(rule, values, vocabulary)


def notapplicable(
    rule: Rule, target: str, reason: str, values: Mapping[str, Any] | None = None, profiles: tuple[str, ...] = ()
) -> Result:
    """Give the result of a rule that is not for this target: another platform, or a profile for other systems."""
    return Result(rule.id, target, Outcome.NOTAPPLICABLE, reason, (), values or {}, profiles)


def applies(
    check: Check, vocabulary: Mapping[str, FactSpec], evidence: Answers, target: Mapping[str, Any]
) -> tuple[Outcome, str]:
    """Judge whether a profile is for a target: pass, fail, or undecided; with the reason where it is no pass."""
    answer = compile_check(check, {}, {}, vocabulary).answer(Scene("", target, evidence))
    if answer.outcome in _HOLDS:
        return Outcome.PASS, ""
    told = answer.tell()
    return answer.outcome, why(told.gaps) or _not_met(told, "it")


def _not_met(told: Telling, who: str = "this rule") -> str:
    return join((f"{told.evidence or told.fact}: {told.found}", f"{who} is for systems where {told.says}"))
