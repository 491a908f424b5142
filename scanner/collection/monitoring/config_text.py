"""Reads the configuration text that a server shows of itself; nothing of it is kept but what a fact asks for."""

from __future__ import annotations

from typing import Any

import yaml

from scanner.model.evidence import Gap, error

_LONGEST = 4 * 2**20
_DEEPEST = 60
_NODES = 300_000
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def parsed(text: Any, path: str) -> dict[str, Any] | Gap:
    """Give the configuration as maps, lists and texts; never raises.

    Scalars stay texts. Aliases are refused: servers write none, and they are how small texts become huge ones.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return error(f"{path}: the configuration is not in the answer, or longer than {_LONGEST} characters")
    try:
        _check(text)
        whole = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the base loader makes nothing but texts
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return error(f"{path}: the configuration in the answer cannot be read")
    return whole if isinstance(whole, dict) else error(f"{path}: the configuration in the answer is no map")


def _check(text: str) -> None:
    """Raise YAMLError or ValueError for what is too deep or too much, before anything is built."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("alias")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST or number > _NODES:
            raise ValueError("too much")


def maps(value: Any) -> list[dict[str, Any]]:
    """Give the maps of a list, none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Give the texts of a list, none for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
