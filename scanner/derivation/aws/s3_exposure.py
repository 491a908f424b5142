"""Derives who truly reaches S3 buckets from their grants and from what blocks them."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived, first_gap, source
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error

_READING = ("s3:get", "s3:list", "s3:head", "s3:describe")


def exposure(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give `aws.s3_exposure`: a row for each bucket of which anything is known."""
    blocks, policies, lists = (source(inputs, f"aws.s3_{each}") for each in ("public_block", "policy", "acl"))
    rows: dict[str, Row] = {}
    for found in (blocks, policies, lists):
        rows.update((str(row["arn"]), row) for row in found.rows if str(row["arn"]) not in rows)
    made = [_row(row, *(_of(found, arn) for found in (blocks, policies, lists))) for arn, row in rows.items()]
    return derived(query, made, first_gap(blocks.gap, policies.gap, lists.gap), inputs, taken_at)


def _of(found: Evidence, arn: str) -> Row | Gap:
    """Give a bucket's row, or why there is none."""
    lost = found.gap or error(f"{found.query} has no row for this bucket")
    return next((row for row in found.rows if row["arn"] == arn), lost)


def _row(bucket: Row, block: Row | Gap, policy: Row | Gap, acl: Row | Gap) -> Row:
    public = cell(policy, "public")
    actions = cell(policy, "public_actions")
    by_policy = _both(public, _not(cell(block, "restrict")))
    grants = cell(acl, "public_grants")
    granted: Cell = grants if isinstance(grants, Gap) else bool(grants)
    heard: Cell = _both(_not(cell(block, "ignore_acls")), _not(_enforced(cell(acl, "ownership"))))
    by_acl = _both(granted, heard)
    writes = _either(_both(by_policy, _writes(actions)), _both(by_acl, _writes_acl(grants)))
    return {
        **{name: cell(bucket, name) for name in ("arn", "name", "region")},
        "by_policy": by_policy,
        "by_acl": by_acl,
        "writable": writes,
        "ways": _ways(by_policy, actions, by_acl, grants),
    }


def _enforced(ownership: Cell) -> Cell:
    return ownership if isinstance(ownership, Gap) else ownership == "BucketOwnerEnforced"


def _writes(actions: Cell) -> Cell:
    """Tell whether a public policy lets strangers write; where AWS calls it public and we see no action, it may."""
    if not isinstance(actions, list):
        return actions if isinstance(actions, Gap) else error("the policy's actions were not told")
    if not actions:
        return error("AWS calls the policy public, but no action in it is open to everyone as we read it")
    return any(not str(action).lower().startswith(_READING) for action in actions)


def _writes_acl(grants: Cell) -> Cell:
    return any("READ" not in str(each) for each in grants) if isinstance(grants, list) else grants


def _ways(by_policy: Cell, actions: Cell, by_acl: Cell, grants: Cell) -> Cell:
    ways: list[str] = []
    for there, listed, head in ((by_policy, actions, "policy: "), (by_acl, grants, "")):
        if isinstance(there, Gap):
            return there
        if there is True:
            if isinstance(listed, Gap):
                return listed
            ways += [f"{head}{each}" for each in listed] if isinstance(listed, list) else []
    return ways


def _not(one: Cell) -> Cell:
    return one if isinstance(one, Gap) else one is not True


def _both(one: Cell, other: Cell) -> Cell:
    """Give the conjunction of two cells, of which either may not be known."""
    if one is False or other is False:
        return False
    return next((each for each in (one, other) if isinstance(each, Gap)), True)


def _either(one: Cell, other: Cell) -> Cell:
    if one is True or other is True:
        return True
    return next((each for each in (one, other) if isinstance(each, Gap)), False)
