"""What a visit asks, as `plan` prints it: requests and patterns of files, a line each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that a visit asks, whatever the queries are: one answer serves several facts."""

    lines: tuple[str, ...]

    @property
    def text(self) -> bytes:
        """The lines as they are printed for whoever wants to read them first."""
        return "".join(f"{line}\n" for line in self.lines).encode()
