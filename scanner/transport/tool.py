"""A shell together with the settings of the tool that is asked over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.transport.shell import Shell


@dataclass(frozen=True, slots=True)
class Tool:
    """What collectors of command line tools ask: where the tool runs, and which repository is meant."""

    shell: Shell
    settings: Mapping[str, str]
    """Settings of the target by their names in the inventory, such as `repository`."""

    def close(self) -> None:
        """Break off what is under way; harmless when nothing is."""
        self.shell.close()
