"""The effective configuration of modprobe(8): asked of it, or read from modprobe.d(5) where it is missing."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collection.linux.sections import Files, FileText

DIRECTORIES = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
"""A file of the same name counts once, from the first of these."""

# modprobe passes over files that it may not read, so these are looked for in either case.
SCRIPT = r"""
for directory in @directories@; do
  if [ "$directory" = /lib/modprobe.d ] && [ -L /lib ]; then continue; fi
  if [ -d "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then
    printf '!%s\n' "$directory"
  fi
  for file in "$directory"/*.conf; do
    if [ ! -e "$file" ] && [ ! -L "$file" ]; then continue; fi
    if ! command -v modprobe >/dev/null; then
      show "$file"
    elif [ -e "$file" ] && [ ! -r "$file" ]; then
      printf '!%s\n' "$file"
    fi
  done
done
if command -v modprobe >/dev/null; then
  if config=$(modprobe --showconfig); then
    printf '%s\n' "$config" | sed -n -E 's/^[[:blank:]]*((install|blacklist)[[:blank:]])/config \1/p'
  else
    echo 'modprobe failed'
  fi
else
  printf 'cmdline %s\n' "$(cat /proc/cmdline)"
fi
echo end
""".replace("@directories@", " ".join(DIRECTORIES))


def read(files: Files) -> tuple[list[tuple[str, str]], set[str]]:
    """Give the `install` lines (pattern of module names, command; the first that fits counts) and the blacklist."""
    install: list[tuple[str, str]] = []
    blacklist: set[str] = set()
    for line in (*_shown(files), *_from_files(files)):
        word, name, command = (*line.split(None, 2), "", "", "")[:3]
        if word == "install":
            install.append((name.replace("-", "_"), command.strip()))
        elif word == "blacklist":
            blacklist.add(name.replace("-", "_"))
    return install, blacklist


def _shown(files: Files) -> Iterator[str]:
    for line in files.others:
        word, _, rest = line.partition(" ")
        if word == "config":
            yield rest
        elif word == "cmdline":
            for option in rest.split():
                name, _, modules = option.partition("=")
                if name == "modprobe.blacklist":
                    yield from (f"blacklist {module}" for module in modules.split(","))


def _from_files(files: Files) -> Iterator[str]:
    winners: dict[str, FileText] = {}
    for directory in DIRECTORIES:
        for file in files.files:
            place, _, name = file.path.rpartition("/")
            if place == directory:
                winners.setdefault(name, file)
    for _, file in sorted(winners.items()):
        yield from _joined(file.lines)


def _joined(lines: list[str]) -> Iterator[str]:
    """Join continued lines, and leave comments out."""
    held = ""
    for line in lines:
        held += line
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        if not held.lstrip().startswith("#"):
            yield held
        held = ""
    if held and not held.lstrip().startswith("#"):
        yield held
