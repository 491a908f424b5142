"""Allowed signers are read as ssh-keygen reads them, and it agrees with us on who may sign."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.model.errors import ConfigurationError, ReportError
from scanner.sealing import keys, sshsig
from scanner.sealing.signers import identify, matches, read_signers

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MESSAGE = b"a manifest\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", path], check=True)
    return path


LINES = {
    "plain": ("jo@example.org {key}", "jo@example.org", True),
    "several": ("al@example.org,jo@example.org {key}", "jo@example.org", True),
    "pattern": ("*@example.org {key}", "jo@example.org", True),
    "one character": ("j?@example.org {key}", "jo@example.org", True),
    "brackets": ("j[o]@example.org {key}", "jo@example.org", False),
    "denied": ("*@example.org,!jo@example.org {key}", "jo@example.org", False),
    "quoted": ('"*@example.org" {key}', "jo@example.org", True),
    "other": ("al@example.org {key}", "jo@example.org", False),
    "namespace": ('jo@example.org namespaces="file,compliance-report@v1" {key}', "jo@example.org", True),
    "namespaces": ('jo@example.org namespaces="compliance-*" {key}', "jo@example.org", True),
    "other namespace": ('jo@example.org namespaces="git" {key}', "jo@example.org", False),
    "valid": ('jo@example.org valid-after="20260101Z",valid-before="20270101000000Z" {key}', "jo@example.org", True),
    "valid, to the minute": ('jo@example.org valid-after="202601010000Z" {key}', "jo@example.org", True),
    "last second": ('jo@example.org valid-before="20261121120000Z" {key}', "jo@example.org", True),
    "past": ('jo@example.org valid-before="20261121115959Z" {key}', "jo@example.org", False),
    "future": ('jo@example.org VALID-AFTER="20261121120001Z" {key}', "jo@example.org", False),
    "second line": ("# nobody\n\nal@example.org {key}\njo@example.org {key}", "jo@example.org", True),
    "first line wrong": ('jo@example.org namespaces="git" {key}\njo@example.org {key}', "jo@example.org", True),
}


@pytest.mark.parametrize("case", LINES)
def test_we_and_ssh_keygen_agree(tmp_path: Path, key: Path, case: str) -> None:
    text, who, good = LINES[case]
    filled = text.format(key=key.with_suffix(".pub").read_text().strip()) + "\n"
    (tmp_path / "signers").write_text(filled)
    (tmp_path / "sig").write_bytes(sshsig.sign(MESSAGE, keys.open_private(key.read_text(), "", "key")))
    argv = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", who, "-n", sshsig.NAMESPACE, "-s", "sig"]
    theirs = subprocess.run(
        [*argv, "-O", "verify-time=20261121120000Z"], cwd=tmp_path, input=MESSAGE, capture_output=True
    )
    allowed = read_signers(filled, "signers")
    public = sshsig.read((tmp_path / "sig").read_bytes(), "sig").public
    try:
        ours = identify(allowed, public, who, sshsig.NAMESPACE, NOW, "sig") == who
    except ReportError:
        ours = False
    assert (ours, theirs.returncode == 0) == (good, good), theirs.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "no signer is allowed"),
        ("jo@example.org", "signers:1: not a line"),
        ("jo@example.org ssh-ed25519 AAAA", "no public key"),
        ("jo@example.org ssh-ed25519 !!!!", "no public key"),
        ('jo@example.org namespaces="git {key}', "quote is not closed"),
        ("jo@example.org valid-after=20260101 {key}", "in no quotes"),
        ("jo@example.org restrict {key}", "option 'restrict' is not known"),
        ('jo@example.org valid-before="tomorrow" {key}', "is no time"),
        ('jo@example.org valid-before="20269901" {key}', "is no time"),
    ],
)
def test_wrong_lines_are_named(key: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^signers.*\(") as caught:
        read_signers(line.format(key=key.with_suffix(".pub").read_text().strip()), "signers")
    assert says in str(caught.value)


def test_nothing_matches_an_empty_list() -> None:
    assert not matches("", "x")
    assert not matches("!y", "x")
