"""Derives of which events in an account somebody is told: from the trail to its filters, alarms and subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scanner.derivation.aws.filter_patterns import Event, Matcher, UnreadableError, matcher
from scanner.derivation.aws.watched import EVENTS
from scanner.derivation.inputs import cell, derived, first_gap, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

_TRAIL = ("log_group", "multi_region", "logging", "management_reads", "management_writes")


@dataclass(frozen=True, slots=True)
class _Way:
    """A filter whose metric leads to somebody who is told."""

    matches: Matcher
    alarm: str
    events: int


@dataclass(slots=True)
class _Known:
    """The ways there are, and why there may be more."""

    ways: list[_Way] = field(default_factory=list)
    doubts: list[Gap] = field(default_factory=list)

    def doubt(self, *cells: Cell) -> bool:
        """Note the gaps among these cells; True when there is one."""
        found = [each for each in cells if isinstance(each, Gap)]
        self.doubts += found
        return bool(found)


def watched_event(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give `aws.watched_event`: a row for each subject, whatever there is in the account.

    That events are watched is known from the ways that are known; that they are not is only known where nothing
    is hidden: neither a trail nor a filter, an alarm, a topic, nor a pattern that cannot be read.
    """
    trails, filters, alarms, topics = (
        source(inputs, f"aws.{name}") for name in ("cloudtrail", "trail_filter", "trail_alarm", "trail_topic")
    )
    known = _Known(doubts=[each.gap for each in (trails, filters, alarms, topics) if each.gap is not None])
    groups = _groups(trails.rows, known)
    told = {row["arn"]: cell(row, "confirmed") for row in topics.rows}
    ringing = [row for row in alarms.rows if _rings(row, told, known)]
    for row in filters.rows:
        if row["arn"] in groups:
            _follow(row, ringing, known)
    rows = [_row(subject, events, known) for subject, events in EVENTS.items()]
    return derived(query, rows, None, inputs, taken_at)


def _groups(trails: Iterable[Row], known: _Known) -> set[str]:
    """Give the log groups that get all calls of all regions: of trails that record them now."""
    groups = set()
    for row in trails:
        cells = {name: cell(row, name) for name in _TRAIL}
        if all(cells[name] is True for name in _TRAIL[1:]) and isinstance(cells["log_group"], str):
            groups.add(cells["log_group"].removesuffix(":*"))
        elif not any(each is False or each is ABSENT for each in cells.values()):
            known.doubt(*cells.values())
    return groups


def _rings(alarm: Row, told: Mapping[Cell, Cell], known: _Known) -> bool:
    """Tell whether somebody is told when an alarm rings."""
    on, topics, events = cell(alarm, "on"), cell(alarm, "topics"), cell(alarm, "events")
    if on is False or events is ABSENT or topics == []:
        return False
    if known.doubt(on, topics, events) or not isinstance(topics, list):
        return False
    reached = [told.get(topic, error(f"who is subscribed to {topic} is not known")) for topic in topics]
    if any(isinstance(each, int) and each > 0 for each in reached):
        return True
    known.doubt(*reached)
    return False


def _follow(row: Row, ringing: Iterable[Row], known: _Known) -> None:
    """Follow a filter to the alarms on its metric; what cannot be read as covering leads nowhere."""
    metric = tuple(cell(row, name) for name in ("region", "namespace", "metric"))
    plain, value, pattern = cell(row, "plain"), cell(row, "value"), cell(row, "pattern")
    alarms = [each for each in ringing if tuple(cell(each, n) for n in ("region", "namespace", "metric")) == metric]
    if not alarms or plain is False or known.doubt(plain, value, pattern):
        return
    if value != "1" or not isinstance(pattern, str):
        known.doubts.append(
            error(f"filter {row['name']}: an event adds {value}, which is not read here (let it add 1)")
        )
        return
    try:
        matches = matcher(pattern)
    except UnreadableError as odd:
        known.doubts.append(error(f"filter {row['name']}: the pattern cannot be read: {odd}"))
        return
    for each in alarms:
        events = each["events"]
        assert isinstance(events, int)
        known.ways.append(_Way(matches, str(each["name"]), events))


def _row(subject: str, events: Mapping[str, Event], known: _Known) -> Row:
    taken = {name: [way for way in known.ways if way.matches(event) is True] for name, event in events.items()}
    missing = [name for name, ways in taken.items() if not ways]
    doubt = first_gap(*known.doubts)
    needed = [min(way.events for way in ways) for ways in taken.values() if ways]
    alarms = sorted({way.alarm for ways in taken.values() for way in ways})
    if missing and doubt is not None:
        return {"subject": subject, "watched": doubt, "missing": doubt, "events": doubt, "alarms": alarms or doubt}
    return {
        "subject": subject,
        "watched": not missing,
        "missing": missing,
        "events": ABSENT if missing else max(needed),
        "alarms": alarms,
    }
