"""Catalogues: loading frameworks and benchmarks, and checking them against each other and the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scanner import content
from scanner.catalog.conditions import read_tests
from scanner.catalog.context import Context
from scanner.catalog.files.catalogue import CatalogueFile, to_catalogue
from scanner.catalog.files.folders import Folder, yaml_files
from scanner.catalog.files.header import read_as
from scanner.catalog.nodes import Document, Key
from scanner.catalog.source import Source, remedy
from scanner.model.errors import ContentError, Problem
from scanner.model.fact import Vocabulary
from scanner.model.profile import Bound, Catalogue, Control
from scanner.model.rule import Rule


class Catalogues(dict[str, Catalogue]):
    """Catalogues by id, with the documents they were read from, so that later checks can name lines."""

    def __init__(
        self, found: Mapping[str, Catalogue], documents: Mapping[str, Document], *, whole: bool = True
    ) -> None:
        super().__init__(found)
        self.documents = dict(documents)
        self.whole = whole
        """False when catalogues were left out, so that a crosswalk to one of them is no mistake."""

    def line(self, catalogue: str, *keys: Key) -> int:
        """Give the line of a place in a catalogue's file."""
        return self.documents[catalogue].line(*keys)


def catalogue_folders(extra: Iterable[Folder] = ()) -> list[Folder]:
    """Give the folder of shipped catalogues and further ones."""
    return [Folder(content.folder("profiles").joinpath("catalogues"), "profiles/catalogues"), *extra]


def load_catalogues(folders: Iterable[Folder], *, only: Iterable[str] | None = None) -> Catalogues:
    """Load the catalogues of these folders, or only those with these ids. Rules need not be known yet.

    Operands of `strictest` are as written until `bind_bounds`. Raises ContentError with every problem found.
    """
    problems: list[Problem] = []
    catalogues = read_catalogues(folders, problems, only=only)
    if problems:
        raise ContentError(problems)
    return catalogues


def read_catalogues(
    folders: Iterable[Folder], problems: list[Problem], *, only: Iterable[str] | None = None
) -> Catalogues:
    """Load catalogues, with what is wrong appended to `problems`."""
    found: dict[str, Catalogue] = {}
    documents: dict[str, Document] = {}
    for file in yaml_files(folders, problems, only):
        if file.stem in found:
            what = f"the catalogue '{file.stem}' exists already: {found[file.stem].path}"
            problems.append(Problem(file.shown, 1, what, "rename the file"))
            continue
        catalogue, document = read_catalogue(file.stem, file.shown, file.data, problems)
        if catalogue is not None and document is not None:
            found[file.stem], documents[file.stem] = catalogue, document
    return Catalogues(found, documents, whole=only is None)


def read_catalogue(
    stem: str, path: str, data: bytes, problems: list[Problem]
) -> tuple[Catalogue, Document] | tuple[None, None]:
    """Read one catalogue; its numbers must be different, and its id the file's name."""
    shape, document = read_as(CatalogueFile, "catalogue", path, data, problems)
    if shape is None or document is None:
        return None, None
    if shape.id not in (None, stem):
        what = f"the id '{shape.id}' is not the file's name"
        problems.append(Problem(path, document.line("id"), what, f"write id: {stem}, or rename the file"))
    first: dict[str, int] = {}
    for index, entry in enumerate(shape.controls):
        line = document.line("controls", index)
        if first.setdefault(entry.id, line) != line:
            what = f"the control '{entry.id}' stands here again, first in line {first[entry.id]}"
            problems.append(Problem(path, line, what, "keep one of them"))
        for name in entry.strictest:
            if "." not in name.strip("."):
                line = document.line("controls", index, "strictest", name)
                problems.append(Problem(path, line, f"'{name}' names no value of a rule", "write rule_id.value_name"))
    return to_catalogue(shape, stem, path), document


def control_ids(catalogues: Mapping[str, Catalogue]) -> dict[str, frozenset[str]]:
    """Give the numbers of each catalogue's controls."""
    return {name: frozenset(control.id for control in found.controls) for name, found in catalogues.items()}


def unknown_control(reference: str, ids: Mapping[str, frozenset[str]]) -> tuple[str, str] | None:
    """Tell what is wrong with a reference `catalogue/number`, and what to do; None when the control exists."""
    catalogue, slash, number = reference.partition("/")
    if not slash or not number:
        return f"'{reference}' is no reference to a control", "write catalogue/number"
    if catalogue not in ids:
        return f"no catalogue is called '{catalogue}'", remedy(catalogue, ids, "`profiles list` names them")
    if number not in ids[catalogue]:
        return f"{catalogue} has no control '{number}'", remedy(number, ids[catalogue], "check the number")
    return None


