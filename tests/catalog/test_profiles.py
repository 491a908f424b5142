"""Profiles: extended, selected, valued, and every mistake at its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.catalog.catalogues import Catalogues, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.profiles import RawProfile, load_profiles, profile_folders, profile_id
from scanner.catalog.resolution import candidates, resolve
from scanner.facts.table import builtin
from scanner.model.errors import ConfigurationError, ContentError
from scanner.model.fact import BOOL, DURATION, INT, TEXTS
from scanner.model.outcome import Severity
from scanner.model.profile import ControlException, Profile
from scanner.model.rule import Assertion, FactSubject, FieldTest, Quantifier, Rule, Value

BENCH = """schema: catalogue/1
title: Bench
kind: benchmark
version: "1"
publisher: Us
controls:
  - {id: "1", title: T, levels: {server: 1, workstation: 1}, rules: [a]}
  - {id: "2", title: T, levels: {server: 2, workstation: 1}, rules: [b]}
  - {id: "3", title: T, levels: {workstation: 2}, rules: [c]}
  - {id: "4", title: T, levels: {server: 2}}
"""
FRAME = """schema: catalogue/1
title: Frame
kind: framework
version: "1"
publisher: Us
controls:
  - {id: "1.1", title: T, levels: {all: 1}, rules: [a]}
  - {id: "1.2", title: T, levels: {all: 2}}
"""
FLAT = """schema: catalogue/1
title: Flat
kind: benchmark
version: "1"
publisher: Us
controls: [{id: "1", title: T, levels: {all: 1}, rules: [a]}]
"""
PLAIN = """schema: catalogue/1
title: Plain
kind: policy
version: "1"
publisher: Us
controls: [{id: p1, title: T, rules: [a]}]
"""
VALUES = {"days": Value("days", INT, 90), "grace": Value("grace", DURATION, 0), "ciphers": Value("ciphers", TEXTS, [])}


def rule(name: str, **changes: Any) -> Rule:
    return Rule(name, 1, name, Severity.LOW, ("linux",), "", "", None, **changes)


RULES = {
    "a": rule("a", values=VALUES, labels=("ssh",)),
    "b": rule("b", labels=("ssh", "crypto"), formerly=("bee",)),
    "c": rule("c"),
    "d": rule("d", controls={"frame": ("1.2",), "bench": ("4",)}),
}


class Shelf:
    """A folder of profiles and catalogues under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "catalogues").mkdir()
        for name, text in (("bench", BENCH), ("frame", FRAME), ("flat", FLAT), ("plain", PLAIN)):
            (folder / "catalogues" / f"{name}.yaml").write_text(text)

    def put(self, name: str, body: str) -> None:
        """Write a profile; its body begins in line 2."""
        (self.folder / f"{name}.yaml").write_text(f"schema: profile/1\n{body}\n")

    @property
    def catalogues(self) -> Catalogues:
        return load_catalogues([Folder(self.folder / "catalogues", "c")])

    def load(self, *named: str) -> dict[str, RawProfile]:
        return load_profiles([Folder(self.folder, "p")], named)

    def resolve(self, name: str) -> Profile:
        return resolve([name], self.load(name), self.catalogues, RULES, builtin())[profile_id(name)]

    def said(self, name: str) -> list[str]:
        with pytest.raises(ContentError) as wrong:
            self.resolve(name)
        return [str(problem) for problem in wrong.value.problems]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


