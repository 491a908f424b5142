"""Sample reports: a small one for goldens, a fleet of any size, and hypothesis strategies for arbitrary ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from scanner.evaluation.counting import by_owner
from scanner.model.inventory import Exclusion
from scanner.model.outcome import Outcome, Severity
from scanner.model.report import (
    CatalogueInfo,
    ControlStatus,
    Counts,
    Header,
    Notice,
    Ratio,
    Report,
    RuleInfo,
    TargetInfo,
    Verdict,
)
from scanner.model.result import Finding, Result, Waived, fingerprint
from tests.support.recovery import recovery

CIS = "cis-controls-v8.1"
UBUNTU = "cis-ubuntu-24.04-v1.0.0"


@dataclass(frozen=True)
class Streamed:
    """Results made anew on each iteration, as those read from disk are."""

    make: Callable[[], Iterator[Result]]

    def __iter__(self) -> Iterator[Result]:
        return self.make()


def tally(results: Iterable[Result], rules: Mapping[str, RuleInfo]) -> Counts:
    """Count results the way the report's counts are defined."""
    outcomes: Counter[Outcome] = Counter()
    findings: Counter[Outcome] = Counter()
    failed: Counter[Severity] = Counter()
    undecided: Counter[Severity] = Counter()
    waived = attested = 0
    for result in results:
        outcomes[result.outcome] += 1
        findings.update(finding.outcome for finding in result.findings)
        attested += bool(result.attested)
        waived += result.waived
        severity = rules[result.rule].severity
        if not result.waived:
            failed[severity] += result.outcome is Outcome.FAIL
            undecided[severity] += result.outcome.undecided
    return Counts(
        outcomes=dict(outcomes),
        waived=waived,
        attested=attested,
        failed_by_severity={key: count for key, count in failed.items() if count},
        undecided_by_severity={key: count for key, count in undecided.items() if count},
        findings=dict(findings),
    )


def finish(report: Report, results: tuple[Result, ...]) -> Report:
    """Sort results into a report and count them, as a whole and per target."""
    ordered = tuple(sorted(results, key=lambda result: (result.target, result.rule)))
    targets = {
        name: replace(info, counts=tally([r for r in ordered if r.target == name], report.rules))
        for name, info in report.targets.items()
    }
    counts = tally(ordered, report.rules)
    return replace(report, results=ordered, targets=targets, counts=counts, owners=by_owner(targets.values()))


def rule(name: str, title: str, severity: Severity, safeguard: str, number: str = "", **more: object) -> RuleInfo:
    """Give a rule for samples; `number` is its recommendation in the sample benchmark."""
    texts = {"rationale": "Shared or open access leaves no trace of who acted.", "remediation": "Set it and reload."}
    return RuleInfo(
        id=name,
        title=title,
        severity=severity,
        revision=1,
        platforms=("linux",),
        controls={CIS: (safeguard,)} | ({UBUNTU: (number,)} if number else {}),
        path=f"rules/linux/access/{name}.yaml",
        **{**texts, **more},  # type: ignore[arg-type]
    )


def finding(rule_id: str, target: str, outcome: Outcome, fact: str, key: dict[str, str], **more: object) -> Finding:
    """Give a finding with its fingerprint."""
    pairs = tuple(key.items())
    return Finding(fact, pairs, outcome, fingerprint=fingerprint(rule_id, target, fact, pairs), **more)  # type: ignore[arg-type]


RULES = {
    info.id: info
    for info in (
        rule(
            "sshd_root_login_disabled",
            "sshd refuses root logins",
            Severity.HIGH,
            "5.4",
            "5.1.20",
            remediation="Set `PermitRootLogin no` in /etc/ssh/sshd_config.d/ and reload ssh.",
            rationale="Shared root logins leave no trace of who acted.",
        ),
        rule("ufw_enabled", "The host firewall filters incoming traffic", Severity.CRITICAL, "4.4", "4.2.3"),
        rule("password_hashes_strong", "Passwords are stored with a strong hash", Severity.HIGH, "3.11", "5.4.1.4"),
        rule("world_writable_files_absent", "No file can be written by everybody", Severity.MEDIUM, "3.3", "7.1.11"),
        rule("sysrq_disabled", "The magic SysRq key is off", Severity.LOW, "4.8"),
        rule("gdm_banner_set", "The login screen shows a banner", Severity.LOW, "4.1", "1.7.2"),
        rule("time_synchronised", "The clock follows a time source", Severity.MEDIUM, "8.4", "2.3.1.1"),
        rule("partitions_separate", "/var has a filesystem of its own", Severity.LOW, "4.1", "1.1.2.4"),
        rule(
            "restore_test_documented",
            "A restore was rehearsed this year",
            Severity.MEDIUM,
            "11.5",
            manual=True,
            evidence="The dated record of a restore test, with the time it took and who watched.",
        ),
        rule(
            "security_training_held",
            "People were trained in security this year",
            Severity.LOW,
            "14.1",
            manual=True,
            evidence="List of participants with dates.",
        ),
    )
}


