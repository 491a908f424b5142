"""Visits to real database servers, taped: collectors must make of them what they made when the tape was cut.

`UPDATE_TAPES=1` writes the evidence anew; `python -m tests.databases.record` tapes the servers themselves.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest

from scanner.collection.table import PLATFORMS
from tests.collection import parity
from tests.collection.recorded import written
from tests.collection.taped import HOME, evidence, load, write_evidence

SQL = ("postgres", "mariadb")
CASES = [path.parent for platform in SQL for path in sorted((HOME / platform).glob("*/replies.json"))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_taped_server_gives_the_same_evidence(case: Path) -> None:
    found = evidence(case.parent.name, load(case))
    if os.environ.get("UPDATE_TAPES"):
        write_evidence(case, found)
    told = json.loads((case / "evidence.json").read_text())
    assert {str(each.query) for each in found} == set(told)
    for each in found:
        parity.check(each)
        now = {key: part for key, part in written(each).items() if key != "where"}
        assert json.loads(json.dumps(now)) == told[str(each.query)], each.query


@pytest.mark.parametrize("platform", [name for name in SQL if name in PLATFORMS])
def test_each_fact_answers_on_some_tape_and_is_denied_or_empty_on_none_alone(platform: str) -> None:
    """A fact that no tape answers would be untested; each must have given rows, or a whole empty list, somewhere."""
    table = import_module(f"scanner.collection.{platform}.table").COLLECTORS
    tapes = [json.loads((case / "evidence.json").read_text()) for case in CASES if case.parent.name == platform]
    assert len(tapes) >= 4
    whole = {query.split("{")[0] for tape in tapes for query, told in tape.items() if told["gap"] is None}
    assert set(table) - whole == set()
