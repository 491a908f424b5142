"""Real PostgreSQL clusters for tests: weak or hardened, on a free loopback port, gone without a trace afterwards.

    with cluster("15", "hardened") as server:
        with server.connect("scanner") as session: ...
        server.sql("ALTER ROLE app SET pgaudit.log = 'none'", database="sky")

PostgreSQL 15 is Debian's, with pgAudit and set_user; 16 and later are those that `.ci/servers` fetches.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.databases.certificates import Authority
from tests.databases.places import Place, Placed, missing, place
from tests.databases.postgres_recipes import FLAVOURS, Recipe
from tests.support.sshd import free_port, until

VERSIONS = ("15", "16", "17", "18")
"""The major versions that tests know."""

HOST = "127.0.0.1"

_PACKAGED = Path("/usr/lib/postgresql")
_SHARED = Path("/var/cache/controlproof-servers")


@functools.cache
def installed() -> Mapping[str, Path]:
    """Give major version > folder of its programs, for the versions that are on this machine."""
    cache = os.environ.get("CONTROLPROOF_SERVERS")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "controlproof-servers"
    found = {}
    for folder in (Path(cache),) if cache else (home, _SHARED):
        for whole in folder.glob("postgres-*/.whole"):
            found[re.sub(r"\D.*", "", whole.parent.name.removeprefix("postgres-"))] = whole.parent / "bin"
    for program in _PACKAGED.glob("*/bin/initdb"):
        found.setdefault(program.parent.parent.name, program.parent)
    return {version: found[version] for version in VERSIONS if version in found}


def need(version: str) -> Path:
    """Give the folder of a version's programs; skips the test, or fails it under `CI`, where it is not here."""
    if version not in installed():
        how = "call .ci/apt as root, on Debian 12" if version == "15" else "call .ci/servers"
        missing(f"PostgreSQL {version} is not on this machine ({how})")
    if version == "15" and not (_PACKAGED / "15/lib/pgaudit.so").exists():
        missing("pgAudit for PostgreSQL 15 is not on this machine (call .ci/apt as root, on Debian 12)")
    return installed()[version]


@dataclass
class Cluster(Placed):
    """A running cluster."""

    version: str
    flavour: str
    place: Place
    programs: Path
    recipe: Recipe
    port: int = 0
    passwords: dict[str, str] = field(default_factory=dict)
    _keeper: Any = None
    """A superuser's session that outlives the moment from which superusers may no longer log in."""

    host = HOST

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.place.folder / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the socket; as `host` in a connection's settings it means the socket."""
        return self.place.folder / "sockets"

    def log(self) -> str:
        """Everything the server has logged."""
        folders = [self.data / "log", self.place.folder / "log"]
        files = [path for folder in folders for path in sorted(folder.glob("*"))]
        return self.place.console() + "".join(path.read_text(errors="replace") for path in files)

    def parameters(self, role: str = "scanner", database: str = "postgres", **more: object) -> dict[str, Any]:
        """Give the arguments of psycopg.connect for a role, over TCP, with verified TLS where there is TLS.

        `host=str(cluster.sockets)` makes it the socket; a None takes an argument away.
        """
        found: dict[str, Any] = {"host": self.host, "port": self.port, "user": role, "dbname": database}
        found["password"] = self.passwords.get(role)
        found |= {"sslmode": "verify-full", "sslrootcert": str(self.ca)} if self.ca else {"sslmode": "prefer"}
        found |= {"connect_timeout": 10, **more}
        if str(found["host"]).startswith("/"):
            found |= {"sslmode": None, "sslrootcert": None}
        return {name: value for name, value in found.items() if value is not None}

    def connect(self, role: str = "scanner", database: str = "postgres", **more: object) -> Any:
        """Open a psycopg session of a role, in autocommit."""
        import psycopg

        return psycopg.connect(**self.parameters(role, database, **more), autocommit=True)

    def sql(self, text: str, values: Sequence[object] | None = None, *, database: str = "postgres") -> list[tuple]:
        """Run statements as superuser over the socket; gives the rows of the last one, if it has any."""
        if database == "postgres":
            return _rows(self._keeper, text, values)
        with self._opened("postgres"), self.connect("postgres", database, host=str(self.sockets)) as session:
            return _rows(session, text, values)

    @contextlib.contextmanager
    def superuser(self) -> Iterator[str]:
        """Let the role `superuser` log in inside the block; gives its name."""
        with self._opened("superuser"):
            yield "superuser"

    def set(self, **settings: str | None) -> None:
        """Write settings by ALTER SYSTEM (None resets one; `pgaudit__log` means pgaudit.log), and load them."""
        for key, value in settings.items():
            name = key.replace("__", ".")
            self.sql(f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = {_quoted(value)}")
        self.reload()

    def write(self, name: str, text: str) -> None:
        """Write a file of the data directory (`pg_hba.conf`), which is not loaded before `reload`."""
        path = self.data / name
        path.write_text(text)
        self.place.give(path)

    def reload(self) -> None:
        """Make the server load its files, and wait until it has."""
        [[before]] = self.sql("SELECT pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        until(lambda: self.sql("SELECT pg_conf_load_time()") != [(before,)], what="the reload")

    def restart(self) -> None:
        """Stop the server and start it again, on the same port."""
        with contextlib.ExitStack() as stack:
            for role in self.recipe.closed:
                stack.enter_context(self._opened(role))
            self._keeper.close()
            self.place.stop(signal.SIGINT)
            _start(self)
            self._keep()

    @contextlib.contextmanager
    def _opened(self, role: str) -> Iterator[None]:
        """Let a closed role log in inside the block."""
        if role not in self.recipe.closed:
            yield
            return
        self.sql(f"ALTER ROLE {role} LOGIN")
        try:
            yield
        finally:
            self.sql(f"ALTER ROLE {role} NOLOGIN")

    def _keep(self) -> None:
        self._keeper = self.connect("postgres", host=str(self.sockets), application_name="test bench")

    def _close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()


@contextlib.contextmanager
def cluster(
    version: str = "16",
    flavour: str = "hardened",
    *,
    settings: Mapping[str, str | None] | None = None,
    sql: Sequence[tuple[str, str]] = (),
) -> Iterator[Cluster]:
    """Run a cluster until the block ends; `settings` and `sql` come on top of the flavour's recipe."""
    programs = need(version)
    recipe = FLAVOURS[flavour]
    with place("postgres", "postgres") as where:
        server = Cluster(version, flavour, where, programs, recipe)
        try:
            _initialise(server, settings or {})
            _start(server)
            _fill(server, sql)
            yield server
        finally:
            server._close()


def _initialise(server: Cluster, settings: Mapping[str, str | None]) -> None:
    """Make the data directory and its files, and certificates where the recipe has TLS."""
    where, recipe = server.place, server.recipe
    server.passwords = {role: f"Pw-{secrets.token_hex(12)}" for role in recipe.passwords}
    where.make(*recipe.folders)
    if recipe.tls:
        authority = Authority(where.folder / "tls")
        authority.issue("localhost")
        authority.issue("replicator")
        where.give(where.folder / "tls")
    secret = where.folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(server.passwords["postgres"])
    where.give(secret)
    more = recipe.initdb_by_version.get(server.version, ())
    options = [_filled(option, server) for option in (*recipe.initdb, *more)]
    common = ("-U", "postgres", "-N", "--no-locale", "-E", "UTF8", "--pwfile", secret)
    where.run(server.programs / "initdb", "-D", server.data, *common, *options)
    secret.unlink()
    wanted = {**recipe.settings_of(server.version), "unix_socket_directories": "{folder}/sockets", **settings}
    lines = [f"{name} = {_quoted(_filled(value, server))}" for name, value in wanted.items() if value is not None]
    main = server.data / "postgresql.conf"
    server.write("postgresql.conf", main.read_text() + "\n".join(lines) + "\n")
    server.write("pg_hba.conf", "".join(f"{line.strip()}\n" for line in recipe.hba.strip().splitlines()))
    server.write("pg_ident.conf", recipe.ident)


def _start(server: Cluster) -> None:
    """Start the server, the first time on another port when somebody took ours in between."""
    again = bool(server.port)
    for _ in range(5):
        if not again:
            server.port = free_port()
            text = re.sub(r"(?m)^port = .*\n", "", (server.data / "postgresql.conf").read_text())
            server.write("postgresql.conf", f"{text}port = {server.port}\n")
        server.place.start([server.programs / "postgres", "-D", server.data], signal.SIGQUIT)
        if _ready(server):
            return
        server.place.stop(signal.SIGQUIT)
        if again or "Address already in use" not in server.log():
            break
    raise RuntimeError(f"PostgreSQL {server.version} did not start: {server.log()}")


def _ready(server: Cluster) -> bool:
    """Wait for the last line of the server's file of its process id; False when the server ended instead."""
    process, file = server.place.process, server.data / "postmaster.pid"
    assert process is not None

    def settled() -> bool:
        lines = file.read_text().splitlines() if file.exists() else []
        return process.poll() is not None or (lines[:1] == [str(process.pid)] and lines[7:8] == ["ready   "])

    until(settled, 30, f"the start of PostgreSQL {server.version}")
    return process.poll() is None


def _fill(server: Cluster, more: Sequence[tuple[str, str]]) -> None:
    """Run the recipe's statements, set the passwords, and close what it wants closed."""
    import psycopg

    recipe = server.recipe
    server._keep()
    sessions = {"postgres": server._keeper}
    try:
        for database, text in (*recipe.sql_of(server.version), *more):
            if database not in sessions:
                sessions[database] = server.connect("postgres", database, host=str(server.sockets))
            sessions[database].execute(_filled(text, server))
        for role, password in server.passwords.items():
            statement = psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}")
            server._keeper.execute(statement.format(psycopg.sql.Identifier(role), password))
        for role in recipe.closed:
            server.sql(f"ALTER ROLE {role} NOLOGIN")
        if "archive_command" in recipe.settings:
            server.sql("SELECT pg_switch_wal()")
            until(lambda: server.sql("SELECT archived_count FROM pg_stat_archiver") != [(0,)], what="archived WAL")
    finally:
        for database, session in sessions.items():
            if database != "postgres":
                session.close()


def _filled(text: str, server: Cluster) -> str:
    return text.replace("{folder}", str(server.place.folder))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _rows(session: Any, text: str, values: Sequence[object] | None) -> list[tuple]:
    found = session.execute(text, values)
    while found.nextset():
        pass
    return found.fetchall() if found.description else []
