"""Formats are found by name; the table says what the modules say; nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner.model.errors import ConfigurationError
from scanner.reporting import table


@pytest.mark.parametrize("name", list(table.reporters()))
def test_module_and_table_agree(name: str) -> None:
    reporter = table.open_reporter(name)

    assert (name, table.reporters()[name].file) == (reporter.NAME, reporter.FILE)


def test_files_do_not_overwrite_each_other() -> None:
    files = [entry.file for entry in table.reporters().values()]

    assert len(set(files)) == len(files)


def test_an_unknown_format_names_a_near_one() -> None:
    with pytest.raises(ConfigurationError, match=r"format 'sarfi': not known \(did you mean 'sarif'\?\)"):
        table.open_reporter("sarfi")


def test_the_table_imports_no_format() -> None:
    program = (
        "import sys, scanner.reporting.table\nprint('jinja2' in sys.modules, 'scanner.reporting.html' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
