"""Checks that nothing can pass, or nothing can fail: what is refused, in exact words."""

from __future__ import annotations

import pytest

from tests.support.ruletexts import complaints

SOUND: list[str] = [
    "{fact: host.settings, expect: {limit: {at_least: 5, less: 6}}}",
    "{fact: host.settings, expect: {grace: {greater: 5s, less: 6s}}}",
    '{fact: host.settings, expect: {login: {equals: a, matches: "a+"}}}',
    '{fact: host.settings, expect: {login: {one_of: [a, b], matches: "b+"}}}',
    "{fact: host.settings, expect: {login: {absent: true, empty: true}}}",
    "{fact: host.settings, expect: {level: {none_of: [low, mid]}}}",
    "{fact: host.settings, expect: {level: {one_of: [low, mid, high]}}}",
    "{fact: host.settings, expect: {strict: {equals: true, differs: false}}}",
    "{fact: host.settings, expect: {ciphers: {contains: a, lacks: b}}}",
    '{fact: host.settings, expect: {changed: {at_least: "2026-01-01", at_most: "2026-01-01"}}}',
    "{fact: host.settings, expect: {any: [{limit: {equals: {field: floor}}}, {limit: {differs: {field: floor}}}]}}",
    "{fact: host.settings, expect: {any: [{limit: {at_least: 5}}, {limit: {less: 9}}]}}",
    "{fact: host.settings, expect: {any: [{login: a}, {login: b}], banner: x, strict: true}}",
    "{fact: host.user, rows: {uid: {at_least: 1000}}, none: {uid: {less: 2000}}}",
    "{fact: host.package, where: {name: ssh}, expect: {name: ssh, present: true}}",
    "{fact: host.user, count: {at_most: 0}}",
    "{any: [{fact: host.settings, expect: {limit: 5}}, {fact: host.settings, expect: {limit: 6}}]}",
    "{any: [{fact: host.settings, expect: {limit: 5}}, {all: [{fact: host.settings, expect: {limit: 5}}, {fact: host.settings, expect: {floor: 5}}]}]}",
]

