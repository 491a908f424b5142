"""The shell text that shows startup files of shells and other places that give a session its umask and its PATH.

What could be a secret stays on the host: of the files' words only names of variables, options, short numbers, paths
and a few known words are printed, all else as `_`. The files are read, never run.
"""

from __future__ import annotations

from scanner.collection.linux import stat
from scanner.collection.linux.probe import Probe

# Of a file: `>PATH`, the lines as `=LINE`, then `.` or `!WHY`. Besides: `H` root's home, `S` root's shell,
# `G1` when pam_umask obeys USERGROUPS_ENAB of login.defs.
_SHOW = r"""newline='
'
show() { # path, awk program
  printf '>%s\n' "$1"
  exec 3>&1
  if said=$( { awk "$2" <"$1"; } 2>&1 >&3 ); then
    echo .
  else
    printf '!%s\n' "$said" | tr '\n' ' '
    echo
  fi
}
closed() {
  if [ -d "$1" ] && { [ ! -r "$1" ] || [ ! -x "$1" ]; }; then
    printf '>%s\n!Permission denied\n' "$1"
  fi
}
home=$(awk -F: '$3 == "0" { print $6; exit }' </etc/passwd)
printf 'H%s\n' "$home"
awk -F: '$3 == "0" { print "S" $7; exit }' </etc/passwd
for module in /usr/lib/*/security/pam_umask.so /usr/lib/security/pam_umask.so /lib/security/pam_umask.so; do
  if grep -q USERGROUPS_ENAB "$module" 2>/dev/null; then echo G1; break; fi
done
"""

_REDUCE = r"""
function known(word, before, after) {
  if (word ~ /^(umask|TMOUT|PATH|HOME|if|then|else|elif|fi|case|esac|in|for|while|until|select|do|done|function|return|exit|source|eval|trap|alias|builtin|command|unset|export|readonly|declare|typeset|local|test|time|id|root|USER|LOGNAME|UID|EUID|PS1|BASH|BASH_VERSION|[ugoa]*[-+]?[rwxXst]*)$/) return 1
  if (word ~ /^[0-9]+$/) return length(word) < 6
  if (word ~ /^\/\// || length(word) > 120) return 0
  if (word ~ "^[/~.]" || word ~ /^[\\$@?#%+-]*$/ || word ~ /^-[A-Za-z][A-Za-z]?[A-Za-z]?$/ || word ~ /^\$[A-Za-z_0-9]*(\/.*)?$/) return 1
  if (word ~ /^[-+]\$[A-Za-z_0-9]*$/) return 1
  return (after == "=" || before == "{" || after == "+") && word ~ /^[A-Za-z_][A-Za-z_0-9]*([#%:+-].*)?$/
}
function reduced(line,    out, word, before) {
  out = ""
  while (match(line, /[^][ \t;&|()<>`"\047=:,{}!*]+/)) {
    word = substr(line, RSTART, RLENGTH)
    before = RSTART > 1 ? substr(line, RSTART - 1, 1) : substr(out, length(out), 1)
    if (word ~ /^#/ && (before == "" || before ~ /[ \t;]/)) return out substr(line, 1, RSTART - 1)
    out = out substr(line, 1, RSTART - 1) (known(word, before, substr(line, RSTART + RLENGTH, 1)) ? word : "_")
    line = substr(line, RSTART + RLENGTH)
  }
  return out line
}
NR > 5000 { exit 9 }
ending != "" {
  word = $0
  gsub(/^\t+|\r/, "", word)
  if (word == ending) ending = ""
  print "="
  next
}
{
  line = $0
  if (line !~ /^[ \t]*#/ && match(line, /<[<]-?[ \t]*["\047\\]?[A-Za-z_][A-Za-z_0-9]*["\047]?/)) {
    ending = substr(line, RSTART, RLENGTH)
    gsub(/[^A-Za-z_0-9]/, "", ending)
    line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
  }
  print "=" reduced(line)
}
"""

