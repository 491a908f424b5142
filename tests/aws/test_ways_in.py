"""Ways into an account, each on real HTTP: SSO, web identity and container credentials lead to a whole scan."""

from __future__ import annotations

import hashlib
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import exceptions

from scanner.transport.aws_errors import failure_of
from tests.aws.bench import HOME, served
from tests.support.cli import ROOT

ACCOUNT = "123456789012"
BEARER, CONTAINER = "portal-token", "container-token"
CONFIGURATION = f"""[profile audit]
sso_session = ours
sso_account_id = {ACCOUNT}
sso_role_name = auditor
region = {HOME}
[sso-session ours]
sso_start_url = https://ours.awsapps.com/start
sso_region = {HOME}
"""


@dataclass
class Bench:
    """moto, and a stand-in that hands out credentials which moto issued."""

    moto: str
    standin: str
    asked: list[str]


def _issued(moto: str, session: str) -> dict[str, str]:
    """Have moto issue credentials: whoever uses them is told apart by the name of the session."""
    sts = boto3.client("sts", endpoint_url=moto, region_name=HOME, aws_access_key_id="x", aws_secret_access_key="x")
    role = f"arn:aws:iam::{ACCOUNT}:role/auditor"
    found: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    return found


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(moto: str, asked: list[str]) -> type[BaseHTTPRequestHandler]:
    later = datetime.now(UTC) + timedelta(hours=1)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.startswith("/federation/credentials"):
                known = self.headers.get("x-amz-sso_bearer_token") == BEARER
                self._say({"roleCredentials": self._portal()} if known else None)
            else:
                known = self.path == "/container" and self.headers.get("Authorization") == CONTAINER
                self._say(self._container() if known else None)

        def _portal(self) -> dict[str, Any]:
            keys = _issued(moto, "by-sso")
            return {
                "accessKeyId": keys["AccessKeyId"],
                "secretAccessKey": keys["SecretAccessKey"],
                "sessionToken": keys["SessionToken"],
                "expiration": int(later.timestamp() * 1000),
            }

        def _container(self) -> dict[str, Any]:
            keys = _issued(moto, "by-container")
            return {
                "AccessKeyId": keys["AccessKeyId"],
                "SecretAccessKey": keys["SecretAccessKey"],
                "Token": keys["SessionToken"],
                "Expiration": later.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }

        def _say(self, body: dict[str, Any] | None) -> None:
            data = json.dumps(body or {"message": "Session token not found or invalid"}).encode()
            self.send_response(200 if body else 401)
            if body is None:
                self.send_header("x-amzn-ErrorType", "UnauthorizedException")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    return Handler


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Serve moto with one versioned bucket, and the stand-in."""
    with served() as moto:
        s3 = boto3.client("s3", endpoint_url=moto, region_name=HOME, aws_access_key_id="x", aws_secret_access_key="x")
        s3.create_bucket(Bucket="ours", CreateBucketConfiguration={"LocationConstraint": HOME})
        s3.put_bucket_versioning(Bucket="ours", VersioningConfiguration={"Status": "Enabled"})
        asked: list[str] = []
        server = _Server(("127.0.0.1", 0), _handler(moto, asked))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Bench(moto, f"http://127.0.0.1:{server.server_address[1]}", asked)
        server.shutdown()
        server.server_close()


def _sign_in(home: Path, **more: Any) -> None:
    """Leave behind what `aws sso login` would."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = {"accessToken": BEARER, "expiresAt": later, "startUrl": "https://ours.awsapps.com/start", **more}
    name = hashlib.sha1(b"ours", usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token))


def _scan(bench: Bench, home: Path, profile: str = "", **variables: str) -> tuple[int, str, dict[str, Any]]:
    """Scan in a process of its own, whose home and variables are these; give exit code, output and the target."""
    inventory, rules = home / "inventory.yaml", home / "one.yaml"
    named = f"    aws_profile: {profile}\n" if profile else ""
    inventory.write_text(
        f"schema: inventory/1\ntargets:\n  prod:\n    platform: aws\n    url: {bench.moto}\n    regions: {HOME}\n{named}"
    )
    rules.write_text("schema: profile/1\ntitle: One\nselect: [{rules: [s3_bucket_versioning_enabled]}]\n")
    (home / "config").write_text(CONFIGURATION)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    paths = {"AWS_CONFIG_FILE": str(home / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(home / "none")}
    apart = {"HOME": str(home), "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true", **paths, **variables}
    command = [sys.executable, "-m", "scanner", "scan", "-i", str(inventory), "-p", str(rules), "-o", str(home / "out")]
    done = subprocess.run(command, env={**plain, **apart}, capture_output=True, text=True, check=False, cwd=home)
    run = json.loads((home / "out" / "run.json").read_text())
    return done.returncode, done.stdout + done.stderr, run["targets"]["prod"]


def test_sso_leads_to_a_scan(bench: Bench, tmp_path: Path) -> None:
    _sign_in(tmp_path)
    code, output, target = _scan(bench, tmp_path, "audit", AWS_ENDPOINT_URL_SSO=bench.standin)
    assert code == 0, output
    assert target["user"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/by-sso"
    assert "/federation/credentials?role_name=auditor&account_id=123456789012" in bench.asked
    assert BEARER not in output + (tmp_path / "out" / "run.json").read_text()


def test_web_identity_leads_to_a_scan(bench: Bench, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("eyJhbGciOiJub25lIn0.eyJzdWIiOiJzY2FubmVyIn0.")
    code, output, target = _scan(
        bench,
        tmp_path,
        AWS_ROLE_ARN=f"arn:aws:iam::{ACCOUNT}:role/auditor",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
        AWS_ROLE_SESSION_NAME="by-web-identity",
        AWS_ENDPOINT_URL_STS=bench.moto,
    )
    assert code == 0, output
    assert target["user"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/by-web-identity"


def test_container_credentials_lead_to_a_scan(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CONTAINER)
    code, output, target = _scan(
        bench,
        tmp_path,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{bench.standin}/container",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
    )
    assert code == 0, output
    assert target["user"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/by-container"
    assert CONTAINER not in output


def test_an_sso_session_that_ended_is_one_clear_sentence(bench: Bench, tmp_path: Path) -> None:
    _sign_in(tmp_path, expiresAt="2024-01-01T00:00:00Z")
    code, output, target = _scan(bench, tmp_path, "audit", AWS_ENDPOINT_URL_SSO=bench.standin)
    assert code == 3, output
    assert (
        "no usable credentials: the SSO session of profile audit has expired (aws sso login --profile audit)"
        in (target["reason"])
    )


@pytest.mark.parametrize(
    ("problem", "profile", "says"),
    [
        (
            exceptions.SSOTokenLoadError(error_msg="Token for ours does not exist"),
            "audit",
            "there is no SSO session of profile audit (aws sso login --profile audit)",
        ),
        (exceptions.UnauthorizedSSOTokenError(), "", "the SSO session has expired (aws sso login)"),
        (
            exceptions.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
            "audit",
            "the SSO session of profile audit has expired (aws sso login --profile audit)",
        ),
    ],
)
def test_who_is_not_signed_in_is_told_how(problem: Exception, profile: str, says: str) -> None:
    failure = failure_of(problem, profile)
    assert (failure.code, failure.text) == ("credentials", f"no usable credentials: {says}")
    assert not failure.denied
