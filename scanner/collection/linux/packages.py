"""Collects installed packages with one dpkg-query(1) for all names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import quoted
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error

FACTS = ("linux.package",)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_NO_DPKG = 97
_HALF = frozenset({"half-installed", "unpacked", "half-configured"})
_WHOLE = frozenset({"installed", "triggers-awaited", "triggers-pending"})


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; names that no package can have are not asked."""
    names = _names(queries)
    if not names:
        return []
    script = (
        f"{{ command -v dpkg-query >/dev/null && [ -s /var/lib/dpkg/status ]; }} || exit {_NO_DPKG}\n"
        "dpkg-query -W -f='${Package}\\t${Architecture}\\t${Status}\\t${Version}\\n' -- \\\n  "
        + " \\\n  ".join(quoted(name) for name in names)
    )
    return [Probe("linux.package", script, timeout=30)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: `present` only for packages that are wholly installed; half installed ones are an error."""
    output = output_of(outputs, "linux.package")
    lost = _lost(output)
    found = {} if lost else _installed(output.lines)
    answers = []
    for query in queries:
        name = str(query.parameters.get("name", ""))
        provenance = session.provenance(f"dpkg-query -W {name}")
        gap = lost if _NAME.fullmatch(name) else error(f"{name!r} is not a name that a package can have")
        rows = () if gap else (found.get(name) or _row(name, None, "", ""),)
        answers.append(Evidence(query, rows=rows, gap=gap, provenance=provenance))
    return answers


def _names(queries: Sequence[Query]) -> list[str]:
    names = {str(query.parameters.get("name", "")) for query in queries}
    return sorted(name for name in names if _NAME.fullmatch(name))


def _lost(output: Output) -> Gap | None:
    if output.status == _NO_DPKG:
        return error("dpkg does not manage the packages there, and no other package manager is asked")
    # 1: some of the names are unknown to dpkg, which is an answer.
    return output.gap if output.status in (0, 1) else output.failure("dpkg-query failed")


def _installed(lines: Sequence[str]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for line in lines:
        name, _, rest = line.partition("\t")
        architecture, _, rest = rest.partition("\t")
        status, _, version = rest.partition("\t")
        state = status.split(" ")[-1]
        if state in _WHOLE and version:
            if rows.get(name, {}).get("present") is not True:
                rows[name] = _row(name, True, version, architecture)
        elif state in _HALF:
            rows.setdefault(name, _row(name, error(f"the package is half installed ({state})"), "", ""))
        elif state not in ("config-files", "not-installed"):
            rows.setdefault(name, _row(name, error("dpkg-query gave a status that is not known"), "", ""))
    return rows


def _row(name: str, present: bool | Gap | None, version: str, architecture: str) -> Row:
    if isinstance(present, Gap):
        return {"name": name, "present": present, "version": present, "architecture": present}
    return {
        "name": name,
        "present": bool(present),
        "version": version or ABSENT,
        "architecture": architecture or ABSENT,
    }
