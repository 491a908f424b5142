"""Selections of a profile: from catalogue, level and variant, rule ids and labels to the rules they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scanner.catalog.catalogues import unknown_rule
from scanner.catalog.files.profile import Chosen
from scanner.catalog.source import Place, Source, remedy
from scanner.model.profile import Catalogue, Control
from scanner.model.rule import Rule

EVERYWHERE = "all"
"""The variant whose levels hold for every variant."""
BENCHMARK = "benchmark"
"""Benchmarks name their rules; of other catalogues the rules name the controls as well."""


@dataclass(slots=True)
class Selected:
    """What the selections of one profile came to."""

    rules: dict[str, None] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Rules that were selected by their own id."""
    catalogues: dict[str, None] = field(default_factory=dict)
    levels: list[tuple[Place, str, str, int]] = field(default_factory=list)
    """(place, catalogue, variant, level) of every selection by level."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Finds rules in catalogues and by their labels."""

    catalogues: Mapping[str, Catalogue]
    rules: Mapping[str, Rule]

    def select(self, source: Source, chosen: list[Chosen]) -> Selected:
        """Give what all entries of `select` mean; what names nothing is a problem of the source."""
        selected = Selected()
        for index, entry in enumerate(chosen):
            place: Place = ("select", index)
            if entry.catalogue is not None:
                self._by_catalogue(source, place, entry, entry.catalogue, selected)
            for position, rule in enumerate(entry.rules or ()):
                if said := unknown_rule(rule, self.rules):
                    source.complain((*place, "rules", position), *said)
                else:
                    selected.rules[rule] = None
                    selected.named.add(rule)
            for position, label in enumerate(entry.labels or ()):
                self._by_label(source, (*place, "labels", position), label, selected)
        return selected

    def _by_label(self, source: Source, place: Place, label: str, selected: Selected) -> None:
        found = [rule.id for rule in self.rules.values() if label in rule.labels]
        if not found:
            known = {name for rule in self.rules.values() for name in rule.labels}
            source.complain(place, f"no rule carries the label '{label}'", remedy(label, sorted(known)))
        selected.rules.update(dict.fromkeys(found))

    def _by_catalogue(self, source: Source, place: Place, entry: Chosen, name: str, selected: Selected) -> None:
        catalogue = self.catalogues.get(name)
        if catalogue is None:
            what = f"no catalogue is called '{name}'"
            source.complain((*place, "catalogue"), what, remedy(name, sorted(self.catalogues)))
            return
        variant, level = self._level(source, place, entry, catalogue)
        controls = [control for control in catalogue.controls if _within(control, variant, level)]
        selected.catalogues[name] = None
        if level:
            selected.levels.append((place, name, variant, level))
        for rule in self._rules_of(name, controls):
            if said := unknown_rule(rule, self.rules):
                source.complain((*place, "catalogue"), f"the catalogue {name} cannot be used: {said[0]}", said[1])
            selected.rules[rule] = None

    def _rules_of(self, name: str, controls: list[Control]) -> Iterator[str]:
        """Give the rules that the controls name, then those that name one of the controls themselves."""
        for control in controls:
            for mapping in control.rules:
                yield mapping.rule
        if self.catalogues[name].kind == BENCHMARK:
            return
        numbers = {control.id for control in controls}
        for rule in self.rules.values():
            if not numbers.isdisjoint(rule.controls.get(name, ())):
                yield rule.id

    def _level(self, source: Source, place: Place, entry: Chosen, catalogue: Catalogue) -> tuple[str, int]:
        """Give the variant and level that an entry means; level 0 for the whole catalogue, or after a problem."""
        if entry.level is None and entry.variant is None:
            return "", 0
        variants = sorted({variant for control in catalogue.controls for variant in control.levels})
        variant = entry.variant or (variants[0] if len(variants) == 1 else "")
        asked = (*place, "variant" if entry.variant else "level")
        if not variants:
            source.complain(asked, f"the catalogue {catalogue.id} has no levels", "select it without them")
        elif not variant:
            source.complain(place, f"the catalogue {catalogue.id} has several variants", _known("variant", variants))
        elif variant not in variants:
            what = f"the catalogue {catalogue.id} has no variant '{variant}'"
            source.complain(asked, what, remedy(variant, variants))
        else:
            levels = sorted({found for control in catalogue.controls if (found := _level_of(control, variant))})
            level = entry.level or levels[-1]
            if level in levels:
                return variant, level
            source.complain((*place, "level"), *_no_level(catalogue, variant, level, levels))
        return "", 0


def _no_level(catalogue: Catalogue, variant: str, level: int, levels: list[int]) -> tuple[str, str]:
    """Say that a catalogue has no such level, and what to do; some benchmarks have but one."""
    whom = "" if variant == EVERYWHERE else f" for {variant}"
    what = f"the catalogue {catalogue.id} has no level {level}{whom}"
    if len(levels) == 1:
        return f"{what}: the {catalogue.kind} knows Level {levels[0]} alone", f"write level: {levels[0]}"
    return what, f"its levels: {', '.join(map(str, levels))}"


def _known(key: str, words: list[str]) -> str:
    return f"add {key}: {' or '.join(words)}"


def _level_of(control: Control, variant: str) -> int:
    """Give the level at which a variant must meet a control; 0 when it need not."""
    return control.levels.get(variant, control.levels.get(EVERYWHERE, 0))


def _within(control: Control, variant: str, level: int) -> bool:
    return not level or 0 < _level_of(control, variant) <= level
