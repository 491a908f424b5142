"""The question about the packet filter: what the kernel holds, and the files that are loaded at boot."""

from __future__ import annotations

from scanner.collection.linux.sections import SHOW

ABSENT_MODULE = "absent"
"""Said of nf_tables when the kernel could have it as a module, and has not loaded it: then there are no rules of it."""

# Sets and maps of ports only: block lists with many addresses stay on the host.
_PORT_SETS = r"""
/^table / { table = $2 " " $3 }
/^\t(set|map) / { kind = $1; name = $2; ports = 0; inside = 0 }
/^\t\ttype inet_service( :|$)/ || /^\t\ttypeof (tcp|udp|th) dport( :|$)/ {
  ports = 1
  print kind " " table " " name
}
/^\t\telements = / { inside = ports }
inside { print; if (/}/) inside = 0 }
"""

# Asking nft would load the module; where the kernel has not loaded it there is nothing to ask for.
_RULES = r"""
run() { # tag, command and words: what it says on both streams, each line after a blank, then its status
  printf '@%s\n' "$1"
  shift
  said=$("$@" 2>&1)
  status=$?
  printf '%s\n' "$said" | sed 's/, "handle": [0-9]*//g; s/{"packets": [0-9]*, "bytes": [0-9]*}/null/g; s/^/ /'
  printf '<%s\n' "$status"
}
module=unsure
if [ -r /proc/modules ]; then
  builtin=/lib/modules/$(uname -r)/modules.builtin
  if grep -q '^nf_tables ' /proc/modules; then
    module=loaded
  elif [ -r "$builtin" ] && ! grep -q '/nf_tables\.ko' "$builtin"; then
    module=absent
  fi
fi
printf 'nf_tables %s\n' "$module"
if [ "$module" != absent ]; then
  if command -v nft >/dev/null; then
    run nft nft -j -t list ruleset
    sets() { nft list sets && nft list maps; }
    ports() {
      said=$(sets 2>/dev/null) || return 1
      printf '%s\n' "$said" | awk '@sets@'
    }
    run ports ports
  else
    echo 'missing nft'
  fi
  for version in '' 6; do
    if command -v "ip${version}tables-nft-save" >/dev/null; then
      run "ip${version}tables-nft" "ip${version}tables-nft-save"
    fi
  done
fi
for version in '' 6; do
  names=/proc/net/ip${version}_tables_names
  if [ ! -r /proc/net/dev ]; then
    printf 'unsure %s\n' "$names"
  elif [ -e "$names" ]; then
    if ! tables=$(cat "$names" 2>/dev/null); then
      printf 'closed %s\n' "$names"
    elif [ -n "$tables" ]; then
      if command -v "ip${version}tables-legacy-save" >/dev/null; then
        run "ip${version}tables-legacy" "ip${version}tables-legacy-save"
      else
        # Where there is one program only it may be of either kind.
        case $("ip${version}tables-save" -V 2>/dev/null) in
        *legacy*) run "ip${version}tables-legacy" "ip${version}tables-save" ;;
        *) printf 'missing %s\n' "ip${version}tables-legacy-save" ;;
        esac
      fi
    fi
  fi
done
""".replace("@sets@", _PORT_SETS)

_FILES = r"""
ipv6=off
for file in /proc/sys/net/ipv6/conf/*/disable_ipv6; do
  [ -e "$file" ] || continue
  if ! value=$(cat "$file" 2>/dev/null); then
    ipv6=unsure
    break
  fi
  [ "$value" = 1 ] || ipv6=on
done
[ -d /proc/sys/net ] || ipv6=unsure
printf 'ipv6 %s\n' "$ipv6"
show /etc/ufw/ufw.conf
show /etc/default/ufw
follow() { # file, depth: shows it and what it includes
  show "$1"
  if [ "$2" -lt 8 ] && [ -r "$1" ]; then
    sed -n 's/^[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1" | while IFS= read -r pattern; do
      case $pattern in /*) ;; *) pattern=/etc/$pattern ;; esac
      case ${pattern##*/} in *[*?[]*) [ -r "${pattern%/*}" ] || [ ! -e "${pattern%/*}" ] || printf '!%s\n' "${pattern%/*}" ;; esac
      (
        IFS=
        for file in $pattern; do
          follow "$file" $(($2 + 1))
        done
      )
    done
  fi
}
main=$(systemctl show --property=ExecStart nftables.service 2>/dev/null | sed -n 's/.* -f \([^ ;]*\).*/\1/p' | tail -n 1)
: "${main:=/etc/nftables.conf}"
printf 'main %s\n' "$main"
follow "$main" 0
"""

SCRIPT = SHOW + _RULES + _FILES
