"""Tries a login without TLS at a MariaDB or MySQL server, to see whether it refuses it."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pymysql

from scanner.transport.deadline import deadline
from scanner.transport.errors import because
from scanner.transport.mysql_errors import number_of, told
from scanner.transport.mysql_line import Line, link_to, shut
from scanner.transport.probing import ACCEPTED, PLAINTEXT, REFUSED, Probed
from scanner.transport.shell import Limits

_DENIED = frozenset({1045, 1698})
_INSECURE = frozenset({1835, 3159, 4045, 4047})
_WORDS = ("insecure transport", "require_secure_transport")


def plaintext(line: Line, address: str, port: int, limits: Limits) -> Probed:
    """Log in without TLS by a line that was made for it; never raises.

    The account's password is right, for a session came about with it: so a denial means that TLS is lacking.
    """
    try:
        link = link_to(address, port, limits.connect)
    except OSError as problem:
        return Probed(PLAINTEXT, detail=because(problem))
    with link.dup() as copy, deadline(limits.connect + limits.auth, partial(shut, copy)) as late:
        try:
            line.connect(link)
        except pymysql.err.Error as problem:
            link.close()
            return _refused(number_of(problem), told(problem), late.is_set())
        except Exception as problem:
            link.close()
            return Probed(PLAINTEXT, detail=because(problem))
    with suppress(pymysql.err.Error, OSError):
        line.close()
    return Probed(PLAINTEXT, ACCEPTED, "the server let us in without TLS")


def _refused(number: int, words: str, late: bool) -> Probed:
    if late:
        return Probed(PLAINTEXT, detail="no answer in time")
    if number in _INSECURE or any(word in words for word in _WORDS):
        return Probed(PLAINTEXT, REFUSED, "the server demands TLS of everybody")
    if number in _DENIED:
        return Probed(PLAINTEXT, REFUSED, "the server denied the login that it grants with TLS")
    return Probed(PLAINTEXT, detail=words)
