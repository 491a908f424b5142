"""Collects running kernel parameters of network interfaces, which may differ from what all and default say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux.kernel import asking, failed
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.sections import unreadable
from scanner.collection.linux.text import shown
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.interface_sysctl",)

_PATTERN = re.compile(r"net\.(ipv4|ipv6)\.conf\.\*\.([a-z0-9_]+)")
_LINE = re.compile(rb"([!]?)/proc/sys/net/(ipv4|ipv6)/conf/([^/:\s]+)/([a-z0-9_]+)(?::(.*))?")
_NO_INTERFACES = frozenset({"all", "default"})


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe for all patterns; the shell expands the names of the interfaces."""
    wanted = sorted({match.groups() for match in map(_match, queries) if match})
    if not wanted:
        return []
    return [Probe("linux.interface_sysctl", asking(f"/proc/sys/net/{family}/conf/*/{name}" for family, name in wanted))]


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: one row per interface; a kernel without the family or the parameter gives a complete empty list."""
    output = output_of(outputs, "linux.interface_sysctl")
    lost = failed(output)
    answers = []
    for query in queries:
        match = _match(query)
        if match is None:
            wrong = error(f"{query.parameters.get('pattern', '')!r} is not of the form net.ipv4.conf.*.rp_filter")
            answers.append(Evidence(query, gap=wrong, provenance=session.provenance("")))
            continue
        family, name = match.groups()
        rows: list[Row] = []
        gap = lost
        for part in () if lost else _read(output.stdout, family, name, session):
            if isinstance(part, Gap):
                gap = gap or part
            else:
                rows.append(part)
        asked = session.provenance(f"grep -H '' /proc/sys/net/{family}/conf/*/{name}")
        answers.append(Evidence(query, tuple(rows), gap, asked))
    return answers


def _match(query: Query) -> re.Match[str] | None:
    return _PATTERN.fullmatch(str(query.parameters.get("pattern", "")))


def _read(stdout: bytes, family: str, name: str, session: Session) -> Iterator[Row | Gap]:
    seen: set[str] = set()
    for line in stdout.split(b"\n"):
        match = _LINE.fullmatch(line)
        if match is None or (match.group(2), match.group(4)) != (family.encode(), name.encode()):
            continue
        interface = shown(match.group(3))
        if interface in _NO_INTERFACES or interface in seen:
            continue
        if match.group(1) or match.group(5) is None:
            yield unreadable(f"/proc/sys/net/{family}/conf/{interface}/{name}", session)
            continue
        seen.add(interface)
        # As in sysctl.d(5), a dot within the name of an interface is written as a slash.
        full = f"net.{family}.conf.{interface.replace('.', '/')}.{name}"
        value = " ".join(shown(match.group(5)).split())
        yield {"pattern": f"net.{family}.conf.*.{name}", "name": full, "interface": interface, "value": value}
