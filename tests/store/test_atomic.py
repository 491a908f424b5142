"""Files are there whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scanner.model.errors import ReportError
from scanner.store import atomic


def test_write_replaces_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    atomic.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["run.json"]


def test_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    def writer(stream: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError):
        atomic.write_with(path, writer)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_missing_folder_is_said_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cannot be written: No such file .* \(choose another folder with -o"):
        atomic.write(tmp_path / "no" / "run.json", b"")


def test_full_disk_is_said_and_keeps_the_old_file(tmp_path: Path) -> None:
    """A limit on file size gives the same kind of OSError as a full disk, and needs no disk."""
    (tmp_path / "run.json").write_text("old")
    program = textwrap.dedent(f"""
        import resource, signal
        from pathlib import Path
        from scanner.model.errors import ReportError
        from scanner.store import atomic
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            atomic.write(Path({str(tmp_path)!r}) / "run.json", b"x" * 5000)
        except ReportError as problem:
            print(problem)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "run.json: cannot be written: File too large" in done.stdout
    assert (tmp_path / "run.json").read_text() == "old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("old")
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from scanner.store import atomic
        with atomic.replacing(Path({str(tmp_path)!r}) / "run.json") as stream:
            stream.write(b"half")
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -9
    assert (tmp_path / "run.json").read_text() == "old"


@pytest.mark.parametrize("durable", [True, False])
def test_only_what_outlives_the_run_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    with atomic.replacing(tmp_path / "spool", durable=durable) as stream:
        stream.write(b"whole")
    assert (tmp_path / "spool").read_bytes() == b"whole"
    assert len(forced) == durable