class TestSelection:
    @pytest.mark.parametrize(
        ("entry", "rules"),
        [
            ("{catalogue: bench, level: 1, variant: server}", "a"),
            ("{catalogue: bench, level: 2, variant: server}", "ab"),
            ("{catalogue: bench, variant: server}", "ab"),
            ("{catalogue: bench, level: 1, variant: workstation}", "ab"),
            ("{catalogue: bench, level: 2, variant: workstation}", "abc"),
            ("{catalogue: bench}", "abc"),
            ("{catalogue: plain}", "a"),
            ("{catalogue: frame, level: 1}", "a"),
            ("{catalogue: frame, level: 2}", "ad"),
            ("{catalogue: frame}", "ad"),
            ("{rules: [c, a]}", "ca"),
            ("{labels: [crypto]}", "b"),
            ("{labels: [ssh, crypto]}", "ab"),
        ],
    )
    def test_what_an_entry_selects(self, shelf: Shelf, entry: str, rules: str):
        shelf.put("mine", f"select: [{entry}]")

        assert shelf.resolve("mine").rules == tuple(rules)

    def test_a_level_that_was_selected_is_kept_for_reports(self, shelf: Shelf):
        shelf.put("mine", "select: [{catalogue: bench, level: 1, variant: server}, {catalogue: plain}]")
        found = shelf.resolve("mine")

        assert found.variants == {"bench": ("server", 1)}
        assert found.catalogues == ("bench", "plain")

    @pytest.mark.parametrize(
        ("entry", "sentence"),
        [
            (
                "{catalogue: bench, level: 3, variant: server}",
                "the catalogue bench has no level 3 for server (its levels: 1, 2)",
            ),
            (
                "{catalogue: frame, level: 3}",
                "the catalogue frame has no level 3 (its levels: 1, 2)",
            ),
            (
                "{catalogue: flat, level: 2}",
                "the catalogue flat has no level 2: the benchmark knows Level 1 alone (write level: 1)",
            ),
            (
                "{catalogue: bench, level: 1}",
                "the catalogue bench has several variants (add variant: server or workstation)",
            ),
            (
                "{catalogue: bench, level: 1, variant: sever}",
                "the catalogue bench has no variant 'sever' (did you mean 'server'?)",
            ),
            ("{catalogue: plain, level: 1}", "the catalogue plain has no levels (select it without them)"),
            ("{catalogue: bnch}", "no catalogue is called 'bnch' (did you mean 'bench'?)"),
            ("{rules: [bee]}", "the rule 'bee' has another name now (write b)"),
            ("{rules: [zz]}", "no rule is called 'zz' (`rules list` names them)"),
            ("{labels: [crytpo]}", "no rule carries the label 'crytpo' (did you mean 'crypto'?)"),
        ],
    )
    def test_what_does_not_exist_is_told_with_the_near_word(self, shelf: Shelf, entry: str, sentence: str):
        shelf.put("mine", f"select:\n  - {entry}")

        assert shelf.said("mine") == [f"p/mine.yaml:3: {sentence}"]

    @pytest.mark.parametrize(
        ("entry", "sentence"),
        [
            (
                "{}",
                "an entry names one way to choose in select (write catalogue: ID, rules: [IDS] or labels: [LABELS])",
            ),
            (
                "{catalogue: bench, rules: [a]}",
                "an entry names one way to choose in select (write catalogue: ID, rules: [IDS] or labels: [LABELS])",
            ),
            (
                "{rules: [a], level: 1}",
                "level and variant say nothing about rules in select (remove them, or select by catalogue)",
            ),
            ("{rules: []}", "the list or map is empty in select.rules (write what belongs there, or drop the key)"),
        ],
    )
    def test_an_entry_chooses_in_one_way(self, shelf: Shelf, entry: str, sentence: str):
        shelf.put("mine", f"select:\n  - {entry}")

        assert shelf.said("mine") == [f"p/mine.yaml:3: {sentence}"]


