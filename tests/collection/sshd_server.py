"""An SSH server that never runs: its files, asked of the real sshd by the probe as it stands."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scanner.collection.linux import sshd
from scanner.collection.linux.probe import Output
from scanner.collection.linux.sshd_script import SCRIPT
from scanner.model.evidence import Evidence, Query
from tests.collection.hosts import AS_ROOT, lowered, needs
from tests.collection.parity import check

QUERY = Query("linux.sshd")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


def read(output: Output) -> Evidence:
    """Let the collector read an output, and hold the evidence against the fact."""
    (evidence,) = sshd.answer([QUERY], {"sshd": output}, AS_ROOT)
    check(evidence)
    return evidence


class Server:
    """The files of an SSH server that never runs; its configuration is asked of the real sshd."""

    def __init__(self, base: Path, key: Path) -> None:
        self.base = base
        self.options = ["-f", str(base / "sshd_config"), "-h", str(key)]
        (base / "proc").mkdir()
        (base / "bin").mkdir()

    def write(self, name: str, text: str) -> None:
        """Write a file; `@` stands for the server's directory."""
        place = self.base / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("@", str(self.base)))

    def program(self, name: str, script: str) -> None:
        """Put a stand-in before the programs of the machine."""
        self.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
        (self.base / "bin" / name).chmod(0o755)

    def daemon(
        self,
        pid: int,
        words: Sequence[str],
        *,
        title: str = "",
        comm: str = "sshd",
        root: str = "/",
        uids: str = "0 0 0 0",
        exe: str = "/usr/sbin/sshd",
    ) -> None:
        """Let a process seem to run."""
        place = self.base / "proc" / str(pid)
        place.mkdir()
        (place / "comm").write_text(comm + "\n")
        cmdline = title.encode() if title else b"".join(word.encode() + b"\0" for word in words)
        (place / "cmdline").write_bytes(cmdline)
        (place / "root").symlink_to(root)
        (place / "exe").symlink_to(exe)
        (place / "status").write_text("Name:\tsshd\nUid:\t{}\nGid:\t0\n".format(uids.replace(" ", "\t")))

    def output(
        self,
        *,
        shell: Sequence[str] = ("sh",),
        stopped: bool = True,
        privileged: bool = True,
        ordinary: bool = False,
        real: bool = False,
    ) -> Output:
        """Run the probe: paths below the server's directory, and root's right to ask taken for granted."""
        text = SCRIPT.replace("/etc/default/", f"{self.base}/default/")
        if not real:
            text = text.replace("/proc/[0-9]*", f"{self.base}/proc/[0-9]*")
        if stopped:
            text = text.replace('"$(configured)"', '"{}"'.format("\n".join(self.options)))
        if privileged:
            text = text.replace("uid=$(id -u)", "uid=0")
        done = subprocess.run(
            [*lowered(ordinary), *shell, "-c", text, "controlproof"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={"PATH": f"{self.base}/bin:{PATH}", "LC_ALL": "C"},
            timeout=120,
        )
        base = str(self.base)
        return Output(
            stdout=done.stdout.replace(base.encode(), b"@"),
            stderr=done.stderr.decode().replace(base, "@"),
            status=done.returncode,
        )

    def ask(self, config: str, **how: bool) -> Evidence:
        """Give the evidence for a configuration."""
        self.write("sshd_config", config)
        return read(self.output(**how))


@pytest.fixture(scope="module")
def host_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("sshd", "ssh-keygen")
    key = tmp_path_factory.mktemp("key") / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key


@pytest.fixture
def server(tmp_path: Path, host_key: Path) -> Iterator[Server]:
    yield Server(tmp_path, host_key)
