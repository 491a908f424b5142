"""Parity: facts, those who answer them, recordings, rules, commands and documents all speak of the same things."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from scanner.cli.root import COMMANDS
from scanner.collection.aws.table import COLLECTORS as AWS
from scanner.collection.linux.table import COLLECTORS as LINUX
from scanner.collection.mariadb.table import COLLECTORS as MARIADB
from scanner.collection.mongodb.table import COLLECTORS as MONGODB
from scanner.collection.postgres.table import COLLECTORS as POSTGRES
from scanner.collection.table import PLATFORMS, platform_module
from scanner.derivation.recovery.table import ESTATE
from scanner.derivation.table import DERIVATIONS
from scanner.facts.table import builtin
from scanner.model.fact import FactSpec, Shape
from scanner.model.rule import FactSubject
from scanner.operations.content import load_content
from scanner.operations.estate import estate_evidence

SHARED = {name for name in AWS if not name.startswith("aws.")}
"""Facts that AWS answers beside other platforms."""
COLLECTORS = {**{name: AWS[name] for name in AWS.keys() - SHARED}, **LINUX, **MARIADB, **MONGODB, **POSTGRES}
TABLED = ("linux", "mariadb", "mongodb", "postgres", "aws")
"""Platforms with a table of collectors; the modules of the others answer all of their platform's facts."""
ANSWERS = {name: frozenset(platform_module(name).FACTS) for name in PLATFORMS if name not in TABLED}
ROOT = Path(__file__).resolve().parents[2]
FACTS = list(builtin().values())
RECORDINGS = ROOT / "tests" / "recordings" / "linux"

by_name = pytest.mark.parametrize("spec", FACTS, ids=lambda spec: spec.name)


@by_name
def test_each_fact_has_exactly_one_source(spec: FactSpec) -> None:
    estate = set(estate_evidence({}, {}, (), (), (), "2026-11-20T00:00:00Z", whole=True))
    sources = [
        name
        for name, table in (
            ("collector", {*COLLECTORS, *(fact for facts in ANSWERS.values() for fact in facts)}),
            ("derivation", DERIVATIONS),
            ("estate", {*estate, *ESTATE}),
        )
        if spec.name in table
    ]
    wanted = "estate" if spec.scope == "estate" else "derivation" if spec.derived else "collector"
    assert sources == [wanted]


@pytest.mark.parametrize("platform", ANSWERS)
def test_each_platform_answers_just_its_facts(platform: str) -> None:
    own = {spec.name for spec in FACTS if platform in spec.platforms and not spec.derived}
    assert own == ANSWERS[platform]


def test_aws_answers_just_its_facts() -> None:
    assert {spec.name for spec in FACTS if "aws" in spec.platforms and not spec.derived} == AWS.keys()
    assert all(name in import_module(AWS[name]).FACTS for name in SHARED)


def test_no_source_answers_an_undeclared_fact() -> None:
    assert {*COLLECTORS, *DERIVATIONS, *ESTATE} - {spec.name for spec in FACTS} == set()


@by_name
def test_each_collector_lists_its_facts_and_has_recordings(spec: FactSpec) -> None:
    if spec.name not in COLLECTORS:
        pytest.skip("derived, or about the estate")
    assert spec.name in import_module(COLLECTORS[spec.name]).FACTS
    if spec.name not in LINUX:
        pytest.skip("servers are recorded whole: tests/databases")
    cases = [path for path in (RECORDINGS / spec.name).iterdir() if path.is_dir()]
    assert len(cases) >= 2, "recordings of at least two systems"


def test_each_fact_is_used_by_a_rule_or_says_why_not() -> None:
    rules = load_content().rules.values()
    used = {each.subject.fact for rule in rules for each in rule.assertions() if isinstance(each.subject, FactSubject)}
    profiles = {"linux.system", "postgres.server", "aws.account"}
    silent = {spec.name for spec in FACTS if spec.name not in used | profiles and not spec.unused}
    assert silent == set()
    stale = {spec.name for spec in FACTS if spec.name in used and spec.unused}
    assert stale == set(), "a rule uses it now"


@by_name
def test_each_declaration_holds_together(spec: FactSpec) -> None:
    names = [field.name for field in spec.fields]
    assert len(names) == len(set(names))
    assert set(spec.keys) <= set(names)
    assert {*spec.example, *spec.shows, *spec.tells} <= set(names)
    assert spec.says.endswith(".")
    assert all(field.says.rstrip().endswith((".", "…")) for field in spec.fields)
    if spec.shape is Shape.LOOKUP:
        assert set(spec.keys) == {each.name for each in spec.parameters if each.required}
        assert spec.field("present") is not None
    if spec.shape is Shape.LIST:
        assert spec.keys, "rows of a list have a key, or findings could not be told apart"
    for needed in spec.inputs:
        asked = {*needed.where, *needed.fixed}
        assert asked <= {each.name for each in builtin()[needed.fact].parameters}


def test_every_command_stands_in_the_documents() -> None:
    commands = (ROOT / "docs/reference/commands.md").read_text()
    assert [name for name in COMMANDS if f"## controlproof {name}" not in commands] == []


def test_readme_tells_every_exit_code() -> None:
    table = re.findall(r"^\| (\d) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert table == ["0", "1", "2", "3"]


def test_links_of_the_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_mirror_of_facts_and_collectors() -> None:
    """A reader who knows the declaration's file knows the collector's."""
    for spec in FACTS:
        if spec.name in COLLECTORS:
            declared = next(
                path.stem
                for path in (ROOT / "scanner/facts" / spec.platforms[0]).glob("*.py")
                if f'name="{spec.name}"' in path.read_text()
            )
            folder = ROOT / "scanner/collection" / spec.platforms[0]
            assert (folder / f"{declared}.py").exists(), f"{spec.name} is declared in {declared}.py"