class TestExtends:
    def test_parents_come_first_each_rule_once(self, shelf: Shelf):
        shelf.put("base", "select: [{rules: [c, a]}]")
        shelf.put("other", "select: [{rules: [d, a]}]")
        shelf.put("mine", "extends: [base, other]\nselect: [{rules: [b, c]}]")

        assert shelf.resolve("mine").rules == ("c", "a", "d", "b")

    def test_own_values_win_over_extended_ones(self, shelf: Shelf):
        shelf.put("base", "values: {a: {days: 30, grace: 2d}}")
        shelf.put("mine", "extends: base\nvalues: {a: {days: 60}}")

        assert shelf.resolve("mine").values == {"a": {"days": 60, "grace": 172_800}}

    def test_parents_that_differ_must_be_settled(self, shelf: Shelf):
        shelf.put("base", "values: {a: {days: 30}}")
        shelf.put("other", "values: {a: {days: 60}}")
        shelf.put("mine", "title: Mine\nextends: [base, other]")
        shelf.put("settled", "extends: [base, other]\nvalues: {a: {days: 45}}")

        assert shelf.said("mine") == [
            "p/mine.yaml:3: base and other set a.days differently (set it here: values: {a: {days: …}})"
        ]
        assert shelf.resolve("settled").values == {"a": {"days": 45}}

    def test_the_highest_level_counts(self, shelf: Shelf):
        shelf.put("one", "select: [{catalogue: bench, level: 1, variant: server}]")
        shelf.put("two", "extends: one\nselect: [{catalogue: bench, level: 2, variant: server}]")

        assert shelf.resolve("two").variants == {"bench": ("server", 2)}

    def test_two_variants_of_one_catalogue_are_refused(self, shelf: Shelf):
        shelf.put("one", "select: [{catalogue: bench, level: 1, variant: server}]")
        shelf.put("two", "extends: one\nselect:\n  - {catalogue: bench, level: 1, variant: workstation}")

        assert shelf.said("two") == [
            "p/two.yaml:4: the profile selects from bench for server and for workstation (make two profiles)"
        ]

    def test_a_profile_for_a_level_that_the_benchmark_lacks_is_refused(self, shelf: Shelf):
        shelf.put("flat-level-1", "select: [{catalogue: flat, level: 1}]")
        shelf.put("mine", "extends: [flat-level-2]")

        sentence = "no profile is called 'flat-level-2': its benchmark has no Level 2 (there is flat-level-1)"
        assert shelf.said("mine") == [f"p/mine.yaml:2: {sentence}"]
        with pytest.raises(ConfigurationError) as wrong:
            resolve(["flat-level-2"], shelf.load(), shelf.catalogues, RULES, builtin())
        assert str(wrong.value) == sentence

    def test_a_circle_is_refused(self, shelf: Shelf):
        for name, parent in (("x", "y"), ("y", "z"), ("z", "y")):
            shelf.put(name, f"extends: [{parent}]")

        assert shelf.said("x") == ["p/z.yaml:2: the profile extends itself: y > z > y (break the circle)"]

    def test_an_unknown_parent_is_told_with_the_near_word(self, shelf: Shelf):
        shelf.put("basis", "select: [{rules: [a]}]")
        shelf.put("mine", "extends: [bassis]")

        assert shelf.said("mine") == ["p/mine.yaml:2: no profile is called 'bassis' (did you mean 'basis'?)"]

    def test_problems_of_a_shared_parent_are_told_once(self, shelf: Shelf):
        shelf.put("base", "select: [{rules: [zz]}]")
        shelf.put("left", "extends: base")
        shelf.put("mine", "extends: [base, left]")

        assert len(shelf.said("mine")) == 1


class TestExclusions:
    def test_an_excluded_rule_stays_listed_with_its_reason(self, shelf: Shelf):
        shelf.put("mine", "select: [{catalogue: bench}]\nexclude: [{rule: b, reason: no GUI}]")
        found = shelf.resolve("mine")

        assert found.rules == ("a", "b", "c")
        assert found.excluded == {"b": "no GUI"}

    def test_selecting_it_by_name_lifts_an_inherited_exclusion(self, shelf: Shelf):
        shelf.put(
            "base", "select: [{catalogue: bench}]\nexclude: [{rule: b, reason: no GUI}, {rule: c, reason: later}]"
        )
        shelf.put("mine", "extends: base\nselect: [{rules: [b]}]")

        assert shelf.resolve("mine").excluded == {"c": "later"}

    def test_what_one_parent_judges_is_judged(self, shelf: Shelf):
        shelf.put("base", "select: [{labels: [ssh]}]\nexclude: [{rule: b, reason: no GUI}]")
        shelf.put("other", "select: [{rules: [b]}]")
        shelf.put("mine", "extends: [base, other]")

        assert shelf.resolve("mine").excluded == {}

    def test_an_exclusion_needs_a_reason_and_an_existing_rule(self, shelf: Shelf):
        shelf.put("bad", "exclude: [{rule: b}]")
        with pytest.raises(ContentError, match="'reason' is missing in exclude"):
            shelf.load()
        shelf.put("bad", "exclude: [{rule: bee, reason: r}]")

        assert shelf.said("bad") == ["p/bad.yaml:2: the rule 'bee' has another name now (write b)"]

    def test_selecting_and_excluding_in_one_profile_is_refused(self, shelf: Shelf):
        shelf.put("bad", "select: [{rules: [b]}]\nexclude: [{rule: b, reason: r}]")

        assert shelf.said("bad") == ["p/bad.yaml:3: the profile selects b and excludes it (keep one of them)"]


