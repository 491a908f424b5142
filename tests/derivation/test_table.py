"""The table of derivations: everything in it exists, and fits the vocabulary."""

from __future__ import annotations

from importlib import import_module

import pytest

from scanner.derivation.table import DERIVATIONS, derive
from scanner.facts.table import builtin
from scanner.model.errors import ConfigurationError
from scanner.model.evidence import Query


@pytest.mark.parametrize("fact", DERIVATIONS)
def test_every_entry_names_a_function_for_a_derived_fact(fact: str):
    module, _, name = DERIVATIONS[fact].partition(":")
    assert callable(getattr(import_module(module), name))
    assert builtin()[fact].derived


def test_every_derived_fact_of_linux_hosts_has_a_function():
    derived = {name for name, spec in builtin().items() if spec.derived and "linux" in spec.platforms}
    assert derived <= set(DERIVATIONS)


@pytest.mark.parametrize("fact", DERIVATIONS)
def test_without_any_input_nothing_is_claimed(fact: str):
    found = derive(Query.of(fact, {"name": "kernel.sysrq"} if builtin()[fact].parameters else {}), {}, "")
    keys = builtin()[fact].keys
    assert found.gap is not None or all(
        cell is not None and type(cell).__name__ == "Gap"
        for row in found.rows
        for name, cell in row.items()
        if name not in keys
    )


def test_an_unknown_fact_is_named_with_a_near_word():
    with pytest.raises(ConfigurationError, match=r"linux\.sysctl_boot"):
        derive(Query("linux.sysctl_bot"), {}, "")
