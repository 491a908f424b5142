"""Leaves of a recovery policy: durations, sizes and rates as people write them, each with its source beside it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from scanner.catalog.files.base import refuse, split
from scanner.catalog.nodes import Document, Key, Refused, quoted
from scanner.catalog.source import remedy
from scanner.facts.backup.platforms import SYSTEMS
from scanner.matching import units
from scanner.model.errors import Problem, near

Steps = tuple[Key, ...]

_DAY = 86_400
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CYCLE = (*_MONTHS, *_MONTHS, *_MONTHS, 31, 29, *_MONTHS[2:])
"""Days of the months of four years, the last one with a leap day."""
_MOST_MONTHS = 1200
_CALENDAR = re.compile(r"(\d{1,4})\s*(mo|months?|y|years?|quarters?)", re.ASCII | re.IGNORECASE)
_IN_MONTHS = {"m": 1, "q": 3, "y": 12}
_RATE = re.compile(r"(.+?)\s*/\s*s", re.DOTALL)
_SHARE = re.compile(r"(100|\d{1,2}(?:\.\d{1,3})?)\s*%", re.ASCII)
_LONGEST = 200 * 366 * _DAY


def months(number: int) -> int:
    """Give the seconds of so many months in a row at their longest: 1 is 31 days, 3 are 92, 12 are 366."""
    row = _CYCLE * (2 + number // len(_CYCLE))
    return _DAY * max(sum(row[start : start + number]) for start in range(len(_CYCLE)))


def span(text: str) -> float:
    """Give the seconds of `15m`, `30d` or `12 months`; raises ValueError with what is wrong and what to do.

    A number of months, quarters or years stands for the longest that so many can last.
    """
    if found := _CALENDAR.fullmatch(text.strip()):
        number = int(found[1]) * _IN_MONTHS[found[2][0].lower()]
        if number > _MOST_MONTHS:
            raise ValueError(f"{text!r} is longer than a century (write what is meant)")
        return float(months(number))
    if re.search(r"\dM\b", text):
        raise ValueError(f"{text!r} may mean minutes or months (write 15 min, or 12 months)")
    seconds = float(units.duration(text))
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than two centuries (write what is meant)")
    return seconds


def _span(raw: Any) -> Any:
    if type(raw) is int and raw == 0:
        return 0.0
    if not isinstance(raw, str):
        refuse("this is no time with its unit", "write such as 15m, 30d or 12 months")
    try:
        return span(raw)
    except ValueError as wrong:
        refuse(*split(str(wrong)))


def _some(seconds: float) -> float:
    if seconds <= 0:
        refuse("this is no time at all", "write a longer one, or drop the key")
    return seconds


def _size(raw: Any) -> Any:
    if not isinstance(raw, str):
        refuse("this is no size with its unit", "write such as 30 GB or 4 TiB")
    try:
        number = units.size(raw)
    except ValueError as wrong:
        refuse(*split(str(wrong)))
    if number <= 0:
        refuse("this is no size at all", "write a larger one, or drop the key")
    return number


def _rate(raw: Any) -> Any:
    found = _RATE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        refuse("this is no rate", "write bytes a second, such as 46 MB/s")
    return float(_size(found[1]))


def _share(raw: Any) -> Any:
    found = _SHARE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        refuse("this is no share", "write it in per cent, such as 95%")
    return float(found[1]) / 100


def _system(name: str) -> str:
    if name not in SYSTEMS:
        refuse(
            f"no backup system is called {quoted(name, 40)}", remedy(name, SYSTEMS, f"known are {', '.join(SYSTEMS)}")
        )
    return name


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        refuse(f"{quoted(text, 40)} is no network", "write such as 10.20.0.0/24, without bits behind the prefix")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        hint = near(name, sorted(available_timezones()))
        refuse(f"no time zone is called {quoted(name, 40)}", hint[2:-1] if hint else "write such as Europe/Berlin")
    return name


def _listed(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


ONE_OR_MORE = BeforeValidator(_listed)
"""One word alone is a list of one."""
FILLED = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Sourced:
    """Lets the JSON Schema of a leaf say that it may carry its source."""

    words: bool = False
    """True for a list of which one item may stand alone."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Give the schema of the bare leaf, or of one with its source."""
        bare: dict[str, Any] = handler(core)
        if self.words:
            bare = {"anyOf": [bare["items"], bare]}
        source = {"type": "string", "description": "document, heading or line"}
        properties: dict[str, Any] = {"value": bare, "source": source}
        closed: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": ["value", "source"]}
        other = {**closed, "properties": properties}
        full = {**closed, "properties": {**properties, "also": {"type": "array", "items": other}}}
        return {"anyOf": [bare, full]}


_TIME_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\s*\d"}, {"const": 0}]})
_TEXT_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\s*\d"})

BareSpan = Annotated[float, BeforeValidator(_span), AfterValidator(_some), _TIME_SCHEMA]
"""A duration inside a leaf."""
Span = Annotated[BareSpan, Sourced()]
Tolerance = Annotated[float, BeforeValidator(_span), _TIME_SCHEMA, Sourced()]
"""A duration that may be 0."""
Size = Annotated[int, BeforeValidator(_size), _TEXT_SCHEMA, Sourced()]
Rate = Annotated[float, BeforeValidator(_rate), _TEXT_SCHEMA, Sourced()]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": "%"}), Sourced()]
Flag = Annotated[bool, Sourced()]
Count = Annotated[int, Field(ge=1, le=10_000), Sourced()]
Zone = Annotated[str, AfterValidator(_zone)]


