"""The shell text that asks sshd for its effective configuration, globally and for every Match block.

A Match block is evaluated where it applies for certain: the configuration with its Include files written out goes
to `sshd -T` over standard input, with `Match all` in place of the block's criteria. So no user, group or address has
to be made up, no block is out of reach, and one that earlier blocks would hide for some connections shows what it sets.
Two comparisons guard the reading: what is written out must give the same global configuration as the real files,
and sshd's own count of Match lines must be ours.
"""

from __future__ import annotations

# Tags each line: `M` a Match line with its number, `I` one pattern of an Include line, `=` any other line.
_SCAN = r"""
function words(text,    c, word, begun, quote) {
  while (text != "") {
    c = substr(text, 1, 1); text = substr(text, 2)
    if (c == "\\" && (quote == "" ? text ~ /^[ "\047\\]/ : text ~ /^["\047\\]/)) {
      word = word substr(text, 1, 1); text = substr(text, 2); begun = 1
    } else if (quote != "") {
      if (c == quote) quote = ""; else word = word c
    } else if (c == "\"" || c == "\047") {
      quote = c; begun = 1
    } else if (c ~ /[ \t]/) {
      if (begun) include(word)
      word = ""; begun = 0
    } else if (c == "#" && !begun) {
      return
    } else {
      word = word c; begun = 1
    }
  }
  if (begun) include(word)
}
function include(pattern) { print "I" (pattern ~ /^[\/~]/ ? pattern : "/etc/ssh/" pattern) }
{
  sub(/[ \t\r\f]+$/, "")
  text = $0
  sub(/^[ \t\r]+/, "", text)
  if (text ~ /^"/) {
    text = substr(text, 2)
    end = index(text, "\"")
    step = 1
  } else {
    end = match(text, /[ \t\r"=]/)
    step = 0
  }
  key = end ? substr(text, 1, end - 1) : text
  rest = end ? substr(text, end + step) : ""
  sub(/^[ \t\r]*=?[ \t\r]*/, "", rest)
  if (tolower(key) == "match") print "M" NR "\t" rest
  else if (tolower(key) == "include") words(rest)
  else print "=" $0
}
"""

# Writes one file again: lines outside of any Match first, then the blocks; with `pick`, that block applies to all.
# A Match line within an included file ends with that file, and needs the block around its Include to match too.
_WRITE = r"""
function around(level) { while (level > 0 && !own[level]) level--; return own[level] + 0 }
function bare(criteria) {
  sub(/[ \t]+#.*$/, "", criteria)
  return tolower(criteria) == "all" ? "" : criteria
}
function joined(outer, inner) {
  outer = bare(outer); inner = bare(inner)
  if (outer == "" && inner == "") return "all"
  return outer == "" ? inner : inner == "" ? outer : outer " " inner
}
function write(block, line) {
  if (block != last) { kept[++count] = ""; header[count] = block; last = block }
  kept[++count] = line
}
/^</ { own[++depth] = 0 }
/^>/ { own[depth--] = 0 }
/^M/ {
  tab = index($0, "\t")
  place[++blocks] = substr($0, 2, tab - 2)
  criteria[blocks] = substr($0, tab + 1)
  outer[blocks] = depth ? around(depth - 1) : 0
  if (outer[blocks]) criteria[blocks] = joined(criteria[outer[blocks]], criteria[blocks])
  own[depth] = blocks
  kept[++count] = ""; header[count] = blocks; last = blocks
}
/^=/ {
  block = around(depth)
  if (block) write(block, substr($0, 2)); else if (!list) print substr($0, 2)
}
END {
  for (i = 1; list && i <= blocks; i++) {
    sub(/[ \t]+#.*$/, "", criteria[i])
    print "M" place[i] "\t" criteria[i]
  }
  for (block = pick; block; block = outer[block]) applies[block] = 1
  for (i = 1; !list && i <= count; i++) {
    block = header[i]
    if (!block) print kept[i]
    else if (!(block in applies)) print "Match " criteria[block]
    else print "Match all" (block == pick ? "\nX11DisplayOffset 64999" : "")
  }
}
"""

