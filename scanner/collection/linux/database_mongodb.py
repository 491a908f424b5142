"""The probe that asks a host for its MongoDB servers, and how one is read."""

from __future__ import annotations

from typing import Final

from scanner.collection.linux import stat
from scanner.collection.linux.database_read import Server, port_of
from scanner.collection.linux.database_script import LIMIT, script
from scanner.collection.linux.probe import Probe
from scanner.model.evidence import ABSENT, Cell, Gap, Row, error

_WANTED = (
    "storage.dbPath net.port net.bindIp security.keyFile security.encryptionKeyFile systemLog.path "
    "net.tls.certificateKeyFile net.tls.clusterFile net.tls.CAFile net.ssl.PEMKeyFile net.ssl.clusterFile net.ssl.CAFile"
)

# The configuration is YAML in blocks; where it is written in braces it is told to be odd.
_SERVER = r"""
config() { # file: the wanted options, with their full names
  awk -v wanted=" @wanted@ " '
    /^[ ]*(#|$)/ || /^---/ || /^%/ { next }
    {
      match($0, /^ */); indent = RLENGTH; line = substr($0, indent + 1)
      while (depth && indent <= at[depth]) depth--
      if (!match(line, /^["\047]?[A-Za-z0-9_.]+["\047]?[ ]*:([ \t]|$)/)) { if (line ~ /^[{]/) print "odd\tconfig"; next }
      name = substr(line, 1, RLENGTH); value = substr(line, RLENGTH + 1)
      sub(/[ ]*:[ \t]*$/, "", name); gsub(/["\047]/, "", name)
      sub(/^[ \t]+/, "", value)
      if (value ~ /^["\047]/) { quote = substr(value, 1, 1); value = substr(value, 2); sub(quote ".*$", "", value) }
      else { sub(/(^|[ \t])#.*$/, "", value); sub(/[ \t\r]+$/, "", value) }
      full = name
      for (i = depth; i; i--) full = path[i] "." full
      depth++; at[depth] = indent; path[depth] = name
      if (value ~ /^[{&*!|>]/) print "odd\tconfig"
      else if (value != "" && index(wanted, " " full " ")) print "set\t" full "=" value
    }' "$root$1"
}
given() { # names: what the command line gives the first of them
  printf '%s\n' "$args" | awk -v names=" $* " '
    wait { print; exit }
    /^-/ {
      word = $0; sub(/^--?/, "", word); place = index(word, "=")
      name = place ? substr(word, 1, place - 1) : word
      if (!index(names, " " name " ")) next
      if (place) { print substr(word, place + 1); exit }
      wait = 1
    }'
}
setting() { # full name, names on the command line
  full=$1; shift
  value=$(given "$@")
  [ -n "$value" ] || value=$(printf '%s\n' "$settings" | awk -v start="set	$full=" 'index($0, start) == 1 { value = substr($0, length(start) + 1) } END { print value }')
  printf '%s\n' "$value"
}
named() { # kind, full name, names on the command line
  kind=$1; shift
  path=$(setting "$@")
  case $path in '') ;; /*) look "$kind" "$path" ;; *) printf 'odd\t%s\n' "$kind" ;; esac
}
server() {
  file=$(given config f)
  settings=
  if [ -n "$file" ]; then
    say config "$file"
    look config "$file"
    if [ -r "$root$file" ]; then settings=$(config "$file"); else printf 'closed\t%s\n' "$file"; fi
  fi
  printf '%s\n' "$settings" | head -n 100
  dir=$(printf '%s\n' "$open" | sed -n 's#/mongod\.lock$##p' | head -n 1)
  [ -n "$dir" ] || dir=$(setting storage.dbPath dbpath)
  case $settings in *odd*) ;; *)
    if [ -z "$dir" ] && { [ -z "$file" ] || [ -r "$root$file" ]; }; then dir=/data/db; fi
    ;;
  esac
  say directory "$dir"
  say port "$(setting net.port port)"
  listening
  [ -z "$dir" ] || { look data "$dir"; stored "$dir"; }
  [ -z "$dir" ] || find "$root$dir/" -maxdepth 1 -type f -name '*.wt' -exec stat -c '@format@	%n' -- '{}' + 2>&1 | modes data_file
  named log systemLog.path logpath
  named key_file security.keyFile keyFile
  named key net.tls.certificateKeyFile tlsCertificateKeyFile
  named key net.ssl.PEMKeyFile sslPEMKeyFile
  named key net.tls.clusterFile tlsClusterFile
  named key net.ssl.clusterFile sslClusterFile
  named authority net.tls.CAFile tlsCAFile
  named authority net.ssl.CAFile sslCAFile
  named key_management_key security.encryptionKeyFile encryptionKeyFile
}
""".replace("@wanted@", _WANTED).replace("@format@", stat.FORMAT)

PROBE: Final = Probe("database.mongodb", script(("mongod",), _SERVER), timeout=60, limit=LIMIT, cost=3)

_DEFAULT_PORT = 27017


def own_cells(server: Server) -> Row:
    """Give the cells that only MongoDB has."""
    config = server.file("config")
    lost: Gap | None = None
    if server.flag("closed"):
        lost = server.denied(f"{server.word('closed')} may not be read, so not all options are known")
    elif "config" in server.lines("odd"):
        lost = error(f"{server.word('config')} is written in a form of YAML that is not followed")
    port = server.word("port")
    default: Cell = lost or _DEFAULT_PORT
    return {
        "port": port_of(server, int(port) if port.isdigit() and len(port) < 6 else default),
        "config_file": server.word("config") or ABSENT,
        "config_mode": config.cells["mode"] if config else ABSENT,
    }


def data_directory(server: Server) -> str:
    """Give the directory of the data files."""
    return server.word("directory").rstrip("/")
