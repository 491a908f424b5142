"""The probe that asks a host for its MariaDB and MySQL servers, and how one is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from scanner.collection.linux import stat
from scanner.collection.linux.database_read import Server, mode_of, port_of
from scanner.collection.linux.database_script import LIMIT, script
from scanner.collection.linux.probe import Probe
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

# Option files are read as the server reads them: groups by name, version and suffix, `!include` in its place.
_SERVER = r"""
options() { # file, depth: options of the server's groups
  if [ ! -r "$root$1" ] || [ "$2" -gt 9 ]; then
    [ -e "$root$1" ] && printf 'closed\t%s\n' "$1"
    return
  fi
  printf 'conf\t%s\n' "$1"
  awk -v version="$series" -v suffix="$suffix" '
    /^[ \t]*[#;]/ { next }
    /^[ \t]*!include/ { sub(/^[ \t]*/, ""); word = $1; sub(/^[^ \t]+[ \t]+/, ""); sub(/[ \t\r]+$/, ""); print word "\t" $0; next }
    match($0, /^[ \t]*\[[^]]*\]/) {
      group = substr($0, RSTART, RLENGTH); gsub(/[][ \t]/, "", group)
      if (suffix != "" && length(group) > length(suffix) && substr(group, length(group) - length(suffix) + 1) == suffix)
        group = substr(group, 1, length(group) - length(suffix))
      if (version != "" && length(group) > length(version) && substr(group, length(group) - length(version)) == "-" version)
        group = substr(group, 1, length(group) - length(version) - 1)
      ours = group ~ /^(mysqld|mariadbd|mariadb|server|client-server|galera)$/
      next
    }
    ours && match($0, /^[ \t]*[A-Za-z][A-Za-z0-9_.-]*/) {
      name = tolower(substr($0, 1, RLENGTH)); value = substr($0, RLENGTH + 1)
      gsub(/[ \t]/, "", name); gsub(/-/, "_", name); sub(/^loose_/, "", name)
      set = value ~ /^[ \t]*=/
      sub(/^[ \t]*=?[ \t]*/, "", value); sub(/[ \t\r]+$/, "", value)
      if (value !~ /^["\047]/) { sub(/[ \t]*#.*$/, "", value) } else { value = substr(value, 2, length(value) - 2) }
      if (name ~ /passw|secret|pwd|wsrep_sst_auth/) value = "***"
      print "set\t" name "=" (set ? value : "")
    }' "$root$1" |
    while IFS='	' read -r word name; do
      case $word in
      !include) options "$name" $(($2 + 1)) ;;
      !includedir)
        name=${name%/}
        [ -r "$root$name" ] || printf 'closed\t%s\n' "$name"
        for part in "$root$name"/*.cnf; do
          [ -e "$part" ] && options "${part#"$root"}" $(($2 + 1))
        done
        ;;
      *) printf '%s\t%s\n' "$word" "$name" ;;
      esac
    done
}
given() { # what stands on the command line, in the same form
  printf '%s\n' "$args" | awk '
    /^--/ {
      place = index($0, "="); name = tolower(place ? substr($0, 3, place - 3) : substr($0, 3))
      gsub(/-/, "_", name); sub(/^loose_/, "", name)
      value = place ? substr($0, place + 1) : ""
      if (name ~ /passw|secret|pwd|wsrep_sst_auth/) value = "***"
      print "set\t" name "=" value
    }'
}
raw() { # option for option files: what stands on the command line
  printf '%s\n' "$args" | sed -n "s/^--$1=//p" | tail -n 1
}
setting() { # name, default: what holds; relative to the data directory
  value=$(printf '%s\n' "$settings" | awk -v start="set	$1=" 'index($0, start) == 1 { value = substr($0, length(start) + 1) } END { print value }')
  value=${value:-$2}
  case $value in '' | /*) printf '%s\n' "$value" ;; *) printf '%s\n' "$dir/$value" ;; esac
}
several() { # kind; paths on standard input
  while IFS= read -r path; do
    [ -f "$root$path" ] && stat -L -c '@format@	%n' -- "$root$path" 2>&1
  done | modes "$1"
}
named() { # kind, name, default: the file that a setting names
  path=$(setting "$2" "$3")
  [ -z "$path" ] || look "$1" "$path"
}
files() { # logs and the like: those that settings name, those that are open, those that lie there
  printf '%s\n' "$outputs" | several error_log
  named error_log log_error ''
  named slow_log slow_query_log_file ''
  named slow_log log_slow_query_file ''
  named general_log general_log_file ''
  named audit_log server_audit_file_path ''
  look audit_log "$dir/server_audit.log"
  printf '%s\n' "$open" | grep -Ev '^/(dev|proc|tmp)/|bin[.]([0-9]+|index|state)$|/(ddl_recovery|ddl_log|tc|aria_log[^/]*)[.]log$' |
    awk -v dir="$dir/" 'index($0, dir) == 1 ? /[.](log|err|csv|CSV)$/ : !/\/(ibdata[0-9]+|ib_logfile[0-9]+|undo[0-9]+|[^\/]*[.](ibd|frm|MYD|MYI|MAD|MAI|ibt))$/' | several log
  bins | grep -v 'relay[^/]*$' | several binary_log
  bins | grep 'relay[^/]*$' | several relay_log
  named key ssl_key ''
  named certificate ssl_cert ''
  named key_management file_key_management_filename ''
  named key_management_key file_key_management_filekey ''
}
journals() { # every log that is written or that a setting names
  printf '%s\n' "$outputs"
  for name in log_error slow_query_log_file log_slow_query_file general_log_file server_audit_file_path; do setting "$name" ''; done
  printf '%s\n' "$open" | grep -E '[.](log|err|csv|CSV)$' | grep -Ev '^/(dev|proc)/|/(ddl_recovery|ddl_log|tc|aria_log[^/]*)[.]log$'
  bins
}
apart() { # logs on the file system of the root directory
  system=$(stat -c %d -- "$root/")
  journals | sort -u | head -n 200 | while IFS= read -r path; do
    [ -n "$path" ] || continue
    case $(stat -L -c %d -- "$root$path" 2>&1) in
    "$system") say system_log "$path" ;;
    *'Permission denied') say hidden_log "$path" ;;
    esac
  done
  echo 'logs_seen'
}
bins() {
  printf '%s\n' "$open" | grep -E 'bin[.]([0-9]+|index)$'
  for name in log_bin log_bin_index relay_log relay_log_index; do
    base=$(setting "$name" '')
    base=${base%.index}
    [ -n "$base" ] || continue
    for path in "$root$base".[0-9]* "$root$base.index"; do
      [ -f "$path" ] && printf '%s\n' "${path#"$root"}"
    done
  done
  for path in "$root$dir"/*-bin.[0-9]* "$root$dir"/*-bin.index; do
    [ -f "$path" ] && printf '%s\n' "${path#"$root"}"
  done
}
server() {
  say version "$(grep -aom1 '[0-9][0-9]*[.][0-9]*[.][0-9]*-MariaDB' "/proc/$pid/exe" 2>/dev/null | head -n 1)"
  dir=$(readlink "/proc/$pid/cwd")
  [ -n "$dir" ] || dir=$(raw datadir)
  series=$(grep -aom1 '[0-9][0-9]*[.][0-9]*[.][0-9]*-MariaDB' "/proc/$pid/exe" 2>/dev/null | head -n 1 | sed 's/^\([0-9]*[.][0-9]*\).*/\1/')
  suffix=$(raw defaults-group-suffix)
  home=$(getent passwd "$uid" | cut -d : -f 6)
  only=$(raw defaults-file)
  extra=$(raw defaults-extra-file)
  settings=$(
    case "$nl$args$nl" in *"$nl--no-defaults$nl"*) set -- ;; *) set -- /etc/my.cnf /etc/mysql/my.cnf "$extra" "$home/.my.cnf" ;; esac
    [ -z "$only" ] || set -- "$only"
    for file; do [ -z "$file" ] || options "$file" 0; done
    given
  )
  printf '%s\n' "$settings" | head -n 500
  case $dir in '' | /) dir=$(setting datadir /var/lib/mysql) ;; esac
  say directory "$dir"
  listening
  look data "$dir"
  stored "$dir"
  printf '%s\n' "$settings" | sed -n 's/^conf\t//p' | while IFS= read -r path; do look config "$path"; done
  outputs=$(readlink "/proc/$pid/fd/1" "/proc/$pid/fd/2" | grep '^/' | grep -v '^/dev/' | sort -u)
  files
  apart
  plugins=$(setting plugin_dir '')
  set -- "$plugins"
  [ -n "$plugins" ] || set -- /usr/lib/mysql/plugin /usr/lib64/mysql/plugin /usr/lib64/mariadb/plugin "${exe%/*}/../lib/plugin"
  for plugins; do
    if [ -d "$root$plugins" ]; then look plugins "$plugins"; return; fi
  done
}
""".replace("@format@", stat.FORMAT)

PROBE: Final = Probe("database.mariadb", script(("mariadbd", "mysqld"), _SERVER), timeout=60, limit=LIMIT, cost=3)

_DEFAULT_PORT = 3306
_TRUE = frozenset({"", "1", "on", "true", "yes"})
_SHORTEST = 8


def own_cells(server: Server) -> Row:
    """Give the cells that only MariaDB has."""
    options = _options(server.lines("set"))
    closed = server.lines("closed")
    lost = _closed(server) if closed else None
    plugins = server.file("plugins")
    none: Gap | None = error("the directory of plug-ins is not where it usually lies")
    return {
        "port": port_of(server, _port(options, lost)),
        "config_files": server.lines("conf") or lost or ABSENT,
        "skip_grant_tables": _switch(options, "skip_grant_tables", lost),
        "allow_suspicious_udfs": _switch(options, "allow_suspicious_udfs", lost),
        "plugin_directory": plugins.path if plugins else none or ABSENT,
        "plugin_mode": mode_of(plugins, none),
        "plugin_owner": plugins.cells["owner"] if plugins else none or ABSENT,
        "system_logs": _system_logs(server),
    }


def _system_logs(server: Server) -> Cell:
    if not server.flag("logs_seen"):
        return error("on which file systems the logs lie was not told")
    hidden = server.lines("hidden_log")
    if hidden:
        return server.denied(f"{hidden[0]} may not be seen, so it is not known on which file system it lies")
    return server.hidden_files() or server.lines("system_log")


def data_directory(server: Server) -> str:
    """Give the data directory."""
    return server.word("directory").rstrip("/")


def version(server: Server) -> str:
    """Give the version in the running program."""
    return server.word("version").partition("-")[0]


def _options(lines: Sequence[str]) -> dict[str, str]:
    """Give the options in force: the last of each name counts."""
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition("=")
        found.pop(name, None)
        found[name] = value
    return found


def _closed(server: Server) -> Gap:
    path = server.lines("closed")[0]
    return server.denied(f"{path} may not be read, so not all options are known")


def _port(options: Mapping[str, str], lost: Gap | None) -> Cell:
    text = options.get("port", "")
    if lost:
        return lost
    if not text:
        return _DEFAULT_PORT
    return int(text) if text.isdigit() and len(text) < 6 else error("the port is not a number")


def _switch(options: Mapping[str, str], name: str, lost: Gap | None) -> Cell:
    """Tell whether a switch is on; its name may be abbreviated, and `skip-` before it turns it off."""
    on: bool | None = None
    for given, value in options.items():
        if len(given) >= _SHORTEST and name.startswith(given):
            on = value.lower() in _TRUE
        elif given in (f"skip_{name}", f"disable_{name}"):
            on = False
        elif given == f"enable_{name}":
            on = True
    return on if on else lost or False
