"""Puts oscap onto a test host, and runs it there on the very rules that we compare."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.hosts.booting import Host
from tests.second_opinion import content as scap
from tests.second_opinion.compare import mapping

PACKAGES = ("openscap-scanner", "linux-base", "grub2-common")
"""Without linux-base the content takes a host for a container; the rules of the boot loader look for grub2-common."""
FOLDER = "var/lib/second-opinion"
CACHE = Path(os.environ.get("CONTROLPROOF_TREES", "/var/cache/controlproof-trees")) / "second-opinion"
UNAVAILABLE = 75


class BenchError(Exception):
    """The bench lacks something that is not the product's fault."""


def install(root: Path, suite: str) -> None:
    """Install oscap into a tree that is not booted; downloads are kept for the next time. Raises BenchError."""
    archives, lists = CACHE / suite / "archives", CACHE / suite / "lists"
    for folder in (archives / "partial", lists / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    nspawn = ["systemd-nspawn", "-q", "-D", str(root), "--register=no", "--keep-unit", "--as-pid2", "--pipe"]
    nspawn += ["--resolv-conf=copy-host", "--setenv=DEBIAN_FRONTEND=noninteractive"]
    nspawn += [f"--bind={archives}:/var/cache/apt/archives", f"--bind={lists}:/var/lib/apt/lists", "--"]
    update, ask = ["apt-get", "-q", "update"], ["apt-get", "-q", "-y", "--no-install-recommends", "install", *PACKAGES]
    if _run([*nspawn, *ask]) and (_run([*nspawn, *update]) or (said := _run([*nspawn, *ask]))):
        raise BenchError(f"{', '.join(PACKAGES)} cannot be installed on {suite}: {said[-500:]}")
    # The container's mark that some content looks for.
    (root / ".dockerenv").unlink(missing_ok=True)


def _run(argv: list[str]) -> str:
    """Run a command; give what it said when it failed, else nothing."""
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def place(root: Path, chosen: scap.Content, rules: Iterable[str], *, assume: bool) -> list[str]:
    """Put content and tailoring into a tree; give the words that evaluate them."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    text = chosen.path.read_text(encoding="utf-8")
    (folder / "content.xml").write_text(scap.without_product(text) if assume else text, encoding="utf-8")
    profile = chosen.profile(os.environ.get(scap.PROFILE, ""))
    (folder / "tailoring.xml").write_text(scap.tailoring(chosen, rules, profile), encoding="utf-8")
    words = ["oscap", "xccdf", "eval", "--profile", scap.TAILORED, "--tailoring-file", f"/{FOLDER}/tailoring.xml"]
    return [*words, "--results", f"/{FOLDER}/results.xml", f"/{FOLDER}/content.xml"]


def wanted(catalogue: str) -> set[str]:
    """Give all rules of the other side that speak of a recommendation of a catalogue."""
    return {rule for rules in mapping(catalogue).values() for rule in rules}


def evaluate(host: Host, words: Iterable[str]) -> Mapping[str, str]:
    """Run oscap on a booted host; give rule > result."""
    done = subprocess.run([*host.inside, *words], capture_output=True, text=True, timeout=1800)
    # 0: all pass, 2: some fail; anything else is a fault of the run.
    if done.returncode not in (0, 2):
        raise BenchError(f"oscap ended with {done.returncode}: {done.stderr[-500:]}")
    return scap.results((host.root / FOLDER / "results.xml").read_text(encoding="utf-8"))
