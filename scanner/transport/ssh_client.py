"""paramiko's transport, with the key exchange that hardened servers often leave as the only one under its standard name."""

from __future__ import annotations

from typing import Any

from paramiko import Transport

_STANDARD = "curve25519-sha256"
_BEFORE = f"{_STANDARD}@libssh.org"


class Client(Transport):
    """Knows X25519 by the name of RFC 8731 too: the same exchange as the older name, which is all that paramiko has."""

    _kex_info: Any = dict(getattr(Transport, "_kex_info", {}))
    _preferred_kex: Any = tuple(getattr(Transport, "_preferred_kex", ()))


if _BEFORE in Client._kex_info and _STANDARD not in Client._kex_info:
    Client._kex_info[_STANDARD] = Client._kex_info[_BEFORE]
    Client._preferred_kex = (_STANDARD, *Client._preferred_kex)
