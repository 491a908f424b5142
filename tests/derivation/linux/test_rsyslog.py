"""Where messages of a facility end: targets add up, and what is thrown away is gone."""

from __future__ import annotations

from scanner.collection.linux.rsyslog_rules import rows_of
from scanner.derivation.linux.rsyslog import rsyslog_facility
from scanner.model.evidence import Evidence, Gap, Query, unknown
from tests.collection.parity import check

QUERY = Query.of("linux.rsyslog_facility")
ACTIONS = Query.of("linux.rsyslog_action")


def _derive(*files: str, gap: Gap | None = None) -> Evidence:
    rows = [row for number, text in enumerate(files) for row in rows_of(f"/{number}", text.split("\n"))[0]]
    evidence = rsyslog_facility(QUERY, {ACTIONS: Evidence(ACTIONS, tuple(rows), gap)}, "2026-11-20T00:00:00Z")
    check(evidence)
    return evidence


def _targets(evidence: Evidence, facility: str) -> object:
    return next(row["targets"] for row in evidence.rows if row["facility"] == facility)


def test_targets_add_up():
    found = _derive("auth.* /a\n*.*;auth.none /s", "*.* @h\n*.emerg *")
    assert (_targets(found, "auth"), _targets(found, "mail")) == (["/a", "h"], ["/s", "h"])


def test_what_is_thrown_away_is_gone():
    found = _derive("mail.* /m\nmail.* stop\n*.* /s", "cron.* stop")
    assert (_targets(found, "mail"), _targets(found, "cron"), _targets(found, "kern")) == (["/m"], [], ["/s"])


def test_expressions_throw_away_only_some():
    assert _targets(_derive(':msg, contains, "x" stop\n*.* /s'), "mail") == ["/s"]


def test_rules_that_were_not_read_stay_open():
    assert _derive("*.* /s", gap=unknown("denied", "root")).gap is not None
    assert _derive(gap=unknown("denied", "root")).gap is not None


def test_without_rules_there_is_nothing_to_tell():
    assert _derive().rows == ()
