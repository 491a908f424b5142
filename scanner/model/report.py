"""The report: everything that a reporter may need, as one finished value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.model.inventory import Exclusion
from scanner.model.outcome import Outcome, Severity
from scanner.model.result import Result


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part of a whole that is never shown without both numbers."""

    part: int
    whole: int

    def __str__(self) -> str:
        """Render as `3/4 (75.0 %)`; an empty whole has no percentage, and 100.0 % means all of it."""
        if not self.whole:
            return f"{self.part}/{self.whole}"
        percent = 100 * self.part / self.whole
        return f"{self.part}/{self.whole} ({min(percent, 99.9) if self.part < self.whole else percent:.1f} %)"


@dataclass(frozen=True, slots=True)
class Counts:
    """Results counted; made by one function for all formats."""

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    """Every outcome with its number of results; waived and attested ones are in here too."""
    waived: int = 0
    """Results whose every open finding is waived (their outcome stays fail, unknown or error)."""
    attested: int = 0
    """Results of manual rules answered by an attestation (their outcome is pass)."""
    failed_by_severity: Mapping[Severity, int] = field(default_factory=dict)
    """Unwaived fails."""
    undecided_by_severity: Mapping[Severity, int] = field(default_factory=dict)
    """Unwaived unknowns and errors."""
    findings: Mapping[Outcome, int] = field(default_factory=dict)

    def of(self, outcome: Outcome) -> int:
        """Number of results with that outcome."""
        return self.outcomes.get(outcome, 0)

    @property
    def total(self) -> int:
        """Number of results."""
        return sum(self.outcomes.values())

    @property
    def decided(self) -> int:
        """Results that passed or failed by measurement (attested ones are not measured)."""
        return self.of(Outcome.PASS) - self.attested + self.of(Outcome.FAIL)

    @property
    def applicable(self) -> int:
        """Decided and undecided results."""
        return self.decided + self.of(Outcome.UNKNOWN) + self.of(Outcome.ERROR)

    @property
    def coverage(self) -> Ratio:
        """Decided over applicable results."""
        return Ratio(self.decided, self.applicable)

    @property
    def pass_rate(self) -> Ratio:
        """Passes over passes, fails, errors and unknowns; waived never counts as pass."""
        return Ratio(self.of(Outcome.PASS) - self.attested, self.applicable)


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What reports show of a rule."""

    id: str
    title: str
    severity: Severity
    revision: int
    rationale: str
    remediation: str
    platforms: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]
    """Catalogue > numbers, benchmark numbers included."""
    manual: bool = False
    evidence: str = ""
    path: str = ""
    """Relative path of the rule file, `rules/…`."""
    line: int = 1
    formerly: tuple[str, ...] = ()
    supports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Catalogue > numbers that the rule's controls lead to by one crosswalk; such a control is not judged by the rule."""


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """What reports show of a target."""

    id: str
    platform: str
    state: str
    """`assessed`, `unreachable`, `excluded`, `not selected`."""
    reason: str = ""
    address: str = ""
    user: str = ""
    privilege: str = ""
    host_key: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    service_class: str = ""
    profiles: tuple[str, ...] = ()
    profile_reason: str = ""
    fits: bool = True
    """False when every profile named for it is for other systems, so that no rule was judged."""
    assumed: str = ""
    """Why its profiles do not fit the system that was found, where they were judged all the same."""
    taken_at: str = ""
    clock_offset: float | None = None
    path: str = ""
    line: int = 0
    system: str = ""
    """Such as `Ubuntu 24.04.1 LTS`."""
    counts: Counts = field(default_factory=Counts)
    evidence_sha256: str = ""
    exclusion: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class OwnerInfo:
    """What became of the targets of one owner; an empty name stands for targets without the label."""

    owner: str
    targets: int
    assessed: int
    """How many of them were reached and judged."""
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class ControlStatus:
    """A control of a reported catalogue, rolled up over all targets."""

    catalogue: str
    id: str
    title: str
    determination: str
    """satisfied, not satisfied, mapped rules pass (partial coverage), partly evaluated, attested,
    not evaluated, not applicable."""
    reason: str = ""
    rules: tuple[str, ...] = ()
    covers: str = ""
    """`full` or `part`; empty without rules."""
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    waived: int = 0
    targets_passing: Ratio = Ratio(0, 0)
    supported_by: tuple[str, ...] = ()
    """Controls of other catalogues (`catalogue/number`) that lead here by a crosswalk."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    level: str = ""
    claimed: tuple[str, ...] = ()
    """What documents declare about the control, such as `compliant (db.md:112, Informal Gap Assessment)`."""


@dataclass(frozen=True, slots=True)
class CatalogueInfo:
    """A catalogue that the report covers."""

    id: str
    title: str
    kind: str
    version: str
    publisher: str
    controls: tuple[ControlStatus, ...] = ()
    crosswalks: Mapping[str, str] = field(default_factory=dict)
    """Catalogue whose controls lead here > where these mappings come from, such as `own: our reading (2026-11)`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the run itself: an expired or unused waiver, an unreachable target, a lowered gate."""

    level: str
    """`error`, `warning` or `note`."""
    code: str
    """Stable word such as `waiver-expired`, `waiver-unused`, `target-unreachable`, `gate-lowered`."""
    text: str
    subject: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate decided: the word, the exit code and its reasons."""

    word: str
    """PASS, FAIL, UNDECIDED or INCOMPLETE."""
    exit_code: int
    reasons: tuple[str, ...] = ()
    gate: Mapping[str, str] = field(default_factory=dict)
    """Thresholds in force, named as the flags: `fail-on: low` …"""


