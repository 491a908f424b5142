"""The golden vectors of sysctl.d(5), set by the real systemd-sysctl in a network namespace of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.collection.hosts import needs
from tests.derivation.linux.sysctl_vectors import VECTORS, Vector

pytestmark = pytest.mark.acceptance

_PROGRAM = "/usr/lib/systemd/systemd-sysctl"
_BEFORE = "0"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_systemd_sets_what_the_vectors_say(vector: Vector, tmp_path: Path):
    needs("unshare", _PROGRAM)
    assert os.geteuid() == 0, "root is needed for a network namespace"
    files = []
    for number, text in enumerate(vector.files, 10):
        files.append(tmp_path / f"{number}.conf")
        files[-1].write_text(text + "\n")
    places = [f"/proc/sys/{name if '/' in name else name.replace('.', '/')}" for name in vector.sets]
    script = (
        'files=$1; shift; for place; do echo 0 >"$place" || exit 1; done; '
        f"{_PROGRAM} $files; "
        'for place; do cat "$place"; done'
    )
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script, "sh", " ".join(map(str, files)), *places],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [value or _BEFORE for value in vector.sets.values()]
