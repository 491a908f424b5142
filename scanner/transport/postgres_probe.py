"""Probes of a PostgreSQL server: plaintext, old TLS, and the certificate; none of them sends a password."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import pq

from scanner.transport.errors import plain
from scanner.transport.probing import ACCEPTED, CERTIFICATE, OLD_TLS, PLAINTEXT, REFUSED, Probed
from scanner.transport.shell import Limits
from scanner.transport.tls import Place, certificate, old_tls

_LIBPQ_16 = 160000
_ASKED = ("no password supplied", "authentication method requirement", "authentication failed", "fe_sendauth")
"""What libpq and the server say once the server has gone on to ask who we are."""


def probe(kind: str, given: Mapping[str, str], limits: Limits) -> Probed:
    """Try one kind of connection with a server at a network address; never raises.

    `given` are libpq's settings of a session that came about. Plaintext is tried as its user, without a password.
    """
    host = given.get("host", "")
    if not host or host.startswith(("/", "@")):
        return Probed(kind, detail="the target is reached through a socket (give its network address to probe it)")
    place = Place(given.get("hostaddr") or host, int(given.get("port") or 5432), "postgres")
    if kind == OLD_TLS:
        return old_tls(place, limits.connect)
    if kind == CERTIFICATE:
        return certificate(place, host, limits.connect, _authorities(given))
    if kind == PLAINTEXT:
        return _plaintext(given, limits)
    return Probed(kind, detail="there is no probe of that kind")


def _authorities(given: Mapping[str, str]) -> str:
    """Give the file of authorities as libpq finds it."""
    own = Path.home() / ".postgresql" / "root.crt"
    return given.get("sslrootcert") or (str(own) if own.exists() else "")


def _plaintext(given: Mapping[str, str], limits: Limits) -> Probed:
    settings = {
        **{name: given[name] for name in ("host", "hostaddr", "port", "user", "dbname") if given.get(name)},
        "sslmode": "disable",
        "gssencmode": "disable",
        "password": "",
        # A password that libpq would find by itself must not cross in plaintext either.
        "passfile": "/dev/null/none",
    }
    if pq.version() >= _LIBPQ_16:
        settings["require_auth"] = "none"
    try:
        connection = psycopg.connect(**settings, connect_timeout=max(2, round(limits.connect)))  # type: ignore[arg-type]
    except psycopg.Error as problem:
        return _told(str(problem))
    connection.close()
    return Probed(PLAINTEXT, ACCEPTED, "the server let us in without a password")


def _told(text: str) -> Probed:
    """Read why no session came about; translations of the server's messages keep the file's name."""
    words = plain(text, 300)
    if any(part in words for part in _ASKED):
        return Probed(PLAINTEXT, ACCEPTED, "the server went on to ask for a password")
    if "pg_hba.conf" in words and "FATAL" in words:
        return Probed(PLAINTEXT, REFUSED, "no rule of pg_hba.conf lets this user in without encryption")
    return Probed(PLAINTEXT, detail=words)
