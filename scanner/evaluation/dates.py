"""Calendar days of waivers and attestations."""

from __future__ import annotations

from datetime import date

from scanner.model.errors import ConfigurationError


def day(text: str, place: str) -> date:
    """Give the day of an ISO date or time; the place stands in the ConfigurationError for what is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ConfigurationError(f"{place}: {text!r} is no date (write such as 2026-11-20)") from None


def place_of(path: str, line: int, name: str) -> str:
    """Name where something stands for an error: `waivers.yaml:12: W12`."""
    return f"{path}:{line}: {name}" if path else name
