"""Each endpoint is visited once, each question asked once; and whatever decides what is asked changes the hash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scanner.model.evidence import Query
from scanner.model.fact import TEXT, FactSpec, Field, Input, Parameter, Shape, Vocabulary
from scanner.model.inventory import Endpoint, Target
from scanner.model.plan import Plan
from scanner.model.profile import Profile
from scanner.model.rule import Rule
from scanner.planning.plan import Assignment, make_plan
from tests.support.judging import a_rule, on, says

_NAME = (Field("name", TEXT, "n"),)


def spec(name: str, *inputs: Input, platforms: tuple[str, ...] = ("linux",), keyed: bool = False) -> FactSpec:
    parameters = (Parameter("name", TEXT, "n"),) if keyed else ()
    return FactSpec(name, "s", Shape.LIST, platforms, _NAME, parameters=parameters, inputs=inputs)


VOCABULARY = Vocabulary(
    [
        spec("system"),
        spec("user"),
        spec("file", keyed=True),
        spec("lines", keyed=True),
        spec("joined", Input("user"), Input("file", fixed={"name": "/etc/group"})),
        spec("setting", platforms=("postgres",)),
        spec("cluster", Input("setting"), Input("user"), platforms=("postgres",)),
        spec("whole", platforms=("estate",)),
    ]
)


def rule(name: str, fact: str, where: dict[str, Any] | None = None, **more: Any) -> Rule:
    return a_rule(says("every", on("name", TEXT, "equals", "x"), fact=fact, where=where), name, **more)


RULES = {
    each.id: each
    for each in (
        rule("users", "user"),
        rule("again", "user"),
        rule("join", "joined"),
        rule("shadow", "file", {"name": "/etc/shadow"}),
        rule("database", "setting", platforms=("postgres",)),
        rule("clustered", "cluster", platforms=("postgres",)),
        rule("owners", "whole", platforms=("estate",), scope="estate"),
        a_rule(None, "manual"),
    )
}
EVERY = Profile("every", "Every", tuple(RULES))
ALWAYS = {"linux": (Query.of("system"),)}


def host(name: str, address: str = "", platform: str = "linux", **more: Any) -> Target:
    return Target(name, platform, Endpoint("ssh", address or name, **more))


def plan(*assignments: Assignment, rules_sha256: str = "0", rules: dict[str, Rule] | None = None, **more: Any) -> Plan:
    return make_plan(assignments, rules or RULES, VOCABULARY, rules_sha256=rules_sha256, always=ALWAYS, **more)


def test_questions_of_all_rules_are_merged_and_derived_ones_expanded() -> None:
    only = plan(Assignment(host("web"), (EVERY,))).targets["web"]
    asked = [str(query) for query in only.queries]
    assert asked == ['file{"name":"/etc/group"}', 'file{"name":"/etc/shadow"}', "system", "user"]
    assert only.derived == (Query.of("joined"),)
    assert [entry.rule for entry in only.selected] == ["users", "again", "join", "shadow", "manual"]
    assert only.profiles == ("every",)


def test_a_profile_for_another_platform_is_not_left_out_in_silence() -> None:
    foreign = Profile("foreign", "Foreign", ("database", "clustered"))
    only = plan(Assignment(host("web"), (foreign,))).targets["web"]
    assert [entry.rule for entry in only.selected] == ["database", "clustered"]
    both = plan(Assignment(host("web"), (foreign, EVERY))).targets["web"]
    assert {"users", "manual"} <= {entry.rule for entry in both.selected}


def test_excluded_rules_and_rules_for_other_platforms_ask_nothing() -> None:
    without = replace(EVERY, excluded=dict.fromkeys(("users", "again", "join"), "not here"))
    only = plan(Assignment(host("web"), (without,))).targets["web"]
    assert [str(query) for query in only.queries] == ['file{"name":"/etc/shadow"}', "system"]
    database = plan(Assignment(host("pg", platform="postgres"), (EVERY,))).targets["pg"]
    assert database.queries == (Query.of("setting"),)


def test_what_a_database_needs_of_its_host_joins_the_host_s_one_visit() -> None:
    only = Profile("only", "Only", ("clustered",))
    database = replace(host("pg", platform="postgres"), runs_on="db01")
    made = plan(Assignment(database, (only,)), Assignment(host("db01"), (only,)), Assignment(host("web"), (only,)))
    assert made.targets["pg"].queries == (Query.of("setting"),)
    assert made.targets["pg"].linked == (Query.of("user"),)
    assert made.targets["pg"].derived == (Query.of("cluster"),)
    asked = {visit.targets[0]: visit.queries for visit in made.visits}
    assert asked["db01"] == (Query.of("system"), Query.of("user"))
    assert asked["web"] == (Query.of("system"),)
    assert made.targets["db01"].linked == ()
    alone = plan(Assignment(database, (only,)))
    assert alone.targets["pg"].linked == (Query.of("user"),)
    assert len(alone.visits) == 1


def test_condition_of_a_profile_is_asked_even_for_a_derived_fact_and_only_where_it_can_be() -> None:
    applies = says("some", on("name", TEXT, "equals", "x"), fact="joined")
    profile = Profile("p", "P", ("shadow",), applies=applies)
    only = plan(Assignment(host("web"), (profile,), auto=True, named=("p",))).targets["web"]
    assert Query.of("user") in only.queries
    assert only.derived == (Query.of("joined"),)
    assert (only.auto, only.named) == (True, ("p",))
    database = plan(Assignment(host("pg", platform="postgres"), (profile,))).targets["pg"]
    assert database.queries == ()


def test_targets_that_share_an_endpoint_share_the_visit() -> None:
    narrow = Profile("narrow", "N", ("shadow",))
    made = plan(
        Assignment(host("web", "192.0.2.1"), (EVERY,)),
        Assignment(host("alias", "192.0.2.1"), (narrow,)),
        Assignment(host("other", "192.0.2.2"), (narrow,)),
        Assignment(host("user", "192.0.2.1", user="audit"), (narrow,)),
        Assignment(host("pg", "192.0.2.1", platform="postgres"), (EVERY,)),
    )
    assert [visit.targets for visit in made.visits] == [("web", "alias"), ("other",), ("user",), ("pg",)]
    assert made.visits[0].queries == made.targets["web"].queries
    assert Query.of("user") not in made.targets["alias"].queries


def test_estate_rules_are_planned_once_and_skipped_targets_named() -> None:
    made = plan(Assignment(host("web"), (EVERY,)), estate=(EVERY,), skipped={"db": "maintenance"})
    assert [entry.rule for entry in made.estate] == ["owners"]
    assert made.skipped == {"db": "maintenance"}
    assert plan(Assignment(host("web"), (EVERY,))).estate == ()


def test_rule_that_the_inventory_gives_no_field_for_asks_nothing_more() -> None:
    from scanner.model.rule import Assertion, FactSubject, Quantifier, TargetRef

    check = Assertion(
        FactSubject("file", (("name", TargetRef("labels.marker")),)), Quantifier.EVERY, on("name", TEXT, "equals", "x")
    )
    rules = {"marker": a_rule(check, "marker")}
    profile = Profile("p", "P", ("marker",))
    assert plan(Assignment(host("web"), (profile,)), rules=rules).targets["web"].queries == (Query.of("system"),)
    labelled = replace(host("web"), labels={"marker": "/m"})
    assert (
        Query.of("file", {"name": "/m"}) in plan(Assignment(labelled, (profile,)), rules=rules).targets["web"].queries
    )


NAMES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True)


@given(NAMES, st.data())
def test_plans_are_equal_for_equal_questions_whatever_the_order(names: list[str], data: st.DataObject) -> None:
    assignments = [Assignment(host(name), (EVERY,)) for name in names]
    shuffled = data.draw(st.permutations(assignments))
    assert plan(*assignments).sha256 == plan(*shuffled).sha256
    visits = plan(*assignments).visits
    assert sorted(target for visit in visits for target in visit.targets) == sorted(names)
    assert all(len(set(visit.queries)) == len(visit.queries) for visit in visits)


def test_whatever_decides_what_is_asked_or_judged_changes_the_hash() -> None:
    web = Assignment(host("web"), (EVERY,))
    others = [
        plan(web, rules_sha256="1"),
        plan(Assignment(host("web", "192.0.2.9"), (EVERY,))),
        plan(Assignment(host("web", become=("sudo", "-n")), (EVERY,))),
        plan(Assignment(host("web"), (replace(EVERY, rules=("users",)),))),
        plan(Assignment(host("web"), (replace(EVERY, excluded={"users": "r"}),))),
        plan(Assignment(host("web"), (EVERY,), auto=True, named=("every",))),
        plan(web, Assignment(host("db"), (EVERY,))),
        plan(web, estate=(EVERY,)),
    ]
    hashes = {each.sha256 for each in (plan(web), *others)}
    assert len(hashes) == len(others) + 1


def test_tags_are_asked_for_where_a_profile_or_waiver_goes_by_them() -> None:
    about = replace(spec("about"), tagged=("user",))
    words = Vocabulary([*VOCABULARY.values(), about])
    rules = {"about": rule("about", "about")}
    profile = Profile("p", "P", ("about",))

    def asked(profile: Profile, **more: Any) -> list[str]:
        made = make_plan([Assignment(host("web"), (profile,))], rules, words, rules_sha256="0", **more)
        return [str(query) for query in made.targets["web"].queries]

    tagged = replace(profile, resources={"env": "prod"})
    assert asked(profile) == ["about"]
    assert asked(tagged) == asked(profile, by_tags={"about"}) == ["about", "user"]
    assert asked(replace(tagged, excluded={"about": "no"}), by_tags={"about"}) == []


def test_targets_that_are_alike_in_what_rules_ask_by_share_one_answer() -> None:
    from scanner.model.rule import Assertion, FactSubject, Quantifier, TargetRef

    check = Assertion(
        FactSubject("file", (("name", TargetRef("labels.marker")),)), Quantifier.EVERY, on("name", TEXT, "equals", "x")
    )
    rules = {"marker": a_rule(check, "marker"), "users": RULES["users"]}
    profile = Profile("p", "P", tuple(rules))
    marked = {"a": "/m", "b": "/m", "c": "/n"}
    hosts = [replace(host(name), labels={"marker": marker, "owner": name}) for name, marker in marked.items()]
    a, b, c = plan(*(Assignment(each, (profile,)) for each in hosts), rules=rules).targets.values()
    assert a.selected is b.selected is c.selected
    assert a.queries is b.queries
    assert set(c.queries) ^ set(a.queries) == {Query.of("file", {"name": "/m"}), Query.of("file", {"name": "/n"})}


def test_profiles_of_one_name_are_told_apart() -> None:
    less = replace(EVERY, rules=("users",))
    web, db = plan(Assignment(host("web"), (EVERY,)), Assignment(host("db"), (less,))).targets.values()
    assert [entry.rule for entry in db.selected] == ["users"]
    assert len(web.selected) > 1
