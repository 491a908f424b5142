"""Booted test hosts: a copy of a root tree with live systemd and sshd, in a network namespace of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sshd import make_key, public, run, until

SCRIPT = Path(__file__).with_name("trees.sh")
UNAVAILABLE = 75
_numbers = itertools.count(1)


def tree(suite: str) -> Path:
    """Give the cached root tree of a suite; a bench that cannot be had is told apart from a fault of ours."""
    done = subprocess.run([SCRIPT, suite], capture_output=True, text=True)
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

    def entry(self, user: str = "root", *, become: str = "", profiles: str = "auto") -> str:
        """Give the settings of an inventory entry for this host, in YAML's flow style."""
        raised = f", become: {become}" if become else ""
        return (
            f"{{platform: linux, address: {self.address}, user: {user}, profiles: [{profiles}]{raised}, "
            f"ssh: {{identity: {self.key}, known_hosts: {self.known_hosts}, config: none}}}}"
        )

    def sh(self, command: str, *, check: bool = True) -> str:
        """Run a command as root on the host, by its account with sudo and the system's ssh client."""
        options = ["-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes", "-i", str(self.key)]
        asked = f"sudo -n sh -c {shlex.quote(command)}"
        return run("ssh", *options, f"auditor@{self.address}", asked, check=check).stdout


def _nothing(_root: Path) -> None:
    return None


@contextlib.contextmanager
def booted(suite: str, shape: Callable[[Path], None] = _nothing) -> Iterator[Host]:
    """Boot a copy of a suite's tree, shaped first by `shape`, until the block ends. Takes root."""
    number = next(_numbers)
    name = f"cp{os.getpid() % 10000}x{number}"
    # A /30 of the range for benchmarks of network devices (RFC 2544), inside a namespace of our own.
    third, fourth = divmod((os.getpid() * 7 + number) % 16000, 64)
    ours, theirs = f"198.18.{third}.{fourth * 4 + 1}", f"198.18.{third}.{fourth * 4 + 2}"
    place = Path(tempfile.mkdtemp(prefix="cp-host-"))
    root = place / "root"
    try:
        run("cp", "-a", "--reflink=auto", str(tree(suite)), str(root))
        key = make_key(place / "key")
        _prepare(root, key)
        shape(root)
        with _network(name, ours, theirs):
            process = _boot(root, name, place / "console.log")
            try:
                yield _answering(Host(name, theirs, root, key, place / "known_hosts", process))
            finally:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _prepare(root: Path, key: Path) -> None:
    """Give root, an account with sudo and a plain one our key."""
    for account in ("auditor", "visitor"):
        run("chroot", str(root), "useradd", "-m", "-s", "/bin/bash", account)
    sudoers = root / "etc/sudoers.d/auditor"
    sudoers.write_text("auditor ALL=(root) NOPASSWD: ALL\n")
    sudoers.chmod(0o440)
    for account, home in (("root", "root"), ("auditor", "home/auditor"), ("visitor", "home/visitor")):
        folder = root / home / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "authorized_keys").write_text(public(key) + "\n")
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
    environment = {**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
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
    def key_seen() -> bool:
        assert host.process.poll() is None, (
            "the host stopped: " + host.known_hosts.with_name("console.log").read_text()[-2000:]
        )
        found = run("ssh-keyscan", "-T", "2", "-t", "ed25519", host.address, check=False).stdout
        host.known_hosts.write_text(found)
        return "ssh-ed25519" in found

    until(key_seen, 60, f"{host.name} answering on {host.address}")
    until(lambda: _settled(host), 60, f"{host.name} having booted")
    return host


def _settled(host: Host) -> bool:
    time.sleep(0.1)
    state = host.sh("systemctl is-system-running", check=False).strip()
    return state in ("running", "degraded")
