"""Which rules a target must meet: each once, with the values in force, contradictions refused."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.model.errors import ConfigurationError
from scanner.model.fact import INT
from scanner.model.profile import Profile, Selected
from scanner.model.rule import Rule, Value
from scanner.planning.select import narrow, select, unite, values_in_force
from tests.support.judging import a_rule


def rule(name: str, scope: str = "target", **defaults: int) -> Rule:
    values = {key: Value(key, INT, default) for key, default in defaults.items()}
    return a_rule(None, name, scope=scope, values=values)


RULES = {each.id: each for each in (rule("a", days=90, tries=3), rule("b"), rule("e", scope="estate"))}


def profile(name: str, *rules: str, excluded: dict[str, str] | None = None, **values: dict[str, Any]) -> Profile:
    return Profile(name, name, rules, values=values, excluded=excluded or {})


def test_values_are_the_profiles_then_the_defaults() -> None:
    assert values_in_force(RULES["a"], profile("p", "a", a={"days": 30})) == {"days": 30, "tries": 3}
    assert values_in_force(RULES["b"], profile("p", "b", a={"days": 30})) == {}


def test_each_rule_once_in_order_with_all_its_profiles() -> None:
    chosen = select([profile("p", "b", "a"), profile("q", "a", "e")], RULES, scope="target")
    assert chosen == (Selected("b", {}, ("p",)), Selected("a", {"days": 90, "tries": 3}, ("p", "q")))
    assert select([profile("q", "a", "e")], RULES, scope="estate") == (Selected("e", {}, ("q",)),)


def test_rule_that_one_profile_excludes_and_another_selects_is_judged_as_the_latter_says() -> None:
    without = profile("p", "a", excluded={"a": "not here"})
    strict = profile("q", "a", a={"days": 30})
    expected = (Selected("a", {"days": 30, "tries": 3}, ("q",)),)
    assert select([without, strict], RULES, scope="target") == expected
    assert select([strict, without], RULES, scope="target") == expected


def test_rule_that_all_exclude_stays_excluded_whatever_their_values() -> None:
    first = profile("p", "a", excluded={"a": "one reason"}, a={"days": 1})
    second = profile("q", "a", excluded={"a": "another"})
    [only] = select([first, second], RULES, scope="target")
    assert (only.profiles, only.excluded) == (("p", "q"), "one reason")


def test_resources_by_tags_are_kept_with_their_profile() -> None:
    prod = Profile("p", "p", ("b",), resources={"env": "prod"})
    (entry,) = select([prod, profile("q", "b")], RULES, scope="target")
    assert (entry.resources, entry.narrowed) == ({"p": {"env": "prod"}}, False)
    assert [each.narrowed for each in narrow([entry], "p")] == [True]
    assert [each.resources for each in narrow([entry], "q")] == [{}]


def test_profiles_that_set_a_value_differently_are_refused() -> None:
    with pytest.raises(ConfigurationError) as wrong:
        select([profile("p", "a"), profile("q", "a", a={"tries": 5})], RULES, scope="target")
    assert str(wrong.value) == (
        "a: profile p sets value 'tries' to 3, profile q to 5 (let one profile extend the other, or scan twice)"
    )


def test_candidates_may_differ_in_values_and_exclusions() -> None:
    candidates = [
        profile("p", "a"),
        profile("q", "a", a={"days": 30}),
        profile("r", "a", excluded={"a": "not here"}),
        profile("s", "a"),
    ]
    chosen = select(candidates, RULES, scope="target", alternatives=True)
    assert [(each.profiles, each.values["days"], each.excluded) for each in chosen] == [
        (("p", "s"), 90, ""),
        (("q",), 30, ""),
        (("r",), 90, "not here"),
    ]
    assert narrow(chosen, "s") == (Selected("a", {"days": 90, "tries": 3}, ("s",)),)
    assert narrow(chosen, "other") == ()


def test_uniting_gives_one_entry_a_rule_or_the_contradiction() -> None:
    same = [Selected("a", {"days": 1}, ("p",)), Selected("b", {}, ("p",)), Selected("a", {"days": 1}, ("q",))]
    assert unite(same) == (Selected("a", {"days": 1}, ("p", "q")), Selected("b", {}, ("p",)))
    with pytest.raises(ConfigurationError, match="profile p sets value 'days' to 1, profile q to 2"):
        unite([Selected("a", {"days": 1}, ("p",)), Selected("a", {"days": 2}, ("q",))])