def _db01() -> Iterator[Result]:
    sshd = {"asked": "sshd -T -C user=root,host=db01,addr=192.0.2.1", "evidence": "linux.sshd"}
    yield Result(
        "sshd_root_login_disabled",
        "db01",
        Outcome.FAIL,
        findings=(
            finding(
                "sshd_root_login_disabled",
                "db01",
                Outcome.FAIL,
                "linux.sshd",
                {"scope": "global"},
                expected="permitrootlogin is one of no",
                found="permitrootlogin is prohibit-password",
                reason="permitrootlogin is prohibit-password, which is not one of: no",
                source="/etc/ssh/sshd_config.d/50-cloud.conf:3",
                state="unchanged",
                first_seen="2026-10-30T02:00:07Z",
                last_changed="2026-11-12T02:00:09Z",
                **sshd,
            ),
            finding(
                "sshd_root_login_disabled",
                "db01",
                Outcome.FAIL,
                "linux.sshd",
                {"scope": "Match user backup"},
                expected="permitrootlogin is one of no",
                found="permitrootlogin is yes",
                reason="permitrootlogin is yes, which is not one of: no",
                source="/etc/ssh/sshd_config:122",
                state="new",
                first_seen="2026-11-20T01:02:31Z",
                last_changed="2026-11-20T01:02:31Z",
                **sshd,
            ),
        ),
        values={"allowed": ["no"]},
        profiles=("linux-baseline",),
    )
    yield Result(
        "password_hashes_strong",
        "db01",
        Outcome.UNKNOWN,
        findings=(
            finding(
                "password_hashes_strong",
                "db01",
                Outcome.UNKNOWN,
                "linux.shadow",
                {},
                expected="hash is one of yescrypt, sha512",
                reason="/etc/shadow: permission denied",
                needs="root",
                asked="read /etc/shadow (hashes reduced to their kind)",
                evidence="linux.shadow",
                state="unassessed",
                last_seen="2026-11-19T02:00:11Z",
                first_seen="2026-11-19T02:00:11Z",
                last_changed="2026-11-19T02:00:11Z",
            ),
        ),
    )
    waived = Waived(
        "W12", "Vendor appliance writes there", "J. Doe", "2027-02-01", "Directory is on its own mount, noexec"
    )
    yield Result(
        "world_writable_files_absent",
        "db01",
        Outcome.FAIL,
        findings=(
            finding(
                "world_writable_files_absent",
                "db01",
                Outcome.FAIL,
                "linux.file",
                {"path": "/srv/agent/spool"},
                expected="no such file",
                found="mode 0777",
                reason="/srv/agent/spool can be written by everybody",
                asked="find / -xdev -type f -perm -0002",
                evidence="linux.world_writable_file",
                waived=waived,
                state="unchanged",
                first_seen="2026-09-01T02:00:04Z",
                last_changed="2026-09-01T02:00:04Z",
            ),
        ),
        passing=0,
    )
    yield Result("ufw_enabled", "db01", Outcome.PASS, passing=1)
    yield Result("sysrq_disabled", "db01", Outcome.PASS, passing=2)
    yield Result("time_synchronised", "db01", Outcome.PASS, passing=1)
    yield Result("gdm_banner_set", "db01", Outcome.NOTAPPLICABLE, "gdm3 is not installed")
    yield Result("partitions_separate", "db01", Outcome.INFORMATIONAL, "/var lies on the root filesystem")
    yield Result("restore_test_documented", "db01", Outcome.NOTCHECKED, "nobody has attested this")
    yield Result(
        "security_training_held",
        "db01",
        Outcome.PASS,
        attested="by A. Smith on 2026-11-01 until 2027-11-01",
    )


