"""Collects who may change what is booted: GRUB's superusers, and the editor of systemd-boot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import decoded, shown
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.boot_loader",)

_NAME = "linux.boot_loader"

# A configuration is sent as its skeleton: blocks, who the superusers are, and for passwords only their kind.
_SCRIPT = r"""
outline='
function braces(text) { gsub(/\$[{][^}]*[}]/, "", text); gsub(/[^{}]/, "", text); return text }
/^[ \t]*#/ { next }
{
  while ($1 ~ /^(then|else|elif|do|[{])$/) {
    print " " $1
    sub(/^[ \t]*[^ \t]+/, "")
  }
  if ($1 ~ /^password/ && (NF < 3 || $2 ~ /^grub[.]/))
    print " " $1
  else if ($1 ~ /^password/)
    print " " $1, $2, ($3 ~ /^grub[.]pbkdf2[.]/ ? "hash" : "text")
  else if ($1 ~ /^(menuentry|submenu|function)$/)
    print " " $1, ($0 ~ /--unrestricted/ ? "unrestricted" : "-"), braces($0)
  else if ($1 ~ /^(if|fi|while|until|for|done)$/)
    print " " $1
  else if ($1 ~ /^(source|[.]|configfile|unset)$/ || $0 ~ /superusers/)
    print " " substr($0, 1, 500)
  else if (braces($0) != "")
    print " " braces($0)
}'
seen() { # path: is it there, may it not be seen, or is it missing?
  if [ -e "$1" ]; then return 0; fi
  case $(ls -dL "$1" 2>&1) in *'Permission denied') printf '!%s\n' "$1" ;; esac
  return 1
}
grub() {
  seen "$1" || return
  printf '=%s\n' "$1"
  { sed -e :a -e '/\\$/N; s/\\\n//; ta' "$1" || printf '\n!%s\n' "$1" >&3; } | tr ';' '\n' | awk "$outline"
}
exec 3>&1
for base in /boot/grub /boot/grub2; do
  grub $base/grub.cfg
  grub $base/custom.cfg
done
for place in /boot/efi /efi /boot; do
  seen $place/EFI || continue
  [ -r $place/EFI ] || printf '!%s\n' $place/EFI
  for file in $place/EFI/*/grub.cfg; do
    [ -e "$file" ] && grub "$file"
  done
  for file in $place/EFI/systemd/systemd-boot*.efi; do
    [ -e "$file" ] || continue
    printf '@%s\n' $place/loader/loader.conf
    seen $place/loader/loader.conf && sed 's/^/ /' $place/loader/loader.conf
    break
  done
done
echo end
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_NAME, _SCRIPT, limit=512 * 1024)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per configuration with a menu; none at all is an error, for something did boot the host."""
    output = output_of(outputs, _NAME)
    provenance = session.provenance("cat /boot/grub/grub.cfg /boot/efi/EFI/*/grub.cfg /boot/efi/loader/loader.conf")
    rows, gap = _read(output, session)
    return [Evidence(query, rows, gap, provenance) for query in queries]


@dataclass(slots=True)
class _File:
    path: str
    mark: str
    lines: list[str] = field(default_factory=list)


def _read(output: Output, session: Session) -> tuple[tuple[Row, ...], Gap | None]:
    files, closed, whole = _files(output.stdout)
    gap = output.gap or (None if whole else output.failure("the probe of boot loaders did not end"))
    gap = gap or (unreadable(closed[0], session) if closed else None)
    files = [file for file in files if file.path not in closed]
    custom = {file.path: file for file in files if file.path.endswith("/custom.cfg")}
    rows: dict[str, Row] = {}
    for file in files:
        if file.mark == "@":
            rows.setdefault(file.path, _systemd_boot(file))
        elif file.path not in custom:
            menu = _Menu(custom.get(file.path.rpartition("/")[0] + "/custom.cfg"))
            menu.read(file.lines)
            if menu.entries or file.path.startswith(("/boot/grub/", "/boot/grub2/")):
                rows.setdefault(file.path, menu.row(file.path))
    if not rows and gap is None:
        gap = error("neither a configuration of GRUB nor one of systemd-boot is where it usually lies")
    return tuple(rows.values()), gap


