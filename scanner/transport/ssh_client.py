"""paramiko's transport, with the key exchange that hardened servers often leave as the only one under its standard name."""

from __future__ import annotations

from typing import Any, Final

from paramiko import Transport

_STANDARD: Final = "curve25519-sha256"
_BEFORE: Final = f"{_STANDARD}@libssh.org"


def _known() -> dict[str, Any]:
    """Give paramiko's key exchanges, X25519 under the name of RFC 8731 too: the same exchange as under the older one."""
    found = dict(getattr(Transport, "_kex_info", {}))
    if _BEFORE in found:
        found.setdefault(_STANDARD, found[_BEFORE])
    return found


class Client(Transport):
    """The client's side of a connection."""

    _kex_info: Any = _known()
    _preferred_kex: Any = tuple(
        dict.fromkeys((*([_STANDARD] if _STANDARD in _known() else []), *getattr(Transport, "_preferred_kex", ())))
    )
