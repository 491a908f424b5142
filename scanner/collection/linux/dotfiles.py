"""Collects dot files in the home directories of accounts that can log in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux import accounts_passwd, accounts_settings, stat
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS: tuple[str, ...] = ("linux.dot_file",)

_KINDS = {
    ".forward": "forward",
    ".rhosts": "rhosts",
    ".rhost": "rhosts",
    ".shosts": "rhosts",
    ".netrc": "netrc",
    ".bash_history": "history",
}
_MOST = 1000

# Ended by NUL, for names may hold any other byte: `home PATH` opens a home, `listed` says that all of it came.
_PROBE = Probe(
    "dotfiles",
    r"""hidden() {
  case $(ls -dL -- "$1" 2>&1) in *'Permission denied') return 0 ;; esac
  return 1
}
look() {
  printf 'home %s\0' "$1"
  if [ ! -d "$1" ]; then
    if hidden "$1"; then printf 'closed\0'; else printf 'listed\0'; fi
    return
  fi
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then printf 'closed\0'; return; fi
  home=$1
  set --
  for file in "$home"/.[!.]* "$home"/..?*; do
    if [ "$#" -ge @most@ ]; then printf 'many\0'; break; fi
    if [ -e "$file" ]; then
      if [ -d "$file" ]; then
        case ${file##*/} in .forward | .rhost | .rhosts | .shosts) ;; *) continue ;; esac
      fi
      set -- "$@" "$file"
    elif [ -L "$file" ]; then
      if hidden "$file"; then printf 'hidden %s\0' "$file"; else printf 'dangling %s\0' "$file"; fi
    fi
  done
  if [ "$#" -eq 0 ] || stat -L --printf 'file @format@\t%n\0' -- "$@"; then printf 'listed\0'; fi
}
awk -F: 'NF == 7 && $7 !~ /\/(nologin|false)$/ { print $6 }' </etc/passwd | sort -u |
while IFS= read -r home; do
  look "$home"
done
printf 'end\0'""".replace("@format@", stat.FORMAT).replace("@most@", str(_MOST)),
    timeout=60,
    limit=4 * 2**20,
    cost=3,
)

_PROBES = (accounts_passwd.PASSWD, accounts_passwd.SHELLS, accounts_settings.LOGIN_DEFS, _PROBE)


@dataclass(slots=True)
class _Home:
    """What a home directory holds: files with their stat, or None for a link that leads nowhere."""

    files: list[tuple[bytes, Mapping[str, Cell] | Gap | None]] = field(default_factory=list)
    closed: bool = False
    many: bool = False
    listed: bool = False


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the probe of this fact, and those of the accounts."""
    return list(_PROBES) if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read the homes: rows of the accounts that can log in, in their order."""
    shells = accounts_passwd.valid_shells(outputs)
    provenance = session.provenance("stat -L of the dot files in the home directories of /etc/passwd")
    if isinstance(shells, Gap):
        return [Evidence(query, (), shells, provenance) for query in queries]
    accounts, gap = accounts_passwd.users(outputs)
    output = output_of(outputs, _PROBE.name)
    homes = _homes(output.stdout)
    rows: list[Row] = []
    for account in accounts:
        if account["login"] is False:
            continue
        home = homes.get(str(account["home"]), _Home())
        gap = gap or _lack(home, str(account["home"]), output, session)
        rows += _rows(account, home, session)
    gap = gap or output.gap
    return [Evidence(query, tuple(rows), gap, provenance) for query in queries]


def _lack(home: _Home, path: str, output: Output, session: Session) -> Gap | None:
    if home.closed:
        return unreadable(path, session)
    if home.many:
        return error(f"{path} holds more than {_MOST} dot files")
    return None if home.listed else output.failure(f"the dot files in {path or 'an empty path'} were not all listed")


def _homes(stdout: bytes) -> dict[str, _Home]:
    found: dict[str, _Home] = {}
    home = _Home()
    for record in stdout.split(b"\0")[:-1]:
        word, _, rest = record.partition(b" ")
        if word == b"home":
            home = found.setdefault(rest.decode("utf-8", "replace"), _Home())
        elif word == b"closed":
            home.closed = True
        elif word == b"many":
            home.many = True
        elif word == b"listed":
            home.listed = True
        elif word == b"hidden":
            home.files.append((rest, error("a link leads to a place that may not be seen")))
        elif word == b"dangling":
            home.files.append((rest, None))
        elif word == b"file":
            *told, name = rest.split(b"\t", 7)
            home.files.append((name, stat.cells(b"\t".join(told)) or error("stat did not answer in its form")))
    return found


def _rows(account: Row, home: _Home, session: Session) -> Iterator[Row]:
    for raw, told in sorted(home.files, key=lambda file: file[0]):
        kind = _KINDS.get(raw.rpartition(b"/")[2].decode("utf-8", "replace"), "other")
        inviting = kind in ("forward", "rhosts")
        cells: dict[str, Cell]
        if told is None or (isinstance(told, Mapping) and told["kind"] != "file"):
            if not inviting:
                continue
            cells = dict.fromkeys(("mode", "owner", "owned", "group_owned"), ABSENT)
        elif isinstance(told, Gap):
            hidden = told if session.root else unreadable(shown(raw), session)
            cells = dict.fromkeys(("mode", "owner", "owned", "group_owned"), hidden)
        else:
            cells = {
                "mode": told["mode"],
                "owner": told["owner"],
                "owned": told["uid"] == account["uid"],
                "group_owned": told["gid"] == account["gid"],
            }
        yield {"user": account["name"], "path": shown(raw), "kind": kind, **cells}
