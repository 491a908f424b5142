"""Contiguity of PostgreSQL's WAL archives: which segments are there, and how far each base backup reaches."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SEGMENT = re.compile(r"[0-9A-F]{24}")
SIZES = tuple(2**power for power in range(20, 31))
"""Sizes that a segment may have: 1 MB to 1 GB (initdb(1), --wal-segsize)."""
MAX_GAPS = 20
"""How many gaps are told; all are counted."""
_LOG = 2**32
_HISTORY = re.compile(r"\s*(\d{1,10})\s+([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


@dataclass(frozen=True, slots=True)
class Base:
    """A base backup with the segments that it needs to become consistent; `lsn` is where it begins, if told."""

    name: str
    start: str
    stop: str
    usable: bool = True
    lsn: int | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a timeline left its parent, by a line of its history file."""

    parent: int
    lsn: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What an archive is good for."""

    segment_size: int | None = None
    """None when the names do not tell it, which then does not matter."""
    first: str = ""
    """First segment of the timeline that was archived to last."""
    newest: str = ""
    last: str = ""
    """Last segment that some usable base backup reaches without a gap; empty when none does."""
    reached_at: int | None = None
    """When that was stored, in Unix seconds."""
    base: str = ""
    """The base backup that reaches there."""
    missing: int | None = None
    """Segments missing after the oldest usable base backup; None when no base backup belongs to the timeline."""
    gaps: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    """Base backups that lack a segment between their own start and stop."""
    unsure: str = ""
    """Why nothing of this can be told; empty when it can."""


def lsn(text: object) -> int | None:
    """Give the number of a WAL location such as `0/E000028`; None when it is none."""
    found = re.fullmatch(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})", text) if isinstance(text, str) else None
    return (int(found[1], 16) << 32 | int(found[2], 16)) if found else None


def parse_history(text: str) -> tuple[Branch, ...]:
    """Read a history file: where each ancestor was left, oldest first; other lines are comments."""
    found = (_HISTORY.match(line) for line in text.splitlines()[:1000])
    return tuple(Branch(int(each[1]), int(each[2], 16) << 32 | int(each[3], 16)) for each in found if each)


@dataclass(slots=True)
class _Timeline:
    """Segments of a timeline: numbers and times side by side, sorted, and their unbroken runs."""

    numbers: array[int]
    times: array[int]
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        for number in self.numbers:
            if self.ends and number == self.ends[-1] + 1:
                self.ends[-1] = number
            else:
                self.starts.append(number)
                self.ends.append(number)

    def end(self, number: int) -> int | None:
        """Give the end of the run that a segment stands in; None when it is not there."""
        at = bisect_right(self.starts, number) - 1
        return self.ends[at] if at >= 0 and self.ends[at] >= number else None

    def time(self, number: int) -> int:
        """Give when a segment that is there was stored."""
        return self.times[bisect_left(self.numbers, number)]

    def missing(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Iterate over the ranges between two numbers, both included, that are not there."""
        expected = first
        at = max(bisect_right(self.starts, first) - 1, 0)
        while expected <= last and at < len(self.starts):
            if self.starts[at] > expected:
                yield expected, min(self.starts[at] - 1, last)
            expected = max(expected, self.ends[at] + 1)
            at += 1
        if expected <= last:
            yield expected, last


