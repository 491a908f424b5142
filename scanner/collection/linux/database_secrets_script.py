"""The shell text of the probes that look for open passwords of databases."""

from __future__ import annotations

from typing import Final

# Homes of all accounts, those of services too: that of postgres is the first place to look into.
_HOMES = r"""
nl='
'
tab='	'
homes() { # a line per home that may be looked into: account, home; others are told to be closed
  awk -F : 'NF == 7 && $6 ~ /^\// && !seen[$6]++ { print $1 "\t" $6 }' /etc/passwd | while IFS="$tab" read -r account home; do
    if [ -d "$home" ]; then
      if [ -r "$home" ] && [ -x "$home" ]; then printf '%s\t%s\n' "$account" "$home"; else printf 'closed\t%s\n' "$home" >&3; fi
    else
      case $(ls -dL -- "$home" 2>&1) in *'Permission denied') printf 'closed\t%s\n' "$home" >&3 ;; esac
    fi
  done
}
readable() { # file: told to be closed when it exists and may not be read
  case $1 in *"$nl"* | *"$tab"*) echo 'odd' >&3; return 1 ;; esac
  [ -f "$1" ] || return 1
  [ -r "$1" ] && return 0
  printf 'closed\t%s\n' "$1" >&3
  return 1
}
exec 3>&1
"""

HISTORIES: Final = (
    _HOMES
    + r"""
homes | while IFS="$tab" read -r account home; do
  for file in "$home"/.psql_history* "$home"/.mysql_history "$home"/.mariadb_history "$home"/.dbshell \
    "$home"/.mongodb/mongosh/mongosh_repl_history "$home"/.mongodb/mongosh/.mongosh_repl_history; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    case $file in *"$nl"* | *"$tab"*) echo 'odd'; continue ;; esac
    case ${file##*/} in .psql*) client=psql ;; .mysql* | .mariadb*) client=mysql ;; *) client=mongosh ;; esac
    if [ -L "$file" ]; then
      if [ "$(readlink -f "$file")" = /dev/null ]; then kept=never; else kept=kept; fi
    elif [ -f "$file" ]; then
      kept=kept
    else
      kept=never
    fi
    printf 'history\t%s\t%s\t%s\t%s\n' "$account" "$client" "$kept" "$file"
  done
  if [ -d "$home/.mongodb" ] && { [ ! -x "$home/.mongodb" ] || { [ -d "$home/.mongodb/mongosh" ] && [ ! -x "$home/.mongodb/mongosh" ]; }; }; then
    printf 'closed\t%s\n' "$home/.mongodb"
  fi
done
echo 'end'
"""
)

# An empty variable is no secret. Only names of variables are printed.
ENVIRONMENTS: Final = (
    _HOMES
    + r"""
[ -r /proc/1/status ] || echo 'hidden'
for name in PGPASSWORD MYSQL_PWD; do
  grep -lz "^$name=." /proc/[0-9]*/environ 2>&1 | while IFS= read -r file; do
    case $file in
    *'Permission denied' | *'Operation not permitted') echo 'hidden' ;;
    /proc/*/environ)
      place=${file%/environ}
      program=
      { IFS= read -r program <"$place/comm"; } 2>/dev/null
      account=$(stat -c %U "$place" 2>/dev/null)
      printf 'process\t%s\t%s\t%s\n' "$name" "$account" "$program"
      ;;
    esac
  done
done
startup() {
  for file in /etc/environment /etc/profile /etc/profile.d/* /etc/bash.bashrc /etc/bashrc /etc/zsh/* /etc/zshenv /etc/zprofile \
    /etc/zshrc /etc/csh.cshrc /etc/csh.login /etc/environment.d/* /etc/security/pam_env.conf /etc/default/postgresql* /etc/default/mysql* \
    /etc/default/mariadb* /etc/postgresql/*/*/environment; do
    if readable "$file"; then printf '%s\n' "$file"; fi
  done
  homes | while IFS="$tab" read -r account home; do
    for file in "$home"/.profile "$home"/.bash_profile "$home"/.bash_login "$home"/.bashrc "$home"/.bash_aliases "$home"/.bash_logout \
      "$home"/.zshenv "$home"/.zprofile "$home"/.zshrc "$home"/.zlogin "$home"/.kshrc "$home"/.cshrc "$home"/.tcshrc "$home"/.login \
      "$home"/.pam_environment "$home"/.config/fish/config.fish "$home"/.config/environment.d/*.conf "$home"/.ssh/environment; do
      if readable "$file"; then printf '%s\n' "$file"; fi
    done
  done
}
startup | while IFS= read -r file; do
  awk '
    /^[ \t]*#/ { next }
    /PGPASSWORD|MYSQL_PWD/ {
      for (i = 1; i <= 2; i++) {
        name = i == 1 ? "PGPASSWORD" : "MYSQL_PWD"
        if ($0 ~ "(^|[^A-Za-z0-9_$])" name "=[\"\047]?[^\"\047 \t;]" ||
            $0 ~ "setenv[ \t]+" name "[ \t]+[\"\047]?[^\"\047 \t]" ||
            $0 ~ "set[ \t]+-[A-Za-z]*[xgU][A-Za-z]*[ \t]+" name "[ \t]+[^ \t]" ||
            $0 ~ "^[ \t]*" name "([ \t]*=[ \t]*|[ \t]+(DEFAULT|OVERRIDE)=)[\"\047]?[^\"\047 \t]")
          print "profile\t" name "\t" FNR "\t" FILENAME
      }
    }' "$file"
done
echo 'end'
"""
)

