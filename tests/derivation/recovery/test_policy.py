"""Contradictions in recovery policies: each kind found where it is, and nowhere else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.catalog.files.recovery import read_recovery_policy, shipped_recovery_policy
from scanner.derivation.recovery.policy.check import contradictions
from scanner.derivation.recovery.policy.findings import Contradiction, stricter
from scanner.derivation.recovery.policy.timing import NICE, fitting
from scanner.model.errors import Problem
from scanner.model.recovery import Generations

BOUND = "bindings: [{kinds: [k], profile: p}]\n"


def found(text: str) -> list[Contradiction]:
    problems: list[Problem] = []
    policy = read_recovery_policy("p.yaml", f"schema: recovery-policy/1\n{text}".encode(), problems)
    assert problems == []
    assert policy is not None
    return list(contradictions(policy))


def codes(text: str) -> list[str]:
    return [f"{each.severity} {each.code}" for each in found(text)]


def profile(leaves: str, more: str = BOUND) -> str:
    return f"profiles: {{p: {{{leaves}}}}}\n{more}"


class TestTiming:
    @pytest.mark.parametrize(
        ("leaves", "expected"),
        [
            ("rpo: 15m, schedule: {every: 1d}", ["error rpo-below-schedule"]),
            ("rpo: 24h, schedule: {every: 1d}", []),
            ("rpo: 24h, schedule: {every: 1d, duration: 1h}", []),
            ("rpo: 24h, schedule: {every: 1d, duration: 2h}", ["error rpo-below-schedule"]),
            ("rpo: 24h, grace: 0, schedule: {every: 1d, duration: 1h}", ["error rpo-below-schedule"]),
            ("rpo: 15m, pitr: true, schedule: {every: 7d}", []),
            ("rpo: 15m, pitr: true, authorised_systems: [barman, iperius], schedule: {every: 7d}", []),
            (
                "rpo: 15m, pitr: true, authorised_systems: [iperius], schedule: {every: 7d}",
                ["error pitr-not-provable", "error rpo-below-schedule"],
            ),
            ("rpo: 15m, pitr: false, schedule: {every: 7d}", ["error rpo-below-schedule"]),
            ("rto: 1h, offsite: {storage_classes: [GLACIER]}", ["error rto-below-retrieval"]),
            ("rto: 5h, offsite: {storage_classes: [GLACIER]}", []),
            ("rto: 5h, offsite: {storage_classes: [GLACIER], retrieval: bulk}", ["error rto-below-retrieval"]),
            ("rto: 11h, offsite: {storage_classes: [DEEP_ARCHIVE]}", ["error rto-below-retrieval"]),
            ("rto: 24h, offsite: {storage_classes: [DEEP_ARCHIVE], retrieval: bulk}", ["error rto-below-retrieval"]),
            ("rto: 1h, offsite: {storage_classes: [GLACIER, STANDARD_IA]}", []),
            ("rto: 1h, offsite: {storage_classes: [GLACIER_IR]}", []),
            ("rto: 1h, offsite: {storage_classes: [GLACIER], rto: 6h}", []),
            ("rto: 1h, offsite: {storage_classes: [GLACIER], required: false}", []),
            ("rto: 1h, size: 200 MB, offsite: {storage_classes: [GLACIER], retrieval: expedited}", []),
            (
                "rto: 1h, size: 300 MB, offsite: {storage_classes: [GLACIER], retrieval: expedited}",
                ["error rto-below-retrieval"],
            ),
            ("rto: 2h, size: 30 GB, rate: 4.2 MB/s", []),
            ("rto: 2h, size: 30 GB, rate: 4.1 MB/s", ["error rto-below-transfer"]),
            ("rto: 2h, size: 30 GB, rate: 4.2 MB/s, restore_test: {allowance: 5m}", ["error rto-below-transfer"]),
            ("rto: 2h, size: 30 GB", []),
        ],
    )
    def test_profile(self, leaves: str, expected: list[str]):
        assert codes(profile(leaves)) == expected

    def test_the_rate_of_the_best_place_counts(self):
        places = "places: [{location: a, rate: 1 MB/s}, {location: b, rate: 2 MB/s}]\n"

        (slow,) = found(profile("rto: 2h, size: 30 GB", BOUND + places))
        assert slow.says == "profiles.p.rto is 2h, and 30 GB at 2 MB/s take 4 h 10 min"

    def test_both_values_stand_with_their_sources(self):
        (each,) = found(
            "classes: {c: {rpo: {value: 15m, source: 'S004, a'}}}\n"
            "profiles: {p: {class: c, schedule: {every: {value: 7d, source: 'S002, b'}}}}\n" + BOUND
        )

        assert each.says == "classes.c.rpo is 15m, and backups every 7d may lose that much"
        assert [(leaf.written, leaf.source) for leaf in each.leaves] == [("15m", "S004, a"), ("7d", "S002, b")]

    def test_a_profile_that_names_no_class_must_suit_all(self):
        classes = "classes: {a: {rpo: 15m}, b: {rpo: 2d}, c: {rpo: 1h}}\n"

        assert len(found(classes + profile("schedule: {every: 1d}"))) == 2
        assert codes(classes + profile("class: b, schedule: {every: 1d}")) == []

    @given(st.floats(1, 10 * 86400), st.floats(0, 86400))
    def test_a_fitting_interval_is_below_the_limit(self, limit: float, runs: float):
        text, seconds = fitting(limit, runs)
        assert 0 < seconds < limit or limit < 2
        assert text


class TestHolding:
    @pytest.mark.parametrize(
        ("leaves", "expected"),
        [
            ("authorised_systems: [pbs], retention: {min_history: 30d, gfs: {weekly: 4, monthly: 1}}", "error history-beyond-keep"),
            ("authorised_systems: [pbs], retention: {min_history: 30d, gfs: {daily: 7, weekly: 4, monthly: 2}}", ""),
            ("authorised_systems: [restic], retention: {min_history: 30d, gfs: {daily: 7, weekly: 4, monthly: 2}}", "error history-beyond-keep"),
            ("authorised_systems: [veeam], retention: {min_history: 30d, gfs: {daily: 7, weekly: 4, monthly: 2}}", "warning history-beyond-keep"),
            ("retention: {min_history: 30d, gfs: {daily: 30}}", ""),
            ("retention: {min_history: 30d, gfs: {daily: 29}}", "error history-beyond-keep"),
            ("retention: {min_history: 30d, keep: {within: 30d}}", ""),
            ("retention: {min_history: 30d, keep: {within: 20d}}", "error history-beyond-keep"),
            ("retention: {min_history: 30d}", ""),
            ("retention: {min_history: 31d, max_age: 30d}", "error history-beyond-max-age"),
            ("retention: {max_age: 30d}, offsite: {min_history: 12 months}", "error history-beyond-max-age"),
            ("retention: {max_age: 30d}, copies: {immutable_for: 31d}", "error history-beyond-max-age"),
            ("retention: {max_age: 30d, gfs: {daily: 30}}", ""),
            ("retention: {max_age: 30d, gfs: {daily: 31}}", "error keep-beyond-max-age"),
            ("retention: {gfs: {daily: 7}, keep: {daily: 6}}", "error generations-beyond-keep"),
            ("retention: {gfs: {daily: 7}}, schedule: {every: 2d}", "error generations-beyond-keep"),
            ("authorised_systems: [restic], retention: {gfs: {monthly: 1, anchor: completed}, keep: {monthly: 1}}", "error generations-beyond-keep"),
        ],
    )  # fmt: skip
    def test_profile(self, leaves: str, expected: str):
        assert codes(profile(leaves)) == ([expected] if expected else [])

    def test_what_is_suggested_is_the_least_that_holds(self):
        (each,) = found(
            profile("authorised_systems: [pbs], retention: {min_history: 30d, gfs: {weekly: 4, monthly: 1}}")
        )

        assert each.says == (
            "profiles.p.retention.min_history is 30d, and weekly 4, monthly 1 cannot give it: "
            "pruned by the rule of pbs leaves 5 points, the oldest 22 d to 57 d old"
        )
        assert [change.value for change in each.changes] == [{"daily": 7, "weekly": 4, "monthly": 2}]

    @pytest.mark.parametrize(
        ("history", "tiers"),
        [
            ("12 months", {"daily": 7, "weekly": 4, "monthly": 13}),
            ("7 years", {"daily": 7, "weekly": 4, "monthly": 12, "yearly": 7}),
        ],
    )
    def test_long_histories(self, history: str, tiers: dict[str, int]):
        (each,) = found(profile(f"authorised_systems: [pbs], retention: {{min_history: {history}, gfs: {{daily: 7}}}}"))

        assert [change.value for change in each.changes] == [tiers]


class TestAgreement:
    def test_documents(self):
        text = "defaults: {restore_test: {max_age: {value: %s, source: a, also: [{value: %s, source: b}]}}}\n"

        assert codes(text % ("31d", "3 months")) == ["warning documents-disagree"]
        assert codes(text % ("3 months", "31d")) == ["error documents-disagree"]
        assert codes(text % ("31d", "1 month")) == []
        (each,) = found(text % ("3 months", "31d"))
        assert [change.value for change in each.changes] == ["31d"]

    def test_a_service_that_is_laxer_than_its_class(self):
        text = "classes: {c: {rto: 1h, rpo: 1h}}\nservices: {s: {class: c, rto: %s}}\nbindings: [{labels: {a: b}, service: s}]\n"

        laxer = [each for each in found(text % "2h") if each.code == "service-laxer-than-class"]
        assert [(each.severity, each.changes[0].value) for each in laxer] == [("warning", "1h")]
        assert "service-laxer-than-class" not in " ".join(codes(text % "30m"))

    def test_a_service_of_any_class_is_not_laxer(self):
        text = "classes: {c: {rto: 1h}, d: {rto: 9h}}\nservices: {s: {rto: 2h}}\nbindings: [{labels: {a: b}, service: s}]\n"

        assert codes(text) == []

    def test_units(self):
        assert codes("estate: {capacity: 4 TB}\n" + profile("size: 1 GiB")) == ["warning units-mixed"]
        assert codes("estate: {capacity: 4 TiB}\n" + profile("size: 1 GiB")) == []

    def test_what_nothing_is_bound_to(self):
        assert codes("profiles: {p: {}}\nservices: {s: {}}\n") == ["warning never-applies"] * 2
        assert codes("profiles: {p: {}}\nservices: {s: {profile: p}}\nbindings: [{kinds: k, service: s}]\n") == []

    @pytest.mark.parametrize(
        ("name", "one", "other", "expected"),
        [
            ("rpo", 1.0, 2.0, True),
            ("rpo", 2.0, 1.0, False),
            ("min_history", 2.0, 1.0, True),
            ("pitr", True, False, True),
            ("pitr", False, True, False),
            ("systems", ("a",), ("b",), None),
            ("generations", Generations(daily=7), Generations(daily=6), True),
            ("generations", Generations(daily=7), Generations(daily=7), False),
            ("generations", Generations(daily=7), Generations(daily=6, weekly=1), None),
        ],
    )
    def test_order(self, name: str, one: object, other: object, expected: bool | None):
        assert stricter(name, one, other) is expected


class TestMissing:
    def test_a_database_needs_a_backup_of_its_own(self):
        bound = "bindings: [{platforms: [mongodb], profile: p}, {kinds: [mongodb], profile: p}]\n"

        assert codes(profile("schedule: {every: 1d}", bound)) == ["error database-without-own-backup"]
        assert codes(profile("application: true", bound)) == ["error demand-without-schedule"]
        assert codes(profile("application: true, schedule: {every: 1d}", bound)) == []
        assert codes(profile("application: true, pitr: true", bound)) == []

    def test_a_demand_needs_a_schedule(self):
        assert codes(profile("rpo: 1h")) == ["warning demand-without-schedule"]
        assert codes(profile("rto: 1h")) == []

    def test_rows_that_contradict_themselves(self):
        assert codes(profile("copies: {count: 2, media: 3}")) == ["error more-media-than-copies"]
        assert codes(profile("schedule: {every: 7d, full_every: 1d}")) == ["error full-beyond-schedule"]


def test_the_shipped_policy_contradicts_itself_as_its_documents_do():
    by_code: dict[str, list[Contradiction]] = {}
    for each in contradictions(shipped_recovery_policy()):
        by_code.setdefault(f"{each.severity} {each.code}", []).append(each)

    assert set(by_code) == {
        "error demand-without-schedule",
        "error history-beyond-keep",
        "error pitr-not-provable",
        "error rpo-below-schedule",
        "error rto-below-retrieval",
        "warning demand-without-schedule",
        "warning documents-disagree",
        "warning history-beyond-keep",
        "warning service-laxer-than-class",
    }
    (mongodb,) = by_code["error demand-without-schedule"]
    assert mongodb.leaves[-1].place == "profiles.mongodb.schedule.every"
    weekly = [[leaf.source[:4] for leaf in each.leaves] for each in by_code["error rpo-below-schedule"]]
    assert ["S004", "S002"] in weekly
    assert {leaf.place for each in by_code["warning service-laxer-than-class"] for leaf in each.leaves} == {
        "services.desi.rto",
        "services.monitoring.rto",
        "classes.critical.rto",
    }
    tests = [each for each in by_code["warning documents-disagree"] if "restore_test" in each.leaves[0].place]
    assert {leaf.source for each in tests for leaf in each.leaves} == {
        "S000, 6.1 Protection Strategy (table, Backup Success)",
        "S002, 6.2 Recovery Procedures",
        "S004, Testing Procedures",
    }
    for each in (one for group in by_code.values() for one in group):
        assert all(leaf.source for leaf in each.leaves)


_SPANS = st.sampled_from(["1m", "15m", "1h", "1d", "7d", "30d", "12 months"])
_LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "rpo": _SPANS,
        "rto": _SPANS,
        "pitr": st.booleans(),
        "application": st.booleans(),
        "size": st.sampled_from(["1 B", "4 TB", "4 TiB"]),
        "rate": st.sampled_from(["1 B/s", "9 PB/s"]),
        "authorised_systems": st.lists(st.sampled_from(["pbs", "borg", "restic", "veeam"]), min_size=1),
        "schedule": st.fixed_dictionaries({"every": _SPANS}, optional={"duration": _SPANS, "full_every": _SPANS}),
        "retention": st.fixed_dictionaries(
            {"min_history": _SPANS},
            optional={"max_age": _SPANS, "gfs": st.just({"weekly": 2}), "keep": st.just({"last": 3, "within": "9d"})},
        ),
        "offsite": st.just({"storage_classes": ["GLACIER"], "retrieval": "expedited"}),
    },
)


@settings(max_examples=40)
@given(_LEAVES, _LEAVES, _LEAVES)
def test_any_sound_policy_can_be_looked_at(one: object, two: object, three: object):
    value = {
        "schema": "recovery-policy/1",
        "classes": {"c": one},
        "profiles": {"p": {**two, "class": "c"}},  # type: ignore[dict-item]
        "services": {"s": three},
        "bindings": [{"platforms": ["mongodb"], "profile": "p", "service": "s"}],
    }
    problems: list[Problem] = []
    policy = read_recovery_policy("p.yaml", json.dumps(value).encode(), problems)
    assert problems == []
    assert policy is not None
    for each in contradictions(policy):
        assert each.says
        assert each.remedy
        assert each.leaves
    assert NICE[0][1] > NICE[-1][1]
