"""Collects systemd units: one `systemctl show` where systemd runs, unit files where it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux import unitfiles
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import quoted
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.unit",)

_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|target|mount|automount|path|swap|slice|scope|device)")
_PROPERTIES = (
    "Id,Names,LoadState,ActiveState,UnitFileState,FragmentPath,TriggeredBy,WantedBy,RequiredBy,UpheldBy,BoundBy"
)
_PULLS = ("WantedBy", "RequiredBy", "UpheldBy", "BoundBy")
_ENABLED = frozenset({"enabled", "enabled-runtime", "alias"})
_ACTIVE = frozenset({"active", "reloading", "refreshing", "activating"})

# Below the separator: the state of whatever wants or triggers one of the units, to tell which of them are started.
_SHOW = r"""
blocks=$(systemctl show --no-pager --property=%s -- "$@") || exit 1
printf '%%s\n' "$blocks"
echo '--'
set -f
# shellcheck disable=SC2046 # names of units are split into words
set -- $(printf '%%s\n' "$blocks" | sed -n 's/^\(WantedBy\|RequiredBy\|UpheldBy\|BoundBy\|TriggeredBy\)=//p' | tr ' ' '\n' | sort -u)
[ "$#" -eq 0 ] || systemctl show --no-pager --property=Id,ActiveState,UnitFileState -- "$@"
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; it asks systemd when it runs, else the files that systemd would read."""
    names = sorted({name for name in map(_name, queries) if _UNIT.fullmatch(name)})
    if not names:
        return []
    # Without a name systemctl would show itself, and a template among the names would fail the whole call.
    asked = [name for name in names if not _template(name)]
    ask = f"{_words(asked)}\n{(_SHOW % _PROPERTIES).strip()}" if asked else ":"
    files = sorted({*names, *(unitfiles.template_of(name) for name in names)} - {""})
    script = f"""
if [ -d /run/systemd/system ]; then
echo running
{ask}
else
echo offline
{_words(files)}
{unitfiles.SCRIPT}
fi
"""
    return [Probe("linux.unit", script, timeout=30, cost=2)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per query; without a running systemd what is active is unknown."""
    output = output_of(outputs, "linux.unit")
    lines = output.lines
    running = lines[:1] == ["running"]
    lost = _lost(output, lines, session)
    rows: Mapping[str, Row] = {}
    if not lost:
        names = [_name(query) for query in queries]
        rows = _shown(lines[1:], names) if running else unitfiles.rows(lines[1:], names)
    answers = []
    for query in queries:
        name = _name(query)
        gap = lost if _UNIT.fullmatch(name) else error(f"{name!r} is not the full name of a unit")
        if not gap and name not in rows:
            gap = error("systemctl did not answer for this unit")
        how = f"systemctl show {name}" if running or lost else f"systemctl list-unit-files {name}"
        found = () if gap else (rows[name],)
        answers.append(Evidence(query, rows=found, gap=gap, provenance=session.provenance(how)))
    return answers


def _words(names: Sequence[str]) -> str:
    return "set -- \\\n  " + " \\\n  ".join(quoted(name) for name in names)


def _template(name: str) -> bool:
    return name.partition("@")[2].startswith(".")


def _name(query: Query) -> str:
    return str(query.parameters.get("name", ""))


def _lost(output: Output, lines: Sequence[str], session: Session) -> Gap | None:
    if output.status == unitfiles.NO_SYSTEMCTL:
        return error("systemd is not installed there")
    if output.gap or (output.status != 0 and session.root):
        return output.failure("systemctl failed")
    if output.status != 0:
        return unknown(output.failure("systemd did not let this user ask").reason, needs="root")
    return None if lines[:1] in (["running"], ["offline"]) else error("the probe did not say whether systemd runs")


def _shown(lines: Sequence[str], names: Sequence[str]) -> dict[str, Row]:
    blocks = _blocks(lines)
    separator = next((i for i, block in enumerate(blocks) if "--" in block), len(blocks))
    units, pullers = blocks[:separator], blocks[separator + 1 :]
    up = {block["Id"] for block in pullers if block.get("Id") and block.get("ActiveState") in _ACTIVE}
    armed = up | {block["Id"] for block in pullers if block.get("Id") and block.get("UnitFileState") in _ENABLED}
    rows: dict[str, Row] = {}
    for name in names:
        own = [unit for unit in units if name == unit.get("Id") or name in unit.get("Names", "").split()]
        if own:
            rows[name] = _row(name, own[0], up, armed)
        elif _template(name):
            gap = error("a template has no state of its own (ask for an instance)")
            rows[name] = dict.fromkeys(unitfiles.FIELDS, gap) | {"name": name}
    return rows


def _row(name: str, unit: Mapping[str, str], up: set[str], armed: set[str]) -> Row:
    load, active, state = (unit.get(key, "") for key in ("LoadState", "ActiveState", "UnitFileState"))
    if not load or not active:
        gap = error("systemctl did not tell the unit's state")
        return dict.fromkeys(unitfiles.FIELDS, gap) | {"name": name}
    present = load != "not-found"
    if not present and active == "inactive":
        return unitfiles.absent(name)
    masked = load == "masked" or state.startswith("masked")
    triggers = unit.get("TriggeredBy", "").split()
    pulled = any(puller in up for key in _PULLS for puller in unit.get(key, "").split())
    pulled = pulled or not armed.isdisjoint(triggers)
    enabled: Cell = not masked and (state in _ENABLED or pulled)
    if state == "masked-runtime":
        # A mask in /run is gone after the next boot; what the unit file beneath it says is not told.
        enabled = pulled or error("the unit is masked until the next boot only, and what starts it then is not told")
    return {
        "name": name,
        "present": present,
        "active": active in _ACTIVE,
        "active_state": active,
        "enabled": error("systemctl calls the unit file bad") if state == "bad" else enabled,
        "enabled_state": state or ("masked" if masked else ABSENT),
        "masked": masked,
        "fragment": unit.get("FragmentPath") or ABSENT,
        "triggered_by": triggers,
    }


def _blocks(lines: Sequence[str]) -> list[dict[str, str]]:
    """Split the output of `systemctl show` into one dict per unit; the separator is a block of its own."""
    blocks: list[dict[str, str]] = [{}]
    for line in lines:
        if line == "--":
            blocks += [{"--": ""}, {}]
        elif not line:
            blocks.append({})
        else:
            key, _, value = line.partition("=")
            blocks[-1].setdefault(key, value)
    return [block for block in blocks if block]
