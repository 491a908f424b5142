"""Hardened root trees: an equipped tree on which every script of harden/ ran while it was booted; cached by their hash.

    python -m tests.hosts.hardening [SUITE…]     # build what is missing, print the places

A script is run as root on the booted host, in the order of the names, by `sh -s` with the script on its standard
input and the folder /run/stand-ins holding what stand-ins/ has. It may restart services, and it must bear being run
twice. Afterwards the host is powered off, and what it left is the tree.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.booting import PASSWORD, Host, prepare, running, stoppable, tree
from tests.support.sshd import make_key, run, until

HERE = Path(__file__).parent
SCRIPTS = HERE / "harden"
STAND_INS = HERE / "stand-ins"
UNUSED_DAYS = 7
KEPT = 4
# To be raised when hardened trees come about differently from the same files.
_RECIPE = 1


def hardened(suite: str) -> Path:
    """Give the hardened tree of a suite, made first where it is missing. Takes root."""
    equipped = tree(suite, "equipped")
    place = equipped.with_name(f"{suite}-hardened-{_stamp(equipped)}")
    with _alone(equipped.parent / "lock-hardened"):
        if not place.exists():
            _make(suite, equipped, place)
        os.utime(place)
        _forget(place)
    return place


def scripts() -> list[Path]:
    """Give the scripts that harden a host, in their order."""
    return sorted(SCRIPTS.glob("*.sh"))


def apply(host: Host) -> None:
    """Run every script on a booted host; an AssertionError with its last words when one fails."""
    run(*host.inside, "mkdir", "-p", "/run/stand-ins")
    if any(STAND_INS.iterdir()):
        files = subprocess.run(["tar", "-C", STAND_INS, "-c", "."], capture_output=True, check=True).stdout
        subprocess.run([*host.inside, "tar", "-C", "/run/stand-ins", "-x"], input=files, check=True)
    for script in scripts():
        started = time.monotonic()
        done = subprocess.run([*host.inside, "sh", "-s"], input=script.read_bytes(), capture_output=True, timeout=300)
        words = (done.stdout + done.stderr)[-3000:].decode(errors="replace")
        assert done.returncode == 0, f"harden/{script.name} ended with {done.returncode}: {words}"
        print(f"  {script.name}: {time.monotonic() - started:.1f} s", file=sys.stderr)


def _stamp(equipped: Path) -> str:
    digest = hashlib.sha256(f"{_RECIPE} {equipped.name}\n".encode())
    for file in [*scripts(), *sorted(path for path in STAND_INS.rglob("*") if path.is_file())]:
        digest.update(f"{file.relative_to(HERE)} {file.stat().st_mode:o}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _make(suite: str, equipped: Path, place: Path) -> None:
    part = place.with_name(f"{place.name}.part")
    work = place.with_name(f"{place.name}.work")
    for old in (part, work):
        shutil.rmtree(old, ignore_errors=True)
    work.mkdir()
    try:
        run("cp", "-a", "--reflink=auto", str(equipped), str(part))
        root = part.rename(work / "root")
        key = make_key(work / "key")
        prepare(root, key)
        (root / "etc/sudoers.d/auditor").write_text("auditor ALL=(ALL) ALL\n")
        run("chroot", str(root), "chpasswd", input=f"root:{PASSWORD}\nauditor:{PASSWORD}\nvisitor:{PASSWORD}\n")
        with running(root, key) as host:
            apply(host)
            _power_off(host)
        for rest in ("root/.ssh", "home/auditor/.ssh", "home/visitor/.ssh", "var/log/journal"):
            shutil.rmtree(root / rest, ignore_errors=True)
        (root / "var/log/journal").mkdir(exist_ok=True)
        root.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(part, ignore_errors=True)


def _power_off(host: Host) -> None:
    host.sh("systemctl poweroff", check=False)
    until(lambda: host.process.poll() is not None, 60, f"{host.name} having stopped")


def _forget(place: Path) -> None:
    """Remove hardened trees of the suite that nobody asked for in a week, or in an hour where many have come since."""
    suite = place.name.partition("-")[0]
    others = [path for path in place.parent.glob(f"{suite}-hardened-*") if path.name[-5:] not in (".part", ".work")]
    ages = {path: time.time() - path.stat().st_mtime for path in others if path != place}
    for number, path in enumerate(sorted(ages, key=lambda path: ages[path]), start=1):
        if ages[path] > UNUSED_DAYS * 86400 or (number > KEPT and ages[path] > 3600):
            shutil.rmtree(path, ignore_errors=True)


def main(*suites: str) -> None:
    """Build what is missing."""
    stoppable()
    for suite in suites or ("bookworm", "noble"):
        try:
            print(hardened(suite))
        except pytest.fail.Exception as problem:
            print(problem, file=sys.stderr)
            sys.exit(75)


if __name__ == "__main__":
    main(*sys.argv[1:])