class TestValues:
    @pytest.mark.parametrize(
        ("written", "setting"),
        [
            ("days: 30", {"days": 30}),
            ("grace: 1h30m", {"grace": 5400}),
            ("ciphers: [x, y]", {"ciphers": ["x", "y"]}),
        ],
    )
    def test_settings_take_the_form_of_their_type(self, shelf: Shelf, written: str, setting: dict[str, Any]):
        shelf.put("mine", f"values: {{a: {{{written}}}}}")

        assert shelf.resolve("mine").values == {"a": setting}

    @pytest.mark.parametrize(
        ("written", "sentence"),
        [
            ("a: {dyas: 30}", "the rule a has no value 'dyas' (did you mean 'days'?)"),
            ("b: {days: 30}", "the rule b has no value 'days' (it has no values)"),
            ("aa: {days: 30}", "no rule is called 'aa' (did you mean 'a'?)"),
        ],
    )
    def test_what_does_not_exist_is_told_with_the_near_word(self, shelf: Shelf, written: str, sentence: str):
        shelf.put("mine", f"values:\n  {written}")

        assert shelf.said("mine") == [f"p/mine.yaml:3: {sentence}"]

    @pytest.mark.parametrize("written", ["days: 30d", 'days: "30"', "days: true", "grace: 90", "ciphers: x"])
    def test_settings_of_another_type_are_refused_at_their_line(self, shelf: Shelf, written: str):
        shelf.put("mine", f"values:\n  a:\n    {written}")

        (sentence,) = shelf.said("mine")
        assert sentence.startswith("p/mine.yaml:4: ")
        assert "is declared" in sentence


class TestReported:
    def test_frameworks_are_reported_besides(self, shelf: Shelf):
        shelf.put("mine", "select: [{catalogue: bench}]\nframeworks: [frame]")

        assert shelf.resolve("mine").catalogues == ("bench", "frame")

    def test_exceptions_name_controls_that_exist(self, shelf: Shelf):
        shelf.put("mine", "controls: [{id: frame/1.1, applicable: false, reason: cloud only}]")
        shelf.put("bad", "controls: [{id: frame/1.3, applicable: false, reason: r}]\nframeworks: [frme]")

        assert shelf.resolve("mine").exceptions == (ControlException("frame/1.1", "cloud only"),)
        assert shelf.said("bad") == [
            "p/bad.yaml:2: frame has no control '1.3' (did you mean '1.2'?)",
            "p/bad.yaml:3: no catalogue is called 'frme' (did you mean 'frame'?)",
        ]

    def test_an_exception_says_that_a_control_does_not_apply(self, shelf: Shelf):
        shelf.put("bad", "controls: [{id: frame/1.1, applicable: true, reason: r}]")

        assert shelf.said("bad") == [
            (
                "p/bad.yaml:2: an exception says that a control is not applicable in controls.applicable "
                "(write applicable: false, or drop the entry)"
            )
        ]


class TestApplies:
    APPLIES = "applies: {fact: linux.system, expect: {distribution: ubuntu}}\napplies_says: Ubuntu"

    def test_the_assertion_is_read_with_the_vocabulary(self, shelf: Shelf):
        shelf.put("mine", self.APPLIES)
        found = shelf.resolve("mine")

        assert isinstance(found.applies, Assertion)
        assert found.applies_says == "Ubuntu"

    def test_it_is_inherited_but_auto_is_not(self, shelf: Shelf):
        shelf.put("base", self.APPLIES + "\nauto: [linux]\npinned: " + "a" * 64)
        shelf.put("mine", "extends: base")
        found = shelf.resolve("mine")

        assert found.applies == shelf.resolve("base").applies
        assert (found.applies_says, found.auto, found.pinned) == ("Ubuntu", (), "a" * 64)

    def test_parents_for_different_targets_must_be_settled(self, shelf: Shelf):
        shelf.put("base", self.APPLIES)
        shelf.put("other", self.APPLIES.replace("ubuntu", "debian").replace("Ubuntu", "Debian"))
        shelf.put("mine", "extends: [base, other]")

        assert shelf.said("mine") == [
            (
                "p/mine.yaml:2: what it extends is for different targets: Ubuntu, Debian "
                "(write applies and applies_says, or give both profiles by -p)"
            )
        ]

    def test_a_mistake_in_it_is_told_at_its_line(self, shelf: Shelf):
        shelf.put("mine", "applies:\n  fact: linux.sytsem\n  expect: {distribution: x}\napplies_says: X")

        (sentence,) = shelf.said("mine")
        assert sentence.startswith("p/mine.yaml:3: unknown fact 'linux.sytsem' (did you mean 'linux.system'?)")

    def test_it_is_said_in_words_too(self, shelf: Shelf):
        shelf.put("mine", "applies: {fact: linux.system, expect: {distribution: ubuntu}}")

        with pytest.raises(ContentError, match="'applies' stands without 'applies_says'"):
            shelf.load()

    def test_auto_finds_its_candidates(self, shelf: Shelf):
        shelf.put("base", self.APPLIES + "\nauto: [linux]")
        shelf.put("mine", "extends: base")

        assert candidates(shelf.load(), "linux") == ["base"]
        assert candidates(shelf.load(), "aws") == []

    def test_auto_names_platforms(self, shelf: Shelf):
        shelf.put("mine", "auto: [linx]")

        with pytest.raises(
            ContentError, match=r"p/mine.yaml:2: no platform is called 'linx' \(did you mean 'linux'\?\)"
        ):
            shelf.load()