def unknown_rule(name: str, rules: Mapping[str, Rule]) -> tuple[str, str] | None:
    """Tell what is wrong with the name of a rule, and what to do; None when the rule exists."""
    if name in rules:
        return None
    for rule in rules.values():
        if name in rule.formerly:
            return f"the rule '{name}' has another name now", f"write {rule.id}"
    return f"no rule is called '{name}'", remedy(name, rules, "`rules list` names them")


def check_catalogues(catalogues: Catalogues, rules: Mapping[str, Rule]) -> list[Problem]:
    """Check what catalogues say of rules and of each other: rule ids, crosswalks, values in `strictest`."""
    problems: list[Problem] = []
    ids = control_ids(catalogues)
    for catalogue in catalogues.values():
        problems += _check_crosswalks(catalogues, catalogue)
        for index, control in enumerate(catalogue.controls):
            place: tuple[Key, ...] = ("controls", index)
            for position, mapping in enumerate(control.rules):
                said = unknown_rule(mapping.rule, rules)
                _complain(catalogues, catalogue, (*place, "rules", position), said, problems)
            for other, numbers in control.crosswalk.items():
                if other not in ids and not catalogues.whole:
                    continue
                for position, number in enumerate(numbers):
                    said = unknown_control(f"{other}/{number}", ids)
                    _complain(catalogues, catalogue, (*place, "crosswalk", other, position), said, problems)
    _bind_all(catalogues, rules, problems)
    return problems


def _check_crosswalks(catalogues: Catalogues, catalogue: Catalogue) -> list[Problem]:
    """Find sources of mappings to catalogues that no control leads to, or that do not exist."""
    used = {other for control in catalogue.controls for other in control.crosswalk}
    problems: list[Problem] = []
    for other in catalogue.crosswalks:
        if other not in used:
            known = used or catalogues.keys()
            said = f"no control has a crosswalk to '{other}'", remedy(other, known, "drop the source, or map a control")
            _complain(catalogues, catalogue, ("crosswalks", other), said, problems)
    return problems


def _complain(
    catalogues: Catalogues,
    catalogue: Catalogue,
    place: Sequence[Key],
    said: tuple[str, str] | None,
    problems: list[Problem],
) -> None:
    if said is not None:
        problems.append(Problem(catalogue.path, catalogues.line(catalogue.id, *place), *said))


def bind_bounds(catalogues: Catalogues, rules: Mapping[str, Rule]) -> Catalogues:
    """Convert the operands of `strictest` by the types of the rules' values.

    Raises ContentError for unknown rules, values and operators, and for operands that do not fit.
    """
    problems: list[Problem] = []
    bound = _bind_all(catalogues, rules, problems)
    if problems:
        raise ContentError(problems)
    return Catalogues(bound, catalogues.documents, whole=catalogues.whole)


def _bind_all(catalogues: Catalogues, rules: Mapping[str, Rule], problems: list[Problem]) -> dict[str, Catalogue]:
    bound = dict(catalogues)
    for name, catalogue in catalogues.items():
        if any(control.strictest for control in catalogue.controls):
            source = Source(catalogues.documents[name], problems)
            controls = tuple(
                replace(control, strictest=_bind(control, index, source, rules)) if control.strictest else control
                for index, control in enumerate(catalogue.controls)
            )
            bound[name] = replace(catalogue, controls=controls)
    return bound


def _bind(control: Control, index: int, source: Source, rules: Mapping[str, Rule]) -> tuple[Bound, ...]:
    context = Context(source, Vocabulary(()))
    bounds: list[Bound] = []
    for bound in control.strictest:
        name = f"{bound.rule}.{bound.value}"
        place: tuple[Key, ...] = ("controls", index, "strictest", name)
        if said := unknown_rule(bound.rule, rules):
            source.complain(place, *said)
            continue
        value = rules[bound.rule].values.get(bound.value)
        if value is None:
            known = rules[bound.rule].values
            todo = remedy(bound.value, known, f"known are {', '.join(known)}" if known else "it has no values")
            source.complain(place, f"the rule {bound.rule} has no value '{bound.value}'", todo)
            continue
        raw = source.document.value["controls"][index]["strictest"][name]
        tests = read_tests(context, value.type, place, raw, name)
        if tests is not None:
            bounds.append(replace(bound, tests=tests))
    return tuple(bounds)
