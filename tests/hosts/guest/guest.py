"""Guests under QEMU: machines with a kernel, disks and an audit subsystem of their own, reached over loopback alone.

A guest is slower than a booted container by an order of magnitude, and shows what that cannot: modules, partitions,
kernel parameters, AppArmor, audit rules, the kernel's command line. Its disks are copies on write of the cached ones.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.sshd import free_port, run, until

HERE = Path(__file__).parent
BUILD = HERE / "build.sh"
UNAVAILABLE = 75
DISKS = ("root", "home", "var", "var_tmp", "var_log", "var_log_audit")
SHARED = ("10-boot-banners", "20-kernel", "58-audit-configuration", "60-audit")
"""Scripts for booted hosts that a guest is hardened by as well; its own are in harden/ beside this file."""

BOOT_SECONDS = 900
_MEMORY = "1024"
_KVM_SECONDS = 15
_FIRST_BOOT = "root=LABEL=root ro"
# ssh joins the words of a command by blanks, so they are quoted first.
_EXEC = "import os, shlex, sys; n = int(sys.argv[1]); a = sys.argv[2:]; os.execvp('ssh', ['ssh', *a[:n], shlex.join(a[n:])])"


@functools.cache
def image(suite: str) -> Path:
    """Give the folder of a suite's cached disks; a bench that cannot be had is told apart from a fault of ours."""
    done = subprocess.run([BUILD, suite], capture_output=True, text=True)
    if done.returncode == UNAVAILABLE:
        pytest.fail(f"bench unavailable (not a fault of the product): {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@dataclass
class Guest:
    """A running guest that answers SSH; `booted` is the seconds that its last boot took."""

    suite: str
    image: Path
    place: Path
    port: int
    command_line: str = _FIRST_BOOT
    booted: float = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def entry(self, user: str = "root", *, become: str = "", profiles: str = "auto") -> str:
        """Give the settings of an inventory entry for this guest, in YAML's flow style."""
        raised = f", become: {become}" if become else ""
        return (
            f"{{platform: linux, address: 127.0.0.1, port: {self.port}, user: {user}, profiles: [{profiles}]{raised}, "
            f"ssh: {{identity: {self.image / 'key'}, known_hosts: {self.place / 'known_hosts'}, config: none}}}}"
        )

    @property
    def inside(self) -> tuple[str, ...]:
        """The words that run a command as root on the guest."""
        options = ["-q", "-o", f"UserKnownHostsFile={self.place / 'known_hosts'}", "-o", "BatchMode=yes"]
        options += ["-o", "ConnectTimeout=20", "-i", str(self.image / "key"), "-p", str(self.port), "root@127.0.0.1"]
        return (sys.executable, "-c", _EXEC, str(len(options)), *options)

    def sh(self, command: str, *, check: bool = True) -> str:
        """Run a shell command as root on the guest."""
        return run(*self.inside, "sh", "-c", command, check=check).stdout

    def start(self) -> None:
        """Boot, and wait until all is started; an AssertionError with the console's last words when it never is."""
        started = time.monotonic()
        known = f"[127.0.0.1]:{self.port} {(self.image / 'host_key').read_text()}"
        (self.place / "known_hosts").write_text(known)
        # Under emulation beside other work a disk may take longer to come up than systemd waits for one.
        patience = f"systemd.default_device_timeout_sec={BOOT_SECONDS}"
        self._process = _qemu(self, _accelerator(self.image), f"{self.command_line} console=ttyS0 {patience}")
        try:
            until(self._settled, BOOT_SECONDS, f"the {self.suite} guest having booted")
        except AssertionError as late:
            raise AssertionError(f"{late}: {_tail(self.place / 'console.log')}") from None
        self.booted = time.monotonic() - started

    def reboot(self) -> None:
        """Shut down and start again as GRUB would: with the first command line of the guest's own grub.cfg."""
        lines = self.sh("sed -nE 's/^[[:blank:]]*linux[[:blank:]]+[^[:blank:]]+[[:blank:]]+//p' /boot/grub/grub.cfg")
        assert lines, "grub.cfg starts no kernel"
        self.command_line = " ".join(word for word in lines.splitlines()[0].split() if not word.startswith("$"))
        self.sh("systemctl poweroff", check=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert self._process
            self._process.wait(120)
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _settled(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"qemu stopped: {_tail(self.place / 'qemu.log')}"
        time.sleep(2)
        return self.sh("systemctl is-system-running", check=False).strip() in ("running", "degraded")


@contextlib.contextmanager
def running(suite: str) -> Iterator[Guest]:
    """Boot a guest as its disks were built, until the block ends. Takes root."""
    cached = image(suite)
    with tempfile.TemporaryDirectory(prefix="cp-guest-") as folder:
        place = Path(folder)
        for disk in DISKS:
            options = ["-q", "-f", "qcow2", "-F", "raw", "-b", str(cached / disk)]
            run("qemu-img", "create", *options, str(place / f"{disk}.qcow2"))
        guest = Guest(suite, cached, place, free_port())
        try:
            guest.start()
            # An installer would have made the menu.
            guest.sh("[ -e /boot/grub/grub.cfg ] || update-grub")
            yield guest
        finally:
            guest.stop()


def harden(guest: Guest) -> None:
    """Run all scripts in the order of their names and reboot; an AssertionError with the last words of one that fails."""
    shared = [HERE.parent / "harden" / f"{name}.sh" for name in SHARED]
    own = (HERE / "harden").glob("*.sh")
    for script in sorted([*filter(Path.exists, shared), *own], key=lambda path: path.name):
        done = subprocess.run([*guest.inside, "sh", "-s"], input=script.read_bytes(), capture_output=True, timeout=600)
        words = (done.stdout + done.stderr)[-3000:].decode(errors="replace")
        assert done.returncode == 0, f"{script.name} ended with {done.returncode}: {words}"
    guest.reboot()


@functools.cache
def _accelerator(cached: Path) -> str:
    """Tell whether KVM really runs a kernel here: a device that is there may be of no use."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with tempfile.TemporaryDirectory(prefix="cp-guest-kvm-") as folder:
        place = Path(folder)
        trial = Guest("trial", cached, place, 0)
        process = _qemu(trial, "kvm", "console=ttyS0 panic=-1", disks=())
        try:
            until(lambda: _spoke(place) or process.poll() is not None, _KVM_SECONDS, "a word of the kernel")
        except AssertionError:
            return "tcg"
        finally:
            process.kill()
            process.wait()
        return "kvm" if _spoke(place) else "tcg"


def _spoke(place: Path) -> bool:
    console = place / "console.log"
    return console.exists() and b"Linux version" in console.read_bytes()


def _qemu(
    guest: Guest, accelerator: str, command_line: str, *, disks: Sequence[str] = DISKS
) -> subprocess.Popen[bytes]:
    forward = f",hostfwd=tcp:127.0.0.1:{guest.port}-:22" if guest.port else ""
    argv = ["qemu-system-x86_64", "-M", "q35", "-accel", accelerator, "-cpu", "max", "-smp", "1", "-m", _MEMORY]
    argv += ["-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{guest.place / 'console.log'}"]
    # `restrict` keeps the guest from every network but our way in.
    argv += ["-netdev", f"user,id=net,restrict=on{forward}", "-device", "virtio-net-pci,netdev=net"]
    argv += ["-device", "virtio-rng-pci"]
    for disk in disks:
        argv += ["-drive", f"file={guest.place / disk}.qcow2,if=virtio,format=qcow2,cache=unsafe"]
    argv += ["-kernel", str(guest.image / "vmlinuz"), "-initrd", str(guest.image / "initrd"), "-append", command_line]
    if shutil.which("setpriv"):
        # A guest must not outlive a test run that was killed.
        argv = ["setpriv", "--pdeathsig", "KILL", *argv]
    with (guest.place / "qemu.log").open("wb") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _tail(path: Path) -> str:
    return path.read_text(errors="replace")[-2000:] if path.exists() else ""


if __name__ == "__main__":
    with running(sys.argv[1] if len(sys.argv) > 1 else "bookworm") as one:
        if "--hardened" in sys.argv:
            harden(one)
        print(f"booted in {one.booted:.0f} s; {shlex.join(one.inside)}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            assert one._process
            one._process.wait()
