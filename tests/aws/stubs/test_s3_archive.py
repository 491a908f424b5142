"""Archives of other ages and classes than moto can make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.aws.visit import collect
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.transport.cloud import Call, Reply
from scanner.transport.sql import Failure
from tests.aws.bench import LIMITS, REGIONS, Replayed, operation, rules
from tests.collection.parity import check

NOW = datetime.now(UTC)
PLACE = "archive/pbs/"
LISTED = Query.of("aws.s3_archive", {"places": PLACE})
RULED = Query.of("aws.s3_archive_rules", {"places": PLACE})
TOLD: dict[str, Any] = {
    "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
    "s3:ListBuckets": {"Buckets": [{"Name": "archive", "BucketRegion": "eu-west-1"}]},
}
DENIED = Failure("AccessDenied", "AccessDenied: no", denied=True)


def _stored(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(days: float, storage: str = "GLACIER", size: int = 10**9, **more: Any) -> dict[str, Any]:
    return {"Key": f"pbs/{days}", "LastModified": _stored(days), "StorageClass": storage, "Size": size, **more}


def _ask(query: Query, **told: Any) -> Evidence:
    given_ = {**TOLD, **{f"s3:{name}": answer for name, answer in told.items()}}
    (found,) = collect([query], Replayed({}, {"regions": REGIONS}, told=given_), LIMITS).evidence
    check(found)
    return found


def _outcome(rule: str, found: Evidence) -> str:
    values = {**{name: value.default for name, value in rules()[rule].values.items()}, "places": PLACE}
    return str(compile_rule(rules()[rule], values, builtin())(lambda _: found, {"id": "aws"}).outcome)


OBJECTS: list[tuple[str, list[dict[str, Any]], str]] = [
    ("s3_archive_fresh", [_object(400), _object(3)], "pass"),
    ("s3_archive_fresh", [_object(400), _object(20)], "fail"),
    ("s3_archive_fresh", [], "fail"),
    ("s3_archive_fresh", [{"Key": "pbs/", "Size": 0, "LastModified": _stored(1)}], "fail"),  # a folder is no data
    ("s3_archive_in_glacier", [_object(400), _object(3, "STANDARD")], "pass"),
    ("s3_archive_in_glacier", [_object(400), _object(30, "STANDARD")], "fail"),
    ("s3_archive_in_glacier", [_object(400, "DEEP_ARCHIVE")], "fail"),
    ("s3_archive_in_glacier", [_object(400, "STANDARD", 1000)], "pass"),
    ("s3_archive_small_in_glacier", [_object(400, "STANDARD", 1000)], "fail"),
    ("s3_archive_small_in_glacier", [_object(400, "GLACIER", 1000), _object(400, "STANDARD")], "pass"),
    ("s3_archive_restores_none_running", [_object(400)], "pass"),
    ("s3_archive_restores_none_running", [_object(400, RestoreStatus={"IsRestoreInProgress": True})], "fail"),
    ("s3_archive_restores_none_running", [_object(400, RestoreStatus={"IsRestoreInProgress": False})], "pass"),
]


@pytest.mark.parametrize(("rule", "objects", "outcome"), OBJECTS)
def test_objects(rule: str, objects: list[dict[str, Any]], outcome: str) -> None:
    assert _outcome(rule, _ask(LISTED, ListObjectsV2={"Contents": objects})) == outcome
    assert _outcome(rule, _ask(LISTED, ListObjectsV2=DENIED)) == "unknown"
    assert _outcome(rule, _ask(LISTED, ListBuckets=DENIED)) == "unknown"
    assert _outcome(rule, _ask(LISTED, ListBuckets={"Buckets": []})) == "fail"


def test_more_objects_than_are_listed_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.collection.aws.s3_archive.MOST", 3)
    found = _ask(LISTED, ListObjectsV2={"Contents": [_object(each) for each in range(3)]})
    assert _outcome("s3_archive_fresh", found) == "error"


def _rule(prefix: str = "", days: int = 1, **more: Any) -> dict[str, Any]:
    moves = [{"Days": days, "StorageClass": "GLACIER"}]
    return {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": prefix}, "Transitions": moves, **more}


RULES: list[tuple[str, dict[str, Any], str]] = [
    ("s3_archive_moved_to_glacier", {"Rules": [_rule()]}, "pass"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule("pbs/")]}, "pass"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule("pbs/old/")]}, "fail"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule("git/")]}, "fail"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule(Status="Disabled")]}, "fail"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule(Filter={"Tag": {"Key": "a", "Value": "b"}})]}, "fail"),
    ("s3_archive_moved_to_glacier", {"Rules": [_rule(days=60)]}, "fail"),
    ("s3_archive_small_objects_ruled", {"Rules": [_rule()]}, "fail"),
    (
        "s3_archive_small_objects_ruled",
        {"Rules": [_rule()], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"},
        "pass",
    ),
    ("s3_archive_kept", {"Rules": [_rule()]}, "pass"),
    ("s3_archive_kept", {"Rules": [_rule(Expiration={"Days": 400})]}, "pass"),
    ("s3_archive_kept", {"Rules": [_rule(Expiration={"Days": 400}), _rule("pbs/x/", Expiration={"Days": 30})]}, "fail"),
    ("s3_archive_kept", {"Rules": [_rule("git/", Expiration={"Days": 30})]}, "pass"),
    ("s3_archive_kept", {"Rules": [_rule(NoncurrentVersionExpiration={"NoncurrentDays": 30})]}, "fail"),
]


@pytest.mark.parametrize(("rule", "answer", "outcome"), RULES)
def test_rules(rule: str, answer: dict[str, Any], outcome: str) -> None:
    assert _outcome(rule, _ask(RULED, GetBucketLifecycleConfiguration=answer)) == outcome
    assert _outcome(rule, _ask(RULED, GetBucketLifecycleConfiguration=DENIED)) == "unknown"


def test_a_bucket_without_rules() -> None:
    found = _ask(RULED, GetBucketLifecycleConfiguration=Failure("NoSuchLifecycleConfiguration", "none"))
    assert found.rows[0]["glacier_days"] is ABSENT
    assert _outcome("s3_archive_kept", found) == "pass"
    assert _outcome("s3_archive_moved_to_glacier", found) == "fail"


@given(seed=st.integers(0, 2**32))
def test_odd_objects_never_raise(seed: int) -> None:
    chance = Random(seed)
    odd = chance.choice([None, True, -1, "x", [], {}, 1.5])
    spoilt = {**_object(3), chance.choice(["Size", "LastModified", "StorageClass", "RestoreStatus", "Key"]): odd}
    asked = operation("s3:ListObjectsV2")
    client = Replayed({}, {"regions": REGIONS}, told=TOLD)
    whole = client.ask_all

    def ask_all(calls: list[Call]) -> dict[Call, Reply]:
        return {
            call: Reply(call, ({"Contents": [_object(9), spoilt]},)) if call.operation == asked else whole([call])[call]
            for call in calls
        }

    client_ = type("Odd", (), {"ask_all": staticmethod(ask_all), "options": client.options, "home": client.home})()
    (found,) = collect([LISTED], client_, LIMITS).evidence
    check(found)
    cell = found.rows[0]["newest"]
    assert isinstance(cell, str | Gap)
    assert not (isinstance(cell, Gap) and "stumbled" in cell.reason)
