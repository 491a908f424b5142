"""Catalogues: loaded from folders, checked against each other and the rules, bounds bound to types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scanner.catalog.catalogues import (
    Catalogues,
    bind_bounds,
    catalogue_folders,
    check_catalogues,
    control_ids,
    load_catalogues,
    unknown_control,
)
from scanner.catalog.files.folders import Folder
from scanner.model.errors import ContentError
from scanner.model.fact import DURATION, INT, TEXTS, Type
from scanner.model.outcome import Severity
from scanner.model.profile import Bound, Crosswalk, RuleMapping
from scanner.model.rule import Literal, Rule, Test, Value

HEAD = "schema: catalogue/1\nid: bench-1\ntitle: Bench\nkind: benchmark\nversion: '1'\npublisher: Us\ncontrols:\n"
"""Seven lines; the first control stands in line 8."""


def rule(name: str, **changes: Any) -> Rule:
    values = {key: Value(key, type_, None) for key, type_ in changes.pop("values", {}).items()}
    return Rule(name, 1, name, Severity.LOW, ("linux",), "", "", None, values=values, **changes)


RULES = {
    "max_age": rule("max_age", values={"days": INT, "grace": DURATION, "ciphers": TEXTS}),
    "new_name": rule("new_name", formerly=("old_name",)),
}


def write(folder: Path, **files: str) -> list[Folder]:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(text)
    return [Folder(folder, "c")]


def load(folder: Path, controls: str) -> Catalogues:
    return load_catalogues(write(folder, bench_1=HEAD + controls))


def said(folder: Path, controls: str) -> list[str]:
    with pytest.raises(ContentError) as wrong:
        load(folder, controls)
    return [str(problem) for problem in wrong.value.problems]


CONTROL = '  - {id: "1.1", title: Ages, levels: {server: 1, workstation: 2}, rules: [max_age]'


def test_a_control_keeps_what_its_file_says(tmp_path: Path):
    more = ', assessment: manual, crosswalk: {bench-1: ["1.1"]}, attributes: {section: Ages}}\n'
    catalogue = load(tmp_path, CONTROL + more)["bench-1"]
    control = catalogue.control("1.1")

    assert (catalogue.title, catalogue.kind, catalogue.version, catalogue.publisher) == (
        "Bench",
        "benchmark",
        "1",
        "Us",
    )
    assert catalogue.path == "c/bench-1.yaml"
    assert control is not None
    assert control.levels == {"server": 1, "workstation": 2}
    assert control.assessment == "manual"
    assert control.crosswalk == {"bench-1": ("1.1",)}
    assert control.attributes == {"section": "Ages"}


@pytest.mark.parametrize(
    ("kind", "rules", "mappings"),
    [
        ("benchmark", "[a, b]", (("a", "full"), ("b", "full"))),
        ("framework", "[a]", (("a", "part"),)),
        ("policy", "[a], covers: full", (("a", "full"),)),
        ("benchmark", "[a, {rule: b, covers: part}]", (("a", "full"), ("b", "part"))),
        ("benchmark", "[a], covers: part", (("a", "part"),)),
    ],
)
def test_how_much_rules_cover(tmp_path: Path, kind: str, rules: str, mappings: tuple[tuple[str, str], ...]):
    text = HEAD.replace("benchmark", kind) + f'  - {{id: "1", title: T, rules: {rules}}}\n'
    control = load_catalogues(write(tmp_path, bench_1=text))["bench-1"].controls[0]

    assert control.rules == tuple(RuleMapping(*mapping) for mapping in mappings)


ORIGIN = "crosswalks: {bench-1: {reading: published, source: Example Institute, version: '2'}}\n"


def test_a_crosswalk_says_where_it_comes_from(tmp_path: Path):
    walked = CONTROL + ', crosswalk: {bench-1: ["1.1"]}}\n'
    text = HEAD.replace("controls:\n", ORIGIN + "controls:\n") + walked
    found = load_catalogues(write(tmp_path, bench_1=text))

    assert found["bench-1"].crosswalks == {"bench-1": Crosswalk("published", "Example Institute", "2")}
    assert str(found["bench-1"].crosswalks["bench-1"]) == "published: Example Institute (2)"
    assert check_catalogues(found, RULES) == []


@pytest.mark.parametrize(
    ("control", "remedy"),
    [
        (', crosswalk: {bench-1: ["1.1"]}}\n', "did you mean 'bench-1'?"),
        ("}\n", "did you mean 'bench-1'?"),
    ],
)
def test_a_source_that_no_control_needs_is_told(tmp_path: Path, control: str, remedy: str):
    text = HEAD.replace("controls:\n", ORIGIN.replace("bench-1", "bench-2") + "controls:\n") + CONTROL + control
    (problem,) = check_catalogues(load_catalogues(write(tmp_path, bench_1=text)), RULES)

    assert str(problem) == f"c/bench-1.yaml:7: no control has a crosswalk to 'bench-2' ({remedy})"


@pytest.mark.parametrize("said", ["{reading: guessed, source: S, version: '1'}", "{reading: own, source: S}"])
def test_a_source_is_whole_or_refused(tmp_path: Path, said: str):
    text = HEAD.replace("controls:\n", f"crosswalks: {{bench-1: {said}}}\ncontrols:\n") + CONTROL + "}\n"

    with pytest.raises(ContentError, match=r"c/bench-1\.yaml:7: "):
        load_catalogues(write(tmp_path, bench_1=text))


def test_only_some_catalogues_are_read_when_only_some_are_wanted(tmp_path: Path):
    folders = write(tmp_path, bench_1=HEAD + CONTROL + "}\n", broken="no catalogue")

    assert list(load_catalogues(folders, only=["bench-1"])) == ["bench-1"]


WITHDRAWN = frozenset(
    (
        "AC-13",
        "AC-15",
        "AT-5",
        "AU-15",
        "CA-4",
        "CP-5",
        "IR-10",
        "PE-7",
        "PL-3",
        "PL-5",
        "PL-6",
        "RA-4",
        "SA-6",
        "SA-7",
        "SA-12",
        "SA-13",
        "SA-14",
        "SA-18",
        "SA-19",
        "SC-9",
        "SC-14",
        "SC-19",
        "SC-33",
        "SI-9",
    )
)
LAST = {
    "AC": 25,
    "AT": 6,
    "AU": 16,
    "CA": 9,
    "CM": 14,
    "CP": 13,
    "IA": 13,
    "IR": 10,
    "MA": 7,
    "MP": 8,
    "PE": 23,
    "PL": 11,
}
LAST |= {"PM": 32, "PS": 9, "PT": 8, "RA": 10, "SA": 24, "SC": 51, "SI": 23, "SR": 12}


def test_sp_800_53_has_every_control_that_was_not_withdrawn():
    found = load_catalogues(catalogue_folders(), only=["nist-800-53-r5"])["nist-800-53-r5"]
    numbers = [f"{family}-{number}" for family, last in LAST.items() for number in range(1, last + 1)]

    assert [control.id for control in found.controls] == [each for each in numbers if each not in WITHDRAWN]


def test_the_ai_framework_has_every_subcategory():
    found = load_catalogues(catalogue_folders(), only=["nist-ai-rmf-1.0"])["nist-ai-rmf-1.0"]
    each = {"GOVERN": (7, 3, 2, 3, 2, 2), "MAP": (6, 3, 5, 2, 2), "MEASURE": (3, 13, 3, 3), "MANAGE": (4, 4, 2, 3)}
    wanted = [
        number
        for function, categories in each.items()
        for number in (
            function,
            *(
                under
                for category, count in enumerate(categories, 1)
                for under in (
                    f"{function} {category}",
                    *(f"{function} {category}.{index}" for index in range(1, count + 1)),
                )
            ),
        )
    ]

    assert [control.id for control in found.controls] == wanted


def test_every_shipped_crosswalk_has_a_source_and_a_version():
    for catalogue in load_catalogues(catalogue_folders()).values():
        led = {other for control in catalogue.controls for other in control.crosswalk}
        assert led == set(catalogue.crosswalks), catalogue.id


def test_shipped_catalogues_load():
    found = load_catalogues(catalogue_folders())

    assert all(catalogue.path == f"profiles/catalogues/{name}.yaml" for name, catalogue in found.items())


@pytest.mark.parametrize(
    ("controls", "sentences"),
    [
        (
            CONTROL + "}\n" + CONTROL + "}\n",
            ["c/bench-1.yaml:9: the control '1.1' stands here again, first in line 8 (keep one of them)"],
        ),
        (
            "  - {id: 1.1, title: T}\n",
            ['c/bench-1.yaml:8: a number stands where text is needed in controls.id (quote it: "1.1")'],
        ),
        (
            CONTROL + ", strictest: {max_age: 1}}\n",
            ["c/bench-1.yaml:8: 'max_age' names no value of a rule (write rule_id.value_name)"],
        ),
        (
            CONTROL + ", asessment: manual}\n",
            ["c/bench-1.yaml:8: unknown key 'asessment' in controls (did you mean 'assessment'?)"],
        ),
        (
            '  - {id: "1", title: T, rules: [{rul: x}]}\n  - {id: "2"}\n',
            [
                "c/bench-1.yaml:8: 'rule' is missing in controls.rules (add it: id of the rule)",
                "c/bench-1.yaml:8: unknown key 'rul' in controls.rules (did you mean 'rule'?)",
                "c/bench-1.yaml:9: 'title' is missing in controls (add it: what it demands, in our own words)",
            ],
        ),
    ],
)
def test_a_seeded_mistake_is_told_with_line_and_remedy(tmp_path: Path, controls: str, sentences: list[str]):
    assert said(tmp_path, controls) == sentences


def test_the_id_is_the_files_name(tmp_path: Path):
    with pytest.raises(ContentError) as wrong:
        load_catalogues(write(tmp_path, bench_2=HEAD + CONTROL + "}\n"))

    assert str(wrong.value) == (
        "c/bench-2.yaml:2: the id 'bench-1' is not the file's name (write id: bench-2, or rename the file)"
    )


def test_two_catalogues_of_one_name_are_refused(tmp_path: Path):
    first, second = write(tmp_path / "a", bench_1=HEAD), write(tmp_path / "b", bench_1=HEAD)
    for folder in ("a", "b"):
        (tmp_path / folder / "bench-1.yaml").write_text(HEAD + CONTROL + "}\n")

    with pytest.raises(ContentError, match=r"the catalogue 'bench-1' exists already: c/bench-1\.yaml"):
        load_catalogues([*first, *second])


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path):
    with pytest.raises(ContentError, match="there is no such folder"):
        load_catalogues([Folder.of(tmp_path / "none")])


class TestChecks:
    def check(self, folder: Path, controls: str) -> list[str]:
        return [str(problem) for problem in check_catalogues(load(folder, controls), RULES)]

    def test_a_sound_catalogue_has_no_problems(self, tmp_path: Path):
        more = ', crosswalk: {bench-1: ["1.1"]}, strictest: {max_age.days: {at_most: 365}}}\n'

        assert self.check(tmp_path, CONTROL + more) == []

    @pytest.mark.parametrize(
        ("control", "sentence"),
        [
            ("rules: [max_agee]", "no rule is called 'max_agee' (did you mean 'max_age'?)"),
            ("rules: [old_name]", "the rule 'old_name' has another name now (write new_name)"),
            ('crosswalk: {bench-2: ["1"]}', "no catalogue is called 'bench-2' (did you mean 'bench-1'?)"),
            ('crosswalk: {bench-1: ["1.2"]}', "bench-1 has no control '1.2' (did you mean '1.1'?)"),
            ("strictest: {max_agee.days: {at_most: 1}}", "no rule is called 'max_agee' (did you mean 'max_age'?)"),
            (
                "strictest: {max_age.day: {at_most: 1}}",
                "the rule max_age has no value 'day' (did you mean 'days'?)",
            ),
            ("strictest: {new_name.days: {at_most: 1}}", "the rule new_name has no value 'days' (it has no values)"),
        ],
    )
    def test_what_does_not_exist_is_told_with_the_near_word(self, tmp_path: Path, control: str, sentence: str):
        assert self.check(tmp_path, f'  - {{id: "1.1", title: T, {control}}}\n') == [f"c/bench-1.yaml:8: {sentence}"]

    def test_lines_are_those_of_the_words(self, tmp_path: Path):
        controls = '  - id: "1.1"\n    title: T\n    rules:\n      - max_age\n      - max_agee\n'

        assert self.check(tmp_path, controls)[0].startswith("c/bench-1.yaml:12: ")

    def test_a_crosswalk_to_what_was_left_out_is_no_mistake(self, tmp_path: Path):
        folders = write(tmp_path, bench_1=HEAD + CONTROL + ', crosswalk: {elsewhere: ["1"]}}\n')

        assert check_catalogues(load_catalogues(folders, only=["bench-1"]), RULES) == []


class TestBounds:
    @pytest.mark.parametrize(
        ("value", "written", "tests"),
        [
            ("days", "{at_most: 365}", (Test("at_most", Literal(365)),)),
            ("days", "365", (Test("equals", Literal(365)),)),
            ("grace", "{at_most: 2d}", (Test("at_most", Literal(172_800)),)),
            ("ciphers", "{subset_of: [a, b]}", (Test("subset_of", Literal(["a", "b"])),)),
        ],
    )
    def test_operands_take_the_form_of_the_values_type(
        self, tmp_path: Path, value: str, written: str, tests: tuple[Test, ...]
    ):
        catalogues = load(tmp_path, CONTROL + f", strictest: {{max_age.{value}: {written}}}}}\n")
        bound = bind_bounds(catalogues, RULES)["bench-1"].controls[0].strictest

        assert bound == (Bound("max_age", value, tests),)

    @pytest.mark.parametrize(
        ("written", "part"),
        [
            ("{max_age.days: {at_mots: 3}}", "unknown operator of max_age.days: 'at_mots' (did you mean 'at_most'?)"),
            ("{max_age.days: {at_most: 3d}}", "the text '3d' was read where int is declared"),
            ("{max_age.days: {contains: 3}}", "max_age.days is int, which contains does not speak about"),
            ("{nothing.days: {at_most: 3}}", "no rule is called 'nothing'"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, tmp_path: Path, written: str, part: str):
        catalogues = load(tmp_path, CONTROL + f", strictest: {written}}}\n")

        with pytest.raises(ContentError) as wrong:
            bind_bounds(catalogues, RULES)
        assert part in str(wrong.value)


def test_references_to_controls(tmp_path: Path):
    ids = control_ids(load(tmp_path, CONTROL + "}\n"))

    assert ids == {"bench-1": frozenset({"1.1"})}
    assert unknown_control("bench-1/1.1", ids) is None
    assert unknown_control("bench-1", ids) == ("'bench-1' is no reference to a control", "write catalogue/number")
    assert unknown_control("bnch-1/1.1", ids) == ("no catalogue is called 'bnch-1'", "did you mean 'bench-1'?")


def test_types_of_values_are_not_guessed(tmp_path: Path):
    mode = {"r": rule("r", values={"v": Type(TEXTS.kind)})}
    catalogues = load(tmp_path, '  - {id: "1", title: T, strictest: {r.v: {one_of: [x, 1]}}}\n')

    with pytest.raises(ContentError, match="the number 1 was read where text is declared"):
        bind_bounds(catalogues, mode)
