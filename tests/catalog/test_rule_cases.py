"""The cases of rules: what is refused, in exact words, and how they answer queries."""

from __future__ import annotations

import pytest

from scanner.catalog.cases import CASE_TIME, case_evidence, case_rule
from scanner.model.asking import queries
from scanner.model.evidence import ABSENT, Query, error, unknown
from scanner.model.outcome import Outcome
from scanner.model.rule import Case, Rule
from tests.support.ruletexts import CASES, complaints, read_text, rule_text

REFUSED: list[tuple[str, list[str]]] = [
    (
        "{name: extra, given: {host.settings: {limt: 5}}, then: pass}",
        ["13: unknown field of host.settings: 'limt' (did you mean 'limit'?)"],
    ),
    (
        "{name: extra, given: {host.setings: {limit: 5}}, then: pass}",
        ["13: unknown fact in a case: 'host.setings' (did you mean 'host.settings'?)"],
    ),
    (
        "{name: extra, given: {host.user: []}, then: pass}",
        ["13: unknown fact in a case: 'host.user' (did you mean 'host.settings'?)"],
    ),
    (
        "{name: extra, given: {}, then: pass}",
        ["13: the case gives no host.settings, which the rule asks (give rows, or why not)"],
    ),
    (
        '{name: extra, given: {host.settings: {limit: "5"}}, then: pass}',
        ["13: limit: the text '5' was read where int is declared (write a whole number without quotes)"],
    ),
    (
        "{name: extra, given: {host.settings: [{limit: 5}, {limit: 5}]}, then: pass}",
        ["13: host.settings has one row (write it as a map of fields, or {unknown: reason})"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: }}, then: pass}",
        ["13: limit: nothing is written where int is declared (write a value, or {absent: true})"],
    ),
    (
        "{name: extra, given: {host.settings: }, then: pass}",
        ["13: host.settings has one row (write it as a map of fields, or {unknown: reason})"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: {absent: false}}}, then: pass}",
        ["13: limit: absent is always true (write {absent: true}, or the value)"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: {unknown: }}}, then: pass}",
        ["13: the reason is empty, not text (write it)"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: {unknwn: x}}}, then: pass}",
        ["13: limit: a map was read where int is declared (write a whole number without quotes)"],
    ),
    (
        "{name: extra, given: {host.settings: {incomplete: cut, rows: []}}, then: pass}",
        ["13: host.settings is no list, it cannot be incomplete (write {unknown: reason})"],
    ),
    (
        "{name: extra, given: {host.settings: {unknown: 5}}, then: pass}",
        ['13: the reason is a number, not text (quote it: "5")'],
    ),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: passed}",
        ["13: unknown 'then': 'passed' (did you mean 'pass'?)"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: notchecked}",
        ["13: unknown 'then': 'notchecked' (known: pass, fail, unknown, error, notapplicable)"],
    ),
    (
        "{name: good, given: {host.settings: {limit: 5}}, then: pass}",
        ["13: a case called 'good' stands on line 10 already (rename one of them)"],
    ),
    ("{name: x, given: {host.settings: {limit: 5}}}", ["13: a case lacks 'then' (write it)"]),
    (
        "{nam: x, given: {host.settings: {limit: 5}}, then: pass}",
        ["13: a case lacks 'name' (write it)", "13: unknown key in a case: 'nam' (did you mean 'name'?)"],
    ),
    ("good", ["13: a case is text, not a map (write key: value)"]),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: pass, values: {limit: 3}}",
        ["13: unknown key in 'values': 'limit'"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: pass, target: {nme: a}}",
        ["13: unknown field of a target: 'nme' (known: id, platform, service_class, address, labels.<name>)"],
    ),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: pass, target: {id: 5}}",
        ['13: id is a number, not text (quote it: "5")'],
    ),
    (
        "{name: extra, given: {host.settings: {limit: 5}}, then: pass, at: yesterday}",
        ["13: 'at': 'yesterday' is no time (write such as \"2026-11-20\" or \"2026-11-20T01:02:03Z\")"],
    ),
    (
        "{name: extra, given: {host.settings: {labels: {absent: true}, level: hihg, grace: 60}}, then: pass}",
        [
            "13: grace: the number 60 was read where duration is declared (write it with a unit, such as 60s or 60d)",
            "13: level: 'hihg' is none of the literals (did you mean 'high'?)",
        ],
    ),
    ("{name: x, given: [a], then: pass}", ["13: 'given' is not a map (write {fact: rows})"]),
    ('{name: "", given: {host.settings: {limit: 5}}, then: pass}', ["13: the case's name is empty (write it)"]),
]

PACKAGE = "{fact: host.package, where: {name: ssh}, expect: {present: true}}"
USERS = "{fact: host.user, every: {uid: 0}}"


def _cases(*written: str) -> str:
    return "".join(f"\n  - {case}" for case in written)


