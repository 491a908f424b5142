"""Whole scans of accounts on the bench, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import main
from scanner.transport import aws
from scanner.transport.cloud import Reply
from scanner.transport.sql import Failure
from tests.aws.bench import Estate

DENIED = Failure("AccessDenied", "AccessDenied: not authorized", denied=True)


def scan(
    estate: Estate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    waivers: str = "",
    denied: str = "",
    more: str = "",
    policy: str = "",
) -> tuple[int, str]:
    """Scan an estate by a profile (its body) and waivers (theirs); what is `denied` is so in every call.

    `more` goes on with the target and what follows it in the inventory, `policy` is the body of a recovery policy. Gives exit code and output; the run lies in `out`.
    """
    plain = aws.open_aws

    def marked(*given: object) -> aws.BotoClient:
        client = plain(*given)  # type: ignore[arg-type]
        client.prepare = estate.mark
        if denied:
            whole = client._ask
            monkeypatch.setattr(
                aws.BotoClient,
                "_ask",
                lambda self, call: Reply(call, failure=DENIED) if str(call.operation) == denied else whole(call),
            )
        return client

    with monkeypatch.context() as patched:
        patched.setattr(aws, "open_aws", marked)
        patched.setenv("SECRET", "test")
        done = CliRunner().invoke(main, ["scan", *_files(estate, tmp_path, profile, waivers, more, policy)])
    return done.exit_code, done.output


def _files(estate: Estate, tmp_path: Path, profile: str, waivers: str, more: str, policy: str) -> list[str]:
    inventory, folder = tmp_path / "inventory.yaml", tmp_path / "profiles"
    inventory.write_text(
        "schema: inventory/1\ntargets:\n  prod:\n    platform: aws\n    user: test\n    password: env:SECRET\n"
        f"    url: {estate.url}\n    regions: [eu-central-1, us-east-1]\n    account: '{estate.account}'\n"
        f"    profiles: [one]\n{more}"
    )
    folder.mkdir(exist_ok=True)
    (folder / "one.yaml").write_text(f"schema: profile/1\nid: one\ntitle: One\n{profile}\n")
    given = ["-i", str(inventory), "--profiles", str(folder), "-o", str(tmp_path / "out")]
    if waivers:
        (tmp_path / "waivers.yaml").write_text(f"schema: waivers/1\nwaivers:\n{waivers}\n")
        given += ["--waivers", str(tmp_path / "waivers.yaml")]
    if policy:
        (tmp_path / "policy.yaml").write_text(f"schema: recovery-policy/1\n{policy}\n")
        given += ["--recovery-policy", str(tmp_path / "policy.yaml")]
    return given