class TestLoading:
    def test_a_path_is_loaded_with_what_it_extends_beside_it(self, shelf: Shelf, tmp_path: Path):
        own = tmp_path / "own"
        own.mkdir()
        (own / "mine.yaml").write_text("schema: profile/1\nextends: [near, base]\n")
        (own / "near.yaml").write_text("schema: profile/1\nselect: [{rules: [b]}]\n")
        shelf.put("base", "select: [{rules: [a]}]")

        found = shelf.resolve(str(own / "mine.yaml"))

        assert (found.id, found.rules, found.path) == ("mine", ("b", "a"), str(own / "mine.yaml"))

    def test_an_unknown_name_is_a_mistake_of_the_operator(self, shelf: Shelf):
        shelf.put("baseline", "select: [{rules: [a]}]")

        with pytest.raises(ConfigurationError, match=r"no profile is called 'basline' \(did you mean 'baseline'\?\)"):
            resolve(["basline"], shelf.load(), shelf.catalogues, RULES, builtin())

    def test_two_profiles_of_one_name_are_refused(self, shelf: Shelf, tmp_path: Path):
        shelf.put("mine", "select: [{rules: [a]}]")
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "mine.yaml").write_text("schema: profile/1\n")

        with pytest.raises(ContentError, match=r"the profile 'mine' exists already: p/mine\.yaml"):
            shelf.load(str(tmp_path / "own" / "mine.yaml"))

    def test_the_id_is_the_files_name(self, shelf: Shelf):
        shelf.put("mine", "id: yours")

        with pytest.raises(ContentError, match="the id 'yours' is not the file's name"):
            shelf.load()

    def test_shipped_profiles_load(self):
        assert all(
            profile.document.path == f"profiles/{name}.yaml"
            for name, profile in load_profiles(profile_folders()).items()
        )


def profile(name: str, **settings: Any) -> Profile:
    return Profile(name, name, (), values={"r": settings})


class TestResources:
    TAGS = "resources: {tags: {env: prod}}"

    @pytest.fixture(autouse=True)
    def _with_a_rule_on_buckets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check = Assertion(FactSubject("aws.s3_policy"), Quantifier.EVERY, FieldTest("public", BOOL, ()))
        monkeypatch.setitem(RULES, "b", replace(RULES["b"], check=check))

    def test_tags_are_kept_and_inherited(self, shelf: Shelf) -> None:
        shelf.put("base", f"select: [{{rules: [b]}}]\n{self.TAGS}")
        shelf.put("mine", "extends: base")
        shelf.put("ours", "extends: base\nresources: {tags: {env: dev}}")
        assert shelf.resolve("mine").resources == {"env": "prod"}
        assert shelf.resolve("ours").resources == {"env": "dev"}
        shelf.put("both", "extends: [mine, ours]")
        assert shelf.said("both") == [
            (
                "p/both.yaml:2: what it extends is for resources with different tags "
                "(write resources: {tags: …}, or give both profiles by -p)"
            )
        ]

    def test_tags_that_nothing_goes_by_are_refused(self, shelf: Shelf) -> None:
        shelf.put("mine", f"select: [{{rules: [a]}}]\n{self.TAGS}")
        assert shelf.said("mine") == [
            (
                "p/mine.yaml:3: no rule of this profile judges resources whose tags are known "
                "(remove resources, or select rules on resources of an account)"
            )
        ]

    @pytest.mark.parametrize("body", ["resources: {tags: {}}", "resources: {}", "resources: {env: prod}"])
    def test_resources_name_tags(self, shelf: Shelf, body: str) -> None:
        shelf.put("mine", body)
        with pytest.raises(ContentError):
            shelf.resolve("mine")
