"""Which rules a target must meet, with the values in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scanner.model.errors import ConfigurationError
from scanner.model.profile import Profile, Selected
from scanner.model.rule import Rule


def values_in_force(rule: Rule, profile: Profile) -> dict[str, Any]:
    """Give the rule's values as the profile sets them, defaults elsewhere."""
    settings = profile.values.get(rule.id, {})
    return {name: settings.get(name, value.default) for name, value in rule.values.items()}


def select(
    profiles: Sequence[Profile], rules: Mapping[str, Rule], *, scope: str, alternatives: bool = False
) -> tuple[Selected, ...]:
    """Merge the selections of profiles for one target, in order, each rule once.

    With `alternatives` (the candidates of `auto`) a rule may come out several times, once for each
    setting of its values; otherwise two profiles that set a value differently are a ConfigurationError.
    """
    chosen: dict[str, list[Selected]] = {}
    for profile in profiles:
        for rule_id in profile.rules:
            rule = rules[rule_id]
            if rule.scope == scope:
                entry = Selected(
                    rule_id,
                    values_in_force(rule, profile),
                    (profile.id,),
                    profile.excluded.get(rule_id, ""),
                    {profile.id: profile.resources} if profile.resources else {},
                )
                _merge(chosen.setdefault(rule_id, []), entry, alternatives)
    return tuple(entry for entries in chosen.values() for entry in entries)


def _merge(entries: list[Selected], new: Selected, alternatives: bool) -> None:
    for position, old in enumerate(entries):
        if not alternatives and bool(old.excluded) != bool(new.excluded):
            # A rule that one profile excludes and another selects is judged, as the latter says.
            entries[position] = new if old.excluded else old
            return
        unused = bool(old.excluded and new.excluded) and not alternatives
        if (old.values == new.values or unused) and (not alternatives or old.excluded == new.excluded):
            entries[position] = Selected(
                old.rule, old.values, (*old.profiles, *new.profiles), old.excluded, {**old.resources, **new.resources}
            )
            return
    if entries and not alternatives:
        raise ConfigurationError(_conflict(entries[0], new))
    entries.append(new)


def _conflict(old: Selected, new: Selected) -> str:
    name = next(name for name in new.values if old.values[name] != new.values[name])
    return (
        f"{new.rule}: profile {old.profiles[-1]} sets value '{name}' to {old.values[name]!r}, "
        f"profile {new.profiles[0]} to {new.values[name]!r} (let one profile extend the other, or scan twice)"
    )


def unite(selected: Iterable[Selected]) -> tuple[Selected, ...]:
    """Make one entry a rule out of those of several profiles; raises ConfigurationError where their values differ."""
    united: dict[str, list[Selected]] = {}
    for entry in selected:
        _merge(united.setdefault(entry.rule, []), entry, alternatives=False)
    return tuple(entry for entries in united.values() for entry in entries)


def narrow(selected: Iterable[Selected], profile: str) -> tuple[Selected, ...]:
    """Keep what one profile selects: the choice of `auto` once the target is known."""
    return tuple(
        Selected(
            entry.rule,
            entry.values,
            (profile,),
            entry.excluded,
            {profile: entry.resources[profile]} if profile in entry.resources else {},
        )
        for entry in selected
        if profile in entry.profiles
    )
