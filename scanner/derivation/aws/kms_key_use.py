"""Derives what relies on keys of KMS: aliases, and buckets that encrypt by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.derivation.inputs import cell, derived, first_gap, source
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row


def key_use(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give `aws.kms_key_use`: a row for each key that is not one of AWS's."""
    keys, aliases, buckets = (source(inputs, f"aws.{each}") for each in ("kms_key", "kms_alias", "s3_encryption"))
    rows = [_row(key, aliases, buckets) for key in keys.rows if key["manager"] != "aws"]
    return derived(query, rows, keys.gap, inputs, taken_at)


def _row(key: Row, aliases: Evidence, buckets: Evidence) -> Row:
    near = [each for each in aliases.rows if each["region"] == key["region"]]
    own = [each for each in near if each["key"] == key["id"]]
    spoken = (
        {key["arn"], key["id"]}
        | {each["arn"] for each in own}
        | {each["name"] for each in own if isinstance(each["name"], str)}
    )
    alias_names = _names(own, first_gap(aliases.gap, _lost(near, "key")))
    near_buckets = [each for each in buckets.rows if each["region"] == key["region"]]
    chosen = [each for each in near_buckets if isinstance(each["key"], str) and each["key"] in spoken]
    lost = first_gap(buckets.gap, aliases.gap, _lost(buckets.rows, "key"), _lost(buckets.rows, "region"))
    bucket_names = _names(chosen, lost)
    state = key["state"]
    return {
        **{name: key[name] for name in ("arn", "region", "id", "state")},
        "usable": state if isinstance(state, Gap) else state == "Enabled",
        "aliases": alias_names,
        "buckets": bucket_names,
        "used_by": _together(alias_names, bucket_names),
    }


def _lost(rows: Iterable[Row], name: str) -> Gap | None:
    return first_gap(*(found for row in rows if isinstance(found := cell(row, name), Gap)))


def _names(rows: Iterable[Row], lost: Gap | None) -> Cell:
    """Give the names that are known; none at all is only known where nothing was lost."""
    found = sorted(str(row["name"]) for row in rows)
    return lost if lost is not None and not found else found


def _together(one: Cell, other: Cell) -> Cell:
    """Join two lists; where one is not known, the other still shows that the key is used."""
    known = [name for each in (one, other) if isinstance(each, list) for name in each]
    gap = first_gap(*(each for each in (one, other) if isinstance(each, Gap)))
    return gap if gap is not None and not known else sorted(str(each) for each in known)
