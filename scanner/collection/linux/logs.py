"""Collects the files below /var/log: one find(1), and one for each directory that a symbolic link leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from scanner.collection.linux import accounts_passwd, accounts_settings
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.text import decoded, shown, tail
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.log_file",)

# Links to directories are followed once, from the real path, so that none can lead round in circles; what a link to
# the root or to a directory just below it holds is no log.
_SCRIPT = r"""
format='file %m %U %G\t%u\t%g\t%p\0'
exec 7>&1
said=$(
  {
    find -H /var/log -type f -printf "$format"
    printf 'status %s\n' "$?" >&2
    find /var/log -type l -xtype f -exec sh -c '
      format=$1
      shift
      find -L "$@" -maxdepth 0 -type f -printf "$format"' sh "$format" {} +
    printf 'status %s\n' "$?" >&2
    find /var/log -mindepth 1 -type l -xtype d -print | sed -n '1,50p; 51s/.*/…/p' | while IFS= read -r link; do
      real=$(cd -P -- "$link" && pwd -P)
      case $real in
      /var/log | /var/log/* | /dev/* | /proc/* | /sys/*) ;;
      /*/*)
        # shellcheck disable=SC2194 # does it hold /var/log itself?
        case /var/log/ in "$real"/*) continue ;; esac
        find "$real" -type f -printf "$format"
        printf 'status %s\n' "$?" >&2
        ;;
      *) printf 'aside %s\n' "$link" >&2 ;;
      esac
    done
  } 2>&1 >&7 | sed '/: No such file or directory$/d' | sed -n '1,20p; 21,$ {/^status /p;}'
)
printf '%s\n' "$said" | tr '\n' '\000'
"""
_FIND = Probe("linux.log_file", _SCRIPT.strip(), timeout=60, limit=2**20, cost=6)
_PROBES = (_FIND, accounts_passwd.PASSWD, accounts_passwd.GROUP, accounts_passwd.SHELLS, accounts_settings.LOGIN_DEFS)

_RECORD = re.compile(rb"file ([0-7]{1,4}) ([0-9]{1,10}) ([0-9]{1,10})\t([^\t]*)\t([^\t]*)\t(/.*)", re.DOTALL)
_ERROR = re.compile(r"find: '(.*)': (.*)")
_KINDS = (
    ("login_record", re.compile(r"(lastlog|wtmp|btmp)([.-].*)?|README")),
    ("cloud", re.compile(r"(cloud-init\.log|localmessages|waagent\.log).*")),
    ("system", re.compile(r"(secure|auth\.log|syslog|messages)([.-].*)?")),
    ("journal", re.compile(r".*\.journal~?")),
)
_PLACES = {"sssd": "sssd", "SSSD": "sssd", "gdm": "gdm", "gdm3": "gdm"}


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the search, and the lists of accounts that it is held against."""
    return list(_PROBES) if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: files found so far stay when the search was cut or kept out somewhere; the list is incomplete."""
    output = output_of(outputs, _FIND.name)
    records = output.stdout.split(b"\0")[:-1]
    people = _People(outputs)
    rows = {str(row["path"]): row for row in (_row(record, people) for record in records) if row is not None}
    found = tuple(rows[path] for path in sorted(rows))
    gap = _gap(records, output, session)
    provenance = session.provenance("find /var/log -type f, links followed")
    return [Evidence(query, found, gap, provenance) for query in queries]


class _People:
    """Who can log in, and who is in which group."""

    def __init__(self, outputs: Mapping[str, Output]) -> None:
        users, lost = accounts_passwd.users(outputs)
        groups, lost_groups = accounts_passwd.groups(outputs)
        self._gap = lost or lost_groups
        self._login: dict[Cell, Cell] = {}
        for user in users:
            self._login.setdefault(user["uid"], user["login"])
        self._members: dict[Cell, set[str]] = {}
        logins = {str(user["name"]): user for user in users if user["login"] is not False and user["uid"] != 0}
        for name, user in logins.items():
            self._members.setdefault(user["gid"], set()).add(name)
        for group in groups:
            members = group["members"] if isinstance(group["members"], list) else []
            self._members.setdefault(group["gid"], set()).update(str(name) for name in members if name in logins)

    def login(self, uid: int) -> Cell:
        """Tell whether the account of that id has a login shell."""
        return self._login.get(uid, self._gap or ABSENT)

    def of_group(self, gid: int) -> Cell:
        """Give the accounts with a login shell in that group."""
        return self._gap or sorted(self._members.get(gid, ()))


def _row(record: bytes, people: _People) -> Row | None:
    match = _RECORD.fullmatch(record)
    if match is None:
        return None
    mode, uid, gid, owner, group, raw = match.groups()
    path = shown(raw)
    return {
        "path": path,
        "kind": _kind(path),
        "mode": decoded(mode).zfill(4),
        "owner": _name(owner, uid),
        "group": _name(group, gid),
        "uid": int(uid),
        "gid": int(gid),
        "owner_login": people.login(int(uid)),
        "group_logins": people.of_group(int(gid)),
    }


def _name(name: bytes, number: bytes) -> Cell:
    # find prints the number of an id that has no name.
    return ABSENT if name == number or not name else decoded(name)


def _kind(path: str) -> str:
    folder, _, name = path.rpartition("/")
    places = [_PLACES[part] for part in folder.split("/") if part in _PLACES]
    if places:
        return places[0]
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), "other")


def _gap(records: Sequence[bytes], output: Output, session: Session) -> Gap | None:
    if output.gap:
        return output.gap
    said = [decoded(record) for record in records if record.startswith((b"find: ", b"status ", b"aside ", b"sh: "))]
    if len([line for line in said if line in ("status 0", "status 1")]) < 2:
        return output.failure("find failed" + (f": {tail(said[0])}" if said else ""))
    for line in said:
        if line.startswith("status "):
            continue
        match = _ERROR.fullmatch(line)
        if match and match.group(2) == "Permission denied" and not session.root:
            return unknown(f"directories such as {tail(match.group(1), 100)} may not be searched", needs="root")
        if line.startswith("aside "):
            return error(f"{tail(line[6:], 100)} leads to a directory near the root, which was not searched")
        return error(f"the search was not complete: {tail(line)}")
    return None