_FILES = r"""seen=
left=80
queue=/etc/profile$newline/etc/bash.bashrc
closed /etc/profile.d
for file in /etc/profile.d/*.sh; do
  case $file in *"$newline"*) printf '>/etc/profile.d\n!a newline stands in the name of a file here\n' ;;
  *) [ -e "$file" ] && queue=$queue$newline$file ;;
  esac
done
closed "$home"
for name in .profile .bash_profile .bash_login .bashrc; do
  queue=$queue$newline$home/$name
done
while [ -n "$queue" ] && [ "$left" -gt 0 ]; do
  path=${queue%%"$newline"*}
  case $queue in *"$newline"*) queue=${queue#*"$newline"} ;; *) queue= ;; esac
  case $newline$seen$newline in *"$newline$path$newline"*) continue ;; esac
  seen=$seen$newline$path
  left=$((left - 1))
  show "$path" "$reduce"
  [ -f "$path" ] && [ -r "$path" ] || continue
  more=$(awk -v home="$home" '{
    while (match($0, /(^|[ \t;&|])(\.|source)[ \t]+["\047]?[~\/$][^ \t;&|"\047]*/)) {
      word = substr($0, RSTART, RLENGTH)
      $0 = substr($0, RSTART + RLENGTH)
      sub(/^[ \t;&|]*(\.|source)[ \t]+["\047]?/, "", word)
      sub(/^(~|\$HOME|\$[{]HOME[}])\//, home "/", word)
      if (word ~ /^\// && word !~ /[$`*?]/ && word !~ /^\/usr\/(share|lib)\//) print word
    }
  }' <"$path" 2>/dev/null)
  [ -z "$more" ] || queue=$queue$newline$more
done
show /etc/environment '/^[ \t]*(export[ \t]+)?PATH=/ { print "=" $0; next } { print "=" }'
show /etc/security/pam_env.conf '/^[ \t]*PATH[ \t]/ { print "=" $0; next } { print "=" }'
show /etc/default/login '/^[ \t]*UMASK=/ { print "=" $0; next } { print "=" }'
show /etc/login.defs '/^[ \t]*(UMASK|USERGROUPS_ENAB|ENV_SUPATH)[ \t]/ { print "=" $0; next } { print "=" }'
closed /etc/pam.d
for file in /etc/pam.d/*; do
  case $file in *"$newline"*) continue ;; esac
  [ -f "$file" ] && show "$file" '/pam_umask/ && !/^[ \t]*#/ { print "=" $0; next } { print "=" }'
done
echo E
"""

FILES = Probe("shell.files", f"{_SHOW}reduce='{_REDUCE}'\n{_FILES}", timeout=30, limit=2 * 2**20, cost=1)

# Each directory that a PATH may name: `d` with its stat, `m` missing, `c` hidden; sudoers too, for its secure_path.
PLACES = Probe(
    "shell.places",
    _SHOW.partition("home=")[0]
    + r"""home=$(awk -F: '$3 == "0" { print $6; exit }' </etc/passwd)
for file in /etc/environment /etc/login.defs /etc/profile /etc/bash.bashrc /etc/profile.d/*.sh /etc/sudoers /etc/sudoers.d/* \
  "$home/.profile" "$home/.bash_profile" "$home/.bash_login" "$home/.bashrc"; do
  [ -f "$file" ] && [ -r "$file" ] && cat "$file"
done 2>/dev/null |
awk -v home="$home" '/PATH|path|^[ \t]*[A-Za-z_]+=["\047]?[\/~$]/ && !/^[ \t]*#/ {
  gsub(/\$HOME|\$[{]HOME[}]/, home)
  for (name in value) gsub("[$][{]?" name "[}]?", value[name])
  if (match($0, /^[ \t]*[A-Za-z_]+=["\047]?\/[A-Za-z0-9_.\/-]+["\047]?[ \t]*$/)) {
    name = $0
    gsub(/^[ \t]+|=.*/, "", name)
    text = $0
    gsub(/^[^=]*=|["\047 \t]/, "", text)
    if (name != "PATH" && names++ < 50) value[name] = text
  }
  count = split($0, part, /[ \t:;"\047=,{}&|()]+/)
  for (place = 1; place <= count; place++) {
    word = part[place]
    sub(/^~\//, home "/", word)
    if (word ~ /^\// && length(word) < 300 && !(word in seen) && number++ < 300) { seen[word] = 1; print word }
  }
}' |
while IFS= read -r path; do
  if said=$(stat -L -c '@format@' -- "$path" 2>&1); then
    printf 'd%s\t%s\n' "$said" "$path"
  else
    case $said in *'Permission denied') printf 'c%s\n' "$path" ;; *) printf 'm%s\n' "$path" ;; esac
  fi
done
echo E""".replace("@format@", stat.FORMAT),
    timeout=30,
    limit=2**18,
    cost=1,
)
