"""Checks a CSV that was written: equal rows, the columns in their order, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from scanner.reporting.csv import COLUMNS

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CELL = 32_767
"""Characters that common spreadsheets keep of a cell."""


def check(data: bytes, columns: Sequence[str] = COLUMNS) -> list[str]:
    """Give every objection to a file, each as `place: what is wrong`; sources: RFC 4180, OWASP on CSV injection."""
    return list(_document(data, columns))


def _document(data: bytes, columns: Sequence[str]) -> Iterator[str]:
    if not data.startswith(b"\xef\xbb\xbf"):
        yield "document: no byte order mark, so that spreadsheets guess the encoding"
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as problem:
        yield f"document: not CSV in UTF-8: {problem}"
        return
    if not rows or tuple(rows[0]) != tuple(columns):
        yield "line 1: not the columns of this version"
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            yield f"row {number}: {len(row)} cells, not {width}"
        for column, cell in enumerate(row, 1):
            if said := _cell(cell):
                yield f"row {number}, cell {column}: {said}"


def _cell(cell: str) -> str:
    if cell.lstrip(" \u00a0").startswith(_FORMULA):
        return "a spreadsheet takes it for a formula"
    if len(cell) > _CELL:
        return f"{len(cell)} characters, more than a spreadsheet keeps"
    return "control or direction character" if _CONTROL.search(cell) else ""
