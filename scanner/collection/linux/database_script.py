"""Shell text that finds database servers among the processes and says how each one runs; all servers share it."""

from __future__ import annotations

from typing import Final

from scanner.collection.linux import stat

# `instance` opens a server, every further line belongs to it; `done` closes it, so that a cut one is seen.
# `root` leads to the file system of a server in a container. It is empty for others, whose links must not
# be resolved below /proc.
_COMMON = r"""
nl='
'
say() { # key, value
  case $2 in
  *"$nl"*) printf 'odd\t%s\n' "$1" ;;
  *) printf '%s\t%s\n' "$1" "$2" ;;
  esac
}
look() { # kind, path as the server sees it
  case $2 in *"$nl"*) printf 'odd\t%s\n' "$1"; return ;; esac
  if told=$(stat -L -c '@format@' -- "$root$2" 2>&1); then
    printf 'file\t%s\t%s\t%s\n' "$1" "$told" "$2"
  else
    case $told in
    *'Permission denied') printf 'denied\t%s\t%s\n' "$1" "$2" ;;
    *'No such file or directory' | *'Not a directory') printf 'missing\t%s\t%s\n' "$1" "$2" ;;
    *) printf 'failed\t%s\t%s\n' "$1" "$2" ;;
    esac
  fi
}
modes() { # kind; names with their stat on standard input: one for each mode and owner is told
  awk -F '\t' -v OFS='\t' -v kind="$1" -v root="$root" '
    NF != 8 { print (/Permission denied/ ? "denied" : "failed"), kind, ""; next }
    !told[$1, $2, $3]++ && ++number <= 50 {
      if (root != "" && index($8, root) == 1) $8 = substr($8, length(root) + 1)
      print "file", kind, $0
    }
    number > 50 { print "failed", kind, ""; exit }'
}
mains() { # names between blanks: pid, parent, uid and umask of processes that none of these names started
  cat /proc/[0-9]*/status 2>/dev/null | awk -v names="$1" -F '\t' '
    $1 == "Name:" { name = $2; umask = "-" }
    $1 == "Umask:" { umask = $2 }
    $1 == "State:" { state = substr($2, 1, 1) }
    $1 == "Pid:" { pid = $2 }
    $1 == "PPid:" { parent = $2 }
    $1 == "Uid:" && state != "Z" && index(names, " " name " ") { known[pid] = parent " " $3 " " umask }
    END { for (pid in known) { split(known[pid], part, " "); if (!(part[1] in known)) print pid, known[pid] } }' | sort -n
}
reduced() { # arguments, a line each: what may be a secret is cut
  awk '
    cut { cut = 0; print "***"; next }
    { small = tolower($0) }
    match(small, /(passw|secret|passphrase|conninfo|pwd)[a-z0-9_.-]*=/) { print substr($0, 1, RSTART + RLENGTH - 1) "***"; next }
    small ~ /^--?[a-z_.-]*(passw|secret|passphrase|pwd)[a-z_.-]*$/ { cut = 1 }
    { print }'
}
pulled() { # unit: its state and sandbox, then the states of what wants it
  told=$(systemctl show --no-pager --property=Id,LoadState,UnitFileState,WantedBy,RequiredBy,UpheldBy,NoNewPrivileges,ProtectSystem,ProtectHome,PrivateTmp,PrivateDevices,ProtectKernelTunables,ProtectKernelModules,ProtectControlGroups,RestrictNamespaces,RestrictSUIDSGID,MemoryDenyWriteExecute -- "$1") || return
  printf '%s\n' "$told" | sed 's/^/unit\t/'
  set -f
  # shellcheck disable=SC2046 # names of units are split into words
  set -- $(printf '%s\n' "$told" | sed -n -e 's/^WantedBy=//p' -e 's/^RequiredBy=//p' -e 's/^UpheldBy=//p')
  set +f
  [ "$#" -eq 0 ] || systemctl show --no-pager --property=Id,UnitFileState -- "$@" | sed 's/^/puller\t/'
}
owner() { # program: the package that it is of, and who offers that package
  command -v dpkg-query >/dev/null || { echo 'nodpkg'; return; }
  package=$(dpkg-query -S "$1" 2>/dev/null | sed -n 's/^\([a-z0-9][a-z0-9+.-]*\)[:,].*/\1/p' | head -n 1)
  say package "$package"
  [ -n "$package" ] || return
  say package_version "$(dpkg-query -W -f='${Version}' -- "$package" 2>/dev/null)"
  command -v apt-cache >/dev/null || return
  set -- sh -c "apt-cache policy; echo --; apt-cache policy $package"
  # As root apt would write its cache anew.
  if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"; fi
  "$@" 2>/dev/null | sed 's/^/apt\t/'
}
process() { # pid, parent, uid, umask: what all servers have in common
  pid=$1 uid=$3
  printf 'instance\t%s\n' "$pid"
  say uid "$uid"
  say umask "$4"
  say user "$(getent passwd "$uid" | cut -d : -f 1)"
  case $(tr '\0' ' ' <"/proc/$2/cmdline" 2>/dev/null) in *patroni*) echo 'patroni' ;; esac
  root=
  case $(stat -L -c %d:%i "/proc/$pid/root/" 2>/dev/null) in
  "$(stat -c %d:%i /)") say container no ;;
  ?*) say container yes; root=/proc/$pid/root ;;
  esac
  exe=$(readlink "/proc/$pid/exe")
  case $exe in *' (deleted)') exe=${exe%' (deleted)'}; echo 'replaced' ;; esac
  say exe "$exe"
  args=$(tr '\0' '\n' <"/proc/$pid/cmdline")
  printf '%s\n' "$args" | reduced | head -n 200 | sed 's/^/arg\t/'
  say confined "$(tr -d '\0' <"/proc/$pid/attr/current" 2>/dev/null)"
  sed 's/^/limit\t/' "/proc/$pid/limits"
  if [ -d /run/systemd/system ]; then
    echo 'systemd'
    unit=$(sed -n -e '\#/user\.slice/#d' -e 's#^0:.*\.slice/\([^/]*\.service\)$#\1#p' -e 's#^0:.*\.slice/\([^/]*\.service\)/.*#\1#p' \
      -e 's#^[0-9]*:name=systemd:.*\.slice/\([^/]*\.service\)$#\1#p' "/proc/$pid/cgroup" | head -n 1)
    say service "$unit"
    [ -z "$unit" ] || pulled "$unit"
  fi
  [ -z "$exe" ] || [ -n "$root" ] || owner "$exe"
  if [ -r "/proc/$pid/fd" ]; then
    open=$(readlink "/proc/$pid/fd/"* | grep '^/' | sort -u)
  else
    open=
    echo 'nofds'
  fi
}
listening() { # ports of TCP that the process listens on, which a socket unit may have opened for it
  found=$(readlink "/proc/$pid/fd/"* | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')
  [ -n "$found" ] || return
  cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null | awk -v sockets="$found" '
    BEGIN { number = split(sockets, each, " "); for (i = 1; i <= number; i++) own[each[i]] }
    $4 == "0A" && ($10 in own) { number = split($2, part, ":"); print part[number] }' | sort -u | head -n 20 |
    while read -r port; do printf 'listens\t%d\n' "0x$port"; done
}
stored() { # data directory: its device, as the mounts of the server tell it
  if [ -n "$root" ]; then say real "$1"; else say real "$(readlink -f -- "$1")"; fi
  { cat "/proc/$pid/mountinfo" 2>/dev/null || cat /proc/self/mountinfo; } | sed 's/^/mount\t/'
}
datasets() { # zfs says itself what it encrypts
  if command -v zfs >/dev/null; then zfs get -H -o name,value -t filesystem,volume encryption 2>/dev/null | sed 's/^/zfs\t/'; fi
}
blocks() { # a line per block device: name, number, uuid of the device mapper, place among the devices, maker, what it lies on
  for place in /sys/class/block/*; do
    case ${place##*/} in loop* | ram* | '*') continue ;; esac
    number='' uuid='' maker='' below=''
    { read -r number <"$place/dev"; } 2>/dev/null
    { read -r uuid <"$place/dm/uuid"; } 2>/dev/null
    link=$(readlink -f "$place")
    for file in "$place/device/vendor" "$place/device/model" "${link%/*}/device/vendor" "${link%/*}/device/model"; do
      word=''
      { read -r word <"$file"; } 2>/dev/null
      maker="$maker$word "
    done
    for slave in "$place/slaves/"*; do
      [ -e "$slave" ] && below="$below${slave##*/} "
    done
    printf 'block\t%s\t%s\t%s\t%s\t%s\t%s\n' "${place##*/}" "$number" "$uuid" "$link" "$maker" "$below"
  done
}
""".replace("@format@", stat.FORMAT)

_MAIN = r"""
if [ ! -r /proc/1/status ]; then echo 'hidden'; fi
number=0
mains "@names@" | while read -r found parent uid umask; do
  process "$found" "$parent" "$uid" "$umask"
  server
  echo 'done'
  number=$((number + 1))
  if [ "$number" -ge 20 ]; then echo 'many'; break; fi
done
@after@
case $(mains "@names@" | head -n 1)@also@ in
?*) blocks; datasets ;;
esac
echo 'end'
"""


def script(names: tuple[str, ...], server: str, after: str = "", also: str = "") -> str:
    """Give the probe for servers of these process names.

    `server` defines what the shell function of that name asks of each; `after` comes when all are asked; devices are told too
    where the shell word `also` is not empty.
    """
    main = _MAIN.replace("@names@", f" {' '.join(names)} ").replace("@after@", after).replace("@also@", also)
    return _COMMON + server + main


LIMIT: Final = 4 * 2**20
"""Of a probe's output: some servers, each with its mounts."""
