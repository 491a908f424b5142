"""Reads what remotes told, and compares each with the primary one, reference by reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.git.script import MOST_REMOTES
from scanner.collection.git.values import clean, denied, moment
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error, unknown

_REF = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(refs/(?:heads|tags)/.+)")
_DATED = re.compile(r"(tip|point|oldest) ([0-9a-f]{40,64}) (\d{1,12})")
_SCHEMES = {"https": "https", "ssh": "ssh", "git+ssh": "ssh", "http": "http", "git": "git", "file": "file"}
_SHOWN = 100
_REFUSED = re.compile(
    r"permission denied|authentication failed|could not read (username|password)|access denied|403|401"
)
_NEEDS = "read access to the remote for the account that git runs as"


@dataclass(slots=True)
class Remote:
    """What one remote told, and what the clone knows of the commits there."""

    name: str
    url: str = ""
    status: int | None = None
    """Exit status of the listing; None where it was cut."""
    refs: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """Tips of branches that the clone has too."""
    ahead: int | None = None
    """Commits of the clone that the known tips do not reach; None where they were not counted."""
    dated: dict[str, dict[str, int]] = field(default_factory=lambda: {"tip": {}, "point": {}, "oldest": {}})
    """Kind > commit > its time in seconds."""

    @property
    def gap(self) -> Gap | None:
        """Why its references are not known; None when they are."""
        if self.status == 0:
            return None
        if self.status is None:
            return error(f"remote {self.name}: its references were not told to the end")
        if self.status == 124:
            return error(f"remote {self.name}: it did not answer in time")
        said = clean(" ".join(self.said), 300)
        reason = f"remote {self.name}: it cannot be read (exit status {self.status}{': ' + said if said else ''})"
        return unknown(reason, _NEEDS) if _REFUSED.search(said.lower()) or denied(said) else error(reason)

    @property
    def tips(self) -> set[str]:
        """Commits that its branches point to."""
        return {commit for name, commit in self.refs.items() if name.startswith("refs/heads/")}

    @property
    def behind(self) -> bool:
        """True when it has branches whose newest commits the clone has not fetched."""
        return bool(self.tips - self.known)


def read(output: Output) -> tuple[list[Remote], Gap | None]:
    """Take the probe's output apart; the gap tells why not all remotes are in it."""
    remotes: list[Remote] = []
    total = 0
    for line in output.lines:
        word, _, rest = line.partition(" ")
        # What a remote itself says has a mark before it, so that it cannot speak for another.
        if line.startswith("|") and remotes:
            _listed(remotes[-1], line[1:])
        elif word == "total" and not remotes:
            total = int(rest) if re.fullmatch(r"\d{1,6}", rest) else 0
        elif word == "remote":
            remotes.append(Remote(clean(rest, 200)))
        elif remotes:
            _take(remotes[-1], line, word, rest)
    lost = output.gap
    if lost is None and total > MOST_REMOTES:
        lost = error(f"there are {total} remotes, of which the first {MOST_REMOTES} were asked (name some as remotes:)")
    if lost is None and len(remotes) < total:
        lost = error("not all remotes were told")
    return remotes, lost


def _listed(remote: Remote, line: str) -> None:
    """Take a line of the listing; its exit status is the last one, and what follows it takes that back."""
    reference, status = _REF.fullmatch(line), re.fullmatch(r"rc (\d{1,3})", line)
    remote.status = int(status[1]) if status else None
    if reference is not None:
        remote.refs[clean(reference[2], 500)] = reference[1]
    elif status is None and len(remote.said) < 10:
        remote.said.append(line)


def _take(remote: Remote, line: str, word: str, rest: str) -> None:
    dated = _DATED.fullmatch(line)
    if word == "url" and not remote.url:
        remote.url = clean(rest, 500)
    elif dated is not None:
        remote.dated[dated[1]][dated[2]] = int(dated[3])
    elif word == "known":
        remote.known.add(rest)
    elif word == "ahead" and re.fullmatch(r"\d{1,12}", rest):
        remote.ahead = int(rest)


def primary(remotes: Sequence[Remote], named: Sequence[str]) -> Remote | None:
    """Give the remote that others are compared with."""
    wanted = [*named[:1], "origin"]
    return next((each for name in wanted for each in remotes if each.name == name), remotes[0] if remotes else None)


def row(remote: Remote, first: Remote | None) -> Row:
    """Make the row of a remote."""
    is_first = remote is first
    gap = remote.gap
    compared = _compared(remote, first)
    return {
        "remote": remote.name,
        "primary": is_first,
        "url": remote.url or error("its address was not told"),
        "transport": _transport(remote.url),
        "reachable": gap if gap is not None and gap.needs else gap is None,
        "refs": gap or len(remote.refs),
        **compared,
        "newest_commit": gap or _newest(remote),
    }


def _transport(url: str) -> str:
    if "::" in url:
        return "other"
    scheme, found, _ = url.partition("://")
    if found:
        return _SCHEMES.get(scheme.lower(), "other")
    host, colon, _ = url.partition(":")
    return "ssh" if colon and "/" not in host else "file"


def _compared(remote: Remote, first: Remote | None) -> Mapping[str, Cell]:
    gap = remote.gap or (first.gap if first else None)
    if gap is not None or first is None:
        lost = gap or error("there is no remote to compare with")
        return dict.fromkeys(("missing", "different", "extra", "in_sync"), lost)
    missing = sorted(name for name in first.refs if name not in remote.refs)
    different = sorted(name for name, commit in first.refs.items() if remote.refs.get(name, commit) != commit)
    extra = sorted(name for name in remote.refs if name not in first.refs)
    return {
        "missing": missing[:_SHOWN],
        "different": different[:_SHOWN],
        "extra": extra[:_SHOWN],
        # Two empty repositories hold the same, and nothing is kept twice.
        "in_sync": not missing and not different and bool(first.refs),
    }


def _newest(remote: Remote) -> Cell:
    if not remote.tips:
        return ABSENT
    if remote.behind:
        return error(f"remote {remote.name}: the clone has not fetched its newest commits (run git fetch there)")
    times = [seconds for commit, seconds in remote.dated["tip"].items() if commit in remote.tips]
    if len(times) < len(remote.tips):
        return error(f"remote {remote.name}: times of its newest commits were not told")
    return moment(max(times))
