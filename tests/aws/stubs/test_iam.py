"""Credential reports, the root user and roles as AWS tells of them and moto does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.collection.aws import iam_credentials
from scanner.collection.aws.visit import collect
from scanner.model.evidence import Evidence, Query
from scanner.transport.cloud import Call, Reply
from tests.aws.bench import HOME, LIMITS, REGIONS, Replayed
from tests.aws.conftest import Visit
from tests.aws.stubs.test_s3 import outcome

GENERATE, REPORT = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
SUMMARY, VIRTUAL = "iam:GetAccountSummary", "iam:ListVirtualMFADevices"


def _users(client: Any) -> Evidence:
    return collect([Query.of("aws.iam_user")], client, LIMITS).evidence[0]


def _replayed(visit: Visit, told: dict[str, Any]) -> Replayed:
    return Replayed(visit[0].replies, {"regions": REGIONS}, HOME, told=told)


def test_report_that_is_never_ready(visits: dict[str, Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(iam_credentials, "pause", waited.append)
    found = _users(_replayed(visits["hardened"], {GENERATE: {"State": "INPROGRESS"}}))
    assert found.gap is not None
    assert "not ready within 20 seconds" in found.gap.reason
    assert waited == [1, 1, 2, 3, 5, 8]
    assert not found.rows


def test_report_that_is_ready_at_the_third_look(visits: dict[str, Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_credentials, "pause", lambda _: None)
    states = iter(["STARTED", "INPROGRESS", "COMPLETE"])
    client = _replayed(visits["hardened"], {})
    plain = client._one

    def one(call: Call) -> Reply:
        return Reply(call, ({"State": next(states)},)) if str(call.operation) == GENERATE else plain(call)

    monkeypatch.setattr(Replayed, "_one", lambda _self, call: one(call))
    found = _users(client)
    assert found.gap is None
    assert [row["name"] for row in found.rows] == ["bob"]


@pytest.mark.parametrize(("hours", "sound"), [(1, True), (4, True), (5, False), (4000, False)])
def test_age_of_the_report(hours: int, sound: bool, visits: dict[str, Visit]) -> None:
    content = next(reply for call, reply in visits["hardened"][0].replies.items() if str(call.operation) == REPORT)
    written = datetime.now(UTC) - timedelta(hours=hours)
    answer = {"Content": str(content.document["Content"]).encode(), "GeneratedTime": written}
    found = _users(_replayed(visits["hardened"], {REPORT: answer}))
    assert (found.gap is None) is sound
    assert found.gap is None or "older than 4 hours" in found.gap.reason


def test_root_user(visits: dict[str, Visit]) -> None:
    rule, hardened = "iam_root_mfa_hardware", visits["hardened"]
    virtual = {
        "VirtualMFADevices": [
            {
                "SerialNumber": "arn:aws:iam::222222222222:mfa/phone",
                "User": {"Arn": "arn:aws:iam::222222222222:root"} | _USER,
            }
        ]
    }
    assert outcome(rule, hardened, VIRTUAL, virtual) == "fail"
    others = {"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::222222222222:mfa/phone"}]}
    assert outcome(rule, hardened, VIRTUAL, others) == "pass"
    gone = {"SummaryMap": {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 0}}
    assert outcome(rule, hardened, SUMMARY, gone) == "notapplicable"
    assert outcome("iam_root_mfa_enabled", hardened, SUMMARY, gone) == "notapplicable"
    kept = {"SummaryMap": {**gone["SummaryMap"], "AccountAccessKeysPresent": 1}}
    assert outcome("iam_root_mfa_enabled", hardened, SUMMARY, kept) == "fail"
    assert outcome("iam_root_mfa_enabled", hardened, SUMMARY, {"SummaryMap": {}}) == "error"


def test_certificates(visits: dict[str, Visit]) -> None:
    rule, operation = "iam_server_certificates_valid", "iam:ListServerCertificates"
    one = {
        "Path": "/",
        "ServerCertificateName": "shop",
        "ServerCertificateId": "ASCAEXAMPLE1234567",
        "Arn": "arn:aws:iam::222222222222:server-certificate/shop",
    }
    for year, expected in ((2036, "pass"), (2020, "fail")):
        answer = {"ServerCertificateMetadataList": [{**one, "Expiration": datetime(year, 1, 1, tzinfo=UTC)}]}
        assert outcome(rule, visits["hardened"], operation, answer) == expected
    assert outcome(rule, visits["hardened"], operation, {"ServerCertificateMetadataList": [one]}) == "fail"


def test_analyzers(visits: dict[str, Visit]) -> None:
    one = {"arn": "arn:aws:access-analyzer:eu-central-1:1:analyzer/a", "name": "a", "createdAt": datetime.now(UTC)}
    for kind, status, expected in (
        ("ORGANIZATION", "ACTIVE", "pass"),
        ("ACCOUNT", "DISABLED", "fail"),
        ("ACCOUNT_UNUSED_ACCESS", "ACTIVE", "fail"),
    ):
        answer = {"analyzers": [{**one, "type": kind, "status": status}]}
        assert outcome("access_analyzer_active", visits["hardened"], "accessanalyzer:ListAnalyzers", answer) == expected


_USER = {
    "Path": "/",
    "UserName": "root-account",
    "UserId": "222222222222EXAMPLE",
    "CreateDate": datetime(2020, 1, 1, tzinfo=UTC),
}