UNSOUND: list[tuple[str, list[str]]] = [
    (
        "{fact: host.settings, expect: {limit: {at_least: 5, at_most: 3}}}",
        ["8: limit: nothing meets at_least 5 and at_most 3 at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {limit: {greater: 5, less: 6}}}",
        ["8: limit: nothing meets greater 5 and less 6 at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {limit: {equals: 5, differs: 5}}}",
        ["8: limit: nothing meets equals 5 and differs 5 at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: a, one_of: [b, c]}}}",
        ["8: login: nothing meets equals a and one_of b, c at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {one_of: [a, b], none_of: [a, b]}}}",
        ["8: login: nothing meets one_of a, b and none_of a, b at once (mend the tests that exclude each other)"],
    ),
    (
        '{fact: host.settings, expect: {login: {equals: a, matches: "b+"}}}',
        ["8: login: nothing meets equals a and matches b+ at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {absent: true, equals: a}}}",
        ["8: login: nothing meets absent true and equals a at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {absent: true, present: true}}}",
        ["8: login: nothing meets absent true and present true at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {empty: true, equals: a}}}",
        ["8: login: nothing meets empty true and equals a at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {level: {none_of: [low, mid, high]}}}",
        ["8: level: nothing meets none_of low, mid, high (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {strict: {differs: true, equals: true}}}",
        ["8: strict: nothing meets differs true and equals true at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {ciphers: {contains: a, empty: true}}}",
        ["8: ciphers: nothing meets contains a and empty true at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {ciphers: {contains: a, lacks: a}}}",
        ["8: ciphers: nothing meets contains a and lacks a at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {ciphers: {equals: [a], contains: b}}}",
        ["8: ciphers: nothing meets equals a and contains b at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: {contains: a, lacks: a}}}",
        ["8: login: nothing meets contains a and lacks a at once (mend the tests that exclude each other)"],
    ),
    (
        '{fact: host.settings, expect: {changed: {less: "2026-01-01", greater: "2026-02-01"}}}',
        [
            "8: changed: nothing meets less 2026-01-01T00:00:00Z and greater 2026-02-01T00:00:00Z at once (mend the tests that exclude each other)"
        ],
    ),
    (
        "{fact: host.settings, expect: {quota: {at_least: 10 MiB, less: 10 MB}}}",
        ["8: quota: nothing meets at_least 10 MiB and less 10 MB at once (mend the tests that exclude each other)"],
    ),
    (
        '{fact: host.settings, expect: {mode: {equals: "0666", mode_within: "0640"}}}',
        ["8: mode: nothing meets equals 0666 and mode_within 0640 at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {limit: {equals: {field: floor}, differs: {field: floor}}}}",
        ["8: limit: nothing meets equals floor and differs floor at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {limit: {less: {field: floor}, at_least: {field: floor}}}}",
        ["8: limit: nothing meets less floor and at_least floor at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {any: [{limit: {present: true}}, {limit: {absent: true}}]}}",
        ["8: every row meets 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.settings, expect: {any: [{limit: {at_least: 5}}, {limit: {less: 9}}, {limit: {absent: true}}]}}",
        ["8: every row meets 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.settings, expect: {all: [{limit: {at_least: 5}}, {limit: {less: 5}}]}}",
        ["8: no row can meet 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.settings, expect: {login: a, not: {login: a}}}",
        ["8: no row can meet 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.settings, expect: {any: [{login: a}, {not: {login: a}}]}}",
        ["8: every row meets 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.settings, expect: {any: [{login: a}, {login: b}], not: {login: {one_of: [a, b]}}}}",
        ["8: no row can meet 'expect' (mend the parts that exclude or complete each other)"],
    ),
    (
        "{fact: host.user, rows: {uid: 0}, every: {uid: 0}}",
        ["8: every row that 'rows' leaves meets the demand (test something else, or drop it from one of the two)"],
    ),
    (
        "{fact: host.user, rows: {uid: {at_least: 1000}}, none: {uid: {less: 1000}}}",
        ["8: no row that 'rows' leaves can meet the demand (test something else, or drop it from one of the two)"],
    ),
    (
        "{fact: host.user, rows: {uid: 0, shell: {absent: true, present: true}}, every: {name: root}}",
        ["8: shell: nothing meets absent true and present true at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.package, where: {name: ssh}, expect: {name: ssh}}",
        ["8: every row that 'where' leaves meets the demand (test something else, or drop it from one of the two)"],
    ),
    (
        "{fact: host.package, where: {name: ssh}, expect: {name: telnet}}",
        ["8: no row that 'where' leaves can meet the demand (test something else, or drop it from one of the two)"],
    ),
    (
        "{fact: host.user, count: {at_least: 1, at_most: 0}}",
        ["8: count: nothing meets at_least 1 and at_most 0 at once (mend the tests that exclude each other)"],
    ),
    (
        "{fact: host.user, count: {greater: 0, less: 1}}",
        ["8: count: nothing meets greater 0 and less 1 at once (mend the tests that exclude each other)"],
    ),
    ("{fact: host.user, count: -1}", ["8: count: nothing meets equals -1 (mend the tests that exclude each other)"]),
    (
        "{all: [{fact: host.settings, expect: {limit: 5}}, {fact: host.settings, expect: {limit: 5}}]}",
        ["8: the same assertion stands here again (keep one of them)"],
    ),
    (
        "{any: [{fact: host.settings, expect: {limit: 5}}, {not: {fact: host.settings, expect: {limit: 5}}}]}",
        ["8: the check cannot fail (mend the parts that leave nothing out)"],
    ),
    (
        "{all: [{fact: host.settings, expect: {limit: 5}}, {not: {fact: host.settings, expect: {limit: 5}}}]}",
        ["8: the check cannot pass (mend the parts that exclude each other)"],
    ),
    (
        "{all: [{fact: host.settings, expect: {limit: 5}}, {fact: host.settings, expect: {limit: 6}}]}",
        ["8: no row can meet what line 8 expect together (mend one of them)"],
    ),
    (
        "{not: {any: [{fact: host.settings, expect: {limit: 5}}, {not: {fact: host.settings, expect: {limit: 5}}}]}}",
        ["8: the check cannot pass (mend the parts that exclude each other)"],
    ),
]

WHEN: list[tuple[str, str, list[str]]] = [
    (
        "{fact: host.settings, expect: {limit: 5}}",
        "{fact: host.settings, expect: {limit: 5}}",
        ["9: the check cannot fail where 'when' holds (mend the parts that leave nothing out)"],
    ),
    (
        "{not: {fact: host.settings, expect: {limit: 5}}}",
        "{fact: host.settings, expect: {limit: 5}}",
        ["9: the check cannot pass where 'when' holds (mend the parts that exclude each other)"],
    ),
    (
        "{fact: host.settings, expect: {strict: true}}",
        "{fact: host.settings, expect: {strict: false}}",
        ["9: no row can meet what line 8 and line 9 expect together (mend one of them)"],
    ),
    (
        "{any: [{fact: host.settings, expect: {limit: 5}}, {not: {fact: host.settings, expect: {limit: 5}}}]}",
        "{fact: host.settings, expect: {floor: 5}}",
        ["8: 'when' always holds, whatever is found (mend it)"],
    ),
    (
        "{all: [{fact: host.settings, expect: {limit: 5}}, {not: {fact: host.settings, expect: {limit: 5}}}]}",
        "{fact: host.settings, expect: {floor: 5}}",
        ["8: 'when' never holds, whatever is found (mend it)"],
    ),
    (
        "{fact: host.package, where: {name: a}, expect: {present: true}}",
        "{fact: host.package, where: {name: b}, expect: {present: false}}",
        [],
    ),
]


@pytest.mark.parametrize("check", SOUND)
def test_what_can_pass_and_fail_is_left_alone(check: str) -> None:
    assert complaints({"check": check}, cases=False) == []


@pytest.mark.parametrize(("check", "expected"), UNSOUND)
def test_what_cannot_pass_or_cannot_fail_is_refused(check: str, expected: list[str]) -> None:
    assert complaints({"check": check}, cases=False) == expected


@pytest.mark.parametrize(("when", "check", "expected"), WHEN)
def test_when_and_check_must_leave_each_other_room(when: str, check: str, expected: list[str]) -> None:
    assert complaints({"when": when, "check": check}, cases=False) == expected


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (
            "{all: [{value: limit, expect: {at_least: 5, less: 5}}, {fact: host.settings, expect: {limit: 5}}]}",
            ["9: limit: nothing meets at_least 5 and less 5 at once (mend the tests that exclude each other)"],
        ),
        (
            "{all: [{value: limit, expect: {present: true}}, {fact: host.settings, expect: {limit: 5}}]}",
            ["9: limit: everything meets present true (say what must hold)"],
        ),
        ("{value: limit, expect: {at_most: 5}}", ["9: the check asks the target nothing (name a fact)"]),
        (
            "{fact: host.settings, expect: {limit: {equals: {value: limit}, differs: {value: limit}}}}",
            ["9: limit: nothing meets equals limit and differs limit at once (mend the tests that exclude each other)"],
        ),
    ],
)
def test_values_are_free_but_not_both_at_once(check: str, expected: list[str]) -> None:
    assert complaints({"values": "{limit: {type: int, default: 5}}", "check": check}, cases=False) == expected


def test_contradictions_are_named_by_their_lines() -> None:
    check = """
  all:
    - {fact: host.settings, expect: {strict: true}}
    - {fact: host.settings, expect: {limit: 5}}
    - {fact: host.settings, expect: {strict: false}}
"""

    assert complaints({"check": check}, cases=False) == [
        "12: no row can meet what line 10 and line 12 expect together (mend one of them)"
    ]


def test_more_parts_than_can_be_tried_are_taken_to_be_sound() -> None:
    parts = ", ".join(
        f"{{fact: host.package, where: {{name: p{number}}}, expect: {{present: true}}}}" for number in range(20)
    )

    assert complaints({"check": f"{{any: [{parts}]}}"}, cases=False) == []
