"""The `sql` transport of PostgreSQL over psycopg: one read-only session in one database."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import psycopg
from psycopg import pq
from psycopg.adapt import Loader

from scanner.model.evidence import Identity
from scanner.model.inventory import Endpoint
from scanner.transport.deadline import deadline
from scanner.transport.errors import plain
from scanner.transport.postgres_errors import broken, refused
from scanner.transport.postgres_probe import probe
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits, Stopwatch
from scanner.transport.sql import Failure, Plain, Reply, SqlAnswer, Statement
from scanner.transport.sqlvalues import LONGEST, as_plain

_DENIED = frozenset({"42501", "28000"})
"""SQLSTATEs of a missing privilege."""
_TEXTS = ("text", "name", "varchar", "bpchar", '"char"')
_LIBPQ_16 = 160000


class _Text(Loader):
    """Texts of databases without an encoding may hold any bytes."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class PostgresClient:
    """Sessions with one server."""

    settings: Mapping[str, str]
    """Connection parameters in libpq's words, the password not among them."""
    password: Callable[[], str]
    options: Mapping[str, str] = field(default_factory=dict)
    _met: Mapping[str, str] = field(default_factory=dict)
    """Where the last session found the server, and as whom: libpq's host, hostaddr, port, user, dbname."""
    _open: psycopg.Connection[Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Open a session that can change nothing, ask, and close it; raises CollectionError when none came about."""
        watch = Stopwatch()
        with self._session(database, limits) as (connection, over):
            info = connection.info
            self._met = {name: str(getattr(info, name)) for name in ("host", "hostaddr", "port", "user", "dbname")}
            fitting = [each for each in statements if each.fits(info.server_version) and each.belongs(info.dbname)]
            replies = _ask_all(connection, fitting, limits, over)
            identity = Identity(address=_address(info), user=info.user, key=_encryption(connection))
            return SqlAnswer(replies, info.server_version, identity, watch.started_at, watch.seconds)

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Try a connection where the last session found the server; never raises."""
        return probe(kind, {**self.settings, **self._met}, limits)

    def close(self) -> None:
        """Break off the session under way."""
        with self._lock:
            if self._open is not None:
                _shut(self._open)

    @contextmanager
    def _session(self, database: str, limits: Limits) -> Iterator[tuple[psycopg.Connection[Any], threading.Event]]:
        """Give a session, and the event of its time being over."""
        given = {**self.settings, **({"dbname": database} if database else {})}
        secret = self.password()
        try:
            connection = psycopg.connect(
                **{**given, **({"password": secret} if secret else {})},  # type: ignore[arg-type]
                autocommit=True,
                connect_timeout=max(2, round(limits.connect)),
                prepare_threshold=None,
            )
        except psycopg.Error as problem:
            raise refused(problem, given) from None
        try:
            for name in _TEXTS:
                connection.adapters.register_loader(name, _Text)
            with self._lock:
                self._open = connection
            with deadline(limits.run, partial(_shut, connection)) as over:
                try:
                    _tame(connection, limits)
                    yield connection, over
                except psycopg.Error as problem:
                    raise broken(problem, given, late=over.is_set()) from None
        finally:
            with self._lock:
                self._open = None
            with suppress(psycopg.Error, OSError):
                connection.close()


def _tame(connection: psycopg.Connection[Any], limits: Limits) -> None:
    """Make the session read-only and bound in time; set by SET, so that `pg_settings.reset_val` stays the server's."""
    milliseconds = max(1000, round(limits.run * 1000))
    for setting in (
        "default_transaction_read_only = on",
        f"statement_timeout = {milliseconds}",
        f"lock_timeout = {min(milliseconds, 10_000)}",
        "search_path = pg_catalog",
        "standard_conforming_strings = on",
        "DateStyle = ISO",
        "IntervalStyle = postgres",
        "TimeZone = UTC",
        "application_name = controlproof",
    ):
        connection.execute(f"SET {setting}".encode())


def _ask_all(
    connection: psycopg.Connection[Any], statements: Sequence[Statement], limits: Limits, over: threading.Event
) -> dict[str, Reply]:
    replies: dict[str, Reply] = {}
    budget = limits.max_bytes
    for statement in statements:
        if over.is_set() or connection.closed:
            lost = "the time limit of the session was reached" if over.is_set() else "the connection was lost"
            replies[statement.name] = Reply(failure=Failure("", lost))
            continue
        reply, used = _ask(connection, statement, budget)
        if over.is_set() and reply.failure is not None:
            reply = Reply(reply.columns, reply.rows, Failure("", "the time limit of the session was reached"))
        replies[statement.name] = reply
        budget -= used
    return replies


def _ask(connection: psycopg.Connection[Any], statement: Statement, budget: int) -> tuple[Reply, int]:
    """Give the reply of one statement and its size; rows are read one by one, so that no answer fills the memory."""
    rows: list[tuple[Plain, ...]] = []
    columns: tuple[str, ...] = ()
    used = 0
    cut = ""
    cursor = connection.cursor()
    try:
        stream = cast("Generator[tuple[Any, ...]]", cursor.stream(statement.sql.encode()))
        for row in stream:
            if not columns:
                columns = tuple(column.name for column in cursor.description or ())
            if len(rows) >= statement.limit or used > budget:
                cut = f"more than {len(rows)} rows" if used <= budget else "more than the limit of an answer's size"
                break
            values = tuple(as_plain(value) for value in row)
            used += sum(_size(value) for value in values)
            rows.append(values)
        stream.close()
    except psycopg.Error as problem:
        return Reply(columns, tuple(rows), None if cut else _failure(problem), cut), used
    except (ValueError, OverflowError, UnicodeError) as problem:
        failure = Failure("", f"a value cannot be read: {plain(str(problem), 200)}")
        return Reply(columns, tuple(rows), failure), used
    finally:
        with suppress(psycopg.Error):
            cursor.close()
    return Reply(columns or tuple(column.name for column in cursor.description or ()), tuple(rows), None, cut), used


def _failure(problem: psycopg.Error) -> Failure:
    code = problem.sqlstate or ""
    text = problem.diag.message_primary or str(problem)
    return Failure(code, plain(text, 300), denied=code in _DENIED)


def _size(value: Plain) -> int:
    if isinstance(value, str):
        return min(len(value), LONGEST) + 8
    return 8 + sum(map(_size, value)) if isinstance(value, list) else 8


def _shut(connection: psycopg.Connection[Any]) -> None:
    """End the connection under the feet of whoever waits for it."""
    with (
        suppress(psycopg.Error, OSError, ValueError),
        socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)


def _address(info: psycopg.ConnectionInfo) -> str:
    host = info.hostaddr or info.host
    return host if host.startswith("/") else f"{host}:{info.port}"


def _encryption(connection: psycopg.Connection[Any]) -> str:
    if not connection.pgconn.ssl_in_use:
        return ""
    with suppress(psycopg.Error):
        row = connection.execute(
            b"SELECT version, cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()"
        ).fetchone()
        if row and row[0]:
            return f"{row[0]} {row[1]}"
    return "TLS"


def open_postgres(endpoint: Endpoint, secret: Callable[[str], str], limits: Limits) -> PostgresClient:
    """Make a client of the server that the endpoint names; nothing is connected.

    Without an address libpq's own ways hold: service files, `PG*` variables, the local socket.
    """
    del limits
    given = {
        "host": endpoint.address,
        "port": str(endpoint.port or ""),
        "user": endpoint.user,
        "dbname": endpoint.option("database") or ("" if endpoint.option("service") else "postgres"),
        "service": endpoint.option("service"),
        "sslmode": endpoint.option("sslmode"),
        "sslrootcert": endpoint.option("ca_file"),
        "sslcert": endpoint.option("client_cert"),
        "sslkey": endpoint.option("client_key"),
    }
    settings = {name: value for name, value in given.items() if value}
    settings.update(_careful(settings))
    reference = endpoint.password
    return PostgresClient(
        MappingProxyType(settings), lambda: secret(reference) if reference else "", dict(endpoint.options)
    )


def _local(host: str) -> bool:
    """Tell whether a host of a connection is this machine: a socket, or an address of the loopback."""
    if not host or host == "localhost" or host.startswith(("/", "@")):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _careful(settings: Mapping[str, str]) -> dict[str, str]:
    """Demand a verified server over a network, unless the inventory says otherwise; never send a bare password."""
    host = settings.get("host", "")
    if all(_local(each) for each in host.split(",")):
        return {}
    mode = settings.get("sslmode", "verify-full")
    careful = {"sslmode": mode}
    newer = pq.version() >= _LIBPQ_16
    if mode == "verify-full" and "sslrootcert" not in settings:
        if newer and not (Path.home() / ".postgresql" / "root.crt").exists():
            careful["sslrootcert"] = "system"
    elif newer and not mode.startswith("verify"):
        careful["require_auth"] = "!password"
    return careful
