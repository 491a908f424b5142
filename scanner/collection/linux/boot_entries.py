"""Collects the kernels that a boot loader would start, with their command lines, from its menus as they are on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import decoded, shown
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.boot_entry",)

_NAME = "linux.boot_entry"

# Lines that name no kernel stay on the host: GRUB's may hold passwords.
_SCRIPT = r"""
grub='
function tell(text, count, parts, i) {
  if (text ~ /^[ \t]*#/) return
  count = split(text, parts, ";")
  for (i = 1; i <= count; i++)
    if (match(parts[i], /(^|[ \t{])linux(16|efi)?[ \t]/))
      print " " first " " substr(parts[i], RSTART + RLENGTH, 4096)
}
{ if (held == "") first = NR; text = held $0; held = "" }
text ~ /\\$/ { held = substr(text, 1, length(text) - 1); next }
{ tell(text) }
END { tell(held) }'
entry='
$1 == "linux" { first = NR; kernel = $2 }
$1 == "options" { sub(/^[ \t]*options/, ""); options = options " " $0 }
END { if (kernel != "") print " " first " " kernel options }'
seen() { # path: is it there, may it not be seen, or is it missing?
  if [ -e "$1" ]; then return 0; fi
  case $(ls -dL "$1" 2>&1) in *'Permission denied') printf '!%s\n' "$1" ;; esac
  return 1
}
menu() { # path, program that reads it
  seen "$1" || return
  printf '=%s\n' "$1"
  awk "$2" "$1" || printf '!%s\n' "$1"
}
for base in /boot/grub /boot/grub2; do
  menu $base/grub.cfg "$grub"
  menu $base/custom.cfg "$grub"
done
for place in /boot/efi /efi /boot; do
  for folder in $place/EFI $place/EFI/Linux $place/loader/entries; do
    if seen $folder && { [ ! -r $folder ] || [ ! -x $folder ]; }; then printf '!%s\n' $folder; fi
  done
  for file in $place/EFI/*/grub.cfg; do
    if [ -e "$file" ]; then menu "$file" "$grub"; fi
  done
  for file in $place/loader/entries/*.conf; do
    if [ -e "$file" ]; then menu "$file" "$entry"; fi
  done
  for file in $place/EFI/Linux/*.efi; do
    if [ -e "$file" ]; then printf '+%s\n' "$file"; fi
  done
done
echo end
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT.strip(), limit=256 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per entry; a menu that could not be read makes the list incomplete."""
    output = output_of(outputs, _NAME)
    provenance = session.provenance("grep -w linux /boot/grub/grub.cfg; cat /boot/loader/entries/*.conf")
    rows, gap = _read(output, session)
    return [Evidence(query, rows, gap, provenance) for query in queries]


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    rows: dict[tuple[str, int], Row] = {}
    closed: Gap | None = None
    path, whole = "", False
    for line in output.stdout.split(b"\n"):
        mark, rest = line[:1], line[1:]
        if mark == b"=":
            path = shown(rest)
        elif mark == b"!":
            closed = closed or unreadable(shown(rest), session)
        elif mark == b"+":
            closed = closed or error(f"{shown(rest)} holds its command line within, which is not read")
        elif mark == b" " and path:
            row = _row(path, decoded(rest))
            if row:
                rows.setdefault((path, int(str(row["line"]))), row)
        elif line == b"end":
            whole = True
    lost = output.gap or (None if whole else output.failure("the probe of boot menus did not end"))
    return tuple(rows.values()), lost or closed


def _row(path: str, text: str) -> Row | None:
    number, _, rest = text.partition(" ")
    words = rest.split()
    if not number.isdecimal() or len(number) > 9 or not words:
        return None
    return {"configuration": path, "line": int(number), "kernel": words[0], "command_line": " ".join(words[1:])}
