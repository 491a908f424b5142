"""Values made by the hundred thousand: the type checker keeps them frozen, and making one costs no more than it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots):
        """Give the decorator of a dataclass that is frozen by its types alone (docs/decisions/0007)."""
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["value"]
