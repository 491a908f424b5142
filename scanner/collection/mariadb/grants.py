"""The statements that give a scanning account just the privileges that facts need."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.fact import Need


def grants(needs: Iterable[Need], user: str = "") -> list[str]:
    """Give SQL for MariaDB, to be run by an administrator; the account is `user`, or `controlproof` where there is none.

    HOST stands for the address that the scanner comes from, PASSWORD for a password. The tables of accounts hold
    hashes, so that the account is to be guarded like an administrator's, although no statement reads them.
    """
    account = "'" + (user or "controlproof").replace("\\", "\\\\").replace("'", "''") + "'@'HOST'"
    wanted = list(needs)
    privileges = sorted({need.name for need in wanted if need.kind == "privilege"})
    lines = [
        f"CREATE USER {account} IDENTIFIED BY 'PASSWORD' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3;  -- no REQUIRE SSL for a socket"
    ]
    if privileges:
        lines.append(f"GRANT {', '.join(privileges)} ON *.* TO {account};")
    lines += [f"GRANT {need.name} TO {account};" for need in wanted if need.kind == "grant"]
    lines += [f"-- {need}: {need.why}" for need in wanted if need.kind not in ("privilege", "grant")]
    return list(dict.fromkeys(lines))
