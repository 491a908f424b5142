"""Checks: what is refused, in exact words."""

from __future__ import annotations

import pytest

from tests.support.ruletexts import complaints

REFUSED: list[tuple[str, list[str]]] = [
    ("{fact: host.setings, expect: {limit: 5}}", ["8: unknown fact 'host.setings' (did you mean 'host.settings'?)"]),
    ("{fact: nothing.like, expect: {limit: 5}}", ["8: unknown fact 'nothing.like' (`facts list` shows them all)"]),
    ("{fact: host.settings}", ["8: the assertion demands nothing (write one of expect, every, some, none, count)"]),
    ("{fact: host.settings, expect: {}}", ["8: 'expect' demands nothing (name a field and what is expected of it)"]),
    (
        "{fact: host.user, none: {}}",
        ["8: 'none' demands nothing (write count: {equals: 0} when there may be no row at all)"],
    ),
    ("{fact: host.user, some: {}}", ["8: 'some' demands nothing (write count: {at_least: 1} when any row will do)"]),
    (
        "{fact: host.user, rows: {}, every: {uid: 0}}",
        ["8: an empty condition holds for every row (name a field and what is expected of it)"],
    ),
    (
        "{fact: host.settings, expect: {limit: 5}, every: {limit: 5}}",
        ["8: 'expect' and 'every' stand in one assertion (make two, joined by 'all')"],
    ),
    (
        "{fact: host.settings, expct: {limit: 5}}",
        ["8: unknown key in an assertion about a fact: 'expct' (did you mean 'expect'?)"],
    ),
    (
        "{fact: host.settings, expect: {limit: 5}, wher: {}}",
        ["8: unknown key in an assertion about a fact: 'wher' (did you mean 'where'?)"],
    ),
    (
        "{expect: {limit: 5}}",
        ["8: an assertion without a subject (name a fact or a value, or join assertions by all, any, not)"],
    ),
    ("[a]", ["8: an assertion is a map (write {fact: …, expect: …}, {all: […]}, {any: […]} or {not: …})"]),
    ("a", ["8: unknown word for a check: 'a' (write an assertion, or manual)"]),
    ("{}", ["8: an assertion without a subject (name a fact or a value, or join assertions by all, any, not)"]),
    ("{all: []}", ["8: 'all' is an empty list (write an item, or leave the key out)"]),
    ("{any: []}", ["8: 'any' is an empty list (write an item, or leave the key out)"]),
    ("{all: {fact: host.settings, expect: {limit: 5}}}", ["8: 'all' is a map, not a list (write [ … ])"]),
    (
        "{all: [{fact: host.settings, expect: {limit: 5}}], fact: host.user}",
        ["8: 'fact' stands beside 'all' (join the two by 'all')"],
    ),
    ("{not: []}", ["8: an assertion is a map (write {fact: …, expect: …}, {all: […]}, {any: […]} or {not: …})"]),
    (
        "{any: [{fact: host.settings, expect: {limt: 5}}]}",
        ["8: unknown field of host.settings: 'limt' (did you mean 'limit'?)"],
    ),
    (
        "{fact: host.settings, expect: {limit: []}}",
        ["8: limit: a list is compared by an operator (write {one_of: […]})"],
    ),
    (
        "{fact: host.settings, expect: {login: [a, b]}}",
        ["8: login: a list is compared by an operator (write {one_of: […]})"],
    ),
    (
        "{fact: host.settings, expect: {ciphers: aes}}",
        [
            "8: ciphers: a list is compared by an operator (write {equals: [aes]}, {superset_of: [aes]} or {contains: one item})"
        ],
    ),
    (
        "{fact: host.settings, expect: {ciphers: [aes]}}",
        [
            "8: ciphers: a list is compared by an operator (write {equals: […]}, {superset_of: […]} or {contains: one item})"
        ],
    ),
    (
        "{fact: host.settings, expect: {login: true}}",
        [
            '8: login: the bool true was read where text is declared (quote it: write "yes", "no" or the word that is meant)'
        ],
    ),
    (
        "{fact: host.settings, expect: {login: no}}",
        ["8: plain 'no' is read differently by YAML programs (write false, or quote it: \"no\")"],
    ),
    (
        "{fact: host.settings, expect: {login: 5}}",
        ['8: login: the number 5 was read where text is declared (quote it as it is meant, such as "5")'],
    ),
    (
        "{fact: host.settings, expect: {login: }}",
        ["8: login: nothing is written where text is declared (write a value, or {absent: true})"],
    ),
    (
        "{fact: host.settings, expect: {mode: 0644}}",
        ["8: plain '0644' is read differently by YAML programs (write a plain decimal number, or quote it: \"0644\")"],
    ),
    (
        "{fact: host.settings, expect: {mode: 644}}",
        ['8: mode: the number 644 was read where mode is declared (quote the octal digits, such as "0644")'],
    ),
    (
        '{fact: host.settings, expect: {mode: "0999"}}',
        ["8: mode: '0999' is no mode (write four octal digits in quotes, such as \"0644\")"],
    ),
    (
        '{fact: host.settings, expect: {limit: "5"}}',
        ["8: limit: the text '5' was read where int is declared (write a whole number without quotes)"],
    ),
    (
        "{fact: host.settings, expect: {limit: 5.5}}",
        ["8: limit: the number 5.5 was read where int is declared (write a whole number without quotes)"],
    ),
    (
        '{fact: host.settings, expect: {strict: "true"}}',
        ["8: strict: the text 'true' was read where bool is declared (write true or false without quotes)"],
    ),
    (
        "{fact: host.settings, expect: {grace: 90}}",
        ["8: grace: the number 90 was read where duration is declared (write it with a unit, such as 90s or 90d)"],
    ),
    (
        "{fact: host.settings, expect: {grace: 3 months}}",
        ["8: grace: '3 months': months and years have no fixed length (write days, such as 31d or 365d)"],
    ),
    (
        "{fact: host.settings, expect: {quota: 10 MX}}",
        ["8: quota: '10 MX': 'MX' is no unit of size (write B, KiB, MiB, GiB, TiB, kB, MB, GB or TB)"],
    ),
    (
        "{fact: host.settings, expect: {release: 24.04}}",
        ['8: release: the number 24.04 was read where version is declared (quote it as it is meant, such as "24.04")'],
    ),
    (
        "{fact: host.settings, expect: {listen: 10.0.0.300}}",
        ["8: listen: '10.0.0.300' is no address (write such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)"],
    ),
    (
        "{fact: host.settings, expect: {level: hihg}}",
        ["8: level: 'hihg' is none of the literals (did you mean 'high'?)"],
    ),
    (
        "{fact: host.settings, expect: {changed: tomorrow}}",
        ['8: changed: \'tomorrow\' is no time (write such as "2026-11-20" or "2026-11-20T01:02:03Z")'],
    ),
    (
        "{fact: host.settings, expect: {login: 2026-12-01}}",
        ['8: login: a date was read where text is declared (quote it as it is meant, such as "2026-12-01")'],
    ),
    (
        "{fact: host.settings, expect: {limit: {at_lest: 5}}}",
        ["8: unknown operator of limit: 'at_lest' (did you mean 'at_least'?)"],
    ),
    (
        "{fact: host.settings, expect: {limit: {}}}",
        ["8: limit: an empty expectation demands nothing (write what is expected)"],
    ),
    (
        "{fact: host.settings, expect: {login: {at_least: 5}}}",
        [
            "8: login is text, which at_least does not speak about (operators for it: equals, differs, one_of, none_of, contains, lacks, matches, absent, present, empty)"
        ],
    ),
    (
        "{fact: host.settings, expect: {limit: {value: floor}}}",
        ["8: unknown operator of limit: 'value' (write {equals: {value: floor}})"],
    ),
    (
        "{fact: host.settings, expect: {login: {matches: {field: banner}}}}",
        ["8: a pattern cannot come from the target (write it, or refer to a value)"],
    ),
    (
        "{fact: host.settings, expect: {login: {one_of: []}}}",
        ["8: login: one_of an empty list decides nothing (write items)"],
    ),
    (
        "{fact: host.settings, expect: {login: {one_of: [a, b, a]}}}",
        ["8: login: one_of lists 'a' twice (keep one of them)"],
    ),
    (
        "{fact: host.settings, expect: {login: {one_of: a}}}",
        ["8: login, one_of: the text 'a' was read where list[text] is declared (write it as a list: [a])"],
    ),
    (
        "{fact: host.settings, expect: {ciphers: {subset_of: []}}}",
        ["8: ciphers: subset_of an empty list decides nothing (write items, or {empty: true})"],
    ),
    (
        '{fact: host.settings, expect: {login: {absent: "yes"}}}',
        ["8: login, absent: the text 'yes' was read where bool is declared (write true or false without quotes)"],
    ),
    (
        "{fact: host.settings, expect: {level: {none_of: [low, hihg]}}}",
        ["8: level, none_of: 'hihg' is none of the literals (did you mean 'high'?)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {field: login}}}}",
        ["8: equals compares login with itself (name another field)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {field: logn}}}}",
        ["8: unknown field of host.settings: 'logn' (did you mean 'login'?)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {field: limit}}}}",
        ["8: login, equals: the field 'limit' is int, not text (compare fields of one type)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {target: id}}}}",
        ["8: login, equals: a target's field serves in 'where' alone (write a literal or a value)"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {value: limit}}}}",
        ["8: unknown value 'limit' (declare it in 'values')"],
    ),
    (
        "{fact: host.settings, expect: {login: {equals: {a: b, c: d}}}}",
        ["8: login, equals: a map was read where text is declared (write one text)"],
    ),
    ("{fact: host.settings, expect: {all: []}}", ["8: 'all' is an empty list (write an item, or leave the key out)"]),
    (
        "{fact: host.settings, expect: {any: [{login: {absent: true}}, {}]}}",
        ["8: an empty condition holds for every row (name a field and what is expected of it)"],
    ),
    (
        "{fact: host.settings, expect: {not: [a]}}",
        ["8: a row condition is a map of fields (write {field: expectation})"],
    ),
    ("{fact: host.settings, expect: [login]}", ["8: a row condition is a map of fields (write {field: expectation})"]),
    (
        "{fact: host.package, expect: {present: true}}",
        ["8: host.package needs the parameter 'name' (write it in 'where')"],
    ),
    (
        "{fact: host.package, where: {nam: ssh}, expect: {present: true}}",
        [
            "8: host.package needs the parameter 'name' (write it in 'where')",
            "8: unknown parameter of host.package: 'nam' (did you mean 'name'?)",
        ],
    ),
    (
        "{fact: host.package, where: {name: 5}, expect: {present: true}}",
        ['8: name: the number 5 was read where text is declared (quote it as it is meant, such as "5")'],
    ),
    (
        '{fact: host.package, where: {name: ssh, version: "1"}, expect: {present: true}}',
        ["8: unknown parameter of host.package: 'version' (filter fields in 'rows')"],
    ),
    (
        "{fact: host.settings, where: {name: x}, expect: {limit: 5}}",
        ["8: unknown parameter of host.settings: 'name' (it takes none)"],
    ),
    (
        "{fact: host.package, where: {name: {field: name}}, expect: {present: true}}",
        ["8: name: there is no row here to take a field from (write a literal or a value)"],
    ),
    (
        "{fact: host.package, where: {name: {target: lables.x}}, expect: {present: true}}",
        ["8: unknown field of a target 'lables.x' (known: id, platform, service_class, address, labels.<name>)"],
    ),
    (
        "{fact: host.package, where: {name: {value: pkg}}, expect: {present: true}}",
        ["8: unknown value 'pkg' (declare it in 'values')"],
    ),
    (
        "{fact: host.package, where: [name], expect: {present: true}}",
        ["8: 'where' is not a map (write {parameter: literal})"],
    ),
    (
        "{fact: host.user, where: {kind: {target: id}}, every: {uid: 0}}",
        ["8: kind: a target's field is text, not enum[local, remote] (write a literal or a value)"],
    ),
    (
        "{fact: host.user, where: {kind: loca}, every: {uid: 0}}",
        ["8: kind: 'loca' is none of the literals (did you mean 'local'?)"],
    ),
    ("{fact: host.settings, count: 1}", ["8: host.settings always has one row (write 'expect', or filter by 'rows')"]),
    ("{fact: host.user, count: {at_least: 0}}", ["8: count: everything meets at_least 0 (say what must hold)"]),
    (
        "{fact: host.user, count: {less: 0}}",
        ["8: count: nothing meets less 0 (mend the tests that exclude each other)"],
    ),
    (
        '{fact: host.user, count: "1"}',
        ["8: count: the text '1' was read where int is declared (write a whole number without quotes)"],
    ),
    (
        "{fact: estate.asset, every: {owner: ops}}",
        [
            "8: estate.asset speaks about the estate, the rule about the target (set scope: estate, or name a fact about the target)"
        ],
    ),
    ("{value: limit, expect: 5}", ["8: unknown value 'limit' (declare it in 'values')"]),
]


@pytest.mark.parametrize(("check", "expected"), REFUSED)
def test_a_wrong_check_is_refused_with_line_near_word_and_remedy(check: str, expected: list[str]) -> None:
    assert complaints({"check": check}, cases=False) == expected


@pytest.mark.parametrize("pattern", ["a(b", "a(?=b)", r"(a)\\1"])
def test_a_pattern_that_re2_cannot_compile_is_refused(pattern: str) -> None:
    direct = complaints({"check": f'{{fact: host.settings, expect: {{login: {{matches: "{pattern}"}}}}}}'}, cases=False)
    as_value = complaints(
        {
            "values": f'{{pattern: {{type: text, default: "{pattern}"}}}}',
            "check": "{fact: host.settings, expect: {login: {matches: {value: pattern}}}}",
        },
        cases=False,
    )

    assert [text.partition(" is no regular expression: ")[0][:10] for text in direct] == ["8: login: "]
    assert [text.partition(" is no regular expression: ")[0][:12] for text in as_value] == ["9: pattern: "]
    assert "RE2 syntax" in direct[0]


def test_what_follows_a_combination_is_read_too() -> None:
    check = """
  all:
    - fact: host.settings
      expect:
        limt: 5
    - any:
        - {fact: host.usr, every: {uid: 0}}
        - not:
            fact: host.user
            where: {kind: remot}
            every:
              uid: {at_lest: 1000}
"""

    assert complaints({"check": check}, cases=False) == [
        "12: unknown field of host.settings: 'limt' (did you mean 'limit'?)",
        "14: unknown fact 'host.usr' (did you mean 'host.user'?)",
        "17: kind: 'remot' is none of the literals (did you mean 'remote'?)",
        "19: unknown operator of uid: 'at_lest' (did you mean 'at_least'?)",
    ]
