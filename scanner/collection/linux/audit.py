"""Collects audit rules and the state of the audit system: auditctl(8), and the files that it is given at boot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.linux.audit_line import Line, Rule, parse
from scanner.collection.linux.audit_replay import Loaded, Outcome, Written, merged, replay, without_comments
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, Files, State, read_files, unreadable
from scanner.collection.linux.text import tail
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.audit_rule", "linux.audit_status")

_PROBE = "linux.audit"
_DIRECTORY = "/etc/audit/rules.d"
_COMPILED = "/etc/audit/audit.rules"
_UNSUPPORTED = "audit support not in kernel"
_NUMBERS = ("enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog")

# `s` and `l` lines are what auditctl says of state and rules, each ended by its exit status; `b` lines what starts at
# boot; then the files. `w` lines tell of each path that a rule watches what it is: d a directory, f another file,
# n nothing that can be watched; then its real path.
_SCRIPT = (
    r"""
if command -v auditctl >/dev/null; then
  { auditctl -s 2>&1; echo "= $?"; } | sed 's/^/s /'
  loaded=$(auditctl -l 2>&1; echo "= $?")
  printf '%s\n' "$loaded" | sed 's/^/l /'
else
  loaded=
  echo 't none'
fi
if [ -d /run/systemd/system ]; then
  systemctl show --no-pager --property=ExecStart,ExecStartPost -- auditd.service audit-rules.service | sed -n 's/^Exec/b Exec/p'
fi
"""
    + SHOW
    + r"""