_TOOLS = r"""newline='
'
flatten() (
  [ "$2" -lt 17 ] || exit 0
  awk "$scan" <"$1" | while IFS= read -r line; do
    case $line in
    I*)
      IFS=
      for file in ${line#I}; do
        [ -e "$file" ] || continue
        echo '<'
        flatten "$file" $(($2 + 1))
        echo '>'
      done
      ;;
    M*) printf 'M%s:%s\n' "$1" "${line#M}" ;;
    *) printf '%s\n' "$line" ;;
    esac
  done
)
written() { printf '%s\n' "$flat" | awk "$@" "$write"; }
failed() { printf '!%s\n' "$(printf '%s' "$1" | tail -c 600 | tr '\r\n' '  ')"; }
shown() { printf '%s\n' "$1" | sed 's/^/=/'; echo .; }
"""

# Some versions take a blank connection for one without a port and refuse; 65535 is hardly one that Match names.
# Where its directory in /run is missing, sshd started as root refuses even to test; as nobody it does not ask for it,
# and reading the host keys is the only privilege that it is left with.
_JUDGE = r"""
lower() {
  for right in +dac_read_search +dac_override; do
    low="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=$right --ambient-caps=$right"
    $low true 2>/dev/null && return
  done
  low=
}
ask() { $low "$sshd" -T $spec "$@"; }
judge() { # options of a daemon, one per line
  case $seen in *"|$1|"*) return ;; esac
  seen="$seen|$1|"
  set -f; IFS=$newline
  set -- $1
  set +f; unset IFS
  printf 'D%s\n' "$*"
  for attempt in 1 2 3; do
    printed=$(ask "$@" 2>/dev/null) && break
    said=$(ask "$@" 2>&1 >/dev/null)
    case $attempt$said in
    [12]*'rivilege separation directory'*) lower ;;
    [12]*"'lport' not in connection test"*) spec='-C lport=65535' ;;
    *)
      failed "$said"
      return
      ;;
    esac
  done
  shown "$printed"
  debug=$(ask -ddd "$@" 2>&1 >/dev/null | tr -d '\r' | sed '/reprocess config/q')
  main=$(printf '%s\n' "$debug" | sed -n 's/^debug[0-9]: load_server_config: filename //p' | head -n 1)
  theirs=$(printf '%s\n' "$debug" | grep -c "checking syntax for 'Match")
  file=/etc/ssh/sshd_config
  for word; do
    shift
    [ "$last" = -f ] && file=$word
    [ "$last" = -f ] || [ "$word" = -f ] || set -- "$@" "$word"
    last=$word
  done
  last=
  flat=$(flatten "${main:-$file}" 0)
  blocks=$(written -v list=1)
  case $blocks in *[Ll][Oo][Cc][Aa][Ll][Pp][Oo][Rr][Tt]*) spec='-C lport=65535' ;; esac
  judge_blocks "$@"
}
judge_blocks() { # options without the file
  count=0
  [ -z "$blocks" ] || count=$(printf '%s\n' "$blocks" | wc -l)
  if [ -n "$main" ] && [ "$count" -ne "$theirs" ]; then
    echo "?sshd sees $theirs Match blocks, this reading of its files $((count))"
  fi
  [ "$count" -gt 0 ] || return
  if [ "$(written | ask -f /dev/stdin "$@" 2>/dev/null)" != "$printed" ]; then
    echo '?written out with its Include files, the configuration reads differently'
  fi
  number=0
  printf '%s\n' "$blocks" | while IFS= read -r block; do
    number=$((number + 1))
    printf '%s\n' "$block"
    if [ "$number" -gt 64 ]; then
      failed 'more than 64 Match blocks are not evaluated'
      continue
    fi
    printed=$(written -v pick="$number" | ask -f /dev/stdin "$@" 2>/dev/null) || {
      failed "$(written -v pick="$number" | ask -f /dev/stdin "$@" 2>&1 >/dev/null)"
      continue
    }
    case $printed in
    *"x11displayoffset 64999$newline"*) shown "$printed" ;;
    *) failed 'this sshd does not evaluate Match blocks without a connection' ;;
    esac
  done
}
"""

