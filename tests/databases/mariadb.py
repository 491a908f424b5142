"""Real MariaDB servers for tests: weak or hardened, on a free loopback port, gone without a trace afterwards.

    with server("hardened") as running:
        with running.connect("scanner") as session: ...
        running.sql("SET GLOBAL local_infile = ON")

The program is Debian's mariadb-server (10.11 on Debian 12).
"""

from __future__ import annotations

import contextlib
import re
import secrets
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.databases.certificates import Authority
from tests.databases.mariadb_recipes import FLAVOURS, Recipe
from tests.databases.places import Place, Placed, missing, place
from tests.support.sshd import find, free_port, until

HOST = "127.0.0.1"

_PROGRAMS = ("mariadbd", "mariadb-install-db")


def installed() -> bool:
    """Tell whether the server's programs are on this machine."""
    return all(find(name) for name in _PROGRAMS)


def need() -> None:
    """Skip the test, or fail it under `CI`, where MariaDB is not here."""
    if not installed():
        missing("MariaDB is not on this machine (call .ci/apt as root)")


@dataclass
class Server(Placed):
    """A running server."""

    flavour: str
    place: Place
    recipe: Recipe
    port: int = 0
    passwords: dict[str, str] = field(default_factory=dict)

    host = HOST

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.place.folder / "data"

    @property
    def socket(self) -> Path:
        """The socket's file."""
        return self.place.folder / "sockets" / "mysqld.sock"

    @property
    def options_file(self) -> Path:
        """The server's only option file."""
        return self.place.folder / "my.cnf"

    def log(self) -> str:
        """Everything the server has logged, the audit plugin's file included."""
        files = sorted((self.place.folder / "log").glob("*.log"))
        return self.place.console() + "".join(path.read_text(errors="replace") for path in files)

    def parameters(self, role: str = "scanner", database: str | None = None, **more: object) -> dict[str, Any]:
        """Give the arguments of pymysql.connect for a role, over TCP, with TLS and its client certificate where it is.

        `unix_socket=str(server.socket)` makes it the socket, without TLS; a None takes an argument away.
        """
        found: dict[str, Any] = {"host": self.host, "port": self.port, "user": role, "database": database}
        found |= {"password": self.passwords.get(role, ""), "connect_timeout": 10, "autocommit": True}
        if self.ca and "unix_socket" not in more:
            tls = self.ca.parent
            found |= {"ssl_ca": str(self.ca), "ssl_verify_cert": True, "ssl_verify_identity": True}
            found |= {"ssl_cert": str(tls / "client.crt"), "ssl_key": str(tls / "client.key")}
        elif not self.ca:
            found["ssl_disabled"] = True
        return {name: value for name, value in {**found, **more}.items() if value is not None}

    def connect(self, role: str = "scanner", database: str | None = None, **more: object) -> Any:
        """Open a PyMySQL session of a role, in autocommit."""
        import pymysql

        return pymysql.connect(**self.parameters(role, database, **more))

    def sql(self, text: str, values: Sequence[object] | None = None) -> list[tuple]:
        """Run a statement as root over the socket; gives its rows."""
        with contextlib.closing(self._root()) as session:
            return rows(session, text, values)

    def _root(self) -> Any:
        # Clients of today do not log in by what old_passwords makes of a password.
        return self.connect("root", unix_socket=str(self.socket), init_command="SET old_passwords = 0")

    def restart(self, **options: str | None) -> None:
        """Stop the server and start it again on the same port; `options` come on top of those it has."""
        self.place.stop(signal.SIGTERM)
        if options:
            _write_options(self, options)
        _start(self)


def rows(session: Any, text: str, values: Sequence[object] | None = None) -> list[tuple]:
    """Run one statement in a session, and give its rows."""
    with session.cursor() as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall())


@contextlib.contextmanager
def server(
    flavour: str = "hardened", *, options: Mapping[str, str | None] | None = None, sql: Sequence[str] = ()
) -> Iterator[Server]:
    """Run a server until the block ends; `options` and `sql` come on top of the flavour's recipe."""
    need()
    with place("mariadb", "mysql") as where:
        running = Server(flavour, where, FLAVOURS[flavour])
        _initialise(running, options or {})
        _start(running)
        (where.folder / "first.sql").unlink()
        with contextlib.closing(running._root()) as session:
            for statement in (*_accounts(running), *running.recipe.sql, *sql):
                rows(session, _filled(statement, running))
        yield running