def _web01() -> Iterator[Result]:
    yield Result(
        "ufw_enabled",
        "web01",
        Outcome.FAIL,
        findings=(
            finding(
                "ufw_enabled",
                "web01",
                Outcome.FAIL,
                "linux.firewall",
                {},
                expected="state is active",
                found="state is inactive",
                reason="state is inactive, not active: ufw, nftables and firewalld are all off",
                asked="ufw status verbose; nft list ruleset",
                evidence="linux.firewall",
                state="new",
                first_seen="2026-11-20T01:02:29Z",
                last_changed="2026-11-20T01:02:29Z",
            ),
        ),
    )
    yield Result(
        "time_synchronised",
        "web01",
        Outcome.ERROR,
        findings=(
            finding(
                "time_synchronised",
                "web01",
                Outcome.ERROR,
                "linux.time",
                {},
                reason="chronyc tracking did not answer within 10 s",
                asked="chronyc -c tracking",
                evidence="linux.time",
            ),
        ),
    )
    yield Result("sshd_root_login_disabled", "web01", Outcome.PASS, passing=1)
    yield Result("sysrq_disabled", "web01", Outcome.PASS, passing=1)
    yield Result("world_writable_files_absent", "web01", Outcome.PASS)
    yield Result("password_hashes_strong", "web01", Outcome.PASS, passing=31)
    yield Result("gdm_banner_set", "web01", Outcome.NOTAPPLICABLE, "gdm3 is not installed")
    yield Result("partitions_separate", "web01", Outcome.INFORMATIONAL, "/var has a filesystem of its own")
    yield Result("restore_test_documented", "web01", Outcome.NOTCHECKED, "nobody has attested this")
    yield Result("security_training_held", "web01", Outcome.PASS, attested="by A. Smith on 2026-11-01 until 2027-11-01")


HEADER = Header(
    run_id="20261120T010203Z-7f3a",
    tool="controlproof",
    version="0.1.0",
    started="2026-11-20T01:02:03Z",
    ended="2026-11-20T01:02:44Z",
    operator="ci@runner-7",
    host="runner-7",
    scope="all targets of inventory.yaml",
    profiles=("linux-baseline",),
    rules_sha256="7d3f0c7c21b8a7d2f1f7ce0a2f6d7a7a8d1f4c5b6a79808f9e0d1c2b3a495867",
    inventory="inventory.yaml",
    inventory_sha256="0b7e6a5948372615f4e3d2c1b0a99887766554433221100ffeeddccbbaa99887",
    plan_sha256="5f4e3d2c1b0a99887766554433221100ffeeddccbbaa998870b7e6a594837261",
    baseline="20261119T020003Z-11c0",
    arguments={"profile": "linux-baseline", "fail-on": "low"},
)

