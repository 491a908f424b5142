"""Derives what is protected at all and by what, points that are nobody's, and clocks that are off."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.arithmetic.periods import DAY, text_of
from scanner.derivation.recovery.arithmetic.points import SKEW
from scanner.derivation.recovery.histories import CLOCK, Group, History, estate, labels
from scanner.derivation.recovery.reading import cell_or_absent, moment, number, text
from scanner.derivation.recovery.rows import MOST, demand_cells, evidence, under_doubt
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.standing import Standing, asset_cells, standings
from scanner.facts.backup.platforms import POINTS
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row

BY_APPLICATION = ("pgbackrest", "barman", "wal-g", "pbm", "velero", "etcd-snapshot", "rds")
"""Systems whose points are made by the application's own means; of others, dumps and ends of log archives are."""


def coverage(query: Query, scene: Scene) -> Evidence:
    """Give each asset with the systems that hold usable points of it; known points suffice."""
    gaps = [Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in scene.gaps("backup.object")]
    rows = (_covered(scene, standing) for standing in standings(scene))
    return evidence(query, scene, rows, first_gap(*gaps, scene.part))


def _covered(scene: Scene, standing: Standing) -> Row:
    history = standing.history
    asset, demand, doubt = history.asset, history.asset.demand, history.doubt
    systems = sorted({point.system for point in history.usable})
    authorised = bool(systems) and (not demand.systems or bool({*systems} & {*demand.systems}))
    application = any(point.system in BY_APPLICATION or point.kind in ("dump", "pitr") for point in history.usable)
    success = max((point.completed for point in history.usable if point.completed is not None), default=None)
    return {
        **asset_cells(standing, standing.newest),
        "declared": asset.declared,
        "listed": bool(history.objects),
        "in_scope": not _template(history),
        "asset_keys": list(asset.keys),
        "protected": under_doubt(bool(systems), doubt, stands=bool(systems)),
        "why": ABSENT if systems else _why(history),
        "pending": history.pending(history.due),
        "systems": systems,
        **demand_cells(scene, demand, "authorised", "systems", list(demand.systems) or None),
        "by_authorised": under_doubt(authorised, doubt, stands=authorised),
        **demand_cells(scene, demand, "application_demanded", "application", demand.application),
        "by_application": under_doubt(application, doubt, stands=application),
        "left_out": _left_out(history),
        "reused": _reused(history),
        "newest_success": under_doubt(
            ABSENT if success is None else text_of(success),
            doubt,
            stands=success is not None and success >= history.now - 7 * DAY,
        ),
        "data": cell_or_absent(size_of(history)),
    }


def _template(history: History) -> bool:
    told = [row.get("template") for _, row in history.objects]
    return bool(told) and all(each is True for each in told)


def _why(history: History) -> str:
    if not history.asset.keys:
        return "it has no key by which a backup system knows it (name its `ids` in the inventory)"
    if history.doubt is not None:
        return str(history.doubt)
    if history.unusable:
        point, why = history.unusable[0]
        return f"none of its {len(history.points)} points can be used; the newest, {point.label}: {why}"
    return "the points with its id are older than itself" if history.reused else "no system lists a point of it"


def _left_out(history: History) -> Cell:
    """Give the disks that backups leave out, each once; a gap where one of several systems does not tell."""
    found: list[str] = []
    if not history.objects:
        return ABSENT
    for _, row in history.objects:
        told = row.get("left_out", ABSENT)
        if isinstance(told, Gap):
            return told
        if isinstance(told, list):
            found += [str(each) for each in told]
    return list(dict.fromkeys(found))[:MOST]


def _reused(history: History) -> Cell:
    """Give the points that are older than the asset; absent where nothing tells how old it is."""
    if history.created is None:
        return ABSENT
    return under_doubt(labels(history.reused), history.doubt, stands=bool(history.reused))


def size_of(history: History) -> int | None:
    """Give the bytes of an asset's data as the inventory or a backup system tells them; None where neither does."""
    if history.asset.size is not None:
        return history.asset.size
    return max((size for _, row in history.objects if (size := number(row.get("size"))) is not None), default=None)


def orphans(query: Query, scene: Scene) -> Evidence:
    """Give the points of things that no asset names, by object and place."""
    known = estate(scene)
    return evidence(query, scene, (_orphan(group) for group in known.orphans), _lost(known.doubts, scene.part))


def _orphan(group: Group) -> Row:
    times = [point.data for point in group.points if point.data is not None]
    sizes = [point.size for point in group.points if point.size is not None]
    return {
        **_group(group),
        "asset_keys": group.keys[:MOST],
        "oldest": text_of(min(times)) if times else ABSENT,
        "newest": text_of(max(times)) if times else ABSENT,
        "size": cell_or_absent(sum(sizes) if len(sizes) == len(group.points) else None),
    }


def _group(group: Group) -> dict[str, Cell]:
    return {
        "target": group.target,
        "system": group.system,
        "location": group.location,
        "object": group.object,
        "points": len(group.points),
    }


def ambiguities(query: Query, scene: Scene) -> Evidence:
    """Give the points that several assets claim alike, by object and place."""
    known = estate(scene)
    rows = (
        {**_group(group), "assets": [known.histories[number].asset.asset for number in group.rivals[:MOST]]}
        for group in known.ambiguous
    )
    return evidence(query, scene, rows, _lost(known.doubts, scene.part))


def _lost(doubts: dict[str, Gap], part: Gap | None) -> Gap | None:
    return first_gap(*(Gap(gap.kind, f"{target}: {gap.reason}", gap.needs) for target, gap in doubts.items()), part)


def clocks(query: Query, scene: Scene) -> Evidence:
    """Give each backup system's clock beside ours, and what it stamped in the future."""
    known, rows = estate(scene), []
    for target, platform in scene.platforms.items():
        found = scene.answers.get(target, {}).get("backup.restore_point")
        if platform not in POINTS:
            continue
        offset = scene.offsets.get(target)
        shift = offset if offset is not None and offset > CLOCK else 0.0
        ahead = _ahead(found.rows, known.now + SKEW + shift) if found else []
        doubt = known.doubts.get(target)
        rows.append(
            {
                "target": target,
                "platform": platform,
                "offset": int(abs(offset)) if offset is not None else doubt or ABSENT,
                "ahead": ABSENT if offset is None else offset > 0,
                "future": under_doubt(len(ahead), doubt, stands=bool(ahead)),
                "future_points": ahead[:MOST],
            }
        )
    return evidence(query, scene, rows, scene.part)


def _ahead(rows: Sequence[Row], latest: float) -> list[str]:
    found = []
    for row in rows:
        times = [moment(row.get(name)) for name in ("data_time", "completed_at")]
        if any(at is not None and at > latest for at in times):
            found.append(f"{text(row.get('location'))} {text(row.get('point'))}")
    return found
