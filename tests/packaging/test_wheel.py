"""The wheel holds every shipped rule, profile and asset, and works from another directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in argv], cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ".")
    return next(out.glob("controlproof-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; the libraries come from the one that runs the tests."""
    place = tmp_path_factory.mktemp("env") / "venv"
    venv.create(place, with_pip=True, system_site_packages=False)
    python = place / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    libraries = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # The editable install's finder is a .pth file, which is not read from a path that a .pth file adds.
    (Path(own) / "libraries.pth").write_text(libraries + "\n")
    return place


def shipped() -> set[str]:
    """Files that git knows below the folders of data, or all of them where there is no git."""
    names = subprocess.run(
        ["git", "ls-files", "rules", "profiles", "reports"], cwd=ROOT, capture_output=True, text=True
    )
    if names.returncode == 0 and names.stdout:
        return set(names.stdout.split())
    return {
        str(path.relative_to(ROOT))
        for top in ("rules", "profiles", "reports")
        for path in (ROOT / top).rglob("*")
        if path.is_file()
    }


def test_wheel_holds_all_data_and_only_ours(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"scanner/_content/{name}" for name in shipped()}
    assert expected - names == set()
    foreign = {name for name in names if not name.startswith(("scanner/", "controlproof-"))}
    assert foreign == set()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "scanner").rglob("*.py")}
    assert modules - names == set()


def test_installed_wheel_finds_its_rules_from_anywhere(installed: Path, tmp_path: Path) -> None:
    program = "import scanner, json; print(json.dumps(scanner.__file__))"
    assert json.loads(run(installed / "bin" / "python", "-c", program, cwd=tmp_path)).startswith(str(installed))
    command = installed / "bin" / "controlproof"
    assert str(installed) in run(command, "--version", cwd=tmp_path)
    listed = run(command, "rules", "list", "--json", cwd=tmp_path)
    assert len(json.loads(listed)) == len(list((ROOT / "rules").rglob("*.yaml")))
    assert "rules checked" in run(command, "rules", "lint", cwd=tmp_path)


def test_installed_wheel_scans_this_machine(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "bin" / "controlproof", "scan", "--local", "-p", "linux-baseline"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    names = {path.name for path in (tmp_path / "controlproof-out").iterdir()}
    assert {"run.json", "results.jsonl", "results.sarif", "junit.xml", "report.html", "evidence"} <= names
