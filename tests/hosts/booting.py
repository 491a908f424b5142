"""Booted test hosts: a copy of a root tree with live systemd and sshd, in a network namespace of its own.

Flavours: `plain` is the stock system, `equipped` has the packages of packages.d as well, `hardened` is that one after
all scripts of harden/ (hardening.py makes and caches it). On plain and equipped hosts `auditor` may use sudo without
a password; on a hardened one it takes PASSWORD.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sshd import make_key, public, run, until

SCRIPT = Path(__file__).with_name("trees.sh")
UNAVAILABLE = 75
PASSWORD = "Corr3ct-Horse-battery"
"""Of `auditor` on hardened hosts."""
_numbers = itertools.count(1)


def tree(suite: str, flavour: str = "plain") -> Path:
    """Give the cached root tree of a suite; a bench that cannot be had is told apart from a fault of ours."""
    if flavour == "hardened":
        from tests.hosts.hardening import hardened

        return hardened(suite)
    options = ["--equipped"] if flavour == "equipped" else []
    done = subprocess.run([SCRIPT, *options, suite], capture_output=True, text=True)
    if done.returncode == UNAVAILABLE:
        pytest.fail(f"bench unavailable (not a fault of the product): {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@dataclass
class Host:
    """A booted host that answers SSH."""

    name: str
    address: str
    root: Path
    key: Path
    known_hosts: Path
    process: subprocess.Popen[bytes]

    def entry(self, user: str = "root", *, become: str = "", profiles: str = "auto", password: str = "") -> str:
        """Give the settings of an inventory entry for this host, in YAML's flow style.

        `password` is a reference to the one for `become`.
        """
        raised = f", become: {become}" if become else ""
        raised += f", become_password: {password}" if password else ""
        return (
            f"{{platform: linux, address: {self.address}, user: {user}, profiles: [{profiles}]{raised}, "
            f"ssh: {{identity: {self.key}, known_hosts: {self.known_hosts}, config: none}}}}"
        )

    @property
    def inside(self) -> tuple[str, ...]:
        """The words that run a command as root on the host, without ssh and sudo."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return ("nsenter", "-t", children[0], "-a")

    def sh(self, command: str, *, check: bool = True) -> str:
        """Run a shell command as root on the host."""
        return run(*self.inside, "sh", "-c", command, check=check).stdout


def stoppable() -> None:
    """Let the end that a time limit or a supervisor asks for take the hosts along."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _nothing(_root: Path) -> None:
    return None


@contextlib.contextmanager
def booted(suite: str, shape: Callable[[Path], None] = _nothing, *, flavour: str = "plain") -> Iterator[Host]:
    """Boot a copy of a suite's tree, shaped first by `shape`, until the block ends. Takes root."""
    place = Path(tempfile.mkdtemp(prefix="cp-host-"))
    root = place / "root"
    try:
        run("cp", "-a", "--reflink=auto", str(tree(suite, flavour)), str(root))
        key = make_key(place / "key")
        prepare(root, key, accounts=flavour != "hardened")
        shape(root)
        with running(root, key) as host:
            yield host
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def running(root: Path, key: Path) -> Iterator[Host]:
    """Boot a tree itself, which must be prepared, in a network namespace of its own."""
    number = next(_numbers)
    name = f"cp{os.getpid() % 10000}x{number}"
    # A /30 of the range for benchmarks of network devices (RFC 2544), inside a namespace of our own.
    third, fourth = divmod((os.getpid() * 97 + number) % 16000, 64)
    ours, theirs = f"198.18.{third}.{fourth * 4 + 1}", f"198.18.{third}.{fourth * 4 + 2}"
    place = root.parent
    with _network(name, ours, theirs):
        process = _boot(root, name, place / f"{root.name}.console.log")
        try:
            yield _answering(Host(name, theirs, root, key, place / "known_hosts", process))
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def prepare(root: Path, key: Path, *, accounts: bool = True) -> None:
    """Give root, an account with sudo and a plain one our key; the two are made first unless they are there."""
    if accounts:
        for account in ("auditor", "visitor"):
            run("chroot", str(root), "useradd", "-m", "-s", "/bin/bash", account)
        sudoers = root / "etc/sudoers.d/auditor"
        sudoers.write_text("auditor ALL=(root) NOPASSWD: ALL\n")
        sudoers.chmod(0o440)
    for account, home in (("root", "root"), ("auditor", "home/auditor"), ("visitor", "home/visitor")):
        folder = root / home / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        keys = folder / "authorized_keys"
        keys.write_text(public(key) + "\n")
        keys.chmod(0o600)
        run("chroot", str(root), "chown", "-R", f"{account}:{account}", f"/{home}/.ssh")


@contextlib.contextmanager
def _network(name: str, ours: str, theirs: str) -> Iterator[None]:
    inside, outside = "eth0", f"{name}h"[:15]
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
        run("ip", "addr", "add", f"{ours}/30", "dev", outside)
        run("ip", "link", "set", outside, "up")
        run("ip", "-n", name, "addr", "add", f"{theirs}/30", "dev", inside)
        run("ip", "-n", name, "link", "set", inside, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield
    finally:
        run("ip", "netns", "del", name, check=False)
        run("ip", "link", "del", outside, check=False)


def _boot(root: Path, name: str, log: Path) -> subprocess.Popen[bytes]:
    argv = ["systemd-nspawn", "-q", "-D", str(root), "-b", "-M", name, "--register=no", "--keep-unit"]
    argv += [f"--network-namespace-path=/run/netns/{name}", "--console=read-only", "--capability=all"]
    # Without a /tmp of nspawn's own making, the tree's fstab decides.
    environment = {**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network", "SYSTEMD_NSPAWN_TMPFS_TMP": "0"}
    with log.open("wb") as console:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def _answering(host: Host) -> Host:
    keys = (host.root / "etc/ssh").glob("ssh_host_*_key.pub")
    host.known_hosts.write_text("".join(f"{host.address} {key.read_text()}" for key in sorted(keys)))
    until(lambda: _settled(host), 90, f"{host.name} having booted")
    until(lambda: _listening(host), 30, f"{host.name} answering on {host.address}")
    return host


def _settled(host: Host) -> bool:
    time.sleep(0.1)
    log = host.root.parent / f"{host.root.name}.console.log"
    assert host.process.poll() is None, f"the host stopped: {log.read_text(errors='replace')[-2000:]}"
    try:
        state = host.sh("systemctl is-system-running", check=False).strip()
    except (IndexError, FileNotFoundError):
        return False
    return state in ("running", "degraded")


def _listening(host: Host) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host.address, 22), 2) as link:
        return link.recv(4) == b"SSH-"
    return False
