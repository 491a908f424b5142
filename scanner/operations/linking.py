"""Targets that run on others: judged once their host has answered, with what the host said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scanner.model.evidence import Evidence, Query, Snapshot, error, unknown
from scanner.model.plan import Plan

Hosted = Mapping[Query, Evidence]
"""What a target's host was asked for it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A target that can be judged: its snapshot, what its host said for it, and the hash of its kept evidence."""

    snapshot: Snapshot
    hosted: Hosted
    sha256: str


@dataclass(slots=True)
class Links:
    """Holds targets back until their hosts are there, and keeps of each host only what others need of it."""

    plan: Plan
    fresh: Callable[[Snapshot], Mapping[Query, Evidence]]
    """Gives a snapshot's evidence with what is too old set aside."""
    _hosts: dict[str, Hosted] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Targets of which a snapshot came, judged or held back."""
    _waiting: dict[str, list[tuple[Snapshot, str]]] = field(default_factory=dict)

    def ready(self, snapshot: Snapshot, sha256: str) -> Iterator[Ready]:
        """Take a snapshot; yield what can be judged now: it, unless its host is still out, then those waiting for it."""
        name = snapshot.target
        self.seen.add(name)
        host = self._host(name)
        if host and host not in self._hosts:
            self._waiting.setdefault(host, []).append((snapshot, sha256))
            return
        yield Ready(snapshot, self._of(name), sha256)
        guests = [each for each in self.plan.targets.values() if self._host(each.target.id) == name]
        if guests:
            have = self.fresh(snapshot)
            wanted = {query for each in guests for query in each.linked}
            self._hosts[name] = {query: have.get(query) or snapshot.get(query) for query in wanted}
            for guest, digest in self._waiting.pop(name, ()):
                yield Ready(guest, self._of(guest.target), digest)

    def _host(self, name: str) -> str:
        """Give the planned host of a target that needs one; empty when there is none."""
        plan = self.plan.targets[name]
        return plan.target.runs_on if plan.linked and plan.target.runs_on in self.plan.targets else ""

    def _of(self, name: str) -> Hosted:
        plan = self.plan.targets[name]
        if not plan.linked:
            return {}
        host = plan.target.runs_on
        if host in self._hosts:
            return {query: self._hosts[host][query] for query in plan.linked}
        gap = unknown("the inventory names no host that it runs on (add runs_on: with the host's target id)")
        if host:
            gap = error(f"its host {host} was not part of this run")
        return {query: Evidence(query, gap=gap) for query in plan.linked}