@dataclass(frozen=True, slots=True)
class Header:
    """Identity of a run; times RFC 3339 in UTC."""

    run_id: str
    tool: str
    version: str
    started: str
    ended: str
    operator: str = ""
    host: str = ""
    scope: str = ""
    profiles: tuple[str, ...] = ()
    rules_sha256: str = ""
    inventory: str = ""
    inventory_sha256: str = ""
    plan_sha256: str = ""
    baseline: str = ""
    """Run id compared with; empty without."""
    interrupted: str = ""
    """Why the run ended early; empty when it ran to its end."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    policy_ref: str = ""
    """Git ref that rules, profiles, waivers and the baseline were taken from; empty when from where they lie."""
    policy_commit: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run. `results` may be read from disk each time it is iterated: sorted by target, then rule."""

    header: Header
    rules: Mapping[str, RuleInfo]
    targets: Mapping[str, TargetInfo]
    catalogues: tuple[CatalogueInfo, ...]
    results: Iterable[Result]
    counts: Counts
    verdict: Verdict
    notices: tuple[Notice, ...] = ()
    waivers: tuple[Mapping[str, Any], ...] = ()
    """The waiver register: the file's fields plus `used` (number of findings) and `state`."""
    attestations: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()
    """What documents declare, beside what was measured: `control title called system status source date verdict
    measured reason against more`."""
    states: Mapping[str, int] = field(default_factory=dict)
    """Baseline state > number of findings; empty without a baseline."""
    gone: tuple[Mapping[str, Any], ...] = ()
    """Findings of the baseline that are absent now, or not assessed now (`state`: absent, unassessed); reports read
    `rule`, `target`, `resource`, `severity`, `found`, `last_seen`, `first_seen`, `last_changed`, `fingerprint` of each,
    `selected` (False where the run was not asked for it) and `told` (True where an undecided finding says so too)."""
    owners: tuple[OwnerInfo, ...] = ()
    """Results by the label `owner` of their target, sorted by owner; empty where no target has one."""
    recovery: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Fact about the estate's recovery > its rows in plain values: None for absent, `{"gap": reason}` for not known."""
