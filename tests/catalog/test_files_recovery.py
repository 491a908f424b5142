"""Recovery policies: what they say, with the source of every value, and every mistake at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.files.recovery import (
    leaf_steps,
    load_recovery_policy,
    read_recovery_policy,
    shipped_recovery_policy,
    unknown_classes,
)
from scanner.catalog.files.recoveryleaves import months, span
from scanner.catalog.files.recoveryshapes import LEAVES
from scanner.catalog.files.targets import read_inventory
from scanner.model.errors import ContentError, Problem
from scanner.model.recovery import Generations, Keep, RecoveryPolicy

DAY = 86400.0
HEAD = "schema: recovery-policy/1\n"


def policy(text: str) -> RecoveryPolicy:
    problems: list[Problem] = []
    found = read_recovery_policy("p.yaml", (HEAD + text).encode(), problems)
    assert problems == []
    assert found is not None
    return found


def said(text: str) -> list[str]:
    problems: list[Problem] = []
    assert read_recovery_policy("p.yaml", (HEAD + text).encode(), problems) is None
    return [str(problem).removeprefix("p.yaml:") for problem in sorted(problems)]


class TestLeaves:
    def test_a_value_names_its_source(self):
        found = policy('classes:\n  gold:\n    rpo: {value: 15m, source: "S004, Objectives"}\n    rto: 1h\n')

        rpo, rto = found.classes["gold"].leaves["rpo"], found.classes["gold"].leaves["rto"]
        assert (rpo.value, rpo.written, rpo.source, rpo.line) == (900.0, "15m", "S004, Objectives", 4)
        assert (rto.value, rto.source, rto.place) == (3600.0, "p.yaml:5", "classes.gold.rto")

    def test_a_map_names_the_source_of_all_in_it(self):
        found = policy(
            "profiles:\n  vm:\n    retention:\n      value: {min_history: 30d, gfs: {weekly: 4}}\n      source: doc\n"
        )

        leaves = found.profiles["vm"].leaves
        assert {(name, leaf.source, leaf.line) for name, leaf in leaves.items()} == {
            ("min_history", "doc", 5),
            ("generations", "doc", 5),
        }

    def test_other_documents_stand_beside(self):
        found = policy(
            "defaults:\n  restore_test:\n    max_age: {value: 31d, source: a, also: [{value: 3 months, source: b}]}\n"
        )

        leaf = found.defaults.leaves["tested_within"]
        assert leaf.value == 31 * DAY
        assert [(other.value, other.written, other.source) for other in leaf.also] == [(92 * DAY, "3 months", "b")]

    def test_every_kind_of_value(self):
        found = policy(
            "timezone: Europe/Berlin\n"
            "profiles:\n  db:\n    accept: ok\n    grace: 0\n    authorised_systems: [pgbackrest, pbs]\n    pitr: true\n"
            "    size: 4 TB\n    rate: 46 MB/s\n    schedule: {success_rate: 97.5%}\n"
            "    retention: {gfs: {daily: 7, anchor: completed}, keep: {last: 3, within: 40d}}\n"
            "    encryption: {at_rest: AES-256, in_transit: false}\n"
            "places:\n  - {location: 'pbs01/*', site: lab, offline: true, retrieval: 4h, rate: {value: 1 MiB/s, source: me}}\n"
            "estate: {capacity: 4 TiB}\n"
        )

        values = {name: leaf.value for name, leaf in found.profiles["db"].leaves.items()}
        assert values == {
            "accept": ("ok",),
            "grace": 0.0,
            "systems": ("pgbackrest", "pbs"),
            "pitr": True,
            "size": 4 * 10**12,
            "rate": 46e6,
            "success_rate": 0.975,
            "generations": Generations(daily=7, anchor="completed"),
            "keep": Keep(last=3, within=40 * DAY),
            "encrypted": True,
            "encrypted_in_transit": False,
        }
        (place,) = found.places
        assert (place.location, place.offline, place.retrieval, place.rate) == ("pbs01/*", True, 14400.0, 1048576.0)
        assert found.timezone == "Europe/Berlin"
        assert found.estate.leaves["capacity"].value == 4 * 2**40

    @pytest.mark.parametrize(
        ("text", "days"),
        [("1 month", 31), ("2 months", 62), ("1 quarter", 92), ("12 months", 366), ("1 year", 366), ("5 years", 1827)],
    )
    def test_months_are_as_long_as_they_can_be(self, text: str, days: int):
        assert span(text) == days * DAY

    @given(st.integers(1, 600))
    def test_months_add_up(self, number: int):
        assert months(number) < months(number + 1)
        assert 28 <= months(number + 1) / DAY - months(number) / DAY <= 31

    def test_places_lead_back_to_their_keys(self):
        found = policy("profiles:\n  a: {rpo: 1h}\n  a.schedule: {schedule: {every: 1d}}\n")

        assert leaf_steps(found, "profiles.a.schedule.schedule.every") == (
            "profiles",
            "a.schedule",
            "schedule",
            "every",
        )
        assert leaf_steps(found, "profiles.a.schedule.every") == ("profiles", "a", "schedule", "every")
        assert leaf_steps(found, "defaults.rpo") == ("defaults", "rpo")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("clases: {}\n", ["2: unknown key 'clases' (did you mean 'classes'?)"]),
        ("timezone: Europe/Berlni\n", ["2: no time zone is called 'Europe/Berlni' in timezone (did you mean 'Europe/Berlin'?)"]),
        ("timezone: ../../etc/passwd\n", ["2: no time zone is called '../../etc/passwd' in timezone (write such as Europe/Berlin)"]),
        ("defaults: {rpoo: 1h}\n", ["2: unknown key 'rpoo' in defaults (did you mean 'rpo'?)"]),
        ("defaults: {rpo: 15}\n", ["2: this is no time with its unit in defaults.rpo (write such as 15m, 30d or 12 months)"]),
        ("defaults: {rpo: 15M}\n", ["2: '15M' may mean minutes or months in defaults.rpo (write 15 min, or 12 months)"]),
        ("defaults: {rpo: 0}\n", ["2: this is no time at all in defaults.rpo (write a longer one, or drop the key)"]),
        ("defaults: {rpo: 9000 years}\n", ["2: '9000 years' is longer than a century in defaults.rpo (write what is meant)"]),
        ("defaults: {size: 4 T}\n", ["2: '4 T': 'T' is no unit of size in defaults.size (write B, KiB, MiB, GiB, TiB, kB, MB, GB or TB)"]),
        ("defaults: {rate: 4 MB}\n", ["2: this is no rate in defaults.rate (write bytes a second, such as 46 MB/s)"]),
        ("defaults: {schedule: {success_rate: 95}}\n", ["2: this is no share in defaults.schedule.success_rate (write it in per cent, such as 95%)"]),
        ("defaults: {authorised_systems: [pbss]}\n", ["2: no backup system is called 'pbss' in defaults.authorised_systems (did you mean 'pbs'?)"]),
        ("defaults: {authorised_systems: []}\n", ["2: the list or map is empty in defaults.authorised_systems (write what belongs there, or drop the key)"]),
        ("defaults: {retention: {gfs: {}}}\n", ["2: no tier is demanded in defaults.retention.gfs (write such as {daily: 7, weekly: 4, monthly: 2})"]),
        ("defaults: {offsite: {storage_classes: [GLACIR]}}\n", ["2: 'GLACIR' is not known here in defaults.offsite.storage_classes (did you mean 'GLACIER'?)"]),
        ("bindings: [{profile: vm}]\nprofiles: {vm: {}}\n", ["2: a binding says for nothing what it is for in bindings (add kinds, platforms, assets or labels)"]),
        ("bindings: [{kinds: vm}]\n", ["2: a binding binds to nothing in bindings (add profile, class or service)"]),
        ("bindings:\n  - {kinds: vm, profile: linux-vn}\nprofiles: {linux-vm: {}}\n", ["3: no profile is called 'linux-vn' (did you mean 'linux-vm'?)"]),
        ("bindings: [{platforms: [postgers], class: a}]\nclasses: {a: {}}\n", ["2: no platform is called 'postgers' in bindings.platforms (did you mean 'postgres'?)"]),
        ("services: {s: {class: a, profile: b}}\n", ["2: no class is called 'a' (write it under classes:)", "2: no profile is called 'b' (write it under profiles:)"]),
        ("defaults:\n  rpo: {value: 1h}\n", ["3: the source of a value is missing or no text (write document and heading, or write the value alone)"]),
        ("defaults:\n  rpo: {source: a}\n", ["3: 'value' is missing in defaults.rpo (add it)"]),
        ("defaults:\n  rpo: {value: 1h, source: a, als: []}\n", ["3: unknown key 'als' beside a value (did you mean 'also'?)"]),
        ("defaults:\n  rpo: {value: 1h, source: a, also: []}\n", ["3: 'also' is no list of other values (write [{value: …, source: …}])"]),
        ("defaults:\n  rpo: {value: 1h, source: a, also: [{value: soon, source: b}]}\n", ["3: 'soon' is no duration in defaults.rpo (write such as 90d, 1h30m or 15 min)"]),
        ("defaults:\n  schedule: {value: {every: 1d}, source: a, also: [{value: {every: 2d}, source: b}]}\n", ["3: another document's value stands beside defaults.schedule, a map of several (write it beside a single value)"]),
        ("defaults:\n  schedule:\n    value:\n      every: {value: 1d, source: b}\n    source: a\n", ["5: a source stands inside a value that has one (write one of them)", "5: this is no time with its unit in defaults.schedule.every (write such as 15m, 30d or 12 months)"]),
        ("title: 5\nestate: {capacity: 4}\n", ["2: a number stands where text is needed in title (quote it: \"5\")", "3: this is no size with its unit in estate.capacity (write such as 30 GB or 4 TiB)"]),
    ],
)  # fmt: skip
def test_mistakes(text: str, sentences: list[str]):
    assert said(text) == sentences


def test_all_problems_come_at_once(tmp_path: Path):
    path = tmp_path / "p.yaml"
    path.write_text(f"{HEAD}timezone: Nowhere\ndefaults: {{rpo: soon}}\nclasses: {{a: {{rto: 1 parsec}}}}\n")

    with pytest.raises(ContentError) as wrong:
        load_recovery_policy(path)

    assert [problem.line for problem in wrong.value.problems] == [2, 3, 4]


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(ContentError, match="cannot be read"):
        load_recovery_policy(tmp_path / "lost.yaml")


def test_a_class_that_nobody_knows_is_a_problem_of_the_inventory():
    problems: list[Problem] = []
    text = "schema: inventory/1\ntargets:\n  a: {platform: linux, service_class: gold}\nassets:\n  b: {kind: vm, service_class: gld}\n"
    inventory = read_inventory("i.yaml", text.encode(), problems)
    assert inventory is not None

    assert [str(problem) for problem in unknown_classes(policy("classes: {gold: {}}\n"), inventory)] == [
        "i.yaml:5: b: no class of p.yaml is called 'gld' (did you mean 'gold'?)"
    ]


def test_what_is_shipped_says_where_it_has_every_value_from():
    found = shipped_recovery_policy()

    groups = (found.classes, found.profiles, found.services)
    sections = [found.defaults, found.estate, *(section for group in groups for section in group.values())]
    leaves = [leaf for section in sections for leaf in section.leaves.values()]
    assert len(leaves) > 60
    assert {leaf.source[:4] for leaf in leaves} == {"S000", "S002", "S003", "S004"}
    assert {name: section.leaves["rpo"].value for name, section in found.classes.items()} == {
        "critical": 900.0,
        "research": 3600.0,
        "development": 14400.0,
        "archival": DAY,
    }


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**18),
    st.text("15mdh% /sMGTBi.{}[]:\n", max_size=8),
    st.sampled_from(["1d", "4 TB"]),
)
_NAMES = st.sampled_from(
    [*{step for path in LEAVES.values() for step in path}, "value", "source", "also", "class", "kinds", "critical"]
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)
_ROOTS = st.sampled_from(
    ["defaults", "classes", "profiles", "services", "bindings", "places", "estate", "timezone", "title"]
)


@given(st.dictionaries(_ROOTS, _VALUES, max_size=4))
def test_odd_content_gives_problems_and_no_exception(value: dict[str, object]):
    import yaml

    problems: list[Problem] = []
    data = yaml.safe_dump({"schema": "recovery-policy/1", **value}, sort_keys=False).encode()
    found = read_recovery_policy("p.yaml", data, problems)
    assert (found is None) == bool(problems)


@given(st.binary(max_size=60))
def test_odd_bytes_give_problems_and_no_exception(data: bytes):
    problems: list[Problem] = []
    found = read_recovery_policy("p.yaml", HEAD.encode() + data, problems)
    assert (found is None) == bool(problems)


def test_networks_of_backups(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "schema: recovery-policy/1\nestate:\n  backup_networks: {value: [10.20.0.0/24, 'fd00::/64'], source: \"handbook:9\"}\n"
    )
    leaf = load_recovery_policy(file).estate.leaves["backup_networks"]
    assert (leaf.value, leaf.source) == (("10.20.0.0/24", "fd00::/64"), "handbook:9")
    file.write_text("schema: recovery-policy/1\nestate: {backup_networks: 10.20.0.5/24}\n")
    with pytest.raises(ContentError, match="is no network"):
        load_recovery_policy(file)