class Archive:
    """The segments of one archive, as a listing names them; later entries of one name mark it as ambiguous."""

    def __init__(self, *, ambiguous: bool = False) -> None:
        """Begin empty; with `ambiguous` a segment that is stored twice counts as missing, as the tool refuses it."""
        self._raw: dict[int, dict[int, int]] = {}
        self._twice: set[tuple[int, int]] = set()
        self._ambiguous = ambiguous

    def add(self, name: str, stored: int) -> None:
        """Take a segment (24 hexadecimal digits) with the time at which it was stored, in Unix seconds."""
        timeline, raw = int(name[:8], 16), int(name[8:], 16)
        known = self._raw.setdefault(timeline, {})
        if raw in known and self._ambiguous:
            self._twice.add((timeline, raw))
        known[raw] = stored

    def __len__(self) -> int:
        """Number of segments."""
        return sum(map(len, self._raw.values()))

    def reach(
        self,
        bases: Sequence[Base],
        histories: Mapping[int, tuple[Branch, ...] | None],
        size: int | None = None,
    ) -> Reach:
        """Tell how far the archive reaches.

        `histories` holds the history files that are there, None for one that could not be read; `size` is the size of
        a segment where the cluster tells it.
        """
        bases = [base for base in bases if SEGMENT.fullmatch(base.start) and SEGMENT.fullmatch(base.stop)]
        fitting = _sizes(self._lows(), bases, size)
        logs = {raw >> 32 for known in self._raw.values() for raw in known} | {int(b.start[8:16], 16) for b in bases}
        if not fitting:
            return Reach(unsure="the names of the segments fit no segment size")
        if len(fitting) > 1 and len(logs) > 1:
            return Reach(unsure="the size of a segment cannot be told from the archive")
        view = _View(_LOG // fitting[0], self._timelines(_LOG // fitting[0]), histories)
        return view.reach(bases, fitting[0] if len(fitting) == 1 else None)

    def _lows(self) -> int:
        return max((raw & 0xFFFFFFFF for known in self._raw.values() for raw in known), default=0)

    def _timelines(self, per_log: int) -> dict[int, _Timeline]:
        found = {}
        for timeline, known in self._raw.items():
            kept = sorted(raw for raw in known if (timeline, raw) not in self._twice)
            numbers = array("q", ((raw >> 32) * per_log + (raw & 0xFFFFFFFF) for raw in kept))
            found[timeline] = _Timeline(numbers, array("q", (known[raw] for raw in kept)))
        return found


def _sizes(low: int, bases: Iterable[Base], size: int | None) -> list[int]:
    """Give the sizes that fit all names, largest first; `low` is the highest last part of a name."""
    fitting = [each for each in reversed(SIZES) if low < _LOG // each and size in (None, each)]
    for base in bases:
        if base.lsn is not None and base.lsn >> 32 == int(base.start[8:16], 16):
            within = base.lsn & 0xFFFFFFFF
            fitting = [each for each in fitting if within // each == int(base.start[16:], 16)]
    if len(fitting) > 1 and low and low == _LOG // fitting[0] - 1:
        # Names run up to the last one of this size, and never beyond.
        return fitting[:1]
    return fitting


@dataclass(frozen=True, slots=True)
class _View:
    """An archive whose segments are numbered."""

    per_log: int
    timelines: Mapping[int, _Timeline]
    histories: Mapping[int, tuple[Branch, ...] | None]

    def number(self, name: str) -> int:
        return int(name[8:16], 16) * self.per_log + int(name[16:], 16)

    def name(self, timeline: int, number: int) -> str:
        return f"{timeline:08X}{number // self.per_log:08X}{number % self.per_log:08X}"

    def reach(self, bases: Sequence[Base], size: int | None) -> Reach:
        broken = tuple(base.name for base in bases if not self._whole(base))
        filled = {number: each for number, each in self.timelines.items() if each.numbers}
        if not filled:
            return Reach(segment_size=size, broken=broken)
        live = max(filled, key=lambda number: (max(filled[number].times), number))
        good = [base for base in bases if base.usable and base.name not in broken]
        best, at, number = "", live, None
        for base in good:
            end = self._walk(base, live)
            if number is None or self.timelines[end[0]].time(end[1]) >= self.timelines[at].time(number):
                best, (at, number) = base.name, end
        missing, gaps, unsure = self._missing([base for base in bases if base.usable], live)
        if unsure:
            return Reach(segment_size=size, broken=broken, unsure=unsure)
        return Reach(
            segment_size=size,
            first=self.name(live, filled[live].numbers[0]),
            newest=self.name(live, filled[live].numbers[-1]),
            last=self.name(at, number) if number is not None else "",
            reached_at=self.timelines[at].time(number) if number is not None else None,
            base=best,
            missing=missing,
            gaps=gaps,
            broken=broken,
        )

    def _whole(self, base: Base) -> bool:
        timeline = self.timelines.get(int(base.start[:8], 16))
        end = timeline.end(self.number(base.start)) if timeline else None
        return end is not None and base.start[:8] == base.stop[:8] and end >= self.number(base.stop)

    def _path(self, base: Base, target: int) -> list[tuple[int, int | None]] | None:
        """Give the timelines from that of the base to the target, each with the number at which it is left.

        None when the target does not descend from the base.
        """
        own = int(base.start[:8], 16)
        if own == target:
            return [(own, None)]
        branches = self.histories.get(target) or ()
        steps: list[tuple[int, int | None]] = [
            (each.parent, (each.lsn >> 32) * self.per_log + (each.lsn & 0xFFFFFFFF) * self.per_log // _LOG)
            for each in branches
        ]
        parents = [parent for parent, _ in steps]
        if own not in parents:
            return None
        steps = steps[parents.index(own) :]
        left = steps[0][1]
        return [*steps, (target, None)] if left is not None and self.number(base.stop) < left else None

    def _walk(self, base: Base, live: int) -> tuple[int, int]:
        """Give timeline and number of the last segment that a whole base backup reaches."""
        at = number = -1
        wanted = self.number(base.start)
        for timeline, left in self._path(base, live) or [(int(base.start[:8], 16), None)]:
            known = self.timelines.get(timeline)
            end = known.end(wanted) if known else None
            if left is not None and wanted >= left:
                continue
            if end is None:
                break
            at, number = timeline, end if left is None else min(end, left - 1)
            if left is None or end < left - 1:
                break
            wanted = left
        return at, number

    def _missing(self, bases: Sequence[Base], live: int) -> tuple[int | None, tuple[str, ...], str]:
        """Count what is missing between the oldest base backup and the newest segment; tells the first gaps."""
        strangers = {int(base.start[:8], 16) for base in bases} - {live}
        if strangers and live in self.histories and self.histories[live] is None:
            return None, (), f"the history of timeline {live} could not be read"
        paths = [(base, path) for base in bases if (path := self._path(base, live))]
        if strangers and not paths and live > 1 and live not in self.histories:
            return 1, (f"{live:08X}.history",), ""
        if not paths:
            return None, (), ""
        oldest, path = min(paths, key=lambda pair: self.number(pair[0].start))
        wanted, count, gaps = self.number(oldest.start), 0, list[str]()
        for timeline, left in path:
            known = self.timelines.get(timeline) or _Timeline(array("q"), array("q"))
            last = left - 1 if left is not None else max(known.numbers[-1], self.number(oldest.stop))
            for begin, end in known.missing(wanted, last):
                count += end - begin + 1
                if len(gaps) < MAX_GAPS:
                    gaps.append(f"{self.name(timeline, begin)}..{self.name(timeline, end)}")
            wanted = max(wanted, last + 1)
        return count, tuple(gaps), ""
