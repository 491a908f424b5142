"""Run folders: names, locks, the `latest` link, and how many are kept."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.model.errors import ConfigurationError, ReportError
from scanner.store import atomic

EVIDENCE = "evidence"
PLAN_FILE = "plan.json"
LOCK_FILE = ".lock"
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; a second run there is a ConfigurationError, a crashed one leaves no lock behind."""
    atomic.make_folder(folder)
    path = folder / LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as problem:
        raise ReportError(f"{path}: cannot be written: {problem.strerror} (choose another folder with -o)") from problem
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise ConfigurationError(
                f"{folder}: another run (process {owner}) is writing here (wait for it, or use another folder)"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def runs(folder: Path) -> list[Path]:
    """Give the finished and unfinished run folders below `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if _RUN_ID.fullmatch(entry.name) and entry.is_dir())


def latest(folder: Path) -> Path | None:
    """Give the newest finished run below `folder`: where `latest` points, else the newest with a run.json."""
    link = folder / "latest"
    if (link / "run.json").is_file():
        return link.resolve()
    finished = [run for run in runs(folder) if (run / "run.json").is_file()]
    return finished[-1] if finished else None


def point_latest(folder: Path, run: Path) -> None:
    """Let `latest` point at a finished run, atomically; raises ReportError."""
    temporary = folder / f".latest-{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(run.name)
        temporary.replace(folder / "latest")
    except OSError as problem:
        raise ReportError(f"{folder / 'latest'}: cannot be written: {problem.strerror} (check the folder)") from problem


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest runs beyond `keep`, never the one that `latest` names; give what was removed."""
    current = latest(folder)
    surplus = runs(folder)[:-keep] if keep else []
    gone = [run for run in surplus if run.resolve() != current]
    for run in gone:
        shutil.rmtree(run, ignore_errors=True)
    return gone
