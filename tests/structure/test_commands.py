"""The commands of the README do something: make passes over a name without a recipe and calls that done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
[DECLARED] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
CALLED = re.findall(r"^make ([a-z-]+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", DECLARED.split())
def test_each_command_has_a_recipe(name: str) -> None:
    assert re.search(rf"^{name}:.*\n(\t.+\n)+", MAKEFILE, re.MULTILINE)


def test_what_guards_a_change_calls_tests_and_acceptance() -> None:
    assert CALLED == ["test", "acceptance"]
    assert set(CALLED) <= set(DECLARED.split())
