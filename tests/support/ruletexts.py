"""A small vocabulary with every type, and short ways to write rule files and read what is wrong with them."""

from __future__ import annotations

from scanner.catalog.rulefile import World, read_rule
from scanner.model.errors import Problem
from scanner.model.fact import (
    ADDRESS,
    BOOL,
    DURATION,
    INT,
    MAP,
    MODE,
    SIZE,
    TEXT,
    TEXTS,
    TIME,
    VERSION,
    FactSpec,
    Field,
    Parameter,
    Shape,
    Vocabulary,
    enum,
)
from scanner.model.profile import Catalogue, Control
from scanner.model.rule import Rule

ONE = FactSpec(
    name="host.settings",
    says="One row of every type.",
    shape=Shape.ONE,
    platforms=("linux",),
    fields=(
        Field("login", TEXT, "Text."),
        Field("banner", TEXT, "Another text."),
        Field("level", enum("low", "mid", "high"), "One of three."),
        Field("limit", INT, "Whole number."),
        Field("floor", INT, "Another number."),
        Field("strict", BOOL, "Switch."),
        Field("grace", DURATION, "Duration."),
        Field("quota", SIZE, "Size."),
        Field("changed", TIME, "Time."),
        Field("release", VERSION, "Version."),
        Field("mode", MODE, "Mode."),
        Field("listen", ADDRESS, "Address."),
        Field("ciphers", TEXTS, "List."),
        Field("labels", MAP, "Map."),
    ),
    example={"login": "no", "limit": 4},
)
LOOKUP = FactSpec(
    name="host.package",
    says="A package by its name.",
    shape=Shape.LOOKUP,
    platforms=("linux",),
    keys=("name",),
    parameters=(Parameter("name", TEXT, "Name."),),
    fields=(Field("name", TEXT, "Name."), Field("present", BOOL, "There."), Field("version", VERSION, "Version.")),
    example={"name": "ssh", "present": True, "version": "9.6"},
)
LIST = FactSpec(
    name="host.user",
    says="Accounts.",
    shape=Shape.LIST,
    platforms=("linux", "bsd"),
    keys=("name",),
    parameters=(Parameter("kind", enum("local", "remote"), "Which.", required=False),),
    fields=(
        Field("name", TEXT, "Name."),
        Field("uid", INT, "Number."),
        Field("shell", TEXT, "Shell."),
        Field("kind", enum("local", "remote"), "Which."),
    ),
    example={"name": "ada", "uid": 1000, "shell": "/bin/sh"},
)
ESTATE = FactSpec(
    name="estate.asset",
    says="Assets.",
    shape=Shape.LIST,
    platforms=("estate",),
    keys=("asset",),
    scope="estate",
    fields=(Field("asset", TEXT, "Id."), Field("owner", TEXT, "Owner.")),
    example={"asset": "web", "owner": "ops"},
)
VOCABULARY = Vocabulary((ONE, LOOKUP, LIST, ESTATE))
CATALOGUES = {
    "framework-1": Catalogue("framework-1", "F", "framework", "1", "P", (Control("4.8", "A"), Control("4.9", "B")))
}
WORLD = World.of(VOCABULARY, CATALOGUES)

HEAD = {
    "id": "my_rule",
    "revision": "1",
    "title": "Things are so",
    "severity": "medium",
    "platforms": "[linux]",
    "rationale": "Because.",
    "remediation": "Do so.",
}
CHECK = "{fact: host.settings, expect: {limit: {at_most: 5}}}"
CASES = """
  - {name: good, given: {host.settings: {limit: 5}}, then: pass}
  - {name: bad, given: {host.settings: {limit: 6}}, then: fail}
  - {name: denied, given: {host.settings: {unknown: denied}}, then: unknown}"""
GOOD = {**HEAD, "check": CHECK, "cases": CASES}


def rule_text(parts: dict[str, str | None]) -> str:
    """Write a rule file, one key on each line; a part that is None is left out, and further parts come before `check`."""
    last = ("check", "cases")
    whole: dict[str, str | None] = {**HEAD, **{key: part for key, part in parts.items() if key not in last}}
    whole.update({key: parts.get(key, GOOD[key]) for key in last})
    return "".join(f"{key}: {part}\n" for key, part in whole.items() if part is not None)


def read_text(text: str, *, cases: bool = True, path: str = "my_rule.yaml") -> tuple[Rule | None, list[Problem]]:
    """Read a rule from text; give it, and what is wrong with it."""
    problems: list[Problem] = []
    rule = read_rule(path, text.encode(), WORLD, problems, cases=cases)
    return rule, problems


def complaints(parts: dict[str, str | None], *, cases: bool = True) -> list[str]:
    """Give what is wrong with the good rule once these parts are put in; without `cases` they are not looked at."""
    _, problems = read_text(rule_text(parts), cases=cases)
    return [str(problem).removeprefix("my_rule.yaml:") for problem in sorted(problems)]


def check_of(text: str, **parts: str | None) -> Rule:
    """Read a rule with this check that must be sound, without its cases."""
    rule, problems = read_text(rule_text({"check": text, **parts}), cases=False)
    assert rule is not None, problems
    return rule
