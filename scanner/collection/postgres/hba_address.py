"""Addresses of pg_hba.conf: what the server reads as an address, and masks folded into networks."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_PART = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")
_BITS = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]{1,20})")


def numeric(text: str) -> Address | None:
    """Read an address as getaddrinfo(3) does with AI_NUMERICHOST; None for a name.

    That takes `127.1`, `0x7f000001` and octal parts too, and a zone on IPv6 addresses.
    """
    bare, percent, zone = text.partition("%")
    if ":" not in bare:
        return None if percent else _old_form(bare)
    try:
        found = ipaddress.IPv6Address(bare)
    except ValueError:
        return None
    zoned = not percent or zone.isdecimal() or (bool(zone) and found.is_link_local)
    return found if zoned else None


def _old_form(text: str) -> ipaddress.IPv4Address | None:
    parts = text.split(".") if len(text) < 64 else []
    if not 1 <= len(parts) <= 4 or not all(map(_PART.fullmatch, parts)):
        return None
    numbers = [int(part, 8 if part[0] == "0" and part[1:2] not in ("x", "X") else 0) for part in parts]
    *heads, last = numbers
    if any(head > 255 for head in heads) or last >= 1 << 8 * (4 - len(heads)):
        return None
    return ipaddress.IPv4Address(last + sum(head << 8 * (3 - place) for place, head in enumerate(heads)))


def bits(text: str, address: Address) -> int | None:
    """Read the number after the slash, with the blanks and sign that strtol(3) allows; None when it does not fit."""
    found = _BITS.fullmatch(text)
    number = int(found[1]) if found else -1
    return number if 0 <= number <= address.max_prefixlen else None


def folded(address: Address, mask: Address) -> str | None:
    """Give address and mask as a network in CIDR form; None for a mask with holes."""
    width, ones = address.max_prefixlen, int(mask).bit_count()
    if address.version != mask.version or int(mask) != (1 << width) - (1 << (width - ones)):
        return None
    return network(address, ones)


def network(address: Address, prefix: int) -> str:
    """Give the network of an address: bits beyond the prefix are cleared, for the server does not look at them."""
    return str(ipaddress.ip_network((address, prefix), strict=False))
