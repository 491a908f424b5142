"""Where shipped rules, profiles and report assets lie: in the installed package, else in the checkout."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def folder(name: str) -> Traversable:
    """Give the folder `rules`, `profiles` or `reports`; callers use only iterdir, is_dir and read_bytes/read_text.

    Raises FileNotFoundError when the installation is broken.
    """
    packaged = resources.files("scanner").joinpath("_content", name)
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parent.parent / name
    if checkout.is_dir():
        return checkout
    raise FileNotFoundError(f"this installation of controlproof has no {name}/ folder (install it again)")
