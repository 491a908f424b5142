"""The `sql` transport of MariaDB and MySQL over PyMySQL: one read-only session."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pymysql

from scanner.model.errors import CollectionError, ConfigurationError, near
from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.deadline import deadline
from scanner.transport.errors import plain, translate
from scanner.transport.mysql_errors import failure, refused
from scanner.transport.mysql_line import MODES, Line, context_of, link_to, shut
from scanner.transport.mysql_probe import plaintext
from scanner.transport.probing import CERTIFICATE, OLD_TLS, PLAINTEXT, Probed
from scanner.transport.shell import Limits, Stopwatch
from scanner.transport.sql import Failure, Plain, Reply, SqlAnswer, Statement
from scanner.transport.sqlvalues import as_plain
from scanner.transport.tls import Place, certificate, old_tls

MARIADB = 100_000
"""Versions from here on are MariaDB's, lower ones MySQL's."""
_SOCKETS = ("/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock")
_VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)")
_LATE = "the time limit of the session was reached"


@dataclass(frozen=True, slots=True)
class _Settings:
    address: str
    port: int
    user: str
    database: str
    mode: str
    ca_file: str
    client_cert: str
    client_key: str

    @property
    def place(self) -> str:
        return self.address if self.address.startswith("/") else f"{self.address}:{self.port}"


@dataclass(slots=True)
class MysqlClient:
    """Sessions with one server."""

    settings: _Settings
    password: Callable[[], str]
    options: Mapping[str, str] = field(default_factory=dict)
    _open: socket.socket | None = None
    """A copy of the socket of the session under way."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Open a session that can change nothing, ask, and close it; raises CollectionError when none came about."""
        watch = Stopwatch()
        with self._session(database or self.settings.database, limits) as (line, link):
            version = _version(line.server_version)
            fitting = [each for each in statements if each.fits(version) and each.belongs(database)]
            with deadline(limits.run, partial(shut, link)) as over:
                most = max((statement.limit for statement in fitting), default=0)
                user = _tame(line, self.settings.place, version, limits, most, over)
                encryption = line.encryption
                replies = _ask_all(line, fitting, over)
            identity = Identity(address=self.settings.place, user=user, key=encryption)
            return SqlAnswer(replies, version, identity, watch.started_at, watch.seconds)

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Try one kind of connection at the server's network address; never raises.

        Plaintext is tried as our user: the server refuses it only after the login. No plug-in that would send the
        password itself is followed.
        """
        given = self.settings
        if given.address.startswith("/"):
            return Probed(kind, detail="the target is reached through a socket (give its network address to probe it)")
        place = Place(given.address, given.port, "mysql")
        if kind == OLD_TLS:
            return old_tls(place, limits.connect)
        if kind == CERTIFICATE:
            return certificate(place, given.address, limits.connect, given.ca_file)
        if kind == PLAINTEXT:
            bare = replace(given, mode="disable")
            return plaintext(_line(bare, self.password(), given.database, limits), given.address, given.port, limits)
        return Probed(kind, detail="there is no probe of that kind")

    def close(self) -> None:
        """Break off the session under way."""
        with self._lock:
            if self._open is not None:
                shut(self._open)

    @contextmanager
    def _session(self, database: str, limits: Limits) -> Iterator[tuple[Line, socket.socket]]:
        given = self.settings
        secret = self.password()
        line = _line(given, secret, database, limits)
        try:
            link = link_to(given.address, given.port, limits.connect)
        except OSError as problem:
            raise translate(problem, given.place) from None
        with link.dup() as copy:
            try:
                with self._lock:
                    self._open = copy
                with deadline(limits.connect + limits.auth, partial(shut, copy)) as late:
                    try:
                        line.connect(link)
                    except Exception as problem:
                        link.close()
                        raise refused(problem, given.place, database, late.is_set()) from None
                line.allowance = limits.max_bytes
                yield line, copy
            finally:
                with self._lock:
                    self._open = None
                with suppress(pymysql.err.Error, OSError):
                    line.close()


def _line(given: _Settings, secret: str, database: str, limits: Limits) -> Line:
    try:
        context = context_of(given.mode, given.ca_file, given.client_cert, given.client_key)
    except OSError as problem:
        raise CollectionError(f"{given.place}: its TLS files cannot be used: {plain(str(problem), 200)}") from None
    over_socket = given.address.startswith("/")
    return Line(
        given.mode,
        context,
        host="localhost" if over_socket else given.address,
        unix_socket=given.address if over_socket else None,
        port=given.port,
        user=given.user or None,
        password=secret.encode(),
        database=database or None,
        read_timeout=max(1.0, limits.connect + limits.auth, limits.run),
        write_timeout=max(1.0, limits.connect + limits.auth),
    )


def _version(told: str) -> int:
    """Read the version of the greeting: 101119 for 5.5.5-10.11.19-MariaDB, 80036 for 8.0.36."""
    found = _VERSION.match(told)
    return int(found[1]) * 10_000 + int(found[2]) * 100 + int(found[3]) if found else 0


def _tame(line: Line, place: str, version: int, limits: Limits, most: int, over: threading.Event) -> str:
    """Make the session read-only and bound in time; give as whom the server sees us."""
    seconds = max(1, round(limits.run))
    timely = f"max_statement_time = {seconds}" if version >= MARIADB else f"max_execution_time = {seconds * 1000}"
    settings = ("autocommit = 1", "sql_mode = ''", "time_zone = '+00:00'", f"lock_wait_timeout = {min(seconds, 10)}")
    for setting in ("TRANSACTION READ ONLY", *settings, f"sql_select_limit = {most + 1}", timely):
        problem = _ask(line, Statement("tame", f"SET SESSION {setting}")).failure
        if problem is not None:
            words = _LATE if over.is_set() else problem.text
            raise CollectionError(f"{place}: no read-only session: {words}")
    reply = _ask(line, Statement("user", "SELECT CURRENT_USER()"))
    return str(reply.rows[0][0]) if reply.rows else ""


def _ask_all(line: Line, statements: Sequence[Statement], over: threading.Event) -> dict[str, Reply]:
    replies: dict[str, Reply] = {}
    lost = "the connection was lost"
    for statement in statements:
        if over.is_set() or not line.open:
            replies[statement.name] = Reply(failure=Failure("", _LATE if over.is_set() else lost))
            continue
        reply = _ask(line, statement)
        if over.is_set() and reply.failure is not None:
            reply = Reply(reply.columns, reply.rows, Failure("", _LATE))
        elif not line.open and reply.failure is not None:
            lost = reply.failure.text
        replies[statement.name] = reply
    return replies


def _ask(line: Line, statement: Statement) -> Reply:
    """Give the reply of one statement; rows are read one by one, so that no answer fills the memory."""
    rows: list[tuple[Plain, ...]] = []
    columns: tuple[str, ...] = ()
    cut = ""
    cursor: Any = line.cursor()
    try:
        cursor.execute(statement.sql)
        columns = tuple(_name(column[0]) for column in cursor.description or ())
        while columns and (row := cursor.fetchone()) is not None:
            if len(rows) >= statement.limit:
                cut = f"more than {len(rows)} rows"
                break
            rows.append(_plain_row(row, columns))
        cursor.close()  # Reads what is left: the session's sql_select_limit keeps that short.
    except pymysql.err.Error as problem:
        return Reply(columns, tuple(rows), None if cut else failure(problem), cut)
    except Exception as problem:
        # Whatever PyMySQL makes of a malformed answer: from here on the conversation cannot be trusted.
        line.drop()
        return Reply(columns, tuple(rows), failure(problem))
    return Reply(columns, tuple(rows), None, cut)


def _plain_row(row: Sequence[object], columns: Sequence[str]) -> tuple[Plain, ...]:
    if len(row) != len(columns):
        raise ValueError("a row has not as many values as there are columns")
    return tuple(as_plain(value) for value in row)


def _name(column: object) -> str:
    return (column.decode("utf-8", "replace") if isinstance(column, bytes) else str(column)).lower()


def open_mysql(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> MysqlClient:
    """Make a client of the server that the endpoint names; nothing is connected.

    Without an address it is the server of this machine: its socket in the usual places, else port 3306.
    Raises ConfigurationError for a mode of TLS that there is not.
    """
    del limits
    address = endpoint.address or next((path for path in _SOCKETS if Path(path).exists()), "127.0.0.1")
    ca_file = endpoint.option("ca_file")
    mode = endpoint.option("sslmode") or _mode(address)
    if mode not in MODES:
        raise ConfigurationError(f"sslmode '{plain(mode, 40)}': one of {', '.join(MODES)}{near(mode, MODES)}")
    if mode == "require" and ca_file:
        mode = "verify-ca"  # As libpq does.
    settings = _Settings(
        address,
        endpoint.port or 3306,
        endpoint.user,
        endpoint.option("database"),
        mode,
        ca_file,
        endpoint.option("client_cert"),
        endpoint.option("client_key"),
    )
    reference = endpoint.password
    return MysqlClient(settings, lambda: secret(reference) if reference else "", dict(endpoint.options))


def _mode(address: str) -> str:
    """Demand a verified server over a network, unless the inventory says otherwise."""
    if address.startswith("/"):
        return "disable"
    if address == "localhost":
        return "prefer"
    try:
        return "prefer" if ipaddress.ip_address(address).is_loopback else "verify-full"
    except ValueError:
        return "verify-full"
