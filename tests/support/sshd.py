"""Real OpenSSH servers and accounts for tests: started on a free loopback port, and taken away without a trace.

As root an `Estate` has one account per situation (sudo with and without password, odd login shells …); as an
ordinary user it has that user's own account alone.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PREFIX = "cpt"
"""All accounts of tests begin so; the process id of the test run follows."""

SUDOERS = Path("/etc/sudoers.d")


def need(*programs: str) -> None:
    """Skip the test where a program is missing; fail where `CI` says that everything must be there."""
    missing = [name for name in programs if find(name) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def find(program: str) -> str | None:
    """Look for a program where daemons live, too."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")


def until(true: Callable[[], object], seconds: float = 20, what: str = "the condition") -> None:
    """Poll until something holds; an AssertionError when it never does."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {seconds} s")
        time.sleep(0.02)


def run(*argv: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a tool of the test bench."""
    done = subprocess.run(argv, capture_output=True, text=True, **more)  # type: ignore[call-overload]
    if check and done.returncode:
        raise RuntimeError(f"{argv[0]} failed with {done.returncode}: {done.stderr}")
    return done  # type: ignore[no-any-return]


@functools.cache
def _keygen() -> str:
    return find("ssh-keygen") or "ssh-keygen"


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key pair; gives the private key's path."""
    size = ["-b", "2048"] if kind == "rsa" else []
    run(_keygen(), "-q", "-t", kind, *size, "-N", passphrase, "-C", path.name, "-f", str(path))
    return path


@dataclass(frozen=True)
class Account:
    """An account that tests log into."""

    name: str
    password: str = ""
    home: str = ""


@dataclass
class Accounts:
    """The accounts of one test run, by situation: `accounts["sudo"].name`."""

    by_role: dict[str, Account] = field(default_factory=dict)
    sudo_log: Path | None = None

    def __getitem__(self, role: str) -> Account:
        return self.by_role[role]


ROLES: Mapping[str, tuple[str, str]] = {
    "sudo": ("bash", "NOPASSWD: ALL"),
    "password": ("bash", "ALL"),
    "cached": ("bash", "ALL"),
    "tty": ("bash", "NOPASSWD: ALL"),
    "narrow": ("bash", "NOPASSWD: /usr/bin/id"),
    "plain": ("sh", ""),
    "nologin": ("nologin", ""),
    "forced": ("bash", ""),
    "fish": ("fish", "NOPASSWD: ALL"),
    "tcsh": ("tcsh", "ALL"),
    "busybox": ("busybox", ""),
}
"""Role > login shell, and what sudoers grants."""


def _line(role: str, name: str, log: Path) -> str:
    lines = [
        f"Defaults:{name} logfile={log}, !use_pty" if role != "sudo" else f"Defaults:{name} logfile={log}, use_pty"
    ]
    if role == "tty":
        lines.append(f"Defaults:{name} requiretty")
    if role == "cached":
        lines.append(f"Defaults:{name} timestamp_type=global")
    if ROLES[role][1]:
        lines.append(f"{name} ALL=(ALL:ALL) {ROLES[role][1]}")
    return "\n".join(lines) + "\n"


def _locked(*argv: str, **more: object) -> None:
    """Run a tool of the passwd suite, waiting for others that hold its lock."""

    def done() -> bool:
        result = run(*argv, check=False, **more)
        if result.returncode and "lock" not in result.stderr:
            raise RuntimeError(f"{' '.join(argv)}: {result.stderr}")
        return result.returncode == 0

    until(done, 30, f"the lock for {argv[0]}")