def _case(given: str, then: str, name: str, more: str = "") -> str:
    return f"{{name: {name}, given: {{{given}}}, then: {then}{more}}}"


def _rule(parts: dict[str, str | None]) -> Rule:
    rule, problems = read_text(rule_text(parts))
    assert rule is not None, problems
    return rule


USER_CASES = (
    _case("host.user: [{name: root, uid: 0}]", "pass", "a"),
    _case("host.user: [{name: ada, uid: 1}]", "fail", "b"),
    _case("host.user: {incomplete: cut, rows: []}", "unknown", "c"),
    _case("host.user: []", "notapplicable", "d"),
)


@pytest.mark.parametrize(("case", "expected"), REFUSED)
def test_a_wrong_case_is_refused_with_line_near_word_and_remedy(case: str, expected: list[str]) -> None:
    assert complaints({"cases": f"{CASES}\n  - {case}"}) == expected


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ("", ["9: 'cases' is empty, not a list (write [ … ])"]),
        ("{a: b}", ["9: 'cases' is a map, not a list (write [ … ])"]),
        (
            "[]",
            [
                "9: no case shows fail (add one with then: fail)",
                "9: no case shows pass (add one with then: pass)",
                "9: no case shows unknown (add one with then: unknown)",
            ],
        ),
        (CASES.rpartition("\n")[0], ["9: no case shows unknown (add one with then: unknown)"]),
    ],
)
def test_pass_fail_and_unknown_must_be_shown(cases: str, expected: list[str]) -> None:
    assert complaints({"cases": cases}) == expected


def test_a_manual_rule_has_no_cases() -> None:
    assert complaints({"check": "manual", "evidence": "A list."}) == ["10: a manual rule has no cases (remove them)"]


def test_lookups_are_given_by_rows_with_their_keys() -> None:
    cases = _cases(
        _case("host.package: [{name: shs}]", "pass", "a"),
        _case("host.package: [{present: false}]", "fail", "b"),
        _case("host.package: [{name: ssh}, {name: ssh}]", "unknown", "c"),
        _case("host.package: []", "unknown", "d"),
        _case("host.package: {name: ssh}", "unknown", "e"),
        _case("host.package: [{name: ssh}, {name: telnet}]", "pass", "f"),
    )

    assert complaints({"check": PACKAGE, "cases": cases}) == [
        "10: host.package is asked for name: ssh, and given by no row (give one)",
        "11: a row of host.package lacks its key 'name' (write it)",
        "12: host.package is asked for name: ssh, and given by 2 rows (give one)",
        "13: host.package is asked for name: ssh, and given by no row (give one)",
        "14: host.package is given by a list of rows (write [{field: …}], {unknown: reason} or {error: reason})",
        "15: this row of host.package answers nothing that the rule asks (mend its key, or remove it)",
    ]


def test_lists_are_shown_empty_and_incomplete() -> None:
    cases = _cases(*USER_CASES[:2], _case("host.user: {unknown: denied}", "unknown", "c"))

    assert complaints({"check": USERS, "cases": cases}) == [
        "9: no case shows host.user empty (add one with host.user: [])",
        "9: no case shows host.user incomplete (add one with host.user: {incomplete: reason, rows: […]})",
    ]
    assert complaints({"check": USERS, "cases": _cases(*USER_CASES)}) == []


def test_an_incomplete_list_says_what_rows_there_are() -> None:
    wrong = (
        _case("host.user: {incomplete: cut}", "unknown", "e"),
        _case("host.user: {incomplete: cut, rows: a}", "unknown", "f"),
        _case("host.user: {name: ada}", "unknown", "g"),
    )

    assert complaints({"check": USERS, "cases": _cases(*USER_CASES, *wrong)}) == [
        "14: an incomplete list lacks 'rows' (write it)",
        "15: 'rows' is text, not a list (write [ … ])",
        "16: host.user is given by a list of rows (write [{field: …}], {unknown: reason} or {error: reason})",
    ]


def test_when_must_be_shown_not_to_hold() -> None:
    parts: dict[str, str | None] = {"check": USERS, "when": PACKAGE, "cases": _cases(*USER_CASES)}
    gone = _case("host.package: [{name: ssh, present: false}]", "notapplicable", "e")

    assert complaints(parts) == [
        "10: no case shows that 'when' does not hold (add one with host.package and then: notapplicable)"
    ]
    assert complaints({**parts, "cases": _cases(*USER_CASES, gone)}) == []


def test_when_is_taken_to_hold_where_a_case_gives_none_of_its_facts() -> None:
    gone = _case("host.package: [{name: ssh, present: false}]", "notapplicable", "e")
    rule = _rule({"check": USERS, "when": PACKAGE, "cases": _cases(*USER_CASES, gone)})

    assert [case_rule(rule, case).when is None for case in rule.cases] == [True, True, True, True, False]


