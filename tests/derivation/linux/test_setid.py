"""linux.set_id_program: the walk joined with what packages brought."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error
from tests.collection.parity import check

_WALKS = [Query.of("linux.file_walk", {"class": name}) for name in ("setuid", "setgid")]
_PACKAGED = Query("linux.packaged_set_id")
_SUDO: Row = {"path": "/usr/bin/sudo", "package": "sudo", "intact": True, "override": ABSENT}
_CUT = error("the probe ran into its time limit")


def _found(path: str) -> Row:
    return {"path": path, "mode": "4755", "uid": 0, "gid": 0, "set_id_ignored": False}


def _joined(
    paths: Sequence[str], packaged: Sequence[Row], *, lost: Gap | None = None, cut: Gap | None = None
) -> Evidence:
    first, second = _WALKS
    inputs = {
        first: Evidence(first, tuple(map(_found, paths)), cut),
        second: Evidence(second, tuple(map(_found, paths[:1]))),
        _PACKAGED: Evidence(_PACKAGED, tuple(packaged), lost),
    }
    evidence = derive(Query("linux.set_id_program"), inputs, "2026-01-01T00:00:00Z")
    check(evidence)
    return evidence


def test_a_program_has_its_package_or_none():
    rows = _joined(["/usr/bin/sudo", "/tmp/x"], [_SUDO]).rows
    assert [(row["path"], row["package"], row["intact"]) for row in rows] == [
        ("/tmp/x", ABSENT, ABSENT),
        ("/usr/bin/sudo", "sudo", True),
    ]


@pytest.mark.parametrize("paths", [["/tmp/x"], ["/usr/bin/sudo", "/tmp/x"]])
def test_without_all_packages_a_program_is_unknown_and_not_foreign(paths: Sequence[str]):
    rows = {row["path"]: row for row in _joined(paths, [_SUDO], lost=_CUT).rows}
    assert rows["/tmp/x"]["package"] == _CUT


def test_a_cut_walk_is_incomplete():
    assert _joined(["/usr/bin/sudo"], [_SUDO], cut=_CUT).gap == _CUT
