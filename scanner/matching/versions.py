"""Versions in the order of deb-version(7): epochs, tildes, numbers by value."""

from __future__ import annotations

import re
from typing import TypeAlias

VersionKey: TypeAlias = tuple[int, tuple[object, ...], tuple[object, ...]]
LONGEST = 512

_SHAPE = re.compile(r"(?:(\d{1,9}):)?([A-Za-z0-9.+~_-]+)", re.ASCII)
_PART = re.compile(r"(\D*)(\d*)", re.ASCII)


def version_key(text: str) -> VersionKey:
    """Give a key that sorts as `dpkg --compare-versions` does; equal keys are equal versions.

    A missing epoch and a missing revision count as 0. Raises ValueError for what is no version.
    """
    shape = _SHAPE.fullmatch(text) if len(text) <= LONGEST else None
    if shape is None:
        raise ValueError("it is no version (write digits, letters and . + ~ _ - alone, after an epoch such as 1:)")
    upstream, _, revision = shape[2].rpartition("-") if "-" in shape[2] else (shape[2], "", "")
    return int(shape[1] or 0), _parts(upstream), _parts(revision)


def _parts(text: str) -> tuple[object, ...]:
    """Alternate words and numbers; a word's weights end with 0, so that a tilde sorts before the end."""
    flat: list[object] = []
    for word, number in _PART.findall(text):
        if word or number:
            flat += [(*map(_weight, word), 0), int(number or 0)]
    return (*(flat or [(0,), 0]), (0,))


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
