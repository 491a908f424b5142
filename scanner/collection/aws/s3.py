"""Collects S3 buckets: name and tags, default encryption, versioning, object lock, access logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, Bucket, per_bucket
from scanner.collection.aws.session import (
    Session,
    cell,
    choice,
    document,
    documents,
    flag,
    moment,
    number,
    tags,
    word,
)
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.transport.cloud import Document, Operation, Reply

TAGGING = Operation("s3", "GetBucketTagging", "s3:GetBucketTagging", absent=("NoSuchTagSet",), per="bucket")
ENCRYPTION = Operation(
    "s3",
    "GetBucketEncryption",
    "s3:GetEncryptionConfiguration",
    absent=("ServerSideEncryptionConfigurationNotFoundError",),
    per="bucket",
)
VERSIONING = Operation("s3", "GetBucketVersioning", "s3:GetBucketVersioning", per="bucket")
OBJECT_LOCK = Operation(
    "s3",
    "GetObjectLockConfiguration",
    "s3:GetBucketObjectLockConfiguration",
    absent=("ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"),
    per="bucket",
)
LOGGING = Operation("s3", "GetBucketLogging", "s3:GetBucketLogging", per="bucket")

_LISTING = (LIST_BUCKETS, BUCKET_LOCATION)
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.s3_bucket": (*_LISTING, TAGGING),
    "aws.s3_encryption": (*_LISTING, ENCRYPTION),
    "aws.s3_logging": (*_LISTING, LOGGING),
    "aws.s3_object_lock": (*_LISTING, OBJECT_LOCK),
    "aws.s3_versioning": (*_LISTING, VERSIONING),
}
_DAYS_OF_YEAR = 365


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each bucket: one row per bucket."""
    read: dict[str, Callable[[Bucket, Mapping[Operation, Reply]], Row]] = {
        "aws.s3_bucket": _bucket,
        "aws.s3_encryption": _encryption,
        "aws.s3_logging": _logging,
        "aws.s3_object_lock": _object_lock,
        "aws.s3_versioning": _versioning,
    }
    return [per_bucket(query, session, FACTS[query.fact][len(_LISTING) :], read[query.fact]) for query in queries]


def _bucket(bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    return {
        "created": moment(bucket.created),
        "tags": cell(replies[TAGGING], lambda page: tags(page.get("TagSet")), none={}),
    }


def _encryption(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    """Read the default encryption; without a configuration S3 encrypts with keys of its own all the same."""
    reply = replies[ENCRYPTION]

    def rule(page: Document) -> Document:
        rules = documents(document(page.get("ServerSideEncryptionConfiguration")).get("Rules"))
        if len(rules) != 1:
            raise ValueError(f"{len(rules)} rules")
        return rules[0]

    def default(name: str) -> Callable[[Document], Cell]:
        return lambda page: word(document(rule(page).get("ApplyServerSideEncryptionByDefault")).get(name))

    return {
        "algorithm": cell(reply, default("SSEAlgorithm"), none="AES256"),
        "key": cell(reply, default("KMSMasterKeyID")),
        "bucket_key": cell(reply, lambda page: flag(rule(page).get("BucketKeyEnabled"), none=False), none=False),
    }


def _versioning(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[VERSIONING]
    return {
        "status": cell(
            reply, lambda page: choice(page.get("Status"), {"Enabled": "enabled", "Suspended": "suspended"}, "off")
        ),
        "mfa_delete": cell(
            reply, lambda page: choice(page.get("MFADelete"), {"Enabled": True, "Disabled": False}, False)
        ),
    }


def _object_lock(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[OBJECT_LOCK]

    def default(page: Document) -> Document:
        lock = document(page.get("ObjectLockConfiguration"))
        return document(document(lock.get("Rule")).get("DefaultRetention"))

    def enabled(page: Document) -> Cell:
        lock = document(page.get("ObjectLockConfiguration"))
        return choice(lock.get("ObjectLockEnabled"), {"Enabled": True}, False)

    return {
        "enabled": cell(reply, enabled, none=False),
        "mode": cell(
            reply,
            lambda page: choice(
                default(page).get("Mode"), {"GOVERNANCE": "governance", "COMPLIANCE": "compliance"}, ABSENT
            ),
        ),
        "days": cell(reply, lambda page: _days(default(page))),
    }


def _days(retention: Document) -> Cell:
    """Give days, also where the retention stands in years."""
    years = number(retention.get("Years"))
    if isinstance(years, int) and years > 0:
        return years * _DAYS_OF_YEAR
    return years if isinstance(years, Gap) else number(retention.get("Days"))


def _logging(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[LOGGING]
    return {
        "enabled": cell(reply, lambda page: "LoggingEnabled" in page),
        "target": cell(reply, lambda page: word(document(page.get("LoggingEnabled")).get("TargetBucket"))),
        "prefix": cell(reply, lambda page: word(document(page.get("LoggingEnabled")).get("TargetPrefix"))),
    }
