"""Published schemas beside the checkout, where they are present: second opinions, never a part of the project."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference" / "schemas"


def published(name: str) -> Path | None:
    """Give the path of a published schema, or None where there is none; the project's own checks always run."""
    path = FOLDER / name
    return path if path.is_file() else None
