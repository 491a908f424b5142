"""Facts about archives in S3: what lies there, in which class, and what the lifecycle does with it."""

from __future__ import annotations

from scanner.facts.aws.common import iam, resources
from scanner.facts.aws.s3 import BUCKET, LIST
from scanner.model.fact import BOOL, INT, MAP, SIZE, TEXT, TIME, Field, Parameter

_PLACES = (
    Parameter(
        "places",
        TEXT,
        "Archives as `BUCKET/PREFIX`, one for each dataset, separated by spaces; `BUCKET` for a whole one.",
    ),
)
_HEAD = (
    Field("places", TEXT, "What was asked for."),
    Field("place", TEXT, "The archive that the row is about."),
    *BUCKET,
    Field("present", BOOL, "True when the account has the bucket."),
)
_KEYS = ("places", "place")

SPECS = (
    resources(
        name="aws.s3_archive",
        tagged=("aws.s3_bucket",),
        says="What lies in an archive: its current objects, up to 50,000; one that holds more is not read whole, and says so.",
        needs=(*LIST, iam("s3:ListBucket", "lists the objects")),
        fields=(
            *_HEAD,
            Field("objects", INT, "Number of objects."),
            Field("size", SIZE, "Bytes of all objects."),
            Field("classes", MAP, "Storage class > number of objects."),
            Field("newest", TIME, "When the newest object was stored; absent where there is none."),
            Field("oldest", TIME, "When the oldest object was stored; absent where there is none."),
            Field(
                "oldest_outside",
                TIME,
                "When the oldest object was stored that lies in another class than GLACIER and holds 128 KiB or more; "
                "absent where there is none.",
            ),
            Field(
                "oldest_small_outside", TIME, "The same of objects below 128 KiB, which lifecycle rules leave behind."
            ),
            Field("restoring", INT, "Number of objects of which a restore is under way."),
            Field("restored", INT, "Number of objects of which a restored copy lies ready."),
        ),
        example={"place": "archive/pbs/", "present": True, "objects": 52, "newest": "2026-11-15T03:00:00Z"},
        keys=_KEYS,
        parameters=_PLACES,
    ),
    resources(
        name="aws.s3_archive_rules",
        tagged=("aws.s3_bucket",),
        says="What the lifecycle rules in force do with an archive: those that are for all of it, or for a part of it.",
        needs=(*LIST, iam("s3:GetLifecycleConfiguration", "the rules stand at the bucket")),
        fields=(
            *_HEAD,
            Field("glacier_days", INT, "Days until all of it moves to the class GLACIER; absent when it does not."),
            Field("glacier_from", SIZE, "Objects of this size and less stay where they are; absent when none move."),
            Field("expiration_days", INT, "Days until the first objects are removed, 0 by date; absent when none are."),
            Field("noncurrent_days", INT, "Days until the first old versions are removed; absent when none are."),
        ),
        example={"place": "archive/pbs/", "present": True, "glacier_days": 1, "expiration_days": 400},
        keys=_KEYS,
        parameters=_PLACES,
    ),
)
