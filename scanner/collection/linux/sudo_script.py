"""The shell text that shows the sudoers files with everything they include, and asks sudo what it is."""

from __future__ import annotations

from scanner.collection.linux.probe import Probe

# Of a path: `>PATH`, `S` with kind, mode and ids, the lines as `=LINE` or the names in a directory as `e NAME`,
# then `.` for the whole, or `!WHY`. `includes` finds what a file includes; the reader decides what counts.
_FILES = r"""newline='
'
host=$(uname -n)
host=${host%%.*}
export host directory
printf 'H%s\n' "$host"
if command -v sudo >/dev/null; then echo I1; else echo I0; fi
for library in /usr/lib/libsss_sudo.so /usr/lib64/libsss_sudo.so /usr/lib/*/libsss_sudo.so; do
  if [ -e "$library" ]; then echo Lsss; break; fi
done
begin() {
  printf '>%s\n' "$1"
  if said=$(stat -L -c '%F:%a:%u:%g' -- "$1" 2>&1); then
    printf 'S%s\n' "$said"
  else
    printf '!%s\n' "$said" | tr '\n' ' '
    echo
    return 1
  fi
}
lines() { # path, awk that leaves lines out
  begin "$1" || return
  exec 3>&1
  if said=$( { awk "$2"'{ print "=" $0 }' <"$1"; } 2>&1 >&3 ); then
    echo .
  else
    printf '!%s\n' "$said" | tr '\n' ' '
    echo
  fi
}
names() {
  begin "$1" || return
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then echo '!Permission denied'; return; fi
  for file in "$1"/*; do
    case ${file##*/} in
    *.* | *'~' | '*') continue ;;
    *"$newline"*) echo '!a newline stands in the name of a file here'; return ;;
    esac
    if [ -f "$file" ]; then
      printf 'e%s\n' "${file##*/}"
      queue=$queue$newline$1/${file##*/}
    fi
  done
  echo .
}
includes() {
  directory=${1%/*}
  awk '/^[ \t]*[@#]include(dir)?[ \t]/ {
    sub(/^[ \t]*[@#]include(dir)?[ \t]+/, "")
    if (substr($0, 1, 1) == "\"") {
      $0 = substr($0, 2)
      sub(/".*/, "")
    } else {
      gsub(/\\[ \t]/, "\001")
      sub(/[ \t\r].*/, "")
      gsub(/\001/, " ")
    }
    gsub(/\\/, "")
    gsub(/%h/, ENVIRON["host"])
    if ($0 != "") print ($0 ~ /^\// ? "" : ENVIRON["directory"] "/") $0
  }' <"$1" 2>/dev/null
}
comments='/^[ \t]*(#|$)/ { next } '
lines /etc/nsswitch.conf "$comments"
lines /etc/sudo.conf "$comments"
queue=/etc/sudoers
seen=
left=500
while [ -n "$queue" ] && [ "$left" -gt 0 ]; do
  path=${queue%%"$newline"*}
  case $queue in *"$newline"*) queue=${queue#*"$newline"} ;; *) queue= ;; esac
  case $path in '') continue ;; esac
  case $newline$seen$newline in *"$newline$path$newline"*) continue ;; esac
  seen=$seen$newline$path
  left=$((left - 1))
  if [ -d "$path" ]; then
    names "$path"
  else
    lines "$path" ''
    if [ -f "$path" ] && [ -r "$path" ]; then
      more=$(includes "$path")
      [ -z "$more" ] || queue=$queue$newline$more
    fi
  fi
done
echo E
"""

FILES = Probe("sudo.files", _FILES, timeout=30, limit=2**19, cost=1)

VERSION = Probe(
    "sudo.version",
    r"""command -v sudo >/dev/null || exit 0
sudo -V 2>/dev/null | grep -E '^(Sudo version|sudo-rs|Configure options:|Sudoers path:|Authentication timestamp timeout:|Path to log file:|Always run commands in a pseudo-tty|Require users to authenticate by default)'
exit 0""",
    timeout=15,
    limit=2**16,
    cost=2,
)
