"""Cuts what looks like a secret out of configuration lines before they leave the host."""

from __future__ import annotations

from typing import Final

CUT: Final = "***"
"""Stands where a secret stood."""

# What follows a telling word and `=`, `:` or a blank is cut, unless it is a switch, a number, a control of PAM, a name
# service, or the mode in which a profile of AppArmor is loaded: `unix-chkpwd (enforce)`.
SHOW_LINES: Final = r"""function kept(value) {
  return tolower(value) ~ /^["\047]?(yes|no|true|false|on|off|none|required|requisite|sufficient|optional|include|substack|files|compat|sss|systemd|-?[0-9]+[a-z]?|\((enforce|complain|kill|prompt|mixed|unconfined))?["\047]?$/ ||
    value ~ /^\[/
}
function cut(line,   done, path, value) {
  done = ""
  while (match(tolower(line), /(passw|passphrase|pwd|secret|token|credential|api_?key)[a-z0-9_.-]*["\047]?[ \t]*[=: \t][ \t]*/)) {
    path = RSTART > 1 && substr(line, RSTART - 1, 1) == "/"
    done = done substr(line, 1, RSTART + RLENGTH - 1)
    line = substr(line, RSTART + RLENGTH)
    if (path) continue
    if (!match(line, /^"[^"]*"/) && !match(line, /^\047[^\047]*\047/) && !match(line, /^[^ \t,;)]+/)) continue
    value = substr(line, 1, RLENGTH)
    done = done (kept(value) ? value : "***")
    line = substr(line, RLENGTH + 1)
  }
  return done line
}
{ print "=" (tolower($0) ~ /passw|passphrase|pwd|secret|token|credential|api_?key/ ? cut($0) : $0) }"""
"""An awk program that prints each line after a `=`."""
