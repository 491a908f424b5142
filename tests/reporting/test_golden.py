"""The samples in every format, byte for byte; the exit code stands in the file name.

Rewrite them with `UPDATE_GOLDEN=1 pytest tests/reporting/test_golden.py` and read the difference.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from scanner.reporting import table
from tests.support.reports import SAMPLES

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "reports"
CASES = [(case, name) for case in SAMPLES for name in table.reporters() if case == "two_targets" or name != "html"]


def place(case: str, name: str) -> Path:
    return FOLDER / f"{case}.{SAMPLES[case]().verdict.exit_code}.{table.reporters()[name].file}"


@pytest.mark.parametrize(("case", "name"), CASES)
def test_the_sample_renders_as_recorded(case: str, name: str) -> None:
    out = io.BytesIO()
    table.open_reporter(name).write(SAMPLES[case](), out)
    if os.environ.get("UPDATE_GOLDEN"):
        place(case, name).write_bytes(out.getvalue())

    assert out.getvalue().decode() == place(case, name).read_bytes().decode()


def test_no_recording_is_left_over() -> None:
    assert sorted(FOLDER.iterdir()) == sorted(place(case, name) for case, name in CASES)
