"""Sealed folders stay as they are: nothing is written into a bundle."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from scanner.model.errors import ConfigurationError
from scanner.sealing.manifest import MANIFEST


def refuse_sealed(folder: Path) -> None:
    """Raise ConfigurationError when the folder is a bundle."""
    sealed = False
    with suppress(OSError):
        sealed = (folder / MANIFEST).is_file()
    if sealed:
        raise ConfigurationError(
            f"{folder}: it is a sealed bundle, which must not change (name another folder with -o)"
        )
