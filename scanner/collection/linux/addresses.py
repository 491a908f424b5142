"""Collects addresses and default routes with ip(8)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.procnet import plain
from scanner.model.evidence import Evidence, Gap, Query, Row, error

FACTS = ("linux.network_address", "linux.default_route")

_PROBE = "linux.addresses"
_SCRIPT = r"""
command -v ip >/dev/null || { echo none; exit 0; }
ip -o address show || exit 1
for version in 4 6; do
  [ "$version" = 4 ] || [ -e /proc/net/if_inet6 ] || continue
  found=$(ip -o -"$version" route show table all) || exit 1
  printf '%s\n' "$found" | sed -n "s/^unicast //; s/^default /ipv$version &/p; s,^\([0-9a-f.:]*/[01]\) ,ipv$version &,p"
done
echo end
""".strip()

_ADDRESS = re.compile(r"\d+:\s+(\S+)\s+inet6?\s+(\S+)(?:\s+peer\s+(\S+))?(?:\s.*)?")
_DEVICE = re.compile(r"(?<=\sdev\s)\S+")
_ROUTE = re.compile(r"(ipv[46]) (\S+) (.*)")
_MISSING = error("ip(8) is not installed there (install iproute2)")


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe of this module."""
    return [Probe(_PROBE, _SCRIPT)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it; a line that cannot be read leaves its list incomplete."""
    output = output_of(outputs, _PROBE)
    lines = output.lines
    gap = output.gap
    if lines == ["none"]:
        gap = gap or _MISSING
    elif output.status != 0 or "end" not in lines:
        gap = gap or output.failure("ip(8) failed")
    read = {"linux.network_address": _addresses, "linux.default_route": _routes}
    answers = []
    for query in queries:
        rows: list[Row] = []
        lost = gap
        for each in read[query.fact](lines if lines != ["none"] else []):
            if isinstance(each, Gap):
                lost = lost or each
            elif each not in rows:
                rows.append(each)
        asked = "ip -o address show" if query.fact == "linux.network_address" else "ip -o route show table all"
        answers.append(Evidence(query, tuple(rows), lost, session.provenance(asked)))
    return answers


def _addresses(lines: Sequence[str]) -> Iterator[Row | Gap]:
    for line in lines:
        if line.startswith("ipv") or line == "end" or not line:
            continue
        found = _ADDRESS.fullmatch(line)
        try:
            # With a peer the first address is the host's own, and the network is that of the peer.
            own = ipaddress.ip_interface(found[2]) if found else None
            network = ipaddress.ip_interface(found[3]).network if found and found[3] else own and own.network
        except ValueError:
            own = None
        if found is None or own is None:
            yield error(f"a line of ip-address(8) cannot be read: {line[:80]}")
            continue
        yield {
            "interface": found[1],
            "address": plain(own.ip),
            "network": str(network),
            "loopback": own.ip.is_loopback,
        }


def _routes(lines: Sequence[str]) -> Iterator[Row | Gap]:
    for line in lines:
        found = _ROUTE.fullmatch(line)
        if found is None:
            continue
        devices = _DEVICE.findall(f" {found[3]}")
        if not devices:
            yield error(f"a route without an interface: {line[:80]}")
        for device in devices:
            yield {"interface": device, "version": found[1]}
