"""Findings: the keys by which rows are known, texts within bounds, and merging of what speaks of the same thing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeAlias

from scanner.model.evidence import ABSENT, Gap, Query, Row
from scanner.model.fact import FactSpec
from scanner.model.outcome import Outcome, combine_all
from scanner.model.result import Finding

Key: TypeAlias = tuple[tuple[str, str], ...]

LONGEST = 2_000
"""Characters of any text in a finding."""

_PLACE_OF = attrgetter("fact", "key")
_PLACE = re.compile(r".+:\d+", re.ASCII)


def clip(text: str) -> str:
    """Cut a text to `LONGEST` characters, with a marker that says how many are left out."""
    if len(text) <= LONGEST:
        return text
    kept = LONGEST - 40
    return f"{text[:kept]}… ({len(text) - kept} more characters)"


def join(texts: Iterable[str], between: str = "; ") -> str:
    """Join texts, each once and none empty, within bounds."""
    return clip(between.join(dict.fromkeys(text for text in texts if text)))


def key_of_query(spec: FactSpec, query: Query) -> Key:
    """Give the key of a fact judged as a whole: its key fields where the query names them all, else its parameters."""
    given = query.parameters
    names = spec.keys if spec.keys and all(name in given for name in spec.keys) else tuple(given)
    return tuple((name, key_text(given[name])) for name in names)


def keyer(spec: FactSpec, query: Query) -> Callable[[Row], Key]:
    """Give the function that names a row by its key fields; what the row does not tell comes from the query."""
    given = {name: key_text(value) for name, value in query.where}

    def pair(row: Row, name: str) -> tuple[str, str]:
        cell = row.get(name, ABSENT)
        if isinstance(cell, str) and len(cell) <= LONGEST:
            return name, cell
        known = cell is not ABSENT and not isinstance(cell, Gap)
        return name, key_text(cell) if known else given.get(name, "")

    if len(spec.keys) == 1:
        only = spec.keys[0]

        def alone(row: Row) -> Key:
            cell = row.get(only)
            if type(cell) is str and len(cell) <= LONGEST:
                return ((only, cell),)
            return (pair(row, only),)

        return alone
    return lambda row: tuple([pair(row, name) for name in spec.keys])


def key_text(cell: Any) -> str:
    """Render a key's value; one beyond bounds keeps its beginning and a hash, so that different ones stay different."""
    if isinstance(cell, bool):
        return str(cell).lower()
    text = cell if isinstance(cell, str) else ", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 100]}… sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def tags_of(row: Row) -> Key:
    """Give the tags that a row itself tells of its resource, sorted: a field `tags` that is a map; at most 50 of them."""
    tags = row.get("tags")
    return tuple(sorted((str(name), str(value)) for name, value in tags.items())[:50]) if isinstance(tags, dict) else ()


def source_of(row: Row) -> str:
    """Give `file:line` where the row says it, in `path` and `line` or in a field `source`; else an empty text."""
    path, line, source = row.get("path"), row.get("line"), row.get("source")
    if isinstance(path, str) and isinstance(line, int):
        return clip(f"{path}:{line}")
    return clip(source) if isinstance(source, str) and _PLACE.fullmatch(source) else ""


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Make findings of the same fact and key one: the worst outcome with its texts; sorted by fact and key."""
    merged: list[Finding] = []
    last = None
    for finding in sorted(findings, key=_PLACE_OF):
        if last is not None and finding.key == last.key and finding.fact == last.fact:
            merged[-1] = last = _merged(last, finding)
        else:
            merged.append(last := finding)
    return merged


def _merged(one: Finding, other: Finding) -> Finding:
    outcome = combine_all((one.outcome, other.outcome))
    if one.outcome is not other.outcome:
        return one if one.outcome is outcome else other
    if outcome is Outcome.PASS:
        return one
    return replace(
        one,
        expected=join((one.expected, other.expected), " and "),
        found=join((one.found, other.found)),
        reason=join((one.reason, other.reason)),
        asked=join((one.asked, other.asked)),
        source=one.source or other.source,
        needs=join((one.needs, other.needs), ", "),
        besides=join((one.besides, other.besides)),
    )
