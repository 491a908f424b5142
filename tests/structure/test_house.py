"""The house keeps its own caps: module and function lengths, first sentences, what may be imported where."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "scanner").rglob("*.py"))

ENVIRONMENT = {
    "scanner/transport/ssh_settings.py": "ssh_config(5) names variables of the environment (IdentityAgent), as ssh reads them",
}
"""Modules below the command line that read the environment, and why."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_caps(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400, "a module has at most 400 lines (is there a room missing?)"
    tree = ast.parse(text)
    docstring = ast.get_docstring(tree)
    assert docstring, "a module opens with one sentence"
    long, calls = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 50:
            long.append(f"{node.name}: line {node.lineno}")
        elif not _is_command_line(path):
            calls += _of_command_lines(node, path)
    assert long == [], "a function has at most 50 lines"
    assert calls == [], "only the command line prints, exits and reads the environment"


def _is_command_line(path: Path) -> bool:
    return "cli" in path.parts or path.name == "__main__.py"


def _of_command_lines(node: ast.AST, path: Path) -> list[str]:
    """Name what only the command line may do."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "exit"}:
        return [f"line {node.lineno}: {node.func.id}"]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        word = f"{node.value.id}.{node.attr}"
        allowed = str(path.relative_to(ROOT)) in ENVIRONMENT and word == "os.environ"
        if word in {"sys.exit", "os.environ", "os.getenv"} and not allowed:
            return [f"line {node.lineno}: {word}"]
    return []


@pytest.mark.parametrize("text", ["print(1)", "exit()", "sys.exit(1)", "os.environ['A']", "os.getenv('A')"])
def test_the_check_sees_what_it_seeks(text: str) -> None:
    found = [each for node in ast.walk(ast.parse(text)) for each in _of_command_lines(node, ROOT / "scanner/scan.py")]
    assert len(found) == 1


def test_composition_stays_short() -> None:
    assert len((ROOT / "scanner" / "scan.py").read_text().splitlines()) <= 150


def test_rules_load_without_any_client_library() -> None:
    program = (
        "import sys\n"
        "from scanner.operations.content import load_content\n"
        "content = load_content()\n"
        "assert len(content.rules) >= 60\n"
        "print(sorted({'paramiko', 'psycopg', 'pymysql', 'pymongo', 'bson', 'boto3', 'botocore', 'httpx', 'jinja2'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_version_and_help_need_no_heavy_import(word: str) -> None:
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from scanner.cli import main\n"
        f"assert CliRunner().invoke(main, ['{word}']).exit_code == 0\n"
        "print(sorted({'paramiko', 'psycopg', 'boto3', 'pydantic', 'yaml', 'jinja2', 'rich'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == "[]"
