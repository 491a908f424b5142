"""Follows the logs of a backup server's host to another host."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from scanner.derivation.inputs import cell, derived, first_gap, single, source
from scanner.facts.backup.hosts import JOURNALD, RSYSLOG, UPLOAD, UPLOADING
from scanner.facts.linux.rsyslog import FACILITIES
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

_YES = frozenset({"yes", "y", "true", "t", "on", "1"})
_HERE = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_OLD = ("10", "11", "12")
"""Releases of Debian whose journald hands messages to syslog unless told otherwise."""
Inputs = Mapping[Query, Evidence]


def log_forwarding(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give backup.log_forwarding: by rsyslog where it runs, else by the journal's own service."""
    syslog, upload = _unit(inputs, RSYSLOG), _unit(inputs, UPLOAD)
    ways = [_by_rsyslog(inputs, syslog), _by_upload(inputs, upload)]
    row = next((way for way in ways if not isinstance(way, Gap) and way["targets"] and way["running"] is True), None)
    lost = first_gap(*(way for way in ways if isinstance(way, Gap)))
    if row is None and lost is not None:
        return derived(query, (), lost, inputs, taken_at)
    if row is None:
        row = next((way for way in ways if not isinstance(way, Gap) and way["service"] is not ABSENT), None)
    return derived(query, [row or _row("", ABSENT, [], [])], None, inputs, taken_at)


def _row(service: str, running: Cell, targets: list[str], facilities: Cell) -> Row:
    return {"service": service or ABSENT, "running": running, "targets": targets, "facilities": facilities}


def _unit(inputs: Inputs, name: str) -> Row | Gap:
    found = next((each for query, each in inputs.items() if query.parameters.get("name") == name), None)
    return single(found) if found is not None else error(f"{name} was not asked of the host")


def _runs(unit: Row | Gap) -> Cell:
    """Tell whether a service runs and starts at boot; absent when it is neither there nor started."""
    active, enabled, present = cell(unit, "active"), cell(unit, "enabled"), cell(unit, "present")
    if present is False:
        return ABSENT
    gap = first_gap(*(each for each in (active, enabled) if isinstance(each, Gap)))
    if gap is not None and False not in (active, enabled):
        return gap
    if active is not True and enabled is not True:
        return ABSENT
    return active is True and enabled is True and cell(unit, "active_state") != "activating"


def _by_rsyslog(inputs: Inputs, unit: Row | Gap) -> Row | Gap:
    running = unit if isinstance(unit, Gap) else _runs(unit)
    if running is ABSENT:
        return _row("", ABSENT, [], [])
    actions, kept = source(inputs, "linux.rsyslog_action"), source(inputs, "linux.rsyslog_facility")
    sent = {str(cell(row, "target")) for row in actions.rows if cell(row, "kind") == "forward"}
    targets = _others(sorted(each for each in sent if each), inputs)
    fed = _fed(inputs)
    gap = first_gap(running if isinstance(running, Gap) else None, actions.gap, kept.gap)
    gap = gap or (targets if isinstance(targets, Gap) else None) or (fed if sent else None)
    if gap is not None:
        return gap
    names = targets if isinstance(targets, list) else []
    facilities = [str(row["facility"]) for row in kept.rows if set(_words(row, "targets")) & set(names)]
    return _row("rsyslog", running, names, facilities)


def _words(row: Row, name: str) -> Sequence[str]:
    found = cell(row, name)
    return [str(each) for each in found] if isinstance(found, list) else ()


def _fed(inputs: Inputs) -> Gap | None:
    """Give why it is not known that journald hands messages to rsyslog; None when it does."""
    lines = _lines(inputs, JOURNALD)
    said = _winning(lines, "Journal", "ForwardToSyslog")
    if isinstance(said, Gap):
        return said
    if said is not None:
        if said.casefold() in _YES:
            return None
        return unknown("journald does not hand messages to rsyslog, and whether that reads the journal is not told")
    system = single(source(inputs, "linux.system"))
    version = str(cell(system, "version")).partition(".")[0]
    if cell(system, "distribution") == "debian" and version in _OLD:
        return None
    return unknown(
        "whether journald hands messages to rsyslog is not set", "ForwardToSyslog=yes in /etc/systemd/journald.conf.d/"
    )


def _by_upload(inputs: Inputs, unit: Row | Gap) -> Row | Gap:
    running = unit if isinstance(unit, Gap) else _runs(unit)
    if running is ABSENT:
        return _row("", ABSENT, [], [])
    url = _winning(_lines(inputs, UPLOADING), "Upload", "URL")
    gap = first_gap(*(each for each in (running, url) if isinstance(each, Gap)))
    if gap is not None:
        return gap
    host = _host(url) if isinstance(url, str) else ""
    targets = _others([host] if host else [], inputs)
    if isinstance(targets, Gap):
        return targets
    return _row("systemd-journal-upload", running, targets, list(FACILITIES) if targets else [])


def _host(url: str) -> str:
    """Give the host of a URL; systemd-journal-upload takes one without a scheme as well."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _lines(inputs: Inputs, path: str) -> Evidence:
    found = next((each for query, each in inputs.items() if query.parameters.get("path") == path), None)
    return found or Evidence(Query("linux.file_line"), gap=error(f"{path} was not asked of the host"))


def _winning(lines: Evidence, section: str, name: str) -> str | Gap | None:
    if lines.gap is not None:
        return lines.gap
    for row in lines.rows:
        if cell(row, "section") == section and cell(row, "name") == name:
            won, value = cell(row, "winning"), cell(row, "value")
            gap = first_gap(*(each for each in (won, value) if isinstance(each, Gap)))
            if gap is not None:
                return gap
            if won is True:
                return value if isinstance(value, str) else ""
    return None


def _others(names: Sequence[str], inputs: Inputs) -> list[str] | Gap:
    """Leave out names of the host itself; an address counts only where the host's own are known."""
    own = source(inputs, "linux.network_address")
    here = {str(cell(row, "address")) for row in own.rows}
    found: list[str] = []
    for name in names:
        try:
            address = ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            if name.casefold().rstrip(".") not in _HERE:
                found.append(name)
            continue
        if address.is_loopback or address.is_unspecified or str(address) in here:
            continue
        if own.gap is not None:
            return own.gap
        found.append(name)
    return found
