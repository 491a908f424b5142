"""A new user's first minutes: a fresh clone, `make scan`, and what it says where something is missing."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sshd import remove_account, run

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def newcomer() -> Iterator[tuple[str, Path]]:
    """An ordinary account with a clone of this checkout as it is committed."""
    name = f"cpt{os.getpid()}new"
    run("useradd", "-m", "-s", "/bin/bash", name)
    try:
        home = Path(pwd.getpwnam(name).pw_dir)
        run("git", "clone", "-q", "--no-hardlinks", str(ROOT), str(home / "controlproof"))
        run("chown", "-R", f"{name}:{name}", str(home))
        yield name, home / "controlproof"
    finally:
        remove_account(name)


def as_user(name: str, folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder as an account, with this machine's settings for pip."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("PIP_", "SSL_", "REQUESTS_")) or key.lower().endswith("_proxy")
    }
    settings = {**kept, "HOME": str(folder.parent), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
    return subprocess.run(
        [
            shutil.which("setpriv") or "setpriv",
            f"--reuid={name}",
            f"--regid={name}",
            "--init-groups",
            "--",
            "sh",
            "-c",
            command,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        env=settings,
        timeout=600,
    )


def test_make_scan_works_for_an_ordinary_user(newcomer: tuple[str, Path]) -> None:
    name, clone = newcomer
    done = as_user(name, clone, "make scan")
    assert done.returncode == 0, done.stdout + done.stderr
    out = clone / "controlproof-out"
    assert {"run.json", "results.jsonl", "results.sarif", "junit.xml", "report.html"} <= {
        path.name for path in out.iterdir()
    }
    document = json.loads((out / "run.json").read_text())
    assert document["verdict"]["exit_code"] in (1, 3)
    assert document["targets"]["localhost"]["privilege"] == name
    assert "controlproof-out/report.html" in done.stdout
    assert "root" in done.stdout, "what root would answer is said"
    assert "next:" in done.stdout


def test_unsupported_system_gets_the_baseline_and_a_sentence(newcomer: tuple[str, Path], tmp_path: Path) -> None:
    name, clone = newcomer
    assert as_user(name, clone, ".ci/venv core").returncode == 0
    fake = tmp_path / "os-release"
    fake.write_text('ID=gentoo\nNAME=Gentoo\nPRETTY_NAME="Gentoo Linux"\n')
    command = (
        f"mount --bind {fake} /etc/os-release && cd {clone} && .venv/bin/controlproof scan --local -o {tmp_path}/out"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True)
    assert done.returncode in (1, 3), done.stderr
    info = json.loads((tmp_path / "out/run.json").read_text())["targets"]["localhost"]
    assert info["profiles"] == ["linux-baseline"]
    assert info["profile_reason"].startswith("auto chose linux-baseline: no benchmark fits this system")
    assert "no benchmark fits this system" in done.stdout


def test_offline_machine_is_told_in_one_sentence(newcomer: tuple[str, Path], tmp_path: Path) -> None:
    name, clone = newcomer
    other = clone.parent / "offline"
    run("cp", "-a", str(clone), str(other))
    shutil.rmtree(other / ".venv", ignore_errors=True)
    done = as_user(
        name,
        other,
        "make scan",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="0",
        PIP_CONFIG_FILE="/dev/null",
    )
    assert done.returncode != 0
    sentences = [line for line in done.stderr.splitlines() if line.startswith("controlproof:")]
    assert len(sentences) == 1, done.stderr
    assert "could not be installed" in sentences[0]
    assert "PIP_INDEX_URL" in sentences[0]


def test_missing_python_is_told_in_one_sentence(newcomer: tuple[str, Path]) -> None:
    name, clone = newcomer
    tools = clone.parent / "bin"
    tools.mkdir()
    for tool in ("sh", "make", "dirname", "cksum", "tr", "printf"):
        found = shutil.which(tool)
        if found:
            (tools / tool).symlink_to(found)
    other = clone.parent / "bare"
    run("cp", "-a", str(clone), str(other))
    shutil.rmtree(other / ".venv", ignore_errors=True)
    done = as_user(name, other, "make scan", PATH=str(tools))
    assert done.returncode != 0
    assert (
        "controlproof: Python 3.11 or newer is missing (apt-get install python3 python3-venv, as root)" in done.stderr
    )