files() {
  show @compiled@
  if [ -d @directory@ ] && [ -r @directory@ ] && [ -x @directory@ ]; then
    echo 'r yes'
    for name in $(ls -1v @directory@ | grep '\.rules$'); do
      show "@directory@/$name"
    done
  else
    show @directory@
  fi
}
disk=$(files)
printf '%s\n' "$disk"
newline='
'
set -f
IFS=$newline
for path in $(printf '%s\n%s\n' "$loaded" "$disk" | awk '
  function watched(path) {
    sub(/\/+$/, "", path)
    if (path ~ /^\// && !(path in seen) && ++count <= 2000) { seen[path] = 1; print path }
  }
  {
    for (i = 1; i <= NF; i++) {
      if ($i ~ /^-[wW]$/) watched($(i + 1))
      else if ($i ~ /^-[wW]\//) watched(substr($i, 3))
      else if (match($i, /^(-F)?(path|dir)=/)) watched(substr($i, RLENGTH + 1))
    }
  }'); do
  kind=f real=
  if [ -d "$path" ]; then
    kind=d
    real=$(cd -P -- "$path" && pwd -P)
  else
    above=${path%/*}
    real=$(cd -P -- "${above:-/}" && pwd -P) || kind=n
    real=${real%/}/${path##*/}
  fi
  printf 'w %s %s\t%s\n' "$kind" "$path" "$real"
done
echo 'e end'
"""
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe."""
    script = _SCRIPT.replace("@compiled@", _COMPILED).replace("@directory@", _DIRECTORY)
    return [Probe(_PROBE, script.strip(), timeout=20, limit=2**20, cost=2)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: each side has a gap of its own, and what one of them lacks does not touch the other."""
    said = _Said.of(output_of(outputs, _PROBE), session)
    loaded, disk = _loaded(said), _disk(said, session)
    answers = []
    for query in queries:
        rows: Sequence[Row]
        if query.fact == "linux.audit_status":
            rows, gap, asked = [_status(said, disk)], said.lost, f"auditctl -s; cat {_DIRECTORY}/*.rules"
        elif query.parameters.get("source") == "loaded":
            rows, gap, asked = loaded.rows, loaded.gap, "auditctl -l"
        elif query.parameters.get("source") == "disk":
            rows, gap, asked = disk.rows, disk.gap, f"cat {_DIRECTORY}/*.rules"
        else:
            rows, gap, asked = [], error("rules are either loaded or on disk"), ""
        # Without an answer there is no row of a fact that has exactly one.
        rows = [] if query.fact == "linux.audit_status" and gap is not None else rows
        answers.append(Evidence(query, tuple(rows), gap, session.provenance(asked)))
    return answers


@dataclass(frozen=True, slots=True)
class _Said:
    """The output taken apart. `state` and `rules` are auditctl's lines, None where it is not installed."""

    lost: Gap | None
    state: list[str] | Gap | None
    rules: list[str] | Gap | None
    starts: list[str]
    merges: bool
    """True when the directory of rules could be listed."""
    files: Files
    watched: dict[str, tuple[str, str]]
    """Watched path > its kind (`d`, `f`, `n`) and its real path."""

    @classmethod
    def of(cls, output: Output, session: Session) -> _Said:
        files = read_files(output.stdout)
        others = files.others
        lost = output.gap or (None if "e end" in others else output.failure("the probe did not run to its end"))
        watched = {}
        for line in others:
            match = re.fullmatch(r"w ([dfn]) ([^\t]*)\t(.*)", line)
            if match:
                watched[match.group(2)] = (match.group(1), match.group(3))
        installed = "t none" not in others
        return cls(
            lost=lost,
            state=_told(others, "s ", session) if installed else None,
            rules=_told(others, "l ", session) if installed else None,
            starts=[line[2:] for line in others if line.startswith("b ")],
            merges="r yes" in others,
            files=files,
            watched=watched,
        )

    def real(self, path: str) -> tuple[str, bool]:
        """Give where the kernel finds a watched path, and whether it is a directory."""
        kind, real = self.watched.get(path, ("f", path))
        return (real or path, kind == "d")


@dataclass(frozen=True, slots=True)
class _Side:
    rows: list[Row]
    gap: Gap | None
    enabled: int | None = None
    loader: str = ""


def _told(others: Sequence[str], mark: str, session: Session) -> list[str] | Gap:
    """Give the lines that auditctl printed, or why it failed; a kernel without auditing holds no rules."""
    lines = [line[2:] for line in others if line.startswith(mark)]
    if not lines or not lines[-1].startswith("= "):
        return error("auditctl did not answer")
    told, status = lines[:-1], lines[-1][2:]
    if status == "0":
        return told
    said = tail(" ".join(told), 160)
    if _UNSUPPORTED in said:
        return ["No rules"] if mark == "l " else ["enabled 0"]
    if not session.root:
        return unknown("auditctl shows its rules to root only", needs="root")
    if "Operation not permitted" in said:
        return unknown("the kernel does not show its audit system even to root there, as in a container")
    return error(f"auditctl failed (exit status {status}: {said})")


def _loaded(said: _Said) -> _Side:
    if said.lost is not None or isinstance(said.rules, Gap):
        return _Side([], said.lost or (said.rules if isinstance(said.rules, Gap) else None))
    rows: list[Row] = []
    gap: Gap | None = None
    for text in said.rules or ():
        if text == "No rules":
            continue
        parsed = parse(text)
        if isinstance(parsed, Line) and parsed.rule is not None and parsed.verb == "append":
            rows.append(_row("loaded", len(rows) + 1, Loaded(parsed.rule, Written(text, "")), said))
        else:
            gap = gap or error(f"auditctl lists a rule that is not understood: {tail(text, 160)}")
    return _Side(rows, gap)


def _disk(said: _Said, session: Session) -> _Side:
    if said.lost is not None:
        return _Side([], said.lost)
    loader = _loader(said.starts)
    if loader == "none":
        return _Side([], None, loader=loader)
    lines, gap = _lines(said, session, loader)
    orphans = {
        path: "the directory of the watched file does not exist"
        for path, (kind, _) in said.watched.items()
        if kind == "n"
    }
    outcome: Outcome = replay(without_comments(lines), orphans)
    rows = [_row("disk", order, one, said) for order, one in enumerate([*outcome.rules, *outcome.refused], 1)]
    return _Side(rows, gap, outcome.enabled, loader)


def _loader(starts: Sequence[str]) -> str:
    """Give what loads the rules at boot; where systemd does not tell it is taken to be augenrules, as packaged."""
    text = "\n".join(starts)
    if not text or re.search(r"augenrules\b[^\n]*--load", text):
        return "augenrules"
    match = re.search(r"auditctl -R (\S+)", text)
    return match.group(1) if match else "none"


def _lines(said: _Said, session: Session, loader: str) -> tuple[list[Written], Gap | None]:
    """Give the lines that are loaded at boot in their order, and the gap for files that could not be read."""
    if loader != "augenrules" and loader != _COMPILED:
        return [], error(f"rules are loaded from {loader}, which was not read")
    directory = said.files.get(_DIRECTORY).state
    names = [file.path for file in said.files.files if file.path.startswith(_DIRECTORY + "/")]
    if loader == "augenrules" and not said.merges and directory is not State.MISSING:
        return [], unreadable(_DIRECTORY, session)
    several = loader == "augenrules" and said.merges
    wanted = names if several else [_COMPILED]
    lines: list[Written] = []
    for path in wanted:
        file = said.files.get(path)
        if file.state is State.UNREADABLE:
            return [], unreadable(path, session)
        lines += [Written(text, f"{path}:{number}") for number, text in enumerate(file.lines, 1)]
    return (merged(without_comments(lines)) if several else lines), None


def _row(source: str, order: int, one: Loaded, said: _Said) -> Row:
    rule: Rule = one.rule
    real, directory = said.real(rule.path)
    watching = bool(rule.path)
    return {
        "source": source,
        "order": order,
        "rule": one.written.text.strip(),
        "place": one.written.place or ABSENT,
        "refused": one.refused or ABSENT,
        "list": rule.kernel_list,
        "action": rule.action,
        "arch": rule.arch or ABSENT,
        "syscalls": list(rule.syscalls),
        "conditions": list(rule.conditions),
        "comparisons": list(rule.comparisons),
        "path": rule.path if watching else ABSENT,
        "real_path": real if watching else ABSENT,
        "directory": directory and not rule.exact if watching else ABSENT,
        "permissions": rule.permissions or ABSENT,
        "keys": list(rule.keys),
    }


def _status(said: _Said, disk: _Side) -> Row:
    cells: dict[str, Cell] = dict.fromkeys(_NUMBERS, ABSENT)
    if isinstance(said.state, Gap):
        cells = dict.fromkeys(_NUMBERS, said.state)
    elif said.state is not None:
        told = dict(line.split(" ", 1) for line in said.state if " " in line)
        off = told == {"enabled": "0"}
        for name in _NUMBERS:
            value = told.get(name, "")
            known = re.fullmatch(r"[0-9]{1,18}", value) is not None
            cells[name] = int(value) if known else ABSENT if off else error(f"auditctl does not tell {name}")
    return {
        "installed": said.state is not None,
        **cells,
        "boot_enabled": disk.gap or (ABSENT if disk.enabled is None else disk.enabled),
        "loader": disk.loader or disk.gap or ABSENT,
    }
