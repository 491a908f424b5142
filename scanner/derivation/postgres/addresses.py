"""What `listen_addresses` of a PostgreSQL server comes to, address by address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from scanner.derivation.inputs import derived, single
from scanner.derivation.postgres.settings import listed, setting
from scanner.model.evidence import Evidence, Gap, Query, Row

_ZERO = re.compile(r"0[xX]?0*(?:\.0[xX]?0*){0,3}")
"""Every way in which inet_aton(3) reads 0.0.0.0."""


def listen_address(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.listen_address: a row for each address, none for a server that listens on sockets alone."""
    items = listed(single(setting(inputs, "listen_addresses")))
    if isinstance(items, Gap):
        return derived(query, (), items, inputs, taken_at)
    rows: list[Row] = [
        {"address": address, "every": is_every(address), "loopback": is_loopback(address)}
        for address in dict.fromkeys(items)
    ]
    return derived(query, rows, None, inputs, taken_at)


def is_every(address: str) -> bool:
    """Tell whether an address stands for all of the machine: `*`, zero in any spelling, IPv4's within IPv6."""
    if address == "*" or _ZERO.fullmatch(address):
        return True
    parsed = _parsed(address)
    inner = getattr(parsed, "ipv4_mapped", None)
    return parsed is not None and (parsed.is_unspecified or (inner is not None and inner.is_unspecified))


def is_loopback(address: str) -> bool:
    """Tell whether only the machine itself reaches an address; of names none but `localhost` is known."""
    parsed = _parsed(address)
    return address.lower() == "localhost" or (parsed is not None and parsed.is_loopback)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
