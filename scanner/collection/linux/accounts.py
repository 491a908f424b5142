"""Accounts, groups, ageing and home directories: which probes they take, and which reader answers which fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.collection.linux import accounts_home, accounts_passwd, accounts_settings, accounts_shadow
from scanner.collection.linux.probe import Output, Probe, Session
from scanner.model.evidence import Evidence, Gap, Query, Row

Answer = tuple[list[Row], Gap | None]
"""Rows, and why they are not all there."""

_READERS: Mapping[str, tuple[tuple[Probe, ...], Callable[[Mapping[str, Output]], Answer], str]] = {
    "linux.user": (
        (accounts_passwd.PASSWD, accounts_passwd.SHELLS, accounts_settings.LOGIN_DEFS),
        accounts_passwd.users,
        "awk /etc/passwd (passwords left out); cat /etc/shells /etc/login.defs",
    ),
    "linux.group": (
        (accounts_passwd.GROUP,),
        accounts_passwd.groups,
        "awk /etc/group (passwords left out)",
    ),
    "linux.shadow": (
        (accounts_shadow.SHADOW,),
        accounts_shadow.entries,
        "awk /etc/shadow (passwords reduced to their kind on the host)",
    ),
    "linux.login_defs": (
        (accounts_settings.LOGIN_DEFS, accounts_settings.USERADD),
        accounts_settings.settings,
        "cat /etc/login.defs /etc/default/useradd",
    ),
    "linux.account_home": (
        (accounts_passwd.PASSWD, accounts_passwd.SHELLS, accounts_settings.LOGIN_DEFS, accounts_home.HOMES),
        accounts_home.homes,
        "stat -L of the home directories in /etc/passwd",
    ),
}

FACTS: tuple[str, ...] = tuple(_READERS)


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the probes that these queries take, each once."""
    wanted = {probe.name: probe for query in queries for probe in _READERS[query.fact][0]}
    return list(wanted.values())


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read the probes' outputs: one Evidence per query, odd lines of a file named in its gap."""
    found = []
    for query in queries:
        _, read, asked = _READERS[query.fact]
        rows, gap = read(outputs)
        found.append(Evidence(query, tuple(rows), gap, session.provenance(asked)))
    return found
