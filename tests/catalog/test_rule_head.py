"""The head of a rule file: what is refused, in exact words."""

from __future__ import annotations

import pytest

from tests.support.ruletexts import check_of, complaints, read_text, rule_text

REFUSED: list[tuple[dict[str, str | None], list[str]]] = [
    (
        {"id": "other_rule"},
        ["1: the id 'other_rule' is not the name of the file (write id: my_rule, or rename the file)"],
    ),
    ({"id": "My Rule"}, ["1: the id 'My Rule' is no name (write small letters, digits and _ . - between them)"]),
    ({"id": None}, ["1: a rule lacks 'id' (write it)"]),
    ({"revision": "0"}, ["2: 'revision' is no number from 1 on (write 1, and raise it with the check)"]),
    ({"revision": '"1"'}, ["2: 'revision' is no number from 1 on (write 1, and raise it with the check)"]),
    ({"revision": "true"}, ["2: 'revision' is no number from 1 on (write 1, and raise it with the check)"]),
    ({"title": ""}, ["3: 'title' is empty, not text (write it)"]),
    ({"title": "5"}, ["3: 'title' is a number, not text (quote it: \"5\")"]),
    ({"title": '"a\\nb"'}, ["3: 'title' has several lines (write it on one)"]),
    ({"title": '"  "'}, ["3: 'title' is empty (write it)"]),
    ({"title": "2026-12-01"}, ["3: 'title' is a date, not text (quote it: \"2026-12-01\")"]),
    ({"title": "no"}, ["3: plain 'no' is read differently by YAML programs (write false, or quote it: \"no\")"]),
    ({"severity": "hihg"}, ["4: unknown 'severity': 'hihg' (did you mean 'high'?)"]),
    ({"severity": "None"}, ["4: unknown 'severity': 'None' (known: critical, high, medium, low)"]),
    ({"platforms": "[linxu]"}, ["5: unknown 'platforms': 'linxu' (did you mean 'linux'?)"]),
    ({"platforms": "[]"}, ["5: 'platforms' is an empty list (write an item, or leave the key out)"]),
    ({"platforms": "linux"}, ["5: 'platforms' is text, not a list (write [ … ])"]),
    ({"platforms": "[linux, linux]"}, ["5: 'platforms': 'linux' stands here again (keep one of them)"]),
    ({"rationale": None}, ["1: a rule lacks 'rationale' (write it)"]),
    ({"remediation": "[a]"}, ["7: 'remediation' is a list, not text (write a text)"]),
    ({"controls": '{framework-2: ["4.8"]}'}, ["8: unknown catalogue 'framework-2' (did you mean 'framework-1'?)"]),
    ({"controls": '{framework-1: ["4.7"]}'}, ["8: unknown control of framework-1: '4.7' (did you mean '4.9'?)"]),
    ({"controls": "{framework-1: [4.8]}"}, ['8: controls of framework-1 is a number, not text (quote it: "4.8")']),
    ({"controls": '{framework-1: "4.8"}'}, ["8: controls of framework-1 is text, not a list (write [ … ])"]),
    ({"controls": "[a]"}, ["8: 'controls' is not a map (write {catalogue: [\"number\"]})"]),
    (
        {"controls": "{framework-1: []}"},
        ["8: controls of framework-1 is an empty list (write an item, or leave the key out)"],
    ),
    ({"scope": "estat"}, ["8: unknown 'scope': 'estat' (did you mean 'estate'?)"]),
    (
        {"labels": "[Big Word]"},
        ["8: a label 'Big Word' is no name (write small letters, digits and _ . - between them)"],
    ),
    ({"labels": "[]"}, ["8: 'labels' is an empty list (write an item, or leave the key out)"]),
    ({"labels": "[a, a]"}, ["8: 'labels': 'a' stands here again (keep one of them)"]),
    ({"formerly": "old_rule"}, ["8: 'formerly' is text, not a list (write [ … ])"]),
    ({"evidence": "A paper."}, ["8: 'evidence' belongs to manual rules (remove it, or write check: manual)"]),
    ({"chekc": "x"}, ["8: unknown key in a rule: 'chekc' (did you mean 'check'?)"]),
    ({"severty": "low"}, ["8: unknown key in a rule: 'severty' (did you mean 'severity'?)"]),
    ({"check": "manual"}, ["8: a manual rule lacks 'evidence' (write what a person must give)"]),
    ({"check": "manual", "cases": None}, ["8: a manual rule lacks 'evidence' (write what a person must give)"]),
    ({"check": None}, ["1: a rule lacks 'check' (write it)"]),
    (
        {"check": "manual", "cases": None, "evidence": "A dated list.", "values": "{limit: {type: int, default: 5}}"},
        ["9: the value 'limit' is declared and never used (refer to it as {value: limit}, or remove it)"],
    ),
    (
        {"check": "maunal", "cases": None, "evidence": "x"},
        ["9: unknown word for a check: 'maunal' (did you mean 'manual'?)"],
    ),
    ({"values": "{}"}, ["8: 'values' is not a map of names (write it, or leave the key out)"]),
    ({"values": "[a]"}, ["8: 'values' is not a map of names (write it, or leave the key out)"]),
    ({"values": "{limit: {type: itn, default: 5}}"}, ["8: 'itn' is no type (did you mean 'int'?)"]),
    ({"values": "{limit: {type: int}}"}, ["8: the value 'limit' lacks 'default' (write it)"]),
    (
        {"values": '{limit: {type: int, default: "5"}}'},
        [
            "8: the default of 'limit': the text '5' was read where int is declared (write a whole number without quotes)"
        ],
    ),
    (
        {"values": "{limit: {type: int, default: 5, say: x}}"},
        [
            "8: the value 'limit' is declared and never used (refer to it as {value: limit}, or remove it)",
            "8: unknown key in the value 'limit': 'say' (did you mean 'says'?)",
        ],
    ),
    (
        {"values": '{limit: {type: "list[text", default: []}}'},
        ['8: \'list[text\' is no type (write such as int, "list[text]" or "enum[a, b]")'],
    ),
    (
        {"values": "{limit: {type: map, default: {}}}"},
        ["8: 'map' is no type (known: text, enum, int, bool, duration, size, time, version, mode, address)"],
    ),
    (
        {"values": '{limit: {type: "enum[a, a]", default: a}}'},
        ["8: 'enum[a, a]' is no type (write different words as \"enum[a, b]\", other kinds alone)"],
    ),
    (
        {"values": '{limit: {type: "enum[a, b]", default: c}}'},
        ["8: the default of 'limit': 'c' is none of the literals (write one of a, b)"],
    ),
    ({"values": "{limit: 5}"}, ["8: the value 'limit' is a number, not a map (write key: value)"]),
    (
        {"values": "{Big: {type: int, default: 5}}"},
        ["8: the value's name 'Big' is no name (write small letters, digits and _ . - between them)"],
    ),
    (
        {"values": "{limit: {type: list[text], default: []}}"},
        [
            "8: not YAML: while parsing a flow mapping, did not find expected ',' or '}' (quote what holds [ ] { } or , there)"
        ],
    ),
    (
        {"values": "{limit: {type: int, default: 5}}"},
        ["8: the value 'limit' is declared and never used (refer to it as {value: limit}, or remove it)"],
    ),
]