def test_rows_become_evidence() -> None:
    cells = (
        'login: a, level: mid, limit: 3, strict: true, grace: 1h30m, quota: 1 KiB, changed: 2026-12-01, release: "1.2", '
        'mode: "640", listen: "::1", ciphers: [a], labels: {env: prod}, banner: {absent: true}, floor: {error: odd}'
    )
    rule = _rule({"cases": CASES + "\n  - " + _case(f"host.settings: {{{cells}}}", "pass", "all", ", at: 2026-12-02")})
    (evidence,) = rule.cases[-1].given["host.settings"]

    assert evidence.query == Query("host.settings")
    assert evidence.rows == (
        {
            "login": "a",
            "level": "mid",
            "limit": 3,
            "strict": True,
            "grace": 5400,
            "quota": 1024,
            "changed": "2026-12-01T00:00:00Z",
            "release": "1.2",
            "mode": "0640",
            "listen": "::1",
            "ciphers": ["a"],
            "labels": {"env": "prod"},
            "banner": ABSENT,
            "floor": error("odd"),
        },
    )
    assert [_taken(rule.cases[number]) for number in (-1, 0)] == ["2026-12-02T00:00:00Z", CASE_TIME]


def _taken(case: Case) -> str:
    return next(each.provenance.taken_at for given in case.given.values() for each in given)


def test_a_lookup_leaves_out_what_follows_from_presence() -> None:
    cases = _cases(
        _case("host.package: [{name: ssh}]", "pass", "a"),
        _case("host.package: [{name: ssh, present: false}]", "fail", "b"),
        _case("host.package: {unknown: denied}", "unknown", "c"),
    )
    rule = _rule({"check": PACKAGE, "cases": cases})
    query = Query.of("host.package", {"name": "ssh"})
    there, gone, denied = (case_evidence(rule, case)(query) for case in rule.cases)

    assert there.rows == ({"name": "ssh", "present": True},)
    assert gone.rows == ({"name": "ssh", "present": False, "version": ABSENT},)
    assert (denied.rows, denied.gap) == ((), unknown("denied"))


def test_rows_answer_by_the_fields_that_bear_a_parameters_name_when_a_list_is_asked_twice() -> None:
    check = (
        "{all: [{fact: host.user, where: {kind: local}, every: {uid: 0}},"
        " {fact: host.user, where: {kind: remote}, none: {uid: 0}}]}"
    )
    rows = "host.user: [{name: a, uid: 0, kind: local}, {name: b, uid: 1, kind: remote}]"
    rule = _rule({"check": check, "cases": _cases(_case(rows, "pass", "first"), *USER_CASES[1:])})
    answers = case_evidence(rule, rule.cases[0])

    asked = [answers(query) for query in queries(rule, {}, {})]

    assert [[row["name"] for row in evidence.rows] for evidence in asked] == [["a"], ["b"]]


def test_values_and_the_targets_fields_decide_what_is_asked() -> None:
    check = "{all: [{fact: host.package, where: {name: {value: package}}, expect: {present: true}}, {fact: host.user, where: {}, rows: {name: root}, some: {uid: 0}}, {not: {fact: host.package, where: {name: {target: labels.banned}}, expect: {present: true}}}]}"
    users = "host.user: [{name: root, uid: 0}]"
    packages = "host.package: [{name: ssh}, {name: telnet, present: false}]"
    more = ", values: {package: ssh}, target: {labels.banned: telnet}"
    cases = _cases(
        _case(f"{users}, {packages}", "pass", "a", more),
        _case(f"{users}, host.package: [{{name: sshd, present: false}}]", "fail", "b"),
        _case(f"{users}, host.package: {{unknown: denied}}", "unknown", "c"),
        _case("host.user: [], host.package: {unknown: denied}", "fail", "d"),
        _case("host.user: {incomplete: cut, rows: []}, host.package: {unknown: denied}", "unknown", "e"),
    )
    rule = _rule({"check": check, "values": "{package: {type: text, default: sshd}}", "cases": cases})

    assert rule.cases[0].values == {"package": "ssh"}
    assert rule.cases[0].target == {"labels.banned": "telnet"}
    assert [each.query.parameters for each in rule.cases[0].given["host.package"]] == [
        {"name": "ssh"},
        {"name": "telnet"},
    ]
    assert [each.query.parameters for each in rule.cases[1].given["host.package"]] == [{"name": "sshd"}]


def test_a_question_that_a_case_does_not_answer_is_an_error_not_an_empty_list() -> None:
    rule = _rule({})

    evidence = case_evidence(rule, rule.cases[0])(Query("host.user"))

    assert not evidence.complete
    assert evidence.gap == error("the case 'good' of my_rule gives no evidence for this question")
    assert rule.cases[0].then is Outcome.PASS
