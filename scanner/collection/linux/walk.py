"""Collects files that stand out anywhere on local file systems: one find(1) for all classes that are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux import filesystems
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import decoded, quoted, shown, tail
from scanner.model.evidence import Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.file_walk",)

_TESTS = {
    "world_writable_file": "-type f -perm -0002",
    "world_writable_directory": "-type d -perm -0002 ! -perm -1000",
    # Ids of local accounts are passed over first: only the others take a look-up each.
    "unowned": r"\( $uids -nouser -o $gids -nogroup \)",
    "setuid": "-type f -perm -4000",
    "setgid": "-type f -perm -2000",
}
_TIMEOUT = 200
_LIMIT = 8 * 2**20
_NO_MOUNTS = 97

_SCRIPT = r"""
list=$(awk -v pseudo=' @pseudo@ ' -v network=' @network@ ' -v storage='@storage@' @select@ /proc/self/mountinfo)
IFS='
'
set -f
set --
for line in $list; do
  printf 'plan %s\0' "$line"
  case $line in 'start '*) set -- "$@" "${line#start }" ;; esac
done
unset IFS
[ "$#" -gt 0 ] || exit @none@
uids=$(sed -n 's/^[^:]*:[^:]*:\([0-9][0-9]*\):.*/! -uid \1/p' /etc/passwd | sed -n '1,300p')
gids=$(sed -n 's/^[^:]*:[^:]*:\([0-9][0-9]*\):.*/! -gid \1/p' /etc/group | sed -n '1,300p')
exec 7>&1
# shellcheck disable=SC2086 # ids are split into words
said=$(
  {
    find "$@" -xdev -type d \( @prune@ \) -printf 'left %p\0' -prune -o \( \
      -type d -inum 256 -printf 'inode %F %p\0' , \
      @tests@ \
      \)
    printf 'status %s\n' "$?" >&2
  } 2>&1 >&7 | sed '/: No such file or directory$/d' | sed -n '1,20p; 21,$ {/^status /p;}'
)
printf '%s\n' "$said" | tr '\n' '\000'
"""

_NUMBERS = re.compile(rb"[0-7]{1,4} [0-9]{1,10} [0-9]{1,10}")
_ERROR = re.compile(r"find: '(.*)': (.*)")


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe, the dearest of all: it runs last."""
    classes = _classes(queries)
    if not classes:
        return []
    paths = [*filesystems.CONTAINER_STORAGE, filesystems.ROOTLESS_STORAGE]
    parts = {
        "@pseudo@": filesystems.PSEUDO,
        "@network@": filesystems.NETWORK,
        "@storage@": " ".join(filesystems.CONTAINER_STORAGE),
        "@select@": quoted(filesystems.SELECT),
        "@none@": str(_NO_MOUNTS),
        "@prune@": " -o ".join(f"-path {quoted(path)}" for path in paths),
        "@tests@": " , \\\n      ".join(rf"{_TESTS[name]} -printf 'found {name} %m %U %G %F %p\0'" for name in classes),
    }
    script = _SCRIPT
    for word, text in parts.items():
        script = script.replace(word, text)
    return [Probe("linux.file_walk", script.strip(), timeout=_TIMEOUT, limit=_LIMIT, cost=9)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: rows found so far stay when the walk was cut, or could not enter a directory; the list is incomplete."""
    output = output_of(outputs, "linux.file_walk")
    records = output.stdout.split(b"\0")[:-1]
    gap = _gap(records, output, session)
    rows = _rows(records)
    provenance = session.provenance(_asked(records))
    answers = []
    for query in queries:
        name = str(query.parameters.get("class", ""))
        lost = gap if name in _TESTS else error(f"{name!r} is not a class of the file walk")
        answers.append(Evidence(query, tuple(rows.get(name, {}).values()), lost, provenance))
    return answers


def _classes(queries: Sequence[Query]) -> list[str]:
    asked = {str(query.parameters.get("class", "")) for query in queries}
    return [name for name in _TESTS if name in asked]


def _rows(records: Sequence[bytes]) -> dict[str, dict[str, Row]]:
    rows: dict[str, dict[str, Row]] = {}
    walked, _, bare = _plan(records)
    for record in records:
        parts = record.split(b" ", 6)
        if parts[0] != b"found" or len(parts) != 7 or not _NUMBERS.fullmatch(b" ".join(parts[2:5])):
            continue
        name, path = decoded(parts[1]), shown(parts[6])
        rows.setdefault(name, {})[path] = {
            "path": path,
            "class": name,
            "mode": decoded(parts[2]).zfill(4),
            "uid": int(parts[3]),
            "gid": int(parts[4]),
            "filesystem": decoded(parts[5]),
            "set_id_ignored": _start_of(path, walked) in bare,
        }
    return {name: dict(sorted(found.items())) for name, found in rows.items()}


def _start_of(path: str, walked: Sequence[str]) -> str:
    """Give the mount point from which the walk came to a path."""
    starts = [start for start in walked if path == start or path.startswith(start.rstrip("/") + "/")]
    return max(starts, key=len, default="")


def _plan(records: Sequence[bytes]) -> tuple[list[str], dict[str, str], set[str]]:
    """Give the mount points that were walked, those that were not with their type, and those without set-id programs."""
    walked: list[str] = []
    bare: set[str] = set()
    skipped: dict[str, str] = {}
    for record in records:
        word, _, rest = record.partition(b" ")
        if word == b"plan" and rest.startswith(b"start "):
            walked.append(shown(rest[6:]))
        elif word == b"plan" and rest.startswith(b"bare "):
            bare.add(shown(rest[5:]))
        elif word == b"plan":
            _, kind, point = (*rest.split(b" ", 2), b"", b"")[:3]
            skipped[shown(point)] = decoded(kind)
    return walked, skipped, bare


def _asked(records: Sequence[bytes]) -> str:
    walked, skipped, _ = _plan(records)
    left = [shown(record[5:]) for record in records if record.startswith(b"left ")]
    left += [point for point, kind in skipped.items() if kind == "container-storage"]
    pseudo = filesystems.PSEUDO.split()
    others = [
        f"{point} ({kind})" for point, kind in skipped.items() if kind not in ("container-storage", "bind", *pseudo)
    ]
    asked = f"find {' '.join(walked) or 'local file systems'} -xdev"
    if left:
        asked += f"; container storage left out: {_some(left)}"
    return asked + (f"; not local: {_some(others)}" if others else "")


def _some(names: Sequence[str]) -> str:
    more = len(names) - 8
    return ", ".join(names[:8]) + (f" and {more} more" if more > 0 else "")


def _gap(records: Sequence[bytes], output: Output, session: Session) -> Gap | None:
    if output.gap:
        return output.gap
    if output.status == _NO_MOUNTS:
        return error("/proc/self/mountinfo names no local file system")
    walked, skipped, _ = _plan(records)
    said = [decoded(record) for record in records if record.startswith((b"find: ", b"status "))]
    if "status 0" not in said and "status 1" not in said:
        return output.failure("find failed" + (f": {tail(said[0])}" if said else ""))
    for line in said:
        match = _ERROR.fullmatch(line)
        # Whoever mounted a fuse file system may forbid even root to look at its mount point.
        if line.startswith("status ") or (match and match.group(1) in skipped):
            continue
        if match and match.group(2) == "Permission denied" and not session.root:
            return unknown(f"directories such as {tail(match.group(1), 100)} may not be searched", needs="root")
        return error(f"the walk was not complete: {tail(line)}")
    return _unwalked(records, walked, skipped)


def _unwalked(records: Sequence[bytes], walked: Sequence[str], skipped: Mapping[str, str]) -> Gap | None:
    if "odd" in skipped.values():
        return error("a mount point has a newline in its name and was not walked")
    for record in records:
        word, filesystem, path = (*record.split(b" ", 2), b"", b"")[:3]
        # The root of each btrfs subvolume is inode 256, and `-xdev` stops there.
        if word == b"inode" and filesystem in (b"btrfs", b"unknown") and shown(path) not in (*walked, *skipped):
            return error(f"the btrfs subvolume {shown(path)} is not mounted by itself and was not walked")
    return None
