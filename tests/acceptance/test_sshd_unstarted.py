"""sshd asked where it never ran: its directory in /run is missing, and is not made for the asking."""

from __future__ import annotations

import os
import subprocess

import pytest

from scanner.collection.linux import sshd
from scanner.collection.linux.probe import Output
from scanner.model.evidence import Evidence, Query
from tests.collection.hosts import AS_ROOT, needs
from tests.collection.parity import check

pytestmark = pytest.mark.acceptance


def _ask(*prefix: str) -> Evidence:
    needs("sshd", "unshare", "setpriv")
    assert os.geteuid() == 0, "root is needed for a mount namespace"
    (probe,) = sshd.probes([Query("linux.sshd")])
    script = 'mount -t tmpfs tmpfs /run || exit 99; "$@"; ls -A /run >&2'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *prefix, "sh", "-c", probe.script],
        capture_output=True,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        timeout=60,
    )
    assert done.stderr == b"", "nothing may be written below /run, and nothing said aside"
    (evidence,) = sshd.answer([Query("linux.sshd")], {"sshd": Output(stdout=done.stdout)}, AS_ROOT)
    check(evidence)
    return evidence


@pytest.mark.parametrize("dropped", ["-mac_admin", "-dac_read_search"])
def test_it_answers_as_nobody_with_the_right_to_read(dropped: str):
    evidence = _ask("setpriv", f"--bounding-set={dropped}")
    assert evidence.gap is None
    assert str(evidence.rows[0]["scope"]).startswith("global")


def test_without_any_such_right_it_says_what_is_missing():
    evidence = _ask("setpriv", "--bounding-set=-dac_read_search,-dac_override")
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert "Missing privilege separation directory" in evidence.gap.reason
