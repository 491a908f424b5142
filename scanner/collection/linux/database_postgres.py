"""The probe that asks a host for its PostgreSQL clusters, and how one is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scanner.collection.linux import stat
from scanner.collection.linux.database_read import Server, directory_cells, mode_of
from scanner.collection.linux.database_script import LIMIT, script
from scanner.collection.linux.probe import Probe
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_SERVER = r"""
given() { # letter, name: what the command line gives an option last
  printf '%s\n' "$args" | awk -v short="$1" -v long="$2" '
    function take(text, place, name) {
      place = index(text, "=")
      name = tolower(substr(text, 1, place - 1))
      gsub(/-/, "_", name)
      if (place && name == long) value = substr(text, place + 1)
    }
    waits == "c" { take($0); waits = ""; next }
    waits == "short" { value = $0; waits = ""; next }
    $0 == "-c" { waits = "c"; next }
    short != "" && $0 == "-" short { waits = "short"; next }
    /^--/ { take(substr($0, 3)); next }
    /^-c./ { take(substr($0, 3)); next }
    short != "" && index($0, "-" short) == 1 { value = substr($0, 3) }
    END { print value }'
}
conf() { # file, depth: settings about files, with what it includes in its place
  if [ ! -r "$root$1" ] || [ "$2" -gt 9 ]; then
    [ -e "$root$1" ] && printf 'closed\t%s\n' "$1"
    return
  fi
  awk '
    match($0, /^[ \t]*[A-Za-z_][A-Za-z0-9_.]*/) {
      name = tolower(substr($0, 1, RLENGTH)); rest = substr($0, RLENGTH + 1)
      gsub(/[ \t]/, "", name)
      if (name !~ /^(hba_file|ident_file|ssl_key_file|ssl_cert_file|ssl_ca_file|data_directory|include|include_dir|include_if_exists)$/) next
      sub(/^[ \t]*=?[ \t]*/, "", rest)
      if (match(rest, /^\047([^\047]|\047\047)*\047/)) { value = substr(rest, 2, RLENGTH - 2); gsub(/\047\047/, "\047", value) }
      else { match(rest, /^[^ \t#]*/); value = substr(rest, 1, RLENGTH) }
      print name "\t" value
    }' "$root$1" |
    while IFS='	' read -r name value; do
      case $name in include*)
        case $value in /*) ;; *) value=${1%/*}/$value ;; esac
        case $name in
        include_dir)
          [ -r "$root$value" ] || printf 'closed\t%s\n' "$value"
          for part in "$root$value"/*.conf; do
            [ -e "$part" ] && conf "${part#"$root"}" $(($2 + 1))
          done
          ;;
        *) conf "$value" $(($2 + 1)) ;;
        esac
        continue
        ;;
      esac
      printf '%s\t%s\n' "$name" "$value"
    done
}
setting() { # name, default: what holds after the files and the command line, below the data directory when relative
  value=$(given '' "$1")
  [ -n "$value" ] || value=$(printf '%s\n' "$settings" | awk -F '\t' -v name="$1" '$1 == name { value = $2 } END { print value }')
  value=${value:-$2}
  case $value in '' | /*) printf '%s\n' "$value" ;; *) printf '%s\n' "$dir/$value" ;; esac
}
logs() { # files that the logger holds open or, without one, what the server itself writes to, and others beside them
  {
    logger=
    # shellcheck disable=SC2013 # ids of processes are words
    for child in $(cat "/proc/$pid/task/$pid/children"); do
      title=
      IFS= read -r title <"/proc/$child/cmdline"
      case $title in *logger*) logger=$child ;; esac
    done
    if [ -n "$logger" ]; then
      readlink "/proc/$logger/fd/"[3-9] "/proc/$logger/fd/"[1-9][0-9]*
    else
      readlink "/proc/$pid/fd/1" "/proc/$pid/fd/2"
    fi
  } 2>/dev/null | grep '^/' | sort -u | while IFS= read -r path; do
    case $path in /dev/*) continue ;; esac
    [ -f "$root$path" ] && printf '%s\n' "${path%/*}"
  done | sort -u | while IFS= read -r place; do
    look log_directory "${place:-/}"
    find "$root$place/" -maxdepth 1 -type f -user "$uid" -exec stat -c '@format@	%n' -- '{}' + 2>&1 | modes log
  done
}
cluster() { # data directory: what a cluster shows, whether it runs or not
  if [ -r "$root$1/PG_VERSION" ]; then say data_version "$(head -n 1 "$root$1/PG_VERSION")"; else look data_version "$1/PG_VERSION"; fi
  look data "$1"
  if [ -n "$root" ]; then wal=$(readlink -- "$root$1/pg_wal"); else wal=$(readlink -f -- "$1/pg_wal"); fi
  case $wal in /*) ;; *) wal= ;; esac
  look wal "${wal:-$1/pg_wal}"
  stored "$1"
}
server() {
  say version "$(grep -aom1 'postgres (PostgreSQL) [0-9][0-9.]*[a-z0-9]*' "/proc/$pid/exe" 2>/dev/null | head -n 1)"
  dir=$(readlink "/proc/$pid/cwd")
  [ -n "$dir" ] || dir=$(given D data_directory)
  say directory "$dir"
  [ -n "$dir" ] || return
  if [ -r "$root$dir/postmaster.pid" ]; then
    head -n 8 "$root$dir/postmaster.pid" | sed 's/^/pidfile\t/'
  else
    look pidfile "$dir/postmaster.pid"
  fi
  cluster "$dir"
  config=$(given '' config_file)
  config=${config:-$dir/postgresql.conf}
  found=$(conf "$config" 0; conf "$dir/postgresql.auto.conf" 0)
  settings=$(printf '%s\n' "$found" | grep -v '^closed')
  printf '%s\n' "$found" | grep '^closed'
  look config "$config"
  look hba "$(setting hba_file pg_hba.conf)"
  look ident "$(setting ident_file pg_ident.conf)"
  look key "$(setting ssl_key_file server.key)"
  look certificate "$(setting ssl_cert_file server.crt)"
  authority=$(setting ssl_ca_file '')
  [ -z "$authority" ] || look authority "$authority"
  if [ "$open" ]; then logs; fi
  [ -n "$exe" ] || return
  case $exe in
  /usr/lib/postgresql/*/bin/*) share=${exe#/usr/lib/postgresql/}; set -- "/usr/share/postgresql/${share%%/*}" ;;
  *) share=${exe%/*}; share=${share%/bin}; set -- "$share/share/postgresql" "$share/share/pgsql" "$share/share" ;;
  esac
  for share; do
    if [ -f "$root$share/extension/plpgsql.control" ]; then look extensions "$share/extension"; return; fi
  done
}
""".replace("@format@", stat.FORMAT)

# Clusters of Debian and of Red Hat that do not run; the directories of those that do are told above.
_AFTER = r"""
for dir in /var/lib/postgresql/*/* /var/lib/pgsql/*/data /var/lib/pgsql/data; do
  [ -d "$dir" ] || continue
  case ${dir##*/} in .*) continue ;; esac
  [ -e "$dir/PG_VERSION" ] || [ ! -x "$dir" ] || continue
  printf 'instance\t-\n'
  root=
  say directory "$dir"
  cluster "$dir"
  echo 'done'
done
for dir in /var/lib/postgresql /var/lib/postgresql/* /var/lib/pgsql; do
  if [ -d "$dir" ] && [ ! -r "$dir" ]; then printf 'shut\t%s\n' "$dir"; fi
done
"""

PROBE: Final = Probe(
    "database.postgres",
    script(
        ("postgres", "postmaster"),
        _SERVER,
        _AFTER,
        "$(ls -d /var/lib/postgresql/*/* /var/lib/pgsql/*/data 2>/dev/null)",
    ),
    timeout=60,
    limit=LIMIT,
    cost=3,
)

_PIDFILE = ("pid", "directory", "start", "port", "socket", "address")


def own_cells(server: Server) -> Row:
    """Give the cells that only PostgreSQL has; what a cluster that does not run cannot show is absent."""
    told = _pidfile(server)
    port = told.get("port", "")
    hidden = server.trouble("pidfile") or error("postmaster.pid does not hold what it should")
    cells: dict[str, Cell] = {
        "data_version": server.word("data_version") or server.trouble("data_version") or ABSENT,
        **directory_cells(server, "wal"),
        "extension_directory": ABSENT,
        "extension_mode": ABSENT,
        "extension_owner": ABSENT,
    }
    if not server.running:
        return cells | dict.fromkeys(("port", "listen_address", "socket_directory", "patroni", "log_directory"), ABSENT)
    cells["port"] = int(port) if port.isdigit() and len(port) < 6 else hidden
    cells["listen_address"] = told.get("address") or ABSENT if told else hidden
    cells["socket_directory"] = told.get("socket") or ABSENT if told else hidden
    cells["patroni"] = server.flag("patroni") or "patroni" in server.word("service")
    logs = [file for file in server.files if file.kind == "log_directory"]
    cells["log_directory"] = logs[0].path if logs else server.hidden_files() or ABSENT
    found = server.file("extensions")
    lost: Gap | None = server.unseen("exe") or error("the directory of extensions is not where it usually lies")
    cells["extension_directory"] = found.path if found else lost or ABSENT
    cells["extension_mode"] = mode_of(found, lost)
    cells["extension_owner"] = found.cells["owner"] if found else lost or ABSENT
    return cells


def data_directory(server: Server) -> str:
    """Give the data directory as the server itself names it."""
    return _pidfile(server).get("directory") or server.word("directory")


def version(server: Server) -> str:
    """Give the version in the running program."""
    return server.word("version").rpartition(" ")[2]


def _pidfile(server: Server) -> Mapping[str, str]:
    lines = server.lines("pidfile")
    return dict(zip(_PIDFILE, lines, strict=False)) if lines[:1] == [server.pid] else {}
