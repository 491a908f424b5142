"""Runs scripts on this machine, as whoever we are or as an ordinary user, and probes below a tree of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scanner.collection.linux.host import HostAnswer, describe, interpret
from scanner.collection.linux.probe import Output, Probe, Session
from scanner.collection.linux.script import assemble
from scanner.collection.linux.stream import read
from scanner.model.evidence import Evidence, Query

ROOT = os.geteuid() == 0
NOBODY = "65534"
SHELLS = (["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"])

AS_ROOT = Session(uid=0, user="root", now="2026-11-20T01:02:03Z")
AS_ADA = Session(uid=1000, user="ada", now="2026-11-20T01:02:03Z")

_PLACES = re.compile(r"(?<![\w.}/*])/(etc|run|usr/lib|usr/local/lib|lib|proc|var|home)(?=[/ \n;\"])")


def needs(*programs: str) -> None:
    """Skip without these programs, with the reason; in CI their lack is a failure."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{missing[0]} is not installed")
    if missing:
        pytest.skip(f"{missing[0]} is not installed")


def run_script(text: bytes, words: Sequence[str], *, ordinary: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run a script over standard input; `ordinary` lowers root to nobody, and changes nothing for others."""
    return subprocess.run([*lowered(ordinary), *words], input=text, capture_output=True, timeout=300)


def lowered(ordinary: bool) -> list[str]:
    """Give the prefix of a command that runs as an ordinary user."""
    if not (ordinary and ROOT):
        return []
    needs("setpriv")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def ask(queries: Sequence[Query], *, ordinary: bool = False, shell: Sequence[str] = ("sh",)) -> HostAnswer:
    """Ask this machine."""
    script = describe(queries)
    done = run_script(script.text, [*shell, *script.words[1:]], ordinary=ordinary)
    return interpret(queries, done.stdout, stderr=done.stderr, status=done.returncode)


def one(answer: HostAnswer, fact: str, **where: str) -> Evidence:
    """Give the evidence of one query."""
    return next(evidence for evidence in answer.evidence if evidence.query == Query.of(fact, where))


@pytest.fixture
def open_tmp() -> Iterator[Path]:
    """A directory that ordinary users may search, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="collection-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


class Tree:
    """A small tree that probes read instead of the machine's own: their paths are pointed below it."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def write(self, path: str, text: str | bytes = "", mode: int = 0o644) -> Path:
        """Make a file, and the directories above it."""
        place = self.base / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        place.chmod(mode)
        return place

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link; a target with a leading slash lies below the tree, but for /dev/null."""
        place = self.base / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        inside = target if not target.startswith("/") or target == "/dev/null" else f"{self.base}{target}"
        place.symlink_to(inside)

    def run(self, probe: Probe, *, ordinary: bool = False) -> Output:
        """Run a probe below the tree, by the whole protocol; its output shows the paths as if there were no tree."""
        moved = _PLACES.sub(lambda match: f"{self.base}/{match.group(1)}", probe.script)
        script = assemble([Probe(probe.name, moved, probe.timeout, probe.limit + 2**20, probe.cost)])
        done = run_script(script.text, script.words, ordinary=ordinary)
        output = read(done.stdout, script, stderr=done.stderr, status=done.returncode).outputs[probe.name]
        base = str(self.base)
        return Output(
            stdout=output.stdout.replace(base.encode(), b""),
            stderr=output.stderr.replace(base, ""),
            status=output.status,
            truncated=output.truncated,
            timed_out=output.timed_out,
            missing=output.missing,
        )
