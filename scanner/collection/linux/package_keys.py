"""Collects the OpenPGP keys that apt trusts: their packets are cut out on the host, fingerprints computed here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.package_key",)

_NAME = "linux.package_key"

# Of each file only the packets with a primary key (tag 6) and with a user id (tag 13) cross the wire (RFC 9580).
_SCRIPT = r"""
packets='
{ for (i = 1; i <= NF; i++) byte[n++] = $i }
END {
  for (at = 0; at < n; at = start + length_) {
    head = byte[at]
    if (head < 128) { print "broken"; exit }
    if (head >= 192) {
      tag = head - 192
      first = byte[at + 1]
      if (first < 192) { length_ = first; start = at + 2 }
      else if (first < 224) { length_ = (first - 192) * 256 + byte[at + 2] + 192; start = at + 3 }
      else if (first == 255) {
        length_ = ((byte[at + 2] * 256 + byte[at + 3]) * 256 + byte[at + 4]) * 256 + byte[at + 5]
        start = at + 6
      } else { print "broken"; exit }
    } else {
      tag = int((head - 128) / 4)
      kind = head % 4
      if (kind == 3) { print "broken"; exit }
      size = kind == 0 ? 1 : kind == 1 ? 2 : 4
      length_ = 0
      for (i = 1; i <= size; i++) length_ = length_ * 256 + byte[at + i]
      start = at + 1 + size
    }
    if (start + length_ > n) { print "broken"; exit }
    if (tag == 6 || tag == 13) {
      line = tag == 6 ? "key " : "user "
      for (i = 0; i < length_ && i < 4000; i++) line = line sprintf("%02x", byte[start + i])
      print line
    }
  }
}'
key() { # path, class
  [ -e "$1" ] || [ -L "$1" ] || { printf 'missing %s\n' "$1"; return; }
  [ -r "$1" ] || { printf 'closed %s\n' "$1"; return; }
  printf 'file %s %s\n' "$2" "$1"
  if grep -q 'BEGIN PGP PUBLIC' "$1"; then
    awk '/-----BEGIN/ { body = 0; on = 1; next } /-----END/ { on = 0 } on && body && $1 !~ /^=/ { print $1 } on && (!NF || $1 == ".") { body = 1 }' "$1" | base64 -d
  else
    head -c 1000000 "$1"
  fi 2>/dev/null | od -An -v -tu1 | awk "$packets"
}
for directory in /etc/apt/trusted.gpg.d /etc/apt/sources.list.d; do
  if [ -d "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then printf 'closed %s\n' "$directory"; fi
done
for file in /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d/*.gpg /etc/apt/trusted.gpg.d/*.asc; do
  [ ! -e "$file" ] || key "$file" everywhere
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
  [ -f "$file" ] || continue
  [ -r "$file" ] || { printf 'closed %s\n' "$file"; continue; }
  ! grep -q 'BEGIN PGP PUBLIC' "$file" || printf '%s\n' "$file"
  sed -n -e 's/#.*//' -e 's/.*[Ss][Ii][Gg][Nn][Ee][Dd]-[Bb][Yy][[:blank:]]*[:=][[:blank:]]*\(\/[^]]*\).*/\1/p' "$file"
done | tr ', \t' '\n\n\n' | sort -u | while IFS= read -r file; do
  case $file in
  /*) key "$file" named ;;
  esac
done
echo 'end'
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, timeout=30, limit=512 * 1024, cost=3)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per key; a file that holds no key that is understood makes the list incomplete."""
    output = output_of(outputs, _NAME)
    rows, gap = _read(output, session)
    provenance = session.provenance("gpg --show-keys /etc/apt/trusted.gpg.d/* and the files of Signed-By")
    return [Evidence(query, rows, gap, provenance) for query in queries]


def fingerprint(packet: bytes) -> str | None:
    """Give the fingerprint of a public key packet of version 4; None for others (RFC 9580, section 5.5.4)."""
    if packet[:1] != b"\x04" or len(packet) > 0xFFFF:
        return None
    # SHA-1 is what the standard names keys by; nothing is signed with it here.
    digest = hashlib.sha1(b"\x99" + len(packet).to_bytes(2, "big") + packet, usedforsecurity=False)
    return digest.hexdigest().upper()


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    lines = output.stdout.split(b"\n")
    gap = output.gap or (None if b"end" in lines else output.failure("the probe of keys did not end"))
    rows: dict[tuple[str, str], dict[str, Cell]] = {}
    path, everywhere, last = "", False, ("", "")
    seen: dict[str, int] = {}
    for line in lines:
        word, _, rest = line.partition(b" ")
        if word == b"file":
            kind, _, name = rest.partition(b" ")
            path, everywhere, last = shown(name), kind == b"everywhere", ("", "")
            seen.setdefault(path, 0)
        elif word == b"closed":
            gap = gap or unreadable(shown(rest), session)
        elif word == b"broken":
            gap = gap or error(f"{path} is not a file of keys")
        elif word == b"key" and path:
            found = fingerprint(_bytes(rest))
            seen[path] += 1
            if found is None:
                gap = gap or error(f"{path} holds a key of another version than 4")
                continue
            last = (path, found)
            rows.setdefault(last, {"path": path, "fingerprint": found, "user": ABSENT, "everywhere": everywhere})
        elif word == b"user" and last in rows and rows[last]["user"] is ABSENT:
            rows[last]["user"] = shown(_bytes(rest))
    empty = [name for name, number in seen.items() if number == 0]
    if empty:
        gap = gap or error(f"{empty[0]} holds no key that is understood")
    return tuple(rows.values()), gap


def _bytes(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii", "replace"))
    except ValueError:
        return b""