def sweep() -> None:
    """Remove accounts and sudoers entries of test runs that were killed."""
    for account in pwd.getpwall():
        found = re.fullmatch(rf"{PREFIX}(\d+)[a-z]*", account.pw_name)
        if found and not Path(f"/proc/{found[1]}").exists():
            remove_account(account.pw_name)
    for path in SUDOERS.glob(f"{PREFIX}*"):
        found = re.fullmatch(rf"{PREFIX}(\d+)", path.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            path.unlink(missing_ok=True)


def remove_account(name: str) -> None:
    """Delete an account with its home, ending what still runs under it."""
    try:
        number = pwd.getpwnam(name).pw_uid
    except KeyError:
        return
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if entry.name.isdigit() and entry.stat().st_uid == number:
                os.kill(int(entry.name), signal.SIGKILL)
    _locked("userdel", "-r", "-f", name)
    for stamp in ("ts", "lectured"):
        Path(f"/run/sudo/{stamp}/{name}").unlink(missing_ok=True)
        Path(f"/var/lib/sudo/{stamp}/{name}").unlink(missing_ok=True)


@contextlib.contextmanager
def accounts() -> Iterator[Accounts]:
    """Make one account per role (as root), or take our own (`plain`); all are gone afterwards."""
    mine = pwd.getpwuid(os.getuid())
    if os.geteuid() != 0:
        yield Accounts({"plain": Account(mine.pw_name, home=mine.pw_dir)})
        return
    need("useradd", "userdel", "chpasswd", "sudo", "fish", "tcsh", "busybox")
    sweep()
    made = Accounts({"root": Account("root", home=mine.pw_dir)})
    sudoers = SUDOERS / f"{PREFIX}{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="cp-accounts-") as folder:
        made.sudo_log = Path(folder) / "sudo.log"
        busybox = Path(folder) / "sh"
        busybox.symlink_to(find("busybox") or "busybox")
        Path(folder).chmod(0o755)
        try:
            for role, (shell, _) in ROLES.items():
                path = str(busybox) if shell == "busybox" else find(shell)
                account = Account(
                    f"{PREFIX}{os.getpid()}{role}", f"Pw-{secrets.token_hex(8)}", f"/home/{PREFIX}{os.getpid()}{role}"
                )
                made.by_role[role] = account
                _locked("useradd", "-m", "-d", account.home, "-K", "UMASK=022", "-s", str(path), account.name)
            _locked(
                "chpasswd",
                "-c",
                "SHA256",
                "-s",
                "1000",
                input="".join(f"{one.name}:{one.password}\n" for role, one in made.by_role.items() if role != "root"),
            )
            text = "".join(_line(role, made[role].name, made.sudo_log) for role in ROLES)
            sudoers.touch(mode=0o440)
            sudoers.write_text(text)
            run(find("visudo") or "visudo", "-cqf", str(sudoers))
            yield made
        finally:
            sudoers.unlink(missing_ok=True)
            for role, account in made.by_role.items():
                if role != "root":
                    remove_account(account.name)


@dataclass
class Sshd:
    """A running server."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    host_keys: dict[str, Path]
    user_key: Path
    known_hosts: Path
    log: Path

    host = "127.0.0.1"

    def text(self) -> str:
        """The server's log so far."""
        return self.log.read_text("utf-8", "replace")

    def count(self, pattern: str) -> int:
        """How many lines of the log match."""
        return sum(bool(re.search(pattern, line)) for line in self.text().splitlines())

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return self.count("^Connection from")

    @property
    def sessions(self) -> int:
        """How many commands and shells were started."""
        return self.count("^Starting session")

    def known(self, *kinds: str, name: str = "") -> str:
        """Lines for known_hosts with the server's keys (of these kinds, or all)."""
        label = name or f"[{self.host}]:{self.port}"
        wanted = kinds or tuple(self.host_keys)
        return "".join(f"{label} {' '.join(public(self.host_keys[kind]).split()[:2])}\n" for kind in wanted)

    def children(self) -> list[int]:
        """Process ids of everything below the listener, deepest first."""
        return _descendants(self.process.pid)

    def cut(self) -> None:
        """Kill all sessions, as if the network had gone; the listener stays."""
        for child in reversed(self.children()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)


def public(private: Path) -> str:
    """The public key of a private key's file, one line."""
    return Path(f"{private}.pub").read_text().strip()


def fingerprint(private: Path) -> str:
    """What ssh-keygen says is the fingerprint."""
    return run(_keygen(), "-lf", f"{private}.pub").stdout.split()[1]


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(FileNotFoundError):
            found += _descendants(int(child))
        found.append(int(child))
    return found


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A directory that other accounts may enter (pytest's own is closed to them)."""
    path = Path(tempfile.mkdtemp(prefix="cp-sshd-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def sshd(config: str = "", *, kinds: tuple[str, ...] = ("ed25519",), user_key: Path | None = None) -> Iterator[Sshd]:
    """Run a server on a free loopback port until the block ends.

    `config` comes before our own lines (the first value wins in sshd_config), Match blocks behind a line `%%`.
    """
    need("sshd", "ssh-keygen")
    with folder() as path, _privilege_separation():
        host_keys = {kind: make_key(path / f"host_{kind}", kind) for kind in kinds}
        key = user_key or make_key(path / "user_key")
        authorized = path / "authorized_keys"
        authorized.write_text(public(key) + "\n")
        authorized.chmod(0o644)
        before, _, matches = config.partition("%%")
        server = _listen(path, before, matches, host_keys, authorized)
        found = Sshd(path, server[1], server[0], host_keys, key, path / "known_hosts", path / "log")
        found.known_hosts.write_text(found.known())
        try:
            yield found
        finally:
            found.cut()
            server[0].terminate()
            server[0].wait(10)


@contextlib.contextmanager
def _privilege_separation() -> Iterator[None]:
    """Root's sshd wants its empty directory; it stays, for another server may be using it."""
    place = Path("/run/sshd")
    if os.geteuid() == 0:
        place.mkdir(mode=0o755, exist_ok=True)
    yield


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listen(
    path: Path, before: str, matches: str, host_keys: Mapping[str, Path], authorized: Path
) -> tuple[subprocess.Popen[bytes], int]:
    """Start sshd, on another port when somebody took ours in between."""
    log = path / "log"
    log.touch()
    for _ in range(5):
        port = free_port()
        own = [
            *(f"HostKey {key}" for key in host_keys.values()),
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            f"AuthorizedKeysFile {authorized}",
            f"PidFile {path}/pid",
            "LogLevel VERBOSE",
            "StrictModes no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            f"UsePAM {'yes' if os.geteuid() == 0 else 'no'}",
            "UseDNS no",
            "PrintMotd no",
            "MaxStartups 100",
            "LoginGraceTime 60",
        ]
        (path / "sshd_config").write_text("\n".join([before, *own, matches]) + "\n")
        process = subprocess.Popen(
            [find("sshd") or "sshd", "-D", "-f", str(path / "sshd_config"), "-E", str(log)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: process.poll() is not None or "Server listening" in log.read_text(), what="sshd's start")  # noqa: B023
        if process.poll() is None:
            return process, port
        if "Address already in use" not in log.read_text():
            raise RuntimeError(f"sshd did not start: {log.read_text()}")
        log.write_text("")
    raise RuntimeError("sshd found no free port")


@contextlib.contextmanager
def agent(*keys: Path) -> Iterator[str]:
    """Run an ssh-agent that holds these keys; gives the path of its socket."""
    need("ssh-agent", "ssh-add")
    with folder() as path:
        place = str(path / "agent")
        process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: Path(place).exists(), what="ssh-agent's start")
            for key in keys:
                run("ssh-add", "-q", str(key), env={**os.environ, "SSH_AUTH_SOCK": place})
            yield place
        finally:
            process.terminate()
            process.wait(10)
