"""What sshd shows: the file of each scope, and never less doubt than its inputs have."""

from __future__ import annotations

import pytest

from scanner.derivation.linux.banners import sshd_banner
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown
from tests.collection.parity import check

QUERY = Query.of("linux.sshd_banner")
SHOWN: Row = {"path": "/etc/issue.net", "occasion": "network", "text": "hello", "discloses": []}


def _derive(daemon: Evidence, banners: Evidence) -> Evidence:
    evidence = sshd_banner(QUERY, {daemon.query: daemon, banners.query: banners}, "2026-11-20T00:00:00Z")
    check(evidence)
    return evidence


def _sshd(*paths: object, gap: Gap | None = None) -> Evidence:
    rows = tuple({"scope": f"scope {number}", "banner": path} for number, path in enumerate(paths))
    return Evidence(Query.of("linux.sshd"), rows, gap)  # type: ignore[arg-type]


def _banners(*rows: Row, gap: Gap | None = None) -> Evidence:
    return Evidence(Query.of("linux.banner"), rows, gap)


def test_each_scope_has_the_text_of_its_file():
    rows = _derive(_sshd("/etc/issue.net", ABSENT), _banners(SHOWN)).rows
    assert [(row["path"], row["text"], row["discloses"]) for row in rows] == [
        ("/etc/issue.net", "hello", []),
        (ABSENT, ABSENT, ABSENT),
    ]


@pytest.mark.parametrize("gap", [None, unknown("denied", "root")])
def test_a_file_that_was_not_read_is_a_gap(gap: Gap | None):
    (row,) = _derive(_sshd("/elsewhere"), _banners(SHOWN, gap=gap)).rows
    assert isinstance(row["text"], Gap)
    assert isinstance(row["discloses"], Gap)


def test_what_sshd_would_not_say_stays_open():
    evidence = _derive(_sshd("/etc/issue.net", gap=unknown("needs root", "root")), _banners(SHOWN))
    assert evidence.gap is not None
    (row,) = _derive(_sshd(error("not told")), _banners(SHOWN)).rows
    assert isinstance(row["text"], Gap)