@pytest.mark.parametrize(("parts", "expected"), REFUSED)
def test_a_wrong_head_is_refused_with_line_near_word_and_remedy(
    parts: dict[str, str | None], expected: list[str]
) -> None:
    assert complaints(parts, cases=False) == expected


def test_the_good_rule_has_nothing_wrong_with_it() -> None:
    rule, problems = read_text(
        rule_text({"labels": "[ssh, logins]", "formerly": "[old_rule]", "controls": '{framework-1: ["4.8"]}'})
    )

    assert problems == []
    assert rule is not None
    assert (rule.id, rule.revision, rule.severity, rule.platforms) == ("my_rule", 1, "medium", ("linux",))
    assert (rule.labels, rule.formerly, rule.controls) == (("ssh", "logins"), ("old_rule",), {"framework-1": ("4.8",)})
    assert (rule.path, rule.line, len(rule.sha256), len(rule.cases)) == ("my_rule.yaml", 1, 64, 3)


def test_a_manual_rule_says_what_a_person_must_give() -> None:
    rule, problems = read_text(rule_text({"check": "manual", "cases": None, "evidence": "A dated list of names."}))

    assert problems == []
    assert rule is not None
    assert rule.manual
    assert rule.evidence == "A dated list of names."


def test_a_rule_without_cases_is_refused() -> None:
    assert complaints({"cases": None}) == ["8: the rule has no cases (add some that show pass, fail and unknown)"]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    parts: dict[str, str | None] = {
        "severity": "hihg",
        "scope": "targte",
        "check": "{fact: host.setings, expect: {limit: 5}}",
    }

    assert complaints(parts) == [
        "4: unknown 'severity': 'hihg' (did you mean 'high'?)",
        "8: unknown 'scope': 'targte' (did you mean 'target'?)",
        "9: unknown fact 'host.setings' (did you mean 'host.settings'?)",
    ]


def test_a_repeated_key_names_both_lines() -> None:
    _, problems = read_text(rule_text({}) + "title: Another\n")

    assert [str(problem) for problem in problems] == [
        "my_rule.yaml:13: the key 'title' stands here again, first on line 3 (keep one of them)"
    ]


@pytest.mark.parametrize(
    ("written", "default", "kept"),
    [
        ("int", "5", 5),
        ("bool", "true", True),
        ("duration", "1h30m", 5400),
        ("size", "10 MiB", 10 * 2**20),
        ("time", "2026-12-01", "2026-12-01T00:00:00Z"),
        ("time", "2026-12-01T02:00:00+02:00", "2026-12-01T00:00:00Z"),
        ("version", '"24.04"', "24.04"),
        ("mode", '"640"', "0640"),
        ("address", "10.0.0.0/8", "10.0.0.0/8"),
        ("list[int]", "[1, 2]", [1, 2]),
        ("list[enum[low, high]]", "[low]", ["low"]),
    ],
)
def test_values_are_kept_in_the_form_of_evidence(written: str, default: str, kept: object) -> None:
    rule = check_of(
        "{all: [{value: v, expect: {equals: {value: w}}}, {fact: host.settings, expect: {limit: 5}}]}",
        values=f'{{v: {{type: "{written}", default: {default}}}, w: {{type: "{written}", default: {default}}}}}',
    )

    assert rule.values["v"].default == kept
    assert str(rule.values["v"].type) == written
