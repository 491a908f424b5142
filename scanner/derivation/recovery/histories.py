"""The restore points of each asset, read once for all facts: which can be used, which not and why, and what is in doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from scanner.derivation.inputs import first_gap
from scanner.derivation.recovery.arithmetic.exposure import grace
from scanner.derivation.recovery.arithmetic.points import SKEW, Point, broken_chains, why_unusable
from scanner.derivation.recovery.joining import Claims, Owners, holders, keys_of, unclaimed
from scanner.derivation.recovery.reading import moment, read_point, text
from scanner.derivation.recovery.scene import Scene
from scanner.facts.backup.platforms import POINTS
from scanner.model.evidence import Gap, Row, error
from scanner.model.recovery import Demand, Protected

WEEK = 7 * 86400.0
CLOCK = 60.0
"""Seconds by which a clock may be off before its times are set right."""
_Chain = tuple[str, str, str, str]


@dataclass(slots=True)
class Group:
    """Points of one object that belong to no asset, or to several alike."""

    target: str
    system: str
    location: str
    object: str
    keys: list[str]
    rivals: tuple[int, ...]
    points: list[Point] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """What is known of one asset's restore points."""

    asset: Protected
    now: float
    created: float | None = None
    points: list[Point] = field(default_factory=list)
    """All of them, as they were listed."""
    usable: list[Point] = field(default_factory=list)
    """Those that something can be restored from, the oldest data first."""
    unusable: list[tuple[Point, str]] = field(default_factory=list)
    reused: list[Point] = field(default_factory=list)
    """Points older than the asset: of another that had its id. They count for nothing."""
    objects: list[tuple[str, Row]] = field(default_factory=list)
    """What backup systems tell of the asset itself, with the target that does."""
    doubt: Gap | None = None
    """Why there may be more points than are known, or why it is not known whether one can be used."""

    @property
    def pitr(self) -> bool:
        """True when a usable point is the end of a log archive."""
        return any(point.kind == "pitr" for point in self.usable)

    @property
    def age(self) -> float | None:
        """How old the asset is; None when that is not known."""
        return None if self.created is None else max(0.0, self.now - self.created)

    @property
    def grace(self) -> float:
        """Tolerance on the RPO."""
        demand = self.asset.demand
        if demand.grace is not None:
            return demand.grace
        return grace(demand.rpo or 0.0, log_archive=self.pitr or demand.pitr)

    @property
    def due(self) -> float:
        """How old the asset may be without a point; a week without any demand that tells."""
        demand = self.asset.demand
        if demand.rpo is not None:
            return demand.rpo + self.grace
        return WEEK if demand.interval is None else demand.interval * 1.1

    def pending(self, within: float | None) -> bool:
        """Tell whether it has no usable point yet, and is younger than that; of unknown age is old."""
        return not self.usable and within is not None and self.age is not None and self.age < within


@dataclass(slots=True)
class Estate:
    """All histories, and the points that are nobody's."""

    now: float
    zone: ZoneInfo | Gap
    claims: Claims
    histories: list[History]
    orphans: list[Group]
    ambiguous: list[Group]
    doubts: dict[str, Gap]
    """Target > why it may hold more points than are known."""


def estate(scene: Scene) -> Estate:
    """Give the estate of a scene; computed once."""
    if "estate" not in scene.memory:
        scene.memory["estate"] = _Reader(scene).read()
    found = scene.memory["estate"]
    assert isinstance(found, Estate)
    return found


def undeclared(scene: Scene) -> list[Protected]:
    """Give what backup systems see and no asset claims as assets of their own, of which nothing is demanded.

    The first key is theirs; the others are learnt as those of declared assets are, and may be contested.
    """
    return [
        Protected(
            asset=f"{target}/{text(row.get('object'))}",
            kind=text(row.get("kind")),
            keys=tuple((keys_of(row) or [])[:1]),
            demand=Demand(),
            declared=False,
        )
        for target, row in unclaimed(scene.assets, scene.all("backup.object"))
    ]


