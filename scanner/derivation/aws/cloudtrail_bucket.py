"""Derives who reaches the buckets of trails, and whether their use is recorded, from the facts on S3."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, source
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, unknown


def trail_bucket(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give `aws.cloudtrail_bucket`: a row for each trail."""
    trails = source(inputs, "aws.cloudtrail")
    exposure, logs, locks = (source(inputs, f"aws.s3_{each}") for each in ("exposure", "logging", "object_lock"))
    rows = [_row(trail, exposure, logs, locks) for trail in trails.rows]
    return derived(query, rows, trails.gap, inputs, taken_at)


def _row(trail: Row, exposure: Evidence, logs: Evidence, locks: Evidence) -> Row:
    name = trail["bucket"]
    reached, logged, locked = (_of(name, each) for each in (exposure, logs, locks))
    return {
        **{field: trail[field] for field in ("arn", "region", "name", "bucket")},
        "public": _either(cell(reached, "by_policy"), cell(reached, "by_acl")),
        "logged": cell(logged, "enabled"),
        "locked": _locked(cell(locked, "enabled"), cell(locked, "mode")),
    }


def _of(name: Cell, found: Evidence) -> Row | Gap:
    """Give the bucket's row, or why there is none: it may be another account's."""
    if isinstance(name, Gap):
        return name
    row = next((row for row in found.rows if row["name"] == name), None)
    if row is not None:
        return row
    return found.gap or unknown(f"the bucket {name} lies in another account (ask there)")


def _either(one: Cell, other: Cell) -> Cell:
    if one is True or other is True:
        return True
    return next((each for each in (one, other) if isinstance(each, Gap)), False)


def _locked(enabled: Cell, mode: Cell) -> Cell:
    """Tell whether objects are locked without anybody's doing."""
    if enabled is False:
        return False
    return next((each for each in (enabled, mode) if isinstance(each, Gap)), mode is not ABSENT)