TARGETS = {
    "db01": TargetInfo(
        "db01",
        "linux",
        "assessed",
        address="192.0.2.10:22",
        user="scan",
        privilege="scan",
        host_key="ED25519 SHA256:Xn5b0Tz8J8yCq6W4kVm2sRr1u9pL3aFhGd7eIoQwEtY",
        labels={"env": "prod", "owner": "ops"},
        service_class="critical",
        profiles=("linux-baseline",),
        profile_reason="named by group db",
        taken_at="2026-11-20T01:02:31Z",
        clock_offset=0.4,
        path="inventory.yaml",
        line=12,
        system="Ubuntu 24.04.1 LTS",
        evidence_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    "web01": TargetInfo(
        "web01",
        "linux",
        "assessed",
        address="192.0.2.20:22",
        user="scan",
        privilege="root",
        host_key="ED25519 SHA256:hG3eIoQwEtYXn5b0Tz8J8yCq6W4kVm2sRr1u9pL3aFd",
        profiles=("linux-baseline",),
        taken_at="2026-11-20T01:02:29Z",
        clock_offset=-31.0,
        path="inventory.yaml",
        line=14,
        system="Debian GNU/Linux 12",
        evidence_sha256="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    ),
    "web09": TargetInfo(
        "web09",
        "linux",
        "excluded",
        reason="maintenance: disks are being replaced",
        path="inventory.yaml",
        line=16,
        exclusion=Exclusion("maintenance", "disks are being replaced", "J. Doe", "2026-12-01"),
    ),
}


def _catalogues() -> tuple[CatalogueInfo, ...]:
    ig = {"groups": [1, 2, 3]}
    framework = (
        ControlStatus(
            CIS, "3.3", "Access lists follow the need to know", "not satisfied", "1 result fails, 1 waived",
            ("world_writable_files_absent",), "part", {Outcome.PASS: 1, Outcome.FAIL: 1}, 1, Ratio(1, 2), attributes=ig,
        ),
        ControlStatus(
            CIS, "3.11", "Sensitive data at rest is encrypted", "partly evaluated", "1 result is undecided",
            ("password_hashes_strong",), "part", {Outcome.PASS: 1, Outcome.UNKNOWN: 1}, 0, Ratio(1, 2),
            attributes={"groups": [2, 3]}, claimed=("compliant (db.md:112, Informal Gap Assessment)",),
        ),
        ControlStatus(
            CIS, "4.4", "Servers have a firewall", "not satisfied", "1 result fails",
            ("ufw_enabled",), "part", {Outcome.PASS: 1, Outcome.FAIL: 1}, 0, Ratio(1, 2), attributes=ig,
        ),
        ControlStatus(
            CIS, "4.8", "Services that nobody needs are off", "mapped rules pass (partial coverage)", "",
            ("sysrq_disabled",), "part", {Outcome.PASS: 2}, 0, Ratio(2, 2), attributes=ig,
        ),
        ControlStatus(
            CIS, "5.4", "Administrators have accounts of their own", "not satisfied", "1 result fails",
            ("sshd_root_login_disabled",), "part", {Outcome.PASS: 1, Outcome.FAIL: 1}, 0, Ratio(1, 2), attributes=ig,
        ),
        ControlStatus(
            CIS, "14.1", "A security awareness programme exists", "attested", "by A. Smith on 2026-11-01 until 2027-11-01",
            ("security_training_held",), "part", {Outcome.PASS: 2}, 0, Ratio(2, 2), attributes=ig,
        ),
        ControlStatus(
            CIS, "18.1", "Penetration tests follow a programme", "not evaluated", "no rule measures it",
            attributes={"groups": [2, 3]},
        ),
    )  # fmt: skip
    benchmark = (
        ControlStatus(
            UBUNTU, "4.2.3", "ufw is enabled", "not satisfied", "1 result fails", ("ufw_enabled",), "full",
            {Outcome.PASS: 1, Outcome.FAIL: 1}, 0, Ratio(1, 2), level="1",
        ),
        ControlStatus(
            UBUNTU, "5.1.20", "Root cannot log in over ssh", "not satisfied", "1 result fails",
            ("sshd_root_login_disabled",), "full", {Outcome.PASS: 1, Outcome.FAIL: 1}, 0, Ratio(1, 2), level="1",
        ),
        ControlStatus(
            UBUNTU, "1.7.2", "The login screen has a banner", "not applicable", "gdm3 is not installed",
            ("gdm_banner_set",), "full", {Outcome.NOTAPPLICABLE: 2}, 0, Ratio(0, 0), level="1",
        ),
    )  # fmt: skip
    return (
        CatalogueInfo(CIS, "CIS Controls", "framework", "8.1", "Center for Internet Security", framework),
        CatalogueInfo(
            UBUNTU,
            "CIS Ubuntu Linux 24.04 LTS Benchmark",
            "benchmark",
            "1.0.0",
            "Center for Internet Security",
            benchmark,
        ),
    )


def sample() -> Report:
    """Two assessed targets and one in maintenance, with every outcome, a waiver, attestations and a baseline; exit 1."""
    report = Report(
        header=HEADER,
        rules=RULES,
        targets=TARGETS,
        catalogues=_catalogues(),
        results=(),
        counts=Counts(),
        verdict=Verdict(
            "FAIL",
            1,
            ("2 results fail at or above low", "2 results are undecided"),
            {"fail-on": "low", "undecided-at": "low"},
        ),
        notices=(
            Notice("warning", "waiver-expired", "waiver W07 for sysrq_disabled expired on 2026-11-01", "W07", "waivers.yaml", 21),
            Notice("note", "target-excluded", "web09 is in maintenance until 2026-12-01", "web09", "inventory.yaml", 16),
        ),
        waivers=(
            {
                "id": "W12", "rule": "world_writable_files_absent", "targets": ["db01"], "resource": "/srv/agent/spool",
                "reason": "Vendor appliance writes there", "compensating": "Directory is on its own mount, noexec",
                "approver": "J. Doe", "approved": "2026-11-01", "expires": "2027-02-01", "ticket": "OPS-311",
                "used": 1, "state": "in force",
            },
            {
                "id": "W07", "rule": "sysrq_disabled", "targets": {"env": "prod"}, "resource": None,
                "reason": "Needed for kernel dumps", "approver": "J. Doe", "approved": "2025-11-01",
                "expires": "2026-11-01", "used": 0, "state": "expired",
            },
        ),
        attestations=(
            {
                "rule": "security_training_held", "scope": [], "statement": "All staff attended the yearly training.",
                "by": "A. Smith", "on": "2026-11-01", "valid_until": "2027-11-01", "attachment": "training.pdf",
                "attachment_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "state": "in force",
            },
        ),
        claims=(
            {
                "control": "cis-controls-v8.1/5.4", "title": "Administrators use accounts of their own", "called": "Admin rights",
                "status": "compliant", "source": "access.md:31", "date": "Informal Gap Assessment", "verdict": "refuted",
                "measured": "not satisfied", "reason": "", "against": ["sshd_root_login_disabled on db01"], "more": 0,
            },
            {
                "control": "iso-27001-2022/A.8.13", "title": "", "called": "Backup", "status": "planned",
                "source": "recovery.md:8", "date": "2026-05-04", "verdict": "not measurable", "measured": "",
                "reason": "no profile of this run reports its catalogue", "against": [], "more": 0,
            },
        ),
        states={"new": 2, "unchanged": 2, "unassessed": 2, "absent": 1},
        gone=(
            {
                "rule": "sysrq_disabled", "target": "db01", "resource": "kernel.sysrq", "state": "absent",
                "severity": "low", "found": "1", "selected": True, "last_seen": "2026-11-19T02:00:11Z",
                "first_seen": "2026-11-02T02:00:05Z", "last_changed": "2026-11-02T02:00:05Z", "fingerprint": "ab" * 32,
            },
            {
                "rule": "password_hashes_strong", "target": "db01", "resource": "", "state": "unassessed",
                "severity": "high", "found": "hash is md5", "selected": True, "last_seen": "2026-11-19T02:00:11Z",
                "first_seen": "2026-11-19T02:00:11Z", "last_changed": "2026-11-19T02:00:11Z", "told": True,
                "fingerprint": fingerprint("password_hashes_strong", "db01", "linux.shadow", ()),
            },
            {
                "rule": "world_writable_files_absent", "target": "web09", "resource": "/tmp/x", "state": "unassessed",
                "severity": "medium", "found": "mode 0777", "selected": True, "last_seen": "2026-11-12T02:00:09Z",
                "first_seen": "2026-10-30T02:00:07Z", "last_changed": "2026-11-05T02:00:03Z", "fingerprint": "cd" * 32,
            },
        ),
        recovery=recovery(HEADER.ended),
    )  # fmt: skip
    return finish(report, (*_db01(), *_web01()))


def unreachable() -> Report:
    """Nothing could be assessed: INCOMPLETE, exit 3."""
    reason = "192.0.2.10:22: connection refused"
    base = sample()
    results = tuple(
        Result(
            name,
            "db01",
            Outcome.ERROR,
            findings=(finding(name, "db01", Outcome.ERROR, "linux.sshd", {}, reason=reason),),
        )
        for name, info in RULES.items()
        if not info.manual
    )
    report = replace(
        base,
        header=replace(HEADER, baseline=""),
        targets={"db01": TargetInfo("db01", "linux", "unreachable", reason, path="inventory.yaml", line=12)},
        catalogues=(),
        verdict=Verdict("INCOMPLETE", 3, ("nothing was assessed",), {"fail-on": "low"}),
        notices=(Notice("error", "target-unreachable", f"db01: {reason}", "db01", "inventory.yaml", 12),),
        waivers=(),
        attestations=(),
        claims=(),
        states={},
        gone=(),
        recovery={},
    )
    return finish(report, results)


def clean() -> Report:
    """One target, everything measured and as required: PASS, exit 0."""
    base = sample()
    results = tuple(Result(name, "web01", Outcome.PASS, passing=1) for name, info in RULES.items() if not info.manual)
    report = replace(
        base,
        header=replace(HEADER, baseline=""),
        targets={"web01": TARGETS["web01"]},
        catalogues=(),
        verdict=Verdict("PASS", 0, (), {"fail-on": "low"}),
        notices=(),
        waivers=(),
        attestations=(),
        claims=(),
        states={},
        gone=(),
        recovery={},
    )
    return finish(report, results)


SAMPLES: Mapping[str, Callable[[], Report]] = {"two_targets": sample, "unreachable": unreachable, "clean": clean}


SUBJECTS = ("sshd", "pam", "audit", "kernel", "mount", "service", "package", "cron", "log", "network")
_SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_CYCLE = (
    *(Outcome.PASS,) * 11,
    *(Outcome.FAIL,) * 5,
    Outcome.UNKNOWN,
    Outcome.ERROR,
    Outcome.NOTAPPLICABLE,
    Outcome.NOTCHECKED,
)


def fleet(hosts: int, rules: int, cycle: tuple[Outcome, ...] = _CYCLE, *, alike: bool = True) -> Report:
    """A report of `hosts` × `rules` results that are made anew on each iteration, one finding each.

    Targets have five values among them for each rule, as hosts set up alike have; else each has its own.
    """
    known = {
        name: rule(
            name,
            f"{SUBJECTS[number % 10].capitalize()} setting {number} has the required value",
            _SEVERITIES[number % 5],
            f"{number % 18 + 1}.{number % 9 + 1}",
            f"{number % 7 + 1}.{number % 5 + 1}.{number}",
            remediation=f"Set option {number} in /etc/{SUBJECTS[number % 10]}.conf and reload the service.",
        )
        for number, name in ((n, f"{SUBJECTS[n % 10]}_setting_{n:04}_required") for n in range(rules))
    }
    names = sorted(known)
    targets = {
        f"host{number:04}": replace(
            TARGETS["db01"],
            id=f"host{number:04}",
            address=f"192.0.2.{number % 250}:22",
            line=number + 3,
            counts=tally(_host(f"host{number:04}", number, names, cycle, alike), known),
        )
        for number in range(hosts)
    }
    results = Streamed(
        lambda: (result for n, name in enumerate(targets) for result in _host(name, n, names, cycle, alike))
    )
    counts = tally(results, known)
    verdict = Verdict("FAIL", 1, (f"{counts.of(Outcome.FAIL)} failed results at or above low",), {"fail-on": "low"})
    base = sample()
    owners = by_owner(targets.values())
    return replace(base, rules=known, targets=targets, results=results, counts=counts, verdict=verdict, owners=owners)


def _host(target: str, number: int, names: list[str], cycle: tuple[Outcome, ...], alike: bool) -> Iterator[Result]:
    for position, name in enumerate(names):
        outcome = cycle[(position * 7 + number * 3) % len(cycle)]
        if outcome is Outcome.PASS:
            yield Result(name, target, outcome, passing=1)
        elif outcome in (Outcome.NOTAPPLICABLE, Outcome.NOTCHECKED):
            yield Result(name, target, outcome, "gdm3 is not installed" if position % 2 else "nobody has attested this")
        else:
            subject = SUBJECTS[position % 10]
            denied = outcome is Outcome.UNKNOWN
            one = finding(
                name,
                target,
                outcome,
                f"linux.{subject}",
                {"name": f"{subject}.option.{position}"},
                expected=f"value is at least {position % 9 + 1}" if outcome is Outcome.FAIL else "",
                found=f"value is {(position + number) % 5 - 4 if alike else number}" if outcome is Outcome.FAIL else "",
                reason="permission denied" if denied else f"option {position} is too low",
                needs="root" if denied else "",
                asked=f"{subject}ctl show option.{position}",
                evidence=f'linux.{subject}{{"name":"{subject}.option.{position}"}}',
                source=f"/etc/{subject}.conf:{position + 1}",
            )
            yield Result(name, target, outcome, findings=(one,))
