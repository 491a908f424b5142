"""Claims read out of Markdown: tables that name controls, their status, where the evidence lies, and when it was judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from scanner.catalog.nodes import quoted
from scanner.model.errors import Problem
from scanner.model.suppression import Claim

_NUMBER = re.compile(r"(?<![\w.])(?:[A-Z]{1,3}[.-])?\d{1,2}(?:\.\d{1,2}){0,3}(?![\w.])")
_LEAD = re.compile(r"^(?:cis\s*)?(?:control|safeguard|csc)?s?\s*(?:v8(?:\.\d)?\s+)?[:#]?\s*", re.IGNORECASE)
_STATUSES = (
    ("not-applicable", r"n/?a|not[ -]applicable|out of scope"),
    ("non-compliant", r"non[ -]?compliant|not[ -](?:compliant|implemented|met|in place)|missing|failed|❌|✗"),
    ("partial", r"partial(?:ly)?\b.*|in part|partly.*|⚠️?"),
    ("planned", r"planned.*|in progress|to be (?:done|defined)|tbd|under way|scheduled|🔄|⏳"),
    ("compliant", r"(?:fully[ -])?(?:compliant|implemented|met|in place|complete(?:d)?|done|yes)|✅|✓|✔️?"),
)
_MARKS = re.compile(r"[*_`]|^\s+|\s+$")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a table the wanted columns stand; -1 for those that it lacks."""

    control: int
    status: int
    evidence: int
    date: int

    @classmethod
    def of(cls, header: Sequence[str]) -> _Columns | None:
        """Find the columns by their titles; None for a table of something else."""
        names = [_plain(cell).lower() for cell in header]

        def place(*words: str) -> int:
            return next((i for i, name in enumerate(names) if any(word in name for word in words)), -1)

        control = next((i for i, name in enumerate(names) if "control" in name or "safeguard" in name), -1)
        status = place("status")
        if control < 0 or status < 0 or control == status:
            return None
        return cls(control, status, place("evidence", "location"), place("date", "assessed"))


def claims_in(path: str, text: str, catalogue: str, problems: list[Problem]) -> list[Claim]:
    """Read the claims of a Markdown document's tables; rows that cannot be read are appended to `problems`.

    A table counts when its header names a control and a status. A row's control may hold several numbers (a claim
    each) and the document's own title; its source is `path:line`. A date that is no day of the calendar is kept as
    text. Nothing is guessed: a status in words that are not known is a problem.
    """
    found: list[Claim] = []
    for line, header, rows in _tables(text):
        columns = _Columns.of(header)
        if columns is None:
            continue
        for offset, cells in enumerate(rows):
            found += _claims(path, line + offset, cells, columns, catalogue, problems)
    return found


def _tables(text: str) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """Yield each table with the line number of its first row, its header, and its rows."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    header: list[str] = []
    rows: list[list[str]] = []
    start, cells, inside = 0, [""], False
    for token in tokens:
        if token.type == "table_open":
            header, rows, start = [], [], 0
        elif token.type == "tr_open":
            cells = []
            if header and not rows and token.map:
                start = token.map[0] + 1
        elif token.type in ("th_open", "td_open"):
            inside = True
        elif token.type == "inline" and inside:
            cells.append(token.content)
            inside = False
        elif token.type == "tr_close":
            if header:
                rows.append(cells)
            else:
                header = cells
        elif token.type == "table_close":
            yield start, header, rows


def _claims(
    path: str, line: int, cells: Sequence[str], columns: _Columns, catalogue: str, problems: list[Problem]
) -> list[Claim]:
    said = _plain(_cell(cells, columns.control))
    numbers, title = _numbers(said)
    status = _status(_plain(_cell(cells, columns.status)))
    if not said and not _plain(_cell(cells, columns.status)):
        return []
    if not numbers:
        what = f"no control's number in {quoted(said, 60)}"
        problems.append(Problem(path, line, what, "write the number first, such as 3.11 Encrypt data at rest"))
    if not status:
        what = f"the status {quoted(_plain(_cell(cells, columns.status)), 60)} is not known"
        problems.append(Problem(path, line, what, "write compliant, partial, planned, non-compliant or not applicable"))
    if not numbers or not status:
        return []
    evidence = _plain(_cell(cells, columns.evidence))
    day, words = _day(_plain(_cell(cells, columns.date)))
    source = f"{path}:{line}" + (f" ({evidence})" if evidence.strip("-– ") else "")
    return [Claim(f"{catalogue}/{number}", status, source, day, words, path, line, title) for number in numbers]


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if 0 <= place < len(cells) else ""


def _plain(text: str) -> str:
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("<br>", " ")
    return " ".join(_MARKS.sub("", bare).split())


def _numbers(text: str) -> tuple[list[str], str]:
    """Give the numbers at the beginning of a cell, and the title after them."""
    rest = _LEAD.sub("", text)
    numbers: list[str] = []
    while found := _NUMBER.match(rest):
        numbers.append(found[0])
        rest = re.sub(r"^\s*(?:[,;/&+]|and\b)\s*", "", rest[found.end() :].lstrip())
        if not _NUMBER.match(rest):
            break
    return numbers, rest.lstrip(" :–—-.").strip()


def _status(text: str) -> str:
    bare = text.strip(" .").lower()
    parts = [bare, *re.split(r"[\s:–—(-]+", bare, maxsplit=1)]
    for part in parts:
        for status, pattern in _STATUSES:
            if part and re.fullmatch(pattern, part.strip(" .")):
                return status
    return ""


def _day(text: str) -> tuple[str, str]:
    """Give a day in ISO form, or the text that stands instead of one."""
    if not text or text.strip("-– ") == "":
        return "", "no date"
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(text, form).date().isoformat(), ""  # noqa: DTZ007
        except ValueError:
            continue
    try:
        return date.fromisoformat(text[:10]).isoformat(), ""
    except ValueError:
        return "", text
