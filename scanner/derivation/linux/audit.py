"""Joins audit rules with the events that must be recorded, and the two sides with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scanner.derivation.inputs import cell, derived, first_gap, gap_in, single, source
from scanner.derivation.linux import audit_calls
from scanner.derivation.linux.audit_events import UNSET, Event, Range, Rule, judge, rules_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

_RULE_COLUMNS = (
    "list",
    "action",
    "arch",
    "syscalls",
    "conditions",
    "comparisons",
    "path",
    "real_path",
    "directory",
    "permissions",
    "refused",
)
_EACCES = 2**32 - 13
_EPERM = 2**32 - 1


def audit_watch(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.audit_watch: recorded only when it is on each architecture whose programs the kernel runs."""
    asked = {name: str(query.parameters.get(name, "")) for name in ("path", "permissions", "events")}
    host = _Host.of(inputs)
    events = host.events(asked["events"])
    if not isinstance(events, Gap):
        path = asked["path"].rstrip("/") or "/"
        events = [replace(event, path=path, permissions=asked["permissions"]) for event in events]
    sides = host.sides(events)
    return derived(query, [{**asked, "present": _either(sides), **sides}], None, inputs, taken_at)


def audit_syscall(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.audit_syscall: one row per call and architecture that has it."""
    calls = [name for name in str(query.parameters.get("syscalls", "")).split(",") if name]
    kind, only = str(query.parameters.get("events", "")), query.parameters.get("arch")
    strange = [name for name in calls if not audit_calls.known(name)]
    host = _Host.of(inputs)
    if strange or isinstance(host.machines, Gap):
        gap = (
            host.machines
            if isinstance(host.machines, Gap)
            else error(f"{strange[0]}: not a call whose numbers are known")
        )
        return derived(query, (), gap, inputs, taken_at)
    events = host.events(kind)
    rows: list[Row] = []
    for name in calls:
        for arch, machine in host.machines.items():
            if only in (None, arch) and audit_calls.number(name, machine):
                mine = events
                if not isinstance(mine, Gap):
                    mine = [replace(event, syscall=name) for event in mine if event.arch == arch]
                rows.append({"syscall": name, "arch": arch, "events": kind, **host.sides(mine)})
    return derived(query, rows, None, inputs, taken_at)


def audit_privileged_program(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.audit_privileged_program: one row per program of the walk that runs with another's rights."""
    walks = [evidence for asked, evidence in inputs.items() if asked.fact == "linux.file_walk"]
    host = _Host.of(inputs)
    started = host.events("by_users")
    gap = first_gap(*(walk.gap for walk in walks), *(gap_in(walk.rows, ("path", "set_id_ignored")) for walk in walks))
    if len(walks) != 2:
        gap = error("linux.file_walk was not asked of the target")
    rows: dict[str, Row] = {}
    for found in (row for walk in walks for row in walk.rows):
        path = cell(found, "path")
        if isinstance(path, str) and cell(found, "set_id_ignored") is not True:
            events = started
            if not isinstance(events, Gap):
                events = [replace(event, path=path, permissions="x") for event in events]
            rows[path] = {"path": path, "mode": cell(found, "mode"), **host.sides(events)}
    return derived(query, [rows[path] for path in sorted(rows)], gap, inputs, taken_at)


def audit_sudo_log(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.audit_sudo_log: one row per file that sudo writes its log to, whoever it is written for."""
    defaults = source(inputs, "linux.sudo_default")
    paths = [cell(single(source(inputs, "linux.sudo_settings")), "logfile")]
    paths += [cell(row, "value") for row in defaults.rows if cell(row, "name") == "logfile" and _scoped(row)]
    gap = first_gap(defaults.gap, *(path for path in paths if isinstance(path, Gap)))
    host = _Host.of(inputs)
    changed = host.events("any")
    rows: list[Row] = []
    for path in sorted({path for path in paths if isinstance(path, str)}):
        events = changed
        if not isinstance(events, Gap):
            events = [replace(event, path=path, permissions="wa") for event in events]
        rows.append({"path": path, **host.sides(events)})
    return derived(query, rows, gap, inputs, taken_at)


def _scoped(row: Row) -> bool:
    """Tell whether a setting may be in force for somebody: one that is replaced or switched off is not."""
    return cell(row, "scope") != "global" and cell(row, "negated") is not True and cell(row, "winning") is not False


def audit_rule_difference(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give linux.audit_rule_difference: nothing is said of a side while the other one is not known."""
    loaded, disk = _rules(inputs, "loaded"), _rules(inputs, "disk")
    gap = first_gap(_lack(loaded), _lack(disk))
    machines = _machines(inputs)
    rows: list[Row] = []
    if gap is None and isinstance(machines, Gap):
        gap = machines
    elif gap is None and not isinstance(machines, Gap):
        forms = {side: _forms(evidence.rows, machines) for side, evidence in (("loaded", loaded), ("disk", disk))}
        for side, other in (("loaded", "disk"), ("disk", "loaded")):
            rows += [
                {"side": side, "rule": form, "written": cell(row, "rule"), "place": cell(row, "place")}
                for form, row in sorted(forms[side].items(), key=lambda pair: pair[0])
                if form not in forms[other]
            ]
    return derived(query, rows, gap, inputs, taken_at)


@dataclass(frozen=True, slots=True)
class _Host:
    """What all events are held against."""

    loaded: list[Rule] | Gap
    disk: list[Rule] | Gap
    enabled: Cell
    boot_enabled: Cell
    machines: dict[str, str] | Gap
    uid_min: Cell

    @classmethod
    def of(cls, inputs: Mapping[Query, Evidence]) -> _Host:
        loaded, disk = _rules(inputs, "loaded"), _rules(inputs, "disk")
        status = single(source(inputs, "linux.audit_status"))
        return cls(
            loaded=_lack(loaded) or rules_of(loaded.rows),
            disk=_lack(disk) or rules_of(disk.rows),
            enabled=cell(status, "enabled"),
            boot_enabled=cell(status, "boot_enabled"),
            machines=_machines(inputs),
            uid_min=cell(single(source(inputs, "linux.login_defs")), "uid_min"),
        )

    def events(self, kind: str) -> list[Event] | Gap:
        """Give the events of a kind, one for each architecture, or why they cannot be told."""
        if isinstance(self.machines, Gap):
            return self.machines
        fields: dict[str, Range] = {}
        differing: frozenset[str] = frozenset()
        if kind in ("by_users", "denied_access", "denied_permission"):
            if not isinstance(self.uid_min, int):
                return self.uid_min if isinstance(self.uid_min, Gap) else error("UID_MIN is not known")
            fields["auid"] = Range(self.uid_min, UNSET - 1)
        if kind in ("denied_access", "denied_permission"):
            code = _EACCES if kind == "denied_access" else _EPERM
            fields |= {"exit": Range(code, code), "success": Range(0, 0)}
        if kind == "as_another_user":
            fields["auid"], differing = Range(0, UNSET - 1), frozenset({"euid!=uid"})
        if kind == "real_time_clock":
            fields["a0"] = Range(0, 0)
        return [
            Event(arch, machine, arch == "b64" or "b64" not in self.machines, fields=fields, differing=differing)
            for arch, machine in self.machines.items()
        ]

    def sides(self, events: Sequence[Event] | Gap) -> dict[str, Cell]:
        """Give the cells `loaded`, `on_disk` and `suppressed_by`: recorded only when every event is."""
        if isinstance(events, Gap):
            return dict.fromkeys(("loaded", "on_disk", "suppressed_by"), events)
        loaded, hiding = _recorded(self.loaded, self.enabled, events)
        on_disk, hidden = _recorded(self.disk, self.boot_enabled, events)
        suppressed = first_gap(*(side for side in (self.loaded, self.disk) if isinstance(side, Gap)))
        return {"loaded": loaded, "on_disk": on_disk, "suppressed_by": hiding or hidden or suppressed or ABSENT}


def _recorded(rules: list[Rule] | Gap, enabled: Cell, events: Sequence[Event]) -> tuple[Cell, str]:
    if isinstance(rules, Gap):
        return rules, ""
    verdicts = [judge(rules, event) for event in events]
    hiding = next((verdict.suppressed_by for verdict in verdicts if verdict.suppressed_by), "")
    recorded = all(verdict.recorded for verdict in verdicts)
    if recorded and isinstance(enabled, Gap):
        return enabled, hiding
    return recorded and enabled != 0, hiding


def _either(sides: Mapping[str, Cell]) -> Cell:
    both = [sides["loaded"], sides["on_disk"]]
    return True if True in both else first_gap(*(one for one in both if isinstance(one, Gap))) or False


def _rules(inputs: Mapping[Query, Evidence], side: str) -> Evidence:
    wanted = Query.of("linux.audit_rule", {"source": side})
    return inputs.get(wanted) or Evidence(wanted, gap=error("linux.audit_rule was not asked of the target"))


def _lack(evidence: Evidence) -> Gap | None:
    """Give the gap of one side: a rule that is not known could leave events out."""
    return evidence.gap or gap_in(evidence.rows, _RULE_COLUMNS)


def _machines(inputs: Mapping[Query, Evidence]) -> dict[str, str] | Gap:
    architecture = cell(single(source(inputs, "linux.system")), "architecture")
    if isinstance(architecture, Gap):
        return architecture
    found = audit_calls.machines(str(architecture))
    return found or error(f"system calls of the architecture {architecture} are not known")


def _forms(rows: Sequence[Row], machines: Mapping[str, str]) -> dict[str, Row]:
    """Give each rule in a common form, one system call at a time."""
    forms: dict[str, Row] = {}
    for row in rows:
        if isinstance(row["refused"], str):
            continue
        native = "b64" if "b64" in machines else "b32"
        calls = row["syscalls"] if isinstance(row["syscalls"], list) else []
        arch = str(row["arch"]) if isinstance(row["arch"], str) else "" if calls == ["all"] else native
        for call in calls:
            words = [str(row["list"]), str(row["action"]), *([f"arch={arch}"] if arch else [])]
            words += [audit_calls.named(str(call), machines.get(arch or native, ""))]
            words += sorted({*_words(row["conditions"]), *_words(row["comparisons"])})
            words += [
                f"{name}={row[column]}"
                for name, column in (("path", "path"), ("perm", "permissions"))
                if isinstance(row[column], str)
            ]
            forms.setdefault(" ".join(words), row)
    return forms


def _words(value: Cell) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
