"""Files that are there whole or not at all, readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from scanner.model.errors import ReportError


@contextmanager
def replacing(path: Path, mode: int = 0o600, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file beside `path` for writing; it takes the place of `path` when the block ends without an error.

    Without `durable` nobody waits for the disk: for files that do not outlive the run.
    Raises ReportError when the place cannot be written (missing rights, full disk); `path` is then as it was.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as problem:
        raise _cannot_write(path, problem) from problem
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as problem:
        raise _cannot_write(path, problem) from problem
    finally:
        Path(temporary).unlink(missing_ok=True)


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write bytes atomically; raises ReportError."""
    with replacing(path, mode) as stream:
        stream.write(data)


def write_with(path: Path, writer: Callable[[BinaryIO], None], mode: int = 0o600) -> None:
    """Let `writer` fill the file, atomically; raises ReportError."""
    with replacing(path, mode) as stream:
        writer(stream)


def make_folder(path: Path) -> None:
    """Create a folder (0700) with its parents; raises ReportError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise _cannot_write(path, problem) from problem


def _cannot_write(path: Path, problem: OSError) -> ReportError:
    what = problem.strerror or str(problem)
    return ReportError(f"{path}: cannot be written: {what} (choose another folder with -o, or make room)")