SystemName = Annotated[str, AfterValidator(_system), WithJsonSchema({"type": "string", "enum": list(SYSTEMS)})]
NetworkName = Annotated[str, AfterValidator(_network)]
StorageClass = Literal[
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "REDUCED_REDUNDANCY",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
]


@dataclass(frozen=True, slots=True)
class Other:
    """A value of another document beside a leaf."""

    steps: Steps
    value: Any
    source: str
    line: int


@dataclass(slots=True)
class Unwrapped:
    """A document with the bare values of its leaves, and what stood around them."""

    document: Document
    sources: dict[Steps, str] = field(default_factory=dict)
    others: list[Other] = field(default_factory=list)

    def source(self, steps: Steps) -> str:
        """Give the source of a leaf: its own, or that of the map around it; empty when none is named."""
        return next((self.sources[steps[:end]] for end in range(len(steps), 0, -1) if steps[:end] in self.sources), "")


def unwrap(document: Document, roots: Mapping[str, int], problems: list[Problem]) -> Unwrapped:
    """Take leaves written as `{value, source, also}` apart; what is wrong with these is appended to `problems`.

    `roots` tells below which keys of the document leaves may stand, and how many names lie in between.
    """
    lines = dict(document.lines)
    found = Unwrapped(replace(document, lines=lines))
    walker = _Walker(document, lines, found, problems)
    if isinstance(document.value, dict):
        whole = {
            key: walker.node(value, (key,), (key,), roots[key] + 1) if key in roots else value
            for key, value in document.value.items()
        }
        found.document = replace(document, value=whole, lines=lines)
    return found


@dataclass(slots=True)
class _Walker:
    document: Document
    lines: dict[Steps, int]
    found: Unwrapped
    problems: list[Problem]

    def node(self, raw: Any, real: Steps, steps: Steps, above: int) -> Any:
        """Give a value without wrappings; `real` leads to it in the file, `steps` in what is read from it.

        `above` is how many names still lie above the first leaf.
        """
        self.lines.setdefault(steps, self.document.line(*real))
        if isinstance(raw, dict):
            if above <= 0 and ("value" in raw or "source" in raw):
                return self._leaf(raw, real, steps)
            return {key: self.node(value, (*real, key), (*steps, key), above - 1) for key, value in raw.items()}
        if isinstance(raw, list):
            return [self.node(value, (*real, at), (*steps, at), above - 1) for at, value in enumerate(raw)]
        return raw

    def _leaf(self, raw: dict[str, Any], real: Steps, steps: Steps) -> Any:
        for key in raw:
            if key not in ("value", "source", "also"):
                todo = remedy(key, ("value", "source", "also"), "a value with its source has value, source and also")
                self._say((*real, key), f"unknown key {quoted(key)} beside a value", todo)
        source = self._source(raw, real)
        if source:
            self.found.sources[steps] = source
        self._others(raw.get("also"), (*real, "also"), steps)
        if "value" not in raw:
            self._say(real, f"'value' is missing in {'.'.join(str(step) for step in steps)}", "add it")
            return Refused("")
        return self._bare(raw["value"], (*real, "value"), steps)

    def _bare(self, raw: Any, real: Steps, steps: Steps) -> Any:
        """Keep the lines of what lies below a value."""
        self.lines[steps] = self.document.line(*real)
        for below, value in _below(raw):
            self.lines[(*steps, *below)] = self.document.line(*real, *below)
            if isinstance(value, dict) and "value" in value and "source" in value:
                self._say((*real, *below), "a source stands inside a value that has one", "write one of them")
        return raw

    def _source(self, raw: Mapping[str, Any], real: Steps) -> str:
        source = raw.get("source")
        if isinstance(source, Refused):
            return ""
        if isinstance(source, str) and source.strip():
            return source.strip()
        todo = "write document and heading, or write the value alone"
        self._say((*real, "source"), "the source of a value is missing or no text", todo)
        return ""

    def _others(self, raw: Any, real: Steps, steps: Steps) -> None:
        if raw is None:
            return
        if not isinstance(raw, list) or not raw:
            self._say(real, "'also' is no list of other values", "write [{value: …, source: …}]")
            return
        for at, entry in enumerate(raw):
            here = (*real, at)
            if not isinstance(entry, dict) or "value" not in entry or set(entry) - {"value", "source"}:
                self._say(here, "another document's value has value and source alone", "write {value: …, source: …}")
                continue
            source = self._source(entry, here)
            self.found.others.append(Other(steps, entry["value"], source, self.document.line(*here)))

    def _say(self, real: Steps, what: str, todo: str) -> None:
        self.problems.append(Problem(self.document.path, self.document.line(*real), what, todo))


def _below(raw: Any) -> Iterator[tuple[Steps, Any]]:
    """Iterate over everything inside a value, with the steps to it."""
    items = enumerate(raw) if isinstance(raw, list) else raw.items() if isinstance(raw, dict) else ()
    for key, value in items:
        yield (key,), value
        for steps, deeper in _below(value):
            yield (key, *steps), deeper


def shown(raw: Any) -> str:
    """Render a leaf as its author wrote it, on one line."""
    if isinstance(raw, dict):
        return ", ".join(f"{key} {shown(value)}" for key, value in raw.items())
    if isinstance(raw, list):
        return ", ".join(shown(value) for value in raw)
    return str(raw).lower() if isinstance(raw, bool) else str(raw)
