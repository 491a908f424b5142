"""Whether the logs of a backup server's host reach another host."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.derivation.table import derive
from scanner.facts.backup.hosts import JOURNALD, RSYSLOG, UPLOAD, UPLOADING
from scanner.facts.linux.rsyslog import FACILITIES
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, error, unknown
from scanner.model.outcome import Outcome
from scanner.planning.expand import inputs_of
from tests.derivation.recovery.test_isolation import recorded

AT = "2026-11-21T08:00:00Z"
RUNS = {"present": True, "active": True, "enabled": True, "active_state": "active"}
NONE = {"present": False, "active": ABSENT, "enabled": ABSENT, "active_state": ABSENT}
FORWARD = {
    "selector": "*.*",
    "facilities": list(FACILITIES),
    "kind": "forward",
    "target": "logs.example.org",
    "protocol": "tcp",
    "path": "/etc/rsyslog.d/60-forward.conf",
    "line": 1,
}
FILE = {**FORWARD, "kind": "file", "target": "/var/log/syslog", "path": "/etc/rsyslog.conf"}
QUERY = Query("backup.log_forwarding")


def told(
    *actions: dict[str, Any],
    syslog: dict[str, Any] = RUNS,
    upload: dict[str, Any] = NONE,
    url: str = "",
    handed: str = "",
    system: str = "12",
    lost: dict[str, Gap] | None = None,
) -> Evidence:
    """Derive the fact from what a host told; `lost` gives facts that it did not."""
    rows: dict[str, Any] = {
        "linux.system": [{"distribution": "debian", "version": system}],
        "linux.rsyslog_action": actions,
        "linux.network_address": recorded("linux.network_address", "noble-hardened").rows,
        RSYSLOG: [{"name": RSYSLOG, **syslog}],
        UPLOAD: [{"name": UPLOAD, **upload}],
        JOURNALD: [line("Journal", "ForwardToSyslog", handed)] if handed else [],
        UPLOADING: [line("Upload", "URL", url)] if url else [],
    }
    given: dict[Query, Evidence] = {}
    for query in inputs_of(QUERY, builtin()):
        name = str(query.parameters.get("name") or query.parameters.get("path") or query.fact)
        if query.fact != "linux.rsyslog_facility":
            gap = (lost or {}).get(name)
            given[query] = Evidence(query, () if gap else tuple(rows[name]), gap)
    facility = Query("linux.rsyslog_facility")
    given[facility] = derive(
        facility, {key: each for key, each in given.items() if key.fact == "linux.rsyslog_action"}, AT
    )
    return derive(QUERY, given, AT)


def line(section: str, name: str, value: str) -> dict[str, Any]:
    return {"section": section, "name": name, "value": value, "winning": True}


def test_rsyslog_sends_everything() -> None:
    [row] = told(FILE, FORWARD).rows
    assert (row["service"], row["running"], row["targets"]) == ("rsyslog", True, ["logs.example.org"])
    assert row["facilities"] == list(FACILITIES)


def test_a_rule_that_throws_away_first() -> None:
    [row] = told({**FORWARD, "kind": "discard", "target": "", "facilities": ["daemon"], "line": 0}, FORWARD).rows
    assert "daemon" not in row["facilities"]
    assert "auth" in row["facilities"]


@pytest.mark.parametrize("target", ["localhost", "127.0.0.1", "::1", "10.20.0.5", "[fe80::9873:a1ff:fe93:3f3a]"])
def test_to_itself_is_nowhere(target: str) -> None:
    [row] = told({**FORWARD, "target": target}).rows
    assert (row["targets"], row["facilities"]) == ([], [])


@pytest.mark.parametrize("state", [{"active": False}, {"enabled": False}, {"active_state": "activating"}])
def test_what_does_not_run_sends_nothing(state: dict[str, Any]) -> None:
    [row] = told(FORWARD, syslog={**RUNS, **state}).rows
    assert row["running"] is False


def test_nothing_sends() -> None:
    [row] = told(FILE).rows
    assert (row["service"], row["targets"]) == ("rsyslog", [])
    [row] = told(FORWARD, syslog=NONE).rows
    assert (row["service"], row["running"], row["targets"]) == (ABSENT, ABSENT, [])


def test_the_journal_is_uploaded() -> None:
    [row] = told(syslog=NONE, upload=RUNS, url="https://logs.example.org:19532").rows
    assert (row["service"], row["targets"]) == ("systemd-journal-upload", ["logs.example.org"])
    assert row["facilities"] == list(FACILITIES)
    [row] = told(syslog=NONE, upload=RUNS, url="10.20.0.5").rows
    assert row["targets"] == []
    [row] = told(syslog=NONE, upload=RUNS).rows
    assert row["targets"] == []


@pytest.mark.parametrize(
    ("handed", "system", "known"), [("yes", "13", True), ("", "13", False), ("no", "12", False), ("", "12", True)]
)
def test_what_journald_hands_on(handed: str, system: str, known: bool) -> None:
    assert (told(FORWARD, handed=handed, system=system).gap is None) is known


@pytest.mark.parametrize("name", ["linux.rsyslog_action", RSYSLOG, JOURNALD, "linux.system"])
def test_what_is_hidden_is_unknown(name: str) -> None:
    hidden = told(FORWARD, lost={name: unknown("permission denied", "root")})
    assert hidden.gap is not None
    assert hidden.gap.kind is Outcome.UNKNOWN
    broken = told(FORWARD, lost={name: error("cut")})
    assert broken.gap is not None


def test_a_host_that_nobody_named() -> None:
    gap = unknown("the inventory names no host that it runs on (add runs_on: with the host's target id)")
    given = {query: Evidence(query, gap=gap) for query in inputs_of(QUERY, builtin())}
    assert derive(QUERY, given, AT).gap == gap
