"""The roll-up: results as they come, to the standing of every control of the reported catalogues."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from scanner.evaluation.attest import Attestations
from scanner.evaluation.determine import NOT_APPLICABLE, NOT_SATISFIED, SUPPORTS, Standing, determine
from scanner.matching.compile import Condition, compile_condition
from scanner.matching.convert import show
from scanner.model.fact import Type
from scanner.model.outcome import Outcome
from scanner.model.profile import Catalogue, Control, ControlException
from scanner.model.report import CatalogueInfo, ControlStatus, Ratio
from scanner.model.result import Result
from scanner.model.rule import FieldTest, Rule

Variants = Mapping[str, Collection[tuple[str, int]]]
"""Catalogue > the (variant, level) pairs that profiles selected."""

_ASKED = (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR, Outcome.NOTCHECKED)


class Rollup:
    """Sums results up per control; memory grows with controls, and by one bit with each target. For one thread."""

    def __init__(
        self,
        catalogues: Sequence[Catalogue],
        rules: Mapping[str, Rule],
        *,
        variants: Variants | None = None,
        attestations: Attestations | None = None,
    ) -> None:
        """Take the catalogues to report, with those that lead to them, and all rules that may map to their controls.

        Controls of a catalogue in `variants` that lie outside of its pairs are left out.
        """
        self._catalogues = catalogues
        self._variants = variants or {}
        self._attestations = attestations
        self._standings: dict[str, Standing] = {}
        self._by_rule: dict[str, list[Standing]] = {}
        self._bounds: dict[str, list[_Limit]] = {}
        self._bits: dict[str, int] = {}
        self._estate = {rule.id for rule in rules.values() if rule.scope == "estate"}
        self._targets: set[str] = set()
        """Those of the results, the estate left aside: attestations are given for targets."""
        named = _named_by_rules(rules)
        for _, control, key in self._controls():
            covers = {each.rule: each.covers for each in control.rules}
            covers = {**dict.fromkeys(named.get(key, ()), "part"), **covers}
            standing = self._standings[key] = Standing(covers)
            for rule in covers:
                self._by_rule.setdefault(rule, []).append(standing)
            self._limit(control, standing, rules)

    def _controls(self) -> Iterator[tuple[Catalogue, Control, str]]:
        for catalogue in self._catalogues:
            for control in catalogue.controls:
                if self._level(catalogue, control) is not None:
                    yield catalogue, control, f"{catalogue.id}/{control.id}"

    def _level(self, catalogue: Catalogue, control: Control) -> str | None:
        """Give the level at which a control is selected, empty where it has none; None when it is left out."""
        pairs = self._variants.get(catalogue.id)
        if not pairs or not control.levels:
            return str(min(control.levels.values())) if control.levels else ""
        levels = [at for variant, level in pairs for at in _levels(control, variant) if at <= level]
        return str(min(levels)) if levels else None

    def _limit(self, control: Control, standing: Standing, rules: Mapping[str, Rule]) -> None:
        for bound in control.strictest:
            rule = rules.get(bound.rule)
            if rule is not None and bound.value in rule.values:
                type_ = rule.values[bound.value].type
                test = compile_condition(FieldTest(bound.value, type_, bound.tests), {})
                self._bounds.setdefault(bound.rule, []).append(_Limit(bound.value, type_, test, standing))

    def add(self, result: Result) -> None:
        """Count a result, with waivers and attestations already applied."""
        standings = self._by_rule.get(result.rule, ())
        bit = self._bits.setdefault(result.target, 1 << len(self._bits))
        if result.rule not in self._estate:
            self._targets.add(result.target)
        for standing in standings:
            standing.add(result, bit)
        if result.outcome in _ASKED:
            for limit in self._bounds.get(result.rule, ()):
                limit.check(result)

    def infos(
        self, exceptions: Iterable[ControlException] = (), reported: Collection[str] | None = None
    ) -> tuple[CatalogueInfo, ...]:
        """Give the reported catalogues (None: all) with the standing of their controls; `exceptions` are not applicable.

        Of the others only frameworks lead to them: a benchmark that nobody selected is for other systems.
        """
        shown = [each for each in self._catalogues if reported is None or each.id in reported]
        names = {each.id for each in shown}
        leads = [each for each in self._catalogues if each.id in names or each.kind == "framework"]
        reasons = {each.control: each.reason for each in exceptions}
        determined = {
            key: (NOT_APPLICABLE, reasons[key]) if key in reasons else self._determine(key) for key in self._standings
        }
        leading = self._leading({each.id for each in leads})
        controls: dict[str, list[ControlStatus]] = {each.id: [] for each in shown}
        for catalogue, control, key in self._controls():
            if catalogue.id in controls:
                controls[catalogue.id].append(self._status(catalogue, control, determined, leading.get(key, [])))
        return tuple(_info(each, controls[each.id], leads) for each in shown)

    def _determine(self, key: str) -> tuple[str, str]:
        attestation = self._attestations.of_control(key, self._targets) if self._attestations else None
        return determine(self._standings[key], attestation)

    def _leading(self, catalogues: Collection[str]) -> dict[str, list[str]]:
        """Give control > the controls of these catalogues whose crosswalk leads there: one step, never a chain of them."""
        leading: dict[str, list[str]] = {}
        for origin, control, key in self._controls():
            if origin.id not in catalogues:
                continue
            for catalogue, numbers in control.crosswalk.items():
                for number in numbers:
                    leading.setdefault(f"{catalogue}/{number}", []).append(key)
        return leading

    def _status(
        self, catalogue: Catalogue, control: Control, determined: Mapping[str, tuple[str, str]], leading: list[str]
    ) -> ControlStatus:
        key = f"{catalogue.id}/{control.id}"
        standing = self._standings[key]
        word, reason = determined[key]
        against = [source for source in leading if determined[source][0] == NOT_SATISFIED]
        if against:
            told = f"{', '.join(against)} {'leads here and is' if len(against) == 1 else 'lead here and are'} not satisfied"
            reason = "; ".join(part for part in (reason, told) if part)
        passing = standing.applicable & ~standing.short
        return ControlStatus(
            catalogue.id,
            control.id,
            control.title,
            word,
            reason,
            tuple(standing.covers),
            ("full" if standing.full else "part") if standing.covers else "",
            dict(standing.outcomes),
            standing.waived,
            Ratio(passing.bit_count(), standing.applicable.bit_count()),
            tuple(source for source in leading if determined[source][0] in SUPPORTS),
            control.attributes,
            self._level(catalogue, control) or "",
        )


class _Limit:
    """The furthest that a control lets a rule's value go."""

    def __init__(self, value: str, type_: Type, test: Condition, standing: Standing) -> None:
        self._value, self._type, self._test, self._standing = value, type_, test, standing

    def check(self, result: Result) -> None:
        """Remember a result whose value goes further."""
        row: dict[str, Any] = {self._value: result.values[self._value]} if self._value in result.values else {}
        if self._test.judge(row, None) is not Outcome.PASS:
            set_to = show(self._type, row.get(self._value, "nothing"))
            told = f"{result.rule} is judged with {self._value} set to {set_to}; the control demands that {self._test.says}"
            if told not in self._standing.loosened:
                self._standing.loosened.append(told)


def _info(catalogue: Catalogue, controls: Iterable[ControlStatus], leads: Iterable[Catalogue]) -> CatalogueInfo:
    origins = {each.id: str(each.crosswalks[catalogue.id]) for each in leads if catalogue.id in each.crosswalks}
    return CatalogueInfo(
        catalogue.id,
        catalogue.title,
        catalogue.kind,
        catalogue.version,
        catalogue.publisher,
        tuple(controls),
        origins,
    )


def _levels(control: Control, variant: str) -> tuple[int, ...]:
    level = control.levels.get(variant, control.levels.get("all"))
    return () if level is None else (level,)


def _named_by_rules(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for rule in rules.values():
        for catalogue, numbers in rule.controls.items():
            for number in numbers:
                named.setdefault(f"{catalogue}/{number}", []).append(rule.id)
    return named
