"""Every value that crosses rooms is frozen, and its house imports nobody."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
from pathlib import Path

import pytest

import scanner.model

BY_TYPES = {"Finding"}
"""Made per row: the type checker alone keeps them frozen."""
MODULES = [f"scanner.model.{module.name}" for module in pkgutil.iter_modules(scanner.model.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_values_are_frozen_and_slotted(name: str) -> None:
    module = importlib.import_module(name)
    values = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and dataclasses.is_dataclass(each) and each.__module__ == name
    ]

    for value in values:
        assert value.__dataclass_params__.frozen or value.__name__ in BY_TYPES, value
        assert "__slots__" in vars(value), value


@pytest.mark.parametrize("name", MODULES)
def test_the_ground_floor_imports_no_other_room(name: str) -> None:
    tree = ast.parse(Path(importlib.import_module(name).__file__ or "").read_text(encoding="utf-8"))
    rooms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]

    assert [room for room in rooms if room.startswith("scanner") and not room.startswith("scanner.model")] == []
