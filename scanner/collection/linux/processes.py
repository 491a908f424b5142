"""Collects as whom processes run, from /proc; where others' processes are hidden the list is incomplete."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.process",)

_NAME = "linux.process"
_NUMBER = re.compile(r"[0-9]{1,10}")

# `Uid:` has the real, effective, saved and file system id.
_SCRIPT = r"""
if [ -r /proc/1/status ]; then echo 'all'; else echo 'hidden'; fi
found=$(
  cat /proc/[0-9]*/status 2>/dev/null |
    awk -F '\t' '$1 == "Name:" { name = $2 } $1 == "Uid:" { print "process\t" $3 "\t" name }'
)
printf '%s\n' "$found"
printf '%s\n' "$found" | cut -f 2 | sort -u | while IFS= read -r uid; do
  [ -n "$uid" ] && printf 'user\t%s\t%s\n' "$uid" "$(getent passwd "$uid" | cut -d : -f 1)"
done
echo 'end'
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; it is the same whatever names are asked."""
    return [Probe(_NAME, _SCRIPT, cost=2)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per user of each process name asked."""
    output = output_of(outputs, _NAME)
    found, users, gap = _read(output)
    answers = []
    for query in queries:
        name = str(query.parameters.get("name", ""))
        rows = [_row(name, uid, users, number) for (own, uid), number in sorted(found.items()) if own == name]
        answers.append(Evidence(query, tuple(rows), gap, session.provenance(f"ps -C {name} -o user")))
    return answers


def _read(output: Output) -> tuple[Counter[tuple[str, int]], dict[int, str], Gap | None]:
    found: Counter[tuple[str, int]] = Counter()
    users: dict[int, str] = {}
    lines = output.stdout.split(b"\n")
    gap = output.gap or (None if b"end" in lines else output.failure("the probe of processes did not end"))
    if lines[:1] == [b"hidden"]:
        gap = gap or unknown("processes of others are hidden", needs="root")
    for line in lines:
        word, _, rest = line.partition(b"\t")
        number, _, name = rest.partition(b"\t")
        uid = int(number) if _NUMBER.fullmatch(number.decode("ascii", "replace")) else None
        if uid is None and word in (b"process", b"user"):
            gap = gap or error("a line about a process is not understood")
        elif uid is not None and word == b"process":
            found[shown(name), uid] += 1
        elif uid is not None and word == b"user":
            users[uid] = shown(name)
    return found, users, gap


def _row(name: str, uid: int, users: Mapping[int, str], number: int) -> Row:
    return {"name": name, "uid": uid, "user": users.get(uid) or ABSENT, "processes": number}
