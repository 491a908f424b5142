"""The schema of rule files: it accepts what the loader accepts, and refuses what an editor can refuse."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from scanner import content
from scanner.catalog.files.folders import Folder
from scanner.catalog.nodes import read
from scanner.catalog.rules import find_rules
from scanner.catalog.schema import rule_schema
from scanner.facts.table import builtin
from scanner.model.errors import Problem
from scanner.model.fact import Vocabulary
from tests.support.ruletexts import CATALOGUES, VOCABULARY, rule_text


def _plain(value: Any) -> Any:
    """Give a document as an editor reads it, which knows no dates."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def _validator(shipped: bool) -> jsonschema_rs.Draft202012Validator:
    vocabulary: Vocabulary = builtin() if shipped else VOCABULARY
    schema = rule_schema(vocabulary, ["cis-controls-v8.1"] if shipped else CATALOGUES)
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


def _accepts(text: str, *, shipped: bool = False) -> bool:
    problems: list[Problem] = []
    document = read("my_rule.yaml", text.encode(), problems)
    assert document is not None
    return _validator(shipped).is_valid(_plain(document.value))


RULES = find_rules([Folder(content.folder("rules"), "rules")], [])


@pytest.mark.parametrize("name", RULES)
def test_every_shipped_rule_is_accepted(name: str) -> None:
    assert _accepts(RULES[name].place.read_text(encoding="utf-8"), shipped=True)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"check": "manual", "cases": None, "evidence": "A list."},
        {"scope": "estate", "platforms": "[estate]", "labels": "[a]", "formerly": "[b]"},
        {"controls": '{framework-1: ["4.8"]}', "values": '{v: {type: "list[enum[a, b]]", default: [a], says: Words.}}'},
        {"check": "{fact: host.user, where: {kind: local}, rows: {uid: {at_least: 5}}, none: {not: {shell: a}}}"},
        {"check": "{all: [{fact: host.user, count: 3}, {any: [{not: {value: v, expect: {less: 3}}}]}]}"},
        {"check": "{fact: host.package, where: {name: {target: labels.p}}, expect: {present: true}}"},
        {
            "check": "{fact: host.settings, expect: {grace: 90d, quota: 10 MiB, mode: {mode_within: '0640'}, limit: {less: {field: floor}}}}"
        },
        {
            "check": "{fact: host.settings, expect: {ciphers: {subset_of: {value: v}}, changed: {age_at_most: 30d}, grace: 0}}"
        },
    ],
)
def test_what_the_language_offers_is_accepted(parts: dict[str, str | None]) -> None:
    assert _accepts(rule_text(parts))


@pytest.mark.parametrize(
    "parts",
    [
        {"id": "My Rule"},
        {"id": None},
        {"revision": "0"},
        {"title": "5"},
        {"severity": "hihg"},
        {"platforms": "[]"},
        {"platforms": "[linxu]"},
        {"controls": "{framework-2: [a]}"},
        {"controls": "{framework-1: [4.8]}"},
        {"chekc": "x"},
        {"evidence": "A list."},
        {"check": "manual", "cases": None},
        {"check": "manual", "evidence": "A list."},
        {"cases": None},
        {"values": "{v: {type: itn, default: 1}}"},
        {"values": "{v: {type: int}}"},
        {"check": "{fact: host.setings, expect: {limit: 5}}"},
        {"check": "{fact: host.settings}"},
        {"check": "{fact: host.settings, expect: {}}"},
        {"check": "{fact: host.settings, expect: {limt: 5}}"},
        {"check": "{fact: host.settings, expect: {uid: 5}}"},
        {"check": "{fact: host.settings, expect: {limit: {}}}"},
        {"check": "{fact: host.settings, expect: {limit: '5'}}"},
        {"check": "{fact: host.settings, expect: {limit: {matches: a}}}"},
        {"check": "{fact: host.settings, expect: {login: {at_lest: 5}}}"},
        {"check": "{fact: host.settings, expect: {login: true}}"},
        {"check": "{fact: host.settings, expect: {login: {one_of: a}}}"},
        {"check": "{fact: host.settings, expect: {level: hihg}}"},
        {"check": "{fact: host.settings, expect: {mode: 644}}"},
        {"check": "{fact: host.settings, expect: {ciphers: [a]}}"},
        {"check": "{fact: host.settings, expect: {limit: 5}, every: {limit: 5}}"},
        {"check": "{fact: host.settings, expect: {limit: 5}, value: v}"},
        {"check": "{fact: host.package, expect: {present: true}}"},
        {"check": "{fact: host.package, where: {nam: a}, expect: {present: true}}"},
        {"check": "{value: v, every: {limit: 5}}"},
        {"check": "{all: []}"},
        {"check": "{all: [{fact: host.user, count: 1}], any: [{fact: host.user, count: 1}]}"},
        {"check": "{expect: {limit: 5}}"},
        {"cases": "[{name: a, given: {}}]"},
        {"cases": "[{name: a, given: {host.setings: {}}, then: pass}]"},
        {"cases": "[{name: a, given: {host.settings: {limt: 5}}, then: pass}]"},
        {"cases": "[{name: a, given: {host.settings: {limit: {absent: false}}}, then: pass}]"},
        {"cases": "[{name: a, given: {host.settings: {limit: 5}}, then: passed}]"},
        {"cases": "[{name: a, given: {host.package: [{present: true}]}, then: pass}]"},
        {"cases": "[{name: a, given: {host.package: {incomplete: a, rows: []}}, then: pass}]"},
        {"cases": "[{name: a, given: {host.user: {incomplete: a}}, then: pass}]"},
    ],
)
def test_seeded_mistakes_are_refused(parts: dict[str, str | None]) -> None:
    assert not _accepts(rule_text(parts))


def test_descriptions_come_from_the_vocabulary() -> None:
    schema = rule_schema(VOCABULARY, CATALOGUES)

    assert schema["$defs"]["fact-host.user"]["description"] == "Accounts."
    assert schema["$defs"]["rows-host.settings"]["properties"]["limit"]["description"] == "Whole number."
    assert list(schema["properties"]["controls"]["properties"]) == ["framework-1"]
    assert schema["$defs"]["assertion"]["properties"]["fact"]["enum"] == list(VOCABULARY)
