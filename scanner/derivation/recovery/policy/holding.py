"""Demands on how long restore points are there that the keep options cannot meet, by running them over years."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scanner.derivation.recovery.keeping import RULES, Rule, Swing, simulate
from scanner.derivation.recovery.policy.findings import ERROR, WARNING, Case, Change, Contradiction
from scanner.matching.units import duration_words
from scanner.model.recovery import TIERS, Generations, Keep, Leaf

_RULE_OF: Final[dict[str, Rule]] = {"pbs": "pbs", "pve": "pbs", "borg": "borg", "restic": "restic"}
_DAY: Final = 86400.0
_MOST_MONTHS: Final = 36


def check_holding(case: Case) -> Iterator[Contradiction]:
    """Find demands on history, generations and disposal that cannot all be met."""
    yield from _ages(case)
    held = case.leaves.get("keep") or case.leaves.get("generations")
    keep = None if held is None else _options(held.value)
    if held is None or keep is None:
        return
    interval = case.seconds("interval") or _DAY
    rules = rules_of(case)
    swings = {rule: simulate(keep, rule, interval, demanded=_demanded(case)) for rule in rules}
    yield from _history(case, held, interval, swings)
    yield from _disposal(case, held, swings)
    yield from _generations(case, held, swings)


def rules_of(case: Case) -> tuple[Rule, ...]:
    """Give the rules by which the allowed systems prune; all that are known when none of them is."""
    found = dict.fromkeys(_RULE_OF[name] for name in case.words("systems") if name in _RULE_OF)
    return tuple(found) or RULES


def _known(case: Case) -> bool:
    return any(name in _RULE_OF for name in case.words("systems"))


def _options(value: object) -> Keep | None:
    if isinstance(value, Keep):
        return value
    if isinstance(value, Generations):
        return Keep(daily=value.daily, weekly=value.weekly, monthly=value.monthly, yearly=value.yearly)
    return None


def _demanded(case: Case) -> Generations | None:
    leaf = case.leaves.get("generations")
    return leaf.value if leaf is not None and isinstance(leaf.value, Generations) else None


def _ages(case: Case) -> Iterator[Contradiction]:
    """Find points that must be there when they must be gone."""
    oldest = case.leaves.get("max_age")
    limit = case.seconds("max_age")
    if oldest is None or limit is None:
        return
    for name in ("min_history", "offsite_history", "immutable_for"):
        leaf, least = case.leaves.get(name), case.seconds(name)
        if leaf is not None and least is not None and least > limit:
            yield Contradiction(
                "history-beyond-max-age",
                ERROR,
                f"{leaf.place} keeps points for {leaf.written}, and {oldest.place} wants them gone after {oldest.written}",
                f"allow an age of {leaf.written} or more in {oldest.place}",
                (leaf, oldest),
                (Change(oldest.place, _days(least), "the history that is demanded lasts so long"),),
            )


def _history(case: Case, held: Leaf, interval: float, swings: dict[Rule, Swing]) -> Iterator[Contradiction]:
    history, least = case.leaves.get("min_history"), case.seconds("min_history")
    if history is None or least is None:
        return
    short = {
        rule: swing
        for rule, swing in swings.items()
        if swing.shortest is not None and swing.longest is not None and swing.shortest < least - interval
    }
    if not short:
        return
    certain = _known(case) or len(short) == len(swings)
    seen = "; ".join(
        f"{rule} leaves {_number(swing)}, the oldest {_in_days(swing.shortest)} to {_in_days(swing.longest)} old"
        for rule, swing in short.items()
    )
    better = _better(case, least, interval)
    changes = [Change(held.place, better, f"keeps {history.written} at all times")] if better else []
    demanded = case.leaves.get("generations")
    if better and demanded is not None and demanded is not held:
        changes.append(Change(demanded.place, better, f"keeps {history.written} at all times"))
    yield Contradiction(
        "history-beyond-keep",
        ERROR if certain else WARNING,
        f"{history.place} is {history.written}, and {held.written} cannot give it: pruned by the rule of {seen}",
        f"keep such as {_words(better)}" if better else "keep more, or demand less",
        (history, held),
        tuple(changes),
    )


def _better(case: Case, least: float, interval: float) -> dict[str, int]:
    """Give the least usual options that keep enough, by every rule that may apply; empty when none does."""
    held = case.leaves.get("generations") or case.leaves.get("keep")
    asked = _options(held.value) if held is not None else None
    daily = max(7, asked.daily if asked else 0) if interval <= _DAY else 0
    weekly = max(4, asked.weekly if asked else 0) if interval <= 7 * _DAY else 0
    for monthly, yearly in _reaching(asked or Keep(), least):
        keep = Keep(daily=daily, weekly=weekly, monthly=monthly, yearly=yearly)
        if all(_enough(keep, rule, interval, least) for rule in rules_of(case)):
            tiers = {tier: getattr(keep, tier) for tier in TIERS}
            return {tier: number for tier, number in tiers.items() if number}
    return {}


def _reaching(asked: Keep, least: float) -> Iterator[tuple[int, int]]:
    """Give numbers of months and years that may reach back far enough, the least first."""
    months, years = int(least / (31 * _DAY)), int(least / (366 * _DAY))
    if months <= _MOST_MONTHS:
        first = max(2, asked.monthly, months)
        yield from ((first + more, asked.yearly) for more in range(6))
    else:
        yield from ((max(12, asked.monthly), max(asked.yearly, years) + more) for more in range(4))


def _enough(keep: Keep, rule: Rule, interval: float, least: float) -> bool:
    swing = simulate(keep, rule, interval)
    return swing.shortest is None or swing.shortest >= least - interval


def _disposal(case: Case, held: Leaf, swings: dict[Rule, Swing]) -> Iterator[Contradiction]:
    oldest, limit = case.leaves.get("max_age"), case.seconds("max_age")
    if oldest is None or limit is None:
        return
    longest = {rule: swing.longest for rule, swing in swings.items()}
    late = {rule: age for rule, age in longest.items() if age is None or age > limit}
    if not late:
        return
    certain = _known(case) or len(late) == len(swings)
    seen = "; ".join(
        f"{rule} keeps points up to {_in_days(age)}" if age else f"{rule} keeps all" for rule, age in late.items()
    )
    ages = [age for age in longest.values() if age is not None]
    enough = len(ages) == len(longest)
    yield Contradiction(
        "keep-beyond-max-age",
        ERROR if certain else WARNING,
        f"{oldest.place} is {oldest.written}, and {held.written} keeps points longer: pruned by the rule of {seen}",
        "keep less, or allow a greater age",
        (oldest, held),
        (Change(oldest.place, _days(max(ages)), "the keep options leave points so old"),) if ages and enough else (),
    )


def _generations(case: Case, held: Leaf, swings: dict[Rule, Swing]) -> Iterator[Contradiction]:
    demanded = case.leaves.get("generations")
    if demanded is None or not isinstance(demanded.value, Generations):
        return
    lost = [rule for rule, swing in swings.items() if not swing.complete]
    if not lost:
        return
    certain = _known(case) or len(lost) == len(swings)
    interval = case.leaves.get("interval")
    said = f"runs every {interval.written}, and " if interval is not None else ""
    leaves = dict.fromkeys(leaf for leaf in (demanded, held, interval) if leaf is not None)
    changes: tuple[Change, ...] = ()
    if held is not demanded and (interval is None or (case.seconds("interval") or 0) <= _DAY):
        changes = (Change(held.place, _tiers(demanded.value), "keeps every period that is demanded"),)
    yield Contradiction(
        "generations-beyond-keep",
        ERROR if certain else WARNING,
        f"{demanded.place} is {demanded.written}, and with {said}{held.written} kept by the rule of {', '.join(lost)} "
        "some period has no point at times",
        "keep every tier that is demanded, and run as often as its shortest",
        tuple(leaves),
        changes,
    )


def _tiers(demanded: Generations) -> dict[str, int]:
    # One period more than demanded: the one that is not over yet takes a place of its own.
    return {tier: number + 1 for tier, number in demanded.tiers().items()}


def _number(swing: Swing) -> str:
    points = str(swing.most) if swing.fewest == swing.most else f"{swing.fewest} to {swing.most}"
    return f"{points} point{'s' * (swing.most != 1)}"


def _in_days(seconds: float | None) -> str:
    return "-" if seconds is None else duration_words(round(seconds), 1)


def _days(seconds: float) -> str:
    return f"{-int(-seconds // _DAY)}d"


def _words(options: dict[str, int]) -> str:
    return ", ".join(f"{tier} {number}" for tier, number in options.items())
