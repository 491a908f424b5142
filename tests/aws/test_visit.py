"""Visits: the right account, its regions, calls made once, hostile answers, and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scanner.cli import main
from scanner.collection.aws.session import DESCRIBE_REGIONS, Session
from scanner.collection.aws.table import COLLECTORS
from scanner.collection.aws.visit import IDENTITY, collect
from scanner.model.evidence import Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.cloud import Call, Operation, Reply
from scanner.transport.sql import Failure
from tests.aws.bench import HOME, LIMITS, REGIONS, Estate, Recorder, Replayed, operation, operations
from tests.aws.conftest import Visit
from tests.aws.scanning import scan
from tests.collection.parity import check

VOLUMES = Operation("ec2", "DescribeVolumes", "ec2:DescribeVolumes", key="Volumes", per="region")
DENIED = Failure("UnauthorizedOperation", "no", denied=True)
RULE = "select: [{rules: [s3_bucket_versioning_enabled]}]"


def test_a_stranger_is_asked_nothing(visits: dict[str, Visit]) -> None:
    recorder, _ = visits["weak"]
    client = Replayed(recorder.replies, {"regions": REGIONS, "account": "222222222222"})
    answer = collect([Query.of("aws.s3_bucket")], client, LIMITS)
    assert not answer.started
    assert "account 111111111111, not to 222222222222" in str(answer.gap)


def test_an_account_may_be_written_with_hyphens(visits: dict[str, Visit]) -> None:
    recorder, _ = visits["weak"]
    client = Replayed(recorder.replies, {"regions": REGIONS, "account": "1111-1111-1111"})
    assert collect([Query.of("aws.s3_bucket")], client, LIMITS).started


def test_no_login_is_no_evidence() -> None:
    client = Replayed({}, {}, told={"sts:GetCallerIdentity": Failure("credentials", "no usable credentials")})
    answer = collect([Query.of("aws.s3_bucket")], client, LIMITS)
    assert (answer.started, answer.unreachable) == (False, False)
    client = Replayed({}, {}, told={"sts:GetCallerIdentity": Failure("unreachable", "nobody")})
    assert collect([Query.of("aws.s3_bucket")], client, LIMITS).unreachable


def _page(*regions: tuple[str, str]) -> dict[str, Any]:
    return {"Regions": [{"RegionName": name, "OptInStatus": state} for name, state in regions]}


def test_regions_are_those_switched_on() -> None:
    told = _page(("eu-central-1", "opt-in-not-required"), ("ap-east-1", "not-opted-in"), ("af-south-1", "opted-in"))
    session = Session(Replayed({}, {}, told={"ec2:DescribeRegions": told}))
    assert session.regions() == (("af-south-1", "eu-central-1"), None)


def test_regions_that_may_not_be_listed_are_a_gap_of_what_lies_in_them() -> None:
    told = {"ec2:DescribeRegions": DENIED, "ec2:DescribeVolumes": {"Volumes": [{"VolumeId": "vol-1"}]}}
    listed = Session(Replayed({}, {}, told=told)).list_everywhere(VOLUMES)
    assert [region for region, _ in listed.items] == [HOME]
    assert listed.gap is not None
    assert (listed.gap.kind, listed.gap.needs) == (Outcome.UNKNOWN, "ec2:DescribeRegions")


def test_a_region_that_does_not_answer_is_named() -> None:
    whole = Call.of(VOLUMES, "eu-central-1")
    replies = {whole: Reply(whole, ({"Volumes": [{"VolumeId": "vol-1"}]},))}
    denied = Call.of(VOLUMES, "us-east-1")
    replies[denied] = Reply(denied, failure=DENIED)
    session = Session(Replayed(replies, {"regions": "eu-central-1,us-east-1,us-west-2"}))
    listed = session.list_everywhere(VOLUMES)
    assert len(listed.items) == 1
    assert listed.gap is not None
    assert listed.gap.kind is Outcome.ERROR  # one was not asked at all, which weighs more than a denial
    assert "us-east-1: ec2:DescribeVolumes: no" in listed.gap.reason
    assert "us-west-2: " in listed.gap.reason
    assert listed.gap.needs == "ec2:DescribeVolumes"


def test_equal_calls_are_made_once(visits: dict[str, Visit]) -> None:
    recorder, taken = visits["weak"]
    calls = [call for call in recorder.replies if str(call.operation) == "s3:GetBucketLifecycleConfiguration"]
    assert len(calls) == 2  # two facts ask for it, of two buckets
    assert len([call for call in recorder.replies if call.operation == IDENTITY]) == 1
    assert DESCRIBE_REGIONS not in {call.operation for call in recorder.replies}
    assert taken.identity.address == "111111111111"


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "*",
    "2026-11-20T00:00:00Z",
    [],
    {},
    ["x", None],
    {"x": []},
    [{}],
    "[]",
]


@given(name=st.sampled_from(sorted(set(operations()) - {"sts:GetCallerIdentity"})), seed=st.integers(0, 2**32))
def test_hostile_answers_never_raise(name: str, seed: int, visits: dict[str, Visit]) -> None:
    """Any part of any answer may be anything: evidence still fits its declaration."""
    recorder, _ = visits["hardened"]
    chance = Random(seed)
    spoilt = {
        call: Reply(call, ({**reply.document, key: _spoilt(reply.document[key], chance)},))
        for call, reply in recorder.replies.items()
        if str(call.operation) == name and reply.document
        for key in [chance.choice(sorted(reply.document))]
    }
    client = Replayed({**recorder.replies, **spoilt}, {"regions": REGIONS})
    answer = collect([Query.of(fact) for fact in operations()[name]], client, LIMITS)
    assert answer.started
    for found in answer.evidence:
        assert found.gap is None or "stumbled" not in found.gap.reason, found.gap
        check(found)


def _spoilt(value: Any, chance: Random) -> Any:
    """Replace something, anywhere in a document."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        return {**value, key: _spoilt(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        return [_spoilt(value[0], chance), *value[1:]]
    return chance.choice(ODD)


