"""Mutations, their rules and what stands in for a machine belong together."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase

import pytest
import yaml

from scanner import content
from tests.hosts.mutations import CONTAINERS, FOLDER, Mutation, batches, mutations, sample, stand_ins, unproven

ALL = [*mutations(), *mutations(guest=True)]


def _catalogued() -> dict[str, set[str]]:
    """Recommendation > rules, of both benchmarks."""
    found: dict[str, set[str]] = {}
    folder = content.folder("profiles").joinpath("catalogues")
    for name in ("cis-debian-12-v1.1.0.yaml", "cis-ubuntu-24.04-v1.0.0.yaml"):
        for each in yaml.safe_load(folder.joinpath(name).read_text())["controls"]:
            rules = {rule if isinstance(rule, str) else rule["rule"] for rule in each.get("rules", [])}
            found.setdefault(each["id"], set()).update(rules)
    return found


CATALOGUED = _catalogued()
RULES = sorted({rule for rules in CATALOGUED.values() for rule in rules})


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.place)
def test_rules_and_recommendations_exist(each: Mutation) -> None:
    assert each.rule in RULES
    assert each.control in CATALOGUED
    patterns = (*each.also, *each.turns)
    assert [pattern for pattern in patterns if not any(fnmatchcase(rule, pattern) for rule in RULES)] == []


def test_enough_is_broken() -> None:
    assert len({each.control for each in ALL}) >= 150


def test_lists_of_what_stands_in_name_rules() -> None:
    named = [*stand_ins(), *unproven()]
    assert [rule for rule in named if rule not in RULES] == []
    assert [rule for rule, number in Counter(named).items() if number > 1] == []
    assert all(stand_ins().values())
    assert all(unproven().values())


def test_batches_have_nothing_in_common() -> None:
    found = mutations("noble")
    made = batches(found, RULES, 12)
    assert sorted(each.place for batch in made for each in batch) == sorted(each.place for each in found)
    for batch in made:
        touched = Counter(name for each in batch for name in {*each.expected(RULES), *each.things})
        assert [name for name, number in touched.items() if number > 1] == []
        assert len(batch) == 1 or not any(each.alone for each in batch)


def test_samples_are_the_same_for_the_same_seed() -> None:
    assert sample(ALL, 24, 7) == sample(ALL, 24, 7)
    assert sample(ALL, 24, 7) != sample(ALL, 24, 8)
    assert len(sample(ALL, 10**6, 1)) == len(ALL)


def test_files_hold_nothing_else() -> None:
    assert FOLDER.is_dir()
    assert CONTAINERS.is_file()
