"""The shell text around the probes: what frames, limits and reports them on the host."""

from __future__ import annotations

HEAD = r"""#!/bin/sh
# Controlproof asks this host read-only questions: nothing is written, installed or changed here.
# Script @id@
# By hand: sudo sh THIS-FILE > answer.txt, then judge the answer with: controlproof evaluate answer.txt
# Each question below is a small script of its own, run by `sh -c` with a time limit and an output limit.
# shellcheck disable=SC2016 # the questions are expanded by their own shell
controlproof() {
umask 077
set +e
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
TZ=UTC0
export PATH LC_ALL TZ
unset ENV BASH_ENV CDPATH IFS LANGUAGE POSIXLY_CORRECT LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH PGPASSWORD MYSQL_PWD
cp_mark='@mark@'
cp_newline='
'

cp_run() { # a question, in an environment of our own
  env -i PATH="$PATH" LC_ALL=C TZ=UTC0 HOME=/ sh -c "$1" controlproof
}

cp_watch() { # seconds, question: its process group is ended when the time is up
  setsid env -i PATH="$PATH" LC_ALL=C TZ=UTC0 HOME=/ sh -c "$2" controlproof &
  cp_pid=$!
  (
    cp_left=$1
    while [ "$cp_left" -gt 0 ]; do
      sleep 1
      kill -0 "$cp_pid" || exit 0
      cp_left=$((cp_left - 1))
    done
    kill -TERM "-$cp_pid"
    sleep 2
    kill -KILL "-$cp_pid"
  ) >/dev/null 2>&1 &
  cp_dog=$!
  wait "$cp_pid"
  cp_status=$?
  kill "$cp_dog" 2>/dev/null
  case $cp_status in 137 | 143) return 124 ;; esac
  return "$cp_status"
}

cp_guard() { # seconds, question
  case $cp_limiter in
  timeout) timeout -k 2 "$1" env -i PATH="$PATH" LC_ALL=C TZ=UTC0 HOME=/ sh -c "$2" controlproof ;;
  setsid) cp_watch "$1" "$2" ;;
  *) cp_run "$2" ;;
  esac
}

# Standard output goes through fd 6 to the wire (fd 3), cut and prefixed; status and the end of stderr
# come back through fd 5, the status first because tail waits for the end.
cp_ask() { # name, seconds, bytes, question
  printf '%s begin %s\n' "$cp_mark" "$1"
  cp_said=$(
    {
      {
        {
          cp_guard "$2" "$4" 3>&- 5>&-
          echo "$?" >&5
        } 2>&1 >&6 6>&- | tail -c 1000 >&5 3>&- 5>&- 6>&-
      } 6>&1 | head -c "$3" 3>&- 5>&- | sed 's/^/|/' >&3 5>&-
    } 5>&1
  )
  echo
  case $cp_said in
  *"$cp_newline"*) printf '%s\n' "${cp_said#*"$cp_newline"}" | sed 's/^/!/' ;;
  esac
  printf '%s end %s %s\n' "$cp_mark" "$1" "${cp_said%%"$cp_newline"*}"
}

renice -n 10 -p "$$" >/dev/null 2>&1
ionice -c 2 -n 7 -p "$$" >/dev/null 2>&1
case $(timeout --version 2>/dev/null) in
*coreutils*) cp_limiter=timeout cp_nul=kept ;;
*)
  if command -v setsid >/dev/null; then cp_limiter=setsid; else cp_limiter=none; fi
  # The sed of busybox begins a line after each NUL.
  case $(printf 'a\000b' | sed 's/^/|/' | wc -c) in *4) cp_nul=kept ;; *) cp_nul=broken ;; esac
  ;;
esac
if [ -n "${BASH_VERSION-}" ]; then
  cp_shell=bash
else
  cp_shell=$(readlink "/proc/$$/exe")
fi
printf '%s start @id@\n' "$cp_mark"
printf '%s uid %s\n' "$cp_mark" "$(id -u)"
printf '%s user %s\n' "$cp_mark" "$(id -un)"
printf '%s now %s\n' "$cp_mark" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
printf '%s shell %s\n' "$cp_mark" "${cp_shell##*/}"
printf '%s limiter %s\n' "$cp_mark" "$cp_limiter"
printf '%s nul %s\n' "$cp_mark" "$cp_nul"
"""

TAIL = r"""
printf '%s finish @count@\n' "$cp_mark"
}
controlproof "$@" </dev/null 3>&1
"""
