"""Walks Alertmanager's tree of routes with labels that are only partly known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.derivation.inputs import cell
from scanner.derivation.monitoring.matching import Labels, fits
from scanner.model.evidence import Gap, Row


@dataclass(frozen=True, slots=True)
class Ends:
    """Where alerts may end."""

    surely: bool
    """True when whatever the unknown labels are, somebody is told."""
    possibly: bool
    """True when somebody is told for some of them."""
    routes: tuple[Row, ...]
    """Routes that alerts may end in."""


@dataclass(slots=True)
class _Tree:
    labels: Labels
    branches: Mapping[str, Sequence[Row]]
    ends: dict[str, Row] = field(default_factory=dict)

    def told(self, route: Row, *, best: bool) -> bool:
        """Tell whether somebody is told of an alert that fits this route, at the best or at the worst."""
        states, results = {(False, False)}, set()
        for branch in self.branches.get(str(route["route"]), ()):
            if not states:
                break
            fitting = self._fits(branch)
            if fitting is not False:
                below = self.told(branch, best=best)
                reached = {(True, got or below) for _, got in states}
                # Whether it goes on is certain: it stands in the configuration.
                if branch.get("goes_on") is True:
                    states = reached | (states if fitting is None else set())
                else:
                    results |= {got for _, got in reached}
                    states = states if fitting is None else set()
        for fitted, got in states:
            if not fitted:
                self.ends[str(route["route"])] = route
            results.add(got if fitted else self._delivers(route, best=best))
        return max(results) if best else min(results)

    def _fits(self, branch: Row) -> bool | None:
        matchers = cell(branch, "matchers")
        return fits([str(each) for each in matchers], self.labels) if isinstance(matchers, list) else None

    @staticmethod
    def _delivers(route: Row, *, best: bool) -> bool:
        integrations = cell(route, "integrations")
        if isinstance(integrations, Gap) or not isinstance(integrations, int):
            return best
        return integrations > 0


def ends(routes: Sequence[Row], labels: Labels) -> Ends:
    """Follow alerts with these labels from the root of the tree; nobody is told where there is no root."""
    branches: dict[str, list[Row]] = {}
    root: Row | None = None
    for route in routes:
        above, _, _ = str(route["route"]).rpartition(".")
        if above:
            branches.setdefault(above, []).append(route)
        else:
            root = route
    if root is None:
        return Ends(False, False, ())
    tree = _Tree(labels, branches)
    surely, possibly = tree.told(root, best=False), tree.told(root, best=True)
    return Ends(surely, possibly, tuple(tree.ends.values()))
