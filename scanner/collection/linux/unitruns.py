"""Collects how services last ended: one `systemctl show` for all that are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import quoted
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.unit_run",)

_SERVICE = re.compile(r"[A-Za-z0-9:_.\\@-]+\.service")
_PROPERTIES = "Id,Names,LoadState,Result,ExecMainStatus,ExecMainExitTimestamp"
_OFFLINE = 97


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; systemd forgets what ran before the boot."""
    names = sorted({name for name in map(_name, queries) if _fit(name)})
    if not names:
        return []
    words = " \\\n  ".join(map(quoted, names))
    script = (
        f"[ -d /run/systemd/system ] || exit {_OFFLINE}\n"
        f"systemctl show --no-pager --timestamp=unix --property={_PROPERTIES} -- \\\n  {words}"
    )
    return [Probe("linux.unit_run", script, timeout=20, cost=2)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per query; where systemd does not run nothing is known of runs."""
    output = output_of(outputs, "linux.unit_run")
    lost: Gap | None = None
    if output.status == _OFFLINE:
        lost = unknown("systemd does not run there")
    elif output.gap or output.status != 0:
        lost = output.failure("systemctl failed")
    blocks = [
        dict(line.split("=", 1) for line in block.split("\n") if "=" in line) for block in output.text.split("\n\n")
    ]
    answers = []
    for query in queries:
        name = _name(query)
        gap = lost if _fit(name) else error(f"{name!r} is not the full name of a service")
        own = [block for block in blocks if name == block.get("Id") or name in block.get("Names", "").split()]
        if not gap and not own:
            gap = error("systemctl did not answer for this unit")
        rows = () if gap else (_row(name, own[0]),)
        answers.append(Evidence(query, rows, gap, session.provenance(f"systemctl show {name}")))
    return answers


def _name(query: Query) -> str:
    return str(query.parameters.get("name", ""))


def _fit(name: str) -> bool:
    return bool(_SERVICE.fullmatch(name)) and not name.partition("@")[2].startswith(".")


def _row(name: str, unit: Mapping[str, str]) -> Row:
    present = unit.get("LoadState", "") not in ("not-found", "")
    stamp = unit.get("ExecMainExitTimestamp", "")
    if not present or stamp in ("", "n/a", "0", "@0"):
        return {"name": name, "present": present, "result": ABSENT, "exit_status": ABSENT, "finished": ABSENT}
    status = unit.get("ExecMainStatus", "")
    return {
        "name": name,
        "present": True,
        "result": unit.get("Result") or error("systemctl did not tell the result"),
        "exit_status": int(status)
        if re.fullmatch(r"[0-9]{1,9}", status)
        else error("systemctl did not tell the status"),
        "finished": _time(stamp),
    }


def _time(stamp: str) -> Cell:
    match = re.fullmatch(r"@([0-9]{1,11})(\.[0-9]+)?", stamp)
    if match is None:
        return error("systemctl gave a time that is not understood")
    return datetime.fromtimestamp(int(match.group(1)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
