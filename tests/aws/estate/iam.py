"""Users, roles and policies: weak ones that may do everything, hardened ones that may do what they need.

moto dates its credential report to 2015, leaves the root user out of it, and cannot be told about that user's factors:
these are set in the server itself, which runs in this process.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.aws.bench import ACCOUNTS, Maker

_UNREAD = "the root user has no second factor of its own kind that the other call would tell of"
VALUES: dict[str, dict[str, Any]] = {}
STILL: dict[tuple[str, str], str] = {
    ("iam:GetAccountSummary", "iam_root_mfa_hardware"): _UNREAD,
    ("iam:ListVirtualMFADevices", "iam_root_access_keys_absent"): "keys are counted by another call",
    ("iam:ListVirtualMFADevices", "iam_root_mfa_enabled"): "that there is a factor is told by another call",
}
STUBBED: dict[str, str] = {}
_WORKING = {
    "arn": "arn:aws:access-analyzer:eu-central-1:222222222222:analyzer/a",
    "status": "ACTIVE",
    "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
}
MADE: dict[str, dict[str, dict[str, Any]]] = {
    "accessanalyzer:ListAnalyzers": {
        "weak": {"analyzers": []},
        "hardened": {
            "analyzers": [
                {**_WORKING, "name": "outside", "type": "ACCOUNT"},
                {**_WORKING, "name": "spare", "type": "ACCOUNT_UNUSED_ACCESS"},
            ]
        },
        "empty": {"analyzers": []},
    }
}
"""Operation > estate > what AWS would say, in place of moto, which lacks the service."""
UNUSUAL: dict[str, tuple[str, str]] = {"iam_server_certificates_valid": ("fail", "notapplicable")}
_AWS = "arn:aws:iam::aws:policy"
_USED = {"weak": 1, "hardened": 300}
"""Days since the root user was at work."""


def _ago(days: int) -> datetime:
    """Give a time so many days before now: ages are counted from the visit."""
    return datetime.now(UTC) - timedelta(days=days)


def _backend(estate: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNTS[estate]]["aws"]


def _root(estate: str, *, keys: int, mfa: int) -> None:
    """Tell moto of the root user, and have its reports speak of it, written now."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    backend = _backend(estate)
    backend.account_summary._account_access_keys_present = keys
    backend.account_summary._account_mfa_enabled = mfa
    used = {ACCOUNTS[name]: _ago(days).strftime("%Y-%m-%dT%H:%M:%S+00:00") for name, days in _USED.items()}

    def report(self: Any) -> Any:
        account = self.current_account
        plain = self.backend.get_credential_report()
        columns = len(plain.splitlines()[0].split(","))
        line = [
            *("<root_account>", f"arn:aws:iam::{account}:root", "2020-01-01T00:00:00+00:00", "not_supported"),
            *(used.get(account, "no_information"), "not_supported", "not_supported", "false"),
        ]
        line += ["false" if column in (8, 13, 18, 20) else "N/A" for column in range(len(line), columns)]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return ActionResult(
            {"Content": plain + ",".join(line) + "\n", "ReportFormat": "text/csv", "GeneratedTime": now}
        )

    IamResponse.get_credential_report = report  # type: ignore[method-assign]


def _user(estate: str, iam: Any, name: str, born: datetime) -> Any:
    iam.create_user(UserName=name)
    user = _backend(estate).users[name]
    user.create_date = born
    return user


def _policy(iam: Any, name: str, *statements: dict[str, Any]) -> str:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    return str(made["Policy"]["Arn"])


def _trust(*statements: dict[str, Any]) -> str:
    listed = [{"Effect": "Allow", "Action": "sts:AssumeRole", **each} for each in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def weak(client: Maker) -> None:
    """Make an administrator with old keys, policies that allow all, and roles that trust everyone."""
    iam = client("iam")
    _root("weak", keys=1, mfa=0)
    iam.update_account_password_policy(MinimumPasswordLength=8)
    ada = _user("weak", iam, "ada", _ago(300))
    iam.create_login_profile(UserName="ada", Password="not-a-secret-1")
    for _ in range(2):
        iam.create_access_key(UserName="ada")
    for key in ada.access_keys:
        key.create_date = ada.create_date
    wide = {"Action": "*", "Resource": "*"}
    everything = _policy(iam, "all", wide)
    delicate = ["kms:*", "cloudtrail:*", "sts:AssumeRole", "iam:PassRole", "lambda:CreateFunction", "iam:Put*Policy"]
    broad = _policy(iam, "broad", {"Action": delicate, "Resource": "*"})
    excepted = _policy(iam, "excepted", {"NotAction": "iam:*", "Resource": "*"})
    for arn in (f"{_AWS}/AWSCloudShellFullAccess", everything, broad, excepted):
        iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    iam.put_user_policy(
        UserName="ada",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **wide}]}),
    )
    iam.create_role(RoleName="everyone", AssumeRolePolicyDocument=_trust({"Principal": {"AWS": "*"}}))
    iam.create_role(
        RoleName="foreign", AssumeRolePolicyDocument=_trust({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}})
    )
    provider = f"arn:aws:iam::{ACCOUNTS['weak']}:oidc-provider/token.actions.githubusercontent.com"
    iam.create_role(
        RoleName="builds",
        AssumeRolePolicyDocument=_trust(
            {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
        ),
    )
    _certificate(iam)


def hardened(client: Maker) -> None:
    """Make a user with a second factor and rights by a group, and roles that say whom they trust."""
    iam = client("iam")
    _root("hardened", keys=0, mfa=1)
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        PasswordReusePrevention=24,
        MaxPasswordAge=365,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    bob = _user("hardened", iam, "bob", _ago(40))
    iam.create_login_profile(UserName="bob", Password="not-a-secret-2")
    bob.password_last_used = _ago(2)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="bob", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    iam.create_access_key(UserName="bob")
    bob.access_keys[0].create_date = _ago(20)
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="bob")
    iam.attach_group_policy(GroupName="readers", PolicyArn=f"{_AWS}/ReadOnlyAccess")
    narrow = {
        "Action": ["kms:Decrypt", "sts:AssumeRole"],
        "Resource": [f"arn:aws:iam::{ACCOUNTS['hardened']}:role/deploy"],
    }
    deploy = _policy(iam, "deploy", narrow, {"Action": "s3:Get*", "Resource": "*"})
    provider = f"arn:aws:iam::{ACCOUNTS['hardened']}:oidc-provider/token.actions.githubusercontent.com"
    host = "token.actions.githubusercontent.com"
    iam.create_role(
        RoleName="deploy",
        AssumeRolePolicyDocument=_trust(
            {
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringLike": {f"{host}:sub": "repo:acme/shop:*"},
                    "StringEquals": {f"{host}:aud": "sts"},
                },
            }
        ),
    )
    iam.attach_role_policy(RoleName="deploy", PolicyArn=deploy)
    iam.create_role(
        RoleName="support",
        AssumeRolePolicyDocument=_trust({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS['hardened']}:root"}}),
    )
    iam.attach_role_policy(RoleName="support", PolicyArn=f"{_AWS}/AWSSupportAccess")


def _certificate(iam: Any) -> None:
    """Store a certificate; for moto it ran out in 2012, whatever it says."""
    iam.upload_server_certificate(ServerCertificateName="shop", CertificateBody="none", PrivateKey="none")
