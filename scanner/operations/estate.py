"""The inventory as evidence: what rules of scope estate are judged on, once everything else has been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Provenance, Query, Row, unknown
from scanner.model.inventory import Asset, Target
from scanner.model.report import TargetInfo
from scanner.model.suppression import Attestation

_PART = unknown("only a part of the inventory and its rules was assessed in this run")
_WITH_KEYS = ("ssh", "openssh")
"""Transports that show a host key."""
_UNSEEN = unknown("its host key was not seen in this run")


def estate_evidence(
    targets: Mapping[str, Target],
    infos: Mapping[str, TargetInfo],
    assets: Sequence[Asset],
    waivers: Iterable[Mapping[str, Any]],
    attestations: Iterable[Attestation],
    now: str,
    *,
    whole: bool,
    pending: Collection[str] = (),
) -> dict[str, Evidence]:
    """Give the estate facts by name; `waivers` are the rows of the register, after the results so far were counted.

    `whole` is false for a run over a part of the inventory or of the rules: what only a whole run can tell is
    unknown. `pending` are rules that are judged after this: whether their waivers are used cannot be asked yet.
    """
    rows: dict[str, tuple[Row, ...]] = {
        "inventory.target": _targets(targets, infos),
        "inventory.asset": tuple(_asset(asset) for asset in assets),
        "inventory.waiver": tuple(_waiver(row, whole=whole, pending=pending) for row in waivers),
        "inventory.attestation": tuple(_attestation(each, now) for each in attestations),
    }
    provenance = Provenance(asked="the inventory and the files given to the run", taken_at=now)
    return {fact: Evidence(Query.of(fact), found, None, provenance) for fact, found in rows.items()}


def _targets(targets: Mapping[str, Target], infos: Mapping[str, TargetInfo]) -> tuple[Row, ...]:
    keys = Counter(info.host_key for info in infos.values() if info.host_key)
    unseen = {name for name, target in targets.items() if _unseen(target, infos[name])}
    rows: list[Row] = []
    for name, target in targets.items():
        info = infos[name]
        rows.append(
            {
                "target": name,
                "platform": target.platform,
                "groups": list(target.groups),
                "labels": dict(target.labels),
                "owner": target.labels.get("owner") or ABSENT,
                "service_class": target.service_class or ABSENT,
                "state": info.state,
                "host_key": info.host_key or ABSENT,
                "duplicate_key": _UNSEEN if name in unseen else _duplicate(info.host_key, keys, not unseen),
            }
        )
    return tuple(rows)


def _unseen(target: Target, info: TargetInfo) -> bool:
    """Tell whether a target has a host key that this run should have seen, and did not."""
    return target.endpoint.transport in _WITH_KEYS and not info.host_key and info.state != "excluded"


def _duplicate(key: str, keys: Mapping[str, int], everybody_seen: bool) -> Cell:
    if not key:
        return ABSENT
    if keys[key] > 1:
        return True
    gap: Gap = unknown("not every target showed its host key in this run")
    return False if everybody_seen else gap


def _asset(asset: Asset) -> Row:
    return {
        "asset": asset.id,
        "kind": asset.kind,
        "owner": asset.owner or ABSENT,
        "service_class": asset.service_class or ABSENT,
        "ids": {kind: ", ".join(keys) for kind, keys in asset.ids.items()},
    }


def _waiver(row: Mapping[str, Any], *, whole: bool, pending: Collection[str]) -> Row:
    unused: Cell = row["state"] == "unused"
    if row["rule"] in pending:
        unused = ABSENT
    elif unused and not whole:
        unused = _PART
    return {
        "waiver": row["id"],
        "rule": row["rule"],
        "approver": row["approver"],
        "expires": f"{row['expires']}T00:00:00Z",
        "expired": row["state"] == "expired",
        "length": _days(row["approved"], row["expires"]) * 86400,
        "covered": row["used"] if whole else _PART,
        "unused": unused,
        "void": "it names more targets than it allows" if row["state"] == "void" else ABSENT,
    }


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def _attestation(attestation: Attestation, now: str) -> Row:
    today = datetime.fromisoformat(now).date()
    return {
        "subject": attestation.control or attestation.rule,
        "by": attestation.by,
        "on": f"{attestation.on}T00:00:00Z",
        "valid_until": f"{attestation.valid_until}T00:00:00Z",
        "expired": date.fromisoformat(attestation.valid_until) < today,
    }