def test_every_fact_has_a_gap_when_nothing_answers() -> None:
    told = {"sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"}}
    answer = collect([Query.of(fact) for fact in COLLECTORS], Replayed({}, {"regions": REGIONS}, told=told), LIMITS)
    for found in answer.evidence:
        cells = [cell for row in found.rows for cell in row.values() if isinstance(cell, Gap)]
        assert found.gap or cells, found.query


def test_scan_from_the_command_line(
    estates: dict[str, Estate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(estates["hardened"], tmp_path, monkeypatch, RULE)
    assert code == 0, output
    assert "AWS account 222222222222" in (tmp_path / "out" / "run.json").read_text()


def test_a_denied_scan_ends_with_3(estates: dict[str, Estate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = scan(estates["hardened"], tmp_path, monkeypatch, RULE, denied="s3:GetBucketVersioning")
    assert code == 3, output
    assert "s3:GetBucketVersioning" in output


def test_plan_prints_policy_and_calls(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("schema: inventory/1\ntargets:\n  prod: {platform: aws, profiles: [aws-baseline]}\n")
    printed = CliRunner().invoke(main, ["plan", "-i", str(inventory), "--privileges"]).output
    policy = json.loads(printed[printed.index("{\n") :])
    actions = policy["Statement"][0]["Action"]
    assert actions == sorted(actions)
    assert "s3:GetEncryptionConfiguration" in actions
    calls = CliRunner().invoke(main, ["plan", "-i", str(inventory), "--calls"]).output
    assert "s3:GetBucketEncryption for each bucket (needs s3:GetEncryptionConfiguration)" in calls


def test_operations_are_found_by_name() -> None:
    assert all(str(operation(name)) == name for name in operations())


def test_tags_take_a_call_per_bucket_beside_what_else_is_asked() -> None:
    told = {
        "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
        "s3:ListBuckets": {"Buckets": [{"Name": f"b{each}", "BucketRegion": "eu-west-1"} for each in range(9)]},
        "s3:GetBucketVersioning": {"Status": "Enabled"},
        "s3:GetBucketTagging": {"TagSet": [{"Key": "env", "Value": "prod"}]},
    }
    recorder = Recorder(Replayed({}, {"regions": REGIONS}, told=told))
    collect([Query.of("aws.s3_versioning"), Query.of("aws.s3_bucket")], recorder, LIMITS)
    assert len([call for call in recorder.replies if call.operation != IDENTITY]) == 1 + 9 + 9


@pytest.mark.parametrize(("number", "calls"), [(9, 10), (2000, 2001)])
def test_default_encryption_takes_a_call_per_bucket_and_one_for_the_list(number: int, calls: int) -> None:
    buckets = [{"Name": f"bucket-{each}", "BucketRegion": "eu-west-1"} for each in range(number)]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    told = {
        "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
        "s3:ListBuckets": {"Buckets": buckets},
        "s3:GetBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [rule]}},
    }
    recorder = Recorder(Replayed({}, {"regions": REGIONS}, told=told))
    answer = collect([Query.of("aws.s3_encryption")], recorder, LIMITS)
    assert [len(found.rows) for found in answer.evidence] == [number]
    assert len([call for call in recorder.replies if call.operation != IDENTITY]) == calls
    assert {call.region for call in recorder.replies if "Encryption" in call.operation.name} == {"eu-west-1"}
