"""The command line: the only place that prints, exits, and reads the environment."""

from __future__ import annotations

from scanner.cli.root import main

__all__ = ["main"]
