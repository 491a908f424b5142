"""Tags of an account end to end: asked where they are wanted alone, waiving and narrowing, and never by silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli import main
from scanner.collection.aws.session import tags
from scanner.collection.aws.visit import collect
from scanner.facts.table import builtin_specs
from scanner.model.evidence import Gap, Query
from tests.aws.bench import HOME, LIMITS, Estate, Replayed, served
from tests.aws.scanning import DENIED, scan

RULE = "select: [{rules: [s3_bucket_versioning_enabled]}]"
PROD = f"{RULE}\nresources: {{tags: {{env: prod}}}}"
TODAY = datetime.now(UTC).date()
WAIVER = (
    "  - {id: W1, rule: s3_bucket_versioning_enabled, targets: all, tags: {env: dev}, reason: Toys., approver: Jo, "
    f"approved: {TODAY - timedelta(days=1)}, expires: {TODAY + timedelta(days=9)}}}"
)
KEY = "arn:aws:kms:eu-central-1:1:key/k"
UNTAGGED = {
    "aws.account": "the account itself",
    "aws.iam_root": "root has no tags",
    "aws.iam_root_use": "root has no tags",
    "aws.iam_password_policy": "the account itself",
    "aws.iam_server_certificate": "would take a call of its own",
    "aws.s3_access_point": "would take a call of its own",
    "aws.s3_account": "the account itself",
    "aws.kms_alias": "aliases have no tags",
    "aws.cloudtrail": "would take a call of its own",
    "aws.cloudtrail_bucket": "its rows are about trails",
    "aws.trail_alarm": "would take a call of its own",
    "aws.trail_filter": "its rows are about filters",
    "aws.trail_topic": "would take a call of its own",
    "aws.backup_plan": "would take a call of its own",
    "aws.backup_selection": "selections have no tags",
    "aws.backup_vault": "would take a call of its own",
    "aws.backup_point": "would take a call of its own",
    "aws.backup_restore_plan": "would take a call of its own",
}
"""Facts about named resources whose tags are not known > why."""


@pytest.fixture(scope="module")
def account() -> Iterator[Estate]:
    """Serve an account with a bucket of each kind: in production, for development, without tags."""
    with served() as url:
        estate = Estate("tagged", url)
        s3 = estate.client("s3")
        for name, own in (("shop", {"env": "prod"}), ("toys", {"env": "dev"}), ("lost", {})):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HOME})
            if own:
                listed = [{"Key": key, "Value": value} for key, value in own.items()]
                s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed})
        s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
        yield estate


def _results(folder: Path) -> tuple[dict[str, Any], list[str]]:
    run = json.loads((folder / "out" / "run.json").read_text())
    lines = (folder / "out" / "results.jsonl").read_text().splitlines()
    found = next(each for each in map(json.loads, lines) if each["rule"] == "s3_bucket_versioning_enabled")
    return found, [each["text"] for each in run["notices"]]


def test_a_profile_judges_the_resources_with_its_tags(
    account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(account, tmp_path, monkeypatch, PROD)
    result, notices = _results(tmp_path)
    assert code == 0, output
    assert result["outcome"] == "pass"
    assert result["reason"] == "2 of 3 resources left aside: they lack the tags env=prod (profile one)"
    assert {each["key"][0][1]: each["outcome"] for each in result["findings"]} == {
        "arn:aws:s3:::lost": "notapplicable",
        "arn:aws:s3:::shop": "pass",
        "arn:aws:s3:::toys": "notapplicable",
    }
    assert "prod: 2 resources were left aside: they lack the tags env=prod (profile one)" in notices
    assert "left aside" in output


def test_where_tags_may_not_be_read_every_resource_is_judged(
    account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(account, tmp_path, monkeypatch, PROD, denied="s3:GetBucketTagging")
    result, _ = _results(tmp_path)
    assert code == 1, output
    assert [each["outcome"] for each in result["findings"]] == ["fail", "pass", "fail"]
    assert "needs s3:GetBucketTagging" in result["findings"][0]["untagged"]


def test_a_waiver_covers_resources_by_their_tags(
    account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(account, tmp_path, monkeypatch, RULE, WAIVER)
    result, _ = _results(tmp_path)
    assert code == 1, output
    assert {each["key"][0][1]: "waived" in each for each in result["findings"]} == {
        "arn:aws:s3:::lost": False,
        "arn:aws:s3:::shop": False,
        "arn:aws:s3:::toys": True,
    }


def test_a_waiver_covers_nothing_where_tags_may_not_be_read(
    account: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = scan(account, tmp_path, monkeypatch, RULE, WAIVER, denied="s3:GetBucketTagging")
    result, notices = _results(tmp_path)
    assert code == 1, output
    assert not any("waived" in each for each in result["findings"])
    assert any("W1" in each and "2 findings whose tags could not be read" in each for each in notices)


def test_tags_are_asked_for_where_they_are_wanted_alone(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("schema: inventory/1\ntargets:\n  prod: {platform: aws}\n")
    (tmp_path / "waivers.yaml").write_text(f"schema: waivers/1\nwaivers:\n{WAIVER}\n")

    def calls(body: str, *more: str) -> str:
        profile = tmp_path / "one.yaml"
        profile.write_text(f"schema: profile/1\nid: one\ntitle: One\n{body}\n")
        given = ["plan", "-i", str(inventory), "-p", str(profile), "--calls", *more]
        return CliRunner().invoke(main, given).output

    assert "GetBucketVersioning" in calls(RULE)
    assert "GetBucketTagging" not in calls(RULE)
    assert "GetBucketTagging" in calls(PROD)
    assert "GetBucketTagging" in calls(RULE, "--waivers", str(tmp_path / "waivers.yaml"))


def test_a_profile_says_which_of_its_rules_tags_do_not_narrow(tmp_path: Path) -> None:
    profile = tmp_path / "one.yaml"
    rules = "select: [{rules: [s3_bucket_versioning_enabled, cloudtrail_all_regions_recorded]}]"
    profile.write_text(f"schema: profile/1\n{rules}\nresources: {{tags: {{env: prod, class: a}}}}\n")
    lines = CliRunner().invoke(main, ["profiles", "show", str(profile)]).output.splitlines()
    assert "  resources with the tags class=a, env=prod; rules marked 'all' are judged on all resources" in lines
    assert "  s3_bucket_versioning_enabled" in lines
    assert "  cloudtrail_all_regions_recorded  all" in lines


@pytest.mark.parametrize(
    ("told", "read"),
    [(None, {}), ([], {}), ([{"Key": "env", "Value": "prod"}], {"env": "prod"}), ([{"Key": "env"}], {"env": ""})],
)
def test_tags_are_read_as_a_map(told: Any, read: dict[str, str]) -> None:
    assert tags(told) == read


@pytest.mark.parametrize("told", ["env=prod", {"Key": "env"}, [{"Value": "prod"}], ["env"], 7])
def test_tags_that_cannot_be_read_are_no_lack_of_tags(told: Any) -> None:
    assert isinstance(tags(told), Gap)


def test_keys_tell_their_tags_by_a_call_of_their_own() -> None:
    key = {"KeyId": "k", "Arn": KEY, "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS"}
    told: dict[str, Any] = {
        "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
        "kms:ListKeys": {"Keys": [{"KeyId": "k", "KeyArn": KEY}]},
        "kms:DescribeKey": {"KeyMetadata": key},
        "kms:ListResourceTags": {"Tags": [{"TagKey": "env", "TagValue": "prod"}]},
    }
    query = Query.of("aws.kms_tags")
    client = Replayed({}, {"regions": HOME}, told=told)
    assert collect([query], client, LIMITS).evidence[0].rows[0]["tags"] == {"env": "prod"}
    told["kms:ListResourceTags"] = DENIED
    lost = collect([query], client, LIMITS).evidence[0].rows[0]["tags"]
    assert isinstance(lost, Gap)
    assert lost.needs == "kms:ListResourceTags"


def test_every_fact_about_named_resources_knows_their_tags_or_says_why_not() -> None:
    named = {spec.name: spec for spec in builtin_specs() if spec.name.startswith("aws.") and spec.field("arn")}
    assert {name for name, spec in named.items() if not spec.tag_facts} == set(UNTAGGED)
    facts = {fact for spec in named.values() for fact in spec.tag_facts}
    assert all(named[fact].own_tags for fact in facts)
