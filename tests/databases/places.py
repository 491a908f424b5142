"""Folders and processes of database servers for tests: an account that is not root's, and nothing left behind.

A janitor process waits for the end of the test run. Even when that is killed, its servers end and its folders go.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.sshd import until

# Reads until the test run closes its end of the pipe; then ends the servers named in the folder, and removes it.
_JANITOR = """
read -r _
[ -d "$1" ] || exit 0
[ ! -e "$1/server" ] || { read -r signal pid <"$1/server"; kill -s "$signal" "$pid"; }
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && [ ! -e "$1" ] && exit 0; sleep 0.3; done
"""


def missing(what: str) -> None:
    """Skip the test for a server that is not here; fail where `CI` says that everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def account(*wanted: str) -> pwd.struct_passwd:
    """Give who runs a server: ourselves, or as root the first of these accounts that is there."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in (*wanted, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("there is no account but root's; a server may not run as root")


@dataclass
class Place:
    """A folder of the server's account, closed to others, in which one server runs."""

    folder: Path
    account: pwd.struct_passwd
    process: subprocess.Popen[bytes] | None = None
    ends_by: signal.Signals = signal.SIGKILL
    umask: int = 0o077

    def run(self, *argv: str | Path, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
        """Run a program as the account; a RuntimeError with its words when it fails."""
        done = subprocess.run(
            [*map(str, argv)], input=stdin, capture_output=True, text=True, env=_environment(env), **self._whose()
        )
        if done.returncode:
            raise RuntimeError(f"{argv[0]} failed with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, argv: Sequence[str | Path], ends_by: signal.Signals, env: Mapping[str, str] | None = None) -> None:
        """Start the server; `ends_by` is the signal on which it ends at once, cleaning up what is not in files."""
        self.ends_by = ends_by
        with (self.folder / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                [*map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(env),
                **self._whose(),
            )
        (self.folder / "server").write_text(f"{ends_by.name.removeprefix('SIG')} {self.process.pid}\n")

    def stop(self, by: signal.Signals, seconds: float = 20) -> None:
        """End the server by a signal, and by force when it does not."""
        if self.process is None:
            return
        self.process.send_signal(by)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        (self.folder / "server").unlink(missing_ok=True)

    def console(self) -> str:
        """Give what the server wrote on its terminal."""
        return (self.folder / "console.log").read_text(errors="replace")

    def give(self, path: Path) -> None:
        """Make a file or tree the account's own."""
        for one in (path, *path.rglob("*")):
            os.chown(one, self.account.pw_uid, self.account.pw_gid)

    def make(self, *names: str) -> None:
        """Make folders inside, closed to others."""
        for name in names:
            path = self.folder / name
            path.mkdir(mode=0o700)
            self.give(path)

    def _whose(self) -> dict[str, object]:
        """Give the arguments of subprocess that change to the account."""
        own = {"cwd": self.folder, "umask": self.umask}
        if os.geteuid() != 0:
            return own
        return {**own, "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


class Placed:
    """What servers of every kind have: a place, and a recipe that says whether there is TLS."""

    place: Place
    recipe: Any

    @property
    def ca(self) -> Path | None:
        """The certificate of the authority that signed the server's one; None without TLS."""
        return self.place.folder / "tls" / "ca.crt" if self.recipe.tls else None

    @property
    def owner(self) -> str:
        """The account that the server runs as."""
        return self.place.account.pw_name

    @property
    def pid(self) -> int:
        """The process id of the server."""
        assert self.place.process is not None
        return self.place.process.pid


@contextlib.contextmanager
def folder(kind: str) -> Iterator[Path]:
    """Make a temporary folder, and remove it afterwards with the server that runs in it, come what may."""
    path = Path(tempfile.mkdtemp(prefix=f"cp-{kind}-"))
    janitor = subprocess.Popen(
        ["sh", "-c", _JANITOR, "janitor", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield path
    finally:
        # The server's children may still be on their way out.
        until(lambda: shutil.rmtree(path, ignore_errors=True) or not path.exists(), 5, f"the end of {path}")
        assert janitor.stdin is not None
        janitor.stdin.close()
        janitor.wait()


@contextlib.contextmanager
def place(kind: str, *accounts: str) -> Iterator[Place]:
    """Make a folder of a server's account, the first of these that is there, and end the server afterwards."""
    who = account(*accounts)
    with folder(kind) as path:
        os.chown(path, who.pw_uid, who.pw_gid)
        made = Place(path, who)
        try:
            yield made
        finally:
            made.stop(made.ends_by)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Give what servers see of our environment: nothing that would set them up in other ways."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(more or {})}