# Anybody can call a process sshd and have it show any words: those of root alone are believed, or we would run
# a stranger's program, or let sshd quote a line of a file that only root may read.
# A listener shows its command line as `sshd: WORDS [listener] …`, before it renames itself (or when old) as its words.
_FIND = r"""
options() { # words of a command line: those that bear on the configuration, one per line
  OPTIND=1
  while getopts :C:E:b:c:f:g:h:k:o:p:u:46DGQRTVdeiqrt option; do
    case $option in
    [bcfghkopu]) printf '%s\n' "-$option" "$OPTARG" ;;
    [46]) printf '%s\n' "-$option" ;;
    [?:]) printf '%s\n' "-$OPTARG" ;;
    esac
  done
  shift $((OPTIND - 1))
  [ $# -eq 0 ] || printf '%s\n' "$@"
}
split() { # separator, words: their options
  set -f; IFS=$1
  set -- $2
  set +f; unset IFS
  [ $# -gt 0 ] && shift
  options "$@"
}
of_root() { # directory in /proc: real, effective, saved and file system ids are all 0
  while read -r key ids; do
    [ "$key" = Uid: ] && break
  done <"$1/status"
  set -- $ids
  [ "$1$2$3$4" = 0000 ]
}
listener() { # directory in /proc: sets `found` to the options of the daemon
  { read -r comm <"$1/comm"; } 2>/dev/null || return
  [ "$comm" = sshd ] && [ "$1/root/" -ef / ] && of_root "$1" 2>/dev/null || return
  command=$(tr '\0' '\n' <"$1/cmdline") 2>/dev/null
  case $command in
  'sshd: '*' [listener]'*)
    command=${command#sshd: }
    found=$(split ' ' "${command%%' [listener]'*}")
    ;;
  'sshd: '* | '') return 1 ;;
  *) found=$(split "$newline" "$command") ;;
  esac
  program=$(readlink "$1/exe")
  [ "$program" -ef "$1/exe" ] && sshd=$program
  return 0
}
setting() { # variable, files: the value that the last of them gives it
  variable=$1
  shift
  cat "$@" 2>/dev/null | sed -n "s/^[[:space:]]*$variable=//p" | tail -n 1 | tr -d "\"'"
}
configured() { # the options with which the service would start
  for unit in ssh.service sshd.service; do
    start=$(systemctl show -p ExecStart --value "$unit" 2>/dev/null)
    case $start in *'argv[]='*) ;; *) continue ;; esac
    start=${start#*'argv[]='}
    files=$(systemctl show -p EnvironmentFiles --value "$unit" | sed 's/ (.*//')
    set -f
    words=
    for word in ${start%%' ;'*}; do
      case $word in '$'*) word=$(setting "$(printf %s "$word" | tr -d '${}')" $files) ;; esac
      words="$words $word"
    done
    set +f
    split ' ' "${words# }"
    return
  done
  split ' ' "sshd $(setting SSHD_OPTS /etc/default/ssh)"
}
"""

_MAIN = r"""
sshd=$(command -v sshd)
running=0 seen='' low='' spec='' last='' daemons=''
uid=$(id -u)
for process in /proc/[0-9]*; do
  if listener "$process"; then
    running=1
    daemons="$daemons$process "
  fi
done
if [ -z "$sshd" ] && [ "$running" = 0 ]; then
  echo A
elif [ "$uid" != 0 ]; then
  echo U
else
  systemctl is-active --quiet ssh.socket sshd.socket 2>/dev/null && running=1
  echo "R$running"
  for process in $daemons; do
    listener "$process" && judge "$found"
  done
  [ -n "$seen" ] || judge "$(configured)"
fi
exit 0
"""

SCRIPT = f"scan='{_SCAN}'\nwrite='{_WRITE}'\n{_TOOLS}{_JUDGE}{_FIND}{_MAIN}"