# `judge` is given a command as one line. An argument that is this very script is left out.
COMMAND_LINES: Final = (
    _HOMES
    + r"""
judge='
function told(engine, form) { if (!seen[engine, form]++) print engine "\t" form }
function judge(line,   pg, my, mo) {
  pg = line ~ /(^|[\/ ;&|("\047])(psql|pg_[a-z]+|pgbench|postgres|createdb|createuser|dropdb|dropuser|vacuumdb|reindexdb|clusterdb)([ "\047]|$)/
  my = line ~ /(^|[\/ ;&|("\047])(mysql[a-z_]*|mariadb[a-z-]*|mydumper|myloader)([ "\047]|$)/
  mo = line ~ /(^|[\/ ;&|("\047])(mongo[a-z]*)([ "\047]|$)/
  if (line ~ /postgres(ql)?:\/\/[^\/@: ]*:[^@\/ ]+@/ || line ~ /postgres(ql)?:\/\/[^ ]*[?&]password=[^& ]/) told("postgres", "url")
  if (line ~ /(mysql|mysqlx|mariadb)(\+[a-z]+)?:\/\/[^\/@: ]*:[^@\/ ]+@/ || line ~ /jdbc:(mysql|mariadb):[^ ]*[?&]password=[^& ]/) told("mariadb", "url")
  if (line ~ /mongodb(\+srv)?:\/\/[^\/@: ]*:[^@\/ ]+@/) told("mongodb", "url")
  if (line ~ /(^|[^A-Za-z0-9_])PGPASSWORD=["\047]?[^ "\047;]/) told("postgres", "variable")
  if (line ~ /(^|[^A-Za-z0-9_])MYSQL_PWD=["\047]?[^ "\047;]/) told("mariadb", "variable")
  if (pg && line ~ /(^|[ "\047])password *= *[^ ]/) told("postgres", "conninfo")
  if (my && (line ~ / --password=["\047]?[^ "\047]/ || line ~ / -p["\047]?[^ "\047]/)) told("mariadb", "option")
  if (mo && (line ~ / (--password|-p)[= ]["\047]?[^- "\047]/ || line ~ / -p[^- ]/)) told("mongodb", "option")
}'
[ -r /proc/1/cmdline ] || echo 'hidden'
grep -lzE 'passw(or)?d|://|(^|[ ;&|])-p|PGPASSWORD=|MYSQL_PWD=' /proc/[0-9]*/cmdline 2>&1 | while IFS= read -r file; do
  case $file in
  *'Permission denied' | *'Operation not permitted') echo 'hidden'; continue ;;
  /proc/*/cmdline) ;;
  *) continue ;;
  esac
  place=${file%/cmdline}
  program=
  { IFS= read -r program <"$place/comm"; } 2>/dev/null
  account=$(stat -c %U "$place" 2>/dev/null)
  tr '\0\n' '\n ' <"$file" 2>/dev/null | awk "$judge"'
    length($0) > 1000 && /function judge\(line,   pg, my, mo\)/ { next }
    { text = text (NR > 1 ? " " : "") $0 }
    END { judge(text) }' | while IFS= read -r found; do
    printf 'process\t%s\t%s\t%s\n' "$found" "$account" "$program"
  done
done
homes | while IFS="$tab" read -r account home; do
  for file in "$home"/.bash_history "$home"/.zsh_history "$home"/.sh_history "$home"/.ash_history "$home"/.local/share/fish/fish_history; do
    readable "$file" || continue
    awk "$judge"' { judge($0) }' "$file" | while IFS= read -r found; do
      printf 'recorded\t%s\t%s\t%s\n' "$found" "$account" "$file"
    done
  done
done
echo 'end'
"""
)

SERVICE_FILES: Final = (
    _HOMES
    + r"""
inside() { # kind, account, file
  readable "$3" || return
  awk -v kind="$1" -v account="$2" '
    /^[ \t]*[#;]/ { next }
    match($0, /^[ \t]*\[[^]]*\]/) { section = substr($0, RSTART, RLENGTH); gsub(/[][\t]/, "", section); sub(/^ */, "", section); next }
    tolower($0) ~ /^[ \t]*(loose[-_])?password[ \t]*=[ \t]*["\047]?[^"\047 \t\r]/ { print "secret\t" kind "\t" account "\t" FNR "\t" section "\t" FILENAME }' "$3"
}
for file in /etc/pg_service.conf /etc/postgresql-common/pg_service.conf /etc/sysconfig/pgsql/pg_service.conf; do
  inside pg_service '' "$file"
done
for file in /etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/*.cnf /etc/mysql/*/*.cnf; do
  if [ -L "$file" ]; then
    case $(readlink -f "$file") in /etc/mysql/*) continue ;; esac
  fi
  inside option_file '' "$file"
done
homes | while IFS="$tab" read -r account home; do
  inside pg_service "$account" "$home/.pg_service.conf"
  inside option_file "$account" "$home/.my.cnf"
done
echo 'end'
"""
)
