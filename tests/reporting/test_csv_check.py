"""The check of CSV sees what a spreadsheet would run or misread."""

from __future__ import annotations

import pytest

from scanner.reporting import csv as csv_reporter
from scanner.reporting import csv_check

HEAD = ("\ufeff" + ",".join(csv_reporter.COLUMNS) + "\r\n").encode()
REST = b"," * (len(csv_reporter.COLUMNS) - 1) + b"\r\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HEAD.removeprefix(b"\xef\xbb\xbf"), "byte order mark"),
        (HEAD + b"\xff\xff" + REST, "not CSV in UTF-8"),
        (HEAD + b'"open', "not CSV"),
        (HEAD + b"one,two\r\n", "2 cells"),
        (HEAD + b"=1+1" + REST, "formula"),
        (HEAD + b" @SUM(A1)" + REST, "formula"),
        (HEAD + b"\x1b[2J" + REST, "control"),
        (HEAD + b"x" * 40_000 + REST, "more than a spreadsheet keeps"),
        (b"\xef\xbb\xbfa,b\r\n", "not the columns"),
        (b"", "not the columns"),
    ],
)
def test_a_broken_file_is_seen(data: bytes, said: str) -> None:
    assert any(said in objection for objection in csv_check.check(data))
