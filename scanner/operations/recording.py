"""Results taken as they come: waived, attested, compared, counted, rolled up, and spooled to disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.comparison.baseline import Comparison, against, unassessed
from scanner.evaluation.attest import Attestations
from scanner.evaluation.counting import Tally
from scanner.evaluation.rollup import Rollup
from scanner.evaluation.suppress import Waivers
from scanner.gate import Change
from scanner.model.inventory import Target
from scanner.model.outcome import Severity
from scanner.model.report import Counts, Report
from scanner.model.result import Result
from scanner.operations.describing import leading_frameworks
from scanner.operations.prepare import Prepared
from scanner.store import atomic
from scanner.store.evidence import snapshot_name
from scanner.store.runs import StoredResults, encode_result, join_results

SPOOL = ".results"


@dataclass(slots=True)
class Recorder:
    """Everything that a run adds up; memory holds no results."""

    prepared: Prepared
    folder: Path
    waivers: Waivers
    attestations: Attestations
    rollup: Rollup
    severities: dict[str, Severity]
    total: Tally
    comparison: Comparison | None = None
    assessed: int = 0
    """Results on targets that passed or failed, those of the estate left aside."""
    _parts: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def begin(cls, prepared: Prepared, folder: Path, baseline: Report | None) -> Recorder:
        """Set up for a run whose results go below `folder`."""
        rules, request = prepared.content.rules, prepared.request
        reported = {name: None for profile in prepared.profiles.values() for name in profile.catalogues}
        reported.update(dict.fromkeys(request.frameworks))
        catalogues = [prepared.content.catalogues[name] for name in reported]
        leading = leading_frameworks(prepared.content.catalogues.values(), reported)
        attestations = Attestations(prepared.files.attestations, rules, catalogues, request.now)
        variants: dict[str, list[tuple[str, int]]] = {}
        for profile in prepared.profiles.values():
            for name, pair in profile.variants.items():
                variants.setdefault(name, []).append(pair)
        severities = {rule.id: rule.severity for rule in rules.values()}
        shutil.rmtree(folder / SPOOL, ignore_errors=True)
        atomic.make_folder(folder / SPOOL)
        return cls(
            prepared,
            folder,
            Waivers(prepared.files.waivers, rules, prepared.inventory.targets, request.now),
            attestations,
            Rollup([*catalogues, *leading], rules, variants=variants, attestations=attestations),
            severities,
            Tally(severities),
            _compare(prepared, baseline) if baseline else None,
        )

    def add(self, name: str, target: Target, results: Iterable[Result], seen: str) -> Counts:
        """Take all results of one target, sorted by rule; give their counts. Raises ReportError as `record` does."""
        return self.record(name, target, (self.settle(result, target) for result in results), seen)

    def settle(self, result: Result, target: Target | None) -> Result:
        """Give a result as waivers and attestations leave it (target None: of the estate); once for each."""
        return self.attestations.apply(self.waivers.apply(result, target))

    def record(self, name: str, target: Target | None, settled: Iterable[Result], seen: str) -> Counts:
        """Count and store all settled results of one target (None: the estate), sorted by rule; give their counts.

        `seen` is when their evidence was taken. Raises ReportError when they cannot be written.
        """
        own = Tally(self.severities)
        path = self.folder / SPOOL / snapshot_name(name)
        with atomic.replacing(path, durable=False) as spool:
            for result in settled:
                severity = self.severities[result.rule]
                final = self.comparison.mark(result, severity, seen) if self.comparison else result
                own.add(final)
                self.rollup.add(final)
                spool.write(encode_result(final))
        self._parts[name] = path
        self.total.merge(own)
        counts = own.counts()
        if target is not None:
            self.assessed += counts.decided + counts.attested
        return counts

    def finish(self) -> tuple[StoredResults, list[dict[str, Any]], Change | None]:
        """Join the results, sorted by target; give them, what is gone since the baseline, and its weight at the gate."""
        results = join_results(self.folder, [self._parts[name] for name in sorted(self._parts)])
        shutil.rmtree(self.folder / SPOOL, ignore_errors=True)
        if self.comparison is None:
            return results, [], None
        gone = self.comparison.gone()
        return results, gone, Change(self.comparison.new_failed, unassessed(gone))


def _compare(prepared: Prepared, baseline: Report) -> Comparison:
    selection = prepared.request.selection
    renamed = {former: rule.id for rule in prepared.content.rules.values() for former in rule.formerly}
    rules = {name for profile in prepared.profiles.values() for name in profile.rules}
    ended = {
        target.id
        for target in prepared.inventory.targets
        if target.exclusion is not None and target.exclusion.state == "decommissioned"
    }
    return against(
        baseline,
        renamed,
        targets=frozenset(prepared.plan.targets) if selection.narrows_targets else None,
        rules=frozenset(rules) if selection.narrows_rules else None,
        ended=frozenset(ended),
    )
