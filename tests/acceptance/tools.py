"""Other people's programs that read what we write, each fetched once for a machine."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

TOOLS = Path.home() / ".cache/controlproof-tools"


def environment(package: str) -> Path:
    """Give the interpreter of a virtual environment with `name==version` in it: such packages insist on libraries."""
    home = TOOLS / package.replace("==", "-")
    python = home / "bin/python"
    if not (home / ".whole").exists():
        venv.create(home, clear=True, with_pip=True)
        fetch(package, str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
        (home / ".whole").touch()
    assert python.exists(), f"remove {home}"
    return python


def npm(package: str, home: Path) -> None:
    """Install `name@version` below a folder without running anything of it."""
    home.mkdir(parents=True, exist_ok=True)
    fetch(package, "npm", "install", "--prefix", str(home), "--ignore-scripts", "--no-audit", "--no-fund", package)


def fetch(package: str, *words: str) -> None:
    """Run what fetches a package; a registry that does not answer is no fault of the product, and is said so."""
    done = subprocess.run(words, cwd=TOOLS, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"bench unavailable: {words[0]} could not fetch {package}: {done.stderr[-500:]}"