def _initialise(running: Server, options: Mapping[str, str | None]) -> None:
    """Make the data directory, keys and certificates, and the option file."""
    where, recipe = running.place, running.recipe
    named = re.findall(r"\{password:(\w+)\}", " ".join(recipe.sql))
    running.passwords = {name: f"Pw-{secrets.token_hex(12)}-Z" for name in ("root", *recipe.accounts, *named)}
    where.make(*recipe.folders)
    if recipe.tls:
        authority = Authority(where.folder / "tls")
        authority.issue("localhost")
        authority.issue("client")
        where.give(where.folder / "tls")
        keys = where.folder / "keys" / "keys.txt"
        keys.touch(mode=0o600)
        keys.write_text(f"1;{secrets.token_hex(32)}\n")
        where.give(keys)
    how = ("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--basedir=/usr")
    where.run(find(_PROGRAMS[1]) or "", "--no-defaults", f"--datadir={running.data}", "--innodb-log-file-size=8M", *how)
    if recipe.open_files:
        running.data.chmod(0o755)
        where.umask = 0o022
    # Before the first connection: root may log in on the socket alone, with a password.
    first = where.folder / "first.sql"
    first.touch(mode=0o600)
    first.write_text(
        "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';\n"
        "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';\n"
        "FLUSH PRIVILEGES;\n"
        "SET old_passwords = 0;\n"
        f"ALTER USER root@localhost {recipe.local_login.replace('{password}', running.passwords['root'])};\n"
    )
    where.give(first)
    _write_options(running, {**recipe.options, **options})


def _write_options(running: Server, options: Mapping[str, str | None]) -> None:
    """Write the option file: what it had, and these on top."""
    folder = running.place.folder
    kept = dict(_options(running)) if running.options_file.exists() else {}
    always = {"datadir": str(running.data), "socket": str(running.socket), "pid_file": f"{folder}/sockets/mysqld.pid"}
    wanted = {**always, **kept, **options}
    lines = [name if value is None else f"{name} = {_filled(value, running)}" for name, value in wanted.items()]
    running.options_file.write_text("\n".join(["[mariadbd]", *lines]) + "\n")
    running.place.give(running.options_file)


def _options(running: Server) -> Iterator[tuple[str, str | None]]:
    for line in running.options_file.read_text().splitlines()[1:]:
        name, equals, value = line.partition(" = ")
        yield name.removesuffix(" ="), value if equals or line.endswith(" =") else None


def _start(running: Server) -> None:
    """Start the server, the first time on another port when somebody took ours in between."""
    again = bool(running.port)
    for _ in range(5):
        if not again:
            running.port = free_port()
            _write_options(running, {"port": str(running.port)})
        argv = [find(_PROGRAMS[0]) or "", f"--defaults-file={running.options_file}"]
        if not again:
            argv.append(f"--init-file={running.place.folder}/first.sql")
        modes = {"UMASK": "0664", "UMASK_DIR": "0755"} if running.recipe.open_files else {}
        running.place.start(argv, signal.SIGKILL, modes)
        if _ready(running):
            return
        running.place.stop(signal.SIGKILL)
        if again or "Address already in use" not in running.log():
            break
    raise RuntimeError(f"MariaDB did not start: {running.log()}")


def _ready(running: Server) -> bool:
    """Wait until the port answers; False when the server ended instead."""
    process = running.place.process
    assert process is not None

    def settled() -> bool:
        if process.poll() is not None:
            return True
        if not running.socket.exists():
            return False
        with contextlib.suppress(OSError), socket.create_connection((HOST, running.port), 5) as link:
            return bool(link.recv(1))
        return False

    until(settled, 60, "the start of MariaDB")
    return process.poll() is None


def _accounts(running: Server) -> Iterator[str]:
    """Give the statements that make the ready accounts."""
    recipe = running.recipe
    for name, hosts in recipe.accounts.items():
        for host in hosts:
            login = recipe.local_login if host == "localhost" else recipe.login
            yield f"CREATE USER {name}@'{host}' {login.replace('{password}', running.passwords[name])}"


def _filled(text: str, running: Server) -> str:
    text = text.replace("{folder}", str(running.place.folder))
    return re.sub(r"\{password:(\w+)\}", lambda found: running.passwords[found[1]], text)
