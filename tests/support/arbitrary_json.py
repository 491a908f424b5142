"""Hostile JSON: documents in which anything may have been replaced by anything."""

from __future__ import annotations

import copy
import random
from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "line\nline\x1b[31m",
    "2026-13-40T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "x" * 5000,
    [],
    {},
    [None, 1, "x", {}],
    {"a": {"b": []}},
]

seeds = st.integers(min_value=0, max_value=2**32)


def spoilt(document: Any, seed: int) -> Any:
    """Replace a few values anywhere in a document by odd ones, or drop them."""
    chance = random.Random(seed)
    found = copy.deepcopy(document)
    for _ in range(chance.randint(1, 6)):
        found = _spoil(found, chance, 0)
    return found


def _spoil(raw: Any, chance: random.Random, depth: int) -> Any:
    if (depth > 1 and chance.random() < 0.25) or not raw or not isinstance(raw, dict | list):
        return copy.deepcopy(chance.choice(ODD))
    if isinstance(raw, dict):
        key = chance.choice(list(raw))
        if chance.random() < 0.15:
            del raw[key]
        else:
            raw[key] = _spoil(raw[key], chance, depth + 1)
    else:
        index = chance.randrange(len(raw))
        raw[index] = _spoil(raw[index], chance, depth + 1)
    return raw