def _files(stdout: bytes) -> tuple[list[_File], list[str], bool]:
    files: list[_File] = []
    closed: list[str] = []
    whole = False
    for line in stdout.split(b"\n"):
        mark, rest = line[:1], line[1:]
        if mark in (b"=", b"@"):
            files.append(_File(shown(rest), mark.decode()))
        elif mark == b"!":
            closed.append(shown(rest))
        elif mark == b" " and files:
            files[-1].lines.append(decoded(rest))
        elif line == b"end":
            whole = True
    return files, closed, whole


def _systemd_boot(file: _File) -> Row:
    editor: Cell = True
    for line in file.lines:
        word, _, value = line.strip().partition(" ")
        if word == "editor":
            value = value.strip().lower()
            known = {"no": False, "n": False, "false": False, "f": False, "off": False, "0": False}
            editor = known.get(value, True)
    grub = dict.fromkeys(("superusers", "hashed", "plain", "unrestricted"), ABSENT)
    return {"configuration": file.path, "kind": "systemd-boot", **grub, "editor": editor}


class _Menu:
    """What a configuration of GRUB sets while it is read; blocks of menu entries and functions run later or never."""

    def __init__(self, custom: _File | None) -> None:
        self.custom = custom
        self.superusers: list[str] | Gap = []
        self.passwords: dict[str, str] = {}
        self.entries = 0
        self.unrestricted = 0
        self.gap: Gap | None = None
        self._blocks: list[str] = []

    def read(self, lines: Sequence[str]) -> None:
        """Take the statements of a file in order."""
        for line in lines:
            words = line.split()
            if words:
                self._statement(words, line)

    def row(self, path: str) -> Row:
        """Give the row of this configuration."""
        users: Cell = self.gap or self.superusers
        passwords = sorted(self.passwords.items())
        return {
            "configuration": path,
            "kind": "grub",
            "superusers": users,
            "hashed": self.gap or [name for name, kind in passwords if kind == "hash"],
            "plain": self.gap or [name for name, kind in passwords if kind == "text"],
            "unrestricted": self.unrestricted,
            "editor": ABSENT,
        }

    def _statement(self, words: list[str], line: str) -> None:
        word = words[0]
        if word in ("if", "while", "until", "for"):
            self._blocks.append(word)
        elif word in ("fi", "done"):
            self._close()
        elif word in ("menuentry", "submenu", "function"):
            self.entries += word == "menuentry"
            self.unrestricted += word == "menuentry" and "unrestricted" in words[1:]
            self._braces(words[2] if len(words) > 2 else "")
        elif not word.strip("{}"):
            self._braces(word)
        elif "{" not in self._blocks:
            self._setting(word, words[1:], line)

    def _braces(self, braces: str) -> None:
        for brace in braces:
            if brace == "{":
                self._blocks.append(brace)
            elif brace == "}":
                self._close()

    def _close(self) -> None:
        if self._blocks:
            self._blocks.pop()

    def _setting(self, word: str, rest: list[str], line: str) -> None:
        if word in ("password", "password_pbkdf2") and len(rest) > 1:
            hashed = word == "password_pbkdf2" and rest[1] == "hash"
            self._unconditional("a password")
            self.passwords[_plain(rest[0])] = "hash" if hashed else "text" if word == "password" else "broken"
        elif word in ("source", ".", "configfile"):
            self._follow(rest[0] if rest else "")
        elif word == "unset" and "superusers" in rest:
            self._unconditional("superusers")
            self.superusers = []
        elif "superusers=" in line:
            self._unconditional("superusers")
            value = line.partition("superusers=")[2].strip()
            self.superusers = [name for name in _split(_plain(value)) if name]

    def _unconditional(self, what: str) -> None:
        if self._blocks:
            self.gap = error(f"{what} is set within a condition, which GRUB decides at boot")

    def _follow(self, target: str) -> None:
        target = _plain(target)
        if not target.endswith("/custom.cfg"):
            self.gap = self.gap or error(f"it reads {target or 'another file'}, which was not followed")
        elif self.custom is not None:
            # The condition around it asks whether the file exists, and it does.
            blocks, self._blocks, custom, self.custom = self._blocks, [], self.custom, None
            self.read(custom.lines)
            self._blocks = blocks


def _plain(text: str) -> str:
    return text.replace('"', "").replace("'", "")


def _split(names: str) -> list[str]:
    for separator in ",;|&":
        names = names.replace(separator, " ")
    return names.split()
