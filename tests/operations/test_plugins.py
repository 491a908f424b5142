"""Facts, formats and transports of other distributions join the built-in ones."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest

from scanner.model.fact import TEXT, FactSpec, Field, Shape
from scanner.model.report import Report
from tests.support.cli import Desk, mode, system

SPECS = (FactSpec("acme.thing", "Things of Acme.", Shape.LIST, ("acme",), (Field("name", TEXT, "Name."),), ("name",)),)


def write(report: Report, out: BinaryIO) -> None:
    out.write(json.dumps({"verdict": report.verdict.word}).encode())


REPORTER = SimpleNamespace(NAME="short", FILE="short.json", write=write)


def opener(*_: Any) -> Any:
    raise AssertionError("nothing is connected in these tests")


@pytest.fixture
def plugged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    entries = {
        "controlproof.collectors": [EntryPoint("acme", f"{__name__}:_MODULE", "controlproof.collectors")],
        "controlproof.reporters": [EntryPoint("short", f"{__name__}:REPORTER", "controlproof.reporters")],
        "controlproof.transports": [EntryPoint("acme", f"{__name__}:opener", "controlproof.transports")],
    }
    monkeypatch.setattr("scanner.plugins.entry_points", lambda group: entries.get(group, []))
    return desk


_MODULE = SimpleNamespace(SPECS=SPECS)


def test_facts_of_a_plugin_are_listed_and_explained(plugged: Desk) -> None:
    assert plugged("facts", "list", "--platform", "acme", own=False).stdout == "acme.thing  Things of Acme.\n"
    page = plugged("facts", "show", "acme.thing", own=False).stdout
    assert page.startswith("## acme.thing\n")
    assert "Example row" not in page


def test_format_of_a_plugin_is_listed_and_written(plugged: Desk) -> None:
    plugged.inventory({"a": "platform: linux, labels: {marker: /m, other: /o}"})
    plugged.snapshot("a", system(), mode("/m"), mode("/o"))
    ran = plugged("evaluate", "evidence", "-i", "inventory.yaml", "-p", "files", "--format", "short")
    assert ran.code == 0
    assert json.loads((ran.folder / "short.json").read_text()) == {"verdict": "PASS"}
    assert "short        of the plug-in " in plugged("report", "--list", own=False).stdout


def test_format_that_does_not_load_is_told_before_anything_is_asked(
    plugged: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [EntryPoint("short", "no_such_module:thing", "controlproof.reporters")]
    monkeypatch.setattr("scanner.plugins.entry_points", lambda group: broken if "reporters" in group else [])
    ran = plugged("scan", "--local", "--format", "short", own=False)
    assert (ran.code, ran.stderr) == (
        2,
        "reporters plug-in 'short': does not load: No module named 'no_such_module' (update or remove it)\n",
    )
