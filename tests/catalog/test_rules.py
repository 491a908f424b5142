"""Folders of rules: found by name, told apart, hashed, and never half loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import content
from scanner.catalog.catalogues import catalogue_folders, load_catalogues
from scanner.catalog.files.folders import Folder
from scanner.catalog.rules import find_rules, load_rule, load_rules, renamed, rules_sha256
from scanner.facts.table import builtin
from scanner.model.errors import ContentError, Problem
from scanner.model.rule import Rule
from tests.support.ruletexts import CATALOGUES, VOCABULARY, read_text, rule_text


def _write(folder: Path, name: str, **parts: str | None) -> Path:
    file = folder / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(rule_text({"id": file.stem, **parts}))
    return file


def _load(*folders: Path, **options: Any) -> dict[str, Rule]:
    roots = [Folder(folder, folder.name) for folder in folders]
    return load_rules(roots, VOCABULARY, catalogues=CATALOGUES, **options)


def _problems(*folders: Path, **options: Any) -> list[str]:
    with pytest.raises(ContentError) as caught:
        _load(*folders, **options)
    return [str(problem) for problem in caught.value.problems]


def test_rules_lie_in_folders_of_any_depth(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "b_rule")
    _write(tmp_path / "mine", "linux/ssh/a_rule")
    (tmp_path / "mine" / "README.md").write_text("about")
    (tmp_path / "mine" / ".a_rule.yaml.swp").write_text("{")

    rules = _load(tmp_path / "mine")

    assert list(rules) == ["a_rule", "b_rule"]
    assert [rule.path for rule in rules.values()] == ["mine/linux/ssh/a_rule.yaml", "mine/b_rule.yaml"]


def test_all_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "a_rule", severity="hihg")
    _write(tmp_path / "mine", "b_rule", id="c_rule", revision="0")
    (tmp_path / "mine" / "d_rule.yaml").write_text("a: b: c")
    (tmp_path / "mine" / "e_rule.yml").write_text("a: 1")

    assert _problems(tmp_path / "mine", tmp_path / "gone") == [
        "gone: there is no such folder (check the path)",
        "mine/a_rule.yaml:4: unknown 'severity': 'hihg' (did you mean 'high'?)",
        "mine/b_rule.yaml:1: the id 'c_rule' is not the name of the file (write id: b_rule, or rename the file)",
        "mine/b_rule.yaml:2: 'revision' is no number from 1 on (write 1, and raise it with the check)",
        "mine/d_rule.yaml:1: not YAML: mapping values are not allowed in this context (mend the syntax)",
        "mine/e_rule.yml: a rule's file ends in .yaml (call it e_rule.yaml)",
    ]


def test_an_id_is_unique_over_all_folders(tmp_path: Path) -> None:
    _write(tmp_path / "rules", "linux/my_rule")
    _write(tmp_path / "mine", "my_rule")

    assert _problems(tmp_path / "rules", tmp_path / "mine") == [
        "mine/my_rule.yaml:1: the rule 'my_rule' exists already: rules/linux/my_rule.yaml (rename it)"
    ]


def test_only_the_rules_asked_for_are_read(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "a_rule")
    _write(tmp_path / "mine", "b_rule", severity="hihg")

    assert list(_load(tmp_path / "mine", only=["a_rule"])) == ["a_rule"]
    assert _problems(tmp_path / "mine", only=["a_rule", "a_rul"]) == [
        "rules: unknown rule 'a_rul' (did you mean 'a_rule'?)"
    ]


def test_cases_of_proven_folders_are_not_read(tmp_path: Path) -> None:
    _write(tmp_path / "rules", "a_rule", cases="\n  - {name: [}\n")
    _write(tmp_path / "mine", "b_rule")

    rules = _load(tmp_path / "rules", tmp_path / "mine", proven=["rules"])

    assert [len(rule.cases) for rule in rules.values()] == [0, 3]
    assert rules["b_rule"].sha256 == _load(tmp_path / "mine")["b_rule"].sha256
    assert _problems(tmp_path / "rules")[0].startswith("rules/a_rule.yaml:10: not YAML: ")


def test_proven_cases_that_are_not_last_are_passed_over(tmp_path: Path) -> None:
    file = _write(tmp_path / "rules", "a_rule")
    file.write_text(file.read_text() + "labels: [late]\n")

    assert _load(tmp_path / "rules", proven=["rules"])["a_rule"].labels == ("late",)


def test_a_former_id_is_nobodys_id_now(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "a_rule", formerly="[b_rule]")
    _write(tmp_path / "mine", "b_rule", formerly="[old_rule]")
    _write(tmp_path / "mine", "c_rule", formerly="[old_rule]")

    assert _problems(tmp_path / "mine") == [
        "mine/a_rule.yaml:1: the former id 'b_rule' is the id of mine/b_rule.yaml (remove it from 'formerly')",
        "mine/c_rule.yaml:1: the former id 'old_rule' is claimed by b_rule too (remove it from one of them)",
    ]
    assert renamed(_load(tmp_path / "mine", only=["b_rule"])) == {"old_rule": "b_rule"}


def test_the_hash_of_a_set_changes_with_any_byte_and_not_with_the_order(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "a_rule")
    file = _write(tmp_path / "mine", "b_rule")
    before = _load(tmp_path / "mine")
    file.write_text(file.read_text() + "# a word\n")
    after = _load(tmp_path / "mine")

    assert rules_sha256(before) == rules_sha256(dict(reversed(before.items())))
    assert rules_sha256(before) != rules_sha256(after)
    assert rules_sha256(before) != rules_sha256({"a_rule": before["a_rule"]})


def test_a_circle_of_folders_ends(tmp_path: Path) -> None:
    _write(tmp_path / "mine", "a_rule")
    (tmp_path / "mine" / "again").symlink_to(tmp_path / "mine")

    problems: list[Problem] = []
    find_rules([Folder(tmp_path / "mine", "mine")], problems)

    assert any("lies deeper than" in problem.what for problem in problems)


def test_one_rule_is_loaded_from_its_bytes() -> None:
    text = rule_text({}).encode()

    assert load_rule("x/my_rule.yaml", text, VOCABULARY, CATALOGUES).id == "my_rule"
    with pytest.raises(ContentError, match=r"x/other.yaml:1: the id 'my_rule' is not the name of the file"):
        load_rule("x/other.yaml", text, VOCABULARY, CATALOGUES)


def test_all_shipped_rules_load() -> None:
    shipped = [Folder(content.folder("rules"), "rules")]
    catalogues = load_catalogues(catalogue_folders())

    rules = load_rules(shipped, builtin(), catalogues=catalogues)

    assert len(rules) == len(find_rules(shipped, []))
    assert load_rules(shipped, builtin(), catalogues=catalogues, proven=["rules"]).keys() == rules.keys()


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(0, 9).map(lambda each: round(each, 2)),
        st.text(max_size=6),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "fact",
                    "value",
                    "field",
                    "equals",
                    "one_of",
                    "limit",
                    "name",
                    "given",
                    "then",
                    "type",
                ]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
WHOLE: dict[str, Any] = {
    "id": "my_rule",
    "revision": 1,
    "title": "t",
    "severity": "low",
    "platforms": ["linux"],
    "rationale": "r",
    "remediation": "r",
    "controls": {"framework-1": ["4.8"]},
    "labels": ["a"],
    "formerly": ["b"],
    "values": {"v": {"type": "int", "default": 5, "says": "s"}},
    "when": {"fact": "host.package", "where": {"name": "a"}, "expect": {"present": True}},
    "check": {
        "any": [
            {
                "fact": "host.settings",
                "expect": {"limit": {"at_most": {"value": "v"}}, "any": [{"login": {"one_of": ["a"]}}]},
            },
            {"fact": "host.user", "rows": {"uid": {"less": 5}}, "count": {"at_most": 3}},
        ]
    },
    "cases": [
        {
            "name": "c",
            "given": {
                "host.settings": {"limit": {"absent": True}},
                "host.user": {"incomplete": "x", "rows": [{"uid": 1}]},
            },
            "values": {"v": 3},
            "target": {"id": "x"},
            "then": "pass",
        }
    ],
}


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(deeper for key, each in inner for deeper in _places(each, (*place, key)))]


def _put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _put(value[place[0]], place[1:], new)
    return copy


@given(place=st.sampled_from(_places(WHOLE)), new=JSON)
def test_whatever_is_written_where_there_is_a_rule_or_a_problem(place: tuple[Any, ...], new: Any) -> None:
    rule, problems = read_text(json.dumps(_put(WHOLE, place, new)))

    assert (rule is None) is bool(problems)
    assert all(str(problem).isprintable() for problem in problems)
