"""Collects kernel modules: loaded now, shipped with the installed kernels, and disabled in modprobe.d(5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from scanner.collection.linux import modprobe
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import SHOW, State, read_files, unreadable
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error

FACTS = ("linux.kernel_module",)

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# Only true(1) and false(1) of the usual places, alone but for a comment: anything longer may load the module.
_NOTHING = re.compile(r"(?:(?:/usr(?:/local)?)?/s?bin/)?(?:true|false)(?:\s+#.*)?")

_SCRIPT = (
    SHOW
    + r"""
names='@names@'
printf 'running %s\n' "$(uname -r)"
if [ -r /proc/modules ]; then
  echo 'loadable yes'
  sed -n -E "s/^($names) .*/loaded \1/p" /proc/modules
elif [ -d /proc/sys/kernel ] && [ ! -e /proc/modules ]; then
  echo 'loadable no'
fi
for kernel in /lib/modules/*/; do
  [ -d "$kernel" ] || continue
  kernel=${kernel%/}
  release=${kernel##*/}
  if [ -r "$kernel/modules.dep" ]; then
    printf 'kernel %s\n' "$release"
    sed -n -E "s,^([^:]*/)?($names)\.ko[^:]*:.*,has $release \2,p" "$kernel/modules.dep"
    if [ -r "$kernel/modules.builtin" ]; then
      sed -n -E "s,^(.*/)?($names)\.ko$,builtin $release \2,p" "$kernel/modules.builtin"
    else
      printf 'nobuiltin %s\n' "$release"
    fi
  elif [ -d "$kernel/kernel" ]; then
    printf 'nodep %s\n' "$release"
  fi
done
"""
)


@dataclass(slots=True)
class _Host:
    running: str = ""
    loadable: str = ""
    """`yes` when the running kernel has loadable modules, `no` when it has none, empty when not known."""
    loaded: set[str] = field(default_factory=set)
    kernels: list[str] = field(default_factory=list)
    has: dict[str, list[str]] = field(default_factory=dict)
    builtin: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """Release > which of its lists is missing."""
    config: Gap | None = None
    install: list[tuple[str, str]] = field(default_factory=list)
    blacklist: set[str] = field(default_factory=set)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe; the lists of modules are searched on the host."""
    names = sorted({_canonical(name) for name in map(_name, queries) if _NAME.fullmatch(name)})
    if not names:
        return []
    pattern = "|".join(name.replace("_", "[-_]") for name in names)
    script = _SCRIPT.replace("@names@", pattern) + modprobe.SCRIPT
    return [Probe("linux.kernel_module", script.strip(), timeout=20)]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: what cannot be proven (no list of modules, unreadable configuration) is a gap of its cells."""
    output = output_of(outputs, "linux.kernel_module")
    lost = output.gap or (output.failure("the probe of kernel modules failed") if output.status != 0 else None)
    host = _read(output, session)
    answers = []
    for query in queries:
        name = _name(query)
        gap = lost if _NAME.fullmatch(name) else error(f"{name!r} is not the name of a kernel module")
        asked = f"grep {name} /proc/modules /lib/modules/*/modules.dep /lib/modules/*/modules.builtin; modprobe --showconfig"
        rows = () if gap else (_row(name, host),)
        answers.append(Evidence(query, rows, gap, session.provenance(asked)))
    return answers


def _name(query: Query) -> str:
    return str(query.parameters.get("name", ""))


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _read(output: Output, session: Session) -> _Host:
    host = _Host()
    files = read_files(output.stdout)
    for line in files.others:
        word, _, rest = line.partition(" ")
        release, _, module = rest.partition(" ")
        if word == "running":
            host.running = rest
        elif word == "loadable":
            host.loadable = rest
        elif word == "loaded":
            host.loaded.add(_canonical(rest))
        elif word == "kernel":
            host.kernels.append(rest)
        elif word in ("has", "builtin"):
            found = host.has if word == "has" else host.builtin
            found.setdefault(_canonical(module), []).append(release)
        elif word in ("nodep", "nobuiltin"):
            host.broken[rest] = "modules.dep" if word == "nodep" else "modules.builtin"
    host.install, host.blacklist = modprobe.read(files)
    closed = [file.path for file in files.files if file.state is State.UNREADABLE]
    if closed:
        host.config = unreadable(closed[0], session)
    elif "modprobe failed" in files.others:
        host.config = error("modprobe --showconfig failed")
    elif "end" not in files.others:
        host.config = error("the configuration of modprobe was not shown")
    return host


def _row(name: str, host: _Host) -> Row:
    module = _canonical(name)
    shipped, builtin = host.has.get(module, []), host.builtin.get(module, [])
    unproven = _unproven(host)
    command = next((command for pattern, command in host.install if fnmatchcase(module, pattern)), "")
    disabled: Cell = host.config or bool(_NOTHING.fullmatch(command))
    return {
        "name": name,
        "present": True if shipped or builtin else unproven or False,
        "builtin": True if builtin else unproven or False,
        "loaded": _loaded(module, host),
        "install_disabled": disabled,
        "blacklisted": module in host.blacklist if module in host.blacklist or not host.config else host.config,
        "loadable": _loadable(shipped, disabled, host),
        "kernels": sorted({*shipped, *builtin}) if shipped or builtin or not unproven else unproven,
    }


def _unproven(host: _Host) -> Gap | None:
    """Say why a module that was not found may be there all the same; None when all lists were searched."""
    for release, missing in sorted(host.broken.items()):
        return error(f"/lib/modules/{release}/{missing} is not there, so what this kernel has is not known")
    if host.running not in host.kernels:
        return error(f"/lib/modules holds nothing of the running kernel {host.running}, so what it has is not known")
    return None


def _loaded(module: str, host: _Host) -> Cell:
    if host.loadable == "yes":
        return module in host.loaded
    return False if host.loadable == "no" else error("/proc/modules could not be read")


def _loadable(shipped: Sequence[str], disabled: Cell, host: _Host) -> Cell:
    """Tell whether modprobe would load it: never in a kernel without modules, or when no kernel ships it."""
    if host.loadable == "no" and not host.kernels:
        return False
    if shipped:
        return disabled if isinstance(disabled, Gap) else not disabled
    missing = [release for release, lost in sorted(host.broken.items()) if lost == "modules.dep"]
    if missing:
        return error(f"/lib/modules/{missing[0]}/modules.dep is not there")
    if not host.kernels:
        return error("/lib/modules holds no kernel, so what could be loaded is not known")
    return False
