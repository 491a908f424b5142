"""Collects the set-id programs that packages brought, and whether their content is still the packages'."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import decoded
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.packaged_set_id",)

_NO_DPKG = 97

# The lists name a hundred thousand files; places that hold no programs are left out. The list of a package that brought
# such a program is found from the other end. `f` lines are the programs with their real paths, `p` lines the lists that
# name them, `s` and `m` lines recorded and present digests, `o` lines what dpkg-statoverride(1) demands.
_SCRIPT = r"""
cd /var/lib/dpkg/info 2>/dev/null || exit @none@
found=$(cat ./*.list | grep -vE '^/usr/(share|include|src)/|^/(etc|boot|lib/modules|usr/lib/modules)/' | sort -u |
  tr '\n' '\000' | xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -type f -perm /6000 -print' sh 2>/dev/null | head -n 500)
if [ -n "$found" ]; then
  printf '%s\n' "$found" | while IFS= read -r path; do
    real=$(cd -P -- "${path%/*}" && pwd -P)
    printf 'f %s\t%s\n' "$path" "${real%/}/${path##*/}"
  done
  printf '%s\n' "$found" | grep -HxF -f - ./*.list | sed 's/^/p /'
  printf '%s\n' "$found" | sed 's/^.//' | grep -hF -f - ./*.md5sums | sed 's/^/s /'
  printf '%s\n' "$found" | tr '\n' '\000' | xargs -0 md5sum -- 2>&1 | sed 's/^/m /'
fi
if [ -f /var/lib/dpkg/statoverride ]; then
  sed 's/^/o /' /var/lib/dpkg/statoverride
fi
echo end
"""
_LIST = re.compile(r"p \./(.+)\.list:(/.*)")
_DIGEST = re.compile(r"([sm]) ([0-9a-f]{32}) [ *](.*)")
_OVERRIDE = re.compile(r"o (\S+) (\S+) ([0-7]{3,5}) (/.*)")


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe."""
    script = _SCRIPT.replace("@none@", str(_NO_DPKG)).strip()
    return [Probe("linux.packaged_set_id", script, timeout=60, limit=2**18, cost=6)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: a program that nobody but root may read has no digest that could be compared."""
    output = output_of(outputs, "linux.packaged_set_id")
    lines = [decoded(line) for line in output.stdout.split(b"\n")]
    gap = _gap(output, lines)
    rows = tuple(_rows(lines, session)) if gap is None else ()
    asked = "find (files of dpkg -L) -perm /6000; md5sum; dpkg-statoverride --list"
    return [Evidence(query, rows, gap, session.provenance(asked)) for query in queries]


def _gap(output: Output, lines: Sequence[str]) -> Gap | None:
    if output.status == _NO_DPKG:
        return error("dpkg does not manage the packages there, and no other package manager is asked")
    if output.gap or "end" not in lines:
        return output.failure("the lists of packages were not searched to their end")
    return None


def _rows(lines: Sequence[str], session: Session) -> list[Row]:
    owners: dict[str, list[str]] = {}
    recorded: dict[str, set[str]] = {}
    present: dict[str, str] = {}
    overrides: dict[str, str] = {}
    real: dict[str, str] = {}
    for line in lines:
        if match := _LIST.fullmatch(line):
            owners.setdefault(match.group(2), []).append(match.group(1).partition(":")[0])
        elif match := _DIGEST.fullmatch(line):
            kind, digest, path = match.groups()
            if kind == "m":
                present[path] = digest
            else:
                recorded.setdefault("/" + path, set()).add(digest)
        elif match := _OVERRIDE.fullmatch(line):
            overrides[match.group(4)] = match.group(3)[-4:].zfill(4)
        elif line.startswith("f ") and "\t" in line:
            path, _, place = line[2:].partition("\t")
            real[path] = place
    hidden = (
        unknown("the program may not be read", needs="root") if not session.root else error("md5sum gave no digest")
    )
    rows: dict[str, Row] = {}
    for path, place in sorted(real.items()):
        digests, digest = recorded.get(path), present.get(path)
        intact = ABSENT if not digests else hidden if digest is None else digest in digests
        override = overrides.get(path) or overrides.get(place) or ABSENT
        if owners.get(path):
            rows[place] = {"path": place, "package": owners[path][0], "intact": intact, "override": override}
    return list(rows.values())
