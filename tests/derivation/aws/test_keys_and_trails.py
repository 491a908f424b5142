"""What relies on keys, and what the buckets of trails are like."""

from __future__ import annotations

from typing import Any

from scanner.derivation.aws.cloudtrail_bucket import trail_bucket
from scanner.derivation.aws.kms_key_use import key_use
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, error, unknown
from scanner.model.outcome import Outcome

KEY = {
    "arn": "arn:aws:kms:eu-west-1:1:key/5f0d",
    "region": "eu-west-1",
    "id": "5f0d",
    "state": "Disabled",
    "manager": "customer",
}
ALIAS = {"arn": "arn:aws:kms:eu-west-1:1:alias/shop", "region": "eu-west-1", "name": "alias/shop", "key": "5f0d"}
BUCKET = {"arn": "arn:aws:s3:::data", "name": "data", "region": "eu-west-1", "key": KEY["arn"]}
DENIED = unknown("AccessDenied", "s3:ListAllMyBuckets")


def _inputs(**facts: Any) -> dict[Query, Evidence]:
    found = {}
    for name, rows in facts.items():
        query = Query.of(f"aws.{name}")
        gap = rows if isinstance(rows, Gap) else None
        found[query] = Evidence(query, () if gap else tuple(rows), gap)
    return found


def _used(keys: Any, aliases: Any, buckets: Any) -> Any:
    inputs = _inputs(kms_key=keys, kms_alias=aliases, s3_encryption=buckets)
    return key_use(Query.of("aws.kms_key_use"), inputs, "2026-01-01T00:00:00Z")


def test_used_by_aliases_and_buckets() -> None:
    (row,) = _used([KEY], [ALIAS], [BUCKET]).rows
    assert (row["aliases"], row["buckets"], row["used_by"]) == (["alias/shop"], ["data"], ["alias/shop", "data"])
    assert row["usable"] is False
    for spoken in ("5f0d", "alias/shop", ALIAS["arn"]):
        (row,) = _used([KEY], [ALIAS], [{**BUCKET, "key": spoken}]).rows
        assert row["buckets"] == ["data"]


def test_the_same_id_elsewhere_is_another_key() -> None:
    (row,) = _used([KEY], [{**ALIAS, "region": "us-east-1"}], [{**BUCKET, "region": "us-east-1", "key": "5f0d"}]).rows
    assert row["used_by"] == []
    assert not _used([{**KEY, "manager": "aws"}], [], []).rows
    assert len(_used([{**KEY, "manager": DENIED}], [], []).rows) == 1


def test_unused_is_known_only_where_nothing_was_lost() -> None:
    (row,) = _used([KEY], [], DENIED).rows
    assert row["aliases"] == []
    assert isinstance(row["used_by"], Gap)
    (row,) = _used([KEY], [ALIAS], DENIED).rows
    assert row["used_by"] == ["alias/shop"]
    (row,) = _used([KEY], DENIED, [BUCKET]).rows
    assert row["used_by"] == ["data"]
    (row,) = _used([KEY], [{**ALIAS, "key": error("odd")}], []).rows
    assert isinstance(row["used_by"], Gap)
    (row,) = _used([KEY], [], [{**BUCKET, "key": DENIED}]).rows
    assert isinstance(row["used_by"], Gap)
    (row,) = _used([KEY], [], [{**BUCKET, "key": ABSENT}]).rows
    assert row["used_by"] == []


TRAIL = {"arn": "arn:aws:cloudtrail:eu-west-1:1:trail/all", "region": "eu-west-1", "name": "all", "bucket": "logs"}
EXPOSED = {"name": "logs", "by_policy": False, "by_acl": False}
LOGGED = {"name": "logs", "enabled": True}
LOCKED = {"name": "logs", "enabled": True, "mode": "compliance"}


def _bucket(exposure: Any, logs: Any, locks: Any, trail: Any = TRAIL) -> Any:
    inputs = _inputs(cloudtrail=[trail], s3_exposure=exposure, s3_logging=logs, s3_object_lock=locks)
    return trail_bucket(Query.of("aws.cloudtrail_bucket"), inputs, "2026-01-01T00:00:00Z").rows[0]


def test_bucket_of_a_trail() -> None:
    row = _bucket([EXPOSED], [LOGGED], [LOCKED])
    assert (row["public"], row["logged"], row["locked"]) == (False, True, True)
    row = _bucket(
        [{**EXPOSED, "by_acl": True, "by_policy": DENIED}], [{**LOGGED, "enabled": False}], [{**LOCKED, "mode": ABSENT}]
    )
    assert (row["public"], row["logged"], row["locked"]) == (True, False, False)
    row = _bucket([{**EXPOSED, "by_policy": DENIED}], [LOGGED], [{**LOCKED, "mode": DENIED}])
    assert row["public"] is DENIED
    assert row["locked"] is DENIED


def test_bucket_elsewhere_is_unknown() -> None:
    row = _bucket([{**EXPOSED, "name": "other"}], [], [])
    for name in ("public", "logged", "locked"):
        assert row[name].kind is Outcome.UNKNOWN
        assert "another account" in row[name].reason
    assert _bucket(DENIED, [LOGGED], [LOCKED])["public"] is DENIED
    assert _bucket([EXPOSED], [LOGGED], [LOCKED], {**TRAIL, "bucket": DENIED})["public"] is DENIED
