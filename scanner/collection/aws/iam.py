"""Collects what IAM keeps once per account: root user, password policy, server certificates, access analyzers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.session import (
    Session,
    cell,
    document,
    documents,
    flag,
    gap_of,
    moment,
    number,
    text,
    word,
    worst,
)
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation

SUMMARY = Operation("iam", "GetAccountSummary", "iam:GetAccountSummary")
VIRTUAL = Operation("iam", "ListVirtualMFADevices", "iam:ListVirtualMFADevices", key="VirtualMFADevices")
PASSWORDS = Operation("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy", absent=("NoSuchEntity",))
CERTIFICATES = Operation(
    "iam", "ListServerCertificates", "iam:ListServerCertificates", key="ServerCertificateMetadataList"
)
ANALYZERS = Operation("accessanalyzer", "ListAnalyzers", "access-analyzer:ListAnalyzers", key="analyzers", per="region")
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.access_analyzer": (ANALYZERS,),
    "aws.iam_password_policy": (PASSWORDS,),
    "aws.iam_root": (SUMMARY, VIRTUAL),
    "aws.iam_server_certificate": (CERTIFICATES,),
}
_EXTERNAL = ("ACCOUNT", "ORGANIZATION")
_UNUSED = ("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS")


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask for what each fact takes."""
    made = {
        "aws.access_analyzer": _analyzers,
        "aws.iam_password_policy": _passwords,
        "aws.iam_root": _root,
        "aws.iam_server_certificate": _certificates,
    }
    found = []
    for query in queries:
        rows, gap = made[query.fact](session)
        found.append(Evidence(query, tuple(rows), gap, session.provenance(FACTS[query.fact])))
    return found


def _root_arn(session: Session) -> str:
    return f"arn:{session.partition}:iam::{session.account}:root"


def _root(session: Session) -> tuple[list[Row], Gap | None]:
    reply = session.ask(SUMMARY)
    calls = session.ask(VIRTUAL, {"AssignmentStatus": "Assigned"})
    said = {
        name: cell(reply, lambda page, name=name: number(document(page.get("SummaryMap")).get(name)))  # type: ignore[misc]
        for name in ("AccountMFAEnabled", "AccountAccessKeysPresent", "AccountPasswordPresent")
    }
    mfa, password = _switch(said["AccountMFAEnabled"]), _switch(said["AccountPasswordPresent"])
    keys = said["AccountAccessKeysPresent"]
    unsaid = error(f"{SUMMARY}: it does not tell of the root user")
    mfa, keys = (unsaid if each is ABSENT else each for each in (mfa, keys))
    virtual = gap_of(calls) or any(_of_root(each, session.account) for each in calls.items)
    row: Row = {
        "arn": _root_arn(session),
        "password": password,
        "access_keys": keys,
        "mfa": mfa,
        "hardware": mfa
        if isinstance(mfa, Gap)
        else virtual
        if isinstance(virtual, Gap)
        else mfa is True and not virtual,
    }
    return [row], None


def _switch(count: Cell) -> Cell:
    return count > 0 if isinstance(count, int) else count


def _of_root(device: Document, account: str) -> bool:
    owner = text(document(device.get("User")).get("Arn"))
    return owner.endswith(f":{account}:root") or text(device.get("SerialNumber")).endswith("/root-account-mfa-device")


def _passwords(session: Session) -> tuple[list[Row], Gap | None]:
    reply = session.ask(PASSWORDS)
    gap = gap_of(reply)

    def read(name: str, kind: str, none: Cell) -> Cell:
        def one(page: Document) -> Cell:
            policy = page.get("PasswordPolicy")
            if not isinstance(policy, dict):
                return error(f"{PASSWORDS}: the answer holds no policy")
            return number(policy.get(name)) if kind == "number" else flag(policy.get(name), none=False)

        return cell(reply, one, none=none)

    return [
        {
            "arn": _root_arn(session),
            "present": gap if gap is not None else not reply.missing,
            "length": read("MinimumPasswordLength", "number", 8),
            "remembered": read("PasswordReusePrevention", "number", ABSENT),
            "max_days": read("MaxPasswordAge", "number", ABSENT),
            "uppercase": read("RequireUppercaseCharacters", "flag", False),
            "lowercase": read("RequireLowercaseCharacters", "flag", False),
            "digits": read("RequireNumbers", "flag", False),
            "symbols": read("RequireSymbols", "flag", False),
        }
    ], None


def _certificates(session: Session) -> tuple[list[Row], Gap | None]:
    reply = session.ask(CERTIFICATES)
    found = {text(each.get("Arn")): each for each in reply.items}
    gap = worst(gap_of(reply), error(f"{CERTIFICATES}: a certificate has no ARN") if "" in found else None)
    rows: list[Row] = [
        {"arn": arn, "name": word(each.get("ServerCertificateName")), "expires": moment(each.get("Expiration"))}
        for arn, each in found.items()
        if arn
    ]
    return rows, gap


def _analyzers(session: Session) -> tuple[list[Row], Gap | None]:
    """Give a row per region: that there is no analyzer is what matters."""
    names, gap = session.regions()
    calls = {Call.of(ANALYZERS, name): name for name in names}
    rows: list[Row] = []
    for call, reply in session.ask_all(calls).items():
        lost = gap_of(reply)
        found = [each for page in reply.pages for each in documents(page.get("analyzers"))]
        if lost is None and not all(isinstance(each.get("type"), str) and text(each.get("status")) for each in found):
            lost = error(f"{ANALYZERS}: the analyzers cannot be read")
        working = [each for each in found if each.get("status") == "ACTIVE"]
        rows.append(
            {
                "region": calls[call],
                "external": lost or _names(working, _EXTERNAL),
                "unused": lost or _names(working, _UNUSED),
                "inactive": lost or sorted(text(each.get("name")) for each in found if each not in working),
            }
        )
    return rows, gap


def _names(found: Sequence[Document], kinds: Sequence[str]) -> list[str]:
    return sorted(text(each.get("name")) for each in found if each.get("type") in kinds)
