"""Runs the command as a user would, and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("controlproof")


@dataclass(frozen=True)
class Run:
    """A finished command."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        """run.json."""
        return json.loads((self.folder / "run.json").read_text())  # type: ignore[no-any-return]

    def results(self, target: str) -> dict[str, dict[str, Any]]:
        """Rule > result of a target."""
        lines = (json.loads(line) for line in (self.folder / "results.jsonl").read_text().splitlines())
        return {each["rule"]: each for each in lines if each["target"] == target}

    def outcomes(self, target: str) -> dict[str, str]:
        """Rule > outcome of a target."""
        return {rule: each["outcome"] for rule, each in self.results(target).items()}


def controlproof(*arguments: object, folder: Path, patience: float = 300, **environment: str) -> Run:
    """Run the command in `folder`, at most `patience` seconds; a `-o` is added for commands that write a run."""
    argv = [str(COMMAND), *(str(word) for word in arguments)]
    out = folder / "out"
    if arguments[0] in ("scan", "evaluate") and "-o" not in argv and "--runs" not in argv:
        argv += ["-o", str(out)]
    done = subprocess.run(
        argv, capture_output=True, text=True, cwd=folder, env={**os.environ, **environment}, timeout=patience
    )
    return Run(done.returncode, done.stdout, done.stderr, out)
