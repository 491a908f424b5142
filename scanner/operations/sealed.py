"""Sealed folders stay as they are: nothing is written into a bundle."""

from __future__ import annotations

from pathlib import Path

from scanner.model.errors import ConfigurationError
from scanner.sealing.manifest import MANIFEST


def refuse_sealed(folder: Path) -> None:
    """Raise ConfigurationError when the folder is a bundle."""
    if (folder / MANIFEST).is_file():
        raise ConfigurationError(
            f"{folder}: it is a sealed bundle, which must not change (name another folder with -o)"
        )
