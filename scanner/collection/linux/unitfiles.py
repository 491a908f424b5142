"""Reads units from their files, for hosts on which systemd is installed but does not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.model.evidence import ABSENT, Cell, Row, error, unknown

FIELDS = (
    "name",
    "present",
    "active",
    "active_state",
    "enabled",
    "enabled_state",
    "masked",
    "fragment",
    "triggered_by",
)

NO_SYSTEMCTL = 97

DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Where unit files lie, the first that has one of a name wins (systemd.unit(5), without generators)."""

_NOT_RUNNING = unknown("systemd does not run there")
_ENABLED = frozenset({"enabled", "enabled-runtime", "alias"})

SCRIPT = r"""
command -v systemctl >/dev/null || exit @no@
systemctl list-unit-files --no-legend --no-pager --all -- "$@" | sed 's/^/state /'
for unit in "$@"; do
  for directory in @directories@; do
    if [ -L "$directory/$unit" ]; then
      if [ -e "$directory/$unit" ]; then
        printf 'link %s %s\n' "$directory/$unit" "$(readlink -f "$directory/$unit")"
      fi
    elif [ -s "$directory/$unit" ]; then
      printf 'file %s\n' "$directory/$unit"
    elif [ -e "$directory/$unit" ]; then
      printf 'empty %s\n' "$directory/$unit"
    fi
    for pull in "$directory"/*.wants/"$unit" "$directory"/*.requires/"$unit"; do
      if [ -L "$pull" ] || [ -e "$pull" ]; then printf 'pull %s\n' "$pull"; fi
    done
  done
  script=${unit%.service}
  if [ "$script" != "$unit" ] && [ -e "/etc/init.d/$script" ]; then
    printf 'init %s\n' "$unit"
    for pull in /etc/rc[2345].d/S??"$script"; do
      if [ -e "$pull" ]; then printf 'level %s\n' "$unit"; fi
    done
  fi
done
""".replace("@no@", str(NO_SYSTEMCTL)).replace("@directories@", " ".join(DIRECTORIES))
"""The fragment that shows the files; the units' names are its positional parameters already."""


def template_of(name: str) -> str:
    """Give `getty@.service` for `getty@tty1.service`, an empty text for a unit that is no instance."""
    stem, at, rest = name.partition("@")
    return f"{stem}@.{rest.rpartition('.')[2]}" if at and not rest.startswith(".") else ""


def rows(lines: Sequence[str], names: Sequence[str]) -> dict[str, Row]:
    """Read the fragment's output: one row per name, with what only a running systemd knows as gaps."""
    states: dict[str, str] = {}
    facts: dict[str, dict[str, list[str]]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "state":
            unit, state = (*rest.split(), "", "")[:2]
            states[unit] = state
        elif word in ("link", "file", "empty", "pull", "init", "level"):
            path = rest.split(" ")[0]
            facts.setdefault(path.rpartition("/")[2], {}).setdefault(word, []).append(rest)
    found: dict[str, Row] = {}
    for name in names:
        own = facts.get(name, {})
        state = states.get(name, "")
        if template := template_of(name):
            own = {**facts.get(template, {}), **own, "pull": own.get("pull", [])}
            state = "enabled" if own["pull"] else "disabled"
        found[name] = _row(name, state, own)
    return found


def absent(name: str) -> Row:
    """Give the row of a unit that does not exist."""
    row: dict[str, Cell] = dict.fromkeys(FIELDS, ABSENT)
    return row | {"name": name, "present": False}


def _row(name: str, state: str, facts: Mapping[str, list[str]]) -> Row:
    fragment, masked = _fragment(facts)
    script = "init" in facts and not fragment
    if not fragment and not script:
        return absent(name)
    wanted = bool(facts.get("pull")) or (script and bool(facts.get("level")))
    enabled: Cell = not masked and (state in _ENABLED or wanted)
    if not state and not masked and not script:
        enabled = error("systemctl did not tell the state of the unit file")
    return {
        "name": name,
        "present": True,
        "active": _NOT_RUNNING,
        "active_state": _NOT_RUNNING,
        "enabled": enabled,
        "enabled_state": "masked" if masked else state or ("generated" if script else error("no state was told")),
        "masked": masked,
        "fragment": fragment or ABSENT,
        "triggered_by": _NOT_RUNNING,
    }


def _fragment(facts: Mapping[str, list[str]]) -> tuple[str, bool]:
    """Give the path of the unit file in force, and whether it masks the unit (a link to /dev/null, or empty)."""
    found: dict[str, tuple[str, bool]] = {}
    for path, _, target in (text.partition(" ") for text in facts.get("link", [])):
        found[path.rpartition("/")[0]] = (path if target == "/dev/null" else target, target == "/dev/null")
    for word in ("file", "empty"):
        for path in facts.get(word, []):
            found[path.rpartition("/")[0]] = (path, word == "empty")
    return next((found[directory] for directory in DIRECTORIES if directory in found), ("", False))
