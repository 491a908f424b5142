"""Reads listening sockets from /proc/net (proc_net(5)), for hosts without ss(8)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

SCRIPT = r"""
for table in tcp tcp6 udp udp6; do
  if [ -r "/proc/net/$table" ]; then
    sed "1d; s/^/$table /" "/proc/net/$table"
  elif [ "$table" = tcp ]; then
    exit 1
  fi
done
printf 'order %s\n' "$(printf '\001\000' | od -An -tu2 | tr -d ' ')"
""".strip()

_LISTEN, _UNCONNECTED = "0A", "07"


def read(lines: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Give protocol, address and port of each socket that listens; an empty address for a line of another form."""
    big = "order 256" in lines
    for line in lines:
        parts = line.split()
        if not parts or parts[0] == "order":
            continue
        if len(parts) < 5 or parts[0] not in ("tcp", "tcp6", "udp", "udp6"):
            yield "tcp", "", 0
            continue
        protocol = parts[0].rstrip("6")
        if parts[4] != (_LISTEN if protocol == "tcp" else _UNCONNECTED):
            continue
        host, _, port = parts[2].partition(":")
        try:
            yield protocol, _address(host, big=big), int(port, 16)
        except ValueError:
            yield protocol, "", 0


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Give the text of an address; a mapped IPv4 address is shown as such (Python's own text of it varies)."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else str(address)


def _address(text: str, *, big: bool) -> str:
    """Turn the kernel's hexadecimal words, each in the byte order of the host, into an address."""
    raw = bytes.fromhex(text)
    if not big:
        raw = b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4))
    return plain(ipaddress.ip_address(raw))
