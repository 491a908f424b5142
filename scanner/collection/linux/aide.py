"""Asks AIDE which files it compares: a dry run, limited to the files that are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux.plainfile import is_denied
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import quotable, quoted, tail
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.aide_selection",)

_PROBE = "linux.aide_selection"
_MAX_PATH = 300

# The configuration is the one that Debian's daily check is given.
_SCRIPT = r"""
set -- \
  @words@
for path in "$@"; do
  if [ -e "$path" ]; then printf 'there %s\n' "$path"; fi
done
if command -v aide >/dev/null; then
  conf=$(sed -n 's/^[ \t]*CONFIG=//p' /etc/default/aide | tail -n 1 | tr -d "\"'")
  conf=${conf:-/etc/aide/aide.conf}
  printf 'config %s\n' "$conf"
  { aide --config="$conf" --dry-init --limit=@limit@ 2>&1; printf '= %s\n' "$?"; } | grep -v ': outside of limit '
else
  echo 'tool none'
fi
echo end
"""
_LINE = re.compile(
    r"\[([X ])\] (\w) '(.*)': (selective rule|equal rule|negative rule|[^:]+)(?:: '(.*)' \((.*)\))?", re.DOTALL
)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe: one dry run for all files."""
    paths = sorted({path for path in map(_path, queries) if path})
    if not paths:
        return []
    script = _SCRIPT.replace("@words@", " \\\n  ".join(map(quoted, paths)))
    script = script.replace("@limit@", quoted("(" + "|".join(map(re.escape, paths)) + ")$"))
    return [Probe(_PROBE, script.strip(), timeout=60, limit=2**18, cost=5)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: a configuration that AIDE refuses is an error, for then no check runs."""
    output = output_of(outputs, _PROBE)
    lines = output.lines
    gap = _gap(output, session)
    installed = "tool none" not in lines
    there = {line.removeprefix("there ") for line in lines if line.startswith("there ")}
    config = next((line.removeprefix("config ") for line in lines if line.startswith("config ")), "/etc/aide/aide.conf")
    told = _told(lines)
    answers = []
    for query in queries:
        path = _path(query)
        lost = gap if path else error(f"{query.parameters.get('path', '')!r} is not a path that AIDE can be asked for")
        row = _row(path, path in there, told.get(path) if installed else None)
        asked = f"aide --config={config} --dry-init --limit={path}$"
        answers.append(Evidence(query, () if lost else (row,), lost, session.provenance(asked)))
    return answers


def _path(query: Query) -> str:
    path = str(query.parameters.get("path", ""))
    fit = path.startswith("/") and len(path) <= _MAX_PATH and quotable(path) and "\n" not in path
    return path if fit else ""


def _gap(output: Output, session: Session) -> Gap | None:
    lines = output.lines
    if output.gap or lines[-1:] != ["end"]:
        return output.failure("the probe did not run to its end")
    if "tool none" in lines:
        return None
    status = next((line[2:] for line in reversed(lines) if line.startswith("= ")), "")
    wrong = next((line.strip() for line in lines if re.match(r" *(ERROR|FATAL)", line)), "")
    if status == "0" and not wrong:
        return None
    if is_denied(wrong) and not session.root:
        return unknown(f"AIDE may not read its configuration: {tail(wrong, 160)}", needs="root")
    return error(f"AIDE does not accept its configuration (exit status {status or 'unknown'}: {tail(wrong, 200)})")


def _told(lines: Sequence[str]) -> dict[str, tuple[bool, str, str]]:
    """Give for each file that AIDE met whether it is selected, the text of the rule, and its place."""
    found = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match:
            mark, _, path, _, rule, place = match.groups()
            found[path] = (mark == "X", rule or "", place or "")
    return found


def _row(path: str, there: bool, told: tuple[bool, str, str] | None) -> Row:
    selected, rule, place = told or (False, "", "")
    attributes = rule.rsplit(" ", 1)[-1].split("+") if selected and rule else []
    return {
        "path": path,
        "present": there,
        "selected": selected,
        "attributes": attributes if selected else ABSENT,
        "rule": place or ABSENT,
    }
