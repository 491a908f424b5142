"""Collects listening sockets with ss(8), or from /proc/net where it is missing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux import procnet
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error, unknown

FACTS = ("linux.process_listening",)

_SCRIPT = f"""
if command -v ss >/dev/null; then
  echo ss
  ss -H -tulpn || exit 1
else
  echo proc
  {procnet.SCRIPT}
fi
echo end
"""

_USER = re.compile(r'\("(.*?)",pid=([0-9]{1,9}),fd=[0-9]+\)')
_PORT = re.compile("[0-9]{1,5}")
_NO_SS = error("ss is not installed there, so the process is not known")


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe("linux.process_listening", _SCRIPT.strip())] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: without root the processes of other users are unknown; root sees none for the kernel's own sockets."""
    output = output_of(outputs, "linux.process_listening")
    lines = output.lines
    asked = "ss -H -tulpn" if lines[:1] != ["proc"] else "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6"
    gap = output.gap
    rows: list[Row] = []
    if lines[:1] not in (["ss"], ["proc"]):
        gap = gap or output.failure("the probe of sockets failed")
    else:
        if output.status != 0 or "end" not in lines:
            gap = gap or output.failure(f"{asked.split(' ', maxsplit=1)[0]} failed")
        body = [line for line in lines[1:] if line and line != "end"]
        found = _from_ss(body, session) if lines[0] == "ss" else _from_proc(body)
        for row in found:
            if isinstance(row, Gap):
                gap = gap or row
            elif row not in rows:
                rows.append(row)
    rows.sort(key=lambda row: tuple(str(row[key]).rjust(40) for key in ("protocol", "port", "address")))
    return [Evidence(query, tuple(rows), gap, session.provenance(asked)) for query in queries]


def _from_ss(lines: Sequence[str], session: Session) -> Iterator[Row | Gap]:
    for line in lines:
        parts = line.split(None, 6)
        if len(parts) < 6 or parts[0] not in ("tcp", "udp"):
            yield error("a line of ss is not understood")
            continue
        if parts[1] not in ("LISTEN", "UNCONN"):
            continue
        host, _, port = parts[4].rpartition(":")
        address = _address(host)
        if not address or not _PORT.fullmatch(port):
            yield error("an address of ss is not understood")
            continue
        process, pid = _process(parts[6] if len(parts) > 6 else "", session)
        yield _row(parts[0], address, int(port), process, pid)


def _from_proc(lines: Sequence[str]) -> Iterator[Row | Gap]:
    for protocol, host, port in procnet.read(lines):
        yield error("a line of /proc/net is not understood") if not host else _row(protocol, host, port, _NO_SS, _NO_SS)


def _row(protocol: str, address: str, port: int, process: Cell, pid: Cell) -> Row:
    return {
        "protocol": protocol,
        "address": address,
        "port": port,
        "loopback": _loopback(address),
        "process": process,
        "pid": pid,
    }


def _address(text: str) -> str:
    """Give the plain address: `*` is `::`, brackets and the name of the interface go."""
    bare = text.strip("[]").partition("%")[0].rstrip("]")
    try:
        parsed = ipaddress.ip_address("::" if bare == "*" else bare)
    except ValueError:
        return ""
    return procnet.plain(parsed)


def _loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _process(text: str, session: Session) -> tuple[Cell, Cell]:
    """Give name and id of the process behind a socket: of several the first that is not systemd."""
    if not text.strip():
        if session.root:
            return ABSENT, ABSENT
        gap = unknown("the process belongs to another user", needs="root")
        return gap, gap
    users = _USER.findall(text)
    # A process may give itself a name with quotes in it, to look like another one.
    if not users or text.count('"') != 2 * len(users) or text.count("pid=") != len(users):
        gap = error("the name of the process cannot be told from the answer of ss")
        return gap, gap
    own = [user for user in users if user[0] != "systemd"] or users
    name, pid = min(own, key=lambda user: int(user[1]))
    return name, int(pid)