class _Reader:
    """Sorts restore points to assets, in one pass."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._now = scene, datetime.fromisoformat(scene.now).timestamp()
        assets = [*scene.assets, *undeclared(scene)]
        self._claims = Claims(assets)
        self._histories = [History(asset, self._now, self._made(asset.created_at)) for asset in assets]
        self._doubts: dict[str, Gap] = {}
        self._uncertain: dict[int, Gap] = {}
        self._targets: dict[int, set[str]] = defaultdict(set)
        self._stray: dict[tuple[_Chain, tuple[int, ...]], Group] = {}
        self._by_platforms: dict[frozenset[str] | None, Gap | None] = {}

    def read(self) -> Estate:
        self._objects()
        self._unasked()
        for target, evidence in self._scene.all("backup.restore_point"):
            if evidence.gap is not None:
                self._doubts[target] = evidence.gap
            for row in evidence.rows:
                self._sort(target, row)
        for number, history in enumerate(self._histories):
            held = [
                (target, self._doubts[target]) for target in sorted(self._targets[number]) if target in self._doubts
            ]
            history.doubt = first_gap(self._uncertain.get(number), self._doubt_of(history.asset), _named(held))
            self._judge(history)
        groups = list(self._stray.values())
        return Estate(
            self._now,
            _zone(self._scene.timezone),
            self._claims,
            self._histories,
            [group for group in groups if not group.rivals],
            [group for group in groups if group.rivals],
            self._doubts,
        )

    def _unasked(self) -> None:
        for target, platform in self._scene.platforms.items():
            if platform in POINTS and "backup.restore_point" not in self._scene.answers.get(target, {}):
                self._doubts[target] = error("it was not asked for restore points")

    def _objects(self) -> None:
        objects = [(target, row) for target, found in self._scene.all("backup.object") for row in found.rows]
        for number, target, row in self._claims.learn(objects):
            history = self._histories[number]
            history.objects.append((target, row))
            made = self._made(row.get("created_at"))
            if made is not None and not history.asset.created_at:
                history.created = made if history.created is None else min(made, history.created)

    def _made(self, cell: object) -> float | None:
        """Give when something was made; a moment in the future is none, lest it stay too young to be judged."""
        made = moment(cell)
        return None if made is None or made > self._now + SKEW else made

    def _sort(self, target: str, row: Row) -> None:
        keys = keys_of(row)
        if keys is None:
            self._doubts.setdefault(target, error("it does not tell of each restore point whose it is"))
            return
        offset = self._scene.offsets.get(target, 0.0)
        point, gap = read_point(row, target, offset if offset > CLOCK else 0.0)
        owners = self._claims.owners(target, keys)
        if not owners.assets:
            self._put_aside(point, keys, owners)
        for number in owners.assets:
            history = self._histories[number]
            self._targets[number].add(target)
            if gap is not None:
                self._uncertain.setdefault(number, Gap(gap.kind, f"{point.label}: {gap.reason}", gap.needs))
                history.points.append(point)
                history.unusable.append((point, gap.reason))
            elif history.created is not None and point.data is not None and point.data < history.created - SKEW:
                history.reused.append(point)
            else:
                history.points.append(point)

    def _put_aside(self, point: Point, keys: list[str], owners: Owners) -> None:
        chain = (point.target, point.system, point.location, point.object)
        group = self._stray.get((chain, owners.rivals))
        if group is None:
            group = self._stray[chain, owners.rivals] = Group(*chain, keys, owners.rivals)
            named = [self._histories[number].asset.asset for number in owners.rivals[:3]]
            names = " and ".join(named if len(named) > 1 else [*named, "another that no asset names"])
            for number in owners.rivals:
                said = (
                    f"{point.target}: points of {point.object} belong to {names} alike (give keys that one alone has)"
                )
                self._uncertain[number] = error(said)
        group.points.append(point)

    def _doubt_of(self, asset: Protected) -> Gap | None:
        if not asset.keys:
            return None
        platforms = holders(asset)
        if platforms not in self._by_platforms:
            self._by_platforms[platforms] = self._doubt_in(platforms)
        return self._by_platforms[platforms]

    def _doubt_in(self, platforms: frozenset[str] | None) -> Gap | None:
        told = [
            (target, gap)
            for target, gap in self._doubts.items()
            if platforms is None or self._scene.platforms.get(target) in platforms
        ]
        return first_gap(_named(told), self._scene.part)

    def _judge(self, history: History) -> None:
        demand, certain = history.asset.demand, {id(point) for point, _ in history.unusable}
        why: dict[_Chain, dict[str, str]] = {}
        chains: dict[_Chain, list[Point]] = {}
        for point in history.points:
            chain = (point.target, point.system, point.location, point.object)
            chains.setdefault(chain, []).append(point)
            said = "" if id(point) in certain else why_unusable(point, self._now, demand.accept)
            if said:
                why.setdefault(chain, {})[point.point] = said
        for chain, points in chains.items():
            bad = why.get(chain, {})
            if any(point.base for point in points):
                bad = {**broken_chains(points, bad), **bad}
            for point in points:
                if id(point) in certain:
                    continue
                if point.point in bad:
                    history.unusable.append((point, bad[point.point]))
                else:
                    history.usable.append(point)
        history.usable.sort(key=lambda point: (point.data or 0.0, point.completed or 0.0, point.label))
        history.unusable.sort(key=lambda pair: (-(pair[0].data or 0.0), pair[0].label))


def _named(told: Sequence[tuple[str, Gap]]) -> Gap | None:
    """Make one gap of those of several targets, named."""
    worst = first_gap(*(gap for _, gap in told))
    if worst is None:
        return None
    target = next(target for target, gap in told if gap is worst)
    rest = f", and {len(told) - 1} more targets do not tell all" if len(told) > 1 else ""
    return Gap(worst.kind, f"{target}: {worst.reason}{rest}", worst.needs)


def _zone(name: str) -> ZoneInfo | Gap:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return error(f"the policy's time zone {name!r} is not known here (install tzdata, or name another)")


def labels(points: Iterable[Point], most: int = 20) -> list[str]:
    """Name the first points of many."""
    return [point.label for _, point in zip(range(most), points, strict=False)]
