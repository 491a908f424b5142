"""What a policy demands of an asset: service over class over profile over defaults, each value with its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.files.recovery import read_recovery_policy, shipped_recovery_policy
from scanner.derivation.recovery.demands import DEMANDED, Scope, Subject, demand, leaves_of, scope_of
from scanner.model.errors import Problem
from scanner.model.recovery import Binding, Demand, Leaf, RecoveryPolicy, Section

TEXT = """\
schema: recovery-policy/1
defaults: {grace: 5m, accept: [ok]}
classes:
  gold: {rto: 1h, rpo: {value: 15m, source: "doc, Classes"}}
  iron: {rto: 8h}
profiles:
  vm: {class: iron, rto: 4h, restore_test: {max_age: 31d}}
  db: {application: true, rpo: 2h}
services:
  shop: {rto: 2h, profile: db}
  billing: {rpo: 5m, rto: 3h, class: gold}
bindings:
  - {labels: {service: shop, env: prod}, service: shop}
  - {kinds: [vm], assets: ["bill*"], service: billing}
  - {kinds: [vm, container], profile: vm}
  - {platforms: [postgres], profile: db}
  - {assets: ["gold-*"], class: gold}
  - {platforms: [postgres], profile: vm, class: iron}
"""


@pytest.fixture(scope="module")
def policy() -> RecoveryPolicy:
    problems: list[Problem] = []
    found = read_recovery_policy("p.yaml", TEXT.encode(), problems)
    assert problems == []
    assert found is not None
    return found


class TestScope:
    @pytest.mark.parametrize(
        ("subject", "scope"),
        [
            (Subject(kind="vm"), Scope("iron", "vm")),
            (Subject(kind="vm", service_class="gold"), Scope("gold", "vm")),
            (Subject(platform="postgres"), Scope("iron", "db")),
            (Subject(asset="gold-1", platform="postgres"), Scope("gold", "db")),
            (Subject(asset="bill1", kind="vm"), Scope("gold", "vm", ("billing",))),
            (Subject(labels={"service": "shop"}), Scope()),
            (Subject(labels={"service": "shop", "env": "prod", "x": "y"}), Scope("", "db", ("shop",))),
            (Subject(asset="bill", kind="vm", service="shop"), Scope("gold", "vm", ("shop", "billing"))),
            (Subject(kind="vm", service="unheard of"), Scope("iron", "vm")),
            (Subject(), Scope()),
        ],
    )
    def test_the_first_binding_that_names_it_decides(self, policy: RecoveryPolicy, subject: Subject, scope: Scope):
        assert scope_of(policy, subject) == scope

    def test_a_class_that_the_policy_does_not_know_is_kept(self, policy: RecoveryPolicy):
        found = demand(policy, Subject(kind="vm", service_class="gld"))

        assert (found.service_class, found.rto, found.rpo) == ("gld", 4 * 3600.0, None)


class TestDemand:
    def test_every_value_with_its_source(self, policy: RecoveryPolicy):
        assert demand(policy, Subject(kind="vm", service_class="gold")) == Demand(
            service_class="gold",
            profile="vm",
            rpo=900.0,
            rto=3600.0,
            grace=300.0,
            accept=("ok",),
            tested_within=31 * 86400.0,
            sources={
                "rpo": "doc, Classes",
                "rto": "p.yaml:4",
                "grace": "p.yaml:2",
                "accept": "p.yaml:2",
                "tested_within": "p.yaml:7",
            },
        )

    def test_a_service_wins_over_its_class(self, policy: RecoveryPolicy):
        found = demand(policy, Subject(asset="bill1", kind="vm"))

        assert (found.rpo, found.rto, found.service) == (300.0, 3 * 3600.0, "billing")

    def test_the_first_of_two_services_wins(self, policy: RecoveryPolicy):
        found = demand(policy, Subject(asset="bill1", kind="vm", service="shop"))

        assert (found.rto, found.rpo, found.service) == (2 * 3600.0, 300.0, "shop, billing")

    def test_nothing_is_demanded_where_nothing_is_said(self):
        assert demand(RecoveryPolicy("p.yaml"), Subject(kind="vm")) == Demand()

    def test_the_shipped_policy_demands_what_its_documents_say(self):
        shipped = shipped_recovery_policy()

        database = demand(shipped, Subject(kind="database", platform="postgres", service_class="critical"))
        assert (database.rpo, database.rto, database.pitr, database.application) == (900.0, 3600.0, True, True)
        assert database.sources["rpo"] == "S004, Service-Specific Recovery Targets"
        desi = demand(shipped, Subject(platform="postgres", labels={"service": "desi"}))
        assert (desi.rto, desi.service, desi.service_class) == (7200.0, "desi, postgresql", "critical")
        machine = demand(shipped, Subject(kind="windows-vm", service_class="development"))
        assert (machine.systems, machine.rto, machine.min_history) == (("veeam",), 8 * 3600.0, 30 * 86400.0)
        assert machine.sources["systems"] == "S002, 6.1 Protection Strategy (table, Backup Solution)"
        config = demand(shipped, Subject(kind="configuration"))
        assert (config.offsite_history, config.min_history) == (366 * 86400.0, 30 * 86400.0)


_FIELDS = st.sampled_from(sorted(DEMANDED - {"generations", "accept", "systems"}))


def _section(kind: str) -> st.SearchStrategy[Section]:
    def build(values: dict[str, int]) -> Section:
        return Section(kind, {name: Leaf(f"{kind}.{name}", value, str(value), kind) for name, value in values.items()})

    return st.dictionaries(_FIELDS, st.integers(0, 9), max_size=6).map(build)


@st.composite
def _policies(draw: st.DrawFn) -> RecoveryPolicy:
    return RecoveryPolicy(
        "p.yaml",
        defaults=draw(_section("defaults")),
        classes={"c": draw(_section("class"))},
        profiles={"p": draw(_section("profile"))},
        services={"s": draw(_section("service")), "t": draw(_section("other"))},
        bindings=(
            Binding(kinds=("k",), profile="p", service_class="c", service="s"),
            Binding(kinds=("k",), service="t"),
        ),
    )


class TestPrecedence:
    @given(_policies())
    def test_the_strongest_section_that_says_it_decides(self, policy: RecoveryPolicy):
        found = demand(policy, Subject(kind="k"))

        order = (policy.services["s"], policy.services["t"], policy.classes["c"], policy.profiles["p"], policy.defaults)
        for name in DEMANDED:
            said = [section.leaves[name] for section in order if name in section.leaves]
            expected = said[0].value if said else getattr(Demand(), name)
            assert getattr(found, name) == expected
            assert found.sources.get(name) == (said[0].source if said else None)

    @given(_policies())
    def test_what_is_weaker_never_matters_where_something_stronger_speaks(self, policy: RecoveryPolicy):
        whole = leaves_of(policy, Scope("c", "p", ("s",)))

        assert {name: whole[name] for name in policy.services["s"].leaves} == dict(policy.services["s"].leaves)
        assert set(whole) == set().union(
            *(
                section.leaves
                for section in (policy.services["s"], policy.classes["c"], policy.profiles["p"], policy.defaults)
            )
        )

    @given(_policies(), st.text(max_size=5), st.text(max_size=5))
    def test_assets_that_nothing_binds_have_the_defaults(self, policy: RecoveryPolicy, kind: str, asset: str):
        if kind != "k":
            assert leaves_of(policy, scope_of(policy, Subject(asset=asset, kind=kind))) == dict(policy.defaults.leaves)
