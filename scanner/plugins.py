"""Names to objects: built-in tables first, entry points of other distributions second, near words in the error."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from scanner.model.errors import ConfigurationError, near


def find(kind: str, name: str, builtin: Mapping[str, str]) -> Any:
    """Give the object called `name` of a kind (`collectors`, `reporters`, `transports`).

    `builtin` maps names to modules, or to `module:attribute`, imported on demand. An unknown name is a
    ConfigurationError; so is a plug-in that does not load.
    """
    if name in builtin:
        return _load(builtin[name])
    outside = plugins(kind)
    if name in outside:
        try:
            return outside[name].load()
        except Exception as problem:
            raise ConfigurationError(
                f"{kind} plug-in '{name}': does not load: {problem} (update or remove it)"
            ) from problem
    known = sorted([*builtin, *outside])
    hint = near(name, known) or f" (one of {', '.join(known)})"
    raise ConfigurationError(f"no {kind.removesuffix('s')} is called '{name}'{hint}")


def plugins(kind: str) -> dict[str, EntryPoint]:
    """Give the entry points of the group `controlproof.<kind>`, by name, without loading them."""
    return {found.name: found for found in entry_points(group=f"controlproof.{kind}")}


def _load(dotted: str) -> Any:
    module, _, attribute = dotted.partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded
